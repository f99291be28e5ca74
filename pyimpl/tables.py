"""The tables of a fit, as pandas, under R's names."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.containment import denominator_df
from pyimpl.estimates import Estimates
from pyimpl.model import Model
from pyimpl.tails import stdtr


def fixed_effects(model: Model, estimates: Estimates) -> pd.Series:
    """Estimates of the fixed effects."""
    return pd.Series(estimates.beta.copy(), index=list(model.design.fixed.names))


def covariance_of_fixed(model: Model, estimates: Estimates) -> pd.DataFrame:
    """Covariance matrix of the fixed effects' estimates."""
    names = list(model.design.fixed.names)
    return pd.DataFrame(estimates.vcov.copy(), index=names, columns=names)


def adjusted_root(model: Model, estimates: Estimates) -> Array:
    """Triangular root of the fixed effects' covariance; under ML with the unbiased sigma that nlme's tests use.

    That of a fit without random effects has it already: gls, unlike lme, counts it everywhere.
    """
    n, p = model.n_obs, len(estimates.beta)
    return estimates.vcov_root * (1.0 if model.reml or not model.levels else np.sqrt(n / (n - p)))


def fixed_df(model: Model) -> Array:
    """Denominator degrees of freedom of each fixed effect, (p,), by containment."""
    return denominator_df(model.design.containment)


def coefficient_table(model: Model, estimates: Estimates, adjust_sigma: bool = True) -> pd.DataFrame:
    """nlme's t-table: under ML the standard errors are those of an unbiased sigma, sqrt(N / (N - p)) larger."""
    root = adjusted_root(model, estimates) if adjust_sigma else estimates.vcov_root
    errors = np.sqrt((root**2).sum(axis=1))
    df = fixed_df(model)
    t = estimates.beta / errors
    with np.errstate(invalid="ignore"):
        p_values = np.where(df > 0, 2 * stdtr(np.maximum(df, 1), -np.abs(t)), np.nan)
    return pd.DataFrame(
        {"Value": estimates.beta, "Std.Error": errors, "DF": df, "t-value": t, "p-value": p_values},
        index=list(model.design.fixed.names),
    )


def correlations(covariance: Array) -> Array:
    """Correlations of a covariance matrix; NaN beside a variance of zero."""
    std_dev = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore"):
        corr = covariance / np.outer(std_dev, std_dev)
    np.fill_diagonal(corr, 1.0)
    return np.asarray(np.clip(corr, -1.0, 1.0))
