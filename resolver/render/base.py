"""Which base image a target runs on."""

from __future__ import annotations

from resolver.core.target import PLATFORMS, Target, minor

CODENAME = "bookworm"
"""The Debian release that images are based on unless told otherwise."""

_DOCKER_PLATFORMS = {wheels: container for container, wheels in PLATFORMS.items()}


def base_image(target: Target, codename: str = CODENAME) -> str:
    """The slim image of the target's interpreter ("python:3.7-slim-bookworm").

    Python 3.6 was out of support before bookworm existed, so no official image joins the two: its floating slim tag is named.
    """
    if minor(target.python) < 7:
        return f"python:{target.python}-slim"
    return f"python:{target.python}-slim-{codename}"


def docker_platform(target: Target) -> str:
    """The container platform of a target ("linux/amd64"); "" when it has no common name."""
    return _DOCKER_PLATFORMS.get(target.platform, "")
