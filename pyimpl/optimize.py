"""Minimise the profiled deviance: Newton's method in a trust region, with exact derivatives.

In the linear factors Lambda the deviance is smooth and even in every column, so an optimum on the boundary (a
variance of zero, a correlation of one) is a stationary point like any other and Newton's method converges to it
quadratically. Two things need care. Lambda = 0 is stationary whether or not it is a minimum: negative curvature shows
it, and the trust-region step follows it. And at a singular D some directions of change cannot be expressed by a
triangular Lambda: :func:`escape` checks them against the gradient by D itself (the Karush-Kuhn-Tucker condition of a
semidefinite program: G must be positive semidefinite on the null space of D).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.covariance import General
from pyimpl.objective import Evaluation, Likelihood

# Scaled gradients are in standard errors of a parameter: 1e-8 of one changes no printed digit, and further steps
# are taken while they still improve on that.
_CONVERGED = 1e-8
_CURVATURE_FLOOR = 1e-9  # eigenvalues below this fraction of the largest count as flat
_WORTH_A_STEP = 1e-4  # take a step that gains this fraction of what the quadratic model promised
_SMALLEST_RADIUS = 1e-15
_SINGULAR = 1e-7  # a standard deviation below this (in units of sigma and of Z's columns) is zero


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the optimiser ended.

    Attributes
    ----------
    evaluation : Evaluation
        Deviance and estimates there.
    hessian : (m, m) array
        Second derivatives of the deviance there.
    scaled_gradient : float
        Largest |Newton step| in each eigenvector's own standard error; the distance to the optimum.
    iterations, evaluations : int
        Newton steps tried; sweeps done, those for second derivatives included.
    converged : bool
        The scaled gradient is below 1e-8 and no direction has negative curvature.
    """

    evaluation: Evaluation
    hessian: Array
    scaled_gradient: float
    iterations: int
    evaluations: int
    converged: bool


def starting_point(likelihood: Likelihood) -> Array:
    """Independent effects whose variance is worth about 7 rows of a group (Bates & Pinheiro 1998, section 3.1)."""
    moments = likelihood.moments
    parts = []
    for structure, level in zip(likelihood.structures, moments.levels, strict=True):
        rows_per_group = moments.n_obs / level.A.shape[-1]
        parts.append(structure.parameters_near(np.eye(structure.q) / (0.375 * np.sqrt(rows_per_group))))
    return np.concatenate(parts)


def minimise(likelihood: Likelihood, start: Array, max_iterations: int = 200) -> Optimum:
    """Descend from ``start`` to a minimum of the deviance over all positive semidefinite D."""
    optimum = _newton(likelihood, start, max_iterations)
    for _ in range(10):
        theta = escape(likelihood, optimum)
        if theta is None:
            break
        further = _newton(likelihood, theta, max_iterations)
        if further.evaluation.deviance >= optimum.evaluation.deviance:
            break
        optimum = further
    return optimum


@dataclass(frozen=True, slots=True)
class _Point:
    """A point of the search: its derivatives, its distance to a stationary point, whether it curves upwards."""

    evaluation: Evaluation
    hessian: Array
    scaled_gradient: float
    convex: bool


def _point(likelihood: Likelihood, evaluation: Evaluation) -> _Point:
    hessian = likelihood.hessian(evaluation.theta)
    flat = _CURVATURE_FLOOR * max(float(np.abs(hessian).max()), 1.0)
    convex = bool(np.linalg.eigvalsh(hessian)[0] > -flat)
    return _Point(evaluation, hessian, _scaled_gradient(evaluation.gradient, hessian), convex)


def _newton(likelihood: Likelihood, theta: Array, max_iterations: int) -> Optimum:
    """Trust-region Newton iterations from one starting point."""
    here = _point(likelihood, likelihood.evaluate(theta))
    radius = max(1.0, float(np.linalg.norm(theta)))
    points = 1
    iteration = 0
    while iteration < max_iterations and radius > _SMALLEST_RADIUS:
        iteration += 1
        gradient, hessian = here.evaluation.gradient, here.hessian
        step = trust_region_step(gradient, hessian, radius)
        there = likelihood.evaluate(here.evaluation.theta + step)
        predicted = -(gradient @ step + step @ hessian @ step / 2)
        gained = here.evaluation.deviance - there.deviance
        noise = 1e-12 * (1.0 + abs(here.evaluation.deviance))
        if here.convex and (here.scaled_gradient < _CONVERGED or predicted < noise):
            # The deviance no longer resolves the step; the gradient does. Stop when it stops shrinking.
            polished = _point(likelihood, there)
            points += 1
            if not polished.scaled_gradient < here.scaled_gradient / 2 or gained < -noise:
                break
            here = polished
            continue
        ratio = gained / predicted if np.isfinite(gained) else -1.0
        radius = _resized(radius, float(ratio), float(np.linalg.norm(step)))
        if ratio > _WORTH_A_STEP:
            here = _point(likelihood, there)
            points += 1
    return Optimum(
        here.evaluation,
        here.hessian,
        here.scaled_gradient,
        iteration,
        1 + iteration + points * len(theta),
        here.scaled_gradient < _CONVERGED and here.convex,
    )


def _resized(radius: float, ratio: float, length: float) -> float:
    """The trust region's radius after a step that gained ``ratio`` of what was predicted."""
    if ratio < 0.25:
        return length / 4
    return max(radius, 2 * length) if ratio > 0.75 else radius


def trust_region_step(gradient: Array, hessian: Array, radius: float) -> Array:
    """Minimise g's + s'Hs / 2 over |s| <= radius (More & Sorensen 1983), by H's eigenvectors.

    Where the gradient has no part in a direction of negative curvature (a saddle), the step takes that direction.
    """
    values, vectors = np.linalg.eigh(hessian)
    flat = _CURVATURE_FLOOR * max(np.abs(values).max(), 1.0)
    g = vectors.T @ gradient
    if values[0] > -flat:
        step = -g / np.maximum(values, flat)
        if np.linalg.norm(step) <= radius:
            return np.asarray(vectors @ step)
    elif abs(g[0]) < 1e-10 * max(1.0, float(np.linalg.norm(g))):
        g[0] = 1e-10 * max(1.0, float(np.linalg.norm(g)))
    shift = _shift(
        lambda mu: float(np.linalg.norm(g / (values + mu))), -values[0], float(np.linalg.norm(g)), radius
    )
    return np.asarray(-vectors @ (g / (values + shift)))


def _shift(length: Callable[[float], float], smallest: float, size: float, radius: float) -> float:
    """The mu > max(smallest, 0) at which the step's length is the radius, by bisection on a log scale."""
    base = max(smallest, 0.0)
    low, high = 1e-16 * max(abs(smallest), size / radius, 1e-300), size / radius + abs(smallest)
    for _ in range(100):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if length(base + middle) > radius else (low, middle)
        if high < low * (1 + 1e-6):
            break
    return float(base + high)


def _scaled_gradient(gradient: Array, hessian: Array) -> float:
    """Largest component of the gradient, each in units of its eigenvector's standard error.

    The curvature of the deviance is twice the information, so a standard error is sqrt(2 / eigenvalue).
    """
    values, vectors = np.linalg.eigh(hessian)
    flat = _CURVATURE_FLOOR * max(np.abs(values).max(), 1.0)
    return float((np.abs(vectors.T @ gradient) / np.sqrt(2 * np.maximum(np.abs(values), flat))).max())


def null_space(Lambda: Array) -> Array:
    """Directions in which D = Lambda Lambda' has no variance, (q, d)."""
    U, s, _ = np.linalg.svd(Lambda)
    return np.asarray(U[:, s < _SINGULAR * max(1.0, s[0])])


def escape(likelihood: Likelihood, optimum: Optimum) -> Array | None:
    """A better starting point, if an unstructured singular D fails the Karush-Kuhn-Tucker condition."""
    Lambdas = list(optimum.evaluation.Lambdas)
    moved = False
    for k, structure in enumerate(likelihood.structures):
        null = null_space(Lambdas[k])
        if not isinstance(structure, General) or not null.shape[1]:
            continue
        G = optimum.evaluation.down.gradients[k]
        values, vectors = np.linalg.eigh(null.T @ G @ null)
        if values[0] < -1e-6 * np.abs(np.diag(G)).max():
            direction = null @ vectors[:, 0]
            D = Lambdas[k] @ Lambdas[k].T + 1e-2 * np.outer(direction, direction)
            Lambdas[k] = np.linalg.cholesky(D + 1e-12 * np.trace(D) * np.eye(len(D)))
            moved = True
    if not moved:
        return None
    parts = zip(likelihood.structures, Lambdas, strict=True)
    return np.concatenate([structure.parameters_near(Lambda) for structure, Lambda in parts])
