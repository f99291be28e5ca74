"""Covariance structures of the random effects of one level: nlme's pdMat classes.

Every structure is written with a factor that is *linear* in its parameters,

    D = Lambda Lambda',   Lambda = sum_a theta_a B_a,

with fixed matrices B_a. D is then positive semidefinite at every theta, its derivatives are those of a quadratic,
and a variance of zero is an ordinary point: the likelihood has a plain minimum there, not a limit at minus infinity
as on nlme's logarithmic scales. Parameters have no bounds; signs of columns don't matter.

D is relative to sigma^2 and in the coordinates of :mod:`pyimpl.moments`: T D T' there is D in the user's units.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pyimpl.arrays import Array

# Columns of Z closer to dependence than this are not orthonormalised, only scaled.
_DEPENDENT = 1e-10


@dataclass(frozen=True)
class Covariance(ABC):
    """One level's covariance structure.

    Attributes
    ----------
    q : int
        The number of random effects.
    name : str
        The pdMat class of nlme.
    """

    q: int
    name: str

    @cached_property
    @abstractmethod
    def basis(self) -> Array:
        """The matrices B_a, shape (parameters, q, q)."""

    @abstractmethod
    def coordinates(self, R: Array) -> Array:
        """Upper triangular T for which T D T' ranges over the same family as D, and Z T^-1 is of order one.

        ``R`` is (q, q) upper triangular with R'R the mean of the rows' z z'.
        """

    @property
    def n_parameters(self) -> int:
        """How many parameters D has."""
        return len(self.basis)

    def factor(self, theta: Array) -> Array:
        """Lambda at ``theta``, shape (q, q)."""
        return np.tensordot(theta, self.basis, axes=1)

    def parameters_near(self, Lambda: Array) -> Array:
        """The theta whose factor is nearest to ``Lambda`` (the B_a are orthogonal)."""
        basis = self.basis
        sizes = np.einsum("aij,aij->a", basis, basis)
        return np.asarray(np.einsum("aij,ij->a", basis, Lambda) / sizes)

    def parameters_of(self, D: Array) -> Array:
        """A theta whose Lambda Lambda' is ``D``, a positive semidefinite matrix of the structure."""
        return self.parameters_near(_symmetric_root(D))


@dataclass(frozen=True)
class General(Covariance):
    """Any covariance matrix: pdLogChol, pdSymm and pdNatural, which differ in nlme's parameters only."""

    @cached_property
    def basis(self) -> Array:
        """One matrix for each entry of a lower triangle, column by column."""
        columns, rows = np.triu_indices(self.q)
        basis = np.zeros((len(rows), self.q, self.q))
        basis[np.arange(len(rows)), rows, columns] = 1.0
        return basis

    def coordinates(self, R: Array) -> Array:
        """Orthonormal columns, or scaled ones where the columns of Z are dependent."""
        scaled = _diagonal_coordinates(R)
        dependent = (np.abs(np.diag(R)) < _DEPENDENT * np.diag(scaled)).any()
        return scaled if dependent else R

    def parameters_of(self, D: Array) -> Array:
        """The lower triangular factor, which a singular ``D`` has too."""
        return self.parameters_near(np.asarray(np.linalg.qr(_symmetric_root(D), mode="r")).T)


@dataclass(frozen=True)
class Diagonal(Covariance):
    """pdDiag: independent random effects, each with its own variance."""

    @cached_property
    def basis(self) -> Array:
        """One diagonal entry each."""
        return np.eye(self.q)[:, :, None] * np.eye(self.q)

    def coordinates(self, R: Array) -> Array:
        """Each column of Z scaled by itself."""
        return _diagonal_coordinates(R)


@dataclass(frozen=True)
class Identity(Covariance):
    """pdIdent: independent random effects of one variance."""

    @cached_property
    def basis(self) -> Array:
        """The identity."""
        return np.eye(self.q)[None]

    def coordinates(self, R: Array) -> Array:
        """One scale for all columns of Z."""
        return _scalar_coordinates(R)


@dataclass(frozen=True)
class CompoundSymmetry(Covariance):
    """pdCompSymm: one variance and one correlation, from -1/(q - 1) to 1."""

    @cached_property
    def basis(self) -> Array:
        """The projections on the mean of the effects and on their contrasts."""
        mean = np.full((self.q, self.q), 1.0 / self.q)
        return np.stack([mean, np.eye(self.q) - mean])[: min(self.q, 2)]

    def coordinates(self, R: Array) -> Array:
        """One scale for all columns of Z."""
        return _scalar_coordinates(R)


@dataclass(frozen=True)
class Blocked(Covariance):
    """pdBlocked: independent blocks of random effects, each with a structure of its own."""

    blocks: tuple[Covariance, ...]

    @cached_property
    def basis(self) -> Array:
        """The blocks' matrices, each in its place on the diagonal."""
        basis = np.zeros((sum(block.n_parameters for block in self.blocks), self.q, self.q))
        parameter = row = 0
        for block in self.blocks:
            own = block.basis
            basis[parameter : parameter + len(own), row : row + block.q, row : row + block.q] = own
            parameter, row = parameter + len(own), row + block.q
        return basis

    def coordinates(self, R: Array) -> Array:
        """Each block's own."""
        T, row = np.zeros((self.q, self.q)), 0
        for block in self.blocks:
            own = slice(row, row + block.q)
            T[own, own] = block.coordinates(np.asarray(np.linalg.qr(R[:, own], mode="r")))
            row += block.q
        return T

    def parameters_of(self, D: Array) -> Array:
        """Each block's own."""
        edges = np.cumsum([0, *[block.q for block in self.blocks]])
        pieces = zip(self.blocks, edges[:-1], edges[1:], strict=True)
        return np.concatenate([block.parameters_of(D[i:j, i:j]) for block, i, j in pieces])


def _symmetric_root(D: Array) -> Array:
    values, vectors = np.linalg.eigh(D)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _diagonal_coordinates(R: Array) -> Array:
    lengths = np.sqrt((R**2).sum(axis=0))
    return np.diag(np.where(lengths > 0, lengths, 1.0))


def _scalar_coordinates(R: Array) -> Array:
    length = np.sqrt((R**2).sum() / len(R))
    return np.eye(len(R)) * (length if length > 0 else 1.0)
