"""Cholesky factors and triangular solves in whatever precision the numbers have.

numpy hands double precision to LAPACK, which has nothing wider; beyond it the textbook's loops run over columns,
each step at once for all groups of a stack.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]


def cholesky(A: Floats) -> Floats:
    """Return the lower triangular L with A = L L' of each matrix of a stack, shape (..., n, n).

    Raises
    ------
    numpy.linalg.LinAlgError
        A matrix isn't positive definite.
    """
    if A.dtype == np.float64:
        return np.linalg.cholesky(A)
    L = np.zeros_like(A)
    for j in range(A.shape[-1]):
        rest = A[..., j:, j] - (L[..., j:, :j] @ L[..., j, :j, None])[..., 0]
        if not (rest[..., 0] > 0).all():
            raise np.linalg.LinAlgError("Matrix is not positive definite")
        L[..., j:, j] = rest / np.sqrt(rest[..., :1])
    return L


def triangle(X: Floats) -> tuple[Floats, Floats]:
    """Return Q (N, p) with orthonormal columns and an upper triangular R with X = Q R.

    Cholesky's factor of X'X, and again of what that leaves: orthogonal to rounding where the first alone would lose
    the square of X's condition (Yamamoto et al. 2015, "Roundoff error analysis of the CholeskyQR2 algorithm").

    Raises
    ------
    numpy.linalg.LinAlgError
        X is rank-deficient, or so nearly that half the digits don't show it.
    """
    lengths = np.sqrt((X**2).sum(axis=0))
    if not lengths.all():
        raise np.linalg.LinAlgError("a column is zero")
    Q, R = X / lengths, np.diag(lengths)
    for _ in range(2):
        factor = cholesky(Q.T @ Q)
        Q, R = solve_lower(factor, Q.T).T, factor.T @ R
    return Q, R


def solve_lower(L: Floats, B: Floats) -> Floats:
    """Return L^-1 B of each lower triangular matrix of a stack."""
    return _solve(L, B, range(L.shape[-1]))


def solve_upper(U: Floats, B: Floats) -> Floats:
    """Return U^-1 B of each upper triangular matrix of a stack."""
    return _solve(U, B, reversed(range(U.shape[-1])))


def _solve(T: Floats, B: Floats, order: Any) -> Floats:
    if T.dtype == B.dtype == np.float64:
        return np.linalg.solve(T, B)
    vector = B.ndim < T.ndim
    X = (B[..., None] if vector else B).copy()
    for j in order:
        X[..., j, :] = X[..., j, :] / T[..., j, j, None]
        others = np.arange(T.shape[-1]) != j
        column = T[..., others, j]
        X[..., others, :] -= column[..., :, None] * X[..., None, j, :]
    return X[..., 0] if vector else X
