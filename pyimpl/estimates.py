"""From an optimum in the core's coordinates to estimates in the user's units, and from its order of levels to R's.

The numerics go from the innermost level outwards; everything from here on counts levels from the outermost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pyimpl.arrays import Array
from pyimpl.boundary import null_space
from pyimpl.moments import Moments
from pyimpl.objective import Likelihood, log_likelihood
from pyimpl.optimize import Optimum


@dataclass(frozen=True, slots=True)
class Estimates:
    """What was estimated, as plain read-only arrays; levels are outermost first.

    Attributes
    ----------
    beta : (p,) array
        Fixed effects.
    vcov_root : (p, p) array
        Upper triangular, ``vcov_root vcov_root'`` their covariance matrix, so that its inverse times beta tests the
        columns in their order. It has twice the digits that a factor of the covariance matrix would have. Under ML
        it has ML's sigma, or of gls the unbiased one, as in nlme.
    sigma : float
        Within-group standard deviation.
    effect_roots : tuple of (q, q) arrays
        ``root root'`` is the covariance matrix of a level's random effects. What is computed by them, as the variance
        of z'b far from the origin of z, keeps its digits.
    blups : tuple of (G, q) arrays
        Best linear unbiased predictions of the random effects.
    log_lik : float
        The (restricted) log-likelihood.
    n_parameters : int
        Fixed effects, covariance parameters, those of the errors' correlations and variances and, if it was
        estimated, sigma: the df of AIC and BIC.
    psi : (m,) array
        The free parameters of the errors' correlations and variances, unconstrained.
    """

    beta: Array
    vcov_root: Array
    sigma: float
    effect_roots: tuple[Array, ...]
    blups: tuple[Array, ...]
    log_lik: float
    n_parameters: int
    psi: Array = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        for array in (self.beta, self.vcov_root, *self.effect_roots, *self.blups, self.psi):
            array.setflags(write=False)

    @property
    def vcov(self) -> Array:
        """Covariance matrix of the fixed effects, sigma^2 (X'V^-1 X)^-1 (with ML's sigma under ML, as nlme)."""
        return self.vcov_root @ self.vcov_root.T

    @property
    def covariances(self) -> tuple[Array, ...]:
        """Covariance matrix of each level's random effects, (q, q)."""
        return tuple(root @ root.T for root in self.effect_roots)


def estimates_at(likelihood: Likelihood, optimum: Optimum, psi: Array | None = None) -> Estimates:
    """Translate the optimum to the user's units; ``psi`` are the parameters of the rows' whitening."""
    psi = np.empty(0) if psi is None else psi
    moments, evaluation = likelihood.moments, optimum.evaluation
    sigma = float(np.sqrt(evaluation.s2)) * moments.scale
    inverse = np.linalg.inv(evaluation.up.R)
    roots = [
        np.linalg.solve(level.T, without_rounding(Lambda)) * sigma
        for level, Lambda in zip(moments.levels[::-1], evaluation.Lambdas[::-1], strict=True)
    ]
    return Estimates(
        beta=fixed_effects(moments, evaluation.up.beta),
        vcov_root=np.linalg.solve(moments.R, inverse) * sigma,
        sigma=sigma,
        effect_roots=tuple(roots),
        blups=random_effects_of(moments, evaluation.Lambdas, evaluation.down.blups),
        log_lik=log_likelihood(moments, likelihood.reml, evaluation.deviance),
        n_parameters=len(evaluation.up.beta) + len(evaluation.theta) + len(psi) + (likelihood.sigma is None),
        psi=psi,
    )


def random_effects_of(
    moments: Moments, Lambdas: Sequence[Array], blups: Sequence[Array]
) -> tuple[Array, ...]:
    """Each level's predicted random effects in the user's units, (G, q), outermost level first."""
    innermost_first = zip(moments.levels, Lambdas, blups, strict=True)
    return tuple(
        (np.linalg.inv(level.T) @ _outside(null_space(Lambda), effects)).T * moments.scale
        for level, Lambda, effects in reversed(list(innermost_first))
    )


def fixed_effects(moments: Moments, beta: Array) -> Array:
    """Coefficients of X from those of its orthonormalised columns."""
    return np.asarray(moments.beta + np.linalg.solve(moments.R, beta) * moments.scale)


def without_rounding(Lambda: Array) -> Array:
    """Lambda with standard deviations that are zero up to rounding made zero."""
    return _outside(null_space(Lambda), Lambda)


def _outside(null: Array, M: Array) -> Array:
    """What M has outside the span of orthonormal columns: exactly nothing where these are all directions."""
    if null.shape[1] == len(M):
        return np.zeros_like(M)
    return M - null @ (null.T @ M) if null.shape[1] else M
