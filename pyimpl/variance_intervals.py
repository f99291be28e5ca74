"""Intervals of variance parameters, approximately normal on natural scales.

The covariance matrix of the parameters is the inverse of the observed information at the optimum, beta profiled out
(Pinheiro & Bates 2000, section 2.4.3), here from exact derivatives; nlme takes differences. Parameters of correlation
structures and variance functions have their intervals where nlme has them, on their unconstrained scales, those of
corSymm on that of corNatural; variances that go by fitted values do so at the fitted values of the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.boundary import null_space
from pyimpl.curvature import second_derivatives
from pyimpl.derivative import derivative
from pyimpl.errors import ArgumentError
from pyimpl.model import Model
from pyimpl.natural import Natural, natural_parameters
from pyimpl.objective import Likelihood
from pyimpl.optimize import Optimum
from pyimpl.parametrisation import correlation_of, parameter_of_correlation
from pyimpl.report import IntervalTable
from pyimpl.structured import StructuredInformation, WithinGroup, structured_information
from pyimpl.tails import ndtri

_FLAT = 1e-9  # curvature below this fraction of the largest is none


@dataclass(frozen=True, slots=True)
class VarianceIntervals:
    """Intervals of all parameters but the fixed effects.

    Attributes
    ----------
    random : tuple of (str, IntervalTable)
        For each level, outermost first: the grouping factor's name and the intervals.
    correlation, variance : IntervalTable or None
        None where there are no such parameters.
    sigma : (3,) array or None
        None where it was known.
    """

    random: tuple[tuple[str, IntervalTable], ...]
    correlation: IntervalTable | None
    variance: IntervalTable | None
    sigma: Array | None


def variance_intervals(
    model: Model, likelihood: Likelihood, optimum: Optimum, psi: Array, level: float, without: str = "fixed"
) -> VarianceIntervals:
    """Intervals at a fit's optimum.

    Parameters
    ----------
    model : Model
    likelihood : Likelihood
        By theta at ``psi``.
    optimum : Optimum
    psi : (m,) array
        The free parameters of the errors' correlations and variances, unconstrained.
    level : float
    without : str
        The choice of ``which`` that leaves these intervals out, for the error message.

    Raises
    ------
    ArgumentError
        The information is not positive definite, as at a singular optimum.
    """
    here = _information(model, likelihood, optimum, psi)
    _check_curved(here, optimum, without)
    naturals = _random_and_sigma(model, here, np.concatenate([here.theta, here.psi, [here.log_sigma]]))

    def values(at: Array) -> Array:
        scales = [each.value for _, each in _random_and_sigma(model, here, at)]
        return np.concatenate([scales, _within_scales(here.within, _psi(here, at))])

    at = np.concatenate([here.theta, here.psi, [here.log_sigma]])
    J = derivative(values, at)[: len(here.matrix)].T
    covariance = 2 * J @ np.linalg.solve(here.matrix, J.T)
    half = ndtri((1 + level) / 2) * np.sqrt(np.diag(covariance))
    bounds = values(at).real[:, None] + half[:, None] * np.array([-1.0, 0.0, 1.0])
    n = len(naturals)
    shown = [each.back(bound) for (_, each), bound in zip(naturals, bounds[:n], strict=True)]
    correlation, variance = _within_tables(here.within, bounds[n:])
    return VarianceIntervals(
        _by_level(model, naturals, shown),
        correlation,
        variance,
        np.asarray(shown[-1]) if likelihood.sigma is None else None,
    )


def _information(model: Model, likelihood: Likelihood, optimum: Optimum, psi: Array) -> StructuredInformation:
    if model.within is not None:
        return structured_information(model.design, model.within, likelihood, optimum, psi)
    theta = optimum.evaluation.theta
    log_sigma = float(np.log(optimum.evaluation.s2) / 2 + np.log(likelihood.moments.scale))
    H = _plain_information(likelihood, optimum)
    return StructuredInformation(likelihood, WithinGroup(None, None), theta, psi, log_sigma, H)


def _plain_information(likelihood: Likelihood, optimum: Optimum) -> Array:
    """Second derivatives of the deviance by (theta, log sigma), from those of the deviance profiled over sigma.

    By theta alone where sigma was known. With h the log-determinants, the deviance is
    2 nu log(sigma) + h + RSS / sigma^2, and profiled h + nu log(RSS).
    """
    theta, nu = optimum.evaluation.theta, likelihood.nu
    H = second_derivatives(likelihood, optimum.evaluation)
    if likelihood.sigma is not None:
        return H
    g = derivative(lambda t: np.log(likelihood.evaluate(t).up.rss), theta)[:, None]
    return np.block([[H + nu * g @ g.T, -2 * nu * g], [-2 * nu * g.T, np.array([[4.0 * nu]])]])


def _check_curved(here: StructuredInformation, optimum: Optimum, without: str) -> None:
    sizes = np.concatenate([np.ones(len(here.theta)), here.within.sizes(), [1.0]])[: len(here.matrix)]
    scaled = here.matrix * np.outer(sizes, sizes)
    singular = any(null_space(Lambda).shape[1] for Lambda in optimum.evaluation.Lambdas)
    curvature = np.linalg.eigvalsh(scaled) if np.isfinite(scaled).all() else np.array([np.nan])
    if singular or not curvature[0] > _FLAT * curvature[-1]:
        raise ArgumentError(
            "which: cannot get confidence intervals on var-cov components: the optimum is singular or flat, and the "
            f"approximate variance-covariance is not positive definite; choose which={without!r}"
        )


def _psi(here: StructuredInformation, at: Array) -> Array:
    return at[len(here.theta) : len(here.theta) + len(here.psi)]


def _random_and_sigma(model: Model, here: StructuredInformation, at: Array) -> list[tuple[str, Natural]]:
    """All natural parameters with their grouping factors, outermost first; sigma last.

    ``at`` holds theta, psi and the log of sigma, in the coordinates of ``here``.
    """
    theta, log_sigma = at[: len(here.theta)], at[-1]
    found: list[tuple[str, Natural]] = []
    Lambdas, moments = here.likelihood.split(theta)[::-1], here.likelihood.moments.levels[::-1]
    for level, Lambda, own in zip(model.levels, Lambdas, moments, strict=True):
        factor = np.linalg.solve(own.T, Lambda) * np.exp(log_sigma)
        D = factor @ factor.T
        row = 0
        for block in level.blocks:
            end = row + len(block.columns.names)
            found += [(level.grouping.name, p) for p in natural_parameters(block, D[row:end, row:end])]
            row = end
    return [*found, ("", Natural("sigma", log_sigma - here.within.log_mean(_psi(here, at))[()]))]


def _by_level(
    model: Model, naturals: list[tuple[str, Natural]], shown: list[Array]
) -> tuple[tuple[str, IntervalTable], ...]:
    random = []
    for name in (each.grouping.name for each in model.levels):
        own = [(p.label, bound) for (group, p), bound in zip(naturals, shown, strict=True) if group == name]
        random.append((name, IntervalTable(tuple(label for label, _ in own), np.array([b for _, b in own]))))
    return tuple(random)


def _natural_correlations(within: WithinGroup) -> bool:
    """Whether correlations are taken one by one: corSymm's angles have no meaning of their own."""
    return within.correlation is not None and within.correlation.structure == "corSymm"


def _within_scales(within: WithinGroup, psi: Array) -> Array:
    """The parameters of the errors' correlations and variances on the scales of their intervals, (m,)."""
    of_correlation, of_variance = within.split(psi)
    if within.correlation is not None and _natural_correlations(within) and len(of_correlation):
        of_correlation = parameter_of_correlation(within.correlation.constrained(of_correlation), -1.0)
    return np.concatenate([of_correlation, of_variance])


def _within_tables(within: WithinGroup, bounds: Array) -> tuple[IntervalTable | None, IntervalTable | None]:
    """The tables of the correlation structure and of the variance function, from (m, 3) bounds on their scales."""
    correlation = variance = None
    columns = [within.split(column) for column in bounds.T]
    if within.correlation is not None and within.correlation.n_parameters:
        back = within.correlation.constrained
        if _natural_correlations(within):
            values = [correlation_of(own, -1.0) for own, _ in columns]
        else:
            values = [back(own) for own, _ in columns]
        correlation = IntervalTable(within.correlation.names, np.column_stack(values))
    if within.variance is not None and within.variance.n_parameters:
        free = within.variance.free
        names = tuple(name for name, is_free in zip(within.variance.names, free, strict=True) if is_free)
        values = [within.variance.constrained(own)[free] for _, own in columns]
        variance = IntervalTable(names, np.column_stack(values))
    return correlation, variance
