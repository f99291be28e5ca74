"""Predictions of an lme fit, for the data or for new rows, at one level or several."""

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
    values = [_predicted(fit, rows, depth) for depth in depths]
    if not are_several(level):
        return pd.Series(values[0], index=rows.index)
    return _at_several(fit, rows, depths, values)


def _predicted(fit: Fit, rows: pd.DataFrame, depth: int) -> np.ndarray:
    originals, crossing, labels = fit._ask("rb_predict_columns", depth, decode=decode.columns_to_send)
    checks.check_columns(rows, {"predict": originals}, "newdata")
    columns = checks.convert_columns(rows, originals, labels)
    checks.check_values(columns, na_action="exclude", argument="newdata")
    frame = frames.to_r(list(columns.values()), crossing, len(rows), fit._handle.home)
    values: np.ndarray = fit._ask("rb_predict", frame, depth, decode=decode.floats)
    return values


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
