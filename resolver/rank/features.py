"""The features of one edge: a pure function of the two releases, the interpreter, the API timeline and what was seen."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from resolver.core.package import PYTHON
from resolver.rank.book import FactBook, NameFit
from resolver.rank.facts import ReleaseFacts, python_day
from resolver.rank.history import LEVELS, History
from resolver.rank.prior import prior_risk
from resolver.rank.versions import python_satisfies, satisfies

Floats = npt.NDArray[np.float64]

PLAIN = (
    "to_python",  # 1: the provider is the interpreter
    "days",  # provider's upload minus importer's, signed logarithm of months
    "importer_year",
    "provider_year",
    "major_steps",  # provider's major minus the highest major at the importer's upload
    "minor_steps",  # the same for the minor within one major, NaN across majors
    "release_steps",  # final releases of the provider between the two uploads, signed logarithm
    "declared",  # 0 nothing, 1 name alone, 2 lower bound, 3 upper bound, 4 exact
    "satisfied",
    "importer_compiled",
    "provider_compiled",
    "importer_pb2",
    "python_minor",
    "python_newer",  # interpreter's release minus importer's upload
    "wheel_fit",  # of the importer: 3 own wheel, 2 pure, 1 abi3, 0 none for it
    "importer_sdist_only",
    "requires_python_ok",
    "provider_python_newer",  # interpreter's release minus provider's upload
    "twin_gap",  # importer's minor minus provider's within one major: releases that go in step have none
)
NAMED = ("names_used", "names_share", "names_missing", "names_unknown")
"""Logarithm of the count, share offered of those known, weighted count of the missing, share unknown."""
SEEN = tuple(f"seen_{level}_{what}" for level in LEVELS for what in ("share", "count"))
CODED = ("importer_code", "provider_code")
PRIOR = ("prior",)
EDGE_FEATURES = (*PLAIN, *NAMED, *PRIOR, *SEEN, *CODED)
"""Column names of the edge table, in order; the two codes are categories."""

COLUMN = {name: position for position, name in enumerate(EDGE_FEATURES)}
UNSEEN = 0.0
"""The category of a name that was never crawled."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Codes of package names that were seen often enough to have a category of their own; 0 for all others."""

    importers: dict[str, int] = dataclasses.field(default_factory=dict)
    providers: dict[str, int] = dataclasses.field(default_factory=dict)

    def codes(self, importer: str, provider: str) -> tuple[float, float]:
        """The two categories of an edge."""
        return float(self.importers.get(importer, 0)), float(self.providers.get(provider, 0))


def signed_log(days: float, unit: float = 30.0) -> float:
    """A difference on a logarithmic scale that keeps its sign; NaN stays NaN."""
    return math.copysign(math.log1p(abs(days) / unit), days)


def edge_row(
    importer: ReleaseFacts, provider: ReleaseFacts, python: str, book: FactBook, history: History, vocabulary: Vocabulary
) -> list[float]:
    """One row of the edge table, in the order of `EDGE_FEATURES`. Costs some 20 microseconds once the facts are known."""
    plain, named = _plain(importer, provider, python, book), _named(book.fit(importer.release, provider.release))
    return [
        *plain,
        *named,
        prior_risk(plain, named[2]),
        *history.numbers(importer.pin, provider.pin, python),
        *vocabulary.codes(importer.name, provider.name),
    ]


def remembered_row(
    importer: ReleaseFacts, provider: ReleaseFacts, python: str, book: FactBook, history: History, vocabulary: Vocabulary
) -> list[float]:
    """`edge_row`, computed once for all that share a book and a history: what steered the search is not worked out again to rank."""
    rows = book.rows(history)
    key = (importer, provider, python)
    row = rows.get(key)
    if row is None:
        row = rows[key] = edge_row(importer, provider, python, book, history, vocabulary)
    return row


def _plain(importer: ReleaseFacts, provider: ReleaseFacts, python: str, book: FactBook) -> list[float]:
    to_python = provider.name == PYTHON
    release = importer.release
    days = provider.day - importer.day
    major, minor, steps = _steps(importer, provider, book)
    if to_python:
        bound = release.requires_python
        kind = 0.0 if not bound else 3.0 if "<" in bound else 2.0
        inside = python_satisfies(python, bound) if bound else None
    else:
        written = importer.bound(provider.name, python)
        kind = written.kind if written else 0.0
        inside = satisfies(provider.pin.version, written.specifier) if written and written.specifier else None
    own = python_satisfies(python, release.requires_python) if release.requires_python else None
    return [
        float(to_python),
        signed_log(days),
        1970.0 + importer.day / 365.25,
        1970.0 + provider.day / 365.25,
        major,
        minor,
        steps,
        kind,
        math.nan if inside is None else float(inside),
        importer.compiled,
        provider.compiled,
        book.pb2(importer.pin),
        float(python.partition(".")[2] or 0),
        signed_log(python_day(python) - importer.day),
        importer.wheel(python)[0],
        importer.sdist_only,
        math.nan if own is None else float(own),
        math.nan if to_python else signed_log(python_day(python) - provider.day),
        math.nan if to_python else _twin_gap(importer, provider),
    ]


def _twin_gap(importer: ReleaseFacts, provider: ReleaseFacts) -> float:
    if importer.numbers[0] != provider.numbers[0]:
        return math.nan
    return float(max(-100, min(100, importer.numbers[1] - provider.numbers[1])))


def _steps(importer: ReleaseFacts, provider: ReleaseFacts, book: FactBook) -> tuple[float, float, float]:
    if math.isnan(importer.day):
        return math.nan, math.nan, math.nan
    then, count = book.newest_at(provider.name, importer.day)
    if then is None:
        return math.nan, math.nan, math.nan
    now = provider.numbers
    between = math.nan if math.isnan(provider.day) else book.newest_at(provider.name, provider.day)[1] - count
    major = float(max(-50, min(50, now[0] - then[0])))
    minor = float(max(-100, min(100, now[1] - then[1]))) if now[0] == then[0] else math.nan
    return major, minor, signed_log(between, unit=1.0)


def _named(fit: NameFit) -> list[float]:
    if not fit.used:
        return [0.0, math.nan, math.nan, math.nan]
    known = fit.offered + len(fit.missing)
    return [
        math.log1p(fit.used),
        fit.offered / known if known else math.nan,
        fit.weight if known else math.nan,
        fit.unknown / fit.used,
    ]


def as_table(rows: Sequence[Sequence[float]]) -> Floats:
    """Rows as one array of floats with a column per edge feature."""
    return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(EDGE_FEATURES))
