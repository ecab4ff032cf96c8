"""`resolver ...`: what the nightly job, a reviewer and a maintainer run."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from resolver.cli import index
from resolver.cli.console import ConsoleReporter, fail, guarded, out
from resolver.cli.maintaining import AsJson, house_of, table
from resolver.core.errors import ProjectError, UsageError


class _Commands(TyperGroup):
    """Names `resolve` to whoever gives this program a path."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # what typer calls click differs between its versions
        if args and args[0] not in self.commands and Path(args[0]).exists():
            fail(UsageError(f"{args[0]} is a path, and no command", hint=f"write its container with: resolve {shlex.quote(args[0])}"))
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Commands,
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The crawl, the learning and the store behind `resolve`. Exit codes as for resolve.",
)
app.add_typer(index.app, name="index")

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """ "90s", "30m", "6h", "1d" in seconds. Raises UsageError otherwise."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if not found:
        raise UsageError(f"--budget {text}: not a length of time", hint="write it as 90s, 30m, 6h or 1d")
    return float(found[1]) * UNITS[found[2] or "s"]


@app.command()
def crawl(
    stacks: Annotated[Path | None, typer.Option(help="the matrix, YAML (default: the bundled one)", show_default=False)] = None,
    budget: Annotated[str, typer.Option(help="stop starting builds after this long (30m, 6h)")] = "6h",
    per_stack: Annotated[int, typer.Option(help="cells per stack", min=1)] = 12,
    jobs: Annotated[int, typer.Option(help="builds side by side", min=1)] = 1,
    workers: Annotated[int, typer.Option(help="dask worker processes on this machine instead of jobs", min=0)] = 0,
    cluster: Annotated[str, typer.Option(help="dask scheduler whose workers build (tcp://host:8786)", show_default=False)] = "",
    seed: Annotated[int, typer.Option(help="seed of the draw")] = 0,
    executor: Annotated[str | None, typer.Option(help="docker or venv", show_default=False)] = None,
    store: Annotated[str | None, typer.Option(help="outcome store: file or database URL", show_default=False)] = None,
    only: Annotated[str, typer.Option(help="only stacks whose name contains this")] = "",
    walk: Annotated[bool, typer.Option("--walk/--no-walk", help="also record what newly met releases offer and use")] = True,
    most_mb: Annotated[float, typer.Option("--max-mb", help="leave out cells that download more than this")] = float("inf"),
    nightly: Annotated[bool, typer.Option("--nightly", help="renew the snapshot, then build what teaches most within the budget")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the plan and build nothing")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="a line for every build")] = False,
    as_json: AsJson = False,
) -> None:
    """Build the matrix and record every outcome; start it again and it goes on where it was."""
    with guarded(as_json=as_json):
        from resolver.flows.crawl import CrawlRequest

        limit = seconds(budget)
        house = house_of(store=store, executor=executor, verbose=verbose)
        chosen = house.stacks(stacks, only)
        if workers and cluster:
            raise UsageError("--workers and --cluster exclude each other", hint="a cluster has workers of its own: dask worker ADDRESS")
        request = CrawlRequest(
            per_stack=per_stack,
            jobs=jobs,
            workers=workers,
            cluster=cluster,
            budget_seconds=limit,
            seed=seed,
            most_mb=most_mb,
            walk=walk,
        )
        if dry_run:
            _show_plan(house, chosen, request, nightly=nightly)
            return
        if nightly:
            house, since = house.renewed()
            night = house.nightly(chosen, request, since)
        else:
            night = house.crawl(chosen, request)
        if as_json:
            import dataclasses

            out(json.dumps(dataclasses.asdict(night)))
        else:
            out(
                f"{night.built} built in {night.seconds:.0f} s: {night.passed} pass, {night.failed} fail, {night.void} void ({night.ended})"
            )


def _show_plan(house, chosen, request, *, nightly: bool) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - House is imported lazily
    """A line a cell: key, stack, target, policy, pins, and why it was chosen. The snapshot stays as it is."""
    plan = ((c.cell, c.why) for c in house.plan_night(chosen, request)) if nightly else ((c, "") for c in house.plan(chosen, request))
    count = 0
    for count, (cell, why) in enumerate(plan, start=1):  # noqa: B007 - counted for the last line
        spec = cell.spec
        cuda = f" {spec.target.accelerator}" if spec.target.accelerator.kind != "cpu" else ""
        out(f"{spec.key} {cell.stack.name} py{spec.target.python}{cuda} [{spec.policy}] {len(spec.pins)} pins {why}".rstrip())
    out(f"{count} cells")


@app.command()
def train(
    store: Annotated[str | None, typer.Option(help="outcome store: file or database URL", show_default=False)] = None,
    outcomes: Annotated[
        Path | None, typer.Option(help="exported outcomes to add to the store's (default: the repository's)", show_default=False)
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="where the champion lives", show_default=False)] = None,
    seed: Annotated[int, typer.Option(help="seed of the fit")] = 0,
    fresh: Annotated[int, typer.Option("--new", help="only when so many outcomes came since the champion was trained")] = 0,
    force: Annotated[bool, typer.Option("--force", help="promote the challenger whatever the contest says")] = False,
    back: Annotated[bool, typer.Option("--rollback", help="train nothing; put the champion before this one back")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a challenger on all outcomes; it becomes champion only when it is better on the fixed hold-out."""
    with guarded(as_json=as_json):
        house = house_of(store=store)
        report = house.roll_back(folder) if back else house.train(folder=folder, outcomes=outcomes, seed=seed, fresh=fresh, force=force)
        out(json.dumps(report) if as_json else table(report))


@app.command()
def evaluate(
    store: Annotated[str | None, typer.Option(help="outcome store: file or database URL", show_default=False)] = None,
    outcomes: Annotated[Path | None, typer.Option(help="exported outcomes to add to the store's", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """The ranker against the baselines on held-out stacks."""
    with guarded(as_json=as_json):
        report = house_of(store=store).evaluate(outcomes=outcomes)
        out(json.dumps(report) if as_json else table(report))


@app.command()
def stage(
    name: Annotated[str, typer.Argument(help="edges, sets, train or evaluate")],
    outcomes: Annotated[Path, typer.Option(help="exported outcomes")] = Path("data/outcomes"),
    folder: Annotated[Path, typer.Option(help="where the tables and the model text go")] = Path("work/dvc"),
    seed: Annotated[int, typer.Option(help="seed of the fit")] = 0,
) -> None:
    """One stage of dvc.yaml: from exported outcomes alone, without the network or what this machine has read; equal input, equal text."""
    with guarded():
        house_of(offline=True, cache=str(folder / "cache")).stage(name, outcomes=outcomes, folder=folder, seed=seed)


@app.command()
def dashboard(
    port: Annotated[int, typer.Option(help="port on this machine")] = 5000,
) -> None:
    """Open MLflow on the local store of experiments."""
    with guarded():
        sys.exit(house_of().dashboard(port))


@app.command()
def score(
    file: Annotated[Path | None, typer.Argument(help="JSON Lines (default: standard input)", show_default=False)] = None,
) -> None:
    """Score given sets: JSON Lines in (id, python, pins, uses ...), JSON Lines out (id, probability, known, worst_edges)."""
    with guarded():
        lines = file.read_text(encoding="utf-8").splitlines() if file else sys.stdin
        for line in house_of().score(lines):
            out(line)


@app.command()
def outcomes(
    store: Annotated[str | None, typer.Option(help="outcome store: file or database URL", show_default=False)] = None,
    export: Annotated[Path | None, typer.Option(help="write the outcomes to this folder as Parquet", show_default=False)] = None,
    load: Annotated[Path | None, typer.Option("--import", help="add the outcomes of an exported folder", show_default=False)] = None,
    figures: Annotated[Path | None, typer.Option(help="draw what the store holds into this folder", show_default=False)] = None,
    rediagnose: Annotated[bool, typer.Option("--rediagnose", help="read the logs of unknown failures by today's rules")] = False,
    as_json: AsJson = False,
) -> None:
    """What the store holds: counts by verdict, Python, failure class; export and import."""
    with guarded(as_json=as_json):
        counts = house_of(store=store).outcomes(export=export, load=load, figures=figures, rediagnose=rediagnose)
        out(json.dumps(counts) if as_json else table(counts))


@app.command()
def explain(
    path: Annotated[Path, typer.Argument(help="a folder with a resolution.json, or the file")],
    as_json: AsJson = False,
) -> None:
    """Why this set: read a resolution.json and tell what decided."""
    with guarded(as_json=as_json):
        file = path / "resolution.json" if path.is_dir() else path
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ProjectError(f"{file}: no such file", hint="run `resolve` on the project first") from None
        except ValueError as problem:
            raise ProjectError(f"{file}: not a resolution ({problem})", hint="run `resolve` on the project again") from None
        if not isinstance(told, dict) or told.get("schema") != 1:
            raise ProjectError(f"{file}: not a resolution of schema 1", hint="run `resolve` on the project again")
        if as_json:
            keys = ("probability", "reasons", "worst_edges", "runners_up", "relaxed", "would_break", "warnings", "kept")
            out(json.dumps({key: told.get(key) for key in keys}))
            return
        out(f"Python {told['python']}: {told['probability'] or 0:.2f} to build and run, chosen of {told['candidates_considered']} sets")
        if told.get("kept"):
            out(f"  lock: {told['kept']}")
        for key, words in (("reasons", "because"), ("would_break", "pip install -r would have broken:"), ("warnings", "note:")):
            for sentence in told.get(key) or ():
                out(f"  {words} {sentence}")
        for other in told.get("runners_up") or ():
            out(f"  next: {json.dumps(other)[:300]}")


@app.command()
def bases(
    versions: Annotated[list[str] | None, typer.Argument(help="like 3.8 (default: every Python found)", show_default=False)] = None,
    pythons: Annotated[list[Path] | None, typer.Option(help="a folder with interpreters; may be repeated", show_default=False)] = None,
    suite: Annotated[str, typer.Option(help="Debian release")] = "bookworm",
    package: Annotated[list[str] | None, typer.Option(help="a Debian package to include; may be repeated", show_default=False)] = None,
    name: Annotated[str, typer.Option(help="the image's name before the tag")] = "python",
    certificates: Annotated[Path | None, typer.Option(help="authorities that the image shall trust (PEM)", show_default=False)] = None,
) -> None:
    """Make base images from Debian's packages and this machine's interpreters, where no registry can be reached."""
    with guarded():
        from resolver.build import bases as room
        from resolver.build.host import interpreters

        found = room.wanted(versions or (), interpreters(pythons or ()))
        wish = room.Wish(pythons=found, suite=suite, packages=tuple(package or ()), name=name, certificates=certificates)
        for tag in room.make(wish, ConsoleReporter()):
            out(tag)


@app.command()
def settings(as_json: AsJson = False) -> None:
    """Each setting, its value, and where the value came from."""
    with guarded(as_json=as_json):
        import dataclasses

        from resolver import settings as room

        values, came = room.load()
        rows = {
            f.name: {"value": getattr(values, f.name), "from": came[f.name][1], "help": f.metadata["help"]}
            for f in dataclasses.fields(values)
        }
        if as_json:
            out(json.dumps(rows))
            return
        for name, row in rows.items():
            out(f"{name:16} {row['value']!s:60} from {row['from']:14} {row['help']}")


def main() -> None:
    """Entry point of the `resolver` command."""
    app()
