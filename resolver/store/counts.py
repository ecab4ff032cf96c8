"""What a store holds, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from resolver.core.outcome import FailureClass, Outcome, Verdict


def counts(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The numbers that `resolver outcomes --json` prints; all but `void` leave void outcomes out.

    `outcomes`, `passed`, `failed`; `failed_share` of the outcomes; `unknown_share` of the failures; `edges` counts observations,
    `edges_broken` those that broke, `edges_distinct` pairs on an interpreter; `distributions` and those in at least 50 outcomes
    (`distributions_50`); `by_python`, `by_cuda`, `stacks` {name: {"passed", "failed"}}; `by_class` {failure: count}.
    """
    tally: Counter[str] = Counter()
    per: dict[str, dict[str, Counter[str]]] = {"by_python": {}, "by_cuda": {}, "stacks": {}}
    classes: Counter[str] = Counter()
    builds: Counter[str] = Counter()
    distinct: set[object] = set()
    for one in outcomes:
        if one.verdict is Verdict.VOID:
            tally["void"] += 1
            continue
        word = "passed" if one.passed else "failed"
        tally[word] += 1
        if not one.passed:
            classes[one.failure.value or FailureClass.UNKNOWN.value] += 1
        spec = one.spec
        groups = (("by_python", spec.target.python), ("by_cuda", str(spec.target.accelerator)), ("stacks", spec.stack))
        for table, name in groups:
            per[table].setdefault(name, Counter())[word] += 1
        builds.update({pin.name for pin in spec.pins})
        tally["edges_broken"] += len(one.culprits)
        tally["edges"] += len(one.culprits) + len(one.working)
        distinct.update(one.culprits, one.working)
    total = tally["passed"] + tally["failed"]
    return {
        "outcomes": total,
        "passed": tally["passed"],
        "failed": tally["failed"],
        "void": tally["void"],
        "failed_share": _share(tally["failed"], total),
        "unknown_share": _share(classes[FailureClass.UNKNOWN.value], tally["failed"]),
        "edges": tally["edges"],
        "edges_broken": tally["edges_broken"],
        "edges_distinct": len(distinct),
        "distributions": len(builds),
        "distributions_50": sum(count >= 50 for count in builds.values()),
        "by_python": _told(per["by_python"]),
        "by_cuda": _told(per["by_cuda"]),
        "by_class": dict(classes.most_common()),
        "stacks": _told(per["stacks"]),
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _told(table: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: {"passed": table[name]["passed"], "failed": table[name]["failed"]} for name in sorted(table, key=_order)}


def _order(name: str) -> list[tuple[int, str]]:
    """ "3.10" after "3.9"."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in name.replace(" ", ".").split(".")]
