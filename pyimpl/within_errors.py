"""The errors within groups as they were estimated: parameters, standard deviations, correlations, draws.

The errors have the covariance sigma^2 S R S, with the relative standard deviations S of a variance function and the
correlations R of a correlation structure; either is an identity where the model has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.correlation import Correlation
from pyimpl.estimates import Estimates
from pyimpl.model import Model
from pyimpl.structured.within import WithinGroup


@dataclass(frozen=True, slots=True, eq=False)
class WithinErrors:
    """The errors of a fit.

    Attributes
    ----------
    within : WithinGroup or None
        None for independent errors of one variance.
    psi : (m,) array
        Its free unconstrained parameters, as estimated.
    sigma : float
    n_obs : int
        N, the number of rows.
    """

    within: WithinGroup | None
    psi: Array
    sigma: float
    n_obs: int

    @property
    def correlation(self) -> Correlation | None:
        """The correlation structure, where there is one."""
        return None if self.within is None else self.within.correlation

    def corr_params(self) -> pd.Series:
        """The constrained parameters of the correlation structure by name; empty if there is none."""
        if self.within is None or self.within.correlation is None:
            return pd.Series(dtype=float)
        correlation = self.within.correlation
        values = correlation.constrained(self.within.split(self.psi)[0])
        return pd.Series(values, index=list(correlation.names), dtype=float)

    def var_params(self) -> pd.Series:
        """The variance function's estimated parameters by name, constrained; empty if there are none."""
        if self.within is None or self.within.variance is None:
            return pd.Series(dtype=float)
        variance = self.within.variance
        values = variance.constrained(self.within.split(self.psi)[1])
        return pd.Series(values, index=list(variance.names), dtype=float)[variance.free]

    def std_dev(self) -> Array:
        """The standard deviation of each row's error, (N,)."""
        if self.within is None:
            return np.full(self.n_obs, self.sigma)
        return np.broadcast_to(self.sigma * np.exp(self.within.log_sd(self.psi)), (self.n_obs,))

    def standardized(self, residuals: Array, normalized: bool = False) -> Array:
        """Residuals (N,) over their standard deviations and, where asked, made independent within groups.

        ``normalized`` ones are ``L^-1 (S^-1 r) / sigma`` with ``L L' = R``, in the order of the rows given.
        """
        scaled = residuals / self.std_dev()
        if not normalized or self.within is None or self.within.correlation is None:
            return np.asarray(scaled)
        whitened, _ = self.within.correlation.whiten(self.within.split(self.psi)[0], scaled[None])
        return np.asarray(whitened[0])

    def covariance(self, rows: Indices) -> Array:
        """The covariance matrix of the errors of some rows, whole groups of correlated ones.

        Parameters
        ----------
        rows : (n,) int array
            Ascending.
        """
        deviations = self.std_dev()[rows]
        correlations = np.eye(len(rows))
        if self.within is not None and self.correlation is not None:
            psi = self.within.split(self.psi)[0]
            for group in np.unique(_group_of_rows(self.correlation)[rows]):
                own = np.searchsorted(rows, self.correlation.layout.rows(int(group)))
                correlations[np.ix_(own, own)] = self.correlation.matrix(psi, int(group))
        return np.asarray(correlations * np.outer(deviations, deviations))

    def drawn_from(self, numbers: Array) -> Array:
        """Errors (s, N) from independent standard normal numbers (s, N)."""
        if self.within is not None and self.correlation is not None:
            numbers = self.correlation.colour(self.within.split(self.psi)[0], numbers)
        return np.asarray(numbers * self.std_dev())


def errors_of(model: Model, estimates: Estimates) -> WithinErrors:
    """The errors of a fitted model."""
    return WithinErrors(model.within, estimates.psi, estimates.sigma, model.n_obs)


def _group_of_rows(correlation: Correlation) -> Indices:
    """The group of each row, (N,)."""
    layout = correlation.layout
    codes = np.repeat(np.arange(len(layout.sizes)), layout.sizes)
    return np.asarray(layout.scatter(codes[None])[0])
