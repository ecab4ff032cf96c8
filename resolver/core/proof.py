"""What building an answer showed: the outcome that teaches, and how the image behaved when it was started."""

from __future__ import annotations

import dataclasses

from resolver.core.outcome import Outcome


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A request to send once: the bytes of a file to POST to `path` as `kind` ("application/json")."""

    path: str
    content: bytes
    kind: str = "application/json"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How to try a built image: where it answers, what to ask, and for how many seconds to wait for the first answer."""

    port: int
    health: str = "/"
    sample: Sample | None = None
    patience: float = 60.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer over HTTP: `status` 0 when none came, `body` its beginning, `seconds` from the request on."""

    path: str
    status: int = 0
    seconds: float = 0.0
    body: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How a started image behaved: `health` its first answer (seconds counted from the start), `sample` the answer to the sample, `user`
    the number of the user it ran as (-1 when nobody could ask), `stopped` the seconds from the stop signal to its end, `killed` whether
    it had to be killed; `log` what it printed.
    """

    health: Reply
    sample: Reply | None = None
    user: int = -1
    stopped: float = 0.0
    killed: bool = False
    log: str = ""

    @property
    def answered(self) -> bool:
        """Whether it came up, and answered the sample without an error if there was one."""
        return 0 < self.health.status < 500 and (self.sample is None or 0 < self.sample.status < 400)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The build of an answer: its outcome, the image's `digest` ("" when none was made), times in seconds, the whole `log`, and how it
    served (None when it was not started).
    """

    outcome: Outcome
    digest: str = ""
    build_seconds: float = 0.0
    probe_seconds: float = 0.0
    log: str = ""
    service: Service | None = None

    @property
    def passed(self) -> bool:
        """Whether the environment works."""
        return self.outcome.passed
