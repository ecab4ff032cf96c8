"""Runs inside a built environment and tells what works there; standard library only, CPython 3.6 to 3.13.

    python inside_probe.py SPEC.json RESULT.jsonl

SPEC: {"imports": [...], "names": [...], "distributions": [...], "forward": true, "cuda": false, "item_seconds": 240,
       "rest_seconds": 60, "total_seconds": 600, "memory_mb": 8000,
       "folders": [...] (optional: where distributions are looked for)}
RESULT, one JSON object a line:
    {"kind": "environment", "python": "3.7.16", "installed": [["numpy", "1.16.4"], ...], "needs": [[dist, soname, found], ...]}
    {"kind": "begin", "item": "import", "what": "import numpy"}
    {"kind": "end", "item": ..., "what": ..., "ok": true, "seconds": 0.1, "errors": [...], "stderr": "..."}
    {"kind": "edges", "working": [[importer, provider], ...]}
    {"kind": "finished"}

Everything is tried in one process, as a real program would; when that process dies (signal, exit, silence, memory) the item
that was running gets the blame and a new process goes on after it. Items: "import" (statements), "name" (dotted names),
"distribution" (direct needs), "forward" (one real call per framework), "cuda" (a framework was built with it), "library" (a CUDA library loads), "rest" (what else is installed).
"""

import json
import os
import re
import subprocess
import sys
import time

from inside_cuda import cuda_checks
from inside_errors import tell_error
from inside_forward import FORWARD
from inside_installed import SKIPPED_REST, Installed, normalize, site_folders
from inside_libraries import cuda_libraries, library_needs, load_library

SELF = os.path.abspath(__file__)
RESTARTS = 6


class Worker(object):
    def __init__(self, spec, result):
        self.spec, self.path = spec, result
        self.done = {}
        for row in read_rows(result):
            if row.get("kind") == "end":
                self.done[(row["item"], row["what"])] = row["ok"]
        self.out = open(result, "a", encoding="utf-8")
        self.installed = Installed(site_folders(spec.get("folders")))
        self.stderr = open(result + ".stderr", "ab+")
        os.dup2(self.stderr.fileno(), 2)
        os.dup2(self.stderr.fileno(), 1)
        import faulthandler

        self.crash = open(result + ".crash", "w")
        faulthandler.enable(file=self.crash, all_threads=False)

    def put(self, row):
        self.out.write(json.dumps(row) + "\n")
        self.out.flush()

    def attempt(self, item, what, action):
        """Try one item and write down what happened; an item that an earlier process finished is repeated only for its effect."""
        if (item, what) in self.done:
            if self.done[(item, what)] and item in ("import", "distribution"):
                try:
                    action()
                except BaseException:
                    pass
            return
        self.put({"kind": "begin", "item": item, "what": what})
        at, start = self.stderr.seek(0, 2), time.time()
        errors = []
        try:
            action()
        except BaseException as error:
            errors = tell_error(error, self.installed)
        row = {"kind": "end", "item": item, "what": what, "ok": not errors, "seconds": round(time.time() - start, 3)}
        if errors:
            row["errors"] = errors
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            except Exception:
                pass
            self.stderr.seek(at)
            row["stderr"] = self.stderr.read()[-3000:].decode("utf-8", "replace")
        self.put(row)

    def run(self):
        import importlib

        namespace = {}
        spec, installed = self.spec, self.installed
        if not self.done and not any(r.get("kind") == "environment" for r in read_rows(self.path)):
            self.put(
                {
                    "kind": "environment",
                    "python": sys.version.split()[0],
                    "installed": sorted(installed.version.items()),
                    "roots": sorted((r, n) for r, n in installed.root_owner.items() if r.count(".") < 3),
                    "needs": library_needs(installed),
                }
            )
        for statement in spec.get("imports", []):
            self.attempt("import", statement, lambda s=statement: exec(s, namespace))
        for dotted in spec.get("names", []):
            self.attempt("name", dotted, lambda d=dotted: resolve_name(d))
        direct = [normalize(d) for d in spec.get("distributions", [])]
        for name in direct:
            self.attempt("distribution", name, lambda n=name: import_distribution(n, installed))
        if spec.get("forward", True):
            self.forward(direct)
        for root, check in cuda_checks(installed) if spec.get("cuda") else ():
            self.attempt("cuda", root, check)
        for name, soname, own in cuda_libraries(installed) if spec.get("cuda") else ():
            self.attempt("library", "%s: %s" % (name, soname), lambda s=soname, o=own: load_library(s, o))
        end = time.time() + float(spec.get("rest_seconds", 60))
        for name in self.leaves_first():
            if name in direct or SKIPPED_REST.match(name):
                continue
            roots = installed.main_roots(name)
            if not roots or all(r in sys.modules for r in roots):
                continue
            if time.time() > end:
                break
            self.attempt("rest", name, lambda n=name: import_distribution(n, installed))
        self.put({"kind": "edges", "working": self.working()})
        self.put({"kind": "finished"})

    def leaves_first(self):
        order, state = [], {}

        def visit(name, depth=0):
            if state.get(name) or name not in self.installed.version or depth > 200:
                return
            state[name] = 1
            for provider in self.installed.requires[name]:
                visit(provider, depth + 1)
            order.append(name)

        for name in sorted(self.installed.version):
            visit(name)
        return order

    def working(self):
        installed = self.installed
        failed = set(
            r["what"]
            for r in read_rows(self.path)
            if r.get("kind") == "end" and not r["ok"] and r["item"] in ("rest", "distribution", "forward")
        )
        loaded = set()
        for module in list(sys.modules):
            if sys.modules[module] is not None:
                loaded.add(installed.owner_of_module(module))
        # The owner of a root counts only when all its main modules are there: a namespace folder alone proves nothing.
        good = set(n for n in loaded if n and n not in failed and all(r in sys.modules for r in installed.main_roots(n)))
        return sorted(set((i, p) for i in good for p in installed.requires.get(i, []) if p in good and p != i))

    def forward(self, direct):
        chosen = []
        for module, function, always in FORWARD:
            owner = self.installed.root_owner.get(module)
            if not owner:
                continue
            owners = set(n for n, roots in self.installed.roots.items() if module in roots)
            if always or owners & set(direct):
                chosen.append((module, function))
        for module, function in chosen:
            self.attempt("forward", module, function)


def resolve_name(dotted):
    import importlib

    parts = dotted.split(".")
    here = sys.modules.get(parts[0]) or importlib.import_module(parts[0])
    for part in parts[1:]:
        try:
            here = getattr(here, part)
        except RuntimeError as error:
            if "Working outside of" in str(error):
                return  # an object that only exists while a request is served: nothing can be said of its attributes here
            raise


def import_distribution(name, installed):
    import importlib

    if name not in installed.version:
        raise ImportError("distribution %s is not installed" % name)
    for root in installed.main_roots(name):
        importlib.import_module(root)


def read_rows(path):
    rows = []
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as stream:
            for line in stream:
                try:
                    rows.append(json.loads(line))
                except ValueError:
                    pass  # the last line of a process that died while writing
    return rows


def tree_memory_mb(pid):
    """Resident memory of a process and its children, by their session."""
    total = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry) as stream:
                fields = stream.read().rsplit(")", 1)[1].split()
            if int(fields[3]) == pid:
                total += int(fields[21])
        except (OSError, IndexError, ValueError):
            continue
    return total * os.sysconf("SC_PAGE_SIZE") // (1 << 20)


def kill_session(pid):
    import signal

    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass


def crash_frames(path, installed):
    """Frames that faulthandler wrote, outermost first."""
    frames = []
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            for line in stream:
                found = re.match(r'\s*File "(.*)", line (\d+) in (.*)', line)
                if found and not found.group(1).startswith("<") and not os.path.basename(found.group(1)).startswith("inside_"):
                    frames.insert(0, [found.group(1), int(found.group(2)), found.group(3), installed.owner_of_file(found.group(1))])
    except OSError:
        pass
    return frames[-40:]


def watch(process, spec, result, deadline):
    """Wait for one worker; the reason why it was ended, or ""."""
    size, changed, pause = -1, time.time(), 0.02
    while process.poll() is None:
        time.sleep(pause)
        pause = min(0.25, pause * 1.5)
        now_size = os.path.getsize(result) if os.path.exists(result) else 0
        if now_size != size:
            size, changed = now_size, time.time()
        reason = ""
        if time.time() - changed > float(spec.get("item_seconds", 240)):
            reason = "Timeout"
        elif time.time() > deadline:
            reason = "Timeout"
        elif tree_memory_mb(process.pid) > int(spec.get("memory_mb", 8000)):
            reason = "MemoryLimit"
        if reason:
            kill_session(process.pid)
            process.wait()
            return reason
    return ""


def main(spec_path, result):
    with open(spec_path, encoding="utf-8") as stream:
        spec = json.load(stream)
    deadline = time.time() + float(spec.get("total_seconds", 600))
    for _ in range(RESTARTS + 1):
        process = subprocess.Popen([sys.executable, SELF, "--worker", spec_path, result], preexec_fn=os.setsid)
        start = time.time()
        reason = watch(process, spec, result, deadline)
        kill_session(process.pid)  # what the tried code left running
        rows = read_rows(result)
        if any(r.get("kind") == "finished" for r in rows):
            return
        ended = set((r["item"], r["what"]) for r in rows if r.get("kind") == "end")
        open_items = [r for r in rows if r.get("kind") == "begin" and (r["item"], r["what"]) not in ended]
        if not open_items:
            with open(result, "a", encoding="utf-8") as stream:
                stream.write(json.dumps({"kind": "broken", "code": process.returncode, "reason": reason}) + "\n")
            return
        code = process.returncode
        if not reason:
            reason = "Killed" if code == -9 else "Signal" if code < 0 else "Exit"
        try:
            with open(result + ".stderr", "rb") as stream:
                tail = stream.read()[-3000:].decode("utf-8", "replace")
        except OSError:
            tail = ""
        error = {
            "type": reason,
            "message": {
                "Signal": "the process died with signal %d" % -code,
                "Killed": "the process was killed",
                "Exit": "the process left with code %d" % code,
                "Timeout": "no answer in time",
                "MemoryLimit": "more than %s MB of memory" % spec.get("memory_mb", 8000),
            }[reason],
            "frames": crash_frames(result + ".crash", Installed(site_folders(spec.get("folders")))),
        }
        with open(result, "a", encoding="utf-8") as stream:
            stream.write(
                json.dumps(
                    {
                        "kind": "end",
                        "item": open_items[-1]["item"],
                        "what": open_items[-1]["what"],
                        "ok": False,
                        "seconds": round(time.time() - start, 3),
                        "errors": [error],
                        "stderr": tail,
                    }
                )
                + "\n"
            )
        if time.time() > deadline:
            return


def prepare_environment():
    os.environ.setdefault("MPLBACKEND", "Agg")
    os.environ.setdefault("PYGLET_SHADOW_WINDOW", "0")  # as the written Dockerfile does
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["HOME"] = "/tmp"
    os.environ["PYTHONWARNINGS"] = "ignore"
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "WANDB_DISABLED", "NO_ALBUMENTATIONS_UPDATE"):
        os.environ.setdefault(name, "1")
    os.chdir("/tmp")


if __name__ == "__main__":
    if sys.argv[1] == "--worker":
        here = os.path.dirname(SELF)
        sys.path[:] = [p for p in sys.path if p not in ("", here, "/probe", "/app")]
        import warnings

        warnings.simplefilter("ignore")
        with open(sys.argv[2], encoding="utf-8") as stream:
            chosen = json.load(stream)
        Worker(chosen, sys.argv[3]).run()
        sys.stdout.flush()
        os._exit(0)  # atexit hooks of the tried code may hang
    else:
        spec_file, result_file = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
        prepare_environment()
        main(spec_file, result_file)
