"""Lenient reading of what releases declare: requirement text of any age, METADATA, PKG-INFO, requires.txt."""

from __future__ import annotations

import dataclasses
import email.parser
import functools
import re
from collections.abc import Iterable, Iterator

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.utils import canonicalize_name

_OPERATOR = r"(?:===|~=|==|!=|<=|>=|<|>|=>|=<|~>|=)"
_CLAUSE = re.compile(rf"\s*({_OPERATOR})\s*([^\s,;()<>=!~]+)\s*,?")
_HEAD = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*(.*)\Z", re.DOTALL)
_SPELLINGS = {"=>": ">=", "=<": "<=", "~>": "~=", "=": "=="}
_UNQUOTED = re.compile(rf"({_OPERATOR})\s*([0-9][0-9A-Za-z.*]*)")
_SECTION = re.compile(r"\[([^\]:]*)(?::(.*))?\]\s*\Z")
_LONGEST = 4000
_SOMEWHERE = {"python_version": "3.8", "python_full_version": "3.8.9", "implementation_version": "3.8.9", "platform_release": ""}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What one release declares, canonical; `notes` tell what could not be read and was left out."""

    requires: tuple[str, ...] = ()
    requires_python: str = ""
    extras: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@functools.lru_cache(maxsize=65536)
def read_requirement(text: str) -> tuple[str, str]:
    """The requirement as canonical PEP 508 text, or "" when it is hopeless, and a note ("" when nothing was lost).

    Never raises. Clauses that the pip of that time always took as satisfied (`>=2011k`) are left out, with a note; direct
    references are hopeless, as no index can answer them.
    """
    text = " ".join(text.split())
    if len(text) > _LONGEST:
        return "", "a requirement of absurd length was left out"
    body, _, condition = text.partition(";")
    head = _HEAD.match(body)
    if not head or "@" in body:
        return "", f"requirement {text!r} cannot be read" if "@" not in body else f"direct reference {text!r} was left out"
    name, extras, rest = head[1], head[2] or "", head[3]
    specifier, lost = _specifier(rest)
    if specifier is None:
        return "", f"requirement {text!r} cannot be read"
    marker = _marker(condition)
    if marker is None:
        return "", f"requirement {text!r} has a marker that cannot be read"
    try:
        requirement = Requirement(f"{canonicalize_name(name)}{extras}{specifier}" + (f"; {marker}" if marker else ""))
    except InvalidRequirement:
        return "", f"requirement {text!r} cannot be read"
    requirement.extras = {canonicalize_name(extra) for extra in requirement.extras}
    return str(requirement), f"of requirement {text!r} the part {lost!r} was left out" if lost else ""


def read_python(text: str | None) -> str:
    """Requires-Python as canonical specifier text; clauses that cannot be read are left out. Never raises."""
    if not text or len(text) > _LONGEST:
        return ""
    return _specifier(text)[0] or ""


def _specifier(text: str) -> tuple[str | None, str]:
    """Canonical specifier text and what was lost of it; None when it makes no sense at all."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    text = text.replace('"', "").replace("'", "").replace("(", " ").replace(")", " ").strip(" ,")
    if text[:1].isdigit():
        text = f"=={text}"
    kept: list[str] = []
    lost: list[str] = []
    place = 0
    while place < len(text):
        found = _CLAUSE.match(text, place)
        if not found:
            return None, ""
        place = found.end()
        clause = _clause(_SPELLINGS.get(found[1], found[1]), found[2])
        (kept if clause else lost).append(clause or found[0].strip(" ,"))
    return ",".join(sorted(set(kept))), ", ".join(lost)


def _clause(operator: str, version: str) -> str:
    """One canonical clause, or "" when the version is none."""
    version = version.strip().rstrip(".").removeprefix("v")
    if operator not in {"==", "!=", "==="} and version.endswith(".*"):
        version = version.removesuffix(".*")
    if operator == "~=" and version.isdigit():
        operator = ">="  # "~=2" is no valid clause; its upper bound would be "any"
    try:
        return str(Specifier(f"{operator}{version}"))
    except InvalidSpecifier:
        return ""


@functools.lru_cache(maxsize=16384)
def _marker(text: str) -> str | None:
    """Canonical marker text, "" for none, None when it cannot be read."""
    text = text.strip().rstrip(";").strip()
    if not text:
        return ""
    for attempt in (text, _UNQUOTED.sub(r"\1 '\2'", text)):
        try:
            marker = Marker(attempt)
            marker.evaluate({**_SOMEWHERE, "extra": "x"})  # `os_name === "posix"` parses, but nobody can say whether it holds
            return str(marker)
        except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, RecursionError):
            continue
    return None


def declared(requires: Iterable[str], requires_python: str | None = "", extras: Iterable[str] = ()) -> Declared:
    """Raw declarations made canonical; duplicates are dropped, order is kept."""
    kept: dict[str, None] = {}
    notes: dict[str, None] = {}
    for text in requires:
        requirement, note = read_requirement(text)
        if requirement:
            kept[requirement] = None
        if note:
            notes[note] = None
    names = {canonicalize_name(extra.strip()) for extra in extras if extra.strip()}
    return Declared(requires=tuple(kept), requires_python=read_python(requires_python), extras=tuple(sorted(names)), notes=tuple(notes))


def read_metadata(text: str) -> tuple[Declared, bool]:
    """A METADATA or PKG-INFO file, and whether its requirements are to be trusted as complete.

    They are when some are listed, or when the file is of version 2.2 or newer and does not call them dynamic. In a wheel an
    empty list is complete anyway.
    """
    header = text.replace("\r\n", "\n").partition("\n\n")[0]
    message = email.parser.HeaderParser().parsestr(header)
    requires = [str(value) for value in message.get_all("Requires-Dist", [])]
    extras = [str(value) for value in message.get_all("Provides-Extra", [])]
    dynamic = {str(value).strip().lower() for value in message.get_all("Dynamic", [])}
    digits = re.match(r"(\d+)\.(\d+)", str(message.get("Metadata-Version", "")))
    modern = bool(digits) and (int(digits[1]), int(digits[2])) >= (2, 2) if digits else False
    return declared(requires, str(message.get("Requires-Python", "") or ""), extras), bool(requires) or (
        modern and "requires-dist" not in dynamic
    )


def read_requires_txt(text: str, requires_python: str = "") -> Declared:
    """An egg-info requires.txt: plain lines, then sections `[extra]`, `[:marker]`, `[extra:marker]`."""
    extras: dict[str, None] = {}
    return declared(list(_requires_lines(text, extras)), requires_python, extras)


def _requires_lines(text: str, extras: dict[str, None]) -> Iterator[str]:
    condition = ""
    for raw in text.splitlines():
        line = raw.strip()
        section = _SECTION.match(line)
        if section:
            extra, marker = section[1].strip(), (section[2] or "").strip()
            if extra:
                extras[extra] = None
            parts = [f"({marker})"] if marker else []
            condition = " and ".join([*parts, f'extra == "{canonicalize_name(extra)}"'] if extra else parts)
        elif line and not line.startswith("#"):
            body, _, own = line.partition(";")
            both = " and ".join(part for part in (f"({own.strip()})" if own.strip() else "", condition) if part)
            yield f"{body}; {both}" if both else body
