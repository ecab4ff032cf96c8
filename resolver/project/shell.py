"""Install commands in shell text (Dockerfiles, CI, READMEs, notebooks): what pip, conda and apt were told to install. Nothing runs."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Iterator

from resolver.core.project import Bound, Need, Origin, OriginKind, Strength
from resolver.project.conda import conda_need
from resolver.project.packaging_files import interpreter
from resolver.project.reading import Reading, joined
from resolver.project.requirements import read_lines

MAX_COMMANDS = 2_000
MAX_TEXT = 200_000
"""Nor are more characters of commands read of one text."""
MAX_WORDS = 2_000
"""Of one text so many packages of each kind are kept."""
MAX_LINE = 20_000
"""A logical line of more characters is no command that a person wrote."""

_COMMENT = re.compile(r"(^|\s)#.*$")
_BREAKS = frozenset({"&&", "||", ";", "|", "&"})
_INSTALLER = re.compile(r"(?:pip[\d.]*(?:\.exe)?|conda|mamba|apt-get|apt|aptitude)$")
_PIP = re.compile(r"(?:.*/)?pip(?:\d(?:\.\d+)?)?(?:\.exe)?$")
_CONDA = re.compile(r"(?:.*/)?(?:conda|mamba|micromamba)$")
_APT = re.compile(r"(?:.*/)?(?:apt-get|apt|aptitude)$")
_REQUIREMENT = re.compile(
    r"^[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[\w,.-]+\])?(?:\s*(?:===?|>=|<=|~=|!=|<|>)\s*[\w.*+!-]+(?:\s*,\s*(?:==|>=|<=|~=|!=|<|>)\s*[\w.*+!-]+)*)?$"
)
_CONDA_SPEC = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9._-]*(?:\s*(?:==?|>=|<=|!=|<|>)\s*[\w.*]+(?:,[<>=!]+[\w.*]+)*(?:=\w+)?)?$")
_PACKAGE = re.compile(r"^[a-z0-9][a-z0-9+.-]+$")
_TAKES_VALUE = frozenset({
    "-c", "--constraint", "-f", "--find-links", "-i", "--index-url", "--extra-index-url", "--trusted-host", "-t", "--target", "--prefix",
    "--root", "--timeout", "--default-timeout", "--retries", "--platform", "--progress-bar", "--cache-dir", "-e", "--editable", "--proxy",
    "--python-version", "--abi", "--implementation", "--no-binary", "--only-binary", "--log", "--src", "-b", "--build", "--global-option",
    "-n", "--name", "-p", "--channel", "--file", "-o", "--option",
})  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Installs:
    """What the commands of one text install, each with its line (from 1): requirement words of pip, specs of conda, Debian packages,
    and the requirements files that pip was given.
    """

    pip: tuple[tuple[str, int], ...] = ()
    conda: tuple[tuple[str, int], ...] = ()
    apt: tuple[tuple[str, int], ...] = ()
    files: tuple[tuple[str, int], ...] = ()


def installs(text: str) -> Installs:
    """The install commands of a text, comments left out; words that are no names of packages are passed over. Never raises."""
    pip: list[tuple[str, int]] = []
    conda: list[tuple[str, int]] = []
    apt: list[tuple[str, int]] = []
    files: list[tuple[str, int]] = []
    for words, line in _commands(text):
        for place, word in enumerate(words[:-1]):
            if not _INSTALLER.search(word):
                continue
            after = words[place + 1 :]
            if _PIP.match(word) and after[0] == "install":
                named, given = _operands(after[1:])
                pip += [(_glued(each), line) for each in named if _REQUIREMENT.match(each)]
                files += [(each, line) for each in given]
            elif _CONDA.match(word) and after[0] in ("install", "create"):
                conda += [(each, line) for each in _operands(after[1:], conda=True)[0] if _CONDA_SPEC.match(each)]
            elif _APT.match(word) and "install" in after:
                named, _ = _operands(after[after.index("install") + 1 :])
                apt += [(each.split("=")[0], line) for each in named if _PACKAGE.match(each.split("=")[0])]
            else:
                continue
            break
    return Installs(pip=tuple(pip[:MAX_WORDS]), conda=tuple(conda[:MAX_WORDS]), apt=tuple(apt[:MAX_WORDS]), files=tuple(files[:MAX_WORDS]))


def _commands(text: str) -> Iterator[tuple[list[str], int]]:
    """The words of each simple command, and the line on which its logical line begins."""
    count = left = 0
    for line, number in _logical(text):
        if "install" not in line and "create" not in line:
            continue
        count, left = count + 1, left + len(line[:MAX_LINE])
        if count > MAX_COMMANDS or left > MAX_TEXT:
            return
        words: list[str] = []
        for word in [*_words(line[:MAX_LINE]), ";"]:
            if word not in _BREAKS:
                words.append(word)
            elif words:
                yield words, number
                words = []


def _logical(text: str) -> Iterator[tuple[str, int]]:
    """Lines with comments gone and continuations joined; a comment line inside a continued command is skipped, as Docker does it."""
    pending, start = "", 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = _COMMENT.sub("", raw).rstrip()
        if pending and not line and raw.strip():
            continue
        start = start if pending else number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        yield pending + line, start
        pending = ""
    if pending:
        yield pending, start


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return line.replace('"', " ").replace("'", " ").split()


def _operands(words: list[str], *, conda: bool = False) -> tuple[list[str], list[str]]:
    """What stands beside the options of an install command, and the requirements files among the options."""
    named, files = [], []
    skip, is_file = False, False
    takes = _TAKES_VALUE | {"-c"} if conda else _TAKES_VALUE
    for word in words:
        if skip:
            skip = False
        elif is_file:
            files.append(word)
            is_file = False
        elif word in ("-r", "--requirement") and not conda:
            is_file = True
        elif word.startswith("-r") and not word.startswith("-re") and len(word) > 2 and not conda:
            files.append(word[2:])
        elif word in takes:
            skip = True
        elif not word.startswith("-"):
            named.append(word.split(";")[0].strip().rstrip(",.:`"))
    return named, files


def _glued(word: str) -> str:
    return re.sub(r"\s+", "", word)


def heard(found: Installs, shown: str, *, weight: float, line: int | None = None) -> Reading:
    """Install commands as hearsay: constraints that install nothing, unversioned ones too (they tell which distribution is meant).

    `weight` is that of a bound on the interpreter which conda was given; `line`, when given, stands for every line.
    """
    readings = [hearsay(word, shown, number if line is None else line) for word, number in found.pip]
    for spec, number in found.conda:
        place = number if line is None else line
        python = re.match(r"^python\s*([<>=].*)$", spec)
        if python:
            readings.append(weak(interpreter(python[1], shown, f"conda was asked for python{python[1]}", place), weight))
        elif spec != "python":
            readings.append(_as_hearsay(conda_need(spec, shown, place)))
    return joined(readings)


def hearsay(requirement: str, shown: str, line: int) -> Reading:
    """One requirement, as written, that someone speaks of at a line of a file."""
    return _as_hearsay(read_lines(requirement, shown, line=line))


def _as_hearsay(reading: Reading) -> Reading:
    """The needs as hearsay; what was read leniently is not worth a note here."""
    told = tuple(_soft(need) for need in reading.needs if not need.url)
    return Reading(hearsay=told, bounds=reading.bounds)


def _soft(need: Need) -> Need:
    origin = dataclasses.replace(need.origin, kind=OriginKind.MENTIONED)
    return dataclasses.replace(need, origin=origin, constraint=True, strength=Strength.HEARSAY)


def weak(reading: Reading, weight: float) -> Reading:
    """The same reading with bounds of this weight."""
    return dataclasses.replace(reading, bounds=tuple(dataclasses.replace(bound, weight=weight) for bound in reading.bounds))


def weak_bound(specifier: str, reason: str, shown: str, line: int, weight: float) -> Reading:
    """A reading of one bound on the interpreter that is only a sign."""
    origin = Origin(kind=OriginKind.DECLARED, path=shown, line=line)
    return Reading(bounds=(Bound(specifier=specifier, reason=reason, origin=origin, weight=weight),))


def apt_packages(found: Installs, shown: str) -> Reading:
    """The Debian packages of install commands, with where they were asked for."""
    return Reading(system=tuple((name, Origin(kind=OriginKind.DECLARED, path=shown, line=line)) for name, line in found.apt))
