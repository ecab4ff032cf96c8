"""LightGBM at the border, through its documented C interface.

Importing the Python package takes seconds (it pulls in scipy, and pandas and scikit-learn where they are installed), loading its
library milliseconds.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from resolver.core.errors import ResolverError
from resolver.rank.features import Floats

_FLOAT64 = 1  # C_API_DTYPE_FLOAT64
_RAW, _CONTRIBUTIONS = 1, 3  # C_API_PREDICT_RAW_SCORE, C_API_PREDICT_CONTRIB
_SETTINGS = b"num_threads=1"


@functools.cache
def _library() -> ctypes.CDLL:
    """LightGBM's shared library, found without importing the package. Raises ResolverError when it is missing or cannot be loaded."""
    spec = importlib.util.find_spec("lightgbm")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    found = next(
        (path for folder in folders for path in (folder / "lib" / "lib_lightgbm.so", folder / "lib_lightgbm.so") if path.exists()), None
    )
    if found is None:
        raise ResolverError("LightGBM is not installed", hint="pip install lightgbm")
    return _open(str(found))


def _open(path: str) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(path)
    except OSError as error:  # the wheel does not bundle the OpenMP runtime
        raise ResolverError(f"LightGBM cannot be loaded: {error}", hint="apt-get install libgomp1") from error
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library


def logit(probability: Floats) -> Floats:
    """Log-odds, of probabilities kept off 0 and 1."""
    inside = np.clip(probability, 1e-4, 1 - 1e-4)
    found: Floats = np.log(inside / (1 - inside))
    return found


def logistic(odds: Floats) -> Floats:
    """The inverse of `logit`."""
    found: Floats = 1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30)))
    return found


class Forest:
    """One trained LightGBM booster out of its text; predictions use one thread, so that equal input gives equal output at any load.

    `columns` are the places in a table of the columns that it was trained on, when these are not all of them.
    """

    def __init__(self, text: str, columns: Sequence[int] | None = None) -> None:
        self._text = text
        self._columns = None if columns is None else list(columns)
        self._handle: ctypes.c_void_p | None = None
        self._single: tuple[ctypes.c_void_p, Floats, ctypes.c_void_p, ctypes.c_double, ctypes.c_int64] | None = None

    def predict(self, table: Floats) -> Floats:
        """The log-odds for each row, before any offset; microseconds a row. Raises ResolverError for damaged trees."""
        return self._run(table, _RAW, 1).ravel()

    def predict_one(self, row: Sequence[float]) -> float:
        """The log-odds for one row, through the interface made for single rows (a tenth of the time of `predict`)."""
        if self._columns is not None:
            row = [row[column] for column in self._columns]
        if self._single is None:
            buffer, config = np.zeros(len(row)), ctypes.c_void_p()
            self._check(
                _library().LGBM_BoosterPredictForMatSingleRowFastInit(
                    self._get(),
                    ctypes.c_int(_RAW),
                    ctypes.c_int(0),
                    ctypes.c_int(-1),
                    ctypes.c_int(_FLOAT64),
                    ctypes.c_int32(len(row)),
                    ctypes.c_char_p(_SETTINGS),
                    ctypes.byref(config),
                )
            )
            self._single = (config, buffer, buffer.ctypes.data_as(ctypes.c_void_p), ctypes.c_double(0.0), ctypes.c_int64(0))
        config, buffer, address, result, length = self._single
        buffer[:] = row
        self._check(_library().LGBM_BoosterPredictForMatSingleRowFast(config, address, ctypes.byref(length), ctypes.byref(result)))
        return result.value

    def contributions(self, table: Floats) -> Floats:
        """What each of its columns contributed to each row (SHAP values, in log-odds; the last column is the base)."""
        return self._run(table, _CONTRIBUTIONS, (table.shape[1] if self._columns is None else len(self._columns)) + 1)

    def _run(self, table: Floats, kind: int, width: int) -> Floats:
        if self._columns is not None:
            table = table[:, self._columns]
        rows, columns = table.shape
        result = np.zeros((rows, width))
        if not rows:
            return result
        table = np.ascontiguousarray(table, dtype=np.float64)
        length = ctypes.c_int64(0)
        self._check(
            _library().LGBM_BoosterPredictForMat(
                self._get(),
                table.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_int(_FLOAT64),
                ctypes.c_int32(rows),
                ctypes.c_int32(columns),
                ctypes.c_int(1),
                ctypes.c_int(kind),
                ctypes.c_int(0),
                ctypes.c_int(-1),
                ctypes.c_char_p(_SETTINGS),
                ctypes.byref(length),
                result.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
            )
        )
        assert length.value == result.size
        return result

    def _get(self) -> ctypes.c_void_p:
        if self._handle is None:
            if not self._text.startswith("tree\n"):  # the library ends the process on some texts that are no trees
                raise ResolverError("the ranker's LightGBM text cannot be read", hint="train it again: resolver train")
            handle, rounds = ctypes.c_void_p(), ctypes.c_int(0)
            self._check(_library().LGBM_BoosterLoadModelFromString(self._text.encode(), ctypes.byref(rounds), ctypes.byref(handle)))
            self._handle = handle
        return self._handle

    def _check(self, code: int) -> None:
        if code:
            told = _library().LGBM_GetLastError().decode(errors="replace")
            raise ResolverError(f"the ranker's LightGBM text cannot be read: {told}", hint="train it again: resolver train")

    def __del__(self) -> None:
        if self._single is not None:
            _library().LGBM_FastConfigFree(self._single[0])
        if self._handle is not None:
            _library().LGBM_BoosterFree(self._handle)
