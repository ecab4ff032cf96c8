"""`resolve PATH`: from a model project to a Dockerfile that works."""

from __future__ import annotations

import functools
import gc
import json
import re
import sys
from datetime import date
from pathlib import Path
from platform import machine
from typing import Annotated

import typer

from resolver.cli.console import ConsoleReporter, guarded, out
from resolver.core.cuda import CARDS
from resolver.core.errors import UsageError
from resolver.core.proof import Proof, Sample
from resolver.core.target import PLATFORMS, PYTHONS, Accelerator

app = typer.Typer(add_completion=True, pretty_exceptions_enable=False, rich_markup_mode=None)

EXIT_BUILD_FAILED = 4


@app.command(
    help="Read a deep-learning project, choose the version set that is most likely to build and run, and write its container.\n\n"
    "PATH is a project folder or a requirements file. Written: Dockerfile, requirements.lock, resolution.json, .dockerignore; "
    "with --serve perhaps resolver_serve.py.\n\n"
    "Exit codes: 0 done, 1 tool error, 2 usage, 3 nothing satisfies the request, 4 the build failed.",
    epilog="Examples:  resolve .  |  resolve requirements.txt --output out  |  resolve . --python 3.8 --build  |  "
    "resolve . --accelerator cuda --driver 535",
)
def resolve(
    path: Annotated[Path, typer.Argument(help="project folder or requirements file", show_default=False)],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="folder to write to (default: the project's)")] = None,
    python: Annotated[str, typer.Option(help=f"only this Python ({PYTHONS[0]} to {PYTHONS[-1]})", show_default=False)] = "",
    platform: Annotated[str, typer.Option(help="linux/amd64 or linux/arm64")] = "linux/amd64",
    accelerator: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    cuda: Annotated[str, typer.Option(help="CUDA runtime, like 12 or 12.4", show_default=False)] = "",
    driver: Annotated[str, typer.Option(help="NVIDIA driver branch of the host, like 535", show_default=False)] = "",
    gpu: Annotated[str, typer.Option(help="the card, like h100, or its compute capability, like 9.0", show_default=False)] = "",
    as_of: Annotated[str, typer.Option("--as-of", help="consider only releases up to this date (YYYY-MM-DD)", show_default=False)] = "",
    candidates: Annotated[
        int | None, typer.Option(help="how many sets to consider (setting `candidates`)", min=1, show_default=False)
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="put a production server in front of the application, or write one around its model")
    ] = False,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="choose every version anew, not those of the lock that is there while they are as good")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="refuse contradictory needs instead of relaxing the weakest")] = False,
    force: Annotated[bool, typer.Option("--force", help="overwrite files that resolve did not write")] = False,
    offline: Annotated[bool | None, typer.Option("--offline/--online", help="never touch the network", show_default=False)] = None,
    wheelhouse: Annotated[
        str | None,
        typer.Option(help="folder beside the Dockerfile that all packages come from (`resolver index mirror`)", show_default=False),
    ] = None,
    build: Annotated[bool, typer.Option("--build", help="build and probe the answer; the outcome is fed back")] = False,
    attempts: Annotated[int, typer.Option(help="with --build: so many sets at most, down the ranking while they fail", min=1, max=6)] = 1,
    sample: Annotated[
        str, typer.Option(help="with --build: a file to POST once the image runs; [ROUTE=]FILE, like /predict=cat.png", show_default=False)
    ] = "",
    tag: Annotated[str, typer.Option(help="with --build: keep the image under this name", show_default=False)] = "",
    executor: Annotated[str | None, typer.Option(help="docker or venv, for --build", show_default=False)] = None,
    explain: Annotated[bool, typer.Option("--explain", help="tell what decided, what would change it, the runners-up")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print resolution.json on stdout instead of words")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="no progress")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="notes and build output too")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="print the version and exit", is_eager=True, callback=lambda on: _version(on=on))
    ] = False,
) -> None:
    """See the help above."""
    del version
    with guarded(as_json=as_json):
        reporter = ConsoleReporter(quiet=quiet or as_json, verbose=verbose)
        day = _checked(python, Accelerator(kind=accelerator, runtime=cuda, driver=driver, gpu=gpu.lower()), as_of, executor)
        if platform not in PLATFORMS:
            raise UsageError(f"--platform {platform}: not one of {', '.join(PLATFORMS)}")
        if build and PLATFORMS[platform] != f"linux_{machine()}":
            raise UsageError(f"--build cannot prove {platform} on this machine", hint="leave out --build, or run it on such a machine")
        request = _sample(sample, build=build, tag=tag)
        from resolver import compose, settings

        values, _ = settings.load({"candidates": candidates, "offline": offline, "executor": executor, "wheelhouse": wheelhouse})
        house = compose.House(values, reporter=reporter, as_of=day, platform=PLATFORMS[platform])
        wanted = Accelerator(kind=accelerator, runtime=cuda, driver=driver, gpu=gpu.lower())
        folder = output or (path if path.is_dir() else path.parent)
        keep = None if upgrade else folder
        resolution, texts = house.resolve(path, python=python, accelerator=wanted, strict=strict, serve=serve, explain=explain, keep=keep)
        written = house.write(folder, texts, force=force)
        if build:
            trial = house.trial(resolution, folder, request)
            again = functools.partial(house.write, folder, force=force)
            resolution, texts = house.prove(resolution, folder, trial=trial, tag=tag, attempts=attempts, write=again)
            written = house.write(folder, texts, force=force)
        reporter.clear()
        if as_json:
            out(texts["resolution.json"].rstrip())
        else:
            from resolver.cli.account import account

            for line in account(resolution, written, explain=explain):
                out(line)
        if resolution.proof and not _holds(resolution.proof, served=serve or bool(sample)):
            sys.exit(EXIT_BUILD_FAILED)


def _holds(proof: Proof, *, served: bool) -> bool:
    """Whether the proof shows what was asked for; a project's own server may want files or a network that only its people have."""
    return proof.passed and not (served and proof.service and not proof.service.answered)


def _sample(text: str, *, build: bool, tag: str) -> Sample | None:
    """The request that `--sample` describes; raises UsageError when there is nothing to send or nothing to send it to."""
    if (text or tag) and not build:
        raise UsageError("--sample and --tag need --build")
    if not text:
        return None
    import mimetypes

    route, file = text.split("=", 1) if text.startswith("/") and "=" in text and not Path(text).exists() else ("", text)
    try:
        content = Path(file).read_bytes()
    except OSError as problem:
        raise UsageError(f"--sample {file}: {problem.strerror or problem}", hint="write it as [ROUTE=]FILE") from None
    return Sample(path=route, content=content, kind=mimetypes.guess_type(file)[0] or "application/octet-stream")


def _checked(python: str, accelerator: Accelerator, as_of: str, executor: str | None) -> date | None:
    """The as-of date; raises UsageError on a value outside its range."""
    if python and python not in PYTHONS:
        raise UsageError(f"--python {python}: not one of {', '.join(PYTHONS)}", hint="give major.minor, like 3.8")
    if accelerator.kind not in {"cpu", "cuda"}:
        raise UsageError(f"--accelerator {accelerator.kind}: not one of cpu, cuda")
    if (accelerator.runtime or accelerator.driver or accelerator.gpu) and accelerator.kind != "cuda":
        raise UsageError("--cuda, --driver and --gpu need --accelerator cuda")
    for option, value in (("--cuda", accelerator.runtime), ("--driver", accelerator.driver)):
        if value and not value.replace(".", "", 2).isdigit():
            raise UsageError(f"{option} {value}: not a version number")
    if accelerator.gpu and accelerator.gpu not in CARDS and not re.fullmatch(r"\d{1,2}\.\d", accelerator.gpu):
        hint = f"give its compute capability (9.0), or one of {', '.join(CARDS)}"
        raise UsageError(f"--gpu {accelerator.gpu}: not a known card", hint=hint)
    if executor not in {None, "docker", "venv"}:
        raise UsageError(f"--executor {executor}: not one of docker, venv")
    if not as_of:
        return None
    try:
        return date.fromisoformat(as_of)
    except ValueError:
        raise UsageError(f"--as-of {as_of}: not a date", hint="write it as 2021-06-30") from None


def _version(*, on: bool) -> None:
    if on:
        from resolver import __version__

        out(json.dumps({"resolver": __version__}) if "--json" in sys.argv else f"resolver {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point of the `resolve` command."""
    gc.set_threshold(200_000, 50, 50)  # a short run that makes many small values and no cycles: collecting took a tenth of the time
    app()
