"""Fit one model to many responses: the maximised log-likelihood of each, as :func:`pyimpl.lme` would find it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyimpl.arrays import Array, Indices
from pyimpl.boundary import NEAR, escape, few_groups, lifted, moves_diagonal
from pyimpl.covariance import Covariance
from pyimpl.objective import Likelihood, log_likelihood
from pyimpl.optimize import OTHER_STARTS, minimise, starting_point
from pyimpl.simulation.descent import Descents, descend
from pyimpl.simulation.replicates import Replicates
from pyimpl.simulation.sweep import deviances

_SINGULAR = 1e-6
# Problems of more numbers than this, times the directions in which they are differentiated, fill numpy's calls by
# themselves: they are fitted one by one.
_MANY = 30_000


@dataclass(frozen=True, slots=True)
class Refits:
    """The fits of S responses: the (restricted) log-likelihoods (S,), and whether the optimiser converged, (S,)."""

    log_lik: Array
    converged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Problems:
    """One model's likelihoods of many responses."""

    replicates: Replicates
    structures: tuple[Covariance, ...]
    reml: bool

    def likelihood(self, s: int) -> Likelihood:
        """Of one response."""
        return Likelihood(self.replicates.moments(s), self.structures, self.reml)

    def deviances(self, which: Indices, theta: Array) -> Array:
        """Of the responses ``which`` (B,) at ``theta`` (B, m)."""
        return deviances(self.replicates, self.structures, self.reml, which, theta)

    def descend(self, which: Indices, start: Array) -> Descents:
        """From ``start``, (m,) or (B, m)."""
        return descend(self.deviances, which, np.broadcast_to(start, (len(which), start.shape[-1])))


def refit(replicates: Replicates, structures: tuple[Covariance, ...], reml: bool) -> Refits:
    """Maximise the likelihood of every response.

    Parameters
    ----------
    replicates : Replicates
        The responses.
    structures : tuple of Covariance, innermost first
    reml : bool
    """
    problems = _Problems(replicates, structures, reml)
    start = starting_point(problems.likelihood(0))
    largest = max(level.A.size + level.E.size for level in replicates.levels)
    if largest * len(start) * (len(start) + 2) > _MANY:
        return _one_by_one(problems, start, np.arange(len(replicates)))
    found = _all_at_once(problems, start)
    values = [
        log_likelihood(replicates.moments(s), reml, value) for s, value in enumerate(found.deviance.tolist())
    ]
    refits = Refits(np.array(values), found.converged)
    failed = np.flatnonzero(~found.converged)
    if len(failed):
        again = _one_by_one(problems, start, failed)
        refits.log_lik[failed], refits.converged[failed] = again.log_lik, again.converged
    return refits


def _one_by_one(problems: _Problems, start: Array, which: Indices) -> Refits:
    """By the ordinary optimiser."""
    log_lik, converged = np.empty(len(which)), np.empty(len(which), bool)
    for k, s in enumerate(which.tolist()):
        likelihood = problems.likelihood(s)
        optimum = minimise(likelihood, start)
        log_lik[k] = log_likelihood(likelihood.moments, problems.reml, optimum.evaluation.deviance)
        converged[k] = optimum.converged
    return Refits(log_lik, converged)


def _all_at_once(problems: _Problems, start: Array) -> Descents:
    """The deepest valley of each response, looked for as :func:`pyimpl.optimize.minimise` does, step by step.

    What ends where the Karush-Kuhn-Tucker condition fails is said not to have converged.
    """
    best = problems.descend(np.arange(len(problems.replicates)), start)
    doubtful = np.flatnonzero(_singular(problems, best.theta) | _near_boundary(problems, best))
    if len(doubtful):
        for factor in OTHER_STARTS:
            _deepen(best, doubtful, problems.descend(doubtful, factor * start))
    which, starts = _beside_singular(problems, best)
    if len(which):
        _deepen(best, which, problems.descend(which, starts))
    return best


def _deepen(best: Descents, which: Indices, other: Descents) -> None:
    """Take over what is deeper; ``which`` may name a response several times."""
    deeper = other.converged & ((other.deviance < best.deviance[which]) | ~best.converged[which])
    last = np.flatnonzero(deeper)
    last = last[
        np.argsort(-other.deviance[last], kind="stable")
    ]  # the deepest one of a response is written last
    here = which[last]
    best.theta[here], best.deviance[here], best.converged[here] = (
        other.theta[last],
        other.deviance[last],
        True,
    )


def _singular(problems: _Problems, theta: Array) -> NDArray[np.bool_]:
    """Which of the (S, m) parameter vectors have a singular covariance at some level."""
    edges = np.cumsum([structure.n_parameters for structure in problems.structures])[:-1]
    singular = np.zeros(len(theta), bool)
    for structure, part in zip(problems.structures, np.split(theta, edges, axis=1), strict=True):
        sizes = np.linalg.svd(np.tensordot(part, structure.basis, axes=1), compute_uv=False)
        singular |= sizes[:, -1] < _SINGULAR
    return singular


def _near_boundary(problems: _Problems, found: Descents) -> NDArray[np.bool_]:
    """As :func:`pyimpl.boundary.near_boundary`."""
    near = np.zeros(len(found.theta), bool)
    if few_groups(problems.likelihood(0)):
        for a in np.flatnonzero(moves_diagonal(problems.structures)):
            without = found.theta.copy()
            without[:, a] = 0.0
            near |= problems.deviances(np.arange(len(near)), without) < found.deviance + NEAR
    return near


def _beside_singular(problems: _Problems, found: Descents) -> tuple[Indices, Array]:
    """Other starts beside the singular optima: the responses (B,), and the starts (B, m).

    On the way, optima from where a direction that no factor expresses leads further down are marked as failed.
    """
    which: list[int] = []
    starts: list[Array] = []
    for s in np.flatnonzero(_singular(problems, found.theta) & found.converged).tolist():
        likelihood = problems.likelihood(s)
        evaluation = likelihood.evaluate(found.theta[s])
        found.converged[s] = escape(likelihood, evaluation) is None
        others = lifted(likelihood, evaluation)
        which += [s] * len(others)
        starts += others
    return np.array(which, np.intp), np.array(starts)
