"""The boundary of the parameter space: singular covariances, how near they are, and where to look beside them.

In the linear factors Lambda a singular D is a stationary point like any other, but two things are particular to it.
Some directions of change cannot be expressed by a triangular Lambda: :func:`escape` checks them against the gradient
by D itself (the Karush-Kuhn-Tucker condition of a semidefinite program: the gradient must be positive semidefinite
on the null space of D). And where the likelihood of a small design has several hills, one of them usually ends on
the boundary: :func:`near_boundary` says whether it is worth looking for others, :func:`lifted` where.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pyimpl.arrays import Array
from pyimpl.covariance import Blocked, Covariance, General
from pyimpl.objective import Evaluation, Likelihood

_ROUNDING = 1e-12
_SINGULAR = 1e-7  # a standard deviation below this (in units of sigma and of Z's columns) is zero
_INFEASIBLE = -1e-6  # a gradient on the null space below this fraction of the largest is a way down
_NUDGE = 1e-2  # the variance to begin with in such a direction, small beside sigma^2
_LIFT = (
    0.1  # the variance to begin with beside a singular optimum, in units of the level's others or of sigma^2
)
NEAR = 6.0  # a boundary that costs less deviance than this is near (chi-squared, 1 df: p = 0.01)
_FEW = 64  # with more outermost groups the likelihood has the shape of its limit, one hill


def is_singular(evaluation: Evaluation) -> bool:
    """Whether any level's covariance is on the boundary."""
    return any(null_space(Lambda).shape[1] > 0 for Lambda in evaluation.Lambdas)


def null_space(Lambda: Array) -> Array:
    """Directions in which D = Lambda Lambda' has no variance, (q, d)."""
    U, s, _ = np.linalg.svd(Lambda)
    return np.asarray(U[:, s < max(_SINGULAR, _ROUNDING * s[0])])


def escape(likelihood: Likelihood, evaluation: Evaluation) -> Array | None:
    """A better starting point, if an unstructured singular D fails the Karush-Kuhn-Tucker condition."""
    covariances = [Lambda @ Lambda.T for Lambda in evaluation.Lambdas]
    moved = False
    for k, structure in enumerate(likelihood.structures):
        by_D = evaluation.down.gradients[k]
        for rows in _unstructured(structure):
            null = null_space(evaluation.Lambdas[k][rows, rows])
            if not null.shape[1]:
                continue
            values, vectors = np.linalg.eigh(null.T @ by_D[rows, rows] @ null)
            if values[0] < _INFEASIBLE * np.abs(np.diag(by_D)).max():
                direction = null @ vectors[:, 0]
                covariances[k][rows, rows] += _NUDGE * np.outer(direction, direction)
                moved = True
    return _parameters_of(likelihood, covariances) if moved else None


def _unstructured(structure: Covariance) -> Iterator[slice]:
    """The rows of each unstructured block; the other structures' directions are all in their factors."""
    row = 0
    for block in structure.blocks if isinstance(structure, Blocked) else (structure,):
        if isinstance(block, General):
            yield slice(row, row + block.q)
        row += block.q


def near_boundary(likelihood: Likelihood, evaluation: Evaluation) -> bool:
    """Whether the groups are few, and some parameter's being zero, with which D is singular, would cost little."""
    if not few_groups(likelihood):
        return False
    theta = evaluation.theta
    on_diagonal = np.flatnonzero(moves_diagonal(likelihood.structures))
    without = [np.where(np.arange(len(theta)) == a, 0.0, theta) for a in on_diagonal]
    return any(likelihood.evaluate(each).deviance < evaluation.deviance + NEAR for each in without)


def moves_diagonal(structures: Sequence[Covariance]) -> NDArray[np.bool_]:
    """Which parameters stand on the diagonal of a Lambda, (m,)."""
    parts = [np.abs(np.einsum("aii->ai", structure.basis)).max(axis=1) > 0 for structure in structures]
    return np.concatenate(parts)


def lifted(likelihood: Likelihood, evaluation: Evaluation) -> list[Array]:
    """Where else to begin from a singular optimum of few groups: with some variance in the directions without any.

    At each singular level in turn, and where there are several, at all of them.
    """
    nulls = [null_space(Lambda) for Lambda in evaluation.Lambdas]
    singular = [k for k, null in enumerate(nulls) if null.shape[1]]
    if not few_groups(likelihood):
        return []
    starts = []
    for levels in [[k] for k in singular] + ([singular] if len(singular) > 1 else []):
        covariances = [Lambda @ Lambda.T for Lambda in evaluation.Lambdas]
        for k in levels:
            size = max(float(np.trace(covariances[k])) / len(covariances[k]), 1.0)
            covariances[k] += _LIFT * size * nulls[k] @ nulls[k].T
        starts.append(_parameters_of(likelihood, covariances))
    return starts


def few_groups(likelihood: Likelihood) -> bool:
    """Whether the likelihood may have several hills that are worth looking for."""
    return likelihood.n_groups[-1] <= _FEW


def _parameters_of(likelihood: Likelihood, covariances: list[Array]) -> Array:
    pairs = zip(likelihood.structures, covariances, strict=True)
    return np.concatenate([structure.parameters_of(D) for structure, D in pairs])
