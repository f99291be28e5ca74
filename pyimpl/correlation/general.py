"""A correlation of its own for any two positions: corSymm and corNatural."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.correlation.base import correlation_from, proportion_from
from pyimpl.correlation.dense import Dense
from pyimpl.derivative import steps_of, taken_apart


@dataclass(frozen=True)
class _General(Dense):
    """Groups hold some of M positions each.

    Attributes
    ----------
    size : int
        M, the number of positions.
    """

    size: int

    def _natural(self, full: Array) -> Array:
        return _pairs(self._whole(full))

    def _correlations(self, full: Array, known: Array) -> Array:
        return np.asarray(self._whole(full)[known[:, :, None], known[:, None, :]])

    def _against(self, psi: Array, known: Array, N: Array) -> Array:
        # All groups' elements at the same two positions go together.
        pairs = known[:, :, None] * self.size + known[:, None, :]
        summed = np.bincount(pairs.ravel(), N.ravel(), self.size**2).reshape(self.size, self.size)
        changes = (taken_apart(self._whole(self.parameters.fill(psi + step)))[1] for step in steps_of(psi))
        return np.array([(summed * change).sum() for change in changes], float)

    def _whole(self, full: Array) -> Array:
        """The correlation matrix of all positions, (M, M)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Spherical(_General):
    """corSymm: any positive definite matrix, by the angles of its Cholesky factor's rows (Pinheiro & Bates 1996)."""

    def _whole(self, full: Array) -> Array:
        L = np.zeros((self.size, self.size), full.dtype)
        angles = np.pi * proportion_from(full)
        used = 0
        for i in range(self.size):
            turned = angles[used : used + i]
            lengths = np.cumprod(np.append(np.ones(1, full.dtype), np.sin(turned)))
            L[i, :i], L[i, i] = lengths[:-1] * np.cos(turned), lengths[-1]
            used += i
        R = L @ L.T
        np.fill_diagonal(R, 1.0)
        return np.asarray(R)


@dataclass(frozen=True)
class NaturalCorrelations(_General):
    """corNatural: each correlation by itself; the matrix need not be positive definite."""

    def _whole(self, full: Array) -> Array:
        R = np.eye(self.size, dtype=full.dtype)
        i, j = np.triu_indices(self.size, 1)
        R[i, j] = R[j, i] = correlation_from(full)
        return R


def pair_names(size: int) -> tuple[str, ...]:
    """``cor(1,2)``, ``cor(1,3)``, ... in nlme's order."""
    return tuple(f"cor({i + 1},{j + 1})" for i, j in zip(*np.triu_indices(size, 1), strict=True))


def angles_of(R: Array) -> Array:
    """The unconstrained parameters of :class:`Spherical` for a positive definite correlation matrix."""
    parts = []
    for i, row in enumerate(np.linalg.cholesky(R)):
        remaining = np.sqrt(np.cumsum(row[i::-1] ** 2)[::-1])  # of the row from each place to the diagonal
        angle = np.arccos(row[:i] / remaining[:i])
        parts.append(np.log(angle / (np.pi - angle)))
    return np.concatenate(parts)


def _pairs(R: Array) -> Array:
    return np.asarray(R[np.triu_indices(len(R), 1)])
