"""From what a failing build said to why it failed: one class, one line, and the edges that broke."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator

from resolver.build.logs import Diagnosis, shortened
from resolver.build.probe import Item, Raised, Report, pin_of
from resolver.core.candidate import Edge
from resolver.core.outcome import FailureClass

F = FailureClass

_CUDA_LIBRARY = re.compile(
    r"lib(cu(da|dart|blas|blaslt|dnn|fft|rand|solver|sparse|pti|file)|nccl|nvrtc|nvinfer|nvtoolsext|nvjitlink|nvshmem|nvidia)\w*",
    re.IGNORECASE,
)

_REMOVED_STDLIB = frozenset(
    (  # noqa: SIM905 - a table of words reads better than one quoted word a line
        "asynchat asyncore audioop binhex cgi cgitb chunk crypt distutils dummy_threading formatter imghdr imp lib2to3 macpath "
        "mailcap msilib nis nntplib ossaudiodev parser pipes smtpd sndhdr spwd sunau symbol telnetlib uu xdrlib _bootlocale"
    ).split()
)
_STDLIB = frozenset(sys.stdlib_module_names) | _REMOVED_STDLIB

_WEB = frozenset(
    (  # noqa: SIM905 - a table of words reads better than one quoted word a line
        "flask werkzeug jinja2 markupsafe itsdangerous click fastapi starlette pydantic uvicorn httpx anyio gradio gradio-client "
        "streamlit dash connexion bentoml quart aiohttp tornado gevent greenlet eventlet gunicorn blinker altair protobuf-web "
        "django bokeh flask-restful flask-cors flask-wtf flask-sqlalchemy flask-login flask-bootstrap flask-restplus flask-restx "
        "flask-socketio python-socketio python-engineio h11 httpcore requests urllib3 chardet"
    ).split()
)

_TORCH_FAMILY = frozenset(
    {"torchvision", "torchaudio", "torchtext", "torch-scatter", "torch-sparse", "torch-cluster", "flash-attn", "xformers"}
)

Provider = Callable[[re.Match[str], Raised, Report], str]


def _fixed(*names: str) -> Provider:
    return lambda _match, _error, report: next((n for n in names if n in report.installed), "")


def _module(group: int = 1) -> Provider:
    return lambda match, _error, report: owner_of_module(match.group(group) or "", report)


def _subject(_match: re.Match[str], error: Raised, report: Report) -> str:
    return owner_of_module(error.subject, report)


def _from_line(match: re.Match[str], error: Raised, report: Report) -> str:
    """The provider of `cannot import name`: named in the message since Python 3.7, else in the line that raised."""
    named = match.group(2) or error.module
    if not named and (found := re.match(r"\s*from\s+([\w.]+)\s+import", error.code)):
        named = found.group(1)
    return owner_of_module(named or "", report)


def _python(_match: re.Match[str], _error: Raised, _report: Report) -> str:
    return "python"


def _symbol(match: re.Match[str], _error: Raised, report: Report) -> str:
    symbol = match.group(1)
    if symbol.startswith(("Py", "_Py")):
        return "python"
    for marks, names in (
        (("c10", "torch", "2at", "caffe2"), ("torch",)),
        (("tensorflow", "absl", "tsl", "xla"), ("tensorflow", "tensorflow-cpu", "tensorflow-gpu")),
        (("protobuf",), ("protobuf",)),
    ):
        if any(mark in symbol for mark in marks):
            return next((n for n in names if n in report.installed), "")
    return ""


_TENSORFLOWS = ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-intel", "tf-nightly")

_CIRCUMSTANCE = re.compile(
    r"Working outside of (request|application) context|NLTK Downloader|^LookupError: \*{10}"
    r"|urlopen error|Max retries exceeded|[Nn]ame resolution|Name or service not known"
)

_RULES: tuple[tuple[re.Pattern[str], FailureClass, Provider | None], ...] = (
    (
        re.compile(
            r"numpy\.\w+(\.\w+)* size changed|_ARRAY_API not found|numpy\.core\.multiarray failed to import|numpy\._core\.multiarray failed"
            r"|compiled using NumPy 1\.x|compiled against (API|ABI) version|Numpy is not available|numpy\.core\._multiarray_umath failed"
            r"|No module named 'numpy\._?core\S*'|No module named 'numpy\.random\._\w+'"
        ),
        F.ABI,
        _fixed("numpy"),
    ),
    (
        re.compile(
            r"Descriptors cannot (not )?be created directly|google[./]protobuf|'MessageFactory' object|FieldDescriptor"
            r"|\bprotobuf\b.*(version|gencode)|Gencode/Runtime|'_?(message|descriptor)\.\w+' .*has no attribute"
        ),
        F.PROTOBUF,
        _fixed("protobuf"),
    ),
    (re.compile(r"\b([a-z]\w+)(\.\w+)+ size changed"), F.ABI, _module()),
    (re.compile(r"Numba needs NumPy|numpy[^\n]{0,40}is required, but|requires numpy", re.IGNORECASE), F.ABI, _fixed("numpy")),
    (re.compile(r"No module named '?pkg_resources'?"), F.MISSING_MODULE, _fixed("setuptools")),
    (
        re.compile(r"operator torchvision::\w+ does not exist|Failed to register operator torchvision|Couldn't load custom C\+\+ ops"),
        F.ABI,
        _fixed("torch"),
    ),
    (re.compile(r"(libtorch\w*|libc10\w*)\.so[\w.]*: cannot open"), F.ABI, _fixed("torch")),
    (re.compile(r"undefined symbol: (\S+)"), F.ABI, _symbol),
    (re.compile(r"(lib[\w+.-]+\.so[\w.]*): cannot open shared object"), F.MISSING_LIBRARY, None),
    (re.compile(r"library (not found|'\S+' not found)|(\w+) library not found|cannot load library"), F.MISSING_LIBRARY, None),
    (re.compile(r"version `(GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found"), F.MISSING_LIBRARY, None),
    (
        re.compile(r"no kernel image is available|driver version is insufficient|NVIDIA driver on your system is too old"),
        F.WRONG_CUDA,
        None,
    ),
    (re.compile(r"^CpuFallback:"), F.CPU_FALLBACK, None),
    (re.compile(r"^(SyntaxError|IndentationError|TabError):"), F.SYNTAX, _python),
    (re.compile(r"^Timeout:"), F.TIMEOUT, None),
    (re.compile(r"^(MemoryLimit|MemoryError|Killed):|Cannot allocate memory|std::bad_alloc"), F.MEMORY, None),
    (re.compile(r"^(Signal|Exit):"), F.CRASH, None),
    (re.compile(r"installed pydantic-core version \(?\S+\)? is incompatible"), F.CONFLICT, _fixed("pydantic-core")),
    (re.compile(r"Another metric with the same name already exists|File system for \w+ already registered"), F.CONFLICT, _fixed("keras")),
    (re.compile(r"^FileNotFoundError: .*No such file or directory: '[\w.+-]+'$"), F.MISSING_LIBRARY, None),  # a program, by its bare name
    (
        re.compile(r"The '([A-Za-z][\w.-]*)[^']*' distribution was not found and is required"),
        F.MISSING_MODULE,
        lambda m, _e, r: _installed(m.group(1), r),
    ),
    (
        re.compile(r"is not an acceptable base type|an integer is required \(got type bytes\)"),
        F.REMOVED_API,
        _python,
    ),
    (re.compile(r"module is deprecated"), F.REMOVED_API, _subject),
    (re.compile(r"jaxlib( version)? \S+ is (newer|older)|jaxlib is version|jaxlib version"), F.ABI, _fixed("jaxlib")),
    (
        re.compile(r"([A-Za-z][\w-]*)[=<>!~]+\S+ is required for a normal functioning"),
        F.CONFLICT,
        lambda m, _e, r: _installed(m.group(1), r),
    ),
    (
        re.compile(r"(?:DistributionNotFound|VersionConflict|ContextualVersionConflict).*?([A-Za-z][\w.-]*) \S+ \("),
        F.CONFLICT,
        lambda m, _e, r: _installed(m.group(1), r),
    ),
    (
        re.compile(
            r"Keras 3|No module named '(keras\.src|tf_keras)|currently installed version of Keras|tf[-_]keras|Keras cannot be imported"
        ),
        F.REMOVED_API,
        _fixed("keras", *_TENSORFLOWS),
    ),
    (re.compile(r"'str' object has no attribute 'decode'"), F.ARTIFACT_FORMAT, _fixed("h5py")),
    (re.compile(r"file signature not found|incompatible dtype|unsupported pickle protocol|bad marshal data"), F.ARTIFACT_FORMAT, None),
    (re.compile(r"cannot import name '?([\w.]+)'?(?: from (?:partially initialized module )?'([\w.]+)')?"), F.REMOVED_API, _from_line),
    (re.compile(r"No module named '?([\w.]+)'?"), F.MISSING_MODULE, _module()),
    (re.compile(r"(?:partially initialized )?module '([\w.]+)' has no attribute"), F.REMOVED_API, _module()),
    (re.compile(r"`np\.\w+` was (removed|a deprecated alias)|was removed in the NumPy 2"), F.REMOVED_API, _fixed("numpy")),
    (
        re.compile(r"has no attribute|unexpected keyword argument|positional arguments?|required keyword-only argument"),
        F.REMOVED_API,
        _subject,
    ),
    (re.compile(r"(was|been) (removed|moved)|no longer (supported|available|exists)"), F.REMOVED_API, None),
)


def is_circumstance(text: str) -> bool:
    """Whether an exception ("Type: message") tells of data or a request that only a running service has, not of the environment."""
    return bool(_CIRCUMSTANCE.search(text))


def item_failure(item: Item, report: Report) -> Diagnosis:
    """Class, message and culprit edges of one item that failed; the first exception of the chain that a rule knows decides."""
    if item.errors and item.errors[0].type == "Signal":
        for pattern, failure, provider in _RULES[:2]:  # what numpy and protobuf had to say before the crash
            if (found := pattern.search(item.stderr)) and provider:
                return _told(item, item.errors[0], failure, found, provider(found, item.errors[0], report), report)
    for error in item.errors:
        text = f"{error.type}: {error.message}"
        for pattern, failure, provider in _RULES:
            if found := pattern.search(text):
                named = provider(found, error, report) if provider else ""
                return _told(item, error, failure, found, named, report)
    for pattern, failure, provider in _RULES[:2]:
        if item.errors and (found := pattern.search(item.stderr)):
            named = provider(found, item.errors[0], report) if provider else ""
            return _told(item, item.errors[0], failure, found, named, report)
    if not item.errors:
        return Diagnosis(failure=F.UNKNOWN, message=shortened(item.what))
    last = item.errors[0]
    return Diagnosis(failure=F.UNKNOWN, message=_line(last), culprits=tuple(_by_frames(last, report)))


def _told(item: Item, error: Raised, failure: FailureClass, found: re.Match[str], provider: str, report: Report) -> Diagnosis:
    importer = importer_of((error, *item.errors), provider)
    if failure in (F.MISSING_LIBRARY, F.ABI) and _CUDA_LIBRARY.search(found[0]):
        failure = F.WRONG_CUDA
        if not provider and importer in _TORCH_FAMILY and "torch" in report.installed:
            provider = "torch"  # whose build decides which CUDA the extensions beside it find
    if failure is F.CRASH and importer and not provider:
        return Diagnosis(failure=failure, message=_line(error), culprits=tuple(_by_frames(error, report)))
    if failure is F.MISSING_MODULE and provider and "pkg_resources" not in found[0]:
        failure = F.REMOVED_API  # the distribution is there, this module of it is not
    if failure in (F.REMOVED_API, F.MISSING_MODULE) and provider in _WEB and importer in _WEB and provider != importer:
        failure = F.SERVER_COLLISION
    edge = _edge(importer, provider, report)
    alone = failure in (F.MISSING_LIBRARY, F.WRONG_CUDA, F.MEMORY, F.TIMEOUT)  # nobody but the machine's libraries and limits
    if not edge and not provider and not alone and error.code.lstrip().startswith("raise"):
        edge = next(_by_frames(error, report), None)
    return Diagnosis(failure=failure, message=_line(error, found), culprits=(edge,) if edge else ())


def owner_of_module(module: str, report: Report) -> str:
    """The installed distribution that a module belongs to; "python" for the standard library of any version; "" when unknown."""
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        if found := report.roots.get(".".join(parts[:end])):
            return found
    return "python" if parts[0] in _STDLIB else ""


def importer_of(errors: Iterable[Raised], provider: str) -> str:
    """Who was using the provider: the owner of the innermost frame that is neither the provider nor the standard library."""
    for error in errors:
        for frame in reversed(error.frames):
            if frame.owner and frame.owner not in (provider, "python"):
                return frame.owner
    return ""


def _by_frames(error: Raised, report: Report) -> Iterator[Edge]:
    """Raised inside one distribution that another one had called: the nearest edge there is, when the message names nobody."""
    owners = [f.owner for f in reversed(error.frames) if f.owner and f.owner != "python"]
    outer = next((o for o in owners if o != owners[0]), "")
    if outer and (edge := _edge(outer, owners[0], report)):
        yield edge


def _edge(importer: str, provider: str, report: Report) -> Edge | None:
    if not importer or not provider or importer == provider:
        return None
    one, two = pin_of(report, importer), pin_of(report, provider)
    return Edge(importer=one, provider=two, python=".".join(report.python.split(".")[:2])) if one and two else None


def _installed(name: str, report: Report) -> str:
    from resolver.core.package import normalize

    return normalize(name) if normalize(name) in report.installed else ""


def _line(error: Raised, found: re.Match[str] | None = None) -> str:
    """The exception in one line: its first line, or the later one that tells."""
    if error.type == "Signal" and found and not found[0].startswith("Signal"):
        return shortened(f"{error.message} after: {found[0]}")
    lines = [line.strip() for line in error.message.splitlines() if line.strip()]
    if not lines:
        return error.type
    telling = next((line for line in lines if found and found[0].split(": ", 1)[-1][:40] in line), lines[0])
    return shortened(f"{error.type}: {telling}")
