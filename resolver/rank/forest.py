"""LightGBM at the border: a booster from its text, with errors that say what to do."""

from __future__ import annotations

from typing import Any

import numpy as np

from resolver.core.errors import ResolverError
from resolver.rank.features import Floats


class Forest:
    """One trained LightGBM booster; predictions use one thread, so that equal input gives equal output at any load."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._booster: Any = None

    def predict(self, table: Floats) -> Floats:
        """The probability for each row."""
        if not len(table):
            return np.zeros(0)
        found: Floats = np.asarray(self._get().predict(table, num_threads=1), dtype=np.float64)
        return found

    def contributions(self, table: Floats) -> Floats:
        """What each column contributed to each row (SHAP values, in log-odds; the last column is the base)."""
        found: Floats = np.asarray(self._get().predict(table, num_threads=1, pred_contrib=True), dtype=np.float64)
        return found

    def _get(self) -> Any:
        if self._booster is None:
            try:
                from lightgbm import Booster
                from lightgbm.basic import LightGBMError
            except OSError as error:  # the wheel does not bundle the OpenMP runtime
                raise ResolverError(f"LightGBM cannot be loaded: {error}", hint="apt-get install libgomp1") from error
            try:
                self._booster = Booster(model_str=self._text)
            except LightGBMError as error:
                raise ResolverError(f"the ranker's LightGBM text cannot be read: {error}", hint="train it again: resolver train") from error
        return self._booster
