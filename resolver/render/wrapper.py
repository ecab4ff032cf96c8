"""`resolver_serve.py`: what stands between a production server and a project that offers no application of its own to it."""

from __future__ import annotations

from importlib import resources

from resolver.core.program import Model, Program
from resolver.core.resolution import Resolution
from resolver.render.files import MARKER

_PICTURES = ("picture",)
_TABLES = ("tabular",)
_PARTS: dict[str, tuple[str, ...]] = {
    "keras": _PICTURES,
    "tensorflow": _PICTURES,
    "pytorch": _PICTURES,
    "onnx": _PICTURES,
    "sklearn": _TABLES,
    "xgboost": _TABLES,
    "lightgbm": _TABLES,
    "transformers": (),
    "function": (),
}
"""Framework -> the parts that its own part builds on."""


class WrapperRenderer:
    """Writes `resolver_serve.py` for a program that needs one (`Program.written`)."""

    def render(self, resolution: Resolution) -> str:
        """The file's text, "" when the program needs none. Words of the project come in as ASCII string literals only."""
        program = resolution.project.program
        if program is None or not program.written:
            return ""
        return _server(program.model) if program.model else _shim(program)


def _server(model: Model) -> str:
    shown = model.path or f"{model.module}.{model.function}"
    words = {"MODEL": shown, "MODULE": model.module, "CLASS": model.function, "FUNCTION": model.function, "TAKES": model.takes}
    parts = (*_PARTS[model.framework], model.framework, "http")
    return _joined(
        'GET /health; POST /predict with JSON ({"instances": [...]}) or a picture (image/*, or one file of a form).', words, parts
    )


def _shim(program: Program) -> str:
    folder, _, name = program.path.rpartition("/")
    words = {
        "PATH": program.path,
        "FOLDER": "" if program.packaged else folder,
        "PACKAGE": folder.replace("/", ".") if program.packaged else "",
        "KIND": program.kind,
        "NAME": program.variable or program.factory,
    }
    return _joined(f"The application of {name!a} for a production server.", words, ("app",), {"IS_FACTORY": not program.variable})


def _joined(what: str, words: dict[str, str], parts: tuple[str, ...], facts: dict[str, bool] | None = None) -> str:
    """Marker, settings, parts: one module."""
    settings = [f"{name} = {word!a}" for name, word in words.items()] + [f"{name} = {fact}" for name, fact in (facts or {}).items()]
    texts = [resources.files("resolver.render.server").joinpath(f"inside_{part}.py").read_text("utf-8").strip() for part in parts]
    return "\n".join([f"# {MARKER}", f"# {what}", "", *settings, "", "\n\n\n".join(texts), ""])
