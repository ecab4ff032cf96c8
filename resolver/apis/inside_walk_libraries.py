"""Which shared libraries the binaries of a distribution need; see inside_walk.py."""

import os
import re
import struct

LIBC = re.compile(r"^(libc|libm|libpthread|libdl|librt|libutil|ld-linux.*|linux-vdso)\.so")


def elf_needed(path):
    """DT_NEEDED entries of a little-endian ELF64 file; empty for anything else."""
    with open(path, "rb") as f:
        head = f.read(64)
        if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
            return []
        (offset,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        f.seek(offset)
        table = f.read(size * count)
        loads, dynamic = [], None
        for i in range(count):
            kind, _, at, virtual, _, length, _, _ = struct.unpack_from("<IIQQQQQQ", table, i * size)
            if kind == 1:
                loads.append((virtual, at, length))
            elif kind == 2:
                dynamic = (at, length)
        if not dynamic:
            return []
        f.seek(dynamic[0])
        body = f.read(dynamic[1])
        needed, strings, strings_size = [], None, 0
        for i in range(0, len(body) - 15, 16):
            tag, value = struct.unpack_from("<qQ", body, i)
            if tag == 0:
                break
            if tag == 1:
                needed.append(value)
            elif tag == 5:
                strings = value
            elif tag == 10:
                strings_size = value
        where = [at + strings - virtual for virtual, at, length in loads if strings is not None and virtual <= strings < virtual + length]
        if not where:
            return []
        f.seek(where[0])
        text = f.read(min(strings_size, 50000000))
    return [text[n : text.index(b"\0", n)].decode("ascii", "replace") for n in needed if n < len(text)]


def libraries(base, files):
    shared = [p for p in files if re.search(r"\.so(\.[0-9.]+)?$", p)]
    bundled = set(os.path.basename(p) for p in shared)
    found = {}
    for path in shared:
        try:
            names = elf_needed(os.path.join(base, path))
        except (OSError, ValueError, struct.error):
            continue
        for name in names:
            if name not in bundled and not LIBC.match(name):
                found.setdefault(name, []).append(path)
    return dict((k, sorted(v)[:5]) for k, v in sorted(found.items()))
