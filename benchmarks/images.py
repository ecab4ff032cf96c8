#!/usr/bin/env python3
"""Images that `resolve` writes beside the Dockerfile that people write, project by project: size, and time to build cold and again.

  .venv/bin/python benchmarks/images.py --out work/images.jsonl [--only NAME] [--full-mb MEGABYTES]

People's: `FROM python:X-slim`, `COPY . .`, `RUN pip install -r requirements.txt`, with the Python that `resolve` chose and with the
versions of its lock: on versions of its own half of the projects would not install, and the sizes would be those of other programs.
Cold: no layer and no download is there (a cache of their own for our cache mounts). Warm: a changed source file; one more
requirement, resolved into the same folder, so that the lock that is there stays. Both sides of a pair are built one after the other;
base images are not counted as downloads. Only python:X-slim exists on the machine that this was written on, and both sides use it. What
an image is larger by on the full `python:X` is the same for every project: `--full-mb` adds it to people's (`--make-full` measures it,
from the packages that the official image installs).
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from resolver.build.host import buildkit_command

HERE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MORE = "tabulate"
WHOLE = 200
"""A search of fewer sets than this was cut short by the clock (`flows.consider.ENOUGH_SECONDS`), and answers otherwise."""
FLASK = "from flask import Flask\napp = Flask(__name__)\n\n@app.route('/')\ndef index():\n    return 'ok'\n\napp.run('0.0.0.0', 5000)\n"

MADE: dict[str, tuple[str, str]] = {
    "flask-alone": ("flask==2.0.3\n", FLASK),
    "opencv-flask": ("flask\nopencv-python==4.5.5.64\nnumpy\npillow\n", "import cv2\nimport PIL\n" + FLASK),
    "tf2-flask": ("tensorflow==2.10.*\nflask\npillow\n", "import tensorflow\n" + FLASK),
    "lightgbm-flask": ("lightgbm==3.3.5\nscikit-learn\npandas\nflask\n", "import lightgbm, pandas\n" + FLASK),
    "sdist-flask": ("flask\npycocotools==2.0.2\nnumpy\n", "import pycocotools.mask\n" + FLASK),
}
"""Small projects made here: requirements and app.py."""
EXAMPLES = ("keras-flask", "sklearn-flask", "onnx-service")
FULL = (
    "autoconf automake bzip2 ca-certificates curl default-libmysqlclient-dev dpkg-dev file g++ gcc git gnupg imagemagick libbluetooth-dev"
    " libbz2-dev libc6-dev libcurl4-openssl-dev libdb-dev libevent-dev libffi-dev libgdbm-dev libglib2.0-dev libgmp-dev libjpeg-dev"
    " libkrb5-dev liblzma-dev libmagickcore-dev libmagickwand-dev libmaxminddb-dev libncurses5-dev libncursesw5-dev libpng-dev libpq-dev"
    " libreadline-dev libsqlite3-dev libssl-dev libtool libwebp-dev libxml2-dev libxslt1-dev libyaml-dev make mercurial netbase"
    " openssh-client patch procps sq subversion tk-dev tzdata unzip uuid-dev wget xz-utils zlib1g-dev"
)
"""What the official python:X installs beside python:X-slim (buildpack-deps:bookworm and the image's own lines)."""


def project(name: str, folder: Path) -> None:
    """The project's files in a fresh folder."""
    if name in MADE:
        folder.mkdir()
        (folder / "requirements.txt").write_text(MADE[name][0])
        (folder / "app.py").write_text(MADE[name][1])
    else:
        shutil.copytree(HERE / "examples" / name, folder)


def resolve(folder: Path, out: Path, *, whole: int = 0) -> dict:
    """Our files in `out`, beside the project's own; again, twice at most, when a busy machine let it consider fewer than `whole` sets."""
    for _ in range(3):
        told = resolved(folder, out)
        if told["candidates_considered"] >= whole:
            break
    return told


def resolved(folder: Path, out: Path) -> dict:
    """One run of it."""
    shutil.copytree(folder, out, dirs_exist_ok=True)
    environment = {**os.environ, "RESOLVER_STORE": str(out.parent / "store.sqlite")}
    command = [str(BIN / "resolve"), str(out), "--force", "-q", "--json"]
    if not list(folder.glob("*.py")):
        command.append("--serve")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    # The mounts get a cache of this run alone.
    text = (out / "Dockerfile").read_text()
    (out / "Dockerfile").write_text(text.replace("target=/root/.cache/pip", f"id={out.parent.name},target=/root/.cache/pip"))
    return json.loads(done.stdout)


def people(folder: Path, out: Path, told: dict, *, compiler: bool = False) -> None:
    """The Dockerfile that people write, for the same Python, the versions of our lock and the Debian packages that those need; with gcc
    and what compiled sources are built against where it does not build without.
    """
    shutil.copytree(folder, out, dirs_exist_ok=True)
    # What our lock takes for tensorflow is people's tensorflow; their OpenCV opens windows and needs the libraries for it.
    windows = any(name.startswith("opencv") and name.endswith("-headless") for name in told["pins"])
    names = {name: re.sub(r"^tensorflow-cpu$|^xgboost-cpu$", lambda m: m[0][:-4], name.removesuffix("-headless")) for name in told["pins"]}
    pins = [f"{names[name]}=={version}\n" for name, version in told["pins"].items()]
    (out / "requirements.txt").write_text("".join(pins))
    packages = " ".join(sorted({*told["system_packages"], *(("libgl1", "libglib2.0-0") if windows else ())}))
    apt = installing(packages) if packages else ""
    if compiler:
        apt += f"{installing('build-essential')}RUN pip install cython numpy\n"
    project = "WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD python app.py\n"
    (out / "Dockerfile").write_text(f"FROM python:{told['python']}-slim\n{apt}{project}")


def installing(packages: str, options: str = "") -> str:
    """A line that installs Debian packages. The official images clean apt's folder by themselves; stand-ins may not."""
    return f"RUN apt-get update && apt-get install -y {options} {packages} && apt-get clean\n"


def builds(folder: Path, tag: str) -> bool:
    """Whether an image builds at all; the image is removed, its layers stay in the engine's cache."""
    command = [str(buildkit_command()), "build", "-q", "-t", tag, str(folder)]
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "DOCKER_BUILDKIT": "1"})
    subprocess.run(["docker", "rmi", "-f", tag], capture_output=True, check=False)
    return done.returncode == 0


def build(folder: Path, tag: str, *, cold: bool = False) -> float:
    """Seconds of one build; what had the tag before is removed."""
    subprocess.run(["docker", "rmi", "-f", tag], capture_output=True, check=False)  # its layers stay in the engine's cache
    command = [str(buildkit_command()), "build", "-q", "-t", tag, *(["--no-cache"] if cold else []), str(folder)]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "DOCKER_BUILDKIT": "1"})
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return round(time.perf_counter() - started, 1)


def size(tag: str) -> float:
    """Megabytes of an image, all layers."""
    done = subprocess.run(["docker", "image", "inspect", "-f", "{{.Size}}", tag], capture_output=True, text=True, check=False)
    return round(int(done.stdout or 0) / 1e6, 1)


def larger() -> float:
    """Megabytes that the full official image is larger by than the slim one."""
    text = f"FROM python:3.9-slim\n{installing(FULL, '--no-install-recommends')}"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Dockerfile").write_text(text)
        build(Path(folder), "resolver-bench-full")
    try:
        return round(size("resolver-bench-full") - size("python:3.9-slim"), 1)
    finally:
        subprocess.run(["docker", "rmi", "-f", "resolver-bench-full"], capture_output=True, check=False)


def measured(name: str, scratch: Path, full_mb: float) -> dict:
    """One row: both sides, cold, after a changed source file, after one more requirement."""
    source = scratch / "project"
    project(name, source)
    sides = {"ours": scratch / "ours", "theirs": scratch / "theirs"}
    told = resolve(source, sides["ours"], whole=WHOLE)
    people(source, sides["theirs"], told)
    compiler = bool(told["build_tools"]) and not builds(sides["theirs"], f"resolver-bench-plain:{os.getpid()}")
    people(source, sides["theirs"], told, compiler=compiler)
    row: dict = {"project": name, "python": told["python"], "packages": len(told["pins"]), "base": told["base_image"]}
    row |= {"debian": told["system_packages"], "compiler": compiler}
    tags = {side: f"resolver-bench-{side}:{scratch.name[-8:].lower().replace('_', '0')}" for side in sides}
    row["load"] = [round(os.getloadavg()[0], 1)]

    def both(what: str, *, cold: bool = False) -> None:
        for side, folder in sides.items():
            row[f"{side}_{what}"] = build(folder, tags[side], cold=cold)
        row["load"].append(round(os.getloadavg()[0], 1))

    try:
        both("cold", cold=True)
        for side in sides:
            row[f"{side}_mb"] = size(tags[side])
        for folder in sides.values():
            (folder / "notes.txt").write_text("changed\n")
        both("source")
        with (source / "requirements.txt").open("a") as stream:
            stream.write(f"{MORE}\n")
        before = told["pins"]
        told = resolve(source, sides["ours"], whole=WHOLE)
        people(source, sides["theirs"], told, compiler=compiler)
        row["pins_changed"] = len(told["pins"].items() - before.items())
        both("requirement")
    finally:
        subprocess.run(["docker", "rmi", "-f", *tags.values()], capture_output=True, check=False)
    if full_mb:
        row["theirs_full_mb"] = round(row["theirs_mb"] + full_mb, 1)
        row["ratio_full_mb"] = round(row["ours_mb"] / row["theirs_full_mb"], 2)
    for what in ("mb", "cold", "source", "requirement"):
        row[f"ratio_{what}"] = round(row[f"ours_{what}"] / row[f"theirs_{what}"], 2)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--full-mb", type=float, default=0.0, help="what the full image is larger by than the slim one")
    parser.add_argument("--make-full", action="store_true", help="measure that, print it and end")
    asked = parser.parse_args()
    if asked.make_full or not asked.out:
        print(larger())
        return
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    for name in (*MADE, *EXAMPLES):
        if not re.search(asked.only, name):
            continue
        with tempfile.TemporaryDirectory(prefix="resolver-images-") as scratch:
            row = measured(name, Path(scratch), asked.full_mb)
        with asked.out.open("a") as stream:
            stream.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
