"""A model whose answer can be written down: the balanced one-way layout with random groups.

With m groups of n rows, group means ybar_i, grand mean ybar and

    SSA = n sum_i (ybar_i - ybar)^2,    SSE = sum_ij (y_ij - ybar_i)^2,    lambda = sigma^2 + n tau^2,

the likelihood is highest at sigma^2 = SSE / (m(n-1)) and lambda = SSA / (m-1) by REML, SSA / m by ML, provided that
tau^2 > 0. There beta = ybar, var(beta) = lambda / N, and the BLUP of group i is (n tau^2 / lambda)(ybar_i - ybar).

References
----------
Searle, S. R., Casella, G. and McCulloch, C. E. (1992). *Variance Components*. Wiley. Sections 3.7 and 3.8.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ..answer import About, Answer, Level
from ..grid import Grid
from ..spec import Method

_INTERCEPT = "(Intercept)"


def one_way(frame: pd.DataFrame, response: str, group: str, method: Method) -> Answer:
    """Return the exact answer to ``lme(y ~ 1, random = ~ 1 | g)`` on balanced data.

    The table of coefficients follows nlme: N - m degrees of freedom, and by ML the standard error times
    sqrt(N / (N - 1)).

    Parameters
    ----------
    frame : DataFrame
    response, group : str
        Columns.
    method : {"REML", "ML"}

    Raises
    ------
    ValueError
        The groups differ in size, or the groups' variance would be 0 or below.
    """
    groups = frame.groupby(group, sort=False, observed=True)[response]
    m, N = groups.ngroups, len(frame)
    n = N // m
    if n * m != N or (groups.size() != n).any():
        raise ValueError(f"the groups of {group!r} differ in size")
    y, means = frame[response].to_numpy(dtype=float), groups.mean()
    means_by_row = groups.transform("mean").to_numpy(dtype=float)
    ssa, sse = float(((means_by_row - y.mean()) ** 2).sum()), float(((y - means_by_row) ** 2).sum())
    sigma2, lam = sse / (m * (n - 1)), ssa / (m - 1 if method == "REML" else m)
    if lam <= sigma2:
        raise ValueError(f"the variance between the groups of {group!r} is estimated as 0")
    log_lik = _log_lik(m, n, (sigma2, lam), (sse, ssa), method)
    centre, shrinkage = float(y.mean()), 1 - sigma2 / lam
    adjusted = math.sqrt(lam / N * (1 if method == "REML" else N / (N - 1)))
    return Answer(
        method,
        _scalars(log_lik, math.sqrt(sigma2), N, N - 1 if method == "REML" else N),
        (_level(group, (lam - sigma2) / n, shrinkage * (means - centre)),),
        fixef=_one("Value", centre),
        t_table=_t_table(centre, adjusted, N - m),
        vcov=_one(_INTERCEPT, lam / N),
        fitted=_fitted(centre, shrinkage * (means_by_row - centre)),
        about=About("closed form"),
    )


def _scalars(log_lik: float, sigma: float, N: int, counted: int) -> dict[str, float]:
    """Return the criteria with their three parameters: beta, tau and sigma."""
    aic, bic = -2 * log_lik + 6, -2 * log_lik + 3 * math.log(counted)
    return {"sigma": sigma, "log_lik": log_lik, "aic": aic, "bic": bic, "n_obs": float(N)}


def _level(group: str, tau2: float, blups: pd.Series[float]) -> Level:
    names = tuple(str(name) for name in blups.index)
    ranef = Grid(names, (_INTERCEPT,), np.asarray(blups, dtype=np.float64)[:, None])
    spread = _one("std_dev", math.sqrt(tau2))
    return Level(group, float(len(names)), spread, None, _one(_INTERCEPT, tau2), ranef)


def _fitted(centre: float, by_row: NDArray[np.float64]) -> Grid:
    values = np.column_stack((np.full(len(by_row), centre), centre + by_row))
    return Grid(tuple(map(str, range(len(by_row)))), ("0", "1"), values)


def _one(column: str, value: float) -> Grid:
    return Grid((_INTERCEPT,), (column,), np.array([[value]]))


def _log_lik(
    m: int, n: int, variances: tuple[float, float], sums: tuple[float, float], method: Method
) -> float:
    """Return the log-likelihood: V has the eigenvalue sigma^2 m(n-1) times, and lambda m times."""
    (sigma2, lam), (sse, ssa), N = variances, sums, m * n
    total = m * (n - 1) * math.log(sigma2) + m * math.log(lam) + sse / sigma2 + ssa / lam
    if method == "REML":
        return -0.5 * ((N - 1) * math.log(2 * math.pi) + total + math.log(N / lam))
    return -0.5 * (N * math.log(2 * math.pi) + total)


def _t_table(value: float, se: float, df: int) -> Grid:
    t = value / se
    columns = ("Value", "Std.Error", "DF", "t-value", "p-value")
    return Grid((_INTERCEPT,), columns, np.array([[value, se, df, t, 2 * stats.t.sf(abs(t), df)]]))
