"""Newton's method on many deviances at once, each with parameters of its own.

The method is that of :mod:`pyimpl.optimize` in arrays: eigenvalues of second derivatives, negative curvature followed
downhill, a radius that each problem adapts. A problem that it doesn't finish says so and is left to the ordinary
optimiser.
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
_MISLED = 1.0  # a step that gains so much less or more than was predicted needs the curvature anew
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
    """Minimise the deviances of the problems ``which`` (S,) from ``start`` (S, m).

    Second derivatives are taken at the start, wherever a step didn't do what they promised, and at last at the optimum;
    on the way they are kept up by what each step shows of them.
    """
    search = _Search.at(function, which, np.array(start, float))
    active = np.arange(len(which))
    for _ in range(_MAX_STEPS):
        model = _Quadratic.of(search.gradient[active], search.curvature[active])
        there = model.convex & (model.scaled_gradient < _CONVERGED)
        search.converged[active] = there & search.exact[active]
        unsure, going = active[there & ~search.exact[active]], active[~there]
        misled = search.advance(going, *model.take(~there).step(search.radius[going]))
        search.look_again(np.concatenate([unsure, misled]))
        active = np.sort(np.concatenate([going, unsure]))
        if not len(active):
            break
    return Descents(search.theta, search.value, search.converged)


@dataclass(slots=True)
class _Search:
    """Where S descents are.

    Attributes
    ----------
    function, which
        The deviances, and which of them.
    theta, gradient : (S, m) arrays
    curvature : (S, m, m) array
    exact : (S,) bool array
        Whether the curvature is the one at theta.
    value, radius : (S,) arrays
    converged : (S,) bool array
    """

    function: Function
    which: Indices
    theta: Array
    value: Array
    gradient: Array
    curvature: Array
    exact: NDArray[np.bool_]
    radius: Array
    converged: NDArray[np.bool_]

    @classmethod
    def at(cls, function: Function, which: Indices, theta: Array) -> _Search:
        value, gradient = _value_and_gradient(function, which, theta)
        curvature = _second_derivatives(function, which, theta)
        radius = np.maximum(1.0, np.linalg.norm(theta, axis=1))
        known, done = np.ones(len(which), bool), np.zeros(len(which), bool)
        return cls(function, which, theta, value, gradient, curvature, known, radius, done)

    def advance(self, active: Indices, step: Array, predicted: Array) -> Indices:
        """Try a step of each active descent; which of them it misled."""
        value, gradient = _value_and_gradient(self.function, self.which[active], self.theta[active] + step)
        gained = self.value[active] - value
        noise = 1e-12 * (1.0 + np.abs(self.value[active]))
        resolved = predicted > noise
        ratio = np.where(np.isfinite(gained), gained / np.where(resolved, predicted, 1.0), -1.0)
        accepted = np.where(resolved, ratio > _WORTH_A_STEP, gained > -noise)
        length, radius = np.linalg.norm(step, axis=1), self.radius[active]
        grown = np.where(resolved & (ratio > 0.75), np.maximum(radius, 2 * length), radius)
        self.radius[active] = np.where(~accepted | (resolved & (ratio < 0.25)), length / 4, grown)
        moved, step = active[accepted], step[accepted]
        change = gradient[accepted] - self.gradient[moved]
        self.curvature[moved] = _updated(self.curvature[moved], step, change)
        self.exact[moved] = False
        self.theta[moved] += step
        self.value[moved], self.gradient[moved] = value[accepted], gradient[accepted]
        misled: Indices = active[resolved & (np.abs(ratio - 1) > _MISLED) & ~self.exact[active]]
        return misled

    def look_again(self, active: Indices) -> None:
        """Take the second derivatives where the descents are now."""
        if len(active):
            self.curvature[active] = _second_derivatives(
                self.function, self.which[active], self.theta[active]
            )
            self.exact[active] = True


def _updated(curvature: Array, step: Array, change: Array) -> Array:
    """Second derivatives (B, m, m) that explain how the gradient changed (the symmetric update of rank one)."""
    missing = change - np.einsum("bij,bj->bi", curvature, step)
    along = (missing * step).sum(axis=1)
    safe = np.abs(along) > 1e-8 * np.linalg.norm(missing, axis=1) * np.linalg.norm(step, axis=1)
    scale = np.where(safe, 1.0 / np.where(safe, along, 1.0), 0.0)
    return np.asarray(curvature + scale[:, None, None] * missing[:, :, None] * missing[:, None])


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
