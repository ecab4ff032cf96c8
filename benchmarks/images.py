#!/usr/bin/env python3
"""Images that `resolve` writes beside the Dockerfile that people write, project by project: size, and time to build cold and again.

  .venv/bin/python benchmarks/images.py --out work/images.jsonl [--only NAME]

People's: `FROM python:X-slim`, `COPY . .`, `RUN pip install -r requirements.txt`, with the Python that `resolve` chose and with the
versions of its lock: on versions of its own half of the projects would not install, and the sizes would be those of other programs.
Cold: no layer and no download is there (a cache of their own for our cache mounts). Warm: a changed source file; one more
requirement. Both sides of a pair are built one after the other; base images are not counted as downloads. Only python:X-slim exists on
the machine that this was written on, and both sides use it: beside `FROM python` (some 1 GB) every ratio of sizes would be smaller.
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
MORE = "tabulate==0.8.10"
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


def project(name: str, folder: Path) -> None:
    """The project's files in a fresh folder."""
    if name in MADE:
        folder.mkdir()
        (folder / "requirements.txt").write_text(MADE[name][0])
        (folder / "app.py").write_text(MADE[name][1])
    else:
        shutil.copytree(HERE / "examples" / name, folder)


def resolve(folder: Path, out: Path) -> dict:
    """Our files in `out`, beside the project's own."""
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


def people(folder: Path, out: Path, told: dict, full: bool) -> None:
    """The Dockerfile that people write, for the same Python, versions and Debian packages."""
    shutil.copytree(folder, out, dirs_exist_ok=True)
    # What our lock takes for tensorflow is people's tensorflow.
    pins = [f"{name.replace('tensorflow-cpu', 'tensorflow')}=={version}\n" for name, version in told["pins"].items()]
    (out / "requirements.txt").write_text("".join(pins))
    packages = " ".join(told["system_packages"])
    apt = f"RUN apt-get update && apt-get install -y {packages}\n" if packages else ""
    compiler = "RUN apt-get update && apt-get install -y build-essential\nRUN pip install cython numpy\n" if told.get("build_tools") else ""
    image = f"python:{told['python']}{'' if full else '-slim'}"
    (out / "Dockerfile").write_text(
        f"FROM {image}\n{apt}{compiler}WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD python app.py\n"
    )


def build(folder: Path, tag: str, *, cold: bool = False) -> float:
    """Seconds of one build."""
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


def measured(name: str, scratch: Path, full: bool) -> dict:
    """One row: both sides, cold, after a changed source file, after one more requirement."""
    source = scratch / "project"
    project(name, source)
    sides = {"ours": scratch / "ours", "theirs": scratch / "theirs"}
    told = resolve(source, sides["ours"])
    people(source, sides["theirs"], told, full)
    row: dict = {"project": name, "python": told["python"], "packages": len(told["pins"]), "base": told["base_image"]}
    tags = {side: f"resolver-bench-{side}:{scratch.name[-8:].lower().replace('_', '0')}" for side in sides}
    try:
        for side, folder in sides.items():
            row[f"{side}_cold"] = build(folder, tags[side], cold=True)
            row[f"{side}_mb"] = size(tags[side])
        for folder in sides.values():
            (folder / "notes.txt").write_text("changed\n")
        for side, folder in sides.items():
            row[f"{side}_source"] = build(folder, tags[side])
        (source / "requirements.txt").write_text((source / "requirements.txt").read_text() + MORE + "\n") if name in MADE else None
        if name in MADE:
            told = resolve(source, sides["ours"])
            people(source, sides["theirs"], told, full)
            for side, folder in sides.items():
                row[f"{side}_requirement"] = build(folder, tags[side])
    finally:
        subprocess.run(["docker", "rmi", "-f", *tags.values()], capture_output=True, check=False)
    for what in ("mb", "cold", "source", "requirement"):
        if row.get(f"theirs_{what}"):
            row[f"ratio_{what}"] = round(row[f"ours_{what}"] / row[f"theirs_{what}"], 2)
    row["load"] = os.getloadavg()[0]
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--full", action="store_true", help="beside python:X instead of python:X-slim, where that image is there")
    asked = parser.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    for name in (*MADE, *EXAMPLES):
        if not re.search(asked.only, name):
            continue
        with tempfile.TemporaryDirectory(prefix="resolver-images-") as scratch:
            row = measured(name, Path(scratch), asked.full)
        with asked.out.open("a") as stream:
            stream.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
