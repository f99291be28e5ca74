"""What fitting a model comes to, with random effects or without: select the rows, find the optimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arguments import Control
from pyimpl.design import Design
from pyimpl.formula import Formula, condition_as_r_writes_it
from pyimpl.frame import ModelFrame, model_frame, subset_rows
from pyimpl.moments import compress
from pyimpl.objective import Likelihood
from pyimpl.progress import RowsRead
from pyimpl.search import search
from pyimpl.structured import Found, WithinGroup, structured_rows, structured_search
from pyimpl.unfit import naming_columns


def select_rows(columns: Sequence[str], data: pd.DataFrame, subset: Any, na_action: str) -> ModelFrame:
    """The rows and columns that a model uses, all of which exist; errors as of :func:`pyimpl.frame.model_frame`."""
    keep = None if subset is None else subset_rows(subset, data)
    frame = model_frame(data, list(dict.fromkeys(columns)), keep, na_action)
    return replace(frame, subset=condition_as_r_writes_it(subset)) if isinstance(subset, str) else frame


def best_fit(
    design: Design, within: WithinGroup | None, formula: Formula, reml: bool, settings: Control
) -> Found:
    """Compress the rows and find the optimum.

    Raises
    ------
    DataError
        A column of X depends on those before it, or the fixed effects fit the response exactly; in the words of
        ``formula``, which X was made by.
    ArgumentError
        The errors have no covariance matrix at the initial values.
    """
    settings.watch(RowsRead(2, design.n_obs))
    with naming_columns(
        design.fixed.names,
        lambda column: bool(np.ptp(design.X[:, column]) == 0),
        formula.response_text,
        formula.argument,
    ):
        return _found(design, within, reml, settings)


def _found(design: Design, within: WithinGroup | None, reml: bool, settings: Control) -> Found:
    structures = tuple(level.covariance for level in reversed(design.levels))
    if within is not None:
        rows = structured_rows(design, structures, reml, settings.sigma, within)
        return structured_search(rows, design.levels, settings)
    order = None if design.is_sorted else design.order
    moments = compress(design.columns(), design.starts, structures, order)
    likelihood = Likelihood(moments, structures, reml, settings.sigma)
    return Found(likelihood, search(likelihood, design.levels, settings))
