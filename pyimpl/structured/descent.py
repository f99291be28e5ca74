"""From one psi to the bottom of its valley: a trust region on the profile.

The gradients are exact. The curvature is measured where the search begins, and learnt from the gradients on the way
(symmetric rank one; Nocedal & Wright 2006, section 6.2). Where the likelihood has a kink, as corLin's and corSpher's
have wherever a range passes a distance between rows, the region shrinks to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pyimpl.arrays import Array
from pyimpl.optimize import trust_region_step
from pyimpl.progress import Iteration, Watch
from pyimpl.structured.profile import Point, Profile

_CONVERGED = 1e-7  # standard errors of a parameter from the optimum
_ENOUGH = 1e-8
_FAR = 0.1  # a step this long that gains nothing leads to the end of the parameters' range
_FLOOR = 1e-9  # curvature below this fraction of the largest is none
_WORTH_A_STEP = 1e-4
_SMALLEST_RADIUS = 1e-9
_LARGEST_RADIUS = 4.0  # a step further than this on a logarithmic scale is a leap in the dark
_SAFE = 1e-8  # no rank-one update by less than this part


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """Where a descent ended.

    Attributes
    ----------
    point : Point
    scaled_gradient : float
        The distance to the optimum, in standard errors.
    steps : int
    converged : bool
        Nothing is left to gain that the likelihood's digits would show.
    smallest_curvature : float
        The least of the second derivatives by psi over its sizes.
    """

    point: Point
    scaled_gradient: float
    steps: int
    converged: bool
    smallest_curvature: float


def descend(profile: Profile, start: Point, max_steps: int, watch: Watch) -> Descent:
    """Find the bottom of the valley that ``start`` lies in."""
    gradient = profile.gradient(start)
    here = _Place(start, gradient, profile.curvature(start, gradient))
    if not here.is_finite:
        return Descent(start, np.inf, 0, False, np.nan)
    radius, steps, done = 1.0, 0, False
    has_kinks = len(profile.rows.within.between_kinks) > 0
    while steps < max_steps and not done:
        watch(_iteration(here, steps))
        step, predicted = trust_region_step(here.gradient, here.values, here.vectors, radius)
        noise, length = 1e-12 * (1 + abs(here.point.deviance)), float(np.linalg.norm(step))
        endless = length > _FAR and predicted < noise / 100
        if here.values[0] > 0 and (here.scaled_gradient < _ENOUGH or endless):
            done = True
            break
        steps += 1
        there = profile.at(here.point.psi + step * profile.sizes, here.point.evaluation.theta)
        after = None if there is None else _Place(there, profile.gradient(there), here.H)
        if there is None or after is None or not after.is_finite:
            radius = length / 4
        else:
            after = after.learnt(step, here.gradient)
            gained = here.point.deviance - there.deviance
            if predicted > noise:
                radius = _resized(radius, gained / predicted, length)
                better = gained > _WORTH_A_STEP * predicted
            else:
                # The deviance no longer resolves the step; the gradient does.
                better = after.scaled_gradient < here.scaled_gradient / 2 and gained > -10 * noise
                done = not better
            here = after if better else replace(here, H=after.H)
        if radius < _SMALLEST_RADIUS:
            done = has_kinks  # where there are none, the rest of the way is out of range
            break
    converged = done or here.scaled_gradient < _CONVERGED
    return Descent(here.point, here.scaled_gradient, steps, converged, float(here.values[0]))


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A point of the search with its derivatives by psi over the sizes."""

    point: Point
    gradient: Array
    H: Array

    @property
    def is_finite(self) -> bool:
        """Whether the derivatives are; where sigma is next to nothing, squares overflow."""
        return bool(np.isfinite(self.gradient).all() and np.isfinite(self.H).all())

    @property
    def values(self) -> Array:
        """Eigenvalues of H, ascending."""
        return np.asarray(np.linalg.eigvalsh(self.H))

    @property
    def vectors(self) -> Array:
        """Their eigenvectors."""
        return np.asarray(np.linalg.eigh(self.H)[1])

    @property
    def scaled_gradient(self) -> float:
        """The curvature of the deviance is twice the information: a standard error is sqrt(2 / eigenvalue)."""
        values = np.abs(self.values)
        curvature = np.maximum(values, _FLOOR * max(float(values.max()), 1.0))
        return float((np.abs(self.vectors.T @ self.gradient) / np.sqrt(2 * curvature)).max())

    def learnt(self, step: Array, before: Array) -> _Place:
        """The same with second derivatives that explain how the gradient changed along the step to here."""
        rest = self.gradient - before - self.H @ step
        along = float(rest @ step)
        if abs(along) <= _SAFE * np.linalg.norm(rest) * np.linalg.norm(step):
            return self
        return replace(self, H=self.H + np.outer(rest, rest) / along)


def _iteration(here: _Place, steps: int) -> Iteration:
    groups = here.point.likelihood.n_groups
    return Iteration(steps, here.point.deviance, here.scaled_gradient, groups[-1] if groups else 1)


def _resized(radius: float, ratio: float, length: float) -> float:
    if ratio < 0.25:
        return length / 4
    return min(max(radius, 2 * length), _LARGEST_RADIUS) if ratio > 0.75 else radius
