"""Filling the folder that an image is built from where no index can be reached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resolver.compose.rooms import Rooms
from resolver.core.errors import ResolverError, UsageError
from resolver.core.package import DistFile, NormalizedName
from resolver.core.target import Target
from resolver.index.cache import Cache
from resolver.index.filenames import read_filename
from resolver.index.mirror import Mirror, layered, read_lock
from resolver.index.pages import Listed
from resolver.index.parse import read_python
from resolver.index.pipconfig import PipAccess
from resolver.index.simple import LiveIndex
from resolver.render.dockerfile import BUILD_DEBIAN, RUN_DEBIAN
from resolver.render.tags import place


def mirror(rooms: Rooms, folder: Path, wheelhouse: Path) -> list[Path]:
    """Copy what the lock in `folder` installs, what its source distributions are built with, and the Debian packages of both, into
    `wheelhouse`.

    Raises ResolverError when `resolve` has not written to `folder`, or the index has not what the lock says. Without a container engine
    the Debian packages are left out, which is told.
    """
    if rooms.settings.offline:
        raise UsageError("index mirror needs the network", hint="leave out the setting `offline`")
    try:
        locked = read_lock((folder / "requirements.lock").read_text(encoding="utf-8"))
        told = json.loads((folder / "resolution.json").read_text(encoding="utf-8"))
        target, tools = Target(python=told["python"], platform=told["platform"]), told.get("build_tools", ())
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ResolverError(f"{folder}: no lock and resolution to mirror: {problem}", hint="run `resolve` first") from problem
    access, machine = PipAccess(), target.platform.removeprefix("linux_")
    live = LiveIndex(access=access, cache=Cache(Path(rooms.settings.cache)), machine=machine)
    sources = [live.files, *([rooms.cpu_index.files] if rooms.cpu_index else [])]
    fits = lambda name, listed: _place(name, listed, target)  # noqa: E731 - a partial would hide the order of the words
    paths = Mirror(wheelhouse, files=layered(*sources), access=access, fits=fits, reporter=rooms.reporter).fetch(locked, tools)
    return [*paths, *_debian(rooms, told, wheelhouse)]


def _debian(rooms: Rooms, told: Mapping[str, Any], wheelhouse: Path) -> list[Path]:
    """The Debian packages of the image and of the stage that compiles, each kind in a folder of its own."""
    from resolver.build.debian import download

    wanted = {RUN_DEBIAN: told.get("system_packages", ()), BUILD_DEBIAN: told.get("build_packages", ())}
    paths = []
    for name, packages in wanted.items():
        if packages:
            rooms.reporter.step(f"fetching Debian's {' '.join(packages)}")
        try:
            paths += download(str(told.get("base_image", "")), packages, wheelhouse / name)
        except ResolverError as problem:
            left_out = f"not in {wheelhouse}: Debian's {' '.join(packages)} ({problem})"
            rooms.reporter.warning(f"{left_out}; the base image must have them, or a mirror be reached")
    return paths


def _place(name: NormalizedName, listed: Listed, target: Target) -> int | None:
    """How early the target's installer takes a file of the index."""
    named = read_filename(listed.filename, name, target.platform.removeprefix("linux_"))
    if named is None:
        return None
    python = read_python(listed.requires_python)
    return place(DistFile(filename=listed.filename, kind=named.kind, tags=named.tags, requires_python=python), target)
