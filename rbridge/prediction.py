"""Predictions for the data or for new rows, of an lme fit at one level or several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from rbridge import checks, decode, frames
from rbridge.base import Fit
from rbridge.levels import LevelChoice, are_several


def predict(
    fit: Fit, fitted: Callable[[int], Any], newdata: pd.DataFrame | None, level: LevelChoice
) -> pd.Series | pd.DataFrame:
    """Predict at one level (a Series) or at several (R's frame); see :meth:`rbridge.fit.LmeFit.predict`.

    ``fitted`` gives the fitted values at a level, the predictions for the data themselves.
    """
    depths = fit._levels.depths(level)
    if newdata is None:
        if not are_several(level):
            made: pd.Series = fitted(depths[0])
            return made
        rows = fit.get_data()
        values = [fitted(depth).to_numpy() for depth in depths]
        return _at_several(fit, rows, depths, values)
    rows = checks.check_frame(newdata, "newdata")
    predicted = [predict_rows(fit, rows, "rb_lme", depth) for depth in depths]
    if not are_several(level):
        return predicted[0]
    values = [column.to_numpy() for column in predicted]
    return _at_several(fit, rows, depths, values)


def predict_rows(fit: Fit, newdata: Any, functions: str, *args: Any) -> pd.Series:
    """Predict new rows by the R functions of one kind of model: the columns it needs, then the predictions."""
    rows = checks.check_frame(newdata, "newdata")
    originals, crossing, labels = fit._ask(f"{functions}_columns", *args, decode=decode.columns_to_send)
    checks.check_columns(rows, {"predict": originals}, "newdata")
    columns = checks.convert_columns(rows, originals, labels)
    checks.check_values(columns, na_action="exclude", argument="newdata")
    sent = frames.to_r(list(columns.values()), crossing, len(rows), fit._handle.home)
    values: np.ndarray = fit._ask(f"{functions}_predict", sent, *args, decode=decode.floats)
    return pd.Series(values, index=rows.index)


def _at_several(fit: Fit, rows: pd.DataFrame, depths: list[int], values: list[np.ndarray]) -> pd.DataFrame:
    """Return R's frame: the groups of the levels asked for, inner ones as outer/inner, then the predictions."""
    made: dict[str, Any] = {}
    path = None
    for name in fit._levels.names[: max(depths)]:
        label = rows[name].astype(str).where(rows[name].notna())
        path = label if path is None else path + "/" + label
        made[name] = path.to_numpy()
    for depth, column in zip(depths, values, strict=True):
        made[f"predict.{fit._levels.labels[depth]}"] = column
    return pd.DataFrame(made, index=rows.index)
