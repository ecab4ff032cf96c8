from resolver.flows.lookalikes import with_lookalikes_told
from tests.flows.test_unknown import project

WELL_KNOWN = ("tensorflow", "requests", "numpy")


def near(name: str) -> list[str]:
    return [name] if name in WELL_KNOWN else sorted(WELL_KNOWN, key=lambda known: -len(set(known) & set(name)))


def test_a_name_that_nearly_is_a_well_known_one_is_told_and_stays() -> None:
    given = project("tensorfow==2.0", "tensorfow", "requests>=2", "click", imports=("numpy",))
    found = with_lookalikes_told(given, near)
    assert found.needs == given.needs
    told = "requirements.txt:3: 'tensorfow' is another package than the well-known 'tensorflow'; make sure that it is meant"
    assert found.evidence.notes == (told,)


def test_what_the_source_imports_under_that_name_is_meant() -> None:
    given = project("tensorfow", "not a requirement", imports=("tensorfow.inner",))
    assert with_lookalikes_told(given, near) is given
