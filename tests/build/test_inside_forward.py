"""Forward calls that a framework of this environment can be asked for here."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import resolver.build
from resolver.build import probe


@pytest.fixture
def forward() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(resolver.build.__file__).parent)
        yield importlib.import_module("inside_forward")
    for name in [n for n in sys.modules if n.startswith("inside_forward")]:
        del sys.modules[name]


def test_every_call_is_listed_and_every_file_travels(forward: ModuleType) -> None:
    parts = (forward.networks, forward.data, forward.around)
    written = {getattr(part, name) for part in parts for name in vars(part) if name.startswith("forward_")}
    assert {call for _, call, _ in forward.FORWARD} == written
    found = {path.name for path in Path(resolver.build.__file__).parent.glob("inside_forward*.py")}
    assert found <= set(probe.SCRIPTS)


@pytest.mark.parametrize("there", [True, False])
def test_a_booster_is_used_with_and_without_scikit_learn(forward: ModuleType, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    import lightgbm

    used: list[str] = []
    monkeypatch.setattr(lightgbm, "LGBMClassifier", lambda **_: used.append("class") or lightgbm.sklearn.LGBMClassifier(n_estimators=1))
    monkeypatch.setattr(forward.data, "has", lambda _: there)
    forward.data.forward_lightgbm()
    assert used == (["class"] if there else [])
