"""One requirement as people write it -> one PEP 508 requirement, with remarks on everything that was read leniently."""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import unquote

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from resolver.core.package import normalize
from resolver.project.tables import is_stdlib, tables
from resolver.project.text import MAX_DIGITS, is_absurd, redacted

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*")
_EXTRAS = re.compile(r"\[([^\]]*)\]\s*")
_CLAUSE = re.compile(r"\s*(===|==|~=|!=|<=|>=|<|>|=<|=>|=|\^|~)?\s*([^\s,;<>=!~^]+)\s*")
_CONDA_PIN = re.compile(r"^([A-Za-z0-9_.-]+)=([0-9][^=\s]*)=([A-Za-z0-9_.]+)$")
_MISWRITTEN = {"=": "==", "=<": "<=", "=>": ">="}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A requirement: canonical `name` ("" when the line is none or must be left out), its PEP 508 `text`, a direct `url` or "",
    and what was read leniently.
    """

    name: str = ""
    text: str = ""
    url: str = ""
    pinned: bool = False
    remarks: tuple[str, ...] = ()


def parse(line: str, *, conda: bool = False) -> Parsed:
    """Read one requirement (no options, comments or hashes); never raises. What is read leniently becomes a remark."""
    line = line.strip()
    if is_absurd(line):
        return Parsed(remarks=(f"'{_short(line)}' has a number of more than {MAX_DIGITS} digits; ignored",))
    conda_pin = _CONDA_PIN.match(line)
    if conda_pin:
        return _conda_names(f"{conda_pin[1]}=={conda_pin[2]}", f"'{line}' is a conda pin: the build string is dropped")
    if conda:
        return _conda_names(line, "")
    return _renamed(_parse(line))


def _conda_names(line: str, remark: str) -> Parsed:
    first = _NAME.match(line)
    name = normalize(first[1]) if first else ""
    known = tables().conda
    key = name if name in known else name.replace("-", "_")
    to = known.get(key, name)
    if to is None or not first or re.match(r"^(lib|_|cuda-|xorg-)", name):
        return Parsed(remarks=(f"'{line}' is no Python distribution; left out",))
    parsed = _renamed(_parse(to + line[first.end() :]))
    told = (remark, f"conda's '{name}' is '{to}' on the index" if to != name else "")
    return dataclasses.replace(parsed, remarks=(*(text for text in told if text), *parsed.remarks))


def _parse(line: str) -> Parsed:
    head, _, url = line.partition("@")
    if url and _NAME.fullmatch(re.sub(r"\[[^\]]*\]", "", head)) and ("/" in url or ":" in url):
        return _direct(head.strip(), url.strip())
    try:
        return _canonical(Requirement(line), ())
    except (InvalidRequirement, RecursionError):
        pass
    name = _NAME.match(line)
    if not name:
        return Parsed(remarks=(f"'{_short(line)}' is no requirement; ignored",))
    rest = line[name.end() :]
    extras = _EXTRAS.match(rest)
    rest = rest[extras.end() :] if extras else rest
    clauses, _, marker = rest.partition(";")
    remarks: list[str] = []
    clauses = clauses.strip().removeprefix("(").removesuffix(")").strip()
    if clauses and clauses[0] not in "<>=!~^*0123456789,":
        return Parsed(remarks=(f"'{_short(line)}' is no requirement; ignored",))
    specifier = lenient_specifier(clauses, remarks)
    text = name[1] + (f"[{extras[1]}]" if extras else "") + specifier
    if marker.strip():
        try:
            text += f" ; {Marker(marker.strip())}"
        except (InvalidMarker, RecursionError):
            remarks.append(f"the marker '{_short(marker.strip())}' cannot be read; ignored")
    try:
        return _canonical(Requirement(text), tuple(remarks))
    except (InvalidRequirement, RecursionError):
        return Parsed(remarks=(f"'{_short(line)}' is no requirement; ignored",))


def lenient_specifier(text: str, remarks: list[str]) -> str:
    """A PEP 440 specifier out of `text`, which may use poetry's or conda's operators or none; what cannot be read is remarked upon
    and left out.
    """
    text = text.strip()
    if not text or text == "*":
        return ""
    if is_absurd(text):
        remarks.append(f"'{_short(text)}' has a number of more than {MAX_DIGITS} digits; ignored")
        return ""
    try:
        return ",".join(sorted(str(clause) for clause in SpecifierSet(text)))
    except InvalidSpecifier:
        pass
    if "|" in text:
        return _alternatives(text, remarks)
    kept: list[str] = []
    position = 0
    while position < len(text):
        if text[position] == ",":
            position += 1
            continue
        clause = _CLAUSE.match(text, position)
        if not clause or clause.end() == position:
            remarks.append(f"'{_short(text[position:])}' cannot be read as a version; ignored")
            break
        position = clause.end()
        kept.extend(_clause(clause[1] or "", clause[2], remarks))
    return ",".join(sorted(kept))


def _clause(operator: str, version: str, remarks: list[str]) -> list[str]:
    if version == "*":
        return []
    if operator in ("^", "~"):
        return _caret(operator, version, remarks)
    right = _MISWRITTEN.get(operator, operator or "==")
    if right != operator:
        remarks.append(f"'{operator}{version}' is read as '{right}{version}'")
    if right not in ("==", "!=") and version.endswith(".*"):
        remarks.append(f"'{right}{version}' is read as '{right}{version[:-2]}'")
        version = version[:-2]
    try:
        return [str(SpecifierSet(right + version))]
    except InvalidSpecifier:
        remarks.append(f"'{_short(operator + version)}' is no version; ignored")
        return []


def _alternatives(text: str, remarks: list[str]) -> str:
    # PEP 440 has no "or": the widest lower bound and no upper one is the honest superset.
    lows = []
    for part in re.split(r"\|+", text):
        specifier = lenient_specifier(part, remarks)
        low = [clause.version for clause in SpecifierSet(specifier) if clause.operator in (">=", "==", "~=", ">")]
        try:
            lows.append(min(Version(version.removesuffix(".*")) for version in low))
        except (ValueError, InvalidVersion):
            remarks.append(f"'{_short(text)}' has alternatives without a lower bound; any version is accepted")
            return ""
    remarks.append(f"'{_short(text)}' has alternatives; read as '>={min(lows)}'")
    return f">={min(lows)}"


def _caret(operator: str, version: str, remarks: list[str]) -> list[str]:
    try:
        low = Version(version.removesuffix(".*"))
    except InvalidVersion:
        remarks.append(f"'{_short(operator + version)}' is no version; ignored")
        return []
    parts = list(low.release)
    last = len(parts) - 1
    first_set = next((index for index, part in enumerate(parts) if part), last)
    keep = first_set if operator == "^" else min(1, last)
    return [f">={low}", "<" + ".".join(map(str, [*parts[:keep], parts[keep] + 1]))]


def _direct(head: str, url: str) -> Parsed:
    url, _, marker = url.partition(" ;")
    url = url.strip()
    parsed = _parse(head)
    if url.startswith("file:"):
        remark = f"'{parsed.name}' was installed from a local file; the index's release is taken instead"
        return dataclasses.replace(_pinned_by_file(parsed, url), remarks=(*parsed.remarks, remark))
    parsed = _pinned_by_file(parsed, url)
    if marker.strip():
        parsed = _parse(f"{parsed.text} ; {marker.strip()}")
    remark = f"'{parsed.name}' is asked for from {redacted(url)}; the index's release is taken instead"
    return dataclasses.replace(parsed, url=redacted(url), remarks=(*parsed.remarks, remark))


def _pinned_by_file(parsed: Parsed, url: str) -> Parsed:
    found = file_pin(url)
    if not found or found[0] != parsed.name:
        return parsed
    return dataclasses.replace(parsed, text=f"{parsed.text}=={found[1]}", pinned=True)


def file_pin(url: str) -> tuple[str, str] | None:
    """Name and public version that the file name at the end of an address carries, or None."""
    if is_absurd(url):
        return None
    filename = unquote(re.split(r"[?#]", url, maxsplit=1)[0].rsplit("/", 1)[-1])
    try:
        if filename.endswith(".whl"):
            wheel = parse_wheel_filename(filename)
            return wheel[0], wheel[1].public
        sdist = parse_sdist_filename(filename)
        return sdist[0], sdist[1].public
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


def _canonical(requirement: Requirement, remarks: tuple[str, ...]) -> Parsed:
    name = normalize(requirement.name)
    if not _NAME.fullmatch(name):  # "0_" is read as a name, and no name any more once it is canonical
        return Parsed(remarks=(f"'{_short(requirement.name)}' is no requirement; ignored",))
    clauses = []
    told = list(remarks)
    for clause in requirement.specifier:
        public, plus, local = clause.version.partition("+")
        if plus:
            told.append(f"'{name}{clause}': builds '+{local}' are not on the index; read as '{clause.operator}{public}'")
        clauses.append(clause.operator + public)
    extras = f"[{','.join(sorted(normalize(extra) for extra in requirement.extras))}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    pinned = any(clause.startswith("==") and not clause.endswith("*") for clause in clauses)
    text = f"{name}{extras}{','.join(sorted(clauses))}{marker}"
    return Parsed(name=name, text=text, url=redacted(requirement.url or ""), pinned=pinned, remarks=tuple(told))


def _renamed(parsed: Parsed) -> Parsed:
    name = parsed.name
    renaming = tables().retired.get(name)
    rest = parsed.text[len(name) :]
    if renaming:
        specifier, _, marker = rest.partition(" ; ")
        kept = specifier if renaming.keep else ""
        text = renaming.to + kept + (f" ; {marker}" if marker else "")
        remark = f"'{name}' is read as '{renaming.to}': {renaming.reason}"
        return dataclasses.replace(
            parsed, name=renaming.to, text=text, pinned=parsed.pinned and renaming.keep, remarks=(*parsed.remarks, remark)
        )
    if name in tables().left_out and not re.search(r"python_version\s*<", parsed.text):
        return Parsed(remarks=(*parsed.remarks, f"'{name}' is left out: {tables().left_out[name]}"))
    if name == "tensorflow-gpu":
        return _tensorflow_gpu(parsed)
    if name == "dataclasses":
        return dataclasses.replace(parsed, text='dataclasses ; python_version < "3.7"')
    if name == "pkg-resources" or (name and is_stdlib(name.replace("-", "_")) and name not in ("test", "typing-extensions")):
        why = "an artefact of a Debian pip freeze" if name == "pkg-resources" else "part of the standard library"
        return Parsed(remarks=(*parsed.remarks, f"'{name}' is {why}; left out"))
    return parsed


def _tensorflow_gpu(parsed: Parsed) -> Parsed:
    requirement = Requirement(parsed.text)
    if any(requirement.specifier.contains(f"{series}", prereleases=True) for series in _GPU_VERSIONS) or not _above_gpu(
        requirement.specifier
    ):
        if any(clause.operator in ("==", "~=", "<", "<=") for clause in requirement.specifier):
            return parsed
        requirement.specifier &= SpecifierSet("<2.12")
        remark = "'tensorflow-gpu' ended with 2.11; read with '<2.12'"
        return dataclasses.replace(_canonical(requirement, parsed.remarks), url=parsed.url, remarks=(*parsed.remarks, remark))
    requirement.name = "tensorflow"
    renamed = _canonical(requirement, parsed.remarks)
    return dataclasses.replace(
        renamed, url=parsed.url, remarks=(*renamed.remarks, "'tensorflow-gpu' ended with 2.11; read as 'tensorflow'")
    )


_GPU_VERSIONS = ("1.0.0", "1.15.0", "2.0.0", "2.5.0", "2.11.0")


def _above_gpu(specifier: SpecifierSet) -> bool:
    lows = [Version(clause.version.removesuffix(".*")) for clause in specifier if clause.operator in ("==", ">=", ">", "~=")]
    return any(low >= Version("2.12") for low in lows)


def _short(text: str) -> str:
    return redacted(text if len(text) <= 80 else text[:77] + "...")
