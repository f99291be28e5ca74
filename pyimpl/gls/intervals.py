"""Intervals of a gls fit, under nlme's titles; of sigma alone exact, where the errors have no other parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.choices import choose
from pyimpl.estimates import Estimates
from pyimpl.intervals import Intervals, check_conf_level, fixed_intervals
from pyimpl.model import Model
from pyimpl.objective import Likelihood
from pyimpl.optimize import Optimum
from pyimpl.report import IntervalsPage
from pyimpl.tables import fixed_df
from pyimpl.tails import chdtri
from pyimpl.variance_intervals import variance_intervals

WHICH = ("all", "var-cov", "coef")

_COEFFICIENTS = "Coefficients"
_SIGMA = "Residual standard error"


@dataclass(frozen=True, repr=False)
class GlsIntervals(Intervals):
    """Confidence intervals of a gls fit; ``str()`` is R's print of ``intervals(fit)``."""

    def to_frame(self) -> pd.DataFrame:
        """Columns ``part``, ``group``, ``term``, ``lower``, ``est.``, ``upper``.

        The parts are nlme's: ``coef``, ``corStruct``, ``varStruct``, ``sigma``.
        """
        return super().to_frame().replace({"part": {"fixed": "coef"}})


def check_gls_intervals(level: object, which: object) -> tuple[float, str]:
    """Return the confidence level and what is asked for, if both arguments can be used."""
    return check_conf_level(level, "level"), choose(which, WHICH, "which")


def gls_intervals(
    model: Model, likelihood: Likelihood, optimum: Optimum, estimates: Estimates, level: float, which: str
) -> GlsIntervals:
    """Intervals of the coefficients, of the errors' parameters, or of both.

    Raises
    ------
    ArgumentError
        The information on the errors' parameters is not positive definite.
    """
    names = model.design.fixed.names
    fixed = None if which == "var-cov" else fixed_intervals(estimates, fixed_df(model), names, level)
    if which == "coef":
        return GlsIntervals(IntervalsPage(level, fixed, fixed_title=_COEFFICIENTS))
    known = None if likelihood.sigma is None else np.full(3, likelihood.sigma)
    if not len(estimates.psi):
        sigma = _of_sigma_alone(estimates.sigma, likelihood.nu, level) if known is None else known
        title = _SIGMA if known is None else f"Fixed {_SIGMA}"
        return GlsIntervals(
            IntervalsPage(level, fixed, sigma=sigma, fixed_title=_COEFFICIENTS, sigma_title=title)
        )
    found = variance_intervals(model, likelihood, optimum, estimates.psi, level, "coef")
    return GlsIntervals(
        IntervalsPage(
            level,
            fixed,
            correlation=found.correlation,
            variance=found.variance,
            sigma=found.sigma if known is None else known,
            fixed_title=_COEFFICIENTS,
            sigma_title=_SIGMA,
        )
    )


def _of_sigma_alone(sigma: float, df: int, level: float) -> Array:
    """Lower bound, estimate, upper bound: df sigma-hat^2 / sigma^2 is chi-square."""
    quantiles = chdtri(df, np.array([(1 - level) / 2, (1 + level) / 2]))
    return np.array([sigma * np.sqrt(df / quantiles[0]), sigma, sigma * np.sqrt(df / quantiles[1])])
