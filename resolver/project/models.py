"""What of a project without a web application could be served: a function that predicts, or a model file that loads by itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from resolver.core.program import Model
from resolver.core.project import Artifact
from resolver.project.files import is_side
from resolver.project.guards import dotted
from resolver.project.sources import Source

_FUNCTIONS = (
    "predict", "infer", "inference", "predict_image", "classify", "classify_image", "run_inference", "model_predict", "get_prediction",
)  # fmt: skip
"""Names of functions that answer for a model, likeliest first."""
_PICTURE = re.compile(r"^(im|img|image|pic|picture|photo|pil_image|frame)$")
_PATH = re.compile(r"(path|file|filename|fname)s?$|^(img|image)_(path|file|name)")
_WHOLE = {"keras-zip": "keras", "torch-script": "pytorch", "onnx": "onnx", "lightgbm-text": "lightgbm",
          "xgboost-json": "xgboost", "xgboost-ubj": "xgboost", "xgboost-binary": "xgboost"}  # fmt: skip
_ESTIMATORS = frozenset({"sklearn", "xgboost", "lightgbm", "catboost", "imblearn"})
_WEIGHTS = frozenset({"pytorch_model.bin", "model.safetensors", "tf_model.h5", "pytorch_model.bin.index.json"})
_BEST = re.compile(r"best|final|model|prod", re.IGNORECASE)


def models_of(sources: Sequence[Source], artifacts: Sequence[Artifact]) -> tuple[Model, ...]:
    """Functions first, then files: near the root before deep ones, telling names before others."""
    kept = [artifact for artifact in artifacts if not is_side(PurePosixPath(artifact.path))]
    files = [model for artifact in sorted(kept, key=_order) if (model := _loadable(artifact, kept, sources))]
    return (*_functions(sources), *files)


def _order(artifact: Artifact) -> tuple[int, bool, str]:
    path = PurePosixPath(artifact.path)
    return len(path.parts), not _BEST.search(path.name), artifact.path


def _functions(sources: Iterable[Source]) -> Iterator[Model]:
    """Top-level functions of the root's modules that take one thing; a module that reads the command line when imported is passed over."""
    found = []
    for source in sources:
        if source.tree is None or source.side or len(source.path.parts) > 1 or not source.path.stem.isidentifier():
            continue
        named = [node for node in source.tree.body if isinstance(node, ast.FunctionDef) and node.name in _FUNCTIONS]
        if named and any(_asks_command_line(node) for node in source.tree.body if isinstance(node, ast.Assign | ast.Expr)):
            continue
        for node in named:
            if takes := _takes(node):
                model = Model(framework="function", module=source.path.stem, function=node.name, takes=takes)
                found.append((_FUNCTIONS.index(node.name), source.path.as_posix(), model))
    yield from (model for _, _, model in sorted(found, key=lambda one: one[:2]))


def _asks_command_line(node: ast.AST) -> bool:
    names = (getattr(inner, "attr", "") or getattr(inner, "id", "") for inner in ast.walk(node))
    return any("parse_args" in name for name in names)


def _takes(node: ast.FunctionDef) -> str:
    """What the function's one required argument is; "" when it has none or several."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    required = arguments[: len(arguments) - len(node.args.defaults)]
    if len(required) != 1 or any(default is None for default in node.args.kw_defaults):
        return ""
    name, told = required[0].arg, dotted(required[0].annotation) if required[0].annotation else ""
    if _PATH.search(name) or told in {"Path", "pathlib.Path"}:
        return "path"
    return "image" if _PICTURE.search(name) or told.startswith(("Image", "PIL")) else "json"


def _loadable(artifact: Artifact, artifacts: Sequence[Artifact], sources: Sequence[Source]) -> Model | None:
    """The artifact as a model that can be loaded without code of its own; None when it cannot."""
    marks = dict(artifact.marks)
    folder = artifact.path.rpartition("/")[0] or "."
    if artifact.format == "keras-h5":
        return Model(framework="keras", path=artifact.path) if marks.get("holds") == "network" else None
    if artifact.format == "tensorflow-savedmodel":
        return Model(framework="tensorflow", path=folder)
    if artifact.format == "transformers-config":
        beside = {name for one in artifacts if (one.path.rpartition("/")[0] or ".") == folder for name in [one.path.rpartition("/")[2]]}
        return Model(framework="transformers", path=folder) if beside & _WEIGHTS else None
    if artifact.format in {"joblib", "pickle"}:
        modules = set(marks.get("modules", "").split(","))
        return Model(framework="sklearn", path=artifact.path) if modules & _ESTIMATORS else None
    if artifact.format in {"torch-zip", "torch-pickle"}:
        if artifact.path.rpartition("/")[2] in _WEIGHTS:
            return None
        module, name = _network(sources)
        return Model(framework="pytorch", path=artifact.path, module=module, function=name) if name else None
    framework = _WHOLE.get(artifact.format)
    return Model(framework=framework, path=artifact.path) if framework else None


def _network(sources: Iterable[Source]) -> tuple[str, str]:
    """Module and name of the project's one network class that is made without arguments, or of the one of several that weights are loaded
    into; "" and "" when nobody can tell.
    """
    sources = list(sources)
    found = [
        (".".join(source.path.with_suffix("").parts), node.name)
        for source in sources
        for node in (source.tree.body if source.tree and not source.side else ())
        if isinstance(node, ast.ClassDef) and _is_network(node) and not _asks(node)
    ]
    if len(found) > 1:
        filled = {name for source in sources if source.tree for name in _filled(source.tree)}
        found = [(module, name) for module, name in found if name in filled]
    return found[0] if len(found) == 1 else ("", "")


def _filled(tree: ast.Module) -> Iterator[str]:
    """Names of classes of which an instance made without arguments is given saved weights."""
    made: dict[str, str] = {}
    filled: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and not (node.value.args or node.value.keywords):
            made |= {dotted(target): dotted(node.value.func).rpartition(".")[2] for target in node.targets}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "load_state_dict":
            filled.append(dotted(node.func.value))
    yield from (made[name] for name in filled if name in made)


def _is_network(node: ast.ClassDef) -> bool:
    return any(dotted(base).rpartition(".")[2] in {"Module", "LightningModule"} for base in node.bases)


def _asks(node: ast.ClassDef) -> bool:
    """Whether its constructor has arguments that must be given."""
    for inner in node.body:
        if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
            arguments = [*inner.args.posonlyargs, *inner.args.args]
            return len(arguments) - len(inner.args.defaults) > 1 or any(default is None for default in inner.args.kw_defaults)
    return False
