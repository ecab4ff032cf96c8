import dataclasses
import json

import pytest

from resolver.build.verdict import Left, judge
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Probe, Stage, Verdict
from resolver.core.package import Pin
from resolver.core.target import Accelerator, Target

SPEC = BuildSpec(
    target=Target(python="3.8"),
    pins=(Pin("low", "1.0"), Pin("top", "2.0")),
    probe=Probe(imports=("import top",), names=("top.use",), distributions=("Top",)),
)
ENVIRONMENT = {
    "kind": "environment",
    "python": "3.8.18",
    "installed": [["low", "1.0"], ["top", "2.0"]],
    "roots": [["low", "low"], ["top", "top"]],
    "needs": [],
}
ERROR = {"type": "ValueError", "message": "no", "frames": [["/site-packages/top.py", 1, "f", "top"]]}


def row(item: str, what: str, *, error: dict | None = None) -> dict:
    return {"kind": "end", "item": item, "what": what, "ok": error is None, "seconds": 0, "errors": [error] if error else []}


def outcome(*rows: dict, code: int | None = 0, log: str = "", harvest: str = "") -> Outcome:
    lines = "\n".join(json.dumps(r) for r in (ENVIRONMENT, *rows))
    return judge(SPEC, Left(install_code=code, install_log=log, probe_lines=lines, harvest=harvest), executor="fake", seconds=1.234)


GOOD = (row("import", "import top"), row("name", "top.use"), row("distribution", "top"))
END = ({"kind": "edges", "working": [["top", "low"]]}, {"kind": "finished"})


def test_all_good_passes():
    passed = outcome(*GOOD, *END, harvest='{"a": 1}\n\n')
    assert (passed.verdict, passed.stage, passed.failure) == (Verdict.PASS, Stage.RUN, FailureClass.NONE)
    assert [(e.importer, e.provider) for e in passed.working] == [(Pin("top", "2.0"), Pin("low", "1.0"))]
    assert passed.released == ('{"a": 1}',)
    assert passed.log == ""


@pytest.mark.parametrize(
    ("item", "what", "stage"),
    [
        ("import", "import top", Stage.IMPORT),
        ("distribution", "top", Stage.IMPORT),
        ("name", "top.use", Stage.USE),
        ("forward", "top", Stage.RUN),
    ],
)
def test_each_stage(item, what, stage):
    rest = [r for r in GOOD if r["item"] != item]
    failed = outcome(*rest, row(item, what, error=ERROR), *END)
    assert (failed.verdict, failed.stage) == (Verdict.FAIL, stage)
    assert failed.log


def test_a_failing_indirect_distribution_or_framework_does_not_decide_but_is_told():
    removed = {
        "type": "AttributeError",
        "message": "module 'low' has no attribute 'x'",
        "frames": [["/site-packages/top.py", 1, "f", "top"]],
    }
    passed = outcome(*GOOD, row("rest", "low", error=ERROR), row("forward", "low", error=removed), *END)
    assert passed.passed
    assert [(e.importer.name, e.provider.name) for e in passed.culprits] == [("top", "low")]
    assert passed.working == ()  # never both broken and working


def test_a_probe_that_was_cut_off_before_the_end_fails():
    cut = outcome(GOOD[0])
    assert (cut.verdict, cut.failure) == (Verdict.FAIL, FailureClass.TIMEOUT)
    assert "top.use" in cut.message


def test_missing_lists_statements_and_names():
    failed = outcome(row("import", "import top", error=ERROR), row("name", "top.use", error=ERROR), GOOD[2], *END)
    assert failed.missing == ("import top", "top.use")


def test_the_installer():
    assert outcome(code=1, log="error: dns error").verdict is Verdict.VOID
    assert outcome(code=1, log="Because there is no version of x").failure is FailureClass.NO_WHEEL
    assert outcome(code=124, log="Downloading torch").verdict is Verdict.VOID
    assert outcome(code=None, log="").verdict is Verdict.VOID
    slow = outcome(code=124, log="   Building scipy==1.0")
    assert (slow.verdict, slow.failure) == (Verdict.FAIL, FailureClass.TIMEOUT)
    assert outcome(code=137).failure is FailureClass.MEMORY


def test_a_full_disk_during_the_probe_is_void():
    full = {"type": "OSError", "message": "[Errno 28] No space left on device", "frames": []}
    assert outcome(row("import", "import top", error=full), *GOOD[1:], *END).verdict is Verdict.VOID


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("LookupError", "\n" + "*" * 70 + "\n  Resource stopwords not found.\n  Please use the NLTK Downloader to obtain the resource"),
        ("RuntimeError", "Working outside of request context."),
        ("URLError", "<urlopen error [Errno -3] Temporary failure in name resolution>"),
    ],
)
def test_what_only_a_running_service_or_a_download_has_is_no_failure(kind, message):
    rows = [r for r in GOOD if r["item"] != "name"]
    found = outcome(*rows, row("name", "top.use", error={**ERROR, "type": kind, "message": message}), *END)
    assert (found.verdict, found.missing) == (Verdict.PASS, ())


DRIVER = {"type": "ImportError", "message": "libcuda.so.1: cannot open shared object file: No such file or directory", "frames": []}


def test_a_build_for_cards_that_wants_the_driver_itself_is_void_here_and_a_failure_on_processors():
    rows = (row("import", "import top", error=DRIVER), row("name", "top.use", error=DRIVER), row("distribution", "top", error=DRIVER))
    assert outcome(*rows, *END).failure is FailureClass.WRONG_CUDA
    lines = "\n".join(json.dumps(r) for r in (ENVIRONMENT, *rows, *END))
    card = dataclasses.replace(SPEC, target=Target(python="3.8", accelerator=Accelerator(kind="cuda", runtime="12")))
    there = judge(card, Left(install_code=0, probe_lines=lines), executor="fake", seconds=1)
    assert (there.verdict, there.failure) == (Verdict.VOID, FailureClass.MACHINE)
    own = "\n".join(json.dumps(r) for r in (ENVIRONMENT, *rows[:1], row("name", "top.use", error=ERROR), *END))
    failed = judge(card, Left(install_code=0, probe_lines=own), executor="fake", seconds=1)
    assert (failed.verdict, failed.stage) == (Verdict.FAIL, Stage.USE)
