"""Implementations that fail, each in its way: what they are asked for has to end in a verdict."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..engines import RecordedEngine
from ..grid import Grid
from ..spec import ModelSpec


class Raises:
    """Raises."""

    name = "raises"

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Any:
        """Fail in this way."""
        raise RuntimeError("did not converge")


class Nothing:
    """Returns nothing."""

    name = "returns nothing"

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Any:
        """Fail in this way."""
        return None


class NotNumbers:
    """Returns R's answer with NaN for every number of its table."""

    name = "returns no numbers"

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Any:
        """Fail in this way."""
        right = RecordedEngine("converged").fit(spec, data)
        assert right.t_table is not None
        nan = Grid(right.t_table.rows, right.t_table.columns, np.full(right.t_table.values.shape, np.nan))
        return replace(right, t_table=nan)


class Hangs:
    """Never returns."""

    name = "hangs"

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Any:
        """Fail in this way."""
        time.sleep(3600)


class Dies:
    """Ends its process."""

    name = "kills its process"

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Any:
        """Fail in this way."""
        os._exit(3)
