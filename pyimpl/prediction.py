"""Fitted and predicted values at each level, with standard errors and intervals.

At depth k a prediction counts the fixed effects and the random effects of the k outermost levels (0: the population).
Its error has the joint posterior covariance of these effects (:mod:`pyimpl.posterior`), given the variance parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.choices import check_flag, choose
from pyimpl.estimates import Estimates
from pyimpl.model import Model
from pyimpl.posterior import Posterior, variance_of_rows
from pyimpl.prediction_rows import PredictionRows, rows_of_fit
from pyimpl.tails import stdtrit

INTERVALS = ("confidence", "prediction")


def fitted_values(model: Model, estimates: Estimates, depth: int) -> Array:
    """Fitted values at a depth, (N,), in the order of the rows."""
    return predicted_values(rows_of_fit(model), estimates, depth)


def predicted_values(rows: PredictionRows, estimates: Estimates, depth: int) -> Array:
    """Offset + X beta plus the random effects of the first ``depth`` levels, (n,).

    NaN where a value is missing, or a group at one of these levels was not in the data.
    """
    values = rows.offset + rows.X @ estimates.beta
    for Z, codes, effects in zip(rows.Z[:depth], rows.codes[:depth], estimates.blups, strict=False):
        own = np.einsum("nq,nq->n", Z, effects[codes])
        values += own if codes.min(initial=0) >= 0 else np.where(codes < 0, np.nan, own)
    return np.asarray(values)


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What is wanted beside the predictions.

    Attributes
    ----------
    se : bool
        Standard errors.
    interval : {"confidence", "prediction"} or None
    conf_level : float
    """

    se: bool
    interval: str | None
    conf_level: float

    @property
    def wanted(self) -> bool:
        """Whether anything is."""
        return self.se or self.interval is not None


def check_uncertainty(se: object, interval: object, conf_level: float) -> Uncertainty:
    """Return what is wanted, if the arguments can be used."""
    errors = check_flag(se, "se")
    kind = None if interval is None else choose(interval, INTERVALS, "interval")
    return Uncertainty(errors, kind, conf_level)


@dataclass(frozen=True, slots=True)
class PredictionErrors:
    """Says how far predictions may be off.

    Attributes
    ----------
    posterior : Posterior
    estimates : Estimates
    df : (p,) array
        Denominator degrees of freedom of the fixed effects.
    """

    posterior: Posterior
    estimates: Estimates
    df: Array

    def columns(
        self, rows: PredictionRows, values: Array, depth: int, ask: Uncertainty, noise: Array | None
    ) -> dict[str, Array]:
        """The asked ones of ``se.fit``, ``lwr`` and ``upr`` beside predictions at a depth, (n,) each.

        ``noise`` is the standard deviation of each row's error, (n,), where observations are predicted.
        """
        variance = _variance(self.posterior, rows, depth)
        found = {"se.fit": np.sqrt(variance)} if ask.se else {}
        if ask.interval is not None:
            if noise is not None:
                variance = variance + noise**2 + _variance_further_in(rows, self.estimates, depth)
            half = stdtrit(_row_df(rows.X, self.df), (1 + ask.conf_level) / 2) * np.sqrt(variance)
            found |= {"lwr": values - half, "upr": values + half}
        return found


def _variance(posterior: Posterior, rows: PredictionRows, depth: int) -> Array:
    """Variance of the prediction's error as one of the group's expected response, NaN where it isn't known."""
    known = np.asarray(np.isfinite(rows.X).all(axis=1))
    for Z, codes in zip(rows.Z[:depth], rows.codes[:depth], strict=True):
        known = known & np.isfinite(Z).all(axis=1) & (codes >= 0)
    variance = np.full(len(known), np.nan)
    variance[known] = variance_of_rows(
        posterior, rows.X[known], [Z[known] for Z in rows.Z[:depth]], [c[known] for c in rows.codes[:depth]]
    )
    return variance


def _variance_further_in(rows: PredictionRows, estimates: Estimates, depth: int) -> Array:
    """Variance of a new response about its expectation at a depth that the levels further in add."""
    variance = np.zeros(len(rows.X))
    deeper: Sequence[Array] = rows.Z[depth:]
    for Z, root in zip(deeper, estimates.effect_roots[depth:], strict=True):
        variance += ((Z @ root) ** 2).sum(axis=1)
    return variance


def _row_df(X: Array, df: Array) -> Array:
    """The smallest degrees of freedom of the coefficients that a row involves, (n,); NaN where they aren't positive."""
    smallest = np.where(X != 0, df, np.inf).min(axis=1, initial=np.inf)
    return np.where(smallest > 0, smallest, np.nan)
