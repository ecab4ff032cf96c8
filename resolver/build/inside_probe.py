"""Runs inside a built environment and tells what works there; standard library only, CPython 3.6 to 3.13.

    python inside_probe.py SPEC.json RESULT.jsonl

SPEC: {"imports": [...], "names": [...], "distributions": [...], "forward": true, "item_seconds": 240,
       "rest_seconds": 60, "total_seconds": 600, "memory_mb": 8000}
RESULT, one JSON object a line:
    {"kind": "environment", "python": "3.7.16", "installed": [["numpy", "1.16.4"], ...], "needs": [[dist, soname, found], ...]}
    {"kind": "begin", "item": "import", "what": "import numpy"}
    {"kind": "end", "item": ..., "what": ..., "ok": true, "seconds": 0.1, "errors": [...], "stderr": "..."}
    {"kind": "edges", "working": [[importer, provider], ...]}
    {"kind": "finished"}

Everything is tried in one process, as a real program would; when that process dies (signal, exit, silence, memory) the item
that was running gets the blame and a new process goes on after it. Items: "import" (statements), "name" (dotted names),
"distribution" (direct needs), "forward" (one real call per framework), "rest" (what else is installed).
"""

import json
import os
import re
import subprocess
import sys
import time

SELF = os.path.abspath(__file__)
RESTARTS = 6
SKIPPED_ROOTS = {
    "test",
    "tests",
    "testing",
    "docs",
    "doc",
    "examples",
    "example",
    "benchmarks",
    "benchmark",
    "scripts",
    "script",
    "setup",
    "conftest",
    "tools",
    "bin",
    "data",
    "samples",
    "build",
    "dist",
    "src",
    "utils",
    "notebooks",
    "perf",
    "ci",
    "antigravity",
    "this",
    "extras",
    "demo",
    "demos",
    "resources",
    "licenses",
    "share",
    "include",
    "lib",
}
SKIPPED_REST = re.compile(
    r"^(nvidia-.*|triton|pip|uv|wheel|setuptools|cmake|ninja|tensorflow-io-gcs-filesystem|libclang|jupyter.*|notebook|ipykernel)$"
)
SYSTEM_SONAMES = re.compile(r"^(ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv|nsl|crypt|anl)\.so.*|linux-vdso.*)$")


def normalize(name):
    return re.sub(r"[-_.]+", "-", name).lower()


class Installed(object):
    """What is installed, read from the metadata folders: versions, requirements, module roots, and which file is whose."""

    def __init__(self, folders):
        self.version, self.requires, self.roots, self.owner, self.root_owner, self.shared = {}, {}, {}, {}, {}, {}
        self.folders = folders
        for folder in folders:
            try:
                entries = sorted(os.listdir(folder))
            except OSError:
                continue
            for entry in entries:
                if entry.endswith((".dist-info", ".egg-info")):
                    try:
                        self._read(folder, entry)
                    except Exception as error:
                        sys.stderr.write("cannot read %s: %r\n" % (entry, error))

    def _read(self, folder, entry):
        path = os.path.join(folder, entry)
        name, version, requires = "", "", []
        for candidate in (os.path.join(path, "METADATA"), os.path.join(path, "PKG-INFO"), path):
            if os.path.isfile(candidate):
                with open(candidate, encoding="utf-8", errors="replace") as stream:
                    for line in stream:
                        if not line.strip():
                            break
                        key, _, value = line.partition(":")
                        key = key.lower()
                        if key == "name":
                            name = normalize(value.strip())
                        elif key == "version":
                            version = value.strip()
                        elif key == "requires-dist" and "extra ==" not in value and "extra==" not in value:
                            found = re.match(r"\s*([A-Za-z0-9._-]+)", value)
                            if found:
                                requires.append(normalize(found.group(1)))
                break
        if not name or name in self.version:
            return
        text = os.path.join(path, "requires.txt")
        if os.path.isfile(text):
            with open(text, encoding="utf-8", errors="replace") as stream:
                for line in stream:
                    if line.startswith("["):
                        break
                    found = re.match(r"\s*([A-Za-z0-9._-]+)", line)
                    if found:
                        requires.append(normalize(found.group(1)))
        self.version[name], self.requires[name] = version, requires
        self._files(name, folder, path)

    def _files(self, name, folder, path):
        files = []
        record, egg = os.path.join(path, "RECORD"), os.path.join(path, "installed-files.txt")
        if os.path.isfile(record):
            with open(record, encoding="utf-8", errors="replace") as stream:
                for line in stream:
                    file = line.rsplit(",", 2)[0].strip().strip('"')
                    if file and not file.startswith(("..", "/")):
                        files.append(file)
        elif os.path.isfile(egg):
            base = os.path.basename(path)
            with open(egg, encoding="utf-8", errors="replace") as stream:
                for line in stream:
                    files.append(os.path.normpath(os.path.join(base, line.strip())))
        packages, modules = set(), set()
        for file in files:
            if "__pycache__" in file or ".dist-info" in file or ".egg-info" in file:
                continue
            self.owner.setdefault(file, name)
            base = os.path.basename(file)
            if ".so" in base:
                self.shared.setdefault(name, []).append(os.path.join(folder, file))
            if base == "__init__.py" or base == "__init__.pyc" or base.startswith("__init__.cpython"):
                packages.add(os.path.dirname(file))
            elif base.endswith(".py") or (base.endswith(".so") and not base.startswith("lib")):
                if "/" not in file:
                    modules.add(base.split(".")[0])
        roots = set(modules)
        for package in packages:
            parent = os.path.dirname(package)
            while parent and parent not in packages:
                parent = os.path.dirname(parent)
            if not parent:
                roots.add(package.replace("/", "."))
        listed = os.path.join(path, "top_level.txt")
        if not roots and os.path.isfile(listed):
            with open(listed, encoding="utf-8", errors="replace") as stream:
                roots.update(line.strip().replace("/", ".") for line in stream if line.strip())
        kept = []
        for root in sorted(roots):
            parts = root.split(".")
            if len(parts) > 3 or any(not p.isidentifier() or p.startswith("_") for p in parts) or parts[-1].startswith("test"):
                continue
            if parts[0] in SKIPPED_ROOTS and normalize(parts[0]) != name:
                continue
            kept.append(root)
        self.roots[name] = kept
        for root in roots:
            self.root_owner.setdefault(root, name)

    def main_roots(self, name):
        """The modules that stand for a distribution: the one named like it, else all."""
        roots = self.roots.get(name, [])
        same = [r for r in roots if normalize(r) == name]
        return same or roots

    def owner_of_file(self, file):
        if file.startswith("<") or not file:
            return ""
        for folder in self.folders:
            if file.startswith(folder + os.sep):
                return self._owner_of_path(file[len(folder) + 1 :])
        unpacked = re.search(r"/archive-v\d+/[^/]+/(.*)", file)
        if unpacked:
            return self._owner_of_path(unpacked.group(1))
        if not os.path.isabs(file):
            return self._owner_of_path(file)  # frames of Cython code carry paths of the build tree
        return "python" if file.startswith((os.path.dirname(os.__file__), sys.base_prefix + os.sep)) else ""

    def _owner_of_path(self, path):
        found = self.owner.get(path)
        if found:
            return found
        return self.owner_of_module(re.sub(r"\.(py|pyx|pxd|pxi|so)$", "", path).replace("/", "."))

    def owner_of_module(self, module):
        parts = module.split(".")
        for end in range(len(parts), 0, -1):
            found = self.root_owner.get(".".join(parts[:end]))
            if found:
                return found
        return ""


def site_folders():
    import site

    folders = []
    for folder in list(getattr(site, "getsitepackages", list)()) + [p for p in sys.path if p.endswith(("-packages"))]:
        if folder not in folders and os.path.isdir(folder):
            folders.append(folder)
    return folders


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


def library_needs(installed):
    """(distribution, soname, found) for each shared library that a distribution's binaries need and no distribution bundles."""
    try:
        cache = subprocess.check_output(["/sbin/ldconfig", "-p"]).decode("utf-8", "replace")
    except Exception:
        cache = ""
    system = set(line.split()[0] for line in cache.splitlines()[1:] if line.strip())
    bundled = set(os.path.basename(f) for files in installed.shared.values() for f in files)
    rows, end = set(), time.time() + 15
    for name, files in installed.shared.items():
        for file in files:
            if time.time() > end:
                break
            try:
                needed = elf_needed(file)
            except Exception:
                continue
            for soname in needed:
                if soname not in bundled and not SYSTEM_SONAMES.match(soname) and not soname.startswith("libpython"):
                    rows.add((name, soname, soname in system))
    return sorted(rows)


# ---------------------------------------------------------------------------------------------------------------- worker


def subject_of(error, text):
    """The module that defines what the message is about: the called function, or the class that lacks an attribute."""
    import types

    try:
        if isinstance(getattr(error, "obj", None), types.ModuleType):
            return error.obj.__name__
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is None:
            return ""
        scope = trace.tb_frame
        called = re.search(r"([A-Za-z_]\w*)\(\) (got|missing|takes)", text)
        if called:
            name = called.group(1)
            for space in (scope.f_locals, scope.f_globals):
                for value in list(space.values()):
                    found = value if getattr(value, "__name__", "") == name else None
                    if name == "__init__" and isinstance(value, type):
                        continue
                    if found is None and isinstance(value, types.ModuleType):
                        found = vars(value).get(name)
                    if found is None and not isinstance(value, (types.ModuleType, type)):
                        found = getattr(type(value), name, None)
                    if found is not None and getattr(found, "__module__", None):
                        return str(found.__module__)
        lacking = re.search(r"'(\w+)' object has no attribute|type object '(\w+)' has no attribute", text)
        if lacking:
            name = lacking.group(1) or lacking.group(2)
            for space in (scope.f_locals, scope.f_globals):
                for value in list(space.values()):
                    kind = value if isinstance(value, type) else type(value)
                    if kind.__name__ == name and kind.__module__ not in ("builtins",):
                        return str(kind.__module__)
    except Exception:
        pass
    return ""


def tell_error(error, installed):
    """The exception and what caused it, outermost first: type, message, frames with their owners."""
    import traceback

    chain, seen = [], set()
    while error is not None and id(error) not in seen and len(chain) < 6:
        seen.add(id(error))
        frames = []
        try:
            listed = traceback.extract_tb(error.__traceback__)
        except Exception:
            listed = []
        for frame in listed[-60:]:
            file = frame[0] or ""
            if file == SELF or file.startswith("<frozen") or os.path.basename(file) == "inside_probe.py":
                continue
            owner = installed.owner_of_file(file)
            frames.append([file, frame[1], frame[2], owner])
        try:
            text = str(error)
        except Exception:
            text = "<no text>"
        row = {"type": type(error).__name__, "message": text[:3000], "frames": frames[-40:]}
        if isinstance(error, ImportError):
            row["module"] = getattr(error, "name", None) or ""
        if listed:
            row["code"] = (listed[-1][3] or "")[:300]
        row["subject"] = subject_of(error, text)
        if isinstance(error, SyntaxError) and error.filename:
            row["frames"].append([error.filename, error.lineno or 0, "", installed.owner_of_file(error.filename)])
        chain.append(row)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


class Worker(object):
    def __init__(self, spec, result):
        self.spec, self.path = spec, result
        self.done = {}
        for row in read_rows(result):
            if row.get("kind") == "end":
                self.done[(row["item"], row["what"])] = row["ok"]
        self.out = open(result, "a", encoding="utf-8")
        self.installed = Installed(site_folders())
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
        here = getattr(here, part)


def import_distribution(name, installed):
    import importlib

    if name not in installed.version:
        raise ImportError("distribution %s is not installed" % name)
    for root in installed.main_roots(name):
        importlib.import_module(root)


# --------------------------------------------------------------------------------------------------------- forward calls


def has(module):
    import importlib.util

    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def scratch(name):
    import tempfile

    return os.path.join(tempfile.mkdtemp(), name)


def keras_round_trip(keras):
    import numpy as np

    layers, models = keras.layers, keras.models
    built = models.Sequential([layers.Dense(3, input_shape=(4,), activation="relu"), layers.Dense(2)])
    sample = np.ones((2, 4), dtype="float32")
    before = built.predict(sample)
    assert before.shape == (2, 2), before.shape
    if has("h5py"):
        path = scratch("saved.h5")
        built.save(path)
        try:
            again = models.load_model(path)
        except TypeError as error:
            if "Could not" not in str(error) and "mse" not in str(error):
                raise
            again = models.load_model(path, compile=False)
        assert np.allclose(before, again.predict(sample), atol=1e-4)


def forward_tensorflow():
    import tensorflow as tf

    if tf.__version__.startswith(("0.", "1.")):
        graph = tf.Graph()
        with graph.as_default():
            product = tf.matmul(tf.ones([2, 3]), tf.ones([3, 2]))
            session = getattr(tf, "Session", None) or tf.compat.v1.Session
            with session() as running:
                assert running.run(product)[0][0] == 3.0
    else:
        assert float(tf.matmul(tf.ones([2, 3]), tf.ones([3, 2])).numpy()[0][0]) == 3.0
    if hasattr(tf, "keras") and not tf.__version__.startswith(("0.", "1.0", "1.1.", "1.2.", "1.3.", "1.4.", "1.5.", "1.6.")):
        keras_round_trip(tf.keras)


def forward_keras():
    import keras

    keras_round_trip(keras)


def forward_tf_keras():
    import tf_keras

    keras_round_trip(tf_keras)


def forward_torch():
    import torch

    answer = torch.nn.Linear(4, 2)(torch.ones(3, 4))
    assert tuple(answer.detach().numpy().shape) == (3, 2)
    import numpy as np

    assert float(torch.from_numpy(np.ones((2, 2), dtype="float32")).sum()) == 4.0
    path = scratch("saved.pt")
    torch.save(torch.nn.Linear(2, 2).state_dict(), path)
    torch.load(path)


def forward_torchvision():
    import torch
    import torchvision

    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8]), 0.5) if hasattr(torchvision, "ops") else [0]
    assert len(kept) == 1
    network = torchvision.models.resnet18()
    network.eval()
    with torch.no_grad():
        assert tuple(network(torch.ones(1, 3, 64, 64)).shape) == (1, 1000)


def forward_torchaudio():
    import torch
    import torchaudio

    torchaudio.transforms.Spectrogram(n_fft=64)(torch.ones(1, 1000))


def forward_onnxruntime():
    import numpy as np
    import onnxruntime

    def field(number, kind, payload):
        head = bytes([number << 3 | kind])
        return head + (bytes([payload]) if kind == 0 else bytes([len(payload)]) + payload)

    shape = field(2, 2, field(1, 2, field(1, 0, 1)) + field(1, 2, field(1, 0, 2)))
    value = field(2, 2, field(1, 2, field(1, 0, 1) + shape))
    node = field(1, 2, b"x") + field(1, 2, b"x") + field(2, 2, b"y") + field(4, 2, b"Add")
    graph = field(1, 2, node) + field(2, 2, b"g") + field(11, 2, field(1, 2, b"x") + value) + field(12, 2, field(1, 2, b"y") + value)
    content = field(1, 0, 3) + field(7, 2, graph) + field(8, 2, field(2, 0, 7))
    session = (
        onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        if hasattr(onnxruntime, "get_available_providers")
        else onnxruntime.InferenceSession(content)
    )
    answer = session.run(None, {"x": np.ones((1, 2), dtype="float32")})[0]
    assert answer.tolist() == [[2.0, 2.0]], answer


def forward_sklearn():
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(np.arange(8).reshape(4, 2), [0, 0, 1, 1])
    assert len(fitted.predict(np.ones((3, 2)))) == 3
    try:
        import joblib
    except ImportError:
        return
    path = scratch("saved.joblib")
    joblib.dump(fitted, path)
    joblib.load(path).predict(np.ones((1, 2)))


def forward_pandas():
    import numpy as np
    import pandas

    frame = pandas.DataFrame({"a": np.arange(4), "b": np.arange(4) / 2.0, "c": list("xyxy")})
    assert frame.groupby("c").mean().values.shape == (2, 2)
    path = scratch("saved.csv")
    frame.to_csv(path, index=False)
    assert pandas.read_csv(path).shape == (4, 3)


def forward_numpy():
    import numpy as np

    assert np.dot(np.ones((2, 3)), np.ones((3, 2)))[0][0] == 3.0
    np.linalg.inv(np.eye(3))


def forward_scipy():
    import numpy as np
    import scipy.linalg
    import scipy.sparse
    import scipy.stats

    scipy.linalg.inv(np.eye(3))
    scipy.sparse.csr_matrix(np.eye(3)).dot(np.ones(3))
    scipy.stats.norm.cdf(0.5)


def forward_xgboost():
    import numpy as np
    import xgboost

    booster = xgboost.XGBClassifier(n_estimators=2, max_depth=2)
    booster.fit(np.arange(16).reshape(8, 2), [0, 1] * 4)
    booster.predict(np.ones((2, 2)))


def forward_lightgbm():
    import lightgbm
    import numpy as np

    booster = lightgbm.LGBMClassifier(n_estimators=2, min_child_samples=1)
    booster.fit(np.arange(80).reshape(40, 2), [0, 1] * 20)
    booster.predict(np.ones((2, 2)))


def forward_jax():
    import jax
    import jax.numpy as jnp

    assert float(jax.jit(lambda x: (x * 2).sum())(jnp.ones(3))) == 6.0


def forward_flax():
    import flax.linen as nn
    import jax
    import jax.numpy as jnp

    layer = nn.Dense(2)
    layer.apply(layer.init(jax.random.PRNGKey(0), jnp.ones((1, 3))), jnp.ones((1, 3)))


def forward_mxnet():
    import mxnet

    assert mxnet.nd.dot(mxnet.nd.ones((2, 3)), mxnet.nd.ones((3, 2))).asnumpy()[0][0] == 3.0


def forward_cv2():
    import cv2
    import numpy as np

    picture = np.zeros((8, 8, 3), dtype=np.uint8)
    assert cv2.resize(picture, (4, 4)).shape == (4, 4, 3)
    cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    assert cv2.imencode(".png", picture)[0]


def forward_pil():
    from PIL import Image

    path = scratch("saved.png")
    Image.new("RGB", (8, 8)).resize((4, 4)).save(path)
    assert Image.open(path).size == (4, 4)


def forward_flask():
    import flask

    application = flask.Flask("probe")

    @application.route("/")
    def index():
        return flask.jsonify(ok=True)

    answer = application.test_client().get("/")
    assert answer.status_code == 200 and json.loads(answer.data.decode())["ok"] is True
    with application.app_context():
        flask.render_template_string("{{ 1 + 1 }}")


def forward_fastapi():
    import fastapi

    application = fastapi.FastAPI()

    @application.get("/{number}")
    def index(number: int):
        return {"number": number}

    application.openapi()


def forward_spacy():
    import spacy

    assert len(spacy.blank("en")("one two three")) == 3


def forward_transformers():
    import transformers

    if not has("torch"):
        return
    import torch

    settings = transformers.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, max_position_embeddings=16
    )
    network = transformers.BertModel(settings)
    network.eval()
    with torch.no_grad():
        assert tuple(network(torch.tensor([[1, 2, 3]]))[0].shape) == (1, 3, 8)


def forward_librosa():
    import librosa
    import numpy as np

    librosa.feature.mfcc(y=np.random.RandomState(0).randn(4096).astype("float32"), sr=8000, n_mfcc=4)


def forward_soundfile():
    import numpy as np
    import soundfile

    path = scratch("saved.wav")
    soundfile.write(path, np.zeros(100), 8000)
    assert len(soundfile.read(path)[0]) == 100


def forward_matplotlib():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    figure.savefig(scratch("saved.png"))


def forward_numba():
    import numba

    assert numba.njit(lambda x: x + 1)(1) == 2


def forward_skimage():
    import numpy as np
    from skimage import transform

    assert transform.resize(np.zeros((8, 8)), (4, 4)).shape == (4, 4)


def forward_h5py():
    import h5py
    import numpy as np

    with h5py.File(scratch("saved.h5"), "w") as stream:
        stream["x"] = np.ones(3)
        assert stream["x"][0] == 1.0


def forward_gensim():
    from gensim.models import Word2Vec

    Word2Vec([["one", "two", "three"]] * 3, min_count=1, workers=1)


def forward_faiss():
    import faiss
    import numpy as np

    store = faiss.IndexFlatL2(4)
    store.add(np.ones((3, 4), dtype="float32"))
    assert store.ntotal == 3


def forward_nltk():
    import nltk

    assert nltk.tokenize.RegexpTokenizer(r"\w+").tokenize("one two") == ["one", "two"]


def forward_tokenizers():
    import tokenizers

    if hasattr(tokenizers, "Tokenizer"):
        tokenizers.Tokenizer(tokenizers.models.BPE())


FORWARD = [
    ("numpy", forward_numpy, False),
    ("tensorflow", forward_tensorflow, True),
    ("keras", forward_keras, True),
    ("tf_keras", forward_tf_keras, False),
    ("torch", forward_torch, True),
    ("torchvision", forward_torchvision, True),
    ("torchaudio", forward_torchaudio, False),
    ("onnxruntime", forward_onnxruntime, True),
    ("sklearn", forward_sklearn, False),
    ("pandas", forward_pandas, False),
    ("scipy", forward_scipy, False),
    ("xgboost", forward_xgboost, False),
    ("lightgbm", forward_lightgbm, False),
    ("jax", forward_jax, True),
    ("flax", forward_flax, False),
    ("mxnet", forward_mxnet, True),
    ("cv2", forward_cv2, False),
    ("PIL", forward_pil, False),
    ("skimage", forward_skimage, False),
    ("h5py", forward_h5py, False),
    ("flask", forward_flask, False),
    ("fastapi", forward_fastapi, False),
    ("spacy", forward_spacy, False),
    ("transformers", forward_transformers, False),
    ("tokenizers", forward_tokenizers, False),
    ("librosa", forward_librosa, False),
    ("soundfile", forward_soundfile, False),
    ("matplotlib", forward_matplotlib, False),
    ("numba", forward_numba, False),
    ("gensim", forward_gensim, False),
    ("faiss", forward_faiss, False),
    ("nltk", forward_nltk, False),
]


# ---------------------------------------------------------------------------------------------------------------- parent


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
                if found and not found.group(1).startswith("<") and os.path.basename(found.group(1)) != "inside_probe.py":
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
            "frames": crash_frames(result + ".crash", Installed(site_folders())),
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
