"""Read out of the wheels themselves which CUDA each release of a framework was built for, and write data/bundled/cuda.json.

    python scripts/cuda_builds.py [--out data/bundled/cuda.json] [--only NAME]

One wheel of each minor release is looked into by HTTP Range: a generated Python file where there is one (TensorFlow's build_info.py,
torch/version.py), else the ELF header of the library that calls CUDA (onnxruntime-gpu, cupy), which costs up to 300 MB a release.
What no file of a wheel says (TensorFlow before 2.2, and the least cuDNN) is TensorFlow's own table of tested builds, written below.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.version import Version

from resolver.build.inside_libraries import elf_needed
from resolver.core.package import normalize
from resolver.index.cache import Cache
from resolver.index.pages import Listed
from resolver.index.reading import RangedFile
from resolver.index.simple import LiveIndex, default_folder

STATED = {
    "tensorflow": "tensorflow/python/platform/build_info.py",
    "tensorflow-gpu": "tensorflow/python/platform/build_info.py",
    "torch": "torch/version.py",
    "onnxruntime-gpu": "onnxruntime/capi/build_and_package_info.py",
}
CALLERS = {
    "onnxruntime-gpu": re.compile(r"onnxruntime/capi/(libonnxruntime_providers_cuda\.so|onnxruntime_pybind11_state\.so)$"),
    **dict.fromkeys(("cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x"), re.compile(r"cupy.*/(?!cudnn|cutensor|nccl|nvtx)[^/]*\.so$")),
}
"""The libraries of a wheel that are linked to CUDA, without those that the framework can do without; of several all are read."""

PRELOAD = "onnxruntime/capi/_ld_preload.py"
"""Up to 1.15 the build takes CUDA out of the ELF header and opens it here."""

TESTED = {"1.13": "10.0", "1.14": "10.0", "1.15": "10.0", "2.0": "10.0", "2.1": "10.1", "2.2": "10.1"}
"""TensorFlow minor -> CUDA, by "Tested build configurations" of TensorFlow's page on building from source."""
CUDNN = ((Version("2.14"), "8.7"), (Version("2.12"), "8.6"), (Version("2.5"), "8.1"))
"""The least cuDNN from a TensorFlow version on (same page); a cuDNN older than the one compiled against is refused at run time."""

CUDA = re.compile(r"lib(cu|nv|nccl|npp)")
DRIVER = re.compile(r"lib(cuda\.so|nvcuvid|nvidia-)")


def minors(live: LiveIndex, name: str) -> Iterator[str]:
    """The last final release of each minor version that has a wheel for x86-64."""
    seen = set()
    for release in live.releases(normalize(name)):
        version = Version(release.version)
        wheels = [f for f in release.files if f.kind == "wheel" and any("x86_64" in tag for tag in f.tags)]
        if wheels and not version.is_prerelease and version.release[:2] not in seen and version >= Version("1.0"):
            seen.add(version.release[:2])
            yield release.version


def look(live: LiveIndex, name: str, version: str) -> dict[str, object] | None:
    """What one release's wheel says; None when it says nothing."""
    sources = live._package(normalize(name))[1][version].files  # noqa: SLF001 - the file addresses are no part of a release
    listed = next(f for f in sources if f.filename.endswith("x86_64.whl"))
    with zipfile.ZipFile(RangedFile(live._access, listed)) as wheel:  # noqa: SLF001
        stated = next((n for n in wheel.namelist() if name in STATED and n.endswith(STATED[name])), "")
        row = _stated(name, version, wheel.read(stated).decode() if stated else "")
        if name in CALLERS:
            callers = [i for i in wheel.infolist() if CALLERS[name].search(i.filename)]
            needs = {soname for info in callers for soname in _needed(live, listed, info)}
            if PRELOAD in wheel.namelist():
                needs |= set(re.findall(r'CDLL\("([^"]+)"', wheel.read(PRELOAD).decode()))
            row["needs"] = sorted(s for s in needs if CUDA.match(s) and not DRIVER.match(s))
            runtime = next((s for s in row["needs"] if s.startswith(("libcudart.so.", "libcublas.so."))), "")
            row.setdefault("cuda", runtime.partition(".so.")[2])
    return row if row.get("cuda") or row.get("is_cuda") is False else None


def _stated(name: str, version: str, text: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            values[ast.unparse(target)] = node.value.value
        elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant):
            values[str(node.elts[0].value)] = ast.literal_eval(node.elts[1])
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            values |= {str(key.value): ast.literal_eval(value) for key, value in pairs if isinstance(key, ast.Constant)}
    cuda = values.get("cuda") or values.get("cuda_version") or ""
    row: dict[str, object] = {}
    if name.startswith("tensorflow"):
        minor = ".".join(version.split(".")[:2])
        built = values.get("is_cuda_build", name == "tensorflow-gpu" or minor in ("1.15", "2.1"))
        row["is_cuda"] = built
        cuda = (cuda or TESTED.get(minor, "")) if built else ""
        least = next((cudnn for first, cudnn in CUDNN if Version(version) >= first), "")
        if built and least and Version(version) < Version("2.15"):
            row["cudnn"] = least
        if capabilities := values.get("cuda_compute_capabilities"):
            row["capabilities"] = capabilities
    if cuda:
        row["cuda"] = ".".join(str(cuda).split(".")[:2])
    return row


def _needed(live: LiveIndex, listed: Listed, info: zipfile.ZipInfo) -> list[str]:
    """The DT_NEEDED entries of one member, fetched as it lies in the archive."""
    start = info.header_offset
    header = live._access.get(listed.url, headers={"Range": f"bytes={start}-{start + 29}"}, limit=4096).body  # noqa: SLF001
    name, extra = struct.unpack_from("<HH", header, 26)
    first = start + 30 + name + extra
    wanted = f"bytes={first}-{first + info.compress_size - 1}"
    body = live._access.get(listed.url, headers={"Range": wanted}, limit=1 << 30).body  # noqa: SLF001
    content = zlib.decompress(body, -15) if info.compress_type == zipfile.ZIP_DEFLATED else body
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return list(elf_needed(file.name))


def _text(table: dict[str, dict[str, dict[str, object]]]) -> str:
    """One line a release, in the order of versions."""
    blocks = []
    for name in sorted(table):
        rows = sorted(table[name].items(), key=lambda row: Version(row[0]))
        lines = ",\n".join(f'  "{version}": {json.dumps(row, sort_keys=True)}' for version, row in rows)
        blocks.append(f' "{name}": {{\n{lines}\n }}')
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def main() -> None:
    """Read, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("data/bundled/cuda.json"))
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    table = json.loads(asked.out.read_text()) if asked.out.exists() else {}
    live = LiveIndex(cache=Cache(default_folder()))
    for name in dict.fromkeys((*STATED, *CALLERS)):
        if asked.only and asked.only != name:
            continue
        versions = list(minors(live, name))
        with ThreadPoolExecutor(2) as pool:
            rows = dict(zip(versions, pool.map(lambda v, n=name: look(live, n, v), versions), strict=True))
        table[name] = {v: {k: w for k, w in row.items() if k != "is_cuda"} for v, row in rows.items() if row is not None}
        print(name, len(table[name]), "of", len(versions), flush=True)
        asked.out.write_text(_text(table))


if __name__ == "__main__":
    main()
