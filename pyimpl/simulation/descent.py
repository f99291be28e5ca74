"""Newton's method on many deviances at once, each with parameters of its own.

The method is that of :mod:`pyimpl.optimize`, step for step in arrays: eigenvalues of exact second derivatives, negative
curvature followed downhill, a radius that each problem adapts. A problem that it doesn't finish says so and is left
to the ordinary optimiser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyimpl.arrays import Array, Indices

#: Deviances of the problems ``which`` (B,) at ``theta`` (B, m).
Function = Callable[[Indices, Array], Array]

_STEP = 1e-30  # of the complex steps
_DIFFERENCE = 1e-4  # of the differences of exact gradients; their error is its square
_CONVERGED = 1e-8
_KNOWN = 1e-3  # so near the optimum, in standard errors, the curvature needs no second look
_CURVATURE_FLOOR = 1e-9
_WORTH_A_STEP = 1e-4
_MAX_STEPS = 60


@dataclass(frozen=True, slots=True)
class Descents:
    """Where S descents ended.

    Attributes
    ----------
    theta : (S, m) array
    deviance : (S,) array
    converged : (S,) bool array
        The gradient is below 1e-8 standard errors, and the deviance curves upwards in all directions.
    """

    theta: Array
    deviance: Array
    converged: NDArray[np.bool_]


def descend(function: Function, which: Indices, start: Array) -> Descents:
    """Minimise the deviances of the problems ``which`` (S,) from ``start`` (S, m)."""
    theta = np.array(start, float)
    value, gradient = _value_and_gradient(function, which, theta)
    curvature = _second_derivatives(function, which, theta)
    radius = np.maximum(1.0, np.linalg.norm(theta, axis=1))
    converged = np.zeros(len(which), bool)
    active = np.arange(len(which))
    for _ in range(_MAX_STEPS):
        model = _Quadratic.of(gradient[active], curvature[active])
        done = model.convex & (model.scaled_gradient < _CONVERGED)
        converged[active[done]] = True
        active, model = active[~done], model.take(~done)
        if not len(active):
            break
        step, predicted = model.step(radius[active])
        new_value, new_gradient = _value_and_gradient(function, which[active], theta[active] + step)
        gained = value[active] - new_value
        noise = 1e-12 * (1.0 + np.abs(value[active]))
        resolved = predicted > noise
        ratio = np.where(np.isfinite(gained), gained / np.where(resolved, predicted, 1.0), -1.0)
        accepted = np.where(resolved, ratio > _WORTH_A_STEP, gained > -noise)
        length = np.linalg.norm(step, axis=1)
        grown = np.where(resolved & (ratio > 0.75), np.maximum(radius[active], 2 * length), radius[active])
        radius[active] = np.where(~accepted | (resolved & (ratio < 0.25)), length / 4, grown)
        moved = active[accepted]
        theta[moved] += step[accepted]
        value[moved], gradient[moved] = new_value[accepted], new_gradient[accepted]
        unknown = active[accepted & (model.scaled_gradient > _KNOWN)]
        if len(unknown):
            curvature[unknown] = _second_derivatives(function, which[unknown], theta[unknown])
    return Descents(theta, value, converged)


@dataclass(frozen=True, slots=True)
class _Quadratic:
    """The quadratic models at B points: eigenvalues (B, m), ascending, eigenvectors, and the gradient along these."""

    values: Array
    vectors: Array
    along: Array

    @classmethod
    def of(cls, gradient: Array, curvature: Array) -> _Quadratic:
        values, vectors = np.linalg.eigh(curvature)
        return cls(values, vectors, np.einsum("bij,bi->bj", vectors, gradient))

    def take(self, which: NDArray[np.bool_]) -> _Quadratic:
        return _Quadratic(self.values[which], self.vectors[which], self.along[which])

    @property
    def floor(self) -> Array:
        """Curvature below this is none, (B, 1)."""
        return np.asarray(_CURVATURE_FLOOR * np.maximum(np.abs(self.values).max(axis=1, keepdims=True), 1.0))

    @property
    def convex(self) -> NDArray[np.bool_]:
        return np.asarray(self.values[:, 0] > -self.floor[:, 0])

    @property
    def scaled_gradient(self) -> Array:
        """The largest step along an eigenvector, in standard errors, (B,)."""
        curvature = np.maximum(np.abs(self.values), self.floor)
        return np.asarray((np.abs(self.along) / np.sqrt(2 * curvature)).max(axis=1))

    def step(self, radius: Array) -> tuple[Array, Array]:
        """Steps (B, m) no longer than the radius, and how far the quadratics fall, (B,)."""
        step = -self.along / np.maximum(np.abs(self.values), self.floor)
        # on a ridge the gradient doesn't say which way is down, nor how far
        least = np.where(self.values < -self.floor, 0.1 * radius[:, None], 0.0)
        step = np.where(np.abs(step) < least, np.where(step < 0, -least, least), step)
        step = step * np.minimum(1.0, radius / np.linalg.norm(step, axis=1))[:, None]
        predicted = -(self.along * step + self.values * step**2 / 2).sum(axis=1)
        return np.einsum("bij,bj->bi", self.vectors, step), predicted


def _value_and_gradient(function: Function, which: Indices, theta: Array) -> tuple[Array, Array]:
    """Values (B,) and exact derivatives (B, m), by complex steps."""
    B, m = theta.shape
    points = theta[:, None] + 1j * _STEP * np.eye(m)
    values = function(np.repeat(which, m), points.reshape(-1, m)).reshape(B, m)
    return values[:, 0].real, values.imag / _STEP


def _second_derivatives(function: Function, which: Indices, theta: Array) -> Array:
    """Second derivatives (B, m, m): central differences of exact first ones."""
    B, m = theta.shape
    i, j = np.triu_indices(m)
    width = _DIFFERENCE * np.maximum(1.0, np.linalg.norm(theta, axis=1))
    apart = width[:, None, None] * np.eye(m)[i]
    along = 1j * _STEP * np.eye(m)[j]
    points = np.stack([theta[:, None] + sign * apart + along for sign in (1.0, -1.0)], axis=1)
    values = function(np.repeat(which, 2 * len(i)), points.reshape(-1, m)).imag.reshape(B, 2, len(i)) / _STEP
    H = np.empty((B, m, m))
    H[:, i, j] = H[:, j, i] = (values[:, 0] - values[:, 1]) / (2 * width[:, None])
    return H
