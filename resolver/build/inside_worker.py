"""One process that tries item after item and writes down what happened; it may die of any of them: see inside_probe.py, which watches it.

python inside_worker.py SPEC.json RESULT.jsonl
"""

import json
import os
import sys
import time

from inside_cuda import cuda_checks
from inside_errors import tell_error
from inside_forward import FORWARD
from inside_installed import SKIPPED_REST, Installed, normalize, site_folders
from inside_libraries import cuda_libraries, library_needs, load_library


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


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if p not in ("", here, "/probe", "/app")]
    import warnings

    warnings.simplefilter("ignore")
    with open(sys.argv[1], encoding="utf-8") as stream:
        chosen = json.load(stream)
    Worker(chosen, sys.argv[2]).run()
    sys.stdout.flush()
    os._exit(0)  # atexit hooks of the tried code may hang
