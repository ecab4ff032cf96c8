#!/usr/bin/env python3
"""`resolve` beside pip-compile and `uv pip compile` on examples/keras-flask, interleaved in one run; prints ratios.

  .venv/bin/python benchmarks/resolve.py [--rounds 5] [--python 3.7]

Warm: everything each tool can cache is cached (uv with a cache-control override, so that its warm run is really warm).
Cold: an empty cache for each tool. pip-compile solves only for the interpreter it runs in, so it gets needs that have a set there
(keras==2.2.5 is left open for it): that favours it.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
EXAMPLE = HERE / "examples" / "keras-flask"
UV_TOML = '[[index]]\nurl = "{url}"\ndefault = true\ncache-control = {{ api = "max-age=6000", files = "max-age=365000000, immutable" }}\n'


def seconds(command: list[str], **environment: str) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    spent = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return spent


def peak_memory(command: list[str]) -> float:
    """Largest resident set of the command, in MB."""
    code = "import resource as r, subprocess as s, sys; s.run(sys.argv[1:], stdout=-3, stderr=-3); "
    code += "print(r.getrusage(r.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    return float(subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=300)
    args = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="bench-"))
    from resolver.index.pipconfig import PipAccess

    url = PipAccess().indexes[0]
    (scratch / "uv.toml").write_text(UV_TOML.format(url=url))
    out = scratch / "out"
    resolve = [str(BIN / "resolve"), str(EXAMPLE), "-o", str(out), "--force", "--quiet", "--candidates", str(args.candidates)]
    (scratch / "uv.in").write_text((EXAMPLE / "requirements.txt").read_text())
    (scratch / "pip.in").write_text((EXAMPLE / "requirements.txt").read_text().replace("keras==2.2.5", "keras"))
    uv = [str(BIN / "uv"), "pip", "compile", "-q", "--config-file", str(scratch / "uv.toml"), "--cache-dir", str(scratch / "uvcache")]
    uv += ["--python-version", "3.7", "--python-platform", "linux", "-p", sys.executable, str(scratch / "uv.in")]
    pip_compile = [
        str(BIN / "pip-compile"),
        "-q",
        "--cache-dir",
        str(scratch / "pipcache"),
        "-o",
        str(scratch / "pip.txt"),
        str(scratch / "pip.in"),
    ]
    cold = {"resolve": [], "uv": []}
    for _ in range(2):
        shutil.rmtree(scratch / "uvcache", ignore_errors=True)
        shutil.rmtree(scratch / "home", ignore_errors=True)
        cold["resolve"].append(seconds(resolve, RESOLVER_HOME=str(scratch / "home")))
        cold["uv"].append(seconds(uv))
    seconds(pip_compile)
    warm: dict[str, list[float]] = {"resolve": [], "uv": [], "pip-compile": []}
    for _ in range(args.rounds):
        warm["resolve"].append(seconds(resolve))
        warm["uv"].append(seconds(uv))
        (scratch / "pip.txt").unlink(missing_ok=True)
        warm["pip-compile"].append(seconds(pip_compile))
    help_time = [seconds([str(BIN / "resolve"), "--help"]) for _ in range(args.rounds)]
    import json

    considered = json.loads((out / "resolution.json").read_text())["candidates_considered"]
    middle = {name: statistics.median(times) for name, times in warm.items()}
    per_set = middle["resolve"] / considered
    print(f"considered sets               {considered}")
    for name, times in warm.items():
        print(f"warm {name:24} {middle[name]:.3f} s  (of {len(times)}: {min(times):.3f} to {max(times):.3f})")
    print(f"warm resolve / pip-compile    {middle['resolve'] / middle['pip-compile']:.3f}   (bar 0.5)")
    print(f"per set / warm uv             {per_set / middle['uv']:.3f}   (bar 0.1)")
    ours, theirs = min(cold["resolve"]), min(cold["uv"])
    print(f"cold resolve / cold uv        {ours / theirs:.3f}   (bar 2)   {ours:.2f} s, {theirs:.2f} s")
    print(f"peak memory                   {peak_memory(resolve):.0f} MB   (bar 500)")
    print(f"resolve --help                {statistics.median(help_time):.3f} s   (bar 0.3)")
    shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
