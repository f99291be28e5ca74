"""What ``fixed`` may be besides a formula: grouped data, or a list of regressions, which know the rest themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError
from pyimpl.grouped_data import grouped_info
from pyimpl.lists.result import LmList
from pyimpl.structures import pdLogChol

# 1 / the median absolute deviation of a standard normal variable.
_MAD = 1.4826


def resolve(fixed: object, data: object, random: object) -> tuple[Any, Any, Any]:
    """Return the formula, the data and the random effects that are meant.

    As in R, grouped data mean their own formula, and a list of regressions its formula and data, with random effects
    for all its coefficients, whose variances the search begins at those of the regressions.

    Raises
    ------
    ArgumentError
        ``fixed`` is a frame that doesn't know its formula, or ``data`` is given beside grouped data or a list.
    """
    if not isinstance(fixed, pd.DataFrame | LmList):
        return fixed, data, random
    if data is not None:
        raise ArgumentError(
            f"data: fixed is {type(fixed).__name__} and brings its data; leave data out, or write a formula"
        )
    if isinstance(fixed, pd.DataFrame):
        info = grouped_info(fixed)
        if info is None:
            raise ArgumentError(
                "fixed: a DataFrame will do only if grouped_data() made it; write a formula such as 'y ~ x'"
            )
        return info.fixed, fixed, random
    return _of_list(fixed, random)


def _of_list(fits: LmList, random: object) -> tuple[str, pd.DataFrame, object]:
    if len(fits.formula.groups) > 1:
        raise ArgumentError(
            "fixed: only a list with one grouping factor says which random effects are meant; write a formula"
        )
    data = fits.frame.all_columns()
    data.attrs = {**data.attrs, "formula": fits.formula.text}
    formula = fits.formula
    if random is None:
        random = {fits.grouping.name: pdLogChol(formula.as_effects().text, _spread(fits))}
    return formula.text_without_groups, data, random


def _spread(fits: LmList) -> Array | None:
    """Variances of the coefficients between groups over that within, by median absolute deviations as in R."""
    coefficients = fits.coef().dropna().to_numpy()
    within = _mad(fits.errors[:, None])
    with np.errstate(all="ignore"):
        relative = (_mad(coefficients) / within) ** 2
    return np.diag(relative) if relative.size and np.isfinite(relative).all() else None


def _mad(columns: Array) -> Array:
    if not len(columns):
        return np.full(columns.shape[1], np.nan)
    return np.asarray(_MAD * np.median(np.abs(columns - np.median(columns, axis=0)), axis=0))
