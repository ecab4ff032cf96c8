"""What used names cannot run without although no metadata says so, out of the table `companions.json`."""

from __future__ import annotations

import dataclasses
import fnmatch
import functools
import json
import re
from collections.abc import Collection, Iterable, Mapping
from importlib import resources

from packaging.requirements import Requirement

from resolver.core.project import Need, Origin, RunsWith
from resolver.project.tables import tables


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """What shows under `root` cannot run alone: `any` of these roots or distributions will do, else `add` is added; `system` is a Debian
    package; it counts only where one of `beside` is used, when there are any. `of` names the releases that want it ("pandas<1.2"), when not
    all do: then the sets with such a release have it, the others do not. Where it is `called`, only a call misses it.

    A root is a dotted name or a sign of a call: "*.to_excel" (a method of anything), "evaluate.load(rouge)", "*(*.h5)"; * stands for
    anything.
    """

    root: str
    reason: str
    any: tuple[str, ...] = ()
    add: str = ""
    beside: tuple[str, ...] = ()
    system: str = ""
    of: str = ""
    called: bool = False

    @property
    def bounded(self) -> bool:
        """Whether only some versions of what is added will do."""
        return bool(self.add) and bool(Requirement(self.add).specifier)

    def shown(self, signs: Mapping[str, Origin]) -> Origin | None:
        """Where the source shows it first, None when nowhere."""
        if "*" not in self.root:
            return signs.get(self.root)
        start = re.split(r"[*\[]", self.root, maxsplit=1)[0]
        return next((origin for sign, origin in signs.items() if sign.startswith(start) and _pattern(self.root).match(sign)), None)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Accompanied:
    """The needs and Debian packages that come along, what comes along with some releases only, and a note on each."""

    needs: tuple[Need, ...] = ()
    runs_with: tuple[RunsWith, ...] = ()
    system: tuple[tuple[str, Origin], ...] = ()
    notes: tuple[str, ...] = ()


@functools.cache
def companions() -> tuple[Companion, ...]:
    """The table, read from the package's own file on first use."""
    raw = json.loads(resources.files(__package__).joinpath("companions.json").read_text("utf-8"))
    return tuple(
        Companion(
            root=entry["root"],
            reason=entry["reason"],
            any=tuple(entry.get("any", ())),
            add=entry.get("add", ""),
            beside=tuple(entry.get("beside", ())),
            system=entry.get("system", ""),
            of=entry.get("of", ""),
            called=entry.get("called", False),
        )
        for entry in raw
    )


@functools.cache
def telltales() -> frozenset[str]:
    """The last parts of the names whose calls can be signs; "" means that any call with an argument of the right form can."""
    calls = (each.root.split("(")[0] for each in companions() if "(" in each.root or each.root.startswith("*."))
    return frozenset(call.rsplit(".", 1)[-1].strip("*") for call in calls)


@functools.cache
def endings() -> frozenset[str]:
    """The file endings that are signs in any call ("h5")."""
    return frozenset(each.root[5:-1] for each in companions() if each.root.startswith("*(*."))


@functools.lru_cache(maxsize=1_000)
def _pattern(root: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(root))


def accompany(chosen: Iterable[str], signs: Mapping[str, Origin], bounded: Collection[str] = ()) -> Accompanied:
    """What the signs want beside the distributions that are `chosen`; each once, in the order of the table. Where the project itself gives
    versions of a distribution (`bounded`), it knows which releases of it go together.
    """
    families = tables().families
    present = set(chosen)

    def has(root: str) -> bool:
        return any(name in present for name in (root, root.replace("_", "-"), *families.get(root, ())))

    needs: list[Need] = []
    runs_with: list[RunsWith] = []
    system: list[tuple[str, Origin]] = []
    notes: list[str] = []
    for companion in companions():
        origin = companion.shown(signs)
        if origin is None or any(map(has, companion.any)) or (companion.beside and not any(map(has, companion.beside))):
            continue
        if companion.of:
            wanted = RunsWith(releases=companion.of, needs=companion.add, origin=origin)
            known = any((one.releases, one.needs) == (wanted.releases, wanted.needs) for one in runs_with)
            if not known and Requirement(companion.add).name not in bounded:
                runs_with.append(wanted)
                notes.append(f"{origin}: '{companion.add}' is added beside {companion.of}: {companion.reason}")
        elif companion.add and companion.add not in present:
            present.add(companion.add)
            needs.append(Need(requirement=companion.add, origin=origin, strength=1))
            notes.append(f"{origin}: '{companion.add}' is added: {companion.reason}")
        if companion.system and all(name != companion.system for name, _ in system):
            system.append((companion.system, origin))
            notes.append(f"{origin}: the system package '{companion.system}' is added: {companion.reason}")
    return Accompanied(needs=tuple(needs), runs_with=tuple(runs_with), system=tuple(system), notes=tuple(notes))
