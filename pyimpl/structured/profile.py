"""Minus twice the log-likelihood by psi, theta and sigma profiled out: values, gradients and curvature.

At the best theta for a psi the profile's gradient by psi is the likelihood's at fixed theta. Its curvature is that of
the joint likelihood less what theta takes up, H_pp - H_pt H_tt^-1 H_tp; H_tt is exact, the rest are differences of
exact gradients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.curvature import second_derivatives
from pyimpl.moments import Units
from pyimpl.objective import Evaluation, Likelihood, log_likelihood
from pyimpl.optimize import Optimum, refine
from pyimpl.structured.rows import StructuredRows

_STEP = 1e-3  # of the differences, in the parameters' sizes
_FLAT = 1e-9  # curvature by theta below this fraction of the largest is none


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """The best theta at one psi.

    Attributes
    ----------
    psi : (m,) array
    likelihood : Likelihood
        By theta there.
    optimum : Optimum
        Its optimum.
    deviance : float
        Minus twice the log-likelihood.
    """

    psi: Array
    likelihood: Likelihood
    optimum: Optimum
    deviance: float

    @property
    def evaluation(self) -> Evaluation:
        """The estimates there."""
        return self.optimum.evaluation


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The function to be minimised over psi.

    Attributes
    ----------
    rows : StructuredRows
    units : Units
        The coordinates of theta, the same for all psi.
    sizes : (m,) array
        The units of psi.
    """

    rows: StructuredRows
    units: Units
    sizes: Array

    def at(self, psi: Array, theta: Array) -> Point | None:
        """The best theta at ``psi``, looked for from ``theta``; None where psi is out of range."""
        likelihood = self.rows.likelihood(psi, self.units)
        if likelihood is None:
            return None
        try:
            found = point(psi, likelihood, refine(likelihood, theta))
        except np.linalg.LinAlgError:  # weights too different for the rows to determine anything
            return None
        return found if np.isfinite(found.deviance) else None

    def gradient(self, here: Point) -> Array:
        """Derivatives of the profile by psi over its sizes, (m,)."""
        return self.rows.gradient(here.psi, here.likelihood, here.evaluation) * self.sizes

    def curvature(self, here: Point, gradient: Array) -> Array:
        """Second derivatives of the profile by psi over its sizes, (m, m), roughly; ``gradient`` is the one there."""
        whole = np.concatenate([here.evaluation.gradient, gradient])
        theta = here.evaluation.theta
        changes = [
            (joint_gradient(self, here.psi + step, theta) - whole) / _STEP
            for step in _STEP * np.diag(self.sizes)
        ]
        return without_theta(_completed(here, np.array(changes)), len(theta))


def point(psi: Array, likelihood: Likelihood, optimum: Optimum) -> Point:
    """What was found at one psi."""
    deviance = -2 * log_likelihood(likelihood.moments, likelihood.reml, optimum.evaluation.deviance)
    return Point(psi, likelihood, optimum, deviance)


def joint_curvature(profile: Profile, here: Point) -> Array:
    """Second derivatives by (theta, psi over its sizes), sigma profiled out: differences of the fourth order."""
    theta = here.evaluation.theta
    changes = []
    for step in _STEP * np.diag(profile.sizes):
        gradients = [joint_gradient(profile, here.psi + k * step, theta) for k in (-2, -1, 1, 2)]
        changes.append(np.array([1.0, -8, 8, -1]) @ np.array(gradients) / (12 * _STEP))
    return _completed(here, np.array(changes))


def joint_gradient(profile: Profile, psi: Array, theta: Array) -> Array:
    """Derivatives by (theta, psi over its sizes), sigma profiled out; NaN where psi is out of range."""
    likelihood = profile.rows.likelihood(psi, profile.units)
    if likelihood is None:
        return np.full(len(theta) + len(psi), np.nan)
    evaluation = likelihood.evaluate(theta)
    by_psi = profile.rows.gradient(psi, likelihood, evaluation) * profile.sizes
    return np.concatenate([evaluation.gradient, by_psi])


def _completed(here: Point, changes: Array) -> Array:
    """The whole symmetric matrix from its rows that belong to psi, (m, n + m)."""
    n, m = len(here.evaluation.theta), len(here.psi)
    by_psi = changes.reshape(m, n + m)
    H = np.zeros((n + m, n + m))
    if n:
        H[:n, :n] = second_derivatives(here.likelihood, here.evaluation)
    H[n:] = by_psi
    H[:n, n:] = by_psi[:, :n].T
    return np.asarray(H + H.T) / 2


def without_theta(H: Array, n: int) -> Array:
    """The curvature left when the first n parameters follow the others; flat directions of theirs take up nothing.

    NaN where second derivatives are beyond double precision.
    """
    if not np.isfinite(H).all():
        return np.full_like(H[n:, n:], np.nan)
    values, vectors = np.linalg.eigh(H[:n, :n]) if n else (np.empty(0), np.empty((0, 0)))
    steep = values > _FLAT * max(float(values.max(initial=0.0)), 1.0)
    across = vectors[:, steep].T @ H[:n, n:]
    return np.asarray(H[n:, n:] - across.T @ (across / values[steep, None]))
