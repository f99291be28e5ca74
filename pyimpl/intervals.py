"""Confidence intervals: t for the fixed effects, approximately normal on natural scales for variance parameters.

The covariance matrix of the variance parameters is the inverse of the observed information at the optimum, beta
profiled out (Pinheiro & Bates 2000, section 2.4.3), here from exact second derivatives; nlme takes differences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from pyimpl.arrays import Array
from pyimpl.boundary import null_space
from pyimpl.choices import choose
from pyimpl.curvature import second_derivatives
from pyimpl.derivative import derivative
from pyimpl.errors import ArgumentError
from pyimpl.estimates import Estimates
from pyimpl.model import Model
from pyimpl.natural import Natural, natural_parameters
from pyimpl.objective import Likelihood
from pyimpl.optimize import Optimum
from pyimpl.report import IntervalsPage, IntervalTable, render_intervals
from pyimpl.report.estimates import intervals_to_html

WHICH = ("all", "var-cov", "fixed")

_FLAT = 1e-9  # curvature below this fraction of the largest is none


@dataclass(frozen=True, repr=False)
class Intervals:
    """Confidence intervals; ``str()`` is R's print of ``intervals(fit)``.

    Attributes
    ----------
    page : report.IntervalsPage
        All that the page shows, unformatted.
    """

    page: IntervalsPage

    def to_frame(self) -> pd.DataFrame:
        """Columns ``part`` (fixed, reStruct, sigma), ``group``, ``term``, ``lower``, ``est.``, ``upper``."""
        rows: list[tuple[object, ...]] = []
        if self.page.fixed is not None:
            rows += [("fixed", "", *row) for row in _rows(self.page.fixed)]
        for group, table in self.page.random:
            rows += [("reStruct", group, *row) for row in _rows(table)]
        if self.page.sigma is not None:
            rows.append(("sigma", "", "sigma", *self.page.sigma.tolist()))
        return pd.DataFrame(rows, columns=["part", "group", "term", "lower", "est.", "upper"])

    def __str__(self) -> str:
        return render_intervals(self.page).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return intervals_to_html(self.page)


def _rows(table: IntervalTable) -> list[tuple[object, ...]]:
    return [(name, *values) for name, values in zip(table.names, table.values.tolist(), strict=True)]


def check_intervals(level: object, which: object) -> tuple[float, str]:
    """Return the confidence level and what is asked for, if both arguments can be used."""
    return check_conf_level(level, "level"), choose(which, WHICH, "which")


def check_conf_level(level: object, argument: str) -> float:
    """Return a confidence level, if it is one."""
    if isinstance(level, bool) or not isinstance(level, int | float | np.number) or not 0 < level < 1:
        raise ArgumentError(f"{argument}: the confidence level must lie between 0 and 1, got {level!r}")
    return float(level)


def fixed_intervals(estimates: Estimates, df: Array, names: tuple[str, ...], level: float) -> IntervalTable:
    """Intervals of the fixed effects by t, with the standard errors of ``vcov`` as nlme takes them."""
    half = stdtrit(df, (1 + level) / 2) * np.sqrt(np.diag(estimates.vcov))
    return IntervalTable(
        names, np.column_stack([estimates.beta - half, estimates.beta, estimates.beta + half])
    )


def variance_intervals(
    model: Model, likelihood: Likelihood, optimum: Optimum, level: float
) -> tuple[tuple[tuple[str, IntervalTable], ...], Array | None]:
    """Intervals of each level's parameters, outermost first, and of sigma, (3,) (None where it was known).

    Raises
    ------
    ArgumentError
        The information is not positive definite, as at a singular optimum.
    """
    information = _information(likelihood, optimum)
    curvature = np.linalg.eigvalsh(information)
    singular = any(null_space(Lambda).shape[1] for Lambda in optimum.evaluation.Lambdas)
    if singular or curvature[0] <= _FLAT * curvature[-1]:
        raise ArgumentError(
            "which: cannot get confidence intervals on var-cov components: the optimum is singular or flat, and the "
            "approximate variance-covariance is not positive definite; choose which='fixed'"
        )
    theta = optimum.evaluation.theta
    log_sigma = float(np.log(optimum.evaluation.s2) / 2 + np.log(likelihood.moments.scale))
    here = _parameters(model, likelihood, theta, log_sigma)

    def values(at: Array) -> Array:
        return np.array([each.value for _, each in _parameters(model, likelihood, at[:-1], at[-1])])

    J = derivative(values, np.append(theta, log_sigma))[: len(information)].T
    covariance = 2 * J @ np.linalg.solve(information, J.T)
    half = ndtri((1 + level) / 2) * np.sqrt(np.diag(covariance))
    bounds = [
        parameter.back(parameter.value.real + width * np.array([-1.0, 0.0, 1.0]))
        for (_, parameter), width in zip(here, half, strict=True)
    ]
    random = []
    for grouping in (each.grouping.name for each in model.levels):
        own = [(p.label, bound) for (group, p), bound in zip(here, bounds, strict=True) if group == grouping]
        random.append(
            (grouping, IntervalTable(tuple(label for label, _ in own), np.array([b for _, b in own])))
        )
    return tuple(random), np.asarray(bounds[-1]) if likelihood.sigma is None else None


def _information(likelihood: Likelihood, optimum: Optimum) -> Array:
    """Second derivatives of the deviance by (theta, log sigma), from those of the deviance profiled over sigma.

    By theta alone where sigma was known. With h the log-determinants, the deviance is
    2 nu log(sigma) + h + RSS / sigma^2, and profiled h + nu log(RSS).
    """
    theta, nu = optimum.evaluation.theta, likelihood.nu
    if likelihood.sigma is not None:
        return second_derivatives(likelihood, optimum.evaluation)
    g = derivative(lambda t: np.log(likelihood.evaluate(t).up.rss), theta)
    corner = np.array([[4.0 * nu]])
    return np.block(
        [
            [second_derivatives(likelihood, optimum.evaluation) + nu * np.outer(g, g), -2 * nu * g[:, None]],
            [-2 * nu * g[None], corner],
        ]
    )


def _parameters(
    model: Model, likelihood: Likelihood, theta: Array, log_sigma: complex
) -> list[tuple[str, Natural]]:
    """All natural parameters with their grouping factors, outermost first; sigma last."""
    found: list[tuple[str, Natural]] = []
    Lambdas, moments = likelihood.split(theta)[::-1], likelihood.moments.levels[::-1]
    for level, Lambda, own in zip(model.levels, Lambdas, moments, strict=True):
        factor = np.linalg.solve(own.T, Lambda) * np.exp(log_sigma)
        D = factor @ factor.T
        row = 0
        for block in level.blocks:
            end = row + len(block.columns.names)
            found += [(level.grouping.name, p) for p in natural_parameters(block, D[row:end, row:end])]
            row = end
    return [*found, ("", Natural("sigma", log_sigma))]
