"""From a project's needs to what the search must install on one target."""

from __future__ import annotations

from collections.abc import Sequence

from resolver.core.errors import IndexUnreachable, ResolverError, UnknownPackage
from resolver.core.project import Need, OriginKind
from resolver.core.reporter import Reporter
from resolver.solve.requirement import ParsedRequirement, marker_holds, parse_requirement
from resolver.solve.search import Roots
from resolver.solve.shelf import Catalog, Demand
from resolver.solve.view import View

_FIRM = frozenset({OriginKind.DECLARED, OriginKind.REQUEST})


def legible(catalog: Catalog, needs: Sequence[Need], reporter: Reporter) -> tuple[Need, ...]:
    """The needs that an index can answer: direct references and unreadable lines left out, unknown guesses told and left out.

    Raises UnknownPackage (naming file and line) for a declared package that does not exist, IndexUnreachable when nobody can tell.
    """
    kept: list[Need] = []
    for need in needs:
        if need.url:
            continue
        parsed = parse_requirement(need.requirement)
        if parsed is None:
            reporter.warning(f"{need.origin}: cannot read the requirement {need.requirement!r}; it is left out")
        elif not parsed.url and _known(catalog, need, parsed, reporter):
            kept.append(need)
    return tuple(kept)


def _known(catalog: Catalog, need: Need, parsed: ParsedRequirement, reporter: Reporter) -> bool:
    try:
        catalog.open(parsed.name)
    except (UnknownPackage, IndexUnreachable) as error:
        if need.constraint:
            return False
        if need.origin.kind in _FIRM and need.strength > 0:
            raise _at(need, error) from error
        reporter.warning(f"{need.origin}: {error.message}; the import is left out")
        return False
    return True


def _at(need: Need, error: ResolverError) -> ResolverError:
    return type(error)(f"{need.origin}: {error.message}", hint=error.hint)


def roots_of(view: View, needs: Sequence[Need]) -> Roots:
    """The legible needs as demands on one target; those whose marker does not hold there are left out."""
    demands: dict[Demand, None] = {}
    constraints: dict[Demand, None] = {}
    for need in needs:
        parsed = parse_requirement(need.requirement)
        if parsed is None or not marker_holds(parsed.marker, view.target):
            continue
        into = constraints if need.constraint else demands
        into.update(dict.fromkeys(view.expand(parsed)))
    return Roots(demands=tuple(demands), constraints=tuple(constraints))


def name_of(need: Need) -> str:
    """The canonical package name of a legible need, "" for another."""
    parsed = parse_requirement(need.requirement)
    return parsed.name if parsed else ""
