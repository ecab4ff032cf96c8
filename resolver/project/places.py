"""On which line of a file something stands that a parser found there: parsers of TOML, YAML and INI files keep no line numbers."""

from __future__ import annotations

MAX_ENTRIES = 5_000
"""So many needs are read of one file at most."""
MAX_LOOKS = 100
"""After so many places where a word is only a part of another, its line is not looked for any further."""


class Places:
    """Finds the lines of one text. Cost: a search in the text for each question."""

    def __init__(self, text: str) -> None:
        self._text = text.lower()

    def of(self, word: str, *, alone: bool = False, listed: bool = False) -> int:
        """The line (from 1) on which `word` first stands outside of a comment, 0 when nowhere; case does not matter.

        `alone` asks that it is not a part of a longer word, `listed` that the line begins with a dash.
        """
        word = word.lower()
        at = self._text.find(word) if word.strip() else -1
        for _ in range(MAX_LOOKS):
            if at < 0:
                return 0
            start = self._text.rfind("\n", 0, at) + 1
            before = self._text[start : min(start + 200, at)].lstrip() or word
            if not before.startswith("#") and not (listed and not before.startswith("-")) and not (alone and self._inside(at, len(word))):
                return self._text.count("\n", 0, at) + 1
            at = self._text.find(word, at + 1)
        return 0

    def _inside(self, at: int, length: int) -> bool:
        around = (self._text[max(0, at - 1) : at], self._text[at + length : at + length + 1])
        return any(one.isascii() and (one.isalnum() or one == "-" or (one == "_" and one is around[0])) for one in around if one)
