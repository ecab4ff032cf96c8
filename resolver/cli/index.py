"""`resolver index ...`: the metadata snapshot, and copies of locked files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from resolver.cli.console import guarded, out
from resolver.cli.maintaining import AsJson, house_of, table

app = typer.Typer(no_args_is_help=True, help="The metadata snapshot: what it holds, and bringing it up to date.")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="a distribution (default: the snapshot as a whole)")] = "",
    as_json: AsJson = False,
) -> None:
    """What the snapshot holds, or one distribution's releases."""
    with guarded(as_json=as_json):
        told = house_of().index_report(name)
        out(json.dumps(told) if as_json else table(told))


@app.command("refresh")
def refresh(
    snapshot: Annotated[Path | None, typer.Option(help="the snapshot file to bring up to date", show_default=False)] = None,
    days: Annotated[int, typer.Option(help="read what was uploaded in so many days", min=1)] = 92,
) -> None:
    """Read new releases from the package index into the snapshot."""
    with guarded():
        from datetime import UTC, datetime, timedelta

        since = datetime.now(UTC).date() - timedelta(days=days)
        out(table(house_of().index_refresh(snapshot, since=since)))


@app.command("mirror")
def mirror(
    path: Annotated[Path, typer.Argument(help="a folder with requirements.lock and resolution.json")],
    folder: Annotated[
        Path | None, typer.Option(help="where to put the files (default: `wheels` beside the lock)", show_default=False)
    ] = None,
) -> None:
    """Copy every locked file into a folder, checked by its hash: an image can then be built without any network."""
    with guarded():
        place = folder or path / "wheels"
        from resolver.compose import mirroring

        paths = mirroring.mirror(house_of(), path, place)
        out(f"{len(paths)} files, {sum(p.stat().st_size for p in paths) / 1e6:.0f} MB in {place}")
        out(f"now: resolve {path} --wheelhouse {place.name}")
