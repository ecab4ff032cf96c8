"""What a README says of versions: its install commands, its lists of requirements, and prose ("tested with TensorFlow 1.14").

Prose is read conservatively: a name of the field directly before a version, in a section or sentence about requirements, and not in one
about news, other branches or what does not work. Several versions of one name become the range from the lowest to the highest.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from resolver.core.errors import ProjectError
from resolver.project.prose import Mention, mentions, spans
from resolver.project.reading import Reading, joined
from resolver.project.shell import heard, hearsay, installs, weak_bound
from resolver.project.text import is_own, read_text, squeezed

MAX_FILES = 4
MAX_FILE = 400_000
README_WEIGHT = 0.6
"""A bound on the interpreter out of a README: another one is about half as likely as it would be."""

_PATTERNS = ("README*", "readme*", "Readme*", "INSTALL*", "Install*", "install.md")
_SUFFIXES = frozenset({"", ".md", ".rst", ".txt", ".markdown", ".mkd"})
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_COMMAND = re.compile(r"^\s*(?:[$>%!]\s*)?(?:sudo\s+)?(?:python[\d.]*\s+-m\s+)?(?:pip[\d.]*|conda|mamba)\s+(?:install|create)\b")
_SPAN = re.compile(r"`([^`\n]*)`")
_HEADING = re.compile(r"^\s*(?:#{1,6}\s+(\S.*)|\*\*([^*]{3,60})\*\*:?\s*$)")
_UNDERLINE = re.compile(r"^\s*([=\-~^]{3,})\s*$")
_LISTED = re.compile(r"^\s*[-*+$]?\s*`{0,2}([A-Za-z][\w.-]*(?:\[[\w,-]+\])?\s*(?:==|>=|<=|~=)\s*\d[\w.*]*)`{0,2}\s*(?:\(.*\))?\s*,?\s*$")


def read_readmes(root: Path) -> Reading:
    """Hearsay and weak bounds of the READMEs and install notes at the root. Never raises."""
    listed = [path for pattern in _PATTERNS for path in sorted(root.glob(pattern)) if path.suffix.lower() in _SUFFIXES]
    paths = [path for path in dict.fromkeys(listed) if is_own(path, root)]
    return joined(_readme(path) for path in paths[:MAX_FILES])


def _readme(path: Path) -> Reading:
    try:
        text = read_text(path, MAX_FILE)
    except ProjectError:
        return Reading()
    return read_readme(text, path.name)


def read_readme(text: str, shown: str) -> Reading:
    """What one README says; install commands first, then lists of requirements, then prose. Linear in its length."""
    lines = list(_lines(_visible(squeezed(text))))
    commands = "\n".join(_command_text(line) for line in lines)
    readings = [heard(installs(commands), shown, weight=README_WEIGHT)]
    readings += [hearsay(found[1], shown, line.number) for line in lines if line.telling and (found := _LISTED.match(line.text))]
    said = [mention for line in lines if line.is_prose for mention in mentions(line.text, line.heading, line.number)]
    readings += [_told(spanned, shown) for spanned in spans(said)]
    return joined(readings)


def _visible(text: str) -> str:
    """The text without its comments, lines kept. By hand: a pattern would look for the end of each comment that has none again."""
    shown, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        shown += [text[at:start], "\n" * text.count("\n", start, end)]
        at = end + 3
    return "".join([*shown, text[at:]])


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    text: str
    number: int
    heading: str
    is_code: bool

    @property
    def telling(self) -> bool:
        """Whether a bare requirement here is meant as one."""
        return self.is_code or self.text.lstrip().startswith(("-", "*", "+"))

    @property
    def is_prose(self) -> bool:
        """Whether it is written for people alone."""
        return not self.is_code and not _COMMAND.match(self.text)


def _lines(text: str) -> Iterator[_Line]:
    """The lines with the heading they stand under, and whether they are code."""
    heading, fenced = "", False
    rows = text.split("\n")
    for number, row in enumerate(rows, start=1):
        if _FENCE.match(row):
            fenced = not fenced
            row = ""  # noqa: PLW2901 - the fence itself says nothing, and lines keep their numbers
        if not fenced:
            found = _HEADING.match(row)
            below = rows[number] if number < len(rows) else ""
            if found:
                heading = (found[1] or found[2] or "").rstrip().rstrip("#").rstrip()
            elif row.strip() and _UNDERLINE.match(below) and len(below.strip()) >= min(len(row.strip()), 4):
                heading = row.strip()
        yield _Line(text=row, number=number, heading=heading, is_code=fenced or row.startswith(("    ", "\t")))


def _command_text(line: _Line) -> str:
    """The part of a line that is a command: code, a line that begins like one, or code inside a sentence; continuations stay."""
    if line.is_code or _COMMAND.match(line.text):
        return line.text
    return " ; ".join(span for span in _SPAN.findall(line.text) if "install" in span or "create" in span)


def _told(mention: Mention, shown: str) -> Reading:
    if mention.name == "python":
        return weak_bound(mention.specifier, "the README speaks of this Python", shown, mention.line, README_WEIGHT)
    return hearsay(f"{mention.name}{mention.specifier}", shown, mention.line)
