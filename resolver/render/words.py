"""The only ways in which words from outside (names, versions, file names) get into a rendered file."""

from __future__ import annotations

import json
import re

from resolver.core.errors import ResolverError

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/:@-]*", re.IGNORECASE)
_DEBIAN = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_BELOW = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_INDEX = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~%+/-]*)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\u2027\u202f-\ud7ff\uf900-\ufffd\U00010000-\U0010ffff]")


def plain_word(text: str, what: str) -> str:
    """A distribution name or version, returned as it is; anything but letters, digits and `._+!-` is refused (ResolverError)."""
    return _checked(_SAFE, text, what)


def image_word(text: str) -> str:
    """An image reference, returned as it is or refused (ResolverError)."""
    return _checked(_IMAGE, text, "base image")


def debian_word(text: str) -> str:
    """A Debian package name, returned as it is or refused (ResolverError)."""
    return _checked(_DEBIAN, text, "system package")


def index_word(text: str) -> str:
    """The address of a package index without its credentials, or refused (ResolverError)."""
    return _checked(_INDEX, re.sub(r"(?<=//)[^/@]*@", "", text), "index address")


def sha256_word(text: str) -> str:
    """A SHA-256 in lower-case hex, returned as it is or refused (ResolverError)."""
    return _checked(_SHA256, text, "sha256")


def folder_word(text: str) -> str:
    """A folder below the project's root, or "" for the root, returned as it is or refused (ResolverError)."""
    return _checked(_BELOW, text, "folder name") if text else ""


def _checked(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise ResolverError(
            f"{what} {text[:80]!r} holds characters that no {what} may have",
            hint="the index or the project's file that it comes from is damaged or hostile",
        )
    return text


def docker_word(text: str) -> str:
    """Any text as one double-quoted word of a Dockerfile instruction that expands variables (LABEL, ENV).

    Control characters become a space: such a word never spans lines, and neither `$`, `"` nor a backslash keeps a meaning.
    """
    flat = _UNPRINTABLE.sub(" ", text)
    return '"' + re.sub(r'([\\"$])', r"\\\1", flat) + '"'


def docker_list(words: tuple[str, ...]) -> str:
    """An exec-form list (CMD, HEALTHCHECK): ASCII-only JSON, in which the Dockerfile parser expands nothing."""
    return json.dumps(list(words), ensure_ascii=True)


def comment(text: str) -> str:
    """Any text as part of a one-line comment: control characters shown escaped, no trailing backslash."""
    flat = _UNPRINTABLE.sub(lambda m: m[0].encode("unicode_escape", "backslashreplace").decode("ascii"), text)
    return flat + "." if flat.endswith("\\") else flat
