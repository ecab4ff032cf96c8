"""What a project's sources import of others and name of it, found by their syntax trees alone."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from facts_tree import VENDORED, Tree

MAX_FILES = 60
LEVELS = 4
"""So many names below the root module are kept of a chain."""


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


ASIDE = _words("test tests testing doc docs example examples demo demos benchmark benchmarks")
OLD_STDLIB = _words(
    "asynchat asyncore distutils imp smtpd aifc audioop cgi cgitb chunk crypt imghdr mailcap msilib nis nntplib ossaudiodev pipes",
    "sndhdr spwd sunau telnetlib uu xdrlib lib2to3 parser symbol formatter macpath binhex dummy_threading _bootlocale __main__",
)
PYTHON_2 = _words(
    "urllib2 urlparse ConfigParser Queue StringIO cStringIO cPickle cookielib httplib Tkinter tkMessageBox tkFileDialog HTMLParser",
    "__builtin__ commands sets thread xmlrpclib SocketServer BaseHTTPServer SimpleHTTPServer CGIHTTPServer anydbm dummy_thread",
    "Image ImageDraw ImageFont ImageOps ImageFilter",
)
ELSEWHERE = _words(
    "caffe caffe2 _caffe object_detection slim nets official deeplab apex mujoco_py gym.envs.mujoco RPi picamera picamera2 smbus",
    "jetson jetson_inference jetson_utils edgetpu tensorrt pycuda hailo_platform win32api win32con win32gui winsound msvcrt winreg",
    "pyautogui pynput keyboard mouse pymouse win32com winshell",
    "bpy bmesh maya hou unreal c4d arcpy qgis gi gst rospy rclpy",
    "cv_bridge sensor_msgs std_msgs geometry_msgs carla google.colab dbutils",
    "kaggle_secrets kaggle_environments greengrasssdk awscam pyaudio sounddevice",
)
"""Modules of a device, a desktop or a program around Python, and those that no package index offers."""
KNOWN = _words(
    "tensorflow keras torch torchvision torchaudio numpy scipy sklearn skimage cv2 PIL flask django fastapi streamlit gradio pandas",
    "matplotlib seaborn plotly nltk spacy gensim transformers diffusers onnx onnxruntime mxnet gluoncv theano lasagne chainer cupy jax",
    "flax optax haiku xgboost lightgbm catboost gym gymnasium stable_baselines3 librosa h5py tqdm requests yaml bs4 tornado bottle celery",
    "redis tflearn tensorlayer tensorflow_hub tensorflow_addons tensorflow_probability tensorflow_datasets sonnet ray wandb mlflow optuna",
    "hyperopt sentence_transformers langchain openai whisper timm einops accelerate peft datasets tokenizers evaluate sacrebleu imgaug",
    "albumentations pytorch_lightning lightning ignite fastai detectron2 mmcv mmdet mmengine ultralytics mediapipe face_recognition dlib",
    "networkx numba dgl torch_geometric jieba textblob shap lime surprise implicit lightfm prophet statsmodels joblib coremltools six",
    "tensorboardX cntk absl easydict imageio imutils telegram discord boto3 pymongo sqlalchemy pydantic uvicorn",
)
"""Libraries that a folder of scripts may be named after without being them."""
NEEDS_SETTINGS = re.compile(r"(?:django\.contrib|django\.core\.[aw]sgi|django_\w+|rest_framework|allauth|channels|crispy_forms)(?:\.|$)")
"""Modules that are of use only inside a configured Django site."""
ENDS = re.compile(
    r"^(flask\.(?:request|session|g|current_app)|flask_login\.current_user|(?:bottle|quart|sanic)\.(?:request|response)"
    r"|celery\.current_(?:task|app)|django\.conf\.settings|django\.db\.connections?|streamlit\.(?:session_state|secrets)"
    r"|tornado\.options\.options|wandb\.(?:run|config|summary)|nltk\.corpus\.\w+|(?:\w+\.)*FLAGS)(?:\.|$)"
)
"""Objects whose attributes exist only while the program runs (a request, a run, a downloaded corpus): a chain ends at them."""
CONDITION = re.compile(
    r"TYPE_CHECKING|version|platform|os\.name|hasattr|\bPY[23]\b|colab|\bdir\(|is_\w*available|find_spec|backend\b", re.IGNORECASE
)
NOT_THE_PROGRAM = re.compile(r"(?:^|/)(?:setup|conftest|conf|noxfile|locustfile|versioneer|tests?|test_\w+|\w+_test)\.py$")
IsLocal = Callable[[str], bool]


def chosen(paths: Iterable[str]) -> list[str]:
    """The program's own sources, the shallow ones first: neither tests nor examples where there is something else."""
    own = [p for p in paths if p.endswith(".py") and not VENDORED & set(p.split("/"))]
    own = [p for p in own if not NOT_THE_PROGRAM.search(p) and not any(part.startswith(".") for part in p.split("/"))]
    inner = [p for p in own if not ASIDE & set(p.lower().split("/")[:-1])]
    return sorted(inner or own, key=lambda p: (p.count("/"), p))[:MAX_FILES]


class Locals:
    """Which modules are files of the project itself."""

    def __init__(self, paths: Iterable[str], name: str = "") -> None:
        self._modules: set[str] = set()
        self._packages: set[str] = set()
        self._names: set[str] = set()
        self._folders: dict[str, set[str]] = {}
        self._spaces: dict[str, set[str]] = {}
        for path in map(PurePosixPath, paths):
            if (
                path.name.startswith(".")
                or path.suffix not in {".py", ".pyx", ".so", ".pyd", ".proto"}
                or {"site-packages", "node_modules"} & set(path.parts)
            ):
                continue
            stem = path.stem + "_pb2" if path.suffix == ".proto" else path.stem.partition(".")[0]
            self._names |= {stem, *path.parts[:-1]}
            self._modules |= {str(path.with_name(stem)), *map(str, path.parents)}
            for above in path.parents:
                self._spaces.setdefault(above.name, set()).add(str(above.parent))
            self._folders.setdefault(stem, set()).add(str(path.parent))
            if stem == "__init__":
                self._packages.add(str(path.parent))
                self._folders.setdefault(path.parent.name, set()).add(str(path.parent.parent))
        if "." in self._packages:  # the root is the package: it is named as the repository
            self._names.add(name.replace("-", "_"))

    def holds(self, module: str, importer: str) -> bool:
        """Whether `module` is the project's, for that file.

        One that is named as a known library must lie in a folder above the file that is no package, or have the submodule asked for.
        """
        root, _, rest = module.partition(".")
        if root not in KNOWN:
            return root in self._names
        inside = self._packages - {"."}
        if rest and any(str(PurePosixPath(f, root, *rest.split("."))) in self._modules for f in self._spaces.get(root, set()) - inside):
            return True
        return bool({str(above) for above in PurePosixPath(importer).parents} & (self._folders.get(root, set()) - inside))


@dataclass
class Facts:
    """Of one file: statements and dotted names; what each imported name stands for; names bound otherwise; modules with their parents."""

    statements: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    aliases: dict[str, set[str]] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)


class Imports(ast.NodeVisitor):
    """Collects the unguarded imports of third parties and every name that the file binds itself."""

    def __init__(self, is_local: IsLocal) -> None:
        self.facts, self._is_local = Facts(), is_local

    def visit_Import(self, node: ast.Import) -> None:
        """`import a.b as c` binds a.b; `import a.b` binds a."""
        for name in node.names:
            root = name.name.partition(".")[0]
            if name.asname:
                self._take(name.name, name.name, f"import {name.name} as {name.asname}", name.asname, name.name)
            else:
                self._take(name.name, name.name, f"import {name.name}", root, root)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """One statement for each name."""
        for name in node.names:
            if node.level:
                self.facts.bound.add(name.asname or name.name)
            else:
                end = f" as {name.asname}" if name.asname else ""
                dotted = f"{node.module}.{name.name}"
                self._take(node.module or "", dotted, f"from {node.module} import {name.name}{end}", name.asname or name.name, dotted)

    def _take(self, module: str, dotted: str, statement: str, bound: str, target: str) -> None:
        root = module.partition(".")[0]
        if root in sys.stdlib_module_names or root in OLD_STDLIB or self._is_local(module):
            self.facts.bound.add(bound)
            return
        parts = dotted.split(".")
        self.facts.roots |= {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        if NEEDS_SETTINGS.match(dotted):
            self.facts.bound.add(bound)
            return
        self.facts.statements.add(statement)
        if bound != "*":
            self.facts.aliases.setdefault(bound, set()).add(target)

    def visit_Name(self, node: ast.Name) -> None:
        """A name that is assigned does not stand for a module alone."""
        if not isinstance(node.ctx, ast.Load):
            self.facts.bound.add(node.id)

    def visit_arg(self, node: ast.arg) -> None:
        """Nor does a parameter."""
        self.facts.bound.add(node.arg)
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Nor what is defined."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.facts.bound.add(node.name)
        super().generic_visit(node)


class Unguarded(ast.NodeTransformer):
    """Takes out what a program does only if a module, a name, a version or a platform is there, with every alternative to it."""

    def __init__(self) -> None:
        self.unsure: set[str] = set()
        """Names that the parts taken out import: what they stand for is not known."""

    def visit_Try(self, node: ast.Try) -> ast.AST | list[ast.AST]:
        """Out with a body that may fail for a missing module or name, and with what is done then."""
        caught = {w for h in node.handlers for w in (re.findall(r"\w+", ast.unparse(h.type)) if h.type else ["Exception"])}
        imports = any(isinstance(n, ast.Import | ast.ImportFrom) for s in node.body for n in ast.walk(s))
        renames = all(isinstance(s, ast.Assign) and isinstance(s.value, ast.Attribute | ast.Name) for s in node.body)
        named = caught & {"ImportError", "ModuleNotFoundError", "AttributeError"}
        if not named and not ((imports or renames) and caught & {"Exception", "BaseException"}):
            return self.generic_visit(node)
        self._forget([*node.body, *node.handlers, *node.orelse])
        return [self.visit(s) for s in node.finalbody]

    def visit_If(self, node: ast.If) -> ast.AST:
        """Out with both branches of a test for a version, a platform or a name."""
        if not CONDITION.search(ast.unparse(node.test)):
            return self.generic_visit(node)
        self._forget([node])
        return ast.Pass()

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """The same within an expression."""
        return ast.Constant(None) if CONDITION.search(ast.unparse(node.test)) else self.generic_visit(node)

    def _forget(self, nodes: Iterable[ast.AST]) -> None:
        for inner in (n for node in nodes for n in ast.walk(node)):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                self.unsure |= {(a.asname or a.name).partition(".")[0] for a in inner.names}


def chains(tree: ast.AST) -> Iterator[tuple[str, list[str], bool]]:
    """(first name, the names after it, whether it is only read) of every longest chain of attributes."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        parts: list[str] = []
        inner, read = node, not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
        while isinstance(inner, ast.Attribute):
            parts.insert(0, inner.attr)
            inner = inner.value
        if parts and isinstance(inner, ast.Name):
            yield inner.id, parts, read
        else:
            stack.extend(ast.iter_child_nodes(inner if parts else node))


def source(text: str, is_local: IsLocal) -> Facts:
    """Raises SyntaxError and ValueError for what does not parse."""
    transformer = Unguarded()
    tree = transformer.visit(ast.parse(text))
    visitor = Imports(is_local)
    visitor.visit(tree)
    facts = visitor.facts
    written = set()
    for first, rest, read in chains(tree):
        targets = facts.aliases.get(first, set())
        if len(targets) != 1 or first in facts.bound | transformer.unsure:
            continue
        dotted = ".".join([*targets, *rest])
        if not read:
            written.add(dotted)
            continue
        cut = ENDS.match(dotted)
        dotted = ".".join((cut[1] if cut else dotted).split(".")[: LEVELS + 1])
        if "." in dotted:
            facts.names.add(dotted)
    facts.names = {n for n in facts.names if not any(n == w or n.startswith(w + ".") for w in written)}
    return facts


def sources(tree: Tree, name: str, absent: frozenset[str] = frozenset()) -> tuple[set[str], set[str]]:
    """The statements and the dotted names of the files of repository `name` that import nothing `absent`; empty if most cannot be read."""
    own = Locals(tree.paths, name)
    statements: set[str] = set()
    names: set[str] = set()
    told: Counter[str] = Counter()
    absent |= PYTHON_2 | ELSEWHERE | tree.elsewhere
    files = chosen(tree.paths)
    for path in files:
        try:
            facts = source(tree.text(path) or "", lambda module, path=path: own.holds(module, path))
        except (SyntaxError, ValueError, RecursionError):
            told["does not parse"] += 1
            continue
        if alien := (facts.roots & absent):
            told["needs " + ", ".join(sorted(alien))] += 1
            continue
        statements |= facts.statements
        names |= facts.names
    told["read"] = len(files) - sum(told.values())
    print(f"  of {len(files)} files: " + "; ".join(f"{n} {what}" for what, n in told.items()), file=sys.stderr)
    return (statements, names) if told["read"] * 2 >= len(files) else (set(), set())
