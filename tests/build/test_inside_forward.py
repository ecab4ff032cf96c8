"""Forward calls that a framework of this environment can be asked for here."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import resolver.build


@pytest.fixture
def forward() -> ModuleType:
    path = Path(resolver.build.__file__).parent / "inside_forward.py"
    spec = importlib.util.spec_from_file_location("inside_forward", path)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(made)
    finally:
        sys.path.remove(str(path.parent))
    return made


@pytest.mark.parametrize("there", [True, False])
def test_a_booster_is_used_with_and_without_scikit_learn(forward: ModuleType, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    import lightgbm

    used: list[str] = []
    monkeypatch.setattr(lightgbm, "LGBMClassifier", lambda **_: used.append("class") or lightgbm.sklearn.LGBMClassifier(n_estimators=1))
    monkeypatch.setattr(forward, "has_sklearn", lambda: there)
    forward.forward_lightgbm()
    assert used == (["class"] if there else [])
