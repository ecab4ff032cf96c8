"""`--serve`: a production server in front of a project's application, or one written around its model, and what that server needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.errors import UsageError
from resolver.core.package import Pin, normalize
from resolver.core.program import SERVER_FILE, Model, Program
from resolver.core.project import Need, Origin, OriginKind, Project, Use
from resolver.core.twins import TWINS
from resolver.project.saved import asked

_SERVERS = {"flask": "gunicorn", "fastapi": "uvicorn"}
_ASGI = frozenset({"uvicorn", "hypercorn", "daphne"})
_REQUEST = Origin(kind=OriginKind.REQUEST, path="--serve")

_LOADERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "keras": (("keras", "tensorflow", "tf-keras"), ("keras", "tensorflow")),
    "tensorflow": (("tensorflow",), ("tensorflow",)),
    "pytorch": (("torch",), ("torch",)),
    "onnx": (("onnxruntime",), ("onnxruntime",)),
    "sklearn": (("joblib",), ("joblib",)),
    "xgboost": (("xgboost",), ("xgboost",)),
    "lightgbm": (("lightgbm",), ("lightgbm",)),
    "transformers": (("transformers",), ("transformers", "torch")),
    "function": ((), ()),
}
"""Framework -> the distributions of which one loads its files, and what is added when the project asks for none of them."""
_CALLED: dict[str, tuple[str, ...]] = {"transformers": ("from transformers import pipeline",)}
"""Framework -> what the written server imports that not every release of it has, or not without what it declares."""
_TABULAR = frozenset({"sklearn", "xgboost", "lightgbm"})
"""Frameworks whose models take no pictures."""


def served(project: Project) -> Project:
    """The project with a program that is fit for production and with that server's needs among its own.

    A program that brings such a server (waitress, gevent, gradio, streamlit) stays as it is. Raises UsageError when there is nothing
    to serve.
    """
    program = project.program
    if program and program.kind in _SERVERS:
        if program.start and program.start.server == "own":
            return project
        server = _SERVERS[program.kind]
        return _with(project, dataclasses.replace(program, server=server), [server])
    if program and program.kind in {"gradio", "streamlit"}:
        return project
    if not project.models:
        raise UsageError(
            "--serve: there is no Flask or FastAPI application, no function that predicts, and no model file that loads by itself",
            hint="write `def predict(image)` (or path, or data) in a module at the project's root",
        )
    return _around(project, project.models[0])


def hints(program: Program | None, pins: Iterable[Pin]) -> Iterator[str]:
    """What keeps the project's own start command from being asked from outside, and that `--serve` helps."""
    if program is None or program.server or program.kind not in _SERVERS:
        return
    start = program.start
    if start and start.server != "own" and not start.host and not program.importable:
        yield f"{program.path} listens to 127.0.0.1: nobody outside its container can ask it; write host='0.0.0.0', or use --serve"
    elif program.kind == "fastapi" and not any(pin.name in _ASGI for pin in pins):
        yield f"{program.path} is a FastAPI application and the set has no server for it; --serve adds uvicorn"


def _around(project: Project, model: Model) -> Project:
    """The project behind a written server for its likeliest model."""
    program = Program(kind="model", path=SERVER_FILE, health="/health", predict="/predict", server="gunicorn", model=model)
    loaders, added = _LOADERS[model.framework]
    written = _asked(project)
    known = {normalize(name) for loader in loaders for name in (loader, *TWINS.get(normalize(loader), ()))}
    needs = ["flask", "gunicorn"]
    needs += [] if written & known else added
    needs += [] if model.framework in _TABULAR or (model.framework, model.takes) == ("function", "json") else ["pillow"]
    needs += [] if model.framework == "function" else ["numpy"]
    others = [one.path or f"{one.module}.{one.function}" for one in project.models[1:4]]
    if others:
        taken = model.path or f"{model.module}.{model.function}"
        project = _noted(project, f"--serve takes {taken}; there are also {', '.join(others)}")
    calling = _calling(project, _CALLED.get(model.framework, ()))
    return _bounded(_with(calling, program, needs), len(project.needs))


def _calling(project: Project, statements: Iterable[str]) -> Project:
    """The project with the imports of the written server among its own: they choose versions, and the probe tries them."""
    uses = []
    for statement in statements:
        _, module, _, name = statement.split()
        uses.append(Use(dotted=f"{module}.{name}", origin=_REQUEST, imported=True, statement=statement))
    return dataclasses.replace(project, evidence=dataclasses.replace(project.evidence, uses=(*project.evidence.uses, *uses)))


def _bounded(project: Project, known: int) -> Project:
    """The project with what its saved models ask of the needs after the first `known` ones."""
    more = asked(project.artifacts, project.needs[known:], lambda *_: False)
    return _noted(dataclasses.replace(project, needs=(*project.needs, *more.needs)), *more.notes)


def _asked(project: Project) -> set[str]:
    found = set()
    for need in project.needs:
        try:
            found.add(normalize(Requirement(need.requirement).name) if not need.constraint else "")
        except InvalidRequirement:
            continue
    return found


def _with(project: Project, program: Program, names: Sequence[str]) -> Project:
    missing = [Need(requirement=name, origin=_REQUEST, strength=1) for name in names if normalize(name) not in _asked(project)]
    return dataclasses.replace(project, program=program, needs=(*project.needs, *missing))


def _noted(project: Project, *notes: str) -> Project:
    evidence = dataclasses.replace(project.evidence, notes=(*project.evidence.notes, *notes))
    return dataclasses.replace(project, evidence=evidence)
