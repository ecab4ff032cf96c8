import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from resolver.core.errors import IndexUnreachable, ProjectError, ResolverError, UnknownPackage
from resolver.index import mirror as room
from resolver.index.mirror import Locked, Mirror, layered, read_lock
from resolver.index.pages import Listed
from resolver.index.pipconfig import Answer

FILES: Mapping[str, bytes] = {
    "numpy-1.0-cp37-cp37m-manylinux1_x86_64.whl": b"a" * 1000,
    "numpy-1.0-cp37-cp37m-manylinux2014_x86_64.whl": b"b" * 10,
    "numpy-1.0.tar.gz": b"c",
    "setuptools-58.0-py3-none-any.whl": b"s",
    "setuptools-45.0-py3-none-any.whl": b"t",
    "setuptools-46.0rc1-py3-none-any.whl": b"u",
}


def sha(name: str) -> str:
    return hashlib.sha256(FILES[name]).hexdigest()


def listed(name: str) -> Listed:
    return Listed(filename=name, url=f"http://index/{name}", sha256=sha(name))


def files(name: str):
    if name not in {"numpy", "setuptools"}:
        raise UnknownPackage(f"no package named {name}")
    versions: dict[str, list[Listed]] = {}
    for filename in FILES:
        if filename.startswith(f"{name}-"):
            versions.setdefault(filename.removesuffix(".tar.gz").split("-")[1], []).append(listed(filename))
    return list(versions.items())


def fits(_: str, file: Listed) -> int | None:
    return 9 if file.filename.endswith(".gz") else 1 if "2014" in file.filename else 2


class Server:
    """Answers with pieces, whole files, or something else than what it lists."""

    def __init__(self, *, ranges: bool = True, bodies: Mapping[str, bytes] = FILES, status: int = 0) -> None:
        self.ranges, self.bodies, self.status, self.asked = ranges, bodies, status, 0

    def pages(self, name: str) -> list[str]:
        raise NotImplementedError

    def get(self, url: str, *, headers: Mapping[str, str], limit: int) -> Answer:
        self.asked += 1
        body = self.bodies[url.rpartition("/")[2]]
        if self.status or not self.ranges:
            return Answer(status=self.status or 200, headers={}, body=body, url=url)
        first, last = (int(part) for part in headers["Range"].removeprefix("bytes=").split("-"))
        total = {"content-range": f"bytes {first}-{last}/{len(body)}"}
        return Answer(status=206, headers=total, body=body[first : last + 1], url=url)


def pin(name: str, version: str, *filenames: str) -> Locked:
    return Locked(name=name, version=version, hashes=frozenset(map(sha, filenames)))


def made(folder: Path, server: Server) -> Mirror:
    return Mirror(folder, files=files, access=server, fits=fits)


def test_a_lock_is_read_by_its_pins_and_hashes():
    a, b, c = (f"--hash=sha256:{letter * 64}" for letter in "abc")
    text = f"# x\nnumpy==1.0 \\\n    {a} \\\n    {b}\n    # via y\ntorch==2.0+cpu \\\n    {c}\n"
    assert read_lock(text) == (
        Locked(name="numpy", version="1.0", hashes=frozenset({"a" * 64, "b" * 64})),
        Locked(name="torch", version="2.0+cpu", hashes=frozenset({"c" * 64})),
    )
    with pytest.raises(ProjectError):
        read_lock("numpy==1.0\n")


@pytest.mark.parametrize("ranges", [True, False])
def test_the_file_that_the_target_takes_is_copied_once(tmp_path, monkeypatch, ranges):
    monkeypatch.setattr(room, "_CHUNK", 64)
    server = Server(ranges=ranges)
    wanted = [pin("numpy", "1.0", *(name for name in FILES if name.startswith("numpy")))]
    assert [path.name for path in made(tmp_path / "w", server).fetch(wanted)] == ["numpy-1.0-cp37-cp37m-manylinux2014_x86_64.whl"]
    asked = server.asked
    made(tmp_path / "w", server).fetch(wanted)
    assert server.asked == asked


def test_a_long_file_comes_in_pieces_and_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_CHUNK", 64)
    name = "numpy-1.0-cp37-cp37m-manylinux1_x86_64.whl"
    server = Server()
    assert made(tmp_path, server).fetch([pin("numpy", "1.0", name)])[0].read_bytes() == FILES[name]
    assert server.asked == 16


def test_tools_are_the_newest_final_release_within_their_bounds(tmp_path):
    paths = made(tmp_path, Server()).fetch([], ["setuptools<50", "setuptools"])
    assert [path.name for path in paths] == ["setuptools-45.0-py3-none-any.whl", "setuptools-58.0-py3-none-any.whl"]
    with pytest.raises(ResolverError, match="no release for setuptools<3"):
        made(tmp_path, Server()).fetch([], ["setuptools<3"])


def test_another_body_than_the_lock_says_is_refused_and_leaves_nothing(tmp_path):
    wrong = Server(bodies={**FILES, "numpy-1.0.tar.gz": b"evil"})
    with pytest.raises(ResolverError, match="has the hash"):
        made(tmp_path, wrong).fetch([pin("numpy", "1.0", "numpy-1.0.tar.gz")])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(IndexUnreachable):
        made(tmp_path, Server(status=503)).fetch([pin("numpy", "1.0", "numpy-1.0.tar.gz")])
    assert list(tmp_path.iterdir()) == []


def test_what_the_index_lacks_is_told(tmp_path):
    with pytest.raises(ResolverError, match=r"no file of numpy 1\.0 with a hash of the lock"):
        made(tmp_path, Server()).fetch([Locked(name="numpy", version="1.0", hashes=frozenset({"d" * 64}))])
    with pytest.raises(UnknownPackage):
        made(tmp_path, Server()).fetch([pin("other", "1.0")])


def test_a_second_index_helps_out():
    both = layered(files, lambda name: [("9", [])] if name == "other" else [])
    assert both("other") == [("9", [])]
    assert [version for version, _ in both("setuptools")] == ["58.0", "45.0", "46.0rc1"]
    with pytest.raises(UnknownPackage):
        layered(files)("other")
