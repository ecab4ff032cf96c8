from collections.abc import Mapping, Sequence

from resolver.core.package import Pin, Release, normalize
from resolver.flows.implied import RUNS_WITH, ImpliedNeeds

OWNERS = {"tensorflow": ["tensorflow", "tensorflow-cpu"], "pkg_resources": ["setuptools"], "numpy": ["numpy"], "keras": ["keras"]}


class Takes:
    def __init__(self, uses: Mapping[str, Sequence[str]]) -> None:
        self._uses = uses

    def offers(self, name: str, version: str, dotted: Sequence[str]) -> Sequence[float | None]:
        return [None] * len(dotted)

    def uses(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        return self._uses


def implied(uses: Mapping[str, Sequence[str]], *, requires: tuple[str, ...] = ()) -> Sequence[str]:
    release = Release(pin=Pin(normalize("keras"), "2.2.5"), requires=requires, modules=("keras",))
    return ImpliedNeeds(Takes(uses), lambda root: OWNERS.get(root, []), frozenset({"os"}))(release)


def test_an_undeclared_import_is_a_need() -> None:
    assert implied({"tensorflow": ["tensorflow.Session"]}) == ("tensorflow",)


def test_what_is_declared_standard_or_its_own_is_not() -> None:
    uses = {"numpy": ["numpy.zeros"], "os": ["os.path"], "keras": ["keras.layers"], "nobody": ["nobody.knows"]}
    assert implied(uses, requires=("numpy>=1.9",)) == ()


def test_another_owner_of_the_same_module_satisfies_it() -> None:
    assert implied({"tensorflow": ["tensorflow.Session"]}, requires=("tensorflow-cpu",)) == ()


def test_uses_inside_functions_are_no_needs() -> None:
    assert implied({"tensorflow": [":tensorflow.Session"]}) == ()


def test_pkg_resources_means_a_setuptools_that_still_has_it() -> None:
    assert implied({"pkg_resources": ["pkg_resources.get_distribution"]}) == ("setuptools<81",)


def test_what_builds_found_missing_holds_for_the_minor_release() -> None:
    seen = {"keras": {"2.2.4": ["pkg_resources", "numpy"]}}
    needs = ImpliedNeeds(Takes({}), lambda root: OWNERS.get(root, []), frozenset(), seen)
    assert needs(Release(pin=Pin(normalize("keras"), "2.2.5"))) == ("setuptools<81", "numpy")
    assert needs(Release(pin=Pin(normalize("keras"), "2.3.0"))) == ()
    assert needs(Release(pin=Pin(normalize("keras"), "2.2.1"), requires=("numpy>=1",))) == ("setuptools<81",)


def test_what_runs_only_with_something_although_it_imports_without() -> None:
    needs = ImpliedNeeds(Takes({}), lambda root: OWNERS.get(root, []), frozenset(), runs_with=RUNS_WITH)
    assert needs(Release(pin=Pin(normalize("keras"), "2.3.1"))) == ("h5py<3",)
    assert needs(Release(pin=Pin(normalize("keras"), "2.4.0"))) == ()
    assert needs(Release(pin=Pin(normalize("tensorflow"), "1.4.0"))) == ()
    assert needs(Release(pin=Pin(normalize("torch"), "1.4.0"))) == ("numpy",)


def test_what_a_submodule_needs_counts_where_the_project_enters_it() -> None:
    inner = {"coco.draw": ["matplotlib"], "coco.far": ["torch"], "coco.own": ["coco"]}
    owners = {"matplotlib": ["matplotlib"], "torch": ["torch"], "coco": ["coco"]}

    def needs(*entered: str) -> tuple[str, ...]:
        implied = ImpliedNeeds(Takes({}), lambda root: owners[root], frozenset(), inner=lambda *_: inner, entered=entered)
        return tuple(implied(Release(pin=Pin(normalize("coco"), "1"))))

    assert needs("coco.draw.Figure", "coco.own.thing") == ("matplotlib",)
    assert needs("coco.draw") == ("matplotlib",)
    assert needs("coco", "coco.drawing") == ()


def test_what_a_releases_files_state_is_needed_as_they_state_it() -> None:
    written = {("keras", "2.2.5"): ("protobuf>=6.33.5",)}
    release = Release(pin=Pin(normalize("keras"), "2.2.5"), requires=("protobuf>=5",), modules=("keras",))
    needs = ImpliedNeeds(Takes({}), lambda _: [], frozenset(), written=lambda name, version: written.get((name, version), ()))
    assert needs(release) == ("protobuf>=6.33.5",)


def test_an_extension_is_of_the_minor_release_that_it_is_linked_to() -> None:
    release = Release(pin=Pin(normalize("torch-xla"), "2.9.0"))
    assert ImpliedNeeds(Takes({}), lambda _: [], frozenset())(release) == ("torch==2.9.*",)
