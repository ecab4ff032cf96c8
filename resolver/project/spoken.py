"""Everything that a project says of versions outside the files that declare needs, the most trustworthy first."""

from __future__ import annotations

from pathlib import Path

from resolver.core.errors import ProjectError
from resolver.core.project import Strength
from resolver.project.dockerfiles import read_dockerfiles
from resolver.project.pipelines import read_pipelines
from resolver.project.reading import Reading, joined
from resolver.project.readme import read_readmes
from resolver.project.requirements import read_lines, read_requirements
from resolver.project.text import is_own

MAX_FILES = 20
"""So many requirements files that Dockerfiles install from are read."""


def read_spoken(root: Path, notebooks: Reading, *, declares: bool) -> Reading:
    """Dockerfiles (they ran), CI (it ran often), notebooks (they ran once), READMEs (someone wrote it).

    Where nothing `declares` a need, what a Dockerfile installs is needed, or else what notebooks install.
    """
    images, commands = read_dockerfiles(root)
    readings = [images, read_pipelines(root), _without_needs(notebooks), read_readmes(root)]
    if not declares:
        strengths = (Strength.WRITTEN, Strength.LOOSE)
        shown = images.hearsay[0].origin.path if images.hearsay else "Dockerfile"
        installed = [read_lines(word, shown, strengths=strengths, line=line) for word, line in commands.pip]
        installed += [_file(root, name) for name in list(dict.fromkeys(name for name, _ in commands.files))[:MAX_FILES]]
        real = joined(installed)
        needs = real.needs or notebooks.needs
        readings.append(Reading(needs=needs, notes=(*real.notes, *(() if real.needs else notebooks.notes))))
    return joined(readings)


def _without_needs(notebooks: Reading) -> Reading:
    return Reading(bounds=notebooks.bounds, hearsay=notebooks.hearsay, notes=notebooks.notes)


def _file(root: Path, named: str) -> Reading:
    """A requirements file that the Dockerfile installs from, as it lies in the project."""
    path = root / named.lstrip("/").removeprefix("app/").removeprefix("./")
    if not is_own(path, root):
        return Reading()
    try:
        return read_requirements(path, root)
    except ProjectError:
        return Reading()
