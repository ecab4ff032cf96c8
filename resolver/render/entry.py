"""The command that starts a project's program, and where it then answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from resolver.core.package import Pin
from resolver.core.program import SERVER_FILE, Program

_DEFAULT_PORTS = {"flask": 5000, "fastapi": 8000, "gradio": 7860, "streamlit": 8501, "model": 8080}
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a container's server listens to its outside


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`command` is what the container runs in `folder` (below the project's root, "" for the root itself), `port` where it then answers
    HTTP (0 when nobody can tell), `health` a path to ask there; `stop` is the signal that ends it in good order.
    """

    command: tuple[str, ...] = ("python",)
    port: int = 0
    folder: str = ""
    health: str = "/"
    stop: str = "SIGTERM"


def entry_of(program: Program | None, pins: Iterable[Pin] = ()) -> Entry:
    """The entry of a project's program in a set of pins; `python` alone when it has none.

    A server that would listen to the loopback only is started by other means where that gives the same application: nobody outside
    the container could ask it.
    """
    if program is None:
        return Entry()
    folder, _, name = program.path.rpartition("/")
    if program.packaged:
        folder, name = "", program.path
    if program.written:  # it finds the program's folder itself
        folder = ""
    module = name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    command, port, stop = _served(program, module, pins) if program.server else _command(program, name, module)
    return Entry(command=command, port=port, folder=folder, health=program.health or "/", stop=stop)


def _served(program: Program, module: str, pins: Iterable[Pin]) -> tuple[tuple[str, ...], int, str]:
    """The command of the production server in front of it: one process, since each would hold the model once more."""
    port = (program.start.port if program.start else 0) or _DEFAULT_PORTS[program.kind]
    target = f"{SERVER_FILE.removesuffix('.py')}:application" if program.written else f"{module}:{program.variable or program.factory}"
    made = not program.written and not program.variable
    if program.server == "uvicorn":
        words = (*(("--factory",) if made else ()), f"--host={EVERYWHERE}", f"--port={port}")
        return ("python", "-m", "uvicorn", target, *words), port, "SIGTERM"
    # A graph of TensorFlow 1 belongs to the thread that loaded the model: gunicorn without threads answers in that very one.
    threads = 1 if any(pin.name.startswith("tensorflow") and pin.version.startswith(("0.", "1.")) for pin in pins) else 4
    words = (f"--bind={EVERYWHERE}:{port}", "--workers=1", f"--threads={threads}", "--timeout=300", "--graceful-timeout=8")
    return ("gunicorn", *words, "--worker-tmp-dir=/dev/shm", f"{target}()" if made else target), port, "SIGTERM"


def _command(program: Program, name: str, module: str) -> tuple[tuple[str, ...], int, str]:
    """Command, port and stop signal. CPython as a container's first process hears SIGINT only; uvicorn and streamlit hear SIGTERM."""
    # A file in a package is run by its dotted name, so that its imports start at the root.
    itself = ("python", "-m", module) if "/" in name and not name.endswith("/__init__.py") else ("python", name)
    start, variable = program.start, program.variable
    default = _DEFAULT_PORTS.get(program.kind, 0)
    if program.kind == "streamlit":
        return ("streamlit", "run", name, f"--server.address={EVERYWHERE}", f"--server.port={default}"), default, "SIGTERM"
    if program.kind == "gradio" and start:
        heard = itself if start.host else ("env", f"GRADIO_SERVER_NAME={EVERYWHERE}", *itself)
        return heard, start.port, "SIGINT"
    if start and (start.host or start.server == "own" or not (start.alone and variable)):
        return itself, start.port, "SIGINT"
    port = (start.port if start else 0) or default
    target = f"{module}:{variable or program.factory}"
    if program.kind == "fastapi" and (variable or program.factory):
        made = () if variable else ("--factory",)
        return ("python", "-m", "uvicorn", target, *made, f"--host={EVERYWHERE}", f"--port={port}"), port, "SIGTERM"
    if program.kind == "flask" and (variable or program.factory):
        # `python -m flask --app` came with Flask 2.2; the environment variable is read by every version since 0.11.
        command = ("env", f"FLASK_APP={target}", "python", "-m", "flask", "run", f"--host={EVERYWHERE}", f"--port={port}")
        return command, port, "SIGINT"
    return itself, 0, "SIGINT"
