"""The data enters here, once: each group's rows are compressed to one small triangular factor.

For the innermost groups the rows of [Z | X | y] are rotated (a QR of each group's Z) into

    q rows      [A | E]     that the group's random effects touch, and
    the others  [0 | F]     that they don't.

A rotation leaves the errors independent, so the first q rows have the variance sigma^2 (I + A D A') and the others
sigma^2 I, whatever the relative covariance D of the random effects is. What the others say is thus the same at
every D: they are compressed in turn by the groups of the next level outwards, and at last over all rows. All that
an evaluation of the likelihood needs is then [A | E] for each group of each level and one (p+1, p+1) triangle.

Rotations add no cancellation, however large the random effects are beside the residuals (Pinheiro & Bates 2000,
section 2.2, use the same decomposition in the precision-factor form, which has no answer where D is singular).

The columns are then put in coordinates of the order of one: X is orthonormalised, y is made the residual of its
ordinary regression with unit standard deviation, and each level's Z is multiplied by the inverse of a triangular T
that its covariance structure allows. So thresholds and iterates don't depend on units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from pyimpl.arrays import Array, Indices
from pyimpl.covariance import Covariance
from pyimpl.grouped import Rows, apply_right, eliminate

# A column of X whose part outside the earlier ones' span is below this fraction of its length depends on them.
_DEPENDENT = 1e-11
# A regression that leaves less than this fraction of the response is exact up to rounding.
_PERFECT = 1e-13


class DependentColumnError(Exception):
    """Columns of X are linear combinations of the columns before them."""

    def __init__(self, columns: Indices) -> None:
        super().__init__(columns)
        self.columns = columns


class PerfectFitError(Exception):
    """The columns of X reproduce the response exactly."""


@dataclass(frozen=True, slots=True)
class LevelMoments:
    """What the rows say about the random effects of one level of grouping.

    Attributes
    ----------
    A : (q, q, G) array
        Triangular factor of each group's Z (inside the level's groups, after the levels within), times T^-1.
    E : (q, m, G) array
        The same rows of the other columns: Z of the levels further out (nearest first), X and y.
    children : (G,) int array
        Where each group's groups of the next level inwards start; empty at the innermost level.
    T : (q, q) array
        The coordinates: a covariance D in the user's units is T D T' in these.
    """

    A: Array
    E: Array
    children: Indices
    T: Array


@dataclass(frozen=True, slots=True)
class Moments:
    """All that the likelihood needs to know of the data.

    Attributes
    ----------
    levels : tuple of LevelMoments
        Innermost first.
    rest : (p + 1, p + 1) array
        Triangular factor of [X | y] over what no random effect touches.
    R : (p, p) array
        ``X = Xo R`` with the orthonormal Xo that the other fields hold.
    beta : (p,) array
        The ordinary least-squares estimate, in the user's units.
    scale : float
        The unit of y: the standard deviation of that regression's residuals.
    n_obs : int
        The number of rows.
    """

    levels: tuple[LevelMoments, ...]
    rest: Array
    R: Array
    beta: Array
    scale: float
    n_obs: int


def compress(
    columns: Array, starts: Sequence[Indices], structures: Sequence[Covariance], n_fixed: int
) -> Moments:
    """Compress the rows of a mixed model to its moments.

    Parameters
    ----------
    columns : (c, N) array
        [Z of the innermost level | ... | Z of the outermost | X | y], a column a row of this array. The rows of
        the model are sorted by group, outermost level first.
    starts : sequence of (G_k,) int arrays, innermost first
        The first row of each group.
    structures : sequence of Covariance, innermost first
        The covariance structure of each level; says how many columns of Z it has.
    n_fixed : int
        p, the number of columns of X.
    """
    raw: list[tuple[Array, Array]] = []
    rows = Rows(columns[:, None, :], starts[0])
    for first, structure in zip(starts, structures, strict=True):
        factor, (rows,) = eliminate([Rows(rows.values, first)], structure.q)
        raw.append((factor[:, : structure.q], factor[:, structure.q :]))
    triangle: Array = np.asarray(np.linalg.qr(rows.values[:, 0].T, mode="r"))
    return _in_units_of_order_one(raw, triangle, starts, structures, columns.shape[1])


def _in_units_of_order_one(
    raw: list[tuple[Array, Array]],
    triangle: Array,
    starts: Sequence[Indices],
    structures: Sequence[Covariance],
    n_obs: int,
) -> Moments:
    """Choose the coordinates (of X and y, and T for each level) and express all factors in them."""
    regression = _ordinary_regression(raw, triangle, n_obs)
    coordinates = [
        structure.coordinates(_factor_of_Z(raw, k, structures) / np.sqrt(n_obs))
        for k, structure in enumerate(structures)
    ]
    inverses = [_inverse(T) for T in coordinates]
    levels = []
    for k, (A, E) in enumerate(raw):
        children = np.searchsorted(starts[k - 1], starts[k]) if k else np.empty(0, np.intp)
        outer = _change_blocks(E, [*inverses[k + 1 :], regression.change])
        levels.append(LevelMoments(apply_right(A, inverses[k]), outer, children, coordinates[k]))
    rest = triangle @ regression.change
    return Moments(tuple(levels), rest, regression.R, regression.beta, regression.scale, n_obs)


@dataclass(frozen=True, slots=True)
class _Regression:
    """The ordinary regression of y on X, and the ``change`` of [X | y] to [orthonormal X | unit residual]."""

    R: Array
    beta: Array
    scale: float
    change: Array


def _ordinary_regression(raw: list[tuple[Array, Array]], triangle: Array, n_obs: int) -> _Regression:
    """Least squares over all rows, from their factors."""
    p = len(triangle) - 1
    whole = _triangle_of([*(E[:, -(p + 1) :] for _, E in raw), triangle[:, :, None]])
    R = whole[:p, :p]
    dependent = np.flatnonzero(np.abs(np.diag(R)) <= _DEPENDENT * np.sqrt((R**2).sum(axis=0)))
    if dependent.size:
        raise DependentColumnError(dependent_columns(R))
    if abs(whole[p, p]) <= _PERFECT * np.sqrt((whole[:, p] ** 2).sum()):
        raise PerfectFitError
    beta = solve_triangular(R, whole[:p, p])
    scale = float(abs(whole[p, p]) / np.sqrt(n_obs - p))
    change = np.zeros((p + 1, p + 1))
    change[:p, :p], change[:p, p], change[p, p] = _inverse(R), -beta / scale, 1 / scale
    return _Regression(R, beta, scale, change)


def dependent_columns(R: Array) -> Indices:
    """The columns of X that are linear combinations of the columns before them, from any R with R'R = X'X.

    Gram-Schmidt, twice over for rounding, leaving out each column that adds no direction: the diagonal of R alone
    says which column is the first, but not what the later ones would be without it.
    """
    basis: Array = np.zeros((len(R), 0))
    dependent = []
    for j, column in enumerate(R.T):
        own = column - basis @ (basis.T @ column)
        own = own - basis @ (basis.T @ own)
        length = np.linalg.norm(own)
        if length <= _DEPENDENT * np.linalg.norm(column):
            dependent.append(j)
        else:
            basis = np.column_stack([basis, own / length])
    return np.array(dependent, np.intp)


def _factor_of_Z(raw: list[tuple[Array, Array]], k: int, structures: Sequence[Covariance]) -> Array:
    """Triangular factor of the whole Z of level k, gathered from its own level and the levels inside it."""
    pieces = [raw[k][0]]
    for inner in range(k):
        before = sum(structures[i].q for i in range(inner + 1, k))
        pieces.append(raw[inner][1][:, before : before + structures[k].q])
    return _triangle_of(pieces)


def _triangle_of(pieces: Sequence[Array]) -> Array:
    """Triangular factor of the rows of grouped matrices (r, c, G) with the same c columns, over all groups."""
    rows = [piece.transpose(0, 2, 1).reshape(-1, piece.shape[1]) for piece in pieces]
    return np.asarray(np.linalg.qr(np.concatenate(rows), mode="r"))


def _change_blocks(E: Array, changes: Sequence[Array]) -> Array:
    """Multiply each block of columns by its own change of coordinates."""
    edges = np.cumsum([0, *[len(change) for change in changes]])
    blocks = zip(edges[:-1], edges[1:], changes, strict=True)
    return np.concatenate([apply_right(E[:, i:j], change) for i, j, change in blocks], axis=1)


def _inverse(triangle: Array) -> Array:
    return np.asarray(solve_triangular(triangle, np.eye(len(triangle))))
