"""Code cells of Jupyter notebooks as sources, with magics and shell lines taken out; `pip install` lines kept as hearsay."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from pathlib import PurePosixPath
from typing import Any

from resolver.core.errors import ProjectError
from resolver.core.project import Bound, Origin, OriginKind
from resolver.project.files import Tree
from resolver.project.reading import Reading, joined
from resolver.project.requirements import read_lines
from resolver.project.shell import heard, installs
from resolver.project.sources import UNREAD, Source, held
from resolver.project.syntax import parse_python
from resolver.project.text import read_text

MAX_NOTEBOOKS = 50
MAX_NOTEBOOK_BYTES = 20_000_000
MAX_CODE = 1_000_000
"""Characters that are read of a notebook's code, in whole cells."""
MAX_HELD = 4_000_000
"""So many objects may the syntax trees of all notebooks be (see `sources.MAX_HELD`)."""

KERNEL_WEIGHT = 0.5
"""A bound on the interpreter that last ran a notebook: a hosted one is not the author's choice."""

_ESCAPED_COMMAND = re.compile(r"^\s*[!%]\s*(.*)$")
_INDENT = re.compile(r"\s*")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Notebooks:
    """Notebooks as sources (one each), and the hearsay and notes found in them."""

    sources: tuple[Source, ...] = ()
    reading: Reading = Reading()


def read_notebooks(tree: Tree, *, side: bool) -> Notebooks:
    """Read at most 50 notebooks of at most 20 MB each; `side` marks them as no part of what runs. Never raises for what they hold."""
    sources, readings = [], []
    with held(MAX_HELD) as full:
        for path in tree.notebooks[:MAX_NOTEBOOKS]:
            if full(tree.root / path):
                readings.append(Reading(notes=(f"{path}: {UNREAD}",)))
                continue
            source, reading = _notebook(path, tree, side=side)
            sources += [source] if source else []
            readings.append(reading)
    return Notebooks(sources=tuple(sources), reading=joined(readings))


def _notebook(path: PurePosixPath, tree: Tree, *, side: bool) -> tuple[Source | None, Reading]:
    """One notebook as a source (None when it is none), and what else it says."""
    try:
        loaded = json.loads(read_text(tree.root / path, MAX_NOTEBOOK_BYTES))
        cells = _cells(loaded)
    except ProjectError as error:
        return None, Reading(notes=(f"{error.message}; left out",))
    except (ValueError, RecursionError):
        return None, Reading(notes=(f"{path}: not a notebook; left out",))
    kept = _first(cells)
    notes = (f"{path}: only {len(kept):,} of {len(cells):,} code cells were read ({MAX_CODE // 1_000_000} MB)",)
    reading = _installs(path, kept) + (Reading() if side else _kernel(path, loaded))
    return _source(path, kept, side=side), reading + Reading(notes=notes if len(kept) < len(cells) else ())


def _first(cells: list[str]) -> list[str]:
    """The cells at the beginning that are not too long in all."""
    sizes = itertools.accumulate(len(cell) + 1 for cell in cells)
    return [cell for cell, size in zip(cells, sizes, strict=True) if size <= MAX_CODE]


def _cells(loaded: Any) -> list[str]:
    """The text of each code cell, in the formats 3 and 4 of notebooks."""
    if not isinstance(loaded, dict):
        raise ValueError("no notebook")  # noqa: TRY004 (one error for every way not to be a notebook)
    sheets = loaded.get("worksheets")
    groups = [loaded, *(sheets if isinstance(sheets, list) else [])]
    found = []
    for group in groups:
        cells = group.get("cells") if isinstance(group, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                text = cell.get("source", cell.get("input", ""))
                found.append("".join(part for part in text if isinstance(part, str)) if isinstance(text, list) else str(text))
    return found


def _source(path: PurePosixPath, cells: list[str], *, side: bool) -> Source:
    """All cells as one source; cells that do not parse are left out, so that one of them does not hide the rest."""
    plain = [_plain(cell) for cell in cells]
    text = "\n".join(plain)
    tree, problem = parse_python(text)
    note = ""
    if tree is None:
        parsed = [cell for cell in plain if parse_python(cell)[0] is not None]
        tree, _ = parse_python("\n".join(parsed))
        note = f"{path}: {len(plain) - len(parsed)} cells do not parse ({problem}); left out"
    return Source(path=path, tree=tree, text="" if tree else text, side=side, problem=note, lines=False)


def _plain(cell: str) -> str:
    lines = cell.replace("\0", "").split("\n")
    if lines and lines[0].lstrip().startswith("%%"):
        kept = lines[0].lstrip().startswith(("%%time", "%%capture", "%%prun"))
        lines = lines[1:] if kept else []
    return "\n".join(_INDENT.match(line)[0] + "pass" if _is_escaped(line) else line for line in lines)  # type: ignore[index]


def _is_escaped(line: str) -> bool:
    """Whether a line is for IPython: a magic, a shell command, a question."""
    bare = line.strip()
    return bare.startswith(("!", "%", "?")) or (bare.endswith("?") and not bare.startswith("#"))


def _installs(path: PurePosixPath, cells: list[str]) -> Reading:
    """What the shell lines and shell cells install: hearsay beside sources, needs of the weakest kind where nothing else declares any."""
    lines = [_shell_lines(cell) for cell in cells]
    found = installs("\n".join(lines))
    told = heard(found, path.as_posix(), weight=KERNEL_WEIGHT, line=0)
    needs = joined(read_lines(word, path.as_posix(), strengths=(0, 0), line=0) for word, _ in found.pip)
    return Reading(needs=needs.needs, hearsay=told.hearsay, bounds=told.bounds, notes=needs.notes)


def _shell_lines(cell: str) -> str:
    """The part of a cell that a shell runs, or pip as a magic; commented lines are none."""
    first = cell.lstrip().split("\n", 1)[0]
    if re.match(r"%%(?:bash|sh|script bash|script sh)\b", first):
        return cell.partition("\n")[2]
    kept: list[str] = []
    for line in cell.split("\n"):
        found = _ESCAPED_COMMAND.match(line)
        if found:
            kept.append(found[1])
        elif kept and kept[-1].endswith("\\"):
            kept.append(line)
    return "\n".join(kept)


def _kernel(path: PurePosixPath, loaded: dict[str, Any]) -> Reading:
    """The interpreter that last ran the notebook, a weak sign."""
    metadata = loaded.get("metadata")
    language = metadata.get("language_info") if isinstance(metadata, dict) else None
    version = language.get("version") if isinstance(language, dict) else None
    found = re.match(r"^3\.(\d{1,2})\.\d+", version) if isinstance(version, str) else None
    if not found:
        return Reading()
    origin = Origin(kind=OriginKind.ARTIFACT, path=path.as_posix())
    reason = f"the notebook was last run on Python 3.{found[1]}"
    return Reading(bounds=(Bound(specifier=f"==3.{found[1]}.*", reason=reason, origin=origin, weight=KERNEL_WEIGHT),))
