"""Fit one model to many responses: the maximised log-likelihood of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyimpl.arrays import Array, Indices
from pyimpl.boundary import escape
from pyimpl.covariance import Covariance
from pyimpl.objective import Likelihood, log_likelihood
from pyimpl.optimize import minimise, starting_point
from pyimpl.simulation.descent import Descents, descend
from pyimpl.simulation.replicates import Replicates
from pyimpl.simulation.sweep import deviances

# Where the search begins anew from a singular optimum, as in pyimpl.optimize: multiples of the starting point.
_OTHER_STARTS = (25.0, 5.0, 0.2)
_SINGULAR = 1e-6
# Problems of more numbers than this, times the directions in which they are differentiated, fill numpy's calls by
# themselves: they are fitted one by one.
_MANY = 30_000


@dataclass(frozen=True, slots=True)
class Refits:
    """The fits of S responses: the (restricted) log-likelihoods (S,), and whether the optimiser converged, (S,)."""

    log_lik: Array
    converged: NDArray[np.bool_]


def refit(replicates: Replicates, structures: tuple[Covariance, ...], reml: bool) -> Refits:
    """Maximise the likelihood of every response, as :func:`pyimpl.lme` would.

    Parameters
    ----------
    replicates : Replicates
        The responses.
    structures : tuple of Covariance, innermost first
    reml : bool
    """
    start = starting_point(_likelihood(replicates, structures, reml, 0))
    largest = max(level.A.size + level.E.size for level in replicates.levels)
    if largest * len(start) * (len(start) + 2) > _MANY:
        return _one_by_one(replicates, structures, reml, start, np.arange(len(replicates)))
    found = _all_at_once(replicates, structures, reml, start)
    log_lik = np.array(
        [
            log_likelihood(replicates.moments(s), reml, value)
            for s, value in enumerate(found.deviance.tolist())
        ]
    )
    refits = Refits(log_lik, found.converged.copy())
    doubtful = _doubtful(replicates, structures, reml, found)
    if len(doubtful):
        again = _one_by_one(replicates, structures, reml, start, doubtful)
        refits.log_lik[doubtful] = np.where(
            refits.converged[doubtful], np.maximum(again.log_lik, log_lik[doubtful]), again.log_lik
        )
        refits.converged[doubtful] |= again.converged
    return refits


def _likelihood(replicates: Replicates, structures: tuple[Covariance, ...], reml: bool, s: int) -> Likelihood:
    return Likelihood(replicates.moments(s), structures, reml)


def _one_by_one(
    replicates: Replicates, structures: tuple[Covariance, ...], reml: bool, start: Array, which: Indices
) -> Refits:
    log_lik, converged = np.empty(len(which)), np.empty(len(which), bool)
    for k, s in enumerate(which.tolist()):
        likelihood = _likelihood(replicates, structures, reml, s)
        optimum = minimise(likelihood, start)
        log_lik[k] = log_likelihood(likelihood.moments, reml, optimum.evaluation.deviance)
        converged[k] = optimum.converged
    return Refits(log_lik, converged)


def _all_at_once(
    replicates: Replicates, structures: tuple[Covariance, ...], reml: bool, start: Array
) -> Descents:
    """The deepest valley of each response; from a singular optimum the search begins anew from other starts."""

    def function(which: Indices, theta: Array) -> Array:
        return deviances(replicates, structures, reml, which, theta)

    best = descend(function, np.arange(len(replicates)), np.tile(start, (len(replicates), 1)))
    singular = np.flatnonzero(_singular(structures, best.theta))
    for factor in _OTHER_STARTS if len(singular) else ():
        other = descend(function, singular, np.tile(factor * start, (len(singular), 1)))
        deeper = other.converged & ((other.deviance < best.deviance[singular]) | ~best.converged[singular])
        here = singular[deeper]
        best.theta[here], best.deviance[here] = other.theta[deeper], other.deviance[deeper]
        best.converged[here] = True
    return best


def _singular(structures: Sequence[Covariance], theta: Array) -> NDArray[np.bool_]:
    """Which of the (S, m) parameter vectors have a singular covariance at some level."""
    edges = np.cumsum([structure.n_parameters for structure in structures])[:-1]
    singular = np.zeros(len(theta), bool)
    for structure, part in zip(structures, np.split(theta, edges, axis=1), strict=True):
        sizes = np.linalg.svd(np.tensordot(part, structure.basis, axes=1), compute_uv=False)
        singular |= sizes[:, -1] < _SINGULAR
    return singular


def _doubtful(
    replicates: Replicates, structures: tuple[Covariance, ...], reml: bool, found: Descents
) -> Indices:
    """The responses whose descent failed, or ended where only a direction that no factor expresses goes further down.

    That can happen at a singular covariance of two effects or more; the gradient by D tells.
    """
    doubtful = ~found.converged
    if any(structure.q > 1 for structure in structures):
        for s in np.flatnonzero(_singular(structures, found.theta) & found.converged).tolist():
            likelihood = _likelihood(replicates, structures, reml, s)
            doubtful[s] = escape(likelihood, likelihood.evaluate(found.theta[s])) is not None
    return np.flatnonzero(doubtful)
