"""Whether builds can be tested here: under CI a missing engine is a failure, elsewhere a skip with the reason."""

import os

import pytest

from resolver.build import host
from resolver.core.errors import EngineUnavailable


def needs_engine() -> None:
    try:
        host.engine_version()
        host.buildkit_command()
    except EngineUnavailable as problem:
        if os.environ.get("CI"):
            pytest.fail(f"{problem} ({problem.hint})")
        pytest.skip(str(problem))
