"""Stacks: what real projects ask for, as facts (names, specifiers, imports, dotted names), read from YAML."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from resolver.core.errors import UsageError
from resolver.core.project import Evidence, Need, Origin, OriginKind, Project, Use
from resolver.core.signs import Sign
from resolver.core.target import Accelerator, Target


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One row group of the matrix: direct needs as people write them, and what their source imports and names.

    `name` is the group that a split never divides; `inferred` are distributions that the source imports but no file declares;
    `accelerators` what it is built for ("cpu", "cuda 12"), one kind a stack; `dated` is the day the project was last touched.
    """

    name: str
    framework: str = ""
    needs: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    accelerators: tuple[str, ...] = ("cpu",)
    dated: date | None = None

    @property
    def kind(self) -> str:
        """ "cpu" or "cuda"."""
        return self.accelerators[0].split()[0]

    def targets(self, pythons: Sequence[str]) -> list[Target]:
        """Every interpreter with every accelerator of the stack."""
        found = [Accelerator(kind=kind, runtime=runtime) for kind, _, runtime in (text.partition(" ") for text in self.accelerators)]
        return [Target(python=python, accelerator=accelerator) for accelerator in found for python in pythons]

    def project(self) -> Project:
        """The stack as a project that the solver and the ranker understand."""
        declared = Origin(kind=OriginKind.DECLARED, path="requirements.txt")
        imported = Origin(kind=OriginKind.IMPORTED, path="app.py")
        needs = [
            Need(requirement=text, origin=dataclasses.replace(declared, line=line), strength=_strength(text))
            for line, text in enumerate(self.needs, 1)
        ]
        needs += [Need(requirement=text, origin=imported, strength=1) for text in self.inferred]
        uses = [Use(dotted=_dotted(text), origin=imported, imported=True, statement=text) for text in self.imports]
        uses += [Use(dotted=text, origin=imported) for text in self.names]
        dates = (Sign(self.dated, "last commit"),) if self.dated else ()
        evidence = Evidence(uses=tuple(uses), dates=dates)
        return Project(root=Path(self.name), needs=tuple(needs), evidence=evidence, frameworks=(self.framework,) if self.framework else ())


def _strength(requirement: str) -> int:
    return 3 if "==" in requirement and "*" not in requirement else 2


def _dotted(statement: str) -> str:
    """The dotted name that an import statement of one name binds: "from a.b import c" -> "a.b.c"."""
    words = statement.replace(",", " ").split()
    if words[0] == "from":
        return words[1] if words[3].startswith(("*", "(")) else f"{words[1]}.{words[3]}"
    return words[1]


def read_stacks(path: Path) -> tuple[Stack, ...]:
    """All stacks of a YAML file: a list of mappings with the fields of Stack. Raises UsageError naming the entry that is wrong."""
    import yaml

    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe loaders both
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file", hint="give the matrix with --stacks") from None
    except (OSError, yaml.YAMLError) as problem:
        raise UsageError(f"{path}: {problem}", hint="the matrix is a YAML list of stacks") from problem
    if not isinstance(entries, list):
        raise UsageError(f"{path}: not a list of stacks")
    return tuple(_stack(entry, path, place) for place, entry in enumerate(entries, 1))


def _stack(entry: object, path: Path, place: int) -> Stack:
    fields = {field.name for field in dataclasses.fields(Stack)}
    if not isinstance(entry, Mapping) or "name" not in entry or not set(entry) <= fields:
        raise UsageError(f"{path}: stack {place} needs a name and may have {', '.join(sorted(fields - {'name'}))}")
    lists = {key: tuple(str(item) for item in entry.get(key) or ()) for key in ("needs", "inferred", "imports", "names")}
    accelerators = tuple(str(item) for item in entry.get("accelerators") or ("cpu",))
    kinds = {found[1] if (found := re.fullmatch(r"(cpu|cuda)( \d+(\.\d+)?)?", text)) else "" for text in accelerators}
    if len(kinds) != 1 or not all(kinds):
        raise UsageError(f"{path}: stack {place}: accelerators are cpu, or CUDA runtimes", hint="accelerators: [cuda 11, cuda 12]")
    dated = entry.get("dated")
    if isinstance(dated, str):
        dated = date.fromisoformat(dated)
    framework = str(entry.get("framework", ""))
    return Stack(name=str(entry["name"]), framework=framework, accelerators=accelerators, dated=dated, **lists)
