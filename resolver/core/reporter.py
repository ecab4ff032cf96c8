"""Telling a person what is going on, without knowing whether anyone listens."""

from __future__ import annotations


class Reporter:
    """Hooks that do nothing; `cli` overrides them. Names say what is happening; every hook is cheap and never raises."""

    def step(self, what: str) -> None:
        """A new step begins ("reading the project")."""

    def progress(self, done: int, total: int, what: str = "") -> None:
        """`done` of `total` within the current step; total 0 when unknown."""

    def note(self, text: str) -> None:
        """Something worth knowing that changes nothing."""

    def warning(self, text: str) -> None:
        """Something the person should look at."""

    def output(self, line: str) -> None:
        """A raw line of a build's output."""
