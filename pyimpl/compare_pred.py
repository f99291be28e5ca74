"""``compare_pred``: the predictions of two fits on one grid, side by side."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Protocol

import numpy as np
import pandas as pd

from pyimpl.aug_pred import ORIGINAL, PREDICTED, AugPred, PredictionSource, augmented_predictions
from pyimpl.compare_fits import check_names
from pyimpl.errors import ArgumentError
from pyimpl.model import LevelChoice
from pyimpl.prediction_grid import Grid, observed_values, primary_covariate


class Predicting(Protocol):
    """A fit that can be asked for predictions in its groups."""

    def prediction_source(self, level: LevelChoice) -> PredictionSource:
        """What the predictions at a level are made from."""


def compare_pred(
    fit1: Predicting,
    fit2: Predicting,
    primary: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    length_out: int = 51,
    level: int | str | None = None,
    names: tuple[str, str] = ("fit1", "fit2"),
) -> AugPred:
    """Predictions of two fits on one grid, as R's ``comparePred``.

    Parameters
    ----------
    fit1, fit2 : LmeFit or LmList
        Fits of one response with the same groups. The observations are those of ``fit1``.
    primary, minimum, maximum, length_out
        The grid: see :meth:`LmeFit.aug_pred`. Its ends are those of ``fit1``'s data if left out.
    level : int or str, optional
        At which level to predict; a list of regressions has its groups' only.
    names : pair of str
        What ``.type`` calls the fits.

    Returns
    -------
    AugPred

    Raises
    ------
    ArgumentError
        The fits differ in their groups or response.
    """
    names = check_names(names)
    if ORIGINAL in names:
        raise ArgumentError(f"names: {ORIGINAL!r} is what the observations are called; choose another name")
    if level is not None and not isinstance(level, str | int | np.integer):
        raise ArgumentError(f"level: fits are compared at one level, got {level!r}")
    first, second = _source(fit1, level, "fit1"), _source(fit2, level, "fit2")
    _check_comparable(first, second)
    data = first.frame.all_columns()
    grid = Grid(primary_covariate(primary, data), minimum, maximum, length_out)
    values = grid.values(observed_values(data, grid.primary))
    grid = replace(grid, minimum=float(values[0]), maximum=float(values[-1]))
    return _joined(augmented_predictions(first, grid), augmented_predictions(second, grid), names)


def _joined(one: AugPred, two: AugPred, names: tuple[str, str]) -> AugPred:
    """The observations and predictions of the first, then the predictions of the second."""
    predicted = two.table[".type"] == PREDICTED
    others = two.table[predicted].set_axis(one.table.columns, axis=1)
    table = pd.concat([one.table, others], ignore_index=True)
    groups = table[one.group_name].astype(str)  # the second's may be listed in another order
    table[one.group_name] = groups.astype(one.table[one.group_name].dtype)
    first = one.table[".type"].astype(str).replace(PREDICTED, names[0])
    kinds = [*first, *[names[1]] * len(others)]
    table[".type"] = pd.Categorical(kinds, categories=[*names, ORIGINAL], ordered=True)
    second = [name for name, kept in zip(two.row_names, predicted, strict=True) if kept]
    return AugPred(table, one.labels, one.units, made_unique([*one.row_names, *second]))


def made_unique(names: list[str]) -> tuple[str, ...]:
    """Names of which the repeated ones have the first number appended that makes them new, as R's ``rbind`` has it."""
    taken, seen, unique = set(names), set(), []
    for name in names:
        if name in seen:
            name = next(new for k in count(1) if (new := f"{name}{k}") not in taken)
            taken.add(name)
        seen.add(name)
        unique.append(name)
    return tuple(unique)


def _source(fit: object, level: LevelChoice, argument: str) -> PredictionSource:
    if not hasattr(fit, "prediction_source"):
        raise ArgumentError(f"{argument}: expected a fit of lme or lm_list, got {type(fit).__name__}")
    source: PredictionSource = fit.prediction_source(level)
    return source


def _check_comparable(first: PredictionSource, second: PredictionSource) -> None:
    if first.response_text != second.response_text:
        raise ArgumentError(
            f"fit2: its response is {second.response_text!r}, that of fit1 {first.response_text!r}; only predictions "
            "of one response compare"
        )
    if set(first.grouping.names) != set(second.grouping.names):
        raise ArgumentError(
            "fit2: its groups are not those of fit1; compare fits of the same data at the same level"
        )
