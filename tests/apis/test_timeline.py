"""Certainties between and beyond walked versions, merging, and what is asked besides names."""

from __future__ import annotations

import time

import pytest

from resolver.apis.build import build
from resolver.apis.timeline import SqliteTimeline
from resolver.core.errors import ResolverError
from tests.apis.walks import line


def make(tmp_path, *lines):
    path = tmp_path / "apis.sqlite"
    build(lines, path)
    return SqliteTimeline(path)


def numpy(version, names):
    return line("numpy", version, {"numpy": names})


def test_between_versions_that_agree_or_differ(tmp_path):
    timeline = make(tmp_path, numpy("1.20.3", "array bool"), numpy("1.22.4", "array bool"), numpy("1.24.4", "array"))
    asked = ["numpy.bool"]
    assert timeline.offers("numpy", "1.21.0", asked) == [0.98]
    assert timeline.offers("numpy", "1.23.0", asked) == [0.5]
    assert timeline.offers("numpy", "1.22.9", asked)[0] > 0.9  # the patch follows its minor release
    assert timeline.offers("numpy", "1.24.0", asked)[0] < 0.1
    assert timeline.offers("numpy", "1.25", asked) == [0.1]
    assert timeline.offers("numpy", "2.0", asked) == [0.35]  # far from anything walked
    assert timeline.offers("numpy", "9.9", ["numpy.array"]) == [0.85]
    assert timeline.offers("numpy", "1.19", asked) == [0.9]
    assert timeline.offers("numpy", "1.23.9", ["numpy.array"]) == [0.98]


def test_a_submodule_that_a_release_takes_off_its_root_is_no_attribute_of_it(tmp_path):
    records = [line("tensorflow", version, {"tensorflow": "python core", "tensorflow.python": "ops"}) for version in ("1.14.0", "2.3.4")]
    timeline = make(tmp_path, *records)
    asked = ["tensorflow.python", "tensorflow.core", "tensorflow.python.ops"]
    assert timeline.offers("tensorflow", "1.14.0", asked) == [0.0, 0.0, 1.0]
    assert timeline.offers("tensorflow", "2.3.4", asked) == [1.0, 1.0, 1.0]
    assert timeline.offers("tensorflow-gpu", "1.14.0", asked) == [0.0, 0.0, 1.0]


def test_a_name_that_no_version_shows_says_nothing_of_any(tmp_path):
    timeline = make(tmp_path, numpy("1.20.3", "array"), numpy("1.22.4", "array"))
    assert timeline.offers("numpy", "1.20.3", ["numpy.nowhere"]) == [None]
    assert timeline.offers("numpy", "1.21", ["numpy.nowhere"]) == [None]


@pytest.mark.parametrize(("gap", "there"), [(1, 1.0), (2, 1.0), (3, 0.0)])
def test_a_short_gap_is_the_walks_a_long_one_the_librarys(tmp_path, gap, there):
    walks = [numpy("1.0", "bool"), *(numpy(f"1.{at}", "array") for at in range(1, gap + 1)), numpy("2.0", "bool"), numpy("2.1", "array")]
    timeline = make(tmp_path, *walks)
    assert timeline.offers("numpy", "1.1", ["numpy.bool"]) == [there]
    assert timeline.offers("numpy", "2.1", ["numpy.bool"]) == [0.0]


def test_versions_are_ordered_as_versions(tmp_path):
    timeline = make(tmp_path, numpy("1.9.0", "old"), numpy("1.10.0", "new"))
    assert timeline.versions("numpy") == ("1.9.0", "1.10.0")
    assert timeline.offers("numpy", "1.11", ["numpy.new", "numpy.old"]) == [0.95, 0.1]


def test_equal_versions_spelled_differently_are_one(tmp_path):
    timeline = make(tmp_path, numpy("1.10", "x"), numpy("1.12", ""))
    assert timeline.offers("numpy", "1.10.0", ["numpy.x"]) == [1.0]


def test_twins_share_a_record(tmp_path):
    timeline = make(tmp_path, line("tensorflow-gpu", "1.14.0", {"tensorflow": "Session"}))
    assert timeline.offers("tensorflow", "1.14.0", ["tensorflow.Session"]) == [1.0]
    assert timeline.offers("tensorflow_cpu", "1.14.0", ["tensorflow.Session"]) == [1.0]


def test_the_interpreter_is_asked_by_minor(tmp_path):
    timeline = make(tmp_path, line("python", "3.9", {"collections": "Mapping"}), line("python", "3.10", {"collections": "deque"}))
    assert timeline.offers("python", "3.9.18", ["collections.Mapping"]) == [1.0]
    assert timeline.offers("python", "3.10", ["collections.Mapping"]) == [0.0]


def test_merging_keeps_what_was_there_and_renews_the_better_walk(tmp_path):
    path = tmp_path / "apis.sqlite"
    assert build([numpy("1.0", "a"), line("six", "1", {"six": "x"})], path) == 2
    before = path.read_bytes()
    assert build([numpy("1.0", "a")], path) == 0
    assert path.read_bytes() == before or SqliteTimeline(path).offers("six", "1", ["six.x"]) == [1.0]
    assert build([numpy("2.0", "b"), numpy("1.0", "a aa"), "no walk", '{"name": 1}', "[]"], path) == 2
    timeline = SqliteTimeline(path)
    assert timeline.versions("numpy") == ("1.0", "2.0")
    assert timeline.offers("numpy", "1.0", ["numpy.aa", "numpy.b"]) == [1.0, 0.0]
    assert timeline.offers("six", "1", ["six.x"]) == [1.0]


def test_an_imported_walk_is_worth_more_than_a_read_one(tmp_path):
    read = line("pkg", "1", {"pkg": "a b c d"}, static=True)
    imported = line("pkg", "1", {"pkg": "a"})
    timeline = make(tmp_path, imported, read)
    assert timeline.offers("pkg", "1", ["pkg.a", "pkg.d"]) == [1.0, None]


def test_libraries_uses_and_providers(tmp_path):
    timeline = make(
        tmp_path,
        line(
            "opencv-python",
            "4.1",
            {"cv2": "imread"},
            needed={"libGL.so.1": ["cv2/cv2.so"]},
            takes={"numpy": ["numpy", ":numpy.bool"]},
            pb2=True,
        ),
        line("opencv-python", "4.3", {"cv2": "imread"}),
    )
    assert timeline.libraries("opencv-python", "4.1") == ("libGL.so.1",)
    assert timeline.libraries("opencv-python", "4.2") == ("libGL.so.1",)
    assert timeline.libraries("opencv-python", "4.3.1") == ()
    assert timeline.libraries("opencv-contrib-python", "4.2") == ("libGL.so.1",)
    assert timeline.libraries("opencv-python-headless", "4.2") == (), "built without windows"
    assert timeline.libraries("nothing", "1") == ()
    assert timeline.uses("opencv-python", "4.1") == {"numpy": ("numpy",)}
    assert timeline.uses_later("opencv-python", "4.1") == {"numpy": ("numpy.bool",)}
    assert timeline.pb2("opencv-python", "4.1") is True
    assert timeline.pb2("opencv-python", "4.3") is False
    assert timeline.pb2("nothing", "1") is None
    assert timeline.providers("cv2") == ("opencv-python",)
    assert timeline.packages() == ("opencv-python",)
    assert timeline.roots("opencv-python") == {"cv2"}


def test_a_missing_file_is_told_with_a_hint(tmp_path):
    with pytest.raises(ResolverError) as error:
        SqliteTimeline(tmp_path / "nowhere.sqlite")
    assert error.value.hint


def test_a_file_that_is_no_timeline_is_told(tmp_path):
    path = tmp_path / "apis.sqlite"
    path.write_bytes(b"something else entirely" * 100)
    with pytest.raises(ResolverError):
        SqliteTimeline(path).offers("numpy", "1", ["numpy.x"])


def test_a_thousand_names_over_all_versions_of_ten_packages_are_quick(tmp_path):
    names = [f"name{i}" for i in range(400)]
    lines = [line(f"pkg{p}", f"1.{v}", {f"pkg{p}": " ".join(names[: 200 + 5 * v])}) for p in range(10) for v in range(40)]
    timeline = make(tmp_path, *lines)
    asked = {p: [f"pkg{p}.name{i}" for i in range(150, 250)] for p in range(10)}
    for p in range(10):
        timeline.offers(f"pkg{p}", "1.0", asked[p][:1])
    began = time.process_time()
    for p in range(10):
        for v in range(40):
            timeline.offers(f"pkg{p}", f"1.{v}", asked[p])
    assert time.process_time() - began < 0.5  # 40,000 answers


def test_a_local_label_is_no_other_release(tmp_path):
    timeline = make(tmp_path, line("torch", "2.13.0+cpu", {"torch": "cat"}))
    assert timeline.versions("torch") == ("2.13.0",)
    assert timeline.offers("torch", "2.13.0", ["torch.cat"]) == [1.0]


def test_a_release_of_which_nobody_can_tell_is_passed_over_only_between_two_that_agree(tmp_path):
    timeline = make(tmp_path, line("t", "1.0", {"t": "a"}), line("t", "1.2", {"t": "b *"}), line("t", "1.4", {"t": "a c"}))
    assert timeline.offers("t", "1.2", ["t.a", "t.b", "t.c"]) == [0.9, 1.0, None]
    assert timeline.offers("t", "1.1", ["t.a", "t.c"]) == [0.9, 0.1]
    assert timeline.offers("t", "1.3", ["t.c"]) == [0.9]
    open_end = make(tmp_path / "end", line("t", "1.0", {"t": "a"}), line("t", "1.2", {"t": "b *"}))
    assert open_end.offers("t", "1.3", ["t.a", "t.b"]) == [None, 0.95]
    assert open_end.offers("t", "1.2", ["t.a"]) == [None]


def test_what_nobody_can_tell_fills_no_gap(tmp_path):
    """A name that a walk lacks between versions of which nobody can tell is lacking (transformers.LlamaForCausalLM in 4.7)."""
    timeline = make(
        tmp_path,
        numpy("1.0", "array"),
        numpy("1.1", "array *"),
        numpy("1.2", "array"),
        numpy("1.3", "array *"),
        numpy("1.4", "array late"),
        numpy("1.5", "array late"),
    )
    assert timeline.offers("numpy", "1.2", ["numpy.late"]) == [0.0]
    assert timeline.offers("numpy", "1.4", ["numpy.late"]) == [1.0]


def test_what_the_top_of_transformers_has_and_a_part_lacks_was_walked_without_its_backend(tmp_path):
    top, part = "Warper Config", "transformers.generation"
    timeline = make(
        tmp_path,
        line("transformers", "4.25", {"transformers": top, part: "Warper Config"}),
        line("transformers", "4.30", {"transformers": top, part: "Config"}),
        line("transformers", "4.39", {"transformers": top, part: "Config"}),
        line("transformers", "4.43", {"transformers": top, part: "Config"}),
        line("transformers", "5.0", {"transformers": "Config", part: "Config"}),
    )
    asked = [f"{part}.Warper", f"{part}.Config"]
    assert timeline.offers("transformers", "4.25", asked) == [1.0, 1.0]
    assert timeline.offers("transformers", "4.39", asked) == [None, 1.0]
    assert timeline.offers("transformers", "5.0", asked) == [0.0, 1.0]


def test_what_the_top_of_transformers_has_is_missing_from_a_part_that_is_gone(tmp_path):
    old, new, model = "transformers.modeling_bart", "transformers.models.bart", "Bart"
    timeline = make(
        tmp_path,
        line("transformers", "3.2", {"transformers": f"{model} pipeline", old: model}),
        line("transformers", "4.5", {"transformers": "*"}),
        line("transformers", "4.7", {"transformers": model, new: "Config", f"{new}.modeling_bart": model}),
        line("transformers", "4.19", {"transformers": model, new: f"Config {model}", f"{new}.modeling_bart": model}),
    )
    asked = [f"{old}.{model}", f"{new}.modeling_bart.{model}", f"{new}.{model}"]
    assert timeline.offers("transformers", "4.5", [old, f"{old}.{model}", "transformers.pipeline"]) == [0.0, 0.0, None]
    assert timeline.offers("transformers", "4.7", asked) == [0.0, 1.0, None]
    assert timeline.offers("transformers", "4.19", asked) == [0.0, 1.0, 1.0]


def test_what_is_seen_before_a_release_that_cannot_tell_does_not_speak_across_a_major_release(tmp_path):
    timeline = make(tmp_path, numpy("3.2", "array late"), numpy("4.5", "array *"), numpy("4.7", "array"))
    assert [timeline.offers("numpy", version, ["numpy.late"])[0] for version in ("3.5", "4.3")] == [0.9, 0.5]
