"""Requirements files: everything pip accepts, and what people put there although pip does not."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

from resolver.core.errors import ProjectError
from resolver.core.project import Bound, Need, Origin, OriginKind
from resolver.project.lenient import Parsed, file_pin, lenient_specifier, parse
from resolver.project.reading import Reading, joined
from resolver.project.text import lies_in, read_text, redacted, relative, squeezed

MAX_LINES = 20_000
"""Lines beyond this many, in one file and all that it names, are not read."""
MAX_LINE = 20_000
"""Longer lines (characters, joined ones whole, hashes apart) are left out."""
MAX_DEPTH = 20
"""Nested `-r` deeper than this is not followed."""

PACKAGING = (2, 1)
"""Strengths of exact pins and of ranges that stand in packaging files rather than in a requirements file."""

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_OPTION = re.compile(r"\s(--hash|--global-option|--install-option|--config-settings?)[= ]")
_NESTED = re.compile(r"^(-r|--requirement|-c|--constraint)(?:\s+|=|(?=[^-\s]))(.+)$")
_EDITABLE = re.compile(r"^(-e|--editable)(?:\s+|=)(.+)$")
_PYTHON = re.compile(r"^python\s*((?:[<>=!~^]|\s)*[0-9*].*)$", re.IGNORECASE)
_ADDRESS = re.compile(r"^(?:(?:git|hg|svn|bzr)\+)?(?:https?|ssh|git|ftp|file|svn)(?:\+\w+)?://|^(?:git|hg|svn|bzr)\+", re.IGNORECASE)
_INSTALL_WORDS = re.compile(r"^(?:!|%|\$|sudo\s+)*\s*(?:python3?\s+-m\s+)?pip3?\s+install\s+", re.IGNORECASE)


def read_requirements(path: Path, root: Path, *, constraint: bool = False, strengths: tuple[int, int] = (3, 2)) -> Reading:
    """The needs of a requirements file and the files it names, each file once; `strengths` are those of exact pins and of ranges.

    Raises ProjectError when the file itself is missing, binary or larger than 5 MB; a nested file that is missing is a note.
    """
    return _File(root=root, strengths=strengths, seen=set()).read(path, constraint=constraint, depth=0)


def followed(named: str, folder: Path, root: Path, where: str) -> Reading:
    """The needs of a requirements file that a packaging file in `folder` names; one that cannot be read, or that lies outside the project's
    folder, is a note of `where` it is named.
    """
    path = folder / named
    if not lies_in(path, root):
        return _outside(named, where)
    try:
        return read_requirements(path, root, strengths=PACKAGING)
    except ProjectError as error:
        return Reading(notes=(f"{where}: {error.message}; left out",))


def _outside(named: str, where: str) -> Reading:
    shown = " ".join(redacted(named).split())
    told = f"{shown} lies outside the project's folder and is not read; put a copy into it, or name the folder that holds both"
    return Reading(notes=(f"{where}: {told}",))


def read_lines(text: str, shown: str, *, strengths: tuple[int, int] = PACKAGING, line: int | None = None) -> Reading:
    """The needs of requirement lines that stand inside another file; nested files are not followed.

    `line` is where they stand when they are one entry of it, else lines are counted from 1.
    """
    reader = _File(root=Path(), strengths=strengths, seen=set(), follow=False)
    numbered = [(number if line is None else line, written) for number, written in logical_lines(squeezed(text))]
    return joined(reader.line(written, number, shown, Path(), constraint=False, depth=0) for number, written in numbered)


def logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with comments gone and continuations joined, each with the number of its first line (from 1); blank ones left out."""
    found: list[tuple[int, str]] = []
    pending: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n")[:MAX_LINES], start=1):
        start = start if pending else number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            pending.append(line.strip("\\"))
            continue
        # As pip does it: join first, then cut comments off, so that a comment can swallow the lines joined to it.
        whole = _COMMENT.sub("", "".join((*pending, " " + line if is_comment else line))).strip()
        pending = []
        if whole:
            found.append((start, whole))
    whole = _COMMENT.sub("", "".join(pending)).strip()
    return [*found, (start, whole)] if whole else found


@dataclasses.dataclass(slots=True, kw_only=True)
class _File:
    root: Path
    strengths: tuple[int, int]
    seen: set[tuple[Path, bool]]
    follow: bool = True
    left: int = MAX_LINES

    def read(self, path: Path, *, constraint: bool, depth: int) -> Reading:
        self.seen.add((_resolved(path), constraint))
        text = squeezed(read_text(path))
        shown = relative(path, self.root)
        lines = logical_lines(text)[: self.left]
        rest = text.count("\n") >= MAX_LINES or len(lines) == self.left
        self.left -= len(lines) + 1
        readings = [self.line(line, number, shown, path.parent, constraint=constraint, depth=depth) for number, line in lines]
        if rest:
            readings.append(Reading(notes=(f"{shown}: only the first {MAX_LINES} lines were read",)))
        return joined(readings)

    def line(self, line: str, number: int, shown: str, folder: Path, *, constraint: bool, depth: int) -> Reading:
        where = f"{shown}:{number}"
        notes: list[str] = []
        line = _INSTALL_WORDS.sub("", line)
        option = _OPTION.search(" " + line)
        if option:
            if option[1] != "--hash":
                notes.append(f"{where}: {option[1]} is ignored")
            line = line[: max(0, option.start() - 1)].strip()
            if not line:
                return Reading(notes=tuple(notes))
        if len(line) > MAX_LINE:
            return Reading(notes=(*notes, f"{where}: longer than {MAX_LINE:,} characters; left out"))
        nested = _NESTED.match(line)
        if nested:
            return self._nested(
                nested[2].strip().strip("'\""), where, folder, constraint=constraint or nested[1] in ("-c", "--constraint"), depth=depth
            )
        editable = _EDITABLE.match(line)
        if editable:
            return _located(editable[2].strip(), where, self._need(shown, number, constraint=constraint))
        if line.startswith("-"):
            return Reading(notes=(f"{where}: option {_option_shown(line)} is ignored: the configured index is used",))
        python = _PYTHON.match(line)
        if python:
            return _interpreter(python[1], shown, number)
        if _ADDRESS.match(line) or _is_path(line):
            return _located(line, where, self._need(shown, number, constraint=constraint))
        parsed = parse(line)
        notes.extend(f"{where}: {remark}" for remark in parsed.remarks)
        return Reading(needs=self._need(shown, number, constraint=constraint)(parsed), notes=tuple(notes))

    def _need(self, shown: str, number: int, *, constraint: bool) -> _Maker:
        return _Maker(origin=Origin(kind=OriginKind.DECLARED, path=shown, line=number), constraint=constraint, strengths=self.strengths)

    def _nested(self, named: str, where: str, folder: Path, *, constraint: bool, depth: int) -> Reading:
        if not self.follow or "://" in named:
            return Reading(notes=(f"{where}: the nested file {redacted(named)} is not followed",))
        path = folder / named
        if (_resolved(path), constraint) in self.seen:
            return Reading()
        if not lies_in(path, self.root):
            self.seen.add((_resolved(path), constraint))
            return _outside(named, where)
        if self.left <= 0:
            return Reading(notes=(f"{where}: {redacted(named)} is not read: more than {MAX_LINES} lines already",))
        if depth >= MAX_DEPTH:
            return Reading(notes=(f"{where}: files nested deeper than {MAX_DEPTH} are not followed",))
        try:
            return self.read(path, constraint=constraint, depth=depth + 1)
        except ProjectError as error:
            return Reading(notes=(f"{where}: {error.message}; left out",))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    origin: Origin
    constraint: bool
    strengths: tuple[int, int]

    def __call__(self, parsed: Parsed) -> tuple[Need, ...]:
        if not parsed.name:
            return ()
        strength = self.strengths[0] if parsed.pinned else self.strengths[1]
        return (Need(requirement=parsed.text, origin=self.origin, constraint=self.constraint, strength=strength, url=parsed.url),)


def _located(address: str, where: str, make: _Maker) -> Reading:
    """A path, a URL or a repository, perhaps with `#egg=name` or a telling file name."""
    bare, _, fragment = address.partition("#")
    egg = re.search(r"egg=([A-Za-z0-9._-]+)", fragment)
    bare = bare.split(" ;")[0].strip()
    if re.match(r"^\.{1,2}(/|\[|$)", bare) and not egg and not file_pin(bare):
        return Reading(notes=(f"{where}: the project itself ({bare}) is not installed as a package",))
    pin = file_pin(bare)
    if pin:
        parsed = parse(f"{pin[0]}=={pin[1]}")
    elif egg:
        parsed = parse(re.sub(r"-\d[\w.]*$", "", egg[1]))
    else:
        return Reading(notes=(f"{where}: {redacted(bare)} names no distribution; left out",))
    shown = redacted(bare)
    note = f"{where}: '{parsed.name}' is asked for from {shown}; the index's release is taken instead"
    url = shown if "://" in shown and not shown.startswith("file:") else ""
    return Reading(
        needs=make(dataclasses.replace(parsed, url=url)),
        notes=(note,) if parsed.name else tuple(f"{where}: {text}" for text in parsed.remarks),
    )


def _interpreter(text: str, shown: str, number: int) -> Reading:
    remarks: list[str] = []
    origin = Origin(kind=OriginKind.DECLARED, path=shown, line=number)
    specifier = python_specifier(text.split(";", maxsplit=1)[0].strip(), remarks)
    notes = tuple(f"{shown}:{number}: {remark}" for remark in remarks)
    bounds = (Bound(specifier=specifier, reason="written as a requirement", origin=origin),) if specifier else ()
    return Reading(bounds=bounds, notes=notes)


def python_specifier(text: str, remarks: list[str]) -> str:
    """A specifier on the interpreter out of "3.7", "=3.7.4", "^3.8", ">=3.6": an exact patch level becomes its whole minor series."""
    specifier = lenient_specifier(text, remarks)
    exact = re.fullmatch(r"(?:==|===|~=)\s*(\d+\.\d+)(?:\.[\w*]+)*(?:\.\*)?", specifier)
    if not exact:
        return re.sub(r"==(\d+)$", r"==\1.*", specifier)
    remarks[:] = [remark for remark in remarks if "is read as" not in remark]
    return f"=={exact[1]}.*"


def _is_path(line: str) -> bool:
    first = line.split(" ;", maxsplit=1)[0].split("#", maxsplit=1)[0].strip()
    return (
        first.startswith((".", "/", "~"))
        or bool(re.match(r"^[A-Za-z]:\\", first))
        or (first.endswith((".whl", ".tar.gz", ".zip")) and "@" not in first)
    )


def _option_shown(line: str) -> str:
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    return " ".join(redacted(word) for word in words[:2])


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path
