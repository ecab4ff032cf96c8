from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _plain_pip(monkeypatch):
    """pip's configuration of this machine must not reach the tests, nor a proxy the loopback."""
    for key in [key for key in os.environ if key.startswith("PIP_")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
