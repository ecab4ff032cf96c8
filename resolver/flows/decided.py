"""What kept the chosen versions where they are: by what the other sets lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from resolver.core.candidate import Candidate, EdgeRisk, Scored
from resolver.core.project import Project

DECIDED, LOST, BREAKING = 5, 0.1, 0.3
"""So many edges are told by which sets lost: sets at least so much less likely to run, edges at least so likely to break."""
WORDS = {
    "edges": "risky dependencies",
    "names": "names that the project uses",
    "dates": "dates and interpreter",
    "shape": "their make-up (source distributions, size, lines that gave way)",
    "outside": "what they lack from outside of Python",
}

Behind = Callable[[Project, Sequence[Candidate]], Sequence[Mapping[str, float]]]
"""By what each of some sets is behind the first, in log-odds."""


def decided(project: Project, ranked: Sequence[Scored], best: Scored, behind: Behind | None = None) -> tuple[str, ...]:
    """Sentences on the edges by which other sets lost, those of most sets first. With `behind` only sets are counted that lost most by
    their edges, each edge is told with what it cost, and the first sentence says by what the sets lost at all.
    """
    losers = [scored for scored in ranked if scored.probability < best.probability - LOST]
    costs = behind(project, [best.candidate, *(scored.candidate for scored in losers)])[1:] if behind and losers else [None] * len(losers)
    reasons = Counter(max(cost, key=lambda group: cost[group]) for cost in costs if cost)
    lost: dict[tuple[str, str], list[tuple[EdgeRisk, float]]] = {}
    mine = set(best.candidate.pins)
    for scored, cost in zip(losers, costs, strict=True):
        if cost and max(cost, key=lambda group: cost[group]) != "edges":
            continue
        worst = {(e.importer.name, e.provider.name): e for e in reversed(scored.worst_edges) if e.probability >= BREAKING}
        for names, edge in worst.items():
            if not {edge.importer, edge.provider} <= mine:
                lost.setdefault(names, []).append((edge, cost["edges"] if cost else 0.0))
    order = sorted(lost, key=lambda names: (-len(lost[names]), names))[:DECIDED]
    return (*_summary(len(losers), reasons), *(_sentence(lost[pair]) for pair in order))


def _summary(losers: int, reasons: Counter[str]) -> list[str]:
    if not reasons:
        return []
    told = ", ".join(f"{count} by {WORDS[group]}" for group, count in reasons.most_common())
    return [f"{losers} sets are clearly less likely to run; they lost most {told}"]


def _sentence(seen: Sequence[tuple[EdgeRisk, float]]) -> str:
    edge = max((edge for edge, _ in seen), key=lambda one: one.probability)
    sets = "1 other set" if len(seen) == 1 else f"{len(seen)} other sets"
    cost = sum(cost for _, cost in seen) / len(seen)
    weight = f"{edge.probability:.0%} to break" + (f"; such edges cost {cost:.1f} in log-odds" if cost else "")
    return f"{sets} would hold {edge.importer} with {edge.provider} or the like ({weight}): {edge.why}".rstrip(": ")
