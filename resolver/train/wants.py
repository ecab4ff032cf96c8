"""What releases were seen to want and nobody declares: keras-preprocessing 1.0.6 imports pandas, plotly 2 requests and decorator."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from resolver.core.outcome import Outcome, Verdict
from resolver.core.package import NormalizedName, normalize
from resolver.rank.book import Owners

Wants = Mapping[str, Mapping[str, Sequence[str]]]
"""Distribution -> version -> top-level modules that its code imports and its metadata does not bring, all sorted."""

# A traceback as `build.verdict` keeps it: the frame that raised names its distribution, the project's own code is "python".
_RAISED = re.compile(
    r'^  File "[^"\n]*", line \d+, in [^\n]*\[([A-Za-z0-9._-]+)\]\n(?:ModuleNotFoundError|ImportError): No module named \'?([A-Za-z0-9_]+)',
    re.MULTILINE,
)


def wants(outcomes: Iterable[Outcome], owners: Owners) -> Wants:
    """The undeclared wants that failed builds tell of.

    A want that a passing build did without (torch imports tensorboard in one of its modules only) is none, and so is a module that no
    known distribution provides or that the importer's own distribution does.
    """
    seen: dict[tuple[NormalizedName, str], set[str]] = defaultdict(set)
    lived: dict[tuple[NormalizedName, str], list[frozenset[str]]] = defaultdict(list)
    for outcome in outcomes:
        versions = {pin.name: pin.version for pin in outcome.spec.pins}
        if outcome.verdict is Verdict.PASS:
            names = frozenset(versions)
            for pin in outcome.spec.pins:
                lived[pin].append(names)
        elif outcome.verdict is Verdict.FAIL:
            for owner, module in _RAISED.findall(outcome.log):
                name = normalize(owner)
                if name in versions and not versions.keys() & set(map(normalize, owners(module))):
                    seen[name, versions[name]].add(module)
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for (name, version), modules in sorted(seen.items()):
        kept = [m for m in sorted(modules) if _is_wanted(name, m, owners, lived[name, version])]
        if kept:
            found[name][version] = kept
    return dict(found)


def _is_wanted(name: NormalizedName, module: str, owners: Owners, lived: Sequence[frozenset[str]]) -> bool:
    holders = frozenset(map(normalize, owners(module)))
    return bool(holders) and name not in holders and all(names & holders for names in lived)
