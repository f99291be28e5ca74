"""nlme's unconstrained parameters of each random-effects covariance structure: to the matrix, and back.

Starting values are given in these parameters, and printed by R's ``coef(fit$modelStruct)``. The numerics use others:
see :mod:`pyimpl.covariance`.

=========== ==================================================================================
pdLogChol   log of the Cholesky factor's diagonal; its other elements, column by column
pdSymm      half the matrix logarithm: the upper triangle, column by column
pdNatural   log standard deviations; log((1 + r) / (1 - r)) of correlations, column by column
pdDiag      log standard deviations
pdIdent     the log standard deviation
pdCompSymm  the log standard deviation; log((r + 1/(q - 1)) / (1 - r)) of the correlation
=========== ==================================================================================

(Pinheiro & Bates 1996, "Unconstrained parametrizations for variance-covariance matrices"; the order of the elements
is that of nlme.)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.tails import expit


class Parametrisation(ABC):
    """One structure's parameters."""

    @abstractmethod
    def size(self, q: int) -> int:
        """How many parameters a (q, q) matrix has."""

    @abstractmethod
    def matrix(self, parameters: Array, q: int) -> Array:
        """The covariance matrix (q, q) that ``parameters`` stand for."""

    @abstractmethod
    def parameters(self, D: Array) -> Array:
        """The parameters of a positive definite matrix of the structure."""


class _LogCholesky(Parametrisation):
    def size(self, q: int) -> int:
        return q * (q + 1) // 2

    def matrix(self, parameters: Array, q: int) -> Array:
        R = np.diag(np.exp(parameters[:q]))
        R[_above_diagonal(q)] = parameters[q:]
        return np.asarray(R.T @ R)

    def parameters(self, D: Array) -> Array:
        R = np.linalg.cholesky(D).T
        return np.concatenate([np.log(np.diag(R)), R[_above_diagonal(len(D))]])


class _MatrixLog(Parametrisation):
    def size(self, q: int) -> int:
        return q * (q + 1) // 2

    def matrix(self, parameters: Array, q: int) -> Array:
        half = np.zeros((q, q))
        half[_upper(q)] = parameters
        values, vectors = np.linalg.eigh(half + np.triu(half, 1).T)
        return np.asarray((vectors * np.exp(2 * values)) @ vectors.T)

    def parameters(self, D: Array) -> Array:
        values, vectors = np.linalg.eigh(D)
        half = (vectors * (np.log(values) / 2)) @ vectors.T
        return np.asarray(half[_upper(len(D))])


class _Natural(Parametrisation):
    def size(self, q: int) -> int:
        return q * (q + 1) // 2

    def matrix(self, parameters: Array, q: int) -> Array:
        correlations = np.eye(q)
        correlations[_above_diagonal(q)] = correlation_of(parameters[q:], -1.0)
        sd = np.exp(parameters[:q])
        return np.asarray((correlations + np.triu(correlations, 1).T) * np.outer(sd, sd))

    def parameters(self, D: Array) -> Array:
        sd = np.sqrt(np.diag(D))
        r = (D / np.outer(sd, sd))[_above_diagonal(len(D))]
        return np.concatenate([np.log(sd), parameter_of_correlation(r, -1.0)])


class _Diagonal(Parametrisation):
    def size(self, q: int) -> int:
        return q

    def matrix(self, parameters: Array, q: int) -> Array:
        return np.diag(np.exp(2 * parameters))

    def parameters(self, D: Array) -> Array:
        return np.asarray(np.log(np.diag(D)) / 2)


class _Identity(Parametrisation):
    def size(self, q: int) -> int:
        return 1

    def matrix(self, parameters: Array, q: int) -> Array:
        return np.asarray(np.exp(2 * parameters[0]) * np.eye(q))

    def parameters(self, D: Array) -> Array:
        return np.asarray(np.log(D[:1, 0]) / 2)


class _CompoundSymmetry(Parametrisation):
    def size(self, q: int) -> int:
        return min(q, 2)

    def matrix(self, parameters: Array, q: int) -> Array:
        r = correlation_of(parameters[1], lowest_correlation(q)) if q > 1 else 0.0
        return np.asarray(np.exp(2 * parameters[0]) * ((1 - r) * np.eye(q) + r))

    def parameters(self, D: Array) -> Array:
        log_sd = np.log(D[0, :1]) / 2
        r = D[0, 1:2] / D[0, 0]
        return np.concatenate([log_sd, parameter_of_correlation(r, lowest_correlation(len(D)))])


PARAMETRISATIONS = MappingProxyType(
    {
        "pdLogChol": _LogCholesky(),
        "pdSymm": _MatrixLog(),
        "pdNatural": _Natural(),
        "pdDiag": _Diagonal(),
        "pdIdent": _Identity(),
        "pdCompSymm": _CompoundSymmetry(),
    }
)
"""The parametrisation of each of nlme's classes but pdBlocked, whose parameters are those of its blocks in turn."""


def lowest_correlation(q: int) -> float:
    """The lowest correlation that all pairs of q variables can have."""
    return -1.0 / max(q - 1, 1)


def correlation_of(parameters: Array, lowest: float) -> Array:
    """Correlations between ``lowest`` and 1 from log((r - lowest) / (1 - r))."""
    return np.asarray(expit(parameters) + lowest * expit(-parameters))


def parameter_of_correlation(r: Array, lowest: float) -> Array:
    """log((r - lowest) / (1 - r))."""
    return np.asarray(np.log((r - lowest) / (1 - r)))


def _upper(q: int) -> tuple[Indices, Indices]:
    """Rows and columns of the upper triangle, column by column."""
    columns, rows = np.tril_indices(q)
    return rows, columns


def _above_diagonal(q: int) -> tuple[Indices, Indices]:
    """Rows and columns above the diagonal, column by column."""
    columns, rows = np.tril_indices(q, -1)
    return rows, columns
