"""What saved models ask of the set that will load them: versions near their writer's, classes that must exist, an interpreter, a date."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from resolver.core.package import NormalizedName
from resolver.core.project import Artifact, Bound, Need, Origin, OriginKind, Use
from resolver.core.signs import Sign, SignKind
from resolver.core.twins import TWINS
from resolver.project.asks import HARD, SOFT, Ask, asks
from resolver.project.files import is_side

MAKER_WEIGHT = 0.6
"""What the interpreter that saved a model counts as a bound: another one may well read it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Constraints, uses, interpreter bounds, dates and notes that follow from saved models."""

    needs: tuple[Need, ...] = ()
    uses: tuple[Use, ...] = ()
    bounds: tuple[Bound, ...] = ()
    dates: tuple[Sign, ...] = ()
    notes: tuple[str, ...] = ()


def asked(artifacts: Iterable[Artifact], needs: Sequence[Need], foreign: Callable[[str, PurePosixPath], bool]) -> Asked:
    """What the artifacts ask for, given the needs that are known: only distributions among them are bounded, and a written pin that says
    otherwise stands, with a note. `foreign` says whether an import root is a third party's that the project imports or needs.
    Artifacts of tests and examples ask for nothing.
    """
    used = [artifact for artifact in artifacts if not is_side(PurePosixPath(artifact.path))]
    written = _written(needs)
    constraints: list[Need] = []
    notes: list[str] = []
    by_name: dict[str, list[tuple[Ask, Artifact]]] = {}
    for artifact in used:
        for ask in asks(artifact):
            by_name.setdefault(ask.name, []).append((ask, artifact))
    for name, found in by_name.items():
        if not {name, *TWINS.get(NormalizedName(name), ())} & written.keys():
            continue
        for strength in (HARD, SOFT):
            need, told = _need(name, [(ask, artifact) for ask, artifact in found if ask.strength == strength], strength, written)
            constraints += need
            notes += told
    return Asked(
        needs=tuple(constraints),
        uses=tuple(use for artifact in used for use in _uses(artifact, foreign)),
        bounds=tuple(bound for artifact in used for bound in _bounds(artifact)),
        dates=tuple(sorted({day for artifact in used for day in _dates(artifact)})),
        notes=tuple(notes),
    )


def modules_of(artifacts: Iterable[Artifact]) -> list[tuple[str, str]]:
    """(import root, artifact's path) of everything that loading the artifacts will import."""
    found = []
    for artifact in artifacts:
        marks = dict(artifact.marks)
        found += [(root, artifact.path) for root in marks.get("modules", "").split(",") if root]
        if artifact.format == "keras-h5":
            found.append(("h5py", artifact.path))
        elif artifact.format == "safetensors" and marks.get("format"):
            found.append(("safetensors", artifact.path))
        operations = set(marks.get("operations", "").split(","))
        found += [(root, artifact.path) for root, known in _OPERATIONS.items() if any(re.match(known, name) for name in operations)]
    return found


_OPERATIONS = {
    "tensorflow_text": r"(Sentencepiece\w*Op|(Fast)?Wordpiece\w+|RegexSplitWithOffsets|CaseFoldUTF8|NormalizeUTF8\w*|TFText>\w+)$",
    "tensorflow_addons": r"Addons>",
    "tensorflow_io": r"IO>",
    "tensorflow_decision_forests": r"SimpleML\w+$",
}
"""Module whose import registers operations of these names."""


def _written(needs: Iterable[Need]) -> Mapping[str, list[tuple[Requirement, Need]]]:
    found: dict[str, list[tuple[Requirement, Need]]] = {}
    for need in needs:
        try:
            requirement = need.parsed
        except InvalidRequirement:
            continue
        found.setdefault(canonicalize_name(requirement.name), []).append((requirement, need))
    return found


def _need(
    name: str, found: Sequence[tuple[Ask, Artifact]], strength: int, written: Mapping[str, list[tuple[Requirement, Need]]]
) -> tuple[list[Need], list[str]]:
    """The constraints that hold for all that was found (for each twin that is written), or the notes why there are none."""
    if not found:
        return [], []
    notes = []
    low, high = _hull(found)
    witness = next(pair for pair in found if (pair[0].at_least == low if low else pair[0].below == high))
    if any(not _overlaps(ask, low, high) for ask, _ in found):
        others = Counter(artifact.path for ask, artifact in found if not _overlaps(ask, low, high))
        notes.append(f"{witness[1].path}: {witness[0].why}; {', '.join(sorted(others)[:3])} was saved by another version of {name}")
    specifier = ",".join(filter(None, (low and f">={low}", high and f"<{high}")))
    constraints = []
    for twin in (name, *TWINS.get(NormalizedName(name), ())):
        if twin not in written:
            continue
        pin = next(((need, pinned) for requirement, need in written[twin] if (pinned := _pin(requirement))), None)
        if pin and not _admits(low, high, pin[1]):
            notes.append(f"{witness[1].path}: {witness[0].why}, but {pin[0].origin} pins {pin[0].requirement}")
        elif not pin:
            origin = Origin(kind=OriginKind.ARTIFACT, path=witness[1].path)
            constraints.append(Need(requirement=f"{twin}{specifier}", origin=origin, constraint=True, strength=strength))
            notes.append(f"{witness[1].path}: {witness[0].why}; so {twin}{specifier}")
    return constraints, notes


def _hull(found: Sequence[tuple[Ask, Artifact]]) -> tuple[str, str]:
    """The range in which all asks meet; where they do not, that of those which go with the newest one."""
    low = max((ask.at_least for ask, _ in found), key=_version)
    highs = [ask.below for ask, _ in found if ask.below and _version(ask.below) > _version(low)]
    return low, min(highs, key=_version) if highs else ""


def _overlaps(ask: Ask, low: str, high: str) -> bool:
    return not (ask.below and low and _version(ask.below) <= _version(low)) and not (high and _version(ask.at_least) >= _version(high))


def _admits(low: str, high: str, pinned: str) -> bool:
    version = _version(pinned)
    return version >= _version(low) and not (high and version >= _version(high))


def _pin(requirement: Requirement) -> str:
    exact = [clause.version for clause in requirement.specifier if clause.operator in ("==", "===")]
    return exact[0].removesuffix(".*") if exact else ""


def _version(text: str) -> Version:
    try:
        return Version(text or "0")
    except InvalidVersion:
        return Version("0")


def _uses(artifact: Artifact, foreign: Callable[[str, PurePosixPath], bool]) -> Iterator[Use]:
    """The classes that loading the artifact looks up by name."""
    origin = Origin(kind=OriginKind.ARTIFACT, path=artifact.path)
    for name in filter(None, dict(artifact.marks).get("classes", "").split(",")):
        if name.partition(".")[0] not in _COMPATIBLE and foreign(name, PurePosixPath(artifact.path)):
            yield Use(dotted=name, origin=origin)


_COMPATIBLE = frozenset({"numpy", "torch", "joblib", "scipy"})
"""Roots that keep the names of their pickles alive, some of them behind a module's `__getattr__` that no walk shows."""


def _bounds(artifact: Artifact) -> Iterator[Bound]:
    origin = Origin(kind=OriginKind.ARTIFACT, path=artifact.path)
    marks = dict(artifact.marks)
    if marks.get("protocol", "") >= "5":
        yield Bound(specifier=">=3.8", reason="the file is pickled by protocol 5", origin=origin)
    python = re.match(r"3\.[0-9]{1,2}", marks.get("python_version", ""))
    if python:
        yield Bound(specifier=f"=={python[0]}.*", reason=f"the model was saved on Python {python[0]}", origin=origin, weight=MAKER_WEIGHT)


def _dates(artifact: Artifact) -> Iterator[Sign]:
    marks = dict(artifact.marks)
    text = marks.get("date", "") or marks.get("date_saved", "")[:10]
    try:
        yield Sign(date.fromisoformat(text), f"{artifact.path} was saved", SignKind.SAVED)
    except ValueError:
        return
