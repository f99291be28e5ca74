"""What a gls fit says of rows: residuals, and predictions with errors and intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from pyimpl.arrays import Array
from pyimpl.errors import NotSupportedError
from pyimpl.estimates import Estimates
from pyimpl.model import Model
from pyimpl.prediction import Uncertainty, predicted_values
from pyimpl.prediction_rows import rows_of_fit, rows_of_newdata
from pyimpl.within_errors import errors_of


def gls_predictions(
    model: Model, estimates: Estimates, newdata: pd.DataFrame | None, ask: Uncertainty
) -> pd.DataFrame:
    """Predict for the data, or for new rows, and say how far that may be off.

    Parameters
    ----------
    model : Model
    estimates : Estimates
    newdata : DataFrame or None
        None for the data themselves.
    ask : Uncertainty

    Returns
    -------
    DataFrame
        Column ``fit`` and the asked ones of ``se.fit``, ``lwr``, ``upr``, aligned with the rows' index.

    Raises
    ------
    NotSupportedError
        An interval for observations whose standard deviations aren't known.
    """
    rows = rows_of_fit(model) if newdata is None else rows_of_newdata(model, newdata, 0)
    values = predicted_values(rows, estimates, 0)
    variance = ((rows.X @ estimates.vcov_root) ** 2).sum(axis=1)
    columns = {"fit": values}
    if ask.se:
        columns["se.fit"] = np.sqrt(variance)
    if ask.interval is not None:
        if ask.interval == "prediction":
            variance = variance + _std_dev(model, estimates, newdata) ** 2
        df = model.n_obs - len(estimates.beta)
        half = stdtrit(df, (1 + ask.conf_level) / 2) * np.sqrt(variance)
        columns |= {"lwr": values - half, "upr": values + half}
    if newdata is not None:
        return pd.DataFrame(columns, index=newdata.index)
    return pd.DataFrame({name: model.frame.series(column) for name, column in columns.items()})


def residual_values(model: Model, estimates: Estimates, kind: str) -> Array:
    """Residuals of the model's rows, (N,): ``"response"``, ``"pearson"`` or ``"normalized"``."""
    values = model.design.y - predicted_values(rows_of_fit(model), estimates, 0)
    if kind == "response":
        return values
    return errors_of(model, estimates).standardized(values, kind == "normalized")


def _std_dev(model: Model, estimates: Estimates, newdata: pd.DataFrame | None) -> Array | float:
    """The standard deviations of observations."""
    if newdata is None:
        return errors_of(model, estimates).std_dev()
    if model.within is not None and model.within.variance is not None:
        raise NotSupportedError(
            "interval: the variance function isn't known at new rows; ask for interval='confidence', or leave out "
            "newdata"
        )
    return estimates.sigma
