"""What an installer of today must be told to install releases of yesterday."""

from __future__ import annotations

from datetime import date, timedelta

ERA = timedelta(days=120)
"""Dependencies may be this much newer than the release that is walked: what its users got at the time."""

SAME_WEEK = timedelta(days=6)
"""The second try for a release whose import fails with its successors' dependencies."""

WHEELS_EXIST = date(2017, 8, 1)
"""Before that hardly a package had wheels for the oldest interpreter that is considered (3.6)."""

HEAVY = frozenset(
    {"torch", "tensorflow", "tensorflow-cpu", "mxnet", "paddlepaddle", "torchvision", "torchaudio", "torchtext", "jaxlib", "dgl"}
)
"""Walked alone, and first to leave the installer's cache."""

LIGHT_TENSORFLOW = date(2021, 1, 1)
"""Since then tensorflow-cpu (a third of the size, the same modules) serves as a companion."""

LONG_TO_COMPILE = (
    "av", "blis", "box2d-py", "catboost", "cmake", "cryptography", "cython", "dlib",
    "dm-tree", "faiss-cpu", "fiona", "gensim", "gevent", "grpcio", "h5py", "hdbscan",
    "imagecodecs", "jaxlib", "lightgbm", "llvmlite", "lxml", "matplotlib", "ml-dtypes", "mujoco",
    "netcdf4", "numba", "numpy", "onnx", "opencv-python", "opencv-python-headless", "orjson", "pandas",
    "pillow", "pyarrow", "pybullet", "pycocotools", "pydantic-core", "pyproj", "pywavelets", "pyzmq",
    "rasterio", "ray", "safetensors", "scikit-image", "scikit-learn", "scipy", "sentencepiece", "shapely",
    "soundfile", "spacy", "statsmodels", "tables", "thinc", "tiktoken", "tokenizers", "torch",
    "xgboost"
)  # fmt: skip
"""Only their wheels are used: a release without one for the interpreter is left out rather than compiled for minutes."""

UNREADABLE = {
    "pandas": (
        ("numpy", "python-dateutil", "pytz"),
        "0.19.2 0.20.0 0.20.1 0.20.2 0.20.3 0.21.0 0.21.1 0.22.0 0.23.0 0.23.1 0.23.2 0.23.3 0.23.4 0.24.0 0.24.1 0.24.2",
    ),
}
"""Releases whose metadata the installer refuses to read ("pytz >= 2011k"), with what they require."""

_BACKENDS = ("keras", "tensorflow")
COMPANIONS = {
    "keras": ("tensorflow",),
    "keras-applications": _BACKENDS,
    "keras-preprocessing": _BACKENDS,
    "keras-vis": _BACKENDS,
    "keras-rl": _BACKENDS,
    "keras-resnet": _BACKENDS,
    "keras-vggface": _BACKENDS,
    "keras-tuner": ("tensorflow",),
    "efficientnet": _BACKENDS,
    "segmentation-models": _BACKENDS,
    "image-classifiers": _BACKENDS,
    "tensorflow-hub": ("tensorflow",),
    "tensorflow-addons": ("tensorflow",),
    "tensorflow-probability": ("tensorflow",),
    "tensorflow-datasets": ("tensorflow",),
    "tensorflow-estimator": ("tensorflow",),
    "tf-keras": ("tensorflow",),
    "scipy": ("pillow",),  # scipy.misc has its image functions only beside it
    "tf-slim": ("tensorflow",),
    "tensorlayer": ("tensorflow",),
    "tflearn": ("tensorflow",),
    "mtcnn": (*_BACKENDS, "opencv-python-headless"),
    "retina-face": ("tensorflow",),
    "deepface": ("tensorflow",),
    "imutils": ("opencv-python-headless",),
    "imgaug": ("opencv-python-headless",),
    "albumentations": ("opencv-python-headless",),
    "edward": ("tensorflow",),
    "lasagne": ("theano",),
    "jax": ("jaxlib",),
}
"""Packages that import something which they do not require (a backend that the user chooses)."""


def builder(python: str) -> str:
    """What setup.py files of an interpreter's time expect of setuptools (46 dropped Feature, 58 use_2to3, 66 lenient versions)."""
    return {
        "3.6": "setuptools<46",
        "3.7": "setuptools<46",
        "3.8": "setuptools<58",
        "3.9": "setuptools<58",
        "3.10": "setuptools<66",
    }.get(python, "")
