"""Settings and where each came from: default, user file, environment, command line; the later wins."""

from __future__ import annotations

import dataclasses
import enum
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from resolver.core.errors import UsageError


class Source(enum.IntEnum):
    """Where a value came from; a higher one wins."""

    DEFAULT = 0
    FILE = 1
    ENVIRONMENT = 2
    COMMAND_LINE = 3


def user_folder(kind: str) -> Path:
    """The per-user folder for "cache", "data" or "config", by the XDG variables.

    Read here rather than through platformdirs' app names so that all three can be moved with one variable, RESOLVER_HOME.
    """
    home = os.environ.get("RESOLVER_HOME")
    if home:
        return Path(home) / kind
    import platformdirs

    folders = {
        "cache": platformdirs.user_cache_dir,
        "data": platformdirs.user_data_dir,
        "config": platformdirs.user_config_dir,
    }
    return Path(folders[kind]("resolver", appauthor=False))


def bundled(name: str) -> Path:
    """A file that travels with the program (snapshot, API timeline, ranker): inside the wheel, or in the checkout."""
    package = Path(__file__).parent
    inside = package / "bundled" / name
    if inside.exists():
        return inside
    top = package.parent
    return top / name if name.startswith("models") else top / "data" / "bundled" / name


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every value that can be set from outside. Paths are absolute or relative to the current folder."""

    store: str = dataclasses.field(default="", metadata={"help": "outcome store: a file or a database URL"})
    cache: str = dataclasses.field(default="", metadata={"help": "folder for downloaded index pages and metadata"})
    snapshot: str = dataclasses.field(default="", metadata={"help": "the index snapshot (SQLite file)"})
    timeline: str = dataclasses.field(default="", metadata={"help": "the API timeline (SQLite file)"})
    ranker: str = dataclasses.field(default="", metadata={"help": "folder of the champion ranker"})
    candidates: int = dataclasses.field(default=300, metadata={"help": "how many distinct sets are considered"})
    offline: bool = dataclasses.field(default=False, metadata={"help": "never touch the network"})
    lean: bool = dataclasses.field(default=True, metadata={"help": "without a graphics card take builds without CUDA where they exist"})
    cpu_index: str = dataclasses.field(default="", metadata={"help": "address of an index with +cpu builds of torch and its family"})
    builder: str = dataclasses.field(default="buildkit", metadata={"help": "buildkit or classic: what the Dockerfile may use"})
    wheelhouse: str = dataclasses.field(default="", metadata={"help": "folder beside the Dockerfile that all packages come from"})
    pin_base: bool = dataclasses.field(default=False, metadata={"help": "ask the registry for the base image's digest and pin it"})
    executor: str = dataclasses.field(default="docker", metadata={"help": "docker or venv"})
    build_seconds: int = dataclasses.field(default=1800, metadata={"help": "time limit of one build"})
    build_memory_mb: int = dataclasses.field(default=8000, metadata={"help": "memory limit of one build"})
    rest_seconds: float = dataclasses.field(default=60.0, metadata={"help": "time for importing what a set holds beside the direct needs"})
    disk_gb: int = dataclasses.field(default=25, metadata={"help": "bound on the build cache of a crawl"})
    tracking: str = dataclasses.field(default="", metadata={"help": "folder of the MLflow store"})
    pythons: str = dataclasses.field(default="", metadata={"help": "folders with interpreters for the venv executor, ':' between"})


def _defaults() -> dict[str, object]:
    return {
        "store": str(user_folder("data") / "outcomes.sqlite"),
        "cache": str(user_folder("cache")),
        "snapshot": str(bundled("snapshot.sqlite")),
        "timeline": str(bundled("apis.sqlite")),
        "ranker": str(bundled("models")),
        "tracking": str(user_folder("data") / "mlflow"),
    }


def _coerce(name: str, kind: type, value: object, where: str) -> object:
    if kind is bool:
        if isinstance(value, bool):
            return value
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
            "": False,
        }
        if str(value).lower() in words:
            return words[str(value).lower()]
        raise UsageError(f"setting `{name}` from {where}: {value!r} is neither true nor false", hint="use true or false")
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise UsageError(f"setting `{name}` from {where}: {value!r} is no {kind.__name__}") from None


_CHOICES = {"builder": ("buildkit", "classic"), "executor": ("docker", "venv")}


def _from_file(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path}: {problem}", hint="the settings file is TOML: name = value") from problem


def load(overrides: Mapping[str, object] | None = None) -> tuple[Settings, dict[str, tuple[Source, str]]]:
    """The settings in force and for each its source and the place it was read from.

    `overrides` are the command line's (None values are ignored). Environment variables are RESOLVER_<NAME>; the user file is
    config/config.toml. Raises UsageError on a value of the wrong kind or an unknown name in the file.
    """
    kinds = {f.name: type(f.default) for f in dataclasses.fields(Settings)}
    values: dict[str, object] = {f.name: f.default for f in dataclasses.fields(Settings)} | _defaults()
    came: dict[str, tuple[Source, str]] = dict.fromkeys(kinds, (Source.DEFAULT, "default"))
    config = user_folder("config") / "config.toml"
    layers: list[tuple[Source, str, Mapping[str, object]]] = [
        (Source.FILE, str(config), _from_file(config)),
        (
            Source.ENVIRONMENT,
            "environment",
            {k[9:].lower(): v for k, v in os.environ.items() if k.startswith("RESOLVER_") and k != "RESOLVER_HOME"},
        ),
        (Source.COMMAND_LINE, "command line", {k: v for k, v in (overrides or {}).items() if v is not None}),
    ]
    for source, where, given in layers:
        for name, value in given.items():
            if name not in kinds:
                if source is Source.FILE:
                    raise UsageError(f"{where}: no setting is called `{name}`", hint=f"settings: {', '.join(kinds)}")
                continue
            place = f"RESOLVER_{name.upper()}" if source is Source.ENVIRONMENT else where
            values[name] = _coerce(name, kinds[name], value, place)
            if values[name] not in _CHOICES.get(name, (values[name],)):
                raise UsageError(f"setting `{name}` from {place}: {value!r} is not one of {', '.join(_CHOICES[name])}")
            came[name] = (source, place)
    return Settings(**values), came  # type: ignore[arg-type]
