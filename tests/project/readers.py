"""Every public reader of the floor by its name, as a call on a whole folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from resolver.core.errors import ResolverError
from resolver.project import (
    conda,
    dates,
    declared,
    dockerfiles,
    git_objects,
    interpreter,
    locks,
    model_boosters,
    model_graphs,
    model_mlflow,
    model_texts,
    packaging_files,
    pipelines,
    readme,
    requirements,
    setup_script,
    spoken,
    text,
)
from resolver.project.artifacts import read_artifact, read_artifacts
from resolver.project.files import Tree
from resolver.project.models import models_of
from resolver.project.notebooks import read_notebooks
from resolver.project.programs import program_of
from resolver.project.reading import Reading
from resolver.project.sources import parse_sources


def _each(pattern: str, read: Callable[[Path], object]) -> Callable[[Tree], None]:
    """One reader on every file of the folder that matches."""

    def run(tree: Tree) -> None:
        for path in sorted(tree.root.glob(pattern))[:5]:
            clear(lambda path=path: read(path))  # type: ignore[misc]

    return run


def clear(read: Callable[[], object]) -> None:
    """A result, or an error that is meant for people."""
    try:
        read()
    except ResolverError as error:
        told = str(error)
    else:
        return
    assert told


def _head(tree: Tree) -> None:
    for read in (git_objects.head_commit, lambda root: git_objects.last_change(root, lambda name: name.endswith(".py"))):
        with contextlib.suppress(git_objects.UnreadableRepository):
            read(tree.root)


def _model(tree: Tree) -> None:
    for path in tree.others:
        artifact, note = read_artifact(tree.root / path, path)
        assert artifact is None or not note


def _run(tree: Tree) -> None:
    sources = parse_sources(tree)
    notebooks = read_notebooks(tree, side=False)
    program_of(sources, procfile="web: gunicorn app:server")
    models_of([*sources, *notebooks.sources], read_artifacts(tree)[0])


READERS: dict[str, Callable[[Tree], object]] = {
    "requirements.read_requirements": _each("*.txt", lambda path: requirements.read_requirements(path, path.parent)),
    "requirements.read_lines": _each("*.txt", lambda path: requirements.read_lines(text.read_text(path), "x")),
    "packaging_files.read_pyproject": _each("*.toml", lambda path: packaging_files.read_pyproject(path, path.parent)),
    "packaging_files.read_pipfile": _each("Pipfile", lambda path: packaging_files.read_pipfile(path, path.parent)),
    "packaging_files.read_setup_cfg": _each("*.cfg", lambda path: packaging_files.read_setup_cfg(path, path.parent)),
    "setup_script.read_setup_script": _each("setup*.py", lambda path: setup_script.read_setup_script(path, path.parent)),
    "conda.read_environment": _each("*.y*ml", lambda path: conda.read_environment(path, path.parent)),
    "locks.read_locks": lambda tree: locks.read_locks(tree.root),
    "interpreter.read_interpreters": lambda tree: interpreter.read_interpreters(tree.root),
    "declared.read_declared": lambda tree: declared.read_declared(tree.root),
    "declared.read_named": _each("*", lambda path: declared.read_named(path, path.parent)),
    "dockerfiles.read_dockerfiles": lambda tree: dockerfiles.read_dockerfiles(tree.root),
    "pipelines.read_pipelines": lambda tree: pipelines.read_pipelines(tree.root),
    "readme.read_readmes": lambda tree: readme.read_readmes(tree.root),
    "readme.read_readme": _each("*.md", lambda path: readme.read_readme(text.read_text(path, readme.MAX_FILE), "x")),
    "spoken.read_spoken": lambda tree: spoken.read_spoken(tree.root, Reading(), declares=False),
    "dates.read_dates": dates.read_dates,
    "artifacts.read_artifacts": read_artifacts,
    "artifacts.read_artifact": _model,
    "notebooks.read_notebooks": _run,
    "git_objects": _head,
}
"""Every public reader of the floor, on what of a folder is its own. Those of single formats of models, and of bytes, are called by
`read_artifact` and by all the others.
"""
INNER = {
    f"{module.__name__.rpartition('.')[2]}.{name}"
    for module in (model_boosters, model_graphs, model_mlflow, model_texts, text)
    for name, value in vars(module).items()
    if name.startswith("read_") and value.__module__ == module.__name__
}
