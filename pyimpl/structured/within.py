"""The errors' relative covariance Lambda(psi): a correlation structure, a variance function, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.correlation import Correlation, CorrelationRequest
from pyimpl.derivative import derivative, steps_of, taken_apart
from pyimpl.grouping import Grouping
from pyimpl.variance import VarianceFunction, VarianceRequest
from pyimpl.within_group import correlation_on, variance_on


@dataclass(frozen=True, slots=True, eq=False)
class WithinGroup:
    """Errors with covariance sigma^2 Lambda, Lambda = S R S: standard deviations S and correlations R.

    Attributes
    ----------
    correlation : Correlation or None
    variance : VarianceFunction or None
    correlation_request, variance_request : CorrelationRequest, VarianceRequest or None
        What was asked for, with the formulas as pages print them.
    fitted : (N,) array or None
        The covariate of ``fitted(.)``: fitted values within the innermost groups.
    centred : bool
        Whether the standard deviations are over their geometric mean, so that sigma is of the size of the residuals.
        Else psi moves sigma, and with it all that is relative to it, by many times what it moves itself.
    """

    correlation: Correlation | None
    variance: VarianceFunction | None
    correlation_request: CorrelationRequest | None = None
    variance_request: VarianceRequest | None = None
    fitted: Array | None = None
    centred: bool = False

    @property
    def n_parameters(self) -> int:
        """How many parameters are free: the length of psi."""
        return len(self.start)

    @property
    def start(self) -> Array:
        """Where they start, the correlation's first, (m,)."""
        parts = [part.start for part in (self.correlation, self.variance) if part is not None]
        return np.concatenate([np.empty(0), *parts])

    @property
    def needs_fitted(self) -> bool:
        """Whether Lambda depends on the fitted values."""
        return self.variance is not None and self.variance.needs_fitted

    @property
    def between_kinks(self) -> Array:
        """Values of the first parameter between those at which Lambda isn't smooth; none where it is."""
        return np.empty(0) if self.correlation is None else self.correlation.between_kinks

    def at(self, fitted: Array) -> WithinGroup:
        """The same with other fitted values as the covariate of ``fitted(.)``."""
        return replace(self, fitted=fitted)

    def split(self, psi: Array) -> tuple[Array, Array]:
        """The parameters of the correlation structure, and those of the variance function."""
        edge = 0 if self.correlation is None else self.correlation.n_parameters
        return psi[:edge], psi[edge:]

    def log_sd(self, psi: Array) -> Array:
        """The log of each row's standard deviation over sigma, (N,), or a 0 for all of them."""
        log_sd = self._log_sd(psi)
        return log_sd - log_sd.mean() if self.centred else log_sd

    def log_sd_slopes(self, psi: Array) -> list[Array]:
        """Derivatives of :meth:`log_sd` by the variance function's parameters, (N,) each."""
        edge = len(self.split(psi)[0])
        return [taken_apart(self.log_sd(psi + step))[1] for step in steps_of(psi)[edge:]]

    def log_mean(self, psi: Array) -> Array:
        """The log of what sigma is to be divided by where standard deviations are over their mean: a scalar array."""
        return np.asarray(self._log_sd(psi).mean() if self.centred else 0 * psi.sum())

    def _log_sd(self, psi: Array) -> Array:
        if self.variance is None:
            return np.zeros(1)
        return self.variance.log_sd(self.split(psi)[1], self.fitted)

    def whiten(self, psi: Array, columns: Array) -> tuple[Array, Array]:
        """Premultiply columns by W, where W Lambda W' = I.

        Parameters
        ----------
        psi : (m,) array
            Analytically: complex steps give derivatives.
        columns : (c, N) array

        Returns
        -------
        columns : (c, N) array
            W is block diagonal: no row is mixed with rows of other groups.
        log_det : scalar array
            log|Lambda|. NaN, as the columns may be, where psi is out of range.
        """
        log_sd = self.log_sd(psi)
        with np.errstate(all="ignore"):
            scaled, log_det = columns * np.exp(-log_sd), 2 * log_sd.sum()
        if self.correlation is None:
            return scaled, np.asarray(log_det)
        whitened, log_det_R = self.correlation.whiten(self.split(psi)[0], scaled)
        return whitened, np.asarray(log_det + log_det_R)

    def correlated(self, psi: Array, columns: Array) -> Array:
        """Columns premultiplied by the correlations' part of W alone, psi that part's parameters."""
        return columns if self.correlation is None else self.correlation.whiten(psi, columns)[0]

    def sizes(self) -> Array:
        """The change of each parameter that matters, (m,): by one on its scale, or in standard deviations by e."""
        sizes = np.ones(self.n_parameters)
        if self.variance is not None and self.variance.n_parameters:
            edge = self.n_parameters - self.variance.n_parameters
            slopes = derivative(self._log_sd, self.start)[edge:]
            spread = slopes.std(axis=1)
            more_than_rounding = spread > 1e-8 * np.abs(slopes).max(axis=1)
            usable = np.isfinite(spread) & more_than_rounding & ~self.variance.logarithmic
            sizes[edge:][usable] = 1 / spread[usable]
        return sizes


def within_group(
    correlation: CorrelationRequest | None,
    variance: VarianceRequest | None,
    frame: pd.DataFrame,
    random: Sequence[Grouping],
    order: Indices | None,
) -> WithinGroup | None:
    """What was asked for on the rows of a frame; None where nothing was.

    Parameters
    ----------
    correlation, variance : CorrelationRequest, VarianceRequest or None
    frame : DataFrame
        Without missing values in the columns that are used.
    random : sequence of Grouping
        The groups of the random effects, outermost first; none without random effects.
    order : (N,) int array or None
        What sorts the rows by these groups, where they aren't sorted.

    Raises
    ------
    FormulaError, DataError, ArgumentError
        The structures don't suit the rows or the groups.
    """
    if correlation is None and variance is None:
        return None
    names, innermost = tuple(each.name for each in random), random[-1] if random else None
    return WithinGroup(
        None if correlation is None else correlation_on(correlation, frame, names, innermost),
        None if variance is None else variance_on(variance, frame, order),
        correlation,
        variance,
    )
