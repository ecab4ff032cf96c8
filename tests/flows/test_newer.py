from resolver.core.candidate import Candidate
from resolver.core.package import Pin, Release, normalize
from resolver.core.target import Target
from resolver.flows.newer import newer

ASKS = {("optim", "2"): ((">=3.9", "optim/core.py:3: 'Callable[...]' is evaluated"),)}


def told(version: str, python: str) -> tuple[Pin, str] | None:
    release = Release(pin=Pin(normalize("optim"), version))
    return newer(Candidate(target=Target(python=python), releases=(release,)), lambda name, version: ASKS.get((name, version), ()))


def test_a_member_whose_source_wants_a_later_interpreter():
    why = "optim==2 wants Python >=3.9 (optim/core.py:3: 'Callable[...]' is evaluated), whatever it declares"
    assert told("2", "3.8") == (Pin(normalize("optim"), "2"), why)
    assert told("2", "3.10") is None
    assert told("1", "3.8") is None
