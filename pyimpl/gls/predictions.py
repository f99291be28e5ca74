"""What a gls fit says of rows: residuals, and predictions with errors and intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.aug_pred import ORIGINAL, PREDICTED, AugPred, PredictionSource
from pyimpl.compare_pred import made_unique
from pyimpl.estimates import Estimates
from pyimpl.gls.groups import correlation_groups
from pyimpl.grouping import Grouping
from pyimpl.model import Model
from pyimpl.posterior import Posterior
from pyimpl.prediction import PredictionErrors, Uncertainty, predicted_values
from pyimpl.prediction_rows import rows_of_fit, rows_of_newdata
from pyimpl.prediction_tables import predictions
from pyimpl.tables import fixed_df
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
    """
    coefficients = Posterior(estimates.vcov_root, ())
    errors = PredictionErrors(coefficients, estimates, fixed_df(model)) if ask.wanted else None
    return predictions(model, estimates, errors, newdata, [0], ask, several=False)


def gls_prediction_source(model: Model, estimates: Estimates) -> PredictionSource:
    """What predictions on a grid are made from: in each group of the errors, or where there are none in all rows."""

    def predict(rows: pd.DataFrame) -> dict[str, Array]:
        return {PREDICTED: predicted_values(rows_of_newdata(model, rows, 0), estimates, 0)}

    grouping = correlation_groups(model) or _one_group(model.n_obs)
    frame, response = model.frame, model.fixed.response_text
    return PredictionSource(frame, model.design.y, response, grouping, ".groups", False, predict)


def numbered_anew(table: AugPred) -> AugPred:
    """The same table with the names that R's ``rbind`` gives the rows: predictions are numbered from 1, too."""
    observed = int((table.table[".type"] == ORIGINAL).sum())
    counted = [*range(1, observed + 1), *range(1, len(table.table) - observed + 1)]
    return replace(table, row_names=made_unique([str(number) for number in counted]))


def _one_group(n_obs: int) -> Grouping:
    name = np.array(["1"], dtype=object)
    return Grouping(".groups", np.zeros(n_obs, np.intp), name, np.empty(0, np.intp), name)


def residual_values(model: Model, estimates: Estimates, kind: str) -> Array:
    """Residuals of the model's rows, (N,): ``"response"``, ``"pearson"`` or ``"normalized"``."""
    values = model.design.y - predicted_values(rows_of_fit(model), estimates, 0)
    if kind == "response":
        return values
    return errors_of(model, estimates).standardized(values, kind == "normalized")
