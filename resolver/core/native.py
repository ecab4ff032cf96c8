"""What Debian must bring for some distributions: to build them from source, and to run what no ELF header tells.

The shared libraries of wheels are read out of their binaries (`apis`, `build.libraries`). Three things are written nowhere: what a source
distribution is compiled against, which libraries a pure wheel opens by `ctypes`, and which programs it calls. Package names are of
bookworm; `tests/core/test_native.py` holds them against the real index of packages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from packaging.requirements import Requirement

from resolver.core.package import Pin

_HDF5 = ("libhdf5-103-1", "libhdf5-hl-100")
_JPEG = ("libfreetype6", "libjpeg62-turbo")
_FFMPEG = ("avcodec", "avdevice", "avfilter", "avformat", "avutil", "swresample", "swscale")

BUILD: Mapping[str, tuple[str, ...]] = {
    "atari-py": ("cmake", "zlib1g-dev"),
    "av": (*(f"lib{part}-dev" for part in _FFMPEG), "pkg-config"),
    "box2d": ("swig",),
    "box2d-kengz": ("swig",),
    "box2d-py": ("swig",),
    "cffi": ("libffi-dev",),
    "cryptography": ("cargo", "libffi-dev", "libssl-dev", "pkg-config"),
    "dlib": ("cmake",),
    "ffcv": ("libopencv-dev", "libturbojpeg0-dev", "pkg-config"),
    "h5py": ("libhdf5-dev", "pkg-config"),
    "horovod": ("cmake",),
    "lightgbm": ("cmake",),
    "lxml": ("libxml2-dev", "libxslt1-dev"),
    "matplotlib": ("libfreetype6-dev", "libpng-dev", "pkg-config"),
    "mpi4py": ("libopenmpi-dev",),
    "mysqlclient": ("default-libmysqlclient-dev", "pkg-config"),
    "onnx": ("cmake", "libprotobuf-dev", "protobuf-compiler"),
    "opencv-contrib-python": ("cmake", "ninja-build"),
    "opencv-python": ("cmake", "ninja-build"),
    "pillow": ("libfreetype6-dev", "libjpeg62-turbo-dev", "zlib1g-dev"),
    "pillow-simd": ("libfreetype6-dev", "libjpeg62-turbo-dev", "zlib1g-dev"),
    "plyvel": ("libleveldb-dev",),
    "pocketsphinx": ("libasound2-dev", "libpulse-dev", "swig"),
    "psycopg2": ("libpq-dev",),
    "pyaudio": ("portaudio19-dev",),
    "pycairo": ("libcairo2-dev", "pkg-config"),
    "pycurl": ("libcurl4-openssl-dev", "libssl-dev"),
    "pygraphviz": ("libgraphviz-dev", "pkg-config"),
    "pyopenjtalk": ("cmake",),
    "pyproj": ("libproj-dev", "proj-bin"),
    "python-snappy": ("libsnappy-dev",),
    "scipy": ("gfortran", "libopenblas-dev", "pkg-config"),
    "sentencepiece": ("cmake", "pkg-config"),
    "shapely": ("libgeos-dev",),
    "simpleaudio": ("libasound2-dev",),
    "tables": ("libbz2-dev", "libhdf5-dev", "liblzo2-dev", "pkg-config"),
    "tokenizers": ("cargo",),
    "xgboost": ("cmake",),
}
"""What a source distribution needs beside a C and C++ compiler, sorted."""

BUILT: Mapping[str, tuple[str, ...]] = {
    "av": ("libavcodec59", "libavdevice59", "libavfilter8", "libavformat59", "libavutil57", "libswresample4", "libswscale6"),
    "ffcv": ("libopencv-core406", "libopencv-imgproc406", "libturbojpeg0"),
    "h5py": _HDF5,
    "lightgbm": ("libgomp1",),
    "lxml": ("libxml2", "libxslt1.1"),
    "matplotlib": ("libfreetype6", "libpng16-16"),
    "mpi4py": ("libopenmpi3", "openmpi-bin"),
    "mysqlclient": ("libmariadb3",),
    "onnx": ("libprotobuf32",),
    "pillow": _JPEG,
    "pillow-simd": _JPEG,
    "plyvel": ("libleveldb1d",),
    "pocketsphinx": ("libasound2", "libpulse0"),
    "psycopg2": ("libpq5",),
    "pyaudio": ("libportaudio2",),
    "pycairo": ("libcairo2",),
    "pycurl": ("libcurl4",),
    "pygraphviz": ("graphviz",),
    "pyproj": ("libproj25",),
    "python-snappy": ("libsnappy1v5",),
    "scikit-learn": ("libgomp1",),
    "scipy": ("libgfortran5", "libopenblas0"),
    "shapely": ("libgeos-c1v5",),
    "simpleaudio": ("libasound2",),
    "tables": (*_HDF5, "liblzo2-2"),
    "xgboost": ("libgomp1",),
}
"""What such a build links to and therefore wants when it runs."""

_QT = (
    "libdbus-1-3", "libegl1", "libfontconfig1", "libgl1", "libglib2.0-0", "libgssapi-krb5-2", "libx11-xcb1", "libxkbcommon-x11-0",
    "libxkbcommon0",
)  # fmt: skip
LINKED: Mapping[str, tuple[str, ...]] = {
    "mpi4py": ("openmpi-bin",),  # even a single process is started by its `orted`, and ends without it when MPI is imported
    "paddlepaddle": ("libgomp1",),
    "paddlepaddle-gpu": ("libgomp1",),
    **dict.fromkeys(("pyqt5", "pyqt5-qt5", "pyqt6", "pyqt6-qt6", "pyside2", "pyside6", "pyside6-essentials"), _QT),
}
"""What wheels with binaries want whose files do not say so, or are too long to be read by a resolution and were not walked."""

OPENED: Mapping[str, tuple[str, ...]] = {
    "cairocffi": ("libcairo2",),
    "cairosvg": ("libcairo2",),
    "ffmpeg-python": ("ffmpeg",),
    "ffmpy": ("ffmpeg",),
    "gitpython": ("git",),
    "graphviz": ("graphviz",),
    "openai-whisper": ("ffmpeg",),
    "pdf2image": ("poppler-utils",),
    "pydot": ("graphviz",),
    "pydub": ("ffmpeg",),
    "pyfluidsynth": ("libfluidsynth3",),
    "pylibdmtx": ("libdmtx0b",),
    "pyopengl": ("libegl1", "libgl1", "libglu1-mesa", "libosmesa6"),
    "pytesseract": ("tesseract-ocr",),
    "python-magic": ("libmagic1",),
    "python-vlc": ("libvlc5",),
    "pyttsx3": ("espeak", "libespeak1"),
    "pyusb": ("libusb-1.0-0",),
    "pyzbar": ("libzbar0",),
    "rtree": ("libspatialindex-c6",),
    "sounddevice": ("libportaudio2",),
    "soundfile": ("libsndfile1",),
    "sox": ("sox",),
    "streamlit<0.70": ("dbus",),  # it asks for the machine's id when it is imported, and else for sudo
    "tika": ("default-jre-headless",),
    "wand": ("libmagickwand-6.q16-6",),
    "weasyprint": ("libpango-1.0-0", "libpangoft2-1.0-0"),
    "whisper": ("ffmpeg",),
}
"""Libraries opened by name and programs called: nothing in the files of a wheel says so. A key may bound the versions."""

PROGRAMS = frozenset({
    "aria2", "curl", "default-jre", "default-jre-headless", "espeak", "espeak-ng", "ffmpeg", "fluidsynth", "ghostscript", "git", "git-lfs",
    "graphviz", "imagemagick", "libmagic1", "locales", "mecab", "mecab-ipadic-utf8", "pandoc", "poppler-utils", "procps", "rsync",
    "libgl1", "libglu1-mesa", "libtk8.6", "sox", "tesseract-ocr", "tesseract-ocr-eng", "unzip", "wget", "wkhtmltopdf", "xvfb",
})  # fmt: skip
"""Programs of Debian that a project's own Dockerfile may install because its code calls them; others are left out, and told."""

PACKAGE_OF: Mapping[str, str] = {
    "aria2c": "aria2",
    "convert": "imagemagick",
    "curl": "curl",
    "dot": "graphviz",
    "espeak": "espeak",
    "espeak-ng": "espeak-ng",
    "ffmpeg": "ffmpeg",
    "ffprobe": "ffmpeg",
    "fluidsynth": "fluidsynth",
    "git": "git",
    "gs": "ghostscript",
    "java": "default-jre-headless",
    "mecab": "mecab",
    "pandoc": "pandoc",
    "pdftoppm": "poppler-utils",
    "pdftotext": "poppler-utils",
    "rsync": "rsync",
    "sox": "sox",
    "soxi": "sox",
    "tesseract": "tesseract-ocr",
    "unzip": "unzip",
    "wget": "wget",
    "wkhtmltopdf": "wkhtmltopdf",
    "xvfb-run": "xvfb",
}
"""Programs that sources start, and the package of each."""

RENAMED: Mapping[str, str] = {
    "libgl1-mesa-glx": "libgl1",
    "libglib2.0-dev": "libglib2.0-0",
    "libsm-dev": "libsm6",
    "libxrender-dev": "libxrender1",
    "libxext-dev": "libxext6",
    "libsndfile-dev": "libsndfile1",
    "libsndfile1-dev": "libsndfile1",
    "openjdk-8-jdk": "default-jre-headless",
    "openjdk-8-jre": "default-jre-headless",
    "openjdk-8-jre-headless": "default-jre-headless",
    "openjdk-11-jdk": "default-jre-headless",
    "openjdk-11-jre": "default-jre-headless",
    "openjdk-11-jre-headless": "default-jre-headless",
    "default-jdk": "default-jre-headless",
    "libmagic-dev": "libmagic1",
    "tesseract": "tesseract-ocr",
}
"""What Dockerfiles ask for under a name of another release, or in its form for compiling -> what runs in bookworm."""


_BOUNDED = {Requirement(key): packages for key, packages in OPENED.items() if "<" in key}


AGAINST_TORCH = frozenset({
    "causal-conv1d", "chamferdist", "ctcdecode", "detectron2", "flash-attn", "inplace-abn", "mamba-ssm", "minkowskiengine", "mmcv",
    "mmcv-full", "natten", "pointnet2-ops", "pytorch-fast-transformers", "pytorch3d", "torch-cluster", "torch-points-kernels",
    "torch-scatter", "torch-sparse", "torch-spline-conv", "torchsort", "torchsparse", "warp-rnnt", "warpctc-pytorch",
})  # fmt: skip
"""Distributions whose setup.py imports the set's own PyTorch to compile against it and declares it nowhere."""


def build_packages(names: Iterable[str]) -> tuple[str, ...]:
    """The Debian packages, beside a compiler, that source distributions of these canonical names are built with, sorted."""
    return tuple(sorted({package for name in names for package in BUILD.get(name, ())}))


def run_packages(pins: Sequence[Pin], built: Iterable[str] = ()) -> tuple[str, ...]:
    """The Debian packages that these releases open or call, and those that the distributions `built` from source link to, sorted."""
    opened = {package for pin in pins for package in OPENED.get(pin.name, ())}
    for wanted, packages in _BOUNDED.items():
        if any(pin.name == wanted.name and wanted.specifier.contains(pin.version, prereleases=True) for pin in pins):
            opened |= set(packages)
    return tuple(sorted(opened | {package for name in built for package in BUILT.get(name, ())}))


def is_named(name: str) -> bool:
    """Whether a distribution stands in one of the tables of what its releases want when they run."""
    return name in OPENED or name in BUILT or name in LINKED or any(wanted.name == name for wanted in _BOUNDED)


def linked_packages(names: Iterable[str]) -> tuple[str, ...]:
    """The Debian packages that long wheels of these distributions link to, sorted."""
    return tuple(sorted({package for name in names for package in LINKED.get(name, ())}))


_TOOLS = re.compile(
    r"build-essential|cmake|ccache|autoconf|automake|libtool|pkg-config|swig|ninja-build|make|g\+\+.*|gcc.*|clang.*|gfortran|nasm|yasm|"
    r"vim|nano|less|tmux|screen|htop|sudo|bash|zsh|man|tzdata|apt-.*|ca-certificates|gnupg2?|software-properties-common|dialog|lsb-release|"
    r"python.*|.*-dev|libpython.*|cuda-.*|libcud.*|libnccl.*|libnv.*|net-tools|iputils-ping|openssh-.*|telnet|"
    r"file|patch|bzip2|xz-utils|zip|tar|gzip|nginx|supervisor|gunicorn"
)
"""What builds, edits or serves: nothing that the project's own code needs when it runs."""


def asked_packages(asked: Iterable[tuple[str, str]], known: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the (Debian package, where) pairs that a project installs for itself those that it may need when it runs (libraries among `known`,
    programs), and a sentence for each other one that is no tool; both sorted.
    """
    kept, notes = set(), set()
    for name, where in asked:
        package = RENAMED.get(name, name)
        if package in PROGRAMS or package in known:
            kept.add(package)
        elif not _TOOLS.fullmatch(name):
            notes.add(f"{where}: the system package {name} is not taken over")
    return tuple(sorted(kept)), tuple(sorted(notes))
