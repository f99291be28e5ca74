"""Intervals of correlations' and variance functions' parameters, held to the likelihood's definition.

The observed information is taken by central differences of minus the restricted log-likelihood, each group's covariance
written down in full, with sigma a parameter of its own.
"""

from collections.abc import Callable

import numpy as np
import pytest

import pyimpl
from crosscheck.book import book
from crosscheck.data import load

Z95 = 1.959963984540054
PAIRS = np.triu_indices(3, 1)


def minus_log_likelihood(
    fit: pyimpl.LmeFit, covariances: Callable[[np.ndarray], tuple[np.ndarray, Callable]]
) -> Callable:
    """Of natural parameters, which ``covariances`` turns into D and a function from rows to the errors' covariance."""
    design = fit.model.design
    codes, Z = design.levels[0].grouping.codes, design.Z[0]
    groups = [np.flatnonzero(codes == group) for group in range(codes.max() + 1)]

    def value(natural: np.ndarray) -> float:
        D, errors = covariances(natural)
        whitened, log_det = [], 0.0
        for rows in groups:
            factor = np.linalg.cholesky(Z[rows] @ D @ Z[rows].T + errors(rows))
            log_det += 2 * np.log(np.diag(factor)).sum()
            whitened.append(np.linalg.solve(factor, np.column_stack([design.X[rows], design.y[rows]])))
        stacked = np.concatenate(whitened)
        R = np.linalg.qr(stacked, mode="r")
        return (log_det + 2 * np.log(np.abs(np.diag(R)[:-1])).sum() + R[-1, -1] ** 2) / 2

    return value


def hessian(function: Callable, at: np.ndarray, step: float) -> np.ndarray:
    E, n = step * np.eye(len(at)), len(at)
    H = np.empty((n, n))
    for i in range(n):
        for j in range(i + 1):
            corners = [function(at + a * E[i] + b * E[j]) * a * b for a in (-1, 1) for b in (-1, 1)]
            H[i, j] = H[j, i] = sum(corners) / (4 * step**2)
    return H


def half_widths(function: Callable, at: np.ndarray) -> np.ndarray:
    """Of second differences at two steps, extrapolated."""
    coarse, fine = (hessian(function, at, step) for step in (2e-3, 1e-3))
    return Z95 * np.sqrt(np.diag(np.linalg.inv((4 * fine - coarse) / 3)))


def fit_of(name: str) -> pyimpl.LmeFit:
    (case,) = book([name])
    return pyimpl.lme(data=load(case.spec.data), **case.spec.arguments())


def test_a_moving_average_of_an_autoregression() -> None:
    """nlme's interval of the second standard deviation is 0.51 to 1.97, a third of the right one on the log scale."""
    fit = fit_of("ch05-fm5Ovar.lme")
    lags = np.abs(np.subtract.outer(np.arange(40), np.arange(40)))

    def covariances(natural: np.ndarray) -> tuple[np.ndarray, Callable]:
        (phi, theta), sigma = np.tanh(natural[2:4] / 2), np.exp(natural[4])
        first = (1 + phi * theta) * (phi + theta) / (1 + 2 * phi * theta + theta**2)
        R = np.where(lags == 0, 1.0, first * phi ** np.maximum(lags - 1, 0))
        return np.diag(np.exp(2 * natural[:2])), lambda rows: sigma**2 * R[: len(rows), : len(rows)]

    def forward(values: np.ndarray) -> np.ndarray:
        return np.concatenate([np.log(values[:2]), 2 * np.arctanh(values[2:4]), np.log(values[4:])])

    check(fit, covariances, forward)


def test_a_constant_and_a_power_beside_free_correlations() -> None:
    fit = fit_of("ch05-fm4Dial.lme")
    pressure = load("Dialyzer")["pressure"].to_numpy()

    def covariances(natural: np.ndarray) -> tuple[np.ndarray, Callable]:
        sd, R = np.exp(natural[:3]), np.eye(3)
        R[PAIRS] = np.tanh(natural[3:6] / 2)
        D = (R + np.triu(R, 1).T) * np.outer(sd, sd)
        deviations = np.exp(natural[8]) * (np.exp(natural[6]) + pressure ** natural[7])
        return D, lambda rows: np.diag(deviations[rows] ** 2)

    def forward(values: np.ndarray) -> np.ndarray:
        correlations = 2 * np.arctanh(values[3:6])
        return np.concatenate(
            [np.log(values[:3]), correlations, np.log(values[6:7]), values[7:8], np.log(values[8:])]
        )

    check(fit, covariances, forward)


def check(fit: pyimpl.LmeFit, covariances: Callable, forward: Callable) -> None:
    table = fit.intervals(which="var-cov").to_frame()
    at, upper, lower = (forward(table[column].to_numpy()) for column in ("est.", "upper", "lower"))
    expected = half_widths(minus_log_likelihood(fit, covariances), at)
    assert upper - at == pytest.approx(expected, rel=1e-4)
    assert at - lower == pytest.approx(expected, rel=1e-4)
