import json

from hypothesis import given
from hypothesis import strategies as st

from resolver.build import probe
from resolver.build.process import Limits
from resolver.core.outcome import Probe
from resolver.core.package import Pin

KEYS = ["kind", "item", "what", "ok", "errors", "frames", "installed", "needs", "working", "roots", "python", "seconds", "message", "type"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
KINDS = st.sampled_from(["environment", "begin", "end", "edges", "finished", "broken"])


def test_request_says_everything_and_two_nonces_differ():
    asked = Probe(imports=("import os",), names=("os.path",), distributions=("pip",), forward=False)
    one = probe.request(asked, Limits(seconds=10, memory_mb=5), nonce="a")
    read = json.loads(one)
    assert read["imports"] == ["import os"]
    assert read["forward"] is False
    assert read["total_seconds"] == 10
    assert one != probe.request(asked, Limits(seconds=10, memory_mb=5), nonce="b")


def test_read_knows_each_kind_of_line():
    rows = [
        {
            "kind": "environment",
            "python": "3.7.16",
            "installed": [["Foo_Bar", "1.0"]],
            "roots": [["foo", "foo-bar"]],
            "needs": [["foo-bar", "libx.so.1", False]],
        },
        {"kind": "begin", "item": "import", "what": "import foo"},
        {
            "kind": "end",
            "item": "import",
            "what": "import foo",
            "ok": False,
            "seconds": 0.5,
            "stderr": "noise",
            "errors": [{"type": "ImportError", "message": "no", "frames": [["/x/foo.py", 3, "f", "foo-bar"]], "module": None}],
        },
        {"kind": "edges", "working": [["a", "b"]]},
        {"kind": "finished"},
    ]
    report = probe.read("\n".join(map(json.dumps, rows)) + '\n{"kind": "end", "ite')
    assert report.finished
    assert report.working == (("a", "b"),)
    assert report.libraries[0].soname == "libx.so.1"
    assert [i.what for i in report.failed("import")] == ["import foo"]
    assert report.failed("name") == ()
    assert report.items[0].errors[0].frames[0].owner == "foo-bar"
    assert probe.pin_of(report, "foo.bar") == Pin("foo-bar", "1.0")
    assert probe.pin_of(report, "python") == Pin("python", "3.7")
    assert probe.pin_of(report, "other") is None


@given(
    st.lists(
        st.one_of(
            st.text(max_size=30),
            st.builds(lambda k, row: json.dumps({**row, "kind": k}), KINDS, st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5)),
        ),
        max_size=6,
    )
)
def test_read_takes_anything(lines):
    report = probe.read("\n".join(lines))
    assert isinstance(report.items, tuple)


def test_every_script_is_there_and_cannot_change_in_the_middle():
    for name in probe.SCRIPTS:
        assert probe.source(name) is probe.source(name)
        assert "import" in probe.source(name)
