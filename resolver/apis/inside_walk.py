"""Walks installed distributions and writes what each of them offers and uses, one JSON line per distribution.

    python inside_walk.py KNOWN.json OUT.jsonl [SECONDS]     every installed distribution that KNOWN ("name==version") lacks
    python inside_walk.py --stdlib OUT.jsonl                 the standard library, as distribution "python"
    python inside_walk.py --static FOLDER OUT.jsonl          distributions unpacked in FOLDER, read only, nothing imported

Runs inside the environment that is walked: standard library only, CPython 3.6 to 3.13; the inside_walk_*.py lie beside it. Each
distribution is walked in a child process, so that one that crashes, hangs or exits harms nobody; what it knew until then is kept.

A line: name, version, python, modules (paths on disk), names {module: "public names"} ("*" among them: more may exist),
alias {module.attribute: module it really is}, classes {module.Class: "members" or "=module.Class"}, takes {root: [dotted]}
(":" in front: not needed to import the distribution itself), needed {soname: [files]}, pb2, static, failed; where nothing is
imported also inner {module: [roots of others that importing it needs and importing the distribution does not]} and loaded, the
paths of the sources that importing the distribution runs.
"""

import gc
import io
import json
import os
import re
import signal
import sys
import time

# Processor seconds of this process: on a busy machine as much is read as on an idle one.
from time import process_time as now

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)  # where it is with `python -I`, too

from inside_walk_files import distributions, files_of, modules_of, read
from inside_walk_libraries import libraries
from inside_walk_live import MAX_NAMES, MAX_TOTAL, Live, joined, quietly, to_import
from inside_walk_names import Static
from inside_walk_stdlib import walk_stdlib
from inside_walk_takes import inner_takes, static_core, takes_of

EACH = 60.0


def top_imports(modules):
    roots = sorted(set(m.split(".")[0] for m in modules))
    chosen = []
    for root in roots:
        if root in modules:
            if not root.startswith("_") and not re.match(r"^(tests?|docs?|examples?|setup|benchmarks?|scripts?|tools?|conftest)$", root):
                chosen.append(root)
        else:  # a namespace: its packages one and two floors down
            second = sorted(m for m in modules if m.startswith(root + ".") and m.count(".") == 1)
            third = sorted(m for m in modules if m.startswith(root + ".") and m.count(".") == 2 and m.rpartition(".")[0] not in modules)
            chosen.extend(m for m in (second or third) if "._" not in m)
    return roots, chosen


def walk(name, version, base, info, put, span, importing=True):
    files = files_of(base, info)
    modules = modules_of(files)
    roots, tops = top_imports(modules)
    own = set(r if r in modules else m for r in roots for m in ([r] if r in modules else tops) if m.split(".")[0] == r)
    own_roots = set(r for r in roots if r in modules)
    row = {
        "name": name,
        "version": version,
        "python": "%d.%d" % sys.version_info[:2],
        "modules": sorted(modules),
        "names": {},
        "alias": {},
        "classes": {},
        "takes": {},
        "needed": libraries(base, files),
        "pb2": any(p.endswith("_pb2.py") for p in files),
        "static": not importing,
        "failed": "",
    }
    put(row)
    start = now()
    core, live = set(), Live(own)
    if importing:
        failed = [(t, why) for t, why in ((t, quietly(t)) for t in tops[:40]) if why]
        core = set(m for m in modules if m in sys.modules)
        if failed:
            row["failed"] = "%s: %s" % failed[0]
            row["static"] = len(failed) == len(tops)
        live.walk(start + span * 0.4)
        row["names"] = joined(live.names)
        row["takes"] = takes_of(base, modules, core, (), own_roots | own, start + span * 0.6)
        put(row)
        small = len(modules) <= 300
        if not row["static"]:
            for sub in to_import(modules, small):
                if now() > start + span * 0.55:
                    break
                if sub not in sys.modules:
                    quietly(sub)
            before, live = live, Live(own)
            live.walk(start + span * 0.65)
            for m, n in before.names.items():
                live.names.setdefault(m, n)
            live.members(start + span * 0.7)
        row["names"], row["alias"], row["classes"] = joined(live.names), live.alias, live.classes
    more = set(m for m in modules if m in sys.modules) - core
    if row["static"]:
        core, more = static_core(base, modules, tops), set()
        row["loaded"] = sorted(set(modules[m] for m in core if modules[m].endswith(".py")))
        row["inner"] = inner_takes(base, modules, core, own_roots | own, start + span * 0.2)
    row["takes"] = takes_of(base, modules, core, more, own_roots | own, start + span * 0.8)
    put(row)
    reader = Static(base, modules, live.names)
    for module in sorted(modules, key=lambda m: (m.count("."), m)):
        if now() > start + span * 0.95 or live.total > MAX_TOTAL:
            break
        if module in live.names or not live.wanted(module):
            continue
        found = reader.names(module)
        if found is not None and len(found) <= MAX_NAMES:
            row["names"][module] = " ".join(sorted(found))
            live.total += len(found)
    put(row)


def child(part, work):
    """Runs in the forked process; every `put` replaces the file, so the last complete one survives a kill."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    gc.disable()  # walking makes no garbage worth a pause; finalizers of half-imported modules crash
    sys.setrecursionlimit(5000)

    def put(row):
        with io.open(part + ".new", "w", encoding="utf-8") as f:
            f.write(json.dumps(row, separators=(",", ":"), sort_keys=True))
        os.rename(part + ".new", part)

    try:
        work(put)
    except BaseException:  # noqa
        pass


def supervised(out, limit, work):
    """Fork, wait at most `limit` seconds, keep what the child left."""
    part = out + ".part"
    for stale in (part, part + ".new"):
        if os.path.exists(stale):
            os.remove(stale)
    pid = os.fork()
    if pid == 0:
        try:
            child(part, work)
        finally:
            os._exit(0)
    end = time.time() + limit
    while True:
        done, _ = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.time() > end:
            for kill in (os.killpg, os.kill):
                try:
                    kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            os.waitpid(pid, 0)
            break
        time.sleep(0.02)
    if os.path.exists(part):
        with io.open(out, "a", encoding="utf-8") as f:
            f.write(read(part, 1 << 30) + "\n")
        os.remove(part)


def environment():
    for key, value in (
        ("MPLBACKEND", "Agg"),
        ("TF_CPP_MIN_LOG_LEVEL", "3"),
        ("CUDA_VISIBLE_DEVICES", ""),
        ("HF_HUB_OFFLINE", "1"),
        ("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "tensorflow")),
        ("TQDM_DISABLE", "1"),
        ("WANDB_MODE", "disabled"),
        ("OMP_NUM_THREADS", "1"),
        ("QT_QPA_PLATFORM", "offscreen"),
        ("SDL_VIDEODRIVER", "dummy"),
        ("HOME", "/tmp"),
    ):
        os.environ[key] = value


def hide():
    """What is walked neither imports this walk's own files nor finds them in memory."""
    sys.path[:] = [p for p in sys.path if p and os.path.abspath(p) != HERE]
    for name in [n for n in sys.modules if n.startswith("inside_walk_")]:
        del sys.modules[name]


def walk_installed(known, out, seconds):
    end = time.time() + seconds
    for name, (version, base, info) in sorted(distributions(sys.path).items()):
        left = min(EACH * 4, end - time.time())
        if left < 1:
            break
        if "%s==%s" % (name, version) in known:
            continue
        supervised(out, left, lambda put: walk(name, version, base, info, put, min(EACH, left)))  # noqa: B023


def walk_unpacked(folder, out):
    for name, (version, base, info) in sorted(distributions([folder]).items()):
        supervised(out, 300, lambda put: walk(name, version, base, info, put, 290, importing=False))  # noqa: B023


def main(argv):
    environment()
    hide()
    if argv[0] == "--stdlib":
        supervised(argv[1], 300, walk_stdlib)
    elif argv[0] == "--static":
        walk_unpacked(argv[1], argv[2])
    else:
        with io.open(argv[0], encoding="utf-8") as f:
            known = set(json.load(f))
        walk_installed(known, argv[1], float(argv[2]) if len(argv) > 2 else 600.0)


if __name__ == "__main__":
    main(sys.argv[1:])
