"""Which policies to try on a target, and in which order, so that even the first few sets are spread out."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import TypeVar

from resolver.core.package import NormalizedName
from resolver.core.target import PYTHON_RELEASED
from resolver.solve.policy import LEARNED, LOWEST, NEWEST, Policy, as_of
from resolver.solve.search import Roots
from resolver.solve.shelf import bits
from resolver.solve.view import View

_NEAR_MONTHS = (0, 6, -6, 12, 3, -3, -12)
_OTHER_MONTHS = (0, 6)
_STEERED = 2
"""Around so many of the project's own dates the releases of by then are also chosen by their risk."""
_EARLIEST = date(2016, 1, 1)
_SETTLED = timedelta(days=120)
"""How long after a release the packages around it have caught up, and not yet moved on."""

_DRAWS = 400

T = TypeVar("T")


def policies(
    view: View,
    roots: Roots,
    *,
    frameworks: Sequence[str],
    worked: date | None,
    others: Sequence[date] = (),
    today: date,
    learned: bool,
    seed: int,
    lowest: bool = False,
) -> Iterator[Policy]:
    """Newest, with `lowest` the oldest direct needs, learned, the dates around the project's own (`worked`, then `others` that some sign
    of it bears), at the first of them also what the judge prefers of that day's releases, then by turns: anchors, dates, learned anchors
    and random moves.
    """
    yield NEWEST
    if lowest:
        yield LOWEST
    if learned:
        yield LEARNED
    near = tuple(dict.fromkeys((*(_near(worked, today, _NEAR_MONTHS) if worked else ()), *_around(others, today))))
    for place, day in enumerate(near):
        yield as_of(day)
        if learned and place < _STEERED:
            yield _learned_as_of(day)
    anchored = list(_anchors(view, roots, frameworks))
    streams: list[Iterable[Policy]] = [
        (_anchor(name, minor, day + _SETTLED) for name, minor, day in anchored),
        (as_of(day) for day in _quarters(view.target.python, today) if day not in near),
        _draws(near or (today,), seed),
    ]
    if learned:
        streams.insert(1, (_learned_anchor(name, minor) for name, minor, _ in anchored))
    yield from alternate(streams)


def bases(worked: date | None, today: date, *, learned: bool) -> Iterator[Policy]:
    """What decides on the rest where most versions are given: newest, the judge, the project's own day, and the judge on that day."""
    yield NEWEST
    if learned:
        yield LEARNED
    for day in _near(worked, today, (0,)) if worked else ():
        yield as_of(day)
        if learned:
            yield _learned_as_of(day)


def _anchor(name: str, minor: str, day: date) -> Policy:
    return Policy(name=f"anchor {name} {minor} as-of {day.isoformat()}", kind="as-of", as_of=day, moves=((name, f"=={minor}.*"),))


def _learned_as_of(day: date) -> Policy:
    return Policy(name=f"learned as-of {day.isoformat()}", kind="learned", as_of=day)


def _learned_anchor(name: str, minor: str) -> Policy:
    return Policy(name=f"learned {name} {minor}", kind="learned", moves=((name, f"=={minor}.*"),))


def _draws(days: Sequence[date], seed: int) -> Iterator[Policy]:
    for draw in range(_DRAWS):
        day = days[draw % len(days)]
        yield Policy(name=f"perturbed {draw} as-of {day.isoformat()}", kind="perturbed", as_of=day, seed=seed * _DRAWS + draw)


def _around(others: Sequence[date], today: date) -> Iterator[date]:
    for day in others:
        yield from _near(day, today, _OTHER_MONTHS)


def _near(worked: date, today: date, offsets: Sequence[int]) -> Iterator[date]:
    for months in offsets:
        day = worked + timedelta(days=round(months * 30.44))
        if day <= today or months == 0:
            yield min(day, today)


def _quarters(python: str, today: date) -> list[date]:
    first = max(date.fromisoformat(PYTHON_RELEASED.get(python, "2016-01-01")), _EARLIEST)
    days = [first + timedelta(days=91 * at) for at in range(max(0, (today - first).days // 91) + 1)]
    return list(halving(days))


def _anchors(view: View, roots: Roots, frameworks: Sequence[str]) -> Iterator[tuple[str, str, date]]:
    """(package, minor, first upload) of every minor that the needs admit here, frameworks first, then compiled packages, by turns."""
    by_name: dict[str, list[tuple[str, str, date]]] = {}
    for name in roots.direct:
        shelf = view.catalog.shelf(NormalizedName(name))
        demands = [d for d in (*roots.demands, *roots.constraints) if d.name == name]
        first: dict[str, tuple[str, str, date]] = {}
        for rank in bits(view.admitted(shelf, demands)):
            version, ordinal = shelf.versions[rank], shelf.uploaded(rank)
            if ordinal:
                minor = f"{version.major}.{version.minor}"
                first[minor] = (name, minor, date.fromordinal(ordinal))
        if len(first) > 1:
            by_name[name] = list(halving(list(first.values())))
    leading = set(frameworks)
    order = sorted(by_name, key=lambda n: (n not in leading, not view.catalog.shelf(NormalizedName(n)).binary, roots.direct.index(n)))
    yield from alternate([by_name[name] for name in order if name in leading])
    yield from alternate([by_name[name] for name in order if name not in leading])


def halving(items: Sequence[T]) -> Iterator[T]:
    """The items with every prefix spread evenly: the middle, the quarters, the eighths, and so on."""
    spans = collections.deque([(0, len(items))])
    while spans:
        start, stop = spans.popleft()
        if start < stop:
            middle = (start + stop) // 2
            yield items[middle]
            spans += ((start, middle), (middle + 1, stop))


def alternate(streams: Iterable[Iterable[T]]) -> Iterator[T]:
    """One of each stream by turns until all are dry."""
    dry = object()
    for row in itertools.zip_longest(*streams, fillvalue=dry):
        for item in row:
            if item is not dry:
                yield item  # type: ignore[misc]
