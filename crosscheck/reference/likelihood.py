"""The log-likelihood of a linear mixed model, from its definition.

The model is y = X beta + sum over levels Z_k b_k + e, with b_k ~ N(0, Psi_k) in each group of level k and
e ~ N(0, sigma^2 I). Within an outermost group the marginal covariance is

    V = sigma^2 I + sum_k (Z_k Psi_k Z_k') o [row i and row j share a group of level k],

across outermost groups it is 0, and with r = y - X beta_hat, beta_hat by generalised least squares,

    ML:    l = -1/2 [ N log 2 pi + log|V| + r' V^-1 r ]
    REML:  l = -1/2 [ (N - p) log 2 pi + log|V| + log|X' V^-1 X| + r' V^-1 r ]

which is nlme's definition: no + 1/2 log|X'X|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Grouping:
    """One level of grouping.

    Attributes
    ----------
    Z : ndarray, shape (N, q)
        The random effects' columns.
    codes : ndarray of int, shape (N,)
        The group of each row; a group of an inner level lies in one group of each outer level.
    """

    Z: Floats
    codes: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Problem:
    """The data of a model: y (N,), X (N, p), the levels from the outermost in, and the method."""

    y: Floats
    X: Floats
    levels: tuple[Grouping, ...]
    method: str


def log_likelihood(problem: Problem, psis: Sequence[Floats], sigma: float) -> float:
    """Return the log-likelihood, profiled over beta only.

    Parameters
    ----------
    problem : Problem
    psis : sequence of ndarray, shape (q_k, q_k)
        The covariance matrix of the random effects of each level, on the scale of y.
    sigma : float
        The residual standard deviation.

    Raises
    ------
    numpy.linalg.LinAlgError
        X is rank-deficient, or sigma is 0 and V singular with it.
    """
    n, p = problem.X.shape
    log_det_V, gram, rss = _sums(problem, psis, sigma)
    constant = n * np.log(2 * np.pi)
    if problem.method == "REML":
        constant -= p * np.log(2 * np.pi)
        log_det_V += 2 * float(np.log(np.diag(np.linalg.cholesky(gram))).sum())
    return float(-0.5 * (constant + log_det_V + rss))


def profiled_log_likelihood(problem: Problem, relative_psis: Sequence[Floats]) -> tuple[float, float]:
    """Return the log-likelihood profiled over sigma too, and that sigma.

    Parameters
    ----------
    problem : Problem
    relative_psis : sequence of ndarray, shape (q_k, q_k)
        Psi_k / sigma^2, of each level.
    """
    n, p = problem.X.shape
    _, _, rss = _sums(problem, relative_psis, 1.0)
    sigma = float(np.sqrt(rss / (n - p if problem.method == "REML" else n)))
    return log_likelihood(problem, [sigma**2 * psi for psi in relative_psis], sigma), sigma


def _sums(problem: Problem, psis: Sequence[Floats], sigma: float) -> tuple[float, Floats, float]:
    """Return log|V|, X' V^-1 X and r' V^-1 r, by one Cholesky factor of V per outermost group."""
    log_det_V = 0.0
    whitened = []  # L^-1 [X | y] of each group, V = L L'
    data = np.column_stack((problem.X, problem.y))
    for rows in _outermost_groups(problem):
        factor = np.linalg.cholesky(_covariance(problem, rows, psis, sigma))
        log_det_V += 2 * float(np.log(np.diagonal(factor, axis1=1, axis2=2)).sum())
        whitened.append(np.linalg.solve(factor, data[rows]).reshape(rows.size, -1))
    stacked = np.concatenate(whitened)
    X, y = stacked[:, :-1], stacked[:, -1]
    gram = X.T @ X
    residual = y - X @ np.linalg.solve(gram, X.T @ y)
    return log_det_V, gram, float(residual @ residual)


def _covariance(problem: Problem, rows: Rows, psis: Sequence[Floats], sigma: float) -> Floats:
    """Return the V of each of some outermost groups of equal size, written down in full: (m, n, n)."""
    V = np.broadcast_to(sigma**2 * np.eye(rows.shape[1]), (*rows.shape, rows.shape[1])).copy()
    for level, psi in zip(problem.levels, psis, strict=True):
        Z, codes = level.Z[rows], level.codes[rows]
        V += (Z @ psi @ Z.swapaxes(1, 2)) * (codes[:, :, None] == codes[:, None, :])
    return V


def _outermost_groups(problem: Problem) -> list[Rows]:
    """Return the rows of the outermost groups, those of equal size together: arrays of m groups x n rows."""
    codes = problem.levels[0].codes
    order = np.argsort(codes, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
    return [np.array(list(alike)) for _, alike in groupby(sorted(groups, key=len), len)]
