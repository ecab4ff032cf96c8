from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage, Verdict
from resolver.core.target import Target
from resolver.crawl.progress import Pace, length


def outcome(name: str, verdict: Verdict = Verdict.PASS) -> Outcome:
    failure = FailureClass.ABI if verdict is Verdict.FAIL else FailureClass.NONE
    spec = BuildSpec(target=Target(python="3.9"), pins=(), stack=name, policy="newest")
    return Outcome(spec=spec, verdict=verdict, stage=Stage.RUN, failure=failure, message="boom", seconds=2.0)


def test_rate_remaining_time_and_the_last_failures() -> None:
    now = [100.0]
    pace = Pace(10, clock=lambda: now[0])
    now[0] += 60
    assert pace.tell(outcome("a", Verdict.FAIL)) == "60/h, 9 min left: fail a py3.9 [newest] 2.0s abi: boom"
    now[0] += 60
    assert pace.tell(outcome("b")) == "60/h, 8 min left: pass b py3.9 [newest] 2.0s; failed last: a abi"
    for name in "cdef":
        now[0] += 30
        line = pace.tell(outcome(name, Verdict.FAIL))
    assert line.startswith("90/h, 3 min left: fail f")
    assert line.endswith("failed last: c abi, d abi, e abi")


def test_the_deadline_bounds_what_is_left() -> None:
    now = [0.0]
    pace = Pace(1000, deadline=90, clock=lambda: now[0])
    now[0] = 60
    assert ", 30 s left" in pace.tell(outcome("a"))
    now[0] = 120
    assert ", 0 s left" in pace.tell(outcome("a"))


def test_lengths() -> None:
    assert [length(s) for s in (0, 59, 90, 3599, 7500)] == ["0 s", "59 s", "2 min", "1 h 00 min", "2 h 05 min"]
