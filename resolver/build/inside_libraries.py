"""Which shared libraries the binaries of this environment need, and whether CUDA's load; see inside_probe.py."""

import ctypes
import os
import re
import subprocess
import time

SYSTEM_SONAMES = re.compile(r"^(ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv|nsl|crypt|anl)\.so.*|linux-vdso.*)$")
CUDA_SONAMES = re.compile(
    r"^lib(cublas|cudart|cudnn|cufft|cupti|curand|cusolver|cusparse|nccl|nvJitLink|nvToolsExt|nvblas|nvrtc|cutensor|nvjpeg|npp)"
)
DRIVER_SONAMES = re.compile(r"lib(cuda\.so|nvidia-|nvcuvid|nvoptix)")
OPTIONAL = re.compile(r"/cupy[^/]*/.*(cudnn|cutensor|nccl|nvtx)[^/]*$")
CUDNN_PARTS = re.compile(r"^libcudnn_\w+\.so\.\d+$")


def elf_needed(path):
    """DT_NEEDED entries of a 64-bit little-endian ELF file; empty for anything else."""
    import struct

    with open(path, "rb") as stream:
        head = stream.read(64)
        if head[:6] != b"\x7fELF\x02\x01":
            return []
        (offset,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        stream.seek(offset)
        table = stream.read(size * count)
        loads, dynamic = [], None
        for index in range(count):
            kind, _, at, address, _, length = struct.unpack_from("<IIQQQQ", table, index * size)
            if kind == 1:
                loads.append((address, at, length))
            elif kind == 2:
                dynamic = (at, length)
        if not dynamic:
            return []
        stream.seek(dynamic[0])
        entries = stream.read(min(dynamic[1], 1 << 16))
        names, strings, strings_size = [], 0, 0
        for index in range(len(entries) // 16):
            tag, value = struct.unpack_from("<qQ", entries, index * 16)
            if tag == 1:
                names.append(value)
            elif tag == 5:
                strings = value
            elif tag == 10:
                strings_size = value
            elif tag == 0:
                break
        for address, at, length in loads:
            if address <= strings < address + length:
                stream.seek(at + strings - address)
                text = stream.read(min(strings_size, 1 << 24))
                return [text[n : text.index(b"\0", n)].decode("ascii", "replace") for n in names if n < len(text)]
    return []


def needed_libraries(installed, seconds=15):
    """(distribution, file, soname) for every DT_NEEDED entry of every binary, as far as the time allows."""
    end = time.time() + seconds
    for name, files in installed.shared.items():
        for file in files:
            if time.time() > end:
                return
            try:
                sonames = elf_needed(file)
            except Exception:
                continue
            for soname in sonames:
                yield name, file, soname


def library_needs(installed):
    """(distribution, soname, found) for each shared library that a distribution's binaries need and no distribution bundles."""
    try:
        cache = subprocess.check_output(["/sbin/ldconfig", "-p"]).decode("utf-8", "replace")
    except Exception:
        cache = ""
    system = set(line.split()[0] for line in cache.splitlines()[1:] if line.strip())
    bundled = set(os.path.basename(f) for files in installed.shared.values() for f in files)
    rows = set()
    for name, _, soname in needed_libraries(installed):
        if soname not in bundled and not SYSTEM_SONAMES.match(soname) and not soname.startswith("libpython"):
            rows.add((name, soname, soname in system))
    return sorted(rows)


def cuda_libraries(installed):
    """(distribution, soname, own file or "") of the CUDA libraries that something here uses, the driver's own left out.

    They are the DT_NEEDED entries of every framework, what some open by name, and the parts of cuDNN, which it opens itself.
    """
    rows = {}
    for name, file, soname in needed_libraries(installed):
        if CUDA_SONAMES.match(soname) and not name.startswith("nvidia-") and not OPTIONAL.search(file):
            own = [f for f in installed.shared.get(name, ()) if os.path.basename(f) == soname]
            rows[(name, soname)] = own[0] if own else ""
    for name, files in installed.shared.items():
        if name.startswith("nvidia-cudnn"):
            rows.update(((name, os.path.basename(f)), f) for f in files if CUDNN_PARTS.match(os.path.basename(f)))
    for root, opens in (("tensorflow", tensorflow_opens), ("onnxruntime", onnxruntime_opens)):
        if root in installed.root_owner:
            rows.update(((installed.root_owner[root], soname), "") for soname in opens())
    return sorted((name, soname, own) for (name, soname), own in rows.items())


def tensorflow_opens():
    """What TensorFlow opens by name, by its own account of how it was built; its numbers are CUDA's, which differ by library."""
    from tensorflow.python.platform import build_info

    info = getattr(build_info, "build_info", {})
    numbers = [int(n) for n in str(info.get("cuda_version", "")).split(".") if n.isdigit()]
    if not numbers or numbers[0] < 11:
        return []
    major, minor = numbers[0], (numbers + [0])[1]
    fft, solver = (10, 11) if major == 11 else (11, 11)
    found = ["libcudart.so.11.0" if major == 11 else "libcudart.so.%d" % major, "libcudnn.so.%s" % info.get("cudnn_version", "8")]
    found += ["libcublas.so.%d" % major, "libcublasLt.so.%d" % major, "libcusparse.so.%d" % major]
    return found + ["libcufft.so.%d" % fft, "libcusolver.so.%d" % (10 if (major, minor) == (11, 0) else solver)]


def onnxruntime_opens():
    """What onnxruntime up to 1.15 opens by name when it is imported, of which it makes a note and says nothing."""
    import onnxruntime

    path = os.path.join(os.path.dirname(onnxruntime.__file__), "capi", "_ld_preload.py")
    if not os.path.exists(path):
        return []
    with open(path) as stream:
        return [n for n in re.findall(r'CDLL\("([^"]+)"', stream.read()) if CUDA_SONAMES.match(n)]


def load_library(soname, own=""):
    """Load as a framework would find it: what its import loaded already, else the loader's folders, else its own copy.

    Raises OSError; that nothing but the driver's own library was missing is no error.
    """
    with open("/proc/self/maps") as stream:
        if any(line.rstrip().endswith("/" + soname) for line in stream):
            return
    try:
        ctypes.CDLL(own or soname)
    except OSError as error:
        if not DRIVER_SONAMES.match(str(error)):
            raise
