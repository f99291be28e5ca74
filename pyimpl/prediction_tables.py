"""What ``predict`` returns: a Series, or a frame where several levels, standard errors or intervals are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.estimates import Estimates
from pyimpl.grouping import Labels
from pyimpl.model import Model
from pyimpl.new_errors import std_dev_of_newdata
from pyimpl.prediction import PredictionErrors, Uncertainty, predicted_values
from pyimpl.prediction_rows import PredictionRows, group_names, rows_of_fit, rows_of_newdata
from pyimpl.within_errors import errors_of


@dataclass(frozen=True, slots=True)
class _Target:
    """Rows to predict for, how their groups are called at a depth, and how a table is aligned with their index."""

    rows: PredictionRows
    names: Callable[[int], Labels]
    aligned: Callable[[pd.DataFrame], pd.DataFrame]


def predictions(
    model: Model,
    estimates: Estimates,
    errors: PredictionErrors | None,
    newdata: pd.DataFrame | None,
    depths: list[int],
    ask: Uncertainty,
    several: bool,
) -> pd.DataFrame:
    """Predictions of one or several depths, a block of columns each.

    Parameters
    ----------
    model : Model
    estimates : Estimates
    errors : PredictionErrors or None
        None where only values are asked for.
    newdata : DataFrame or None
        The data itself if None.
    depths : list of int
    ask : Uncertainty
    several : bool
        Whether a list of levels was asked for, even of one.

    Returns
    -------
    DataFrame
        Of one depth: ``fit`` and the asked ones of ``se.fit``, ``lwr``, ``upr``, as R's ``predict.lm`` has it. Of
        several, as R's ``predict.lme``: the names of the groups down to the innermost of these depths, then
        ``predict.fixed``, ``predict.<group>``, and in the same way ``se.fit.<group>`` etc.
    """
    target = _target(model, newdata, max(depths), ask.interval == "prediction")
    noise = _noise(model, estimates, newdata) if ask.interval == "prediction" else None
    blocks = []
    for depth in depths:
        values = predicted_values(target.rows, estimates, depth)
        found = errors.columns(target.rows, values, depth, ask, noise) if errors is not None else {}
        blocks.append({"fit": values} | found)
    if not several:
        return target.aligned(pd.DataFrame(blocks[0]))
    level_names = ["fixed", *(level.grouping.name for level in model.levels)]
    groups = {level_names[k]: target.names(k) for k in range(1, max(depths) + 1)}
    columns: dict[str, Array | Labels] = dict(groups)
    for depth, block in zip(depths, blocks, strict=True):
        for name, values in block.items():
            columns[f"{'predict' if name == 'fit' else name}.{level_names[depth]}"] = values
    return target.aligned(pd.DataFrame(columns))


def _noise(model: Model, estimates: Estimates, newdata: pd.DataFrame | None) -> Array:
    """The standard deviation of each row's error, (n,)."""
    if newdata is None:
        return errors_of(model, estimates).std_dev()
    fitted = np.zeros(len(newdata))
    if model.within is not None and model.within.needs_fitted:
        fitted = _fitted_as_far_as_known(model, estimates, newdata)
    return std_dev_of_newdata(model, estimates, newdata, fitted)


def _fitted_as_far_as_known(model: Model, estimates: Estimates, newdata: pd.DataFrame) -> Array:
    """Predictions that count each row's effects down to the innermost group that the data had."""
    names = [level.grouping.name for level in model.levels]
    depth = next((k for k, name in enumerate(names) if name not in newdata), len(names))
    rows = rows_of_newdata(model, newdata, depth)
    values = predicted_values(rows, estimates, 0)
    for k in range(1, depth + 1):
        deeper = predicted_values(rows, estimates, k)
        values = np.where(np.isnan(deeper), values, deeper)
    return values


def _target(model: Model, newdata: pd.DataFrame | None, depth: int, all_effects: bool) -> _Target:
    if newdata is not None:
        rows = rows_of_newdata(model, newdata, depth, len(model.levels) if all_effects else None)
        index = newdata.index
        return _Target(rows, lambda k: group_names(model, newdata, k), lambda table: table.set_axis(index))
    frame = model.frame
    groupings = [level.grouping for level in model.levels]
    where = np.where(frame.kept, np.cumsum(frame.kept) - 1, -1)
    return _Target(
        rows_of_fit(model),
        lambda k: groupings[k - 1].names[groupings[k - 1].codes],
        lambda table: table.reindex(where).set_axis(frame.index),
    )
