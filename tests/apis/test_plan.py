"""Which releases are walked where, and together with which others."""

from __future__ import annotations

import gzip

from packaging.version import Version

from resolver.apis.collect import batches, find_interpreters, read_walks
from resolver.apis.plan import interpreter, visits
from resolver.core.package import normalize
from tests.fakes_index import FakeIndex


def wheel(name, version, tag):
    return f"{name}-{version}-{tag}.whl"


def test_the_newest_patch_of_each_minor_release():
    facts = {v: {"uploaded": f"2019-0{i + 1}-01"} for i, v in enumerate(["1.0.0", "1.0.1", "1.1.0", "2.0rc1", "2.0.0", "2.0.3"])}
    facts["2.0.3"]["yanked"] = True
    found = visits(FakeIndex({"pkg": facts}), ["pkg"], least=0)
    assert [v["version"] for v in found] == ["1.0.1", "1.1.0", "2.0.0"]


def test_few_minor_releases_are_filled_up_with_patches_many_are_sampled():
    few = {f"0.0.{i}": {"uploaded": "2020-01-01"} for i in range(30)}
    many = {f"1.{i}.0": {"uploaded": "2020-01-01"} for i in range(30)}
    index = FakeIndex({"few": few, "many": many})
    assert len(visits(index, ["few"], least=5)) == 5
    sampled = [v["version"] for v in visits(index, ["many"], most=7)]
    assert len(sampled) == 7
    assert sampled[-1] == "1.29.0"
    assert sampled == sorted(sampled, key=Version)


def test_the_interpreter_follows_the_binary_wheels():
    index = FakeIndex(
        {
            "numpy": {
                "1.15.0": {
                    "uploaded": "2018-07-23",
                    "files": [wheel("numpy", "1.15.0", t) for t in ("cp36-cp36m-manylinux1_x86_64", "cp37-cp37m-manylinux1_x86_64")],
                },
                "0.1.0": {"uploaded": "2018-07-23", "files": [wheel("numpy", "0.1.0", "cp27-cp27mu-manylinux1_x86_64")]},
            },
            "flask": {"1.0": {"uploaded": "2018-04-26"}, "3.0": {"uploaded": "2023-09-30", "requires_python": ">=3.8"}},
        }
    )
    pythons = {r.version: interpreter(r) for r in [*index.releases(normalize("numpy")), *index.releases(normalize("flask"))]}
    assert pythons["1.15.0"] == "3.7"
    assert pythons["1.0"] == "3.6"
    assert pythons["3.0"] == "3.11"


def visit(name, version="1", python="3.8", uploaded="2020-01-01", rank=0):
    return {"name": name, "version": version, "python": python, "uploaded": uploaded, "rank": rank}


def test_a_batch_has_one_interpreter_one_time_and_one_release_per_package():
    plan = [visit("a"), visit("b"), visit("a", "2"), visit("c", python="3.9"), visit("d", uploaded="2022-01-01"), visit("torch")]
    found = batches(plan)
    assert sorted(len(b) for b in found) == [1, 1, 1, 1, 2]
    assert [v["name"] for v in found[0]] == ["a", "b"]
    assert sum(len(b) for b in found) == len(plan)


def test_a_walks_file_that_was_cut_off_gives_what_is_whole(tmp_path):
    path = tmp_path / "walks.jsonl.gz"
    whole = gzip.compress(b'{"a": 1}\n{"b": 2}\n')
    path.write_bytes(whole + gzip.compress(b'{"c": 3}\n' * 1000)[:-30])
    assert list(read_walks(path))[:2] == ['{"a": 1}\n', '{"b": 2}\n']
    assert list(read_walks(tmp_path / "nowhere")) == []


def test_interpreters_are_found_by_folder(tmp_path):
    for version in ("3.7.16", "3.13.0", "system"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin/python").touch()
    assert set(find_interpreters(tmp_path)) == {"3.7", "3.13"}
