"""How a crawl goes, in a line: how fast, how long still, what failed last."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from resolver.core.outcome import Outcome, Verdict

RECENT = 30
"""So many of the latest builds say how fast it goes."""
LAST = 3


class Pace:
    """The builds of one plan of `total` cells, which ends at `deadline` (seconds of `clock`) at the latest."""

    def __init__(self, total: int, deadline: float = float("inf"), clock: Callable[[], float] = time.monotonic) -> None:
        self.total, self.done = total, 0
        self._deadline, self._clock = deadline, clock
        self._ended: deque[float] = deque([clock()], maxlen=RECENT + 1)
        self._failures: deque[str] = deque(maxlen=LAST)

    def tell(self, outcome: Outcome) -> str:
        """One more build ended: rate, remaining time, this outcome, and the last failures before it."""
        self.done += 1
        now = self._clock()
        self._ended.append(now)
        rate = (len(self._ended) - 1) / max(now - self._ended[0], 1e-9)
        left = min((self.total - self.done) / rate, max(0.0, self._deadline - now))
        failures = f"; failed last: {', '.join(self._failures)}" if self._failures else ""
        if outcome.verdict is not Verdict.PASS:
            self._failures.append(f"{outcome.spec.stack} {outcome.failure}")
        return f"{3600 * rate:.0f}/h, {length(left)} left: {told(outcome)}{failures}"


def length(seconds: float) -> str:
    """ "2 h 05 min", "12 min", "40 s"."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def told(outcome: Outcome) -> str:
    """One outcome in a line."""
    spec = outcome.spec
    why = f" {outcome.failure}: {outcome.message[:90]}" if outcome.verdict is not Verdict.PASS else ""
    return f"{outcome.verdict} {spec.stack} py{spec.target.python} [{spec.policy}] {outcome.seconds:.1f}s{why}"
