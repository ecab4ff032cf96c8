"""The project's own Dockerfiles and lists of system packages: what they install, and what their base images bring."""

from __future__ import annotations

import re
from pathlib import Path

from resolver.core.errors import ProjectError
from resolver.core.project import Origin, OriginKind
from resolver.project.interpreter import is_ours
from resolver.project.reading import Reading, joined
from resolver.project.shell import Installs, apt_packages, heard, hearsay, installs, weak_bound
from resolver.project.text import is_own, read_text, relative

MAX_FILES = 6
MAX_FILE = 200_000
IMAGE_WEIGHT = 0.6
"""A bound on the interpreter out of what a system image brings: the author may have installed another one."""

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE)
_FRAMEWORK = re.compile(
    r"(?:^|/)(?:tensorflow/tensorflow|pytorch/pytorch|tensorflow/serving|huggingface/transformers-pytorch-gpu):v?(\d+\.\d+(?:\.\d+)?)"
)
_FRAMEWORKS = {"tensorflow/tensorflow": "tensorflow", "pytorch/pytorch": "torch"}
_SYSTEM = re.compile(r"(?:^|/|-)(ubuntu|debian):?([a-z0-9.]+)")
_SYSTEM_PYTHON = {
    "18.04": 6, "bionic": 6, "20.04": 8, "focal": 8, "22.04": 10, "jammy": 10, "24.04": 12, "noble": 12,
    "10": 7, "buster": 7, "11": 9, "bullseye": 9, "12": 11, "bookworm": 11, "13": 13, "trixie": 13,
}  # fmt: skip
"""The python3 of a distribution's release (minor number)."""
_SYSTEM_LISTS = ("packages.txt", "apt.txt", "Aptfile", "apt-packages.txt")
"""Lists of Debian packages by the conventions of hosts of demos and of Heroku."""


def read_dockerfiles(root: Path) -> tuple[Reading, Installs]:
    """Hearsay, system packages and weak bounds out of the project's Dockerfiles and package lists; and what their commands install,
    for a project that declares nothing. Files that this program wrote are no evidence. Never raises.
    """
    readings: list[Reading] = []
    pip: list[tuple[str, int]] = []
    files: list[tuple[str, int]] = []
    for path in dockerfiles(root):
        text = _text(path)
        if is_ours(text):
            continue
        shown = relative(path, root)
        found = installs(_shell(text))
        readings += [_images(text, shown, system=bool(found.apt)), heard(found, shown, weight=IMAGE_WEIGHT), apt_packages(found, shown)]
        pip += found.pip if not pip else ()
        files += found.files
    readings += [_listed(root / name) for name in _SYSTEM_LISTS if is_own(root / name, root)]
    return joined(readings), Installs(pip=tuple(pip), files=tuple(files))


def dockerfiles(root: Path) -> list[Path]:
    """The Dockerfiles at the usual places, the plain one at the root first."""
    found = [root / "Dockerfile", *sorted(root.glob("Dockerfile?*")), *sorted(root.glob("*.[Dd]ockerfile"))]
    found += [root / folder / "Dockerfile" for folder in ("docker", ".devcontainer", "deploy")]
    return [path for path in dict.fromkeys(found) if is_own(path, root)][:MAX_FILES]


def _text(path: Path) -> str:
    try:
        return read_text(path, MAX_FILE)
    except ProjectError:
        return ""


def _shell(text: str) -> str:
    """The lines with RUN taken off, so that line numbers stay; JSON forms (`RUN ["pip", "install", "x"]`) as words."""
    lines = []
    for line in text.split("\n"):
        bare = re.sub(r"^(\s*)(?:ONBUILD\s+)?RUN\s+(?:--\S+\s+)*", r"\1", line, flags=re.IGNORECASE)
        lines.append(re.sub(r'[\[\]",]+', " ", bare) if bare.lstrip().startswith('["') else bare)
    return "\n".join(lines)


def _images(text: str, shown: str, *, system: bool) -> Reading:
    readings = []
    for number, line in enumerate(text.split("\n"), start=1):
        image = _FROM.match(line)
        if not image:
            continue
        framework = _FRAMEWORK.search(image[1])
        name = next((name for start, name in _FRAMEWORKS.items() if start in image[1]), "")
        if framework and name:
            readings.append(hearsay(f"{name}=={_series(framework[1])}", shown, number))
        base = _SYSTEM.search(image[1])
        minor = _SYSTEM_PYTHON.get(base[2].split("-")[0]) if base else None
        if base and minor and system:
            reason = f"{base[1]} {base[2]} brings Python 3.{minor}"
            readings.append(weak_bound(f"==3.{minor}.*", reason, shown, number, IMAGE_WEIGHT))
    return joined(readings)


def _series(version: str) -> str:
    return version if version.count(".") >= 2 else f"{version}.*"


def _listed(path: Path) -> Reading:
    """A list of Debian packages, one a line (comments with #)."""
    found = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        name = line.split("#")[0].strip().split("=")[0]
        if re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name):
            found.append((name, Origin(kind=OriginKind.DECLARED, path=path.name, line=number)))
    return Reading(system=tuple(found))
