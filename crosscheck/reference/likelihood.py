"""The log-likelihood of a linear mixed model, from its definition.

The model is y = X beta + sum over levels Z_k b_k + e, with b_k ~ N(0, Psi_k) in each group of level k and
e ~ N(0, sigma^2 Lambda). Within an outermost group the marginal covariance is

    V = sigma^2 Lambda + sum_k (Z_k Psi_k Z_k') o [row i and row j share a group of level k],

across outermost groups it is 0, and with r = y - X beta_hat, beta_hat by generalised least squares,

    ML:    l = -1/2 [ N log 2 pi + log|V| + r' V^-1 r ]
    REML:  l = -1/2 [ (N - p) log 2 pi + log|V| + log|X' V^-1 X| + r' V^-1 r ]

which is nlme's definition: no + 1/2 log|X'X|. Lambda is the identity unless the model has a correlation
structure or a variance function. Everything is computed in the precision of ``Problem.y``: double, or the
processor's extended precision (``Problem.extended``, 64 bits of mantissa on x86).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .linear import cholesky, solve_lower, solve_upper, triangle

Floats = NDArray[Any]
Rows = NDArray[np.intp]
Within = Callable[[Rows], Floats]
"""From the rows of one outermost group, shape (n,), to their Lambda, shape (n, n)."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """One level of grouping.

    Attributes
    ----------
    Z : ndarray, shape (N, q)
        The random effects' columns.
    codes : ndarray of int, shape (N,)
        The group of each row; a group of an inner level lies in one group of each outer level.
    labels : tuple of str
        The groups' names by code, as R has them: ``"A/1"`` for group 1 within A.
    """

    Z: Floats
    codes: NDArray[np.intp]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """The data of a model: y (N,), X (N, p), the levels from the outermost in, and the method."""

    y: Floats
    X: Floats
    levels: tuple[Grouping, ...]
    method: str
    row_names: tuple[str, ...] = field(default=(), repr=False)

    def extended(self) -> Problem:
        """Return the same problem in extended precision: slower by two orders of magnitude."""
        wide = np.longdouble
        levels = tuple(replace(level, Z=level.Z.astype(wide)) for level in self.levels)
        return replace(self, y=self.y.astype(wide), X=self.X.astype(wide), levels=levels)


@dataclass(frozen=True, slots=True)
class Solution:
    """What given variances imply.

    Attributes
    ----------
    log_lik : float
    beta : ndarray, shape (p,)
        The generalised least squares estimate.
    vcov : ndarray, shape (p, p)
        Its covariance, (X' V^-1 X)^-1.
    whitened_residual : ndarray, shape (N,)
        V^-1 r, in the order of the data.
    """

    log_lik: float
    beta: Floats
    vcov: Floats
    whitened_residual: Floats


def log_likelihood(
    problem: Problem, psis: Sequence[Floats], sigma: float, within: Within | None = None
) -> float:
    """Return the log-likelihood, profiled over beta only.

    Parameters
    ----------
    problem : Problem
    psis : sequence of ndarray, shape (q_k, q_k)
        The covariance matrix of the random effects of each level, on the scale of y.
    sigma : float
        The residual standard deviation.
    within : callable, optional
        The residuals' Lambda, if not the identity.

    Raises
    ------
    numpy.linalg.LinAlgError
        X is rank-deficient, or sigma is 0 and V singular with it.
    """
    return solve(problem, psis, sigma, within).log_lik


def profiled_log_likelihood(problem: Problem, relative_psis: Sequence[Floats]) -> tuple[float, float]:
    """Return the log-likelihood profiled over sigma too, and that sigma.

    Parameters
    ----------
    problem : Problem
    relative_psis : sequence of ndarray, shape (q_k, q_k)
        Psi_k / sigma^2, of each level.
    """
    n, p = problem.X.shape
    found = solve(problem, relative_psis, 1.0)
    residual = problem.y - problem.X @ found.beta
    rss = float(residual @ found.whitened_residual)
    sigma = float(np.sqrt(rss / (n - p if problem.method == "REML" else n)))
    return log_likelihood(problem, [sigma**2 * psi for psi in relative_psis], sigma), sigma


def solve(problem: Problem, psis: Sequence[Floats], sigma: float, within: Within | None = None) -> Solution:
    """Return the log-likelihood, and the estimates of the fixed effects, at given variances.

    Arguments and errors are those of :func:`log_likelihood`.
    """
    n, p = problem.X.shape
    data = np.column_stack((problem.X, problem.y))
    log_det_V, pieces = data.dtype.type(0), []  # L^-1 [X | y] of each group, V = L L'
    for rows in outermost_groups(problem):
        factor = cholesky(covariance(problem, rows, psis, sigma, within))
        log_det_V += 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum()
        pieces.append((rows, factor, solve_lower(factor, data[rows])))
    stacked = np.concatenate([white.reshape(-1, p + 1) for _, _, white in pieces])
    X, y = stacked[:, :-1], stacked[:, -1]
    Q, R = triangle(X)
    beta = solve_upper(R, Q.T @ y)
    constant = n * np.log(2 * np.pi)
    if problem.method == "REML":
        constant -= p * np.log(2 * np.pi)
        log_det_V += 2 * np.log(np.diag(R)).sum()
    residual = y - X @ beta
    log_lik = -(constant + log_det_V + residual @ residual) / 2
    white = np.empty(n, dtype=data.dtype)
    for rows, factor, part in pieces:
        r = part[..., -1:] - part[..., :-1] @ beta[:, None]
        white[rows] = solve_upper(factor.swapaxes(1, 2), r)[..., 0]
    half = solve_upper(R, np.eye(p, dtype=data.dtype))
    return Solution(float(log_lik), beta, half @ half.T, white)


def covariance(
    problem: Problem, rows: Rows, psis: Sequence[Floats], sigma: float, within: Within | None = None
) -> Floats:
    """Return the V of each of some outermost groups of equal size, written down in full: (m, n, n)."""
    n = rows.shape[1]
    if within is None:
        V = np.broadcast_to(sigma**2 * np.eye(n, dtype=problem.y.dtype), (*rows.shape, n)).copy()
    else:
        V = sigma**2 * np.stack([within(group) for group in rows]).astype(problem.y.dtype)
    for level, psi in zip(problem.levels, psis, strict=True):
        Z, codes = level.Z[rows], level.codes[rows]
        V += (Z @ psi @ Z.swapaxes(1, 2)) * (codes[:, :, None] == codes[:, None, :])
    return V


def outermost_groups(problem: Problem) -> list[Rows]:
    """Return the rows of the outermost groups, those of equal size together: arrays of m groups x n rows."""
    codes = problem.levels[0].codes
    order = np.argsort(codes, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
    return [np.array(list(alike)) for _, alike in groupby(sorted(groups, key=len), len)]
