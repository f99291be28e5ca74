"""Minimise the profiled deviance: Newton's method in a trust region, with exact derivatives.

In the linear factors Lambda the deviance is smooth and even in every column, so an optimum on the boundary (a
variance of zero, a correlation of one) is a stationary point like any other and Newton's method converges to it
quadratically. Lambda = 0 is stationary whether or not it is a minimum: negative curvature shows it, and the
trust-region step follows it. What else is particular to the boundary is in :mod:`pyimpl.boundary`.

Steps and curvatures are measured in units of each parameter's own size, max(1, sd of the effects it moves), so that
random effects a million times sigma are no harder than others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pyimpl.arrays import Array
from pyimpl.boundary import escape, is_singular, lifted, near_boundary
from pyimpl.curvature import second_derivatives
from pyimpl.objective import Evaluation, Likelihood, log_likelihood
from pyimpl.progress import Iteration, Watch, ignore
from pyimpl.scoring import scored
from pyimpl.thinning import thinned

# Scaled gradients are in standard errors of a parameter: 1e-8 of one changes no printed digit, and further steps
# are taken while they still improve on that, down to where only rounding is left.
_CONVERGED = 1e-8
_EXACT = 1e-12
_NO_DIGIT = 1e-13  # a step this short beside a parameter's size, converged as it is, changes no digit
_ENOUGH = 1e-9  # the curvature of the step before serves once more if that leads as near ...
_ROUND = 1e-3  # ... unless the smallest curvature is below this part of the largest: a long valley
_CURVATURE_FLOOR = 1e-9  # eigenvalues below this fraction of the largest count as flat
_WORTH_A_STEP = 1e-4  # take a step that gains this fraction of what the quadratic model promised
_SMALLEST_RADIUS = 1e-15
_SAME = 1e-3  # relative covariances that differ by less, beside the largest or sigma^2, are the same
_RUNAWAY = 1e12  # relative standard deviations beyond this are on their way to infinity
# The other valleys that an optimum on or near the boundary may have beside it are looked for from these multiples of
# the start, and from beside the optimum.
OTHER_STARTS = (25.0, 5.0, 0.2)


@dataclass(frozen=True)
class Optimum:
    """Where the optimiser ended.

    Attributes
    ----------
    evaluation : Evaluation
        Deviance and estimates there.
    curvature : (m, m) array
        Second derivatives of the deviance there, each parameter in units of its own size.
    scaled_gradient : float
        The distance to the optimum: the largest remaining Newton step along an eigenvector of the curvature, in
        standard errors.
    steps : int
        Newton steps tried.
    starts : int
        Starting points used: more than one where the optimum is on the boundary.
    converged : bool
        The scaled gradient is below 1e-8 and no direction has negative curvature.
    unique : bool
        No other start led as deep to other covariances. Where one did, the data can't tell them apart.
    """

    evaluation: Evaluation
    curvature: Array
    scaled_gradient: float
    steps: int
    starts: int
    converged: bool
    unique: bool = True


def starting_point(likelihood: Likelihood) -> Array:
    """Independent effects whose variance is worth about 7 rows of a group (Bates & Pinheiro 1998, section 3.1)."""
    parts = []
    for structure, n_groups in zip(likelihood.structures, likelihood.n_groups, strict=True):
        rows_per_group = likelihood.moments.n_obs / n_groups
        parts.append(structure.parameters_near(np.eye(structure.q) / (0.375 * np.sqrt(rows_per_group))))
    return np.concatenate([np.empty(0), *parts])


def refine(likelihood: Likelihood, theta: Array, max_steps: int = 200) -> Optimum:
    """Find the minimum of the valley that ``theta`` lies in."""
    if not len(theta):
        return _nothing_to_find(likelihood)
    return _descend(likelihood, partial(_at, likelihood, theta), max_steps)


def _nothing_to_find(likelihood: Likelihood) -> Optimum:
    """The optimum where there are no random effects."""
    return Optimum(likelihood.evaluate(np.empty(0)), np.empty((0, 0)), 0.0, 0, 1, True)


def minimise(
    likelihood: Likelihood,
    start: Array,
    max_steps: int = 200,
    given: Array | None = None,
    watch: Watch = ignore,
) -> Optimum:
    """Find the minimum of the deviance over all positive semidefinite D.

    The deviance can have more than one valley, and where it has, one of them usually ends on the boundary. So from an
    optimum on the boundary, or near it and of few groups, the search begins anew from other starts, and the deepest
    valley counts. A ``given`` start is always tried beside the usual one, so that a bad one does no harm. With
    ``max_steps`` 0 there is no search: the point is the given start, or else the usual one, as it stands.
    ``watch`` is told of each step.
    """
    if not len(start):
        return _nothing_to_find(likelihood)
    if not max_steps:
        return _newton(likelihood, partial(_at, likelihood, start if given is None else given), 0, watch)
    first = best = _descend(likelihood, partial(_nearer, likelihood, start), max_steps, watch)
    others = [] if given is None else [given]
    if is_singular(best.evaluation) or near_boundary(likelihood, best.evaluation):
        others += [start, *(factor * start for factor in OTHER_STARTS), *lifted(likelihood, best.evaluation)]
    found = [
        first,
        *(_descend(likelihood, partial(_at, likelihood, theta), max_steps, watch) for theta in others),
    ]
    for other in found:
        noise = _noise(best.evaluation.deviance)
        surer = noise if other.converged and not best.converged else -noise
        if other.evaluation.deviance < best.evaluation.deviance + surer:
            best = other
    unique = not any(_tied(best.evaluation, other.evaluation) for other in found)
    return replace(best, steps=sum(each.steps for each in found), starts=len(found), unique=unique)


def _tied(best: Evaluation, other: Evaluation) -> bool:
    """Whether two points are as deep, up to rounding, but their covariances differ."""
    if not other.deviance < best.deviance + 10 * _noise(best.deviance):
        return False
    pairs = [(A @ A.T, B @ B.T) for A, B in zip(best.Lambdas, other.Lambdas, strict=True)]
    return any(np.abs(D - E).max() > _SAME * max(np.abs(D).max(), 1.0) for D, E in pairs)


# A step too far leaves the range of numbers; its deviance says so, and it is refused.
@np.errstate(all="ignore")
def _at(likelihood: Likelihood, theta: Array) -> Evaluation:
    return likelihood.evaluate(theta)


def _nearer(likelihood: Likelihood, start: Array) -> Evaluation:
    """A step of scoring from the start; where the groups are very many, from what it leads to over part of them."""
    part = thinned(likelihood)
    here = _at(likelihood, start if part is None else _nearer(part, start).theta)
    theta = scored(likelihood, here)
    there = here if theta is None else _at(likelihood, theta)
    return there if there.deviance < here.deviance else here


def _descend(
    likelihood: Likelihood, start: Callable[[], Evaluation], max_steps: int, watch: Watch = ignore
) -> Optimum:
    """Newton's method from one start, and on from points that fail the Karush-Kuhn-Tucker condition."""
    optimum = _newton(likelihood, start, max_steps, watch)
    for _ in range(10):
        theta = escape(likelihood, optimum.evaluation)
        if theta is None:
            break
        further = _newton(likelihood, partial(_at, likelihood, theta), max_steps, watch)
        if further.evaluation.deviance >= optimum.evaluation.deviance:
            break
        optimum = further
    return optimum


@dataclass(frozen=True, slots=True)
class _Point:
    """A point of the search, with derivatives by theta / sizes.

    Attributes
    ----------
    evaluation : Evaluation
    sizes, gradient : (m,) arrays
    values, vectors : (m,) and (m, m) arrays
        Eigenvalues, ascending, and eigenvectors of the second derivatives.
    """

    evaluation: Evaluation
    sizes: Array
    gradient: Array
    values: Array
    vectors: Array

    @property
    def floor(self) -> float:
        """Curvature below this is none, up to rounding."""
        return _CURVATURE_FLOOR * max(float(np.abs(self.values).max()), 1.0)

    @property
    def convex(self) -> bool:
        """Whether the deviance curves upwards in all directions, up to rounding."""
        return bool(self.values[0] > -self.floor)

    @property
    def finished(self) -> bool:
        """Whether no digit would change any more, or the parameters run off to infinity."""
        return (self.convex and self.exact) or float(self.sizes.max()) >= _RUNAWAY

    @property
    def exact(self) -> bool:
        """Whether the optimum is nearer than anything that is said of it: beside a standard error, or the sizes."""
        step = np.abs(self.vectors.T @ self.gradient) / np.maximum(np.abs(self.values), self.floor)
        return self.scaled_gradient < _EXACT or (
            self.scaled_gradient < _CONVERGED and bool(step.max() < _NO_DIGIT)
        )

    @property
    def scaled_gradient(self) -> float:
        """The curvature of the deviance is twice the information: a standard error is sqrt(2 / eigenvalue)."""
        curvature = np.maximum(np.abs(self.values), self.floor)
        return float((np.abs(self.vectors.T @ self.gradient) / np.sqrt(2 * curvature)).max())


def _point(likelihood: Likelihood, evaluation: Evaluation) -> _Point:
    sizes = _sizes(likelihood, evaluation)
    hessian = second_derivatives(likelihood, evaluation) * sizes[:, None] * sizes
    values, vectors = np.linalg.eigh(hessian)
    return _Point(evaluation, sizes, evaluation.gradient * sizes, values, vectors)


def _moved(likelihood: Likelihood, here: _Point, there: Evaluation) -> _Point | None:
    """The next point of the search; None where its second derivatives are beyond double precision."""
    moved = replace(here, evaluation=there, gradient=there.gradient * here.sizes)
    if here.values[0] > _ROUND * here.values[-1]:
        # Steps with the same curvature shrink the gradient by the same factor each.
        shrunk = moved.scaled_gradient / max(here.scaled_gradient, _EXACT)
        if moved.scaled_gradient * shrunk < _ENOUGH:
            return moved
    return _resolved(likelihood, there)


def _resolved(likelihood: Likelihood, evaluation: Evaluation) -> _Point | None:
    """The point with its derivatives; None where the second ones are beyond double precision."""
    try:
        here = _point(likelihood, evaluation)
    except np.linalg.LinAlgError:  # sigma is so near zero beside the random effects that squares overflow
        return None
    return here if np.isfinite(here.values).all() else None


def _sizes(likelihood: Likelihood, evaluation: Evaluation) -> Array:
    """The size of each parameter: the standard deviation, over sigma, of the effects it moves, but at least 1."""
    parts = []
    for structure, Lambda in zip(likelihood.structures, evaluation.Lambdas, strict=True):
        sd = np.sqrt((Lambda**2).sum(axis=1))
        moved = np.abs(structure.basis).max(axis=2) > 0
        parts.append(np.maximum(1.0, np.where(moved, sd, 0.0).max(axis=1)))
    return np.concatenate(parts)


@np.errstate(all="ignore")
def _newton(likelihood: Likelihood, start: Callable[[], Evaluation], max_steps: int, watch: Watch) -> Optimum:
    """Trust-region Newton steps from one starting point; no more than two evaluations are kept at a time."""
    begun = start()
    here = _resolved(likelihood, begun)
    if here is None:
        return Optimum(begun, np.zeros((len(begun.theta),) * 2), np.inf, 0, 1, False)
    del begun
    radius = max(1.0, float(np.linalg.norm(here.evaluation.theta / here.sizes)))
    steps = 0
    watch(_iteration(likelihood, here, steps))
    while steps < max_steps and radius > _SMALLEST_RADIUS and not here.finished:
        steps += 1
        step, predicted = trust_region_step(here.gradient, here.values, here.vectors, radius)
        there = likelihood.evaluate(here.evaluation.theta + step * here.sizes)
        gained = here.evaluation.deviance - there.deviance
        noise = _noise(here.evaluation.deviance)
        if here.convex and (here.scaled_gradient < _CONVERGED or predicted < noise):
            # The deviance no longer resolves the step; the gradient does. Stop when it stops shrinking.
            polished = _moved(likelihood, here, there)
            if polished is None or gained < -noise:
                break
            if not polished.scaled_gradient < here.scaled_gradient / 2:
                break
            here = polished
            watch(_iteration(likelihood, here, steps))
            continue
        ratio = float(gained / predicted) if np.isfinite(gained) else -1.0
        radius = _resized(radius, ratio, float(np.linalg.norm(step)))
        if ratio > _WORTH_A_STEP:
            moved = _moved(likelihood, here, there)
            if moved is None:
                break
            here = moved
        watch(_iteration(likelihood, here, steps))
    curvature = (here.vectors * here.values) @ here.vectors.T
    converged = here.scaled_gradient < _CONVERGED and here.convex
    return Optimum(here.evaluation, curvature, here.scaled_gradient, steps, 1, converged)


def _iteration(likelihood: Likelihood, here: _Point, steps: int) -> Iteration:
    deviance = -2 * log_likelihood(likelihood.moments, likelihood.reml, here.evaluation.deviance)
    return Iteration(steps, deviance, here.scaled_gradient, likelihood.n_groups[-1])


def _noise(deviance: float) -> float:
    """How far rounding may move the deviance."""
    return 1e-12 * (1.0 + abs(deviance))


def _resized(radius: float, ratio: float, length: float) -> float:
    """The trust region's radius after a step that gained ``ratio`` of what was predicted."""
    if ratio < 0.25:
        return length / 4
    return max(radius, 2 * length) if ratio > 0.75 else radius


def trust_region_step(gradient: Array, values: Array, vectors: Array, radius: float) -> tuple[Array, float]:
    """Minimise g's + s'Hs / 2 over |s| <= radius (More & Sorensen 1983), by H's eigenvalues and eigenvectors.

    Where the gradient has no part in a direction of negative curvature (a saddle), the step takes that direction.

    Returns
    -------
    step : (m,) array
    predicted : float
        How far the quadratic falls.
    """
    flat = _CURVATURE_FLOOR * max(float(np.abs(values).max()), 1.0)
    g = vectors.T @ gradient
    inside = -g / np.maximum(values, flat)
    if values[0] > -flat and np.linalg.norm(inside) <= radius:
        step = inside
    else:
        least = 1e-10 * max(1.0, float(np.linalg.norm(g)))
        if values[0] <= -flat and abs(g[0]) < least:
            g[0] = least
        step = -g / (values + _shift(g, values, radius))
    return np.asarray(vectors @ step), float(-(g @ step + (values * step) @ step / 2))


def _shift(g: Array, values: Array, radius: float) -> float:
    """The mu > max(0, -smallest eigenvalue) at which |g / (values + mu)| is the radius, by bisection of its log."""
    size = float(np.linalg.norm(g))
    base = max(-float(values[0]), 0.0)
    low, high = 1e-16 * max(base, size / radius, 1e-300), size / radius + 2 * base

    def length(mu: float) -> float:
        with np.errstate(divide="ignore"):
            return float(np.linalg.norm(g / (values + mu)))

    return base + _bisect(lambda mu: length(base + mu) > radius, low, high)


def _bisect(too_low: Callable[[float], bool], low: float, high: float) -> float:
    """The point between ``low`` and ``high`` where ``too_low`` becomes false, to six digits."""
    while high > low * (1 + 1e-6):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if too_low(middle) else (low, middle)
    return high
