"""The one root exception, with a hint and an exit code.

A failure of the *subject* (a build that fails, a set that does not exist) is a value; a failure of the *tool* is one of
these. Only `cli` catches the root.
"""

from __future__ import annotations

from collections.abc import Callable


class ResolverError(Exception):
    """The tool cannot go on; `hint` says what the person can do about it, a text or what makes it when it is asked for."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | Callable[[], str] = "") -> None:
        super().__init__(message)
        self.message = message
        self._hint = hint

    @property
    def hint(self) -> str:
        """What the person can do about it; "" when nothing is known."""
        return self._hint if isinstance(self._hint, str) else self._hint()

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments are lost by the default reduction; errors travel between crawl workers.
        return _rebuild, (type(self), self.message, self.hint)


def _rebuild(kind: type[ResolverError], message: str, hint: str) -> ResolverError:
    return kind(message, hint=hint)


class ProjectError(ResolverError):
    """The project or one of its files cannot be read."""


class IndexUnreachable(ResolverError):
    """The package index does not answer and no cache or snapshot has what is asked for."""


class UnknownPackage(ResolverError):
    """No index knows a package of this name."""

    exit_code = 3


class UsageError(ResolverError):
    """The request itself is wrong (an option's value, a combination of options)."""

    exit_code = 2


class EngineUnavailable(ResolverError):
    """No container engine (or interpreter, for the venv executor) can run a build."""


class MissingExtra(ResolverError):
    """A command needs an optional dependency group that is not installed."""


class StoreError(ResolverError):
    """The outcome store cannot be opened or written."""
