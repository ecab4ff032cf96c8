"""What a project's container runs: a web application as its sources tell it, a script, or a bare model behind a written server."""

from __future__ import annotations

import dataclasses


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
    `function` of the project that answer for it; `takes` says what the function wants: "json", "image", "path" or "nothing".
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
    def is_web(self) -> bool:
        """Whether it answers HTTP."""
        return self.kind != "script"
