"""The certified optimum: from the best point that anyone found, by Newton steps on the dense log-likelihood.

The gradient comes from the derivative of the log-likelihood by V itself,

    M = dl/dV = 1/2 [ u u' - V^-1 + (V^-1 X) (X' V^-1 X)^-1 (V^-1 X)' ],    u = V^-1 r,

the last term under REML only, as dl/dtheta_j = <M, dV/dtheta_j>. V is written down at theta_j + h and theta_j - h
for its derivative: exact, but for rounding, where V is quadratic in theta_j, as it is in factors and in standard
deviations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .likelihood import Floats, Problem, Rows, Solution, covariance, outermost_groups, solve
from .linear import cholesky, solve_lower
from .parameters import Parameters, Variances

STEP = 1e-3
"""Step of the differences of V, in units of theta, which are near 1."""

STEEP = 1e-7
"""Curvatures below this part of the largest count as flat: nothing is known along them."""

MAX_STEPS = 60
ENOUGH = 1e-10
"""Newton's steps end where they are shorter than this, in standard errors of theta."""


@dataclass(frozen=True)
class Objective:
    """The log-likelihood of a model as a function of theta."""

    problem: Problem
    parameters: Parameters

    @cached_property
    def groups(self) -> list[Rows]:
        """The rows of the outermost groups, those of equal size together."""
        return outermost_groups(self.problem)

    def at(self, variances: Variances) -> Solution:
        """Return the log-likelihood and the fixed effects at given variances."""
        within = self.parameters.lambda_of(variances)
        return solve(self.problem, variances.psis, variances.sigma, within)

    def value(self, theta: Floats) -> float:
        """Return the log-likelihood, minus infinity where V isn't positive definite."""
        try:
            found = self.at(self.parameters.variances(theta)).log_lik
        except np.linalg.LinAlgError:
            return -np.inf
        return found if np.isfinite(found) else -np.inf

    def gradient(self, theta: Floats) -> Floats:
        """Return the derivatives by theta."""
        here = self._covariances(theta)
        by_V = self._by_covariance(here)
        derivatives = np.empty(len(theta))
        for j in range(len(theta)):
            step = np.zeros(len(theta))
            step[j] = STEP
            up, down = self._covariances(theta + step), self._covariances(theta - step)
            derivatives[j] = sum(
                float((M * (one - other)).sum()) for M, one, other in zip(by_V, up, down, strict=True)
            ) / (2 * STEP)
        return derivatives

    def curvature(self, theta: Floats) -> Floats:
        """Return minus the second derivatives, by differences of the gradient."""
        k = len(theta)
        H = np.empty((k, k))
        for j in range(k):
            step = np.zeros(k)
            step[j] = 1e-4 * max(0.1, abs(theta[j]))
            H[j] = (self.gradient(theta - step) - self.gradient(theta + step)) / (2 * step[j])
        return (H + H.T) / 2

    def _covariances(self, theta: Floats) -> list[Floats]:
        v = self.parameters.variances(theta)
        within = self.parameters.lambda_of(v)
        return [covariance(self.problem, rows, v.psis, v.sigma, within) for rows in self.groups]

    def _by_covariance(self, Vs: Sequence[Floats]) -> list[Floats]:
        """Return M of each outermost group."""
        X, y = self.problem.X, self.problem.y
        inverses, weighted = [], []
        for rows, V in zip(self.groups, Vs, strict=True):
            half = solve_lower(cholesky(V), np.broadcast_to(np.eye(V.shape[-1], dtype=V.dtype), V.shape))
            inverses.append(half.swapaxes(1, 2) @ half)
            weighted.append(inverses[-1] @ X[rows])
        gram = sum(
            np.einsum("mij,mik->jk", X[rows], w) for rows, w in zip(self.groups, weighted, strict=True)
        )
        right = sum(np.einsum("mij,mi->j", w, y[rows]) for rows, w in zip(self.groups, weighted, strict=True))
        half = solve_lower(cholesky(gram), np.eye(len(gram), dtype=X.dtype))
        C = half.T @ half
        beta = C @ right
        found = []
        for rows, inverse, w in zip(self.groups, inverses, weighted, strict=True):
            u = (inverse @ (y[rows] - X[rows] @ beta)[..., None])[..., 0]
            M = u[:, :, None] * u[:, None, :] - inverse
            if self.problem.method == "REML":
                M += w @ C @ w.swapaxes(1, 2)
            found.append(M / 2)
        return found


@dataclass(frozen=True, slots=True)
class Optimum:
    """A point at which the gradient vanishes and no direction leads up.

    Attributes
    ----------
    theta : ndarray
    log_lik : float
    curvature : ndarray
        Minus the second derivatives there.
    decrement : float
        The length of the Newton step that is left, in standard errors: 0 but for rounding.
    certified : bool
        Whether that is so, and no direction leads up.
    """

    theta: Floats
    log_lik: float
    curvature: Floats
    decrement: float
    certified: bool

    @property
    def n_flat(self) -> int:
        """In how many directions the log-likelihood is flat: what they tell apart isn't identified."""
        return int((~_steep(np.linalg.eigvalsh(self.curvature))).sum())


def polish(objective: Objective, start: Floats) -> Optimum:
    """Return the optimum that Newton's steps lead to from a point near it."""
    theta = start.astype(float)
    value = objective.value(theta)
    for _ in range(MAX_STEPS):
        gradient, H = objective.gradient(theta), objective.curvature(theta)
        step = _step(gradient, H)
        if decrement(gradient, H) < ENOUGH and not _leads_up(H):
            break
        theta, gained = _walk(objective, theta, value, step)
        if gained is None:
            break
        value = gained
    gradient, H = objective.gradient(theta), objective.curvature(theta)
    left = decrement(gradient, H)
    return Optimum(theta, value, H, left, left < 1e-5 and not _leads_up(H))


def decrement(gradient: Floats, H: Floats) -> float:
    """Return the length of the Newton step in standard errors, along the directions that aren't flat."""
    values, vectors = np.linalg.eigh(H)
    along = vectors.T @ gradient
    steep = _steep(values)
    return float(np.sqrt((along[steep] ** 2 / np.abs(values[steep])).sum()))


def distance(optimum: Optimum, gradient: Floats, value: float) -> float:
    """Return how far a point is from the optimum, in standard errors of theta.

    By the Newton step where it is short; where it is long, the curvature elsewhere says little, and the
    log-likelihood that is missing says it all: sqrt(2 (l* - l)).
    """
    missing = optimum.log_lik - value
    by_value = float(np.sqrt(2 * max(missing, 0.0)))
    return by_value if by_value > 1e-2 else decrement(gradient, optimum.curvature)


def _steep(values: Floats) -> Floats:
    return np.abs(values) > STEEP * max(float(np.abs(values).max(initial=0.0)), 1e-300)


def _leads_up(H: Floats) -> bool:
    values = np.linalg.eigvalsh(H)
    return bool(len(values) and values[0] < -1e-6 * abs(values[-1]))


def _step(gradient: Floats, H: Floats) -> Floats:
    """Return Newton's step with negative curvatures turned about; off a saddle, along what leads up."""
    values, vectors = np.linalg.eigh(H)
    along = vectors.T @ gradient
    size = np.maximum(np.abs(values), STEEP * max(float(np.abs(values).max()), 1e-300))
    step = np.where(_steep(values), along / size, 0.0)
    up = (values < -1e-6 * np.abs(values).max()) & (np.abs(step) < 1e-2)
    step = np.where(up, np.copysign(1e-2, along), step)
    longest = np.abs(step).max(initial=0.0)
    return np.asarray(vectors @ (step / max(1.0, longest / 0.5)))


def _walk(objective: Objective, theta: Floats, value: float, step: Floats) -> tuple[Floats, float | None]:
    """Return the first point along the step, halved as often as needed, that isn't below; None for none."""
    slack = 1e-13 * abs(value)
    for _ in range(30):
        there = objective.value(theta + step)
        if there >= value - slack:
            return theta + step, max(there, value) if there >= value - slack else there
        step = step / 2
    return theta, None


def best_of(objective: Objective, starts: Sequence[Variances]) -> Optimum:
    """Return the optimum from the best of some points."""
    thetas = [objective.parameters.theta(start) for start in starts]
    return polish(objective, max(thetas, key=objective.value))
