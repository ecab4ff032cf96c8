"""What a project's container runs: a web application as its sources tell it, a script, or a bare model behind a written server."""

from __future__ import annotations

import dataclasses

SERVER_FILE = "resolver_serve.py"
"""The file that `--serve` writes at the project's root where the application cannot be imported as it stands, or there is none."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A call that starts a server.

    `server` is whose it is: "flask", "uvicorn", "gradio", or "own" for one that is fit for production as it stands (waitress, gevent).
    `port` is 0 when it is computed; `host` "" when the call names none, "?" when it is computed. `alone` says that importing the
    module gives the same application: the call stands under `if __name__ == "__main__"` beside nothing that prepares it.
    """

    server: str
    port: int = 0
    host: str = ""
    alone: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model without a web application: `framework` ("keras", "onnx", ...), the file or folder `path` that holds it, or `module` and
    `function` of the project that answer for it; `takes` says what the function wants: "json", "image" or "path".
    """

    framework: str
    path: str = ""
    module: str = ""
    function: str = ""
    takes: str = "json"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program: `kind` is "script", "flask", "fastapi", "gradio", "streamlit" or "model", `path` its source below the project's root.

    `variable` is the module's application, `factory` a function that makes one without being told anything; `start` how it starts
    itself. `packaged` says that it must be imported from the root ("api.main"), not from its own folder. `health` answers GET,
    `predict` is the one route for a POST. `server` is the production server that `--serve` puts in front of it.
    """

    kind: str
    path: str = ""
    variable: str = ""
    factory: str = ""
    start: Start | None = None
    packaged: bool = False
    health: str = ""
    predict: str = ""
    server: str = ""
    model: Model | None = None

    @property
    def importable(self) -> bool:
        """Whether importing its module gives the application (or its factory) as the program itself would start it."""
        return bool(self.variable or self.factory) and (self.start is None or self.start.alone)

    @property
    def written(self) -> bool:
        """Whether a file of ours stands between it and its production server."""
        return self.kind == "model" or (bool(self.server) and not self.importable)
