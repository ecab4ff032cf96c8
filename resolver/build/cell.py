"""The text of one cell of the crawl: a throw-away build that installs a set, probes it and exports the result alone."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Sequence

from resolver.core.native import AGAINST_TORCH, build_packages
from resolver.core.outcome import BuildSpec
from resolver.core.package import normalize

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_DEBIAN = re.compile(r"[a-z0-9][a-z0-9+.-]*")
_PYTHON = re.compile(r"3\.\d{1,2}")
_WORD = re.compile(r"[A-Za-z0-9._-]+")

Harvest = tuple[tuple[str, str], ...]
"""(name, text) of each file of a script that runs after the probe in the same environment as `script KNOWN OUT`: the first one is run,
the others lie beside it. Empty: nothing runs.
"""
HARVESTER = "inside_harvest.py"
"""The name under which the first one is laid into the cell."""

# Both run inside the build; they read everything that varies from files, so that no outside text is ever part of a command.
COMPILE = """\
set -u
export UV_CACHE_DIR=/uvcache UV_LINK_MODE=symlink UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=120 NO_COLOR=1
if [ -s /run/secrets/index ]; then UV_DEFAULT_INDEX=$(cat /run/secrets/index); export UV_DEFAULT_INDEX; fi
# Built wheels stay in the shared cache, where the cell finds them: the compiler itself is never in the environment that is probed.
uv() {
  timeout -k 10 "$(cat /cell/seconds)" /tools/uv pip install \\
    --python "$(command -v python)" --break-system-packages --no-config "$@" >>/built/log 2>&1
}
make() { uv --no-deps --target /built/site "$@"; made=$?; rm -rf /built/site; return $made; }
# One by one: what cannot be built at all must not take the others along.
while read -r pin; do
  make --build-constraint /cell/build-constraints.txt "$pin" && continue
  # A setup.py of before 2018 imports what it never declares; one release's tools are another's end, so several are tried.
  for tools in $(cat /cell/tools.txt); do
    uv "$tools" -r /cell/tools-of-set.txt && make --no-build-isolation "$pin" && break
  done
done </cell/built.txt
exit 0
"""
CELL = """\
set -u
mkdir -p /out
export UV_CACHE_DIR=/uvcache UV_LINK_MODE=symlink UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=120 NO_COLOR=1
if [ -s /run/secrets/index ]; then UV_DEFAULT_INDEX=$(cat /run/secrets/index); export UV_DEFAULT_INDEX; fi
cp -a /site/. "$1"
python=$(command -v python)
install() {
  pins=$1
  shift
  timeout -k 10 "$(cat /cell/seconds)" /tools/uv pip install \\
    --python "$python" --break-system-packages --no-config --no-deps "$@" -r "$pins"
}
code=0
if [ -s /cell/pins.txt ]; then
  install /cell/pins.txt --build-constraint /cell/build-constraints.txt >/out/install.log 2>&1
  code=$?
  if [ "$code" = 1 ] && grep -q 'Failed to parse metadata' /out/install.log; then
    # A release of before PEP 508 (`opencv-python>=3.`): uv refuses it, and the pip of its day, which the image has, does not.
    old=$(sed -n 's/.*Failed to [a-z ]*build `\\([A-Za-z0-9._=+-]*\\)`.*/\\1/p' /out/install.log | head -n 1)
    grep -v -x -F "$old" /cell/pins.txt >/tmp/pins.txt
    printf '%s\\n' "$old" >/tmp/old.txt
    PIP_CONSTRAINT=/cell/build-constraints.txt PIP_INDEX_URL=${UV_DEFAULT_INDEX-} \\
      "$python" -m pip install --no-deps --no-cache-dir --disable-pip-version-check -r /tmp/old.txt >/out/install.old.log 2>&1 &&
      install /tmp/pins.txt --build-constraint /cell/build-constraints.txt >/out/install.second.log 2>&1 &&
      code=0 && mv /out/install.second.log /out/install.log
  fi
  if [ "$code" = 1 ] && grep -qi 'build' /out/install.log; then
    install /cell/pins.txt >/out/install.second.log 2>&1 && code=0 && mv /out/install.second.log /out/install.log
  fi
fi
echo "$code" >/out/install.code
if [ "$code" = 0 ]; then
  unset UV_DEFAULT_INDEX
  for folder in "$1"/nvidia/*/lib; do [ -d "$folder" ] && echo "$folder"; done >/etc/ld.so.conf.d/nvidia-wheels.conf
  ldconfig
  python /cell/inside_bytecode.py restore /uvcache /uvcache/bytecode "$1" >/out/bytecode.log 2>&1
  python /cell/inside_probe.py /cell/spec.json /out/probe.jsonl >/out/probe.log 2>&1
  if [ -s /cell/inside_harvest.py ]; then
    timeout -k 5 180 python /cell/inside_harvest.py /cell/known.json /out/harvest.jsonl >/out/harvest.log 2>&1
  fi
  python /cell/inside_bytecode.py keep /uvcache /uvcache/bytecode "$1" >/out/bytecode.log 2>&1
fi
exit 0
"""


def cell_dockerfile(spec: BuildSpec, *, tools: str, cache_id: str, secret: bool = False, built: Sequence[str] = ()) -> str:
    """The text of a cell's build; system packages come before the pins in a layer that cells share. With `built` a stage of its own
    builds these source distributions into the shared cache first. Raises ValueError for a name that is no Debian package or no Python
    version.
    """
    if not _PYTHON.fullmatch(spec.target.python) or not _WORD.fullmatch(cache_id):
        raise ValueError(f"not a Python version or a cache name: {spec.target.python!r}, {cache_id!r}")
    update = "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"
    shared = [
        f"type=cache,id={cache_id},target=/uvcache",
        "type=bind,source=.,target=/cell",
        f"type=bind,from={tools},source=/,target=/tools",
        *(["type=secret,id=index"] if secret else []),
    ]
    lines = []
    if built:
        tools_of = " ".join(("build-essential", *build_packages(built)))
        lines += [f"FROM python:{spec.target.python}-slim AS compiler", f"RUN {update} {tools_of} && mkdir /built"]
        lines.append(f"RUN {_mounts(shared)} sh /cell/compile.sh")
    lines.append(f"FROM python:{spec.target.python}-slim AS cell")
    packages = sorted(set(spec.system_packages))
    if bad := [p for p in packages if not _DEBIAN.fullmatch(p)]:
        raise ValueError(f"not the name of a Debian package: {bad[0]!r}")
    if packages:
        lines.append(f"RUN {update} {' '.join(packages)} && rm -rf /var/lib/apt/lists/*")
    # Links and bytecode live in memory: the disk would take longer to forget them than to make them. What the image has in
    # that folder is copied there first, so that the environment is the one of the final image.
    site = f"/usr/local/lib/python{spec.target.python}/site-packages"
    mounts = [
        f"type=tmpfs,target={site}",
        f"type=bind,from=python:{spec.target.python}-slim,source={site},target=/site",
        *shared,
        *(["type=bind,from=compiler,source=/built,target=/built"] if built else []),  # the stage runs before this one
    ]
    lines += [f"RUN {_mounts(mounts)} sh /cell/cell.sh {site}", "FROM scratch", "COPY --from=cell /out /"]
    return "\n".join(lines) + "\n"


def harvest_files(harvest: Harvest) -> dict[str, str]:
    """The texts of a harvest's files by the names that they have in the cell."""
    return {HARVESTER if not place else name: text for place, (name, text) in enumerate(harvest)}


def _mounts(mounts: Iterable[str]) -> str:
    return " ".join(f"--mount={mount}" for mount in mounts)


def pins_text(spec: BuildSpec) -> str:
    """The pins as a requirements file. Raises ValueError for anything that is no plain name and version."""
    lines = []
    for pin in sorted(spec.pins):
        if not _NAME.fullmatch(pin.name) or not _VERSION.fullmatch(pin.version):
            raise ValueError(f"not a pin: {str(pin)!r}")
        lines.append(f"{pin.name}=={pin.version}\n")
    return "".join(lines)


def built_text(spec: BuildSpec, built: Collection[str]) -> str:
    """The pins of the distributions `built` from source, a line each."""
    return pins_text(dataclasses.replace(spec, pins=tuple(pin for pin in spec.pins if normalize(pin.name) in built)))


def build_constraints(spec: BuildSpec) -> str:
    """What builds source distributions: today's setuptools no longer runs yesterday's setup.py, and what is compiled against a newer
    NumPy than the set's does not import beside it.
    """
    bound = "setuptools<60" if int(spec.target.python.split(".")[1]) < 12 else "setuptools<72"
    own = next((f"numpy=={pin.version}\n" for pin in spec.pins if pin.name == "numpy"), "")
    return f"{bound}\n{_wheel(spec)}cython<3\n{own}"


def _wheel(spec: BuildSpec) -> str:
    """The last ones that take requirements of before PEP 508, but on Python 3.12."""
    return "wheel<0.40\n" if int(spec.target.python.split(".")[1]) < 12 else "wheel<0.45\n"


def setuptools_turns(python: str) -> str:
    """The turns of setuptools to try one after another, a line each: `Feature` left in 46, 2to3 in 58, the test command in 72."""
    number = int(python.split(".")[1])
    turns = [46, 58, 66] if number < 10 else [58, 66, 81] if number < 12 else [72, 81]
    return "".join(f"setuptools<{turn}\n" for turn in turns)


def tools_of_set(spec: BuildSpec, built: Collection[str] = ()) -> str:
    """What old setup.py files import: the set's own pins where it has them; PyTorch for those of `built` that compile against it."""
    found = {normalize(pin.name): f"{pin.name}=={pin.version}\n" for pin in spec.pins}
    names = ("numpy", "pybind11", "cffi", "scipy", "requests", "six", "pyyaml", *(["torch"] if AGAINST_TORCH & set(built) else []))
    return _wheel(spec) + found.get(normalize("cython"), "cython<3\n") + "".join(found.get(normalize(name), "") for name in names)
