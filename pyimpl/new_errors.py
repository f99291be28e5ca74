"""The errors' standard deviations in rows that the model wasn't fitted to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.estimates import Estimates
from pyimpl.formula.variables import check_columns
from pyimpl.model import Model
from pyimpl.prediction_rows import where_complete
from pyimpl.variance import VarianceColumns, VarianceFunction, VarianceRequest
from pyimpl.variance.functions import PARAMETERS, Combination, Variance
from pyimpl.within_group import columns_of, variance_columns


def std_dev_of_newdata(model: Model, estimates: Estimates, newdata: pd.DataFrame, fitted: Array) -> Array:
    """The standard deviation of each row's error, (n,).

    Parameters
    ----------
    model : Model
    estimates : Estimates
    newdata : DataFrame
    fitted : (n,) array
        The rows' predictions within the innermost groups, which ``fitted(.)`` stands for.

    Returns
    -------
    (n,) array
        NaN where a value is missing, or a stratum is none of the fit's.

    Raises
    ------
    DataError
        A column that the variance function needs isn't there.
    """
    within = model.within
    if within is None or within.variance is None or within.variance_request is None:
        return np.full(len(newdata), estimates.sigma)
    request, variance = within.variance_request, within.variance
    names = list(columns_of(request))
    check_columns(names, newdata, "newdata")
    psi = within.split(estimates.psi)[1]

    def build(rows: pd.DataFrame) -> Array:
        columns = variance_columns(request, rows, None)
        multiples = np.exp(_on(variance, request, columns).log_sd(psi, rows[_FITTED].to_numpy()))
        return np.asarray(multiples * _known(variance, columns))[:, None]

    with_fitted = newdata.assign(**{_FITTED: fitted})
    return estimates.sigma * where_complete(build, with_fitted, names, 1)[:, 0]


_FITTED = "fitted(.)"


def _on(variance: VarianceFunction, request: VarianceRequest, columns: VarianceColumns) -> VarianceFunction:
    """The same function on other rows; strata that it doesn't know count as the first."""
    if isinstance(variance, Combination):
        triples = zip(variance.parts, request.parts, columns.parts, strict=True)
        return Combination(tuple(_on(*each) for each in triples))
    assert isinstance(variance, Variance)
    strata = None if variance.strata is None else np.maximum(_strata(variance, columns), 0)
    return replace(variance, covariate=columns.covariate, strata=strata)


def _known(variance: VarianceFunction, columns: VarianceColumns) -> Array:
    """1 for rows whose strata are the fit's, else NaN."""
    if isinstance(variance, Combination):
        parts = [_known(*each) for each in zip(variance.parts, columns.parts, strict=True)]
        return np.asarray(np.prod(parts, axis=0))
    if not isinstance(variance, Variance) or variance.strata is None:
        return np.ones(())
    return np.where(_strata(variance, columns) < 0, np.nan, 1.0)


def _strata(variance: Variance, columns: VarianceColumns) -> Indices:
    """Each row's stratum as the fit numbers them, -1 for one that the data didn't have."""
    if variance.n_strata == 1:
        return np.zeros(len(columns.codes if columns.codes is not None else ()), np.intp)
    kinds = PARAMETERS[variance.structure]
    names = variance.parameters.names[: variance.n_strata]
    known = [name.removeprefix(f"{kinds[0]}.") if len(kinds) > 1 else name for name in names]
    of_label = pd.Index(known).get_indexer(pd.Index(columns.labels, dtype=object))
    return np.asarray(of_label[columns.codes])
