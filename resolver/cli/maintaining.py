"""What the commands of `resolver` share."""

from __future__ import annotations

from typing import Annotated

import typer

from resolver.cli.console import ConsoleReporter

AsJson = Annotated[bool, typer.Option("--json", help="machine-readable output on stdout")]


def house_of(**overrides: object):  # type: ignore[no-untyped-def]  # noqa: ANN201 - House is imported lazily
    """The house by the settings and what the command line says otherwise."""
    from resolver import compose, settings

    values, _ = settings.load(overrides)
    return compose.House(values, reporter=ConsoleReporter(verbose=bool(overrides.get("verbose"))))


def table(rows: object, indent: int = 0) -> str:
    """A mapping as aligned lines, nested mappings indented."""
    if not isinstance(rows, dict):
        return str(rows)
    lines = []
    for key, value in rows.items():
        pad = " " * indent
        if isinstance(value, dict):
            lines += [f"{pad}{key}", table(value, indent + 2)]
        else:
            shown = f"{value:.4g}" if isinstance(value, float) else str(value)
            lines.append(f"{pad}{key:{max(28 - indent, 1)}} {shown}")
    return "\n".join(lines)
