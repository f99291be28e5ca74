"""Linear algebra on many small matrices at once: one matrix a group, the group axis last.

A *grouped matrix* is an array of shape (r, c, G): matrix ``g`` is ``[:, :, g]``. Python loops run over the small
axes r and c only, so each statement is one numpy call over all groups. Every function is
analytic: it never conjugates, and where it must look at a value (a column that is zero up to rounding) it looks at the
real part, which a complex step of 1e-30 leaves as it is. So complex arguments give complex-step derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices

# A column whose part outside the earlier columns' span is below this fraction of its length is a multiple of
# them up to rounding: that part is noise and counts as zero.
_DEPENDENT = 64 * np.finfo(float).eps
# From this many groups on, inner products one by one are faster than products of matrices with few rows.
_LONG = 1000
# What is computed in a row, of groups as many as make up so many numbers, stays in the processor's cache.
_NUMBERS = 1 << 17


def cholesky(S: Array) -> Array:
    """Lower Cholesky factor of symmetric (q, q, ...) matrices, ``S = L L'`` (no conjugation)."""
    L = np.zeros_like(S)
    rest = S.copy()
    for j in range(len(S)):
        L[j:, j] = rest[j:, j] / np.sqrt(rest[j, j])
        column = L[j + 1 :, j]
        rest[j + 1 :, j + 1 :] -= column[:, None] * column[None, :]
    return L


def cholesky_above_one(half: Array) -> Array:
    """Lower Cholesky factor of ``I + half half'`` for (q, k, G) ``half``; nothing is written above the diagonal."""
    q = len(half)
    L = np.zeros((q, q, *half.shape[2:]), half.dtype)
    for j in range(q):
        column = _row_times(half[j:], half[j])
        column[0] += 1
        for i in range(j):
            column -= L[j:, i] * L[j, i]
        np.sqrt(column[0], out=column[0])
        column[1:] /= column[0]
        L[j:, j] = column
    return L


def _row_times(A: Array, row: Array) -> Array:
    """Each row of (r, k, G) ``A`` times one row (k, G): (r, G)."""
    out = A[:, 0] * row[0]
    for k in range(1, len(row)):
        out += A[:, k] * row[k]
    return np.asarray(out)


def forward_solve(L: Array, B: Array, out: Array | None = None) -> Array:
    """``L^-1 B`` for lower triangular (q, q, G) ``L`` and (q, m, G) ``B``, in ``out`` where that is given."""
    out = np.empty(B.shape, np.result_type(L, B)) if out is None else out
    for i in range(len(L)):
        row = np.subtract(B[i], L[i, 0] * out[0]) if i else B[i]
        for k in range(1, i):
            row -= L[i, k] * out[k]
        np.divide(row, L[i, i], out=out[i])
    return out


def multiply(A: Array, B: Array) -> Array:
    """``A B`` group by group: (r, k, G) times (k, c, G) is (r, c, G)."""
    out = A[:, 0, None] * B[None, 0]
    for k in range(1, len(B)):
        out += A[:, k, None] * B[None, k]
    return np.asarray(out)


def cross(A: Array, B: Array) -> Array:
    """``A' B`` group by group: (k, r, G) and (k, c, G) give (r, c, G)."""
    return multiply(A.swapaxes(0, 1), B)


def apply_left(M: Array, B: Array) -> Array:
    """``M B_g`` with one (r, k) matrix for all groups: (k, c, G) gives (r, c, G)."""
    return np.asarray((M @ B.reshape(len(B), -1)).reshape(len(M), *B.shape[1:]))


def apply_right(A: Array, M: Array) -> Array:
    """``A_g M`` with one (k, c) matrix for all groups: (r, k, G) gives (r, c, G)."""
    return np.asarray(np.matmul(M.T, A))


def sum_of_outer(A: Array, B: Array) -> Array:
    """``sum_g A_g B_g'`` for (r, k, G) and (c, k, G): one (r, c) matrix."""
    if A.shape[-1] < _LONG:
        return np.asarray(A.reshape(len(A), -1) @ B.reshape(len(B), -1).T)
    out = np.zeros((len(A), len(B)), np.result_type(A, B))
    for piece in pieces_of(A):
        for i, row in enumerate(A[..., piece]):
            for j, other in enumerate(B[..., piece]):
                mirrored = A is B and j < i
                out[i, j] = out[j, i] if mirrored else out[i, j] + sum(map(np.dot, row, other))
    return out


def pieces_of(A: Array) -> list[slice]:
    """Slices of the groups of (r, c, G) matrices, each small enough for the processor's cache."""
    step = max(_LONG, _NUMBERS // max(1, A[..., 0].size))
    return [slice(start, start + step) for start in range(0, A.shape[-1], step)]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a regression that belong to groups, stored so that a group's rows are next to each other.

    Attributes
    ----------
    values : (c, r, n) array
        c columns of r * n rows: ``[:, i, j]`` is a row, and all of ``[:, :, j]`` belongs to one group.
    starts : (G,) int array
        Group g holds the positions j from ``starts[g]`` to ``starts[g + 1] - 1``.
    """

    values: Array
    starts: Indices

    @property
    def counts(self) -> Indices:
        """How many positions j each group has, shape (G,)."""
        return np.diff(self.starts, append=self.values.shape[-1])

    def regroup(self, starts: Indices) -> Rows:
        """The same rows under larger groups, each made of this grouping's groups from ``starts[h]`` on."""
        return Rows(self.values, self.starts[starts])


def eliminate(blocks: list[Rows], q: int, dependent: float = _DEPENDENT) -> tuple[Array, list[Rows]]:
    """Project the first q columns out of the others, in each group separately.

    Modified Gram-Schmidt over the rows of all blocks together, which is as stable as Householder's QR when the
    right-hand sides go along as columns (Bjorck 1967). The blocks share their c columns and G groups. A column whose
    part outside the earlier ones' span is below the fraction ``dependent`` of its length is taken to depend on them.

    Returns
    -------
    R : (q, c, G) array
        The first q rows of each group's triangular factor.
    blocks : list of Rows
        What is left of the other c - q columns, orthogonal to the first q; no row has been dropped.
    """
    expanders = [_expander(block) for block in blocks]
    rest = [block.values for block in blocks]
    R = np.zeros((q, len(rest[0]), len(blocks[0].starts)), np.result_type(*rest))
    length = _sum_by_group([v[:q] * v[:q] for v in rest], blocks)
    for j in range(q):
        square = length[0] if j == 0 else _sum_by_group([v[:1] * v[:1] for v in rest], blocks)[0]
        zero = square.real <= dependent**2 * length[j].real
        square = np.where(zero, 1.0, square)
        dots = _sum_by_group([v[1:] * v[0] for v in rest], blocks)
        dots[:, zero] = 0.0
        shares = dots / square
        rest = [_less(v, expand(shares)) for v, expand in zip(rest, expanders, strict=True)]
        R[j, j] = np.where(zero, 0.0, np.sqrt(square))
        R[j, j + 1 :] = dots / np.sqrt(square)
    return R, [Rows(v, block.starts) for v, block in zip(rest, blocks, strict=True)]


def _less(v: Array, shares: Array) -> Array:
    """Columns (c, r, n) but the first, less their shares (c - 1, n) of it."""
    taken = shares[:, None] * v[0]
    return np.asarray(np.subtract(v[1:], taken, out=taken))


def _sum_by_group(terms: list[Array], blocks: list[Rows]) -> Array:
    """Sum (k, r, n) arrays over the rows of each group and over the blocks: (k, G)."""
    total: Array | int = 0
    for values, block in zip(terms, blocks, strict=True):
        summed = values.sum(axis=1) if values.shape[1] > 1 else values[:, 0]
        if len(block.starts) < summed.shape[-1]:
            summed = np.add.reduceat(summed, block.starts, axis=-1)
        total = total + summed
    return np.array(total)


def _expander(block: Rows) -> Callable[[Array], Array]:
    """Return the function that hands each group's value to all of its positions: (..., G) to (..., n)."""
    if len(block.starts) == block.values.shape[-1]:
        return lambda values: values
    counts = block.counts
    return lambda values: np.repeat(values, counts, axis=-1)
