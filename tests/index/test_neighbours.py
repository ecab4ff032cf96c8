from pathlib import Path

from resolver.core.package import NormalizedName
from resolver.index.layered import LayeredIndex
from resolver.index.neighbours import NeighbourIndex

LIB = NormalizedName("lib")
VERSIONS = ("2.0", "1.9", "1.3.1", "1.3.0", "1.2", "1.0")


class Recorded(LayeredIndex):
    """A live index (nothing frozen) over a fake that counts whose metadata was read."""

    def __init__(self) -> None:
        from tests.fakes_index import FakeIndex

        self.asked: list[str] = []
        self._fake = FakeIndex({"lib": {v: {"requires": [f"dep=={v}"], "uploaded": "2020-01-01"} for v in VERSIONS}})

    snapshot = "2026-01-01"

    def names(self) -> tuple[str, ...]:
        return ()

    def readable(self, name: NormalizedName) -> frozenset[str]:
        return frozenset()

    def releases(self, name: NormalizedName):
        return self._fake.releases(name)

    def prefetch_releases(self, wanted) -> None:
        pass

    def kept(self, name: NormalizedName, version: str):
        return None

    def release(self, name: NormalizedName, version: str):
        self.asked.append(version)
        return self._fake.release(name, version)


def requires(index: NeighbourIndex, version: str) -> tuple[str, ...]:
    found = index.release(LIB, version)
    assert found is not None
    assert found.version == version
    return found.requires


def test_one_release_of_a_neighbourhood_is_read_and_speaks_for_the_others() -> None:
    layered = Recorded()
    index = NeighbourIndex(layered)
    assert requires(index, "1.3.1") == ("dep==1.3.1",)
    assert requires(index, "1.3.0") == ("dep==1.3.1",)
    assert requires(index, "1.0") == ("dep==1.3.1",)
    assert layered.asked == ["1.3.1"]
    assert index.is_borrowed(LIB, "1.0")
    assert not index.is_borrowed(LIB, "1.3.1")


def test_the_nearest_of_the_same_major_speaks_before_any_other_major() -> None:
    index = NeighbourIndex(Recorded())
    index.learn([(LIB, "2.0"), (LIB, "1.0")])
    assert requires(index, "1.9") == ("dep==1.0",)
    assert requires(index, "1.3.0") == ("dep==1.0",)
    assert index.is_borrowed(LIB, "1.9")


def test_exact_reads_what_was_borrowed() -> None:
    index = NeighbourIndex(Recorded())
    assert requires(index, "1.3.1") == ("dep==1.3.1",)
    assert requires(index, "1.2") == ("dep==1.3.1",)
    exact = index.exact(LIB, "1.2")
    assert exact is not None
    assert exact.requires == ("dep==1.2",)


def test_a_version_that_does_not_exist_is_none() -> None:
    assert NeighbourIndex(Recorded()).release(LIB, "9.9") is None


def test_the_snapshot_is_answered_from_itself(tmp_path: Path) -> None:
    from resolver.index.snapshot import Snapshot
    from resolver.settings import bundled

    layered = LayeredIndex(Snapshot(bundled("snapshot.sqlite")), offline=True)
    index = NeighbourIndex(layered)
    flask = NormalizedName("flask")
    readable = layered.readable(flask)
    unread = next(r.version for r in layered.releases(flask) if r.version not in readable and r.version.startswith(("0.12", "1.", "2.")))
    borrowed = index.release(flask, unread)
    assert borrowed is not None
    assert borrowed.version == unread
    assert borrowed.requires
    assert borrowed.files == next(r for r in layered.releases(flask) if r.version == unread).files


def test_what_is_learnt_speaks_for_itself_from_then_on_however_it_is_spelt() -> None:
    index = NeighbourIndex(Recorded())
    assert requires(index, "1.3.1") == ("dep==1.3.1",)
    assert requires(index, "1.2") == ("dep==1.3.1",)
    index.learn([(LIB, "1.2"), (LIB, "7.0"), (NormalizedName("nothing"), "1")])
    assert requires(index, "1.2") == ("dep==1.2",)
    assert not index.is_borrowed(LIB, "1.2")
    assert index.release(LIB, "7.0") is None
