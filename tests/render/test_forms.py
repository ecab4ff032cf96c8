"""The forms of the Dockerfile: with and without BuildKit, from an index and from a folder; and what the linter says of each."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from resolver.core.errors import ResolverError
from resolver.core.target import Accelerator
from resolver.render.dockerfile import DockerfileRenderer
from tests.render.recorded import FLASK_37, resolution, weighing

SETS = {
    "wheels": FLASK_37,
    "large": (*FLASK_37, "numpy==1.21.6"),
    "sdist": ("pycocotools==2.0.0", "numpy==1.16.4"),
    "doubtful": ("termcolor==1.1.0",),
}
FORMS = list(itertools.product(SETS, (False, True), ("", "wheels")))


def text(name: str, classic: bool, wheelhouse: str) -> str:
    asked = weighing(resolution(SETS[name], system_packages=("libgl1",), accelerator=Accelerator(kind="cuda")), numpy=15 << 20)
    return DockerfileRenderer(classic=classic, wheelhouse=wheelhouse).render(asked)


@pytest.mark.parametrize(("name", "classic", "wheelhouse"), FORMS)
def test_every_form_is_clean_for_hadolint(name, classic, wheelhouse):
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, "--no-color", "-"], input=text(name, classic, wheelhouse), capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize(("name", "classic", "wheelhouse"), FORMS)
def test_what_holds_of_every_form(name, classic, wheelhouse):
    told = text(name, classic, wheelhouse)
    assert "--require-hashes" in told
    assert "syntax=" not in told
    assert "chown -R" not in told
    assert ("/tmp/large.txt" in told) == (name in ("large", "sdist") and not (classic and (wheelhouse or name == "sdist")))
    assert told.index("COPY requirements.lock") < told.index("COPY --chown" if not wheelhouse else "--chown=10001:10001")
    assert "\nUSER 10001:10001\n" in told
    assert ("--mount=" in told) is not classic
    if wheelhouse:
        assert "id=pipconf" not in told
        assert all("--no-index" in line for line in told.splitlines() if "pip install" in line and "-r requirements.lock" in line)


def test_a_folder_of_packages_stays_out_of_the_image():
    told = text("wheels", classic=True, wheelhouse="wheels")
    last = told[told.rindex("\nFROM ") :]
    assert "COPY wheels" not in last
    assert "COPY . " not in last
    assert "COPY --from=packages /usr/local /usr/local" in last
    assert "RUN rm -rf wheels" in told


@pytest.mark.parametrize("folder", ["../wheels", "a b", "/wheels", "$x", "-r", ".git/.."])
def test_a_strange_folder_of_packages_is_refused(folder):
    with pytest.raises(ResolverError):
        DockerfileRenderer(wheelhouse=folder)
