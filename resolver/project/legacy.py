"""Source files that today's parser rejects: is it Python 2, and what does it import all the same."""

from __future__ import annotations

import re

_PYTHON2 = re.compile(
    r"""^[ \t]*print[ \t]+(?![=.,)\]:+*/%-])["'\w%(`]   # a print statement
      | ^[ \t]*print[ \t]*>>
      | ^[ \t]*except[ \t]+[\w.()]+[ \t]*,[ \t]*\w+[ \t]*:
      | ^[ \t]*raise[ \t]+\w+[ \t]*,
      | ^[ \t]*exec[ \t]+["'\w]
      | \b0[0-7]+\b(?=[,)\s]) | [^'"\s]\s*<>\s* | \bur["']
    """,
    re.MULTILINE | re.VERBOSE,
)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)", re.MULTILINE)
_FROM = re.compile(
    r"^[ \t]*from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]+(?:\(([^()]{0,2000})\)|((?:[^\n#()\\]|\\\n){1,2000}))", re.MULTILINE
)
_ALIAS = re.compile(r"^([\w.]+|\*)(?:\s+as\s+(\w+))?$")


def is_python2(text: str) -> bool:
    """Whether a text that does not parse as Python 3 shows the marks of Python 2."""
    return bool(_PYTHON2.search(text))


def imports_of(text: str) -> list[tuple[str, str, int]]:
    """(dotted name, statement, line) of each import found line by line; wrong inside strings, right nearly always."""
    found = []
    for match in _IMPORT.finditer(text):
        for name, alias in _aliases(match[1]):
            found.append((match.start(), name, f"import {name}{alias}"))
    for match in _FROM.finditer(text):
        for name, alias in _aliases(re.sub(r"\\|#[^\n]*", "", match[2] or match[3])):
            found.append((match.start(), match[1] if name == "*" else f"{match[1]}.{name}", f"from {match[1]} import {name}{alias}"))
    return [(name, statement, text.count("\n", 0, start) + 1) for start, name, statement in sorted(found, key=lambda item: item[0])]


def _aliases(listed: str) -> list[tuple[str, str]]:
    found = []
    for part in listed.split(","):
        match = _ALIAS.match(part.strip())
        if match and not match[1].startswith("."):
            found.append((match[1], f" as {match[2]}" if match[2] else ""))
    return found
