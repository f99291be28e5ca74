"""The data enters here, once: each group's rows are compressed to one small triangular factor.

Each group's rows are rotated to a few (:mod:`pyimpl.rotation`): [A | E], which the group's random effects touch, and
[0 | F], which they don't. A rotation leaves the errors independent, so the first have the variance
sigma^2 (I + A D A') and the others sigma^2 I, whatever the relative covariance D of the random effects is. What the
others say is thus the same at every D: all that an evaluation of the likelihood needs is [A | E] for each group of
each level and one (p+1, p+1) triangle.

Rotations add no cancellation, however large the random effects are beside the residuals (Pinheiro & Bates 2000,
section 2.2, use the same decomposition in the precision-factor form, which has no answer where D is singular).

The columns are then put in coordinates of the order of one: X is orthonormalised, y is made the residual of its
ordinary regression with unit standard deviation, and each level's Z is multiplied by the inverse of a triangular T
that its covariance structure allows. So thresholds and iterates don't depend on units.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.covariance import Covariance
from pyimpl.grouped import apply_right
from pyimpl.rotation import Part, Runs, join, rotate

# A column of X whose part outside the earlier ones' span is below this fraction of its length depends on them.
_DEPENDENT = 1e-11
# A regression that leaves less than this fraction of the response is exact up to rounding.
_PERFECT = 1e-13
# Rows rotated at a time, at least: what they need then stays in the processor's cache.
_BLOCK = 1 << 15


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
    log_det : float
        log|Lambda| where the rows were premultiplied by W, W Lambda W' = I, to have independent errors.
    """

    levels: tuple[LevelMoments, ...]
    rest: Array
    R: Array
    beta: Array
    scale: float
    n_obs: int
    log_det: float = 0.0


def compress(
    columns: Sequence[Array],
    starts: Sequence[Indices],
    structures: Sequence[Covariance],
    order: Indices | None = None,
    units: Units | None = None,
) -> Moments:
    """Compress the rows of a mixed model to its moments.

    The rows are taken a block of whole outermost groups at a time, small enough for the processor's cache.

    Parameters
    ----------
    columns : sequence of c (N,) arrays, or (c, N) array
        Z of the innermost level, ..., Z of the outermost, X and y. A column that is there twice, as the very same
        object, is rotated once.
    starts : sequence of (G_k,) int arrays, innermost first
        The first row of each group, the rows sorted by group, outermost level first.
    structures : sequence of Covariance, innermost first
        The covariance structure of each level; says how many columns of Z it has.
    order : (N,) int array, optional
        What sorts the rows, where they aren't sorted already.
    units : Units, optional
        Coordinates to express the moments in; by default those that suit the rows.
    """
    sizes = [structure.q for structure in structures]
    n_obs = len(columns[0])
    distinct, copies = distinct_columns(list(columns))
    parents = [np.searchsorted(outer, inner, "right") - 1 for inner, outer in itertools.pairwise(starts)]
    parts = []
    for first, end in _blocks(starts[-1] if len(starts) else np.arange(n_obs), n_obs):
        rows = slice(first, end) if order is None else order[first:end]
        levels = [_runs_between(level, first, end) for level in starts]
        parts.append(rotate([column[rows] for column in distinct], copies, levels, sizes))
    return assemble(parts, parents, structures, units)


def _runs_between(starts: Indices, first: int, end: int) -> Runs:
    """The groups of the rows from ``first`` to ``end``, which no group straddles."""
    i, j = np.searchsorted(starts, [first, end])
    return Runs(np.arange(i, j), starts[i:j] - first)


def assemble(
    parts: Sequence[Part],
    parents: Sequence[Indices],
    structures: Sequence[Covariance],
    units: Units | None = None,
) -> Moments:
    """The moments of a model whose rows have been rotated in parts.

    Parameters
    ----------
    parts : sequence of Part
        All the rows' together; the groups of each level are numbered from 0, innermost ones by outermost.
    parents : sequence of int arrays, innermost level first
        For each group of a level the group of the next level outwards; nothing for the outermost level.
    structures : sequence of Covariance, innermost first
    units : Units, optional
        As for :func:`compress`.

    Raises
    ------
    DependentColumnError, PerfectFitError
    """
    whole = join(parts, parents)
    factors = factors_of(whole, structures)
    chosen = units_of(factors, structures, whole.n_obs) if units is None else units
    return moments_in(chosen, factors.rest, whole, parents)


def units_in(moments: Moments) -> Units:
    """The coordinates that moments are expressed in."""
    regression = _regression(moments.R, moments.beta, moments.scale)
    return Units(regression, tuple(level.T for level in moments.levels), moments.n_obs)


def distinct_columns(columns: list[Array]) -> tuple[list[Array], list[int]]:
    """The different objects among the columns, and which of them each column is."""
    distinct = {id(column): column for column in columns}
    place = {key: k for k, key in enumerate(distinct)}
    return list(distinct.values()), [place[id(column)] for column in columns]


def _blocks(starts: Indices, n_rows: int) -> Iterator[tuple[int, int]]:
    """Cut the rows where outermost groups start, about every ``_BLOCK`` rows."""
    wanted = np.searchsorted(starts, np.arange(0, n_rows, _BLOCK))
    cuts = np.unique(np.append(starts[wanted[wanted < len(starts)]], n_rows))
    return itertools.pairwise(cuts.tolist())


@dataclass(frozen=True, slots=True)
class Factors:
    """Triangular factors of whole columns: what the choice of units needs to know of the rows.

    Those of different rows can be joined, whatever groups they belong to.

    Attributes
    ----------
    fixed : (p + 1, p + 1) array
        Of [X | y].
    random : tuple of (q, q) arrays, innermost level first
        Of each level's Z.
    rest : (p + 1, p + 1) array
        Of [X | y] over what no random effect touches.
    """

    fixed: Array
    random: tuple[Array, ...]
    rest: Array

    def join(self, other: Factors) -> Factors:
        """The factors of both's rows together."""
        pairs = zip(self.random, other.random, strict=True)
        return Factors(
            _triangle_of([self.fixed[..., None], other.fixed[..., None]]),
            tuple(_triangle_of([a[..., None], b[..., None]]) for a, b in pairs),
            _triangle_of([self.rest[..., None], other.rest[..., None]]),
        )


def factors_of(part: Part, structures: Sequence[Covariance]) -> Factors:
    """The factors of the rows that were rotated to a part; structures innermost first."""
    width = part.triangle.shape[1]
    rest = np.zeros((width, width))
    rest[: len(part.triangle)] = part.triangle
    raw = _split(part, structures)
    fixed = _triangle_of([*(E[:, -width:] for _, E in raw), rest[:, :, None]])
    return Factors(fixed, tuple(_factor_of_Z(raw, k, structures) for k in range(len(raw))), rest)


def _split(part: Part, structures: Sequence[Covariance]) -> list[tuple[Array, Array]]:
    """A and E of each level."""
    pairs = zip(part.levels, structures, strict=True)
    return [(level.factor[:, : s.q], level.factor[:, s.q :]) for level, s in pairs]


@dataclass(frozen=True, slots=True)
class Units:
    """Coordinates of the order of one.

    Attributes
    ----------
    regression : Regression
        Of y on X: makes those of X and y.
    T : tuple of (q, q) arrays, innermost level first
        Those of each level's Z.
    n_obs : int
    """

    regression: Regression
    T: tuple[Array, ...]
    n_obs: int


def units_of(factors: Factors, structures: Sequence[Covariance], n_obs: int) -> Units:
    """Choose the coordinates, from the factors of all rows.

    Raises
    ------
    DependentColumnError, PerfectFitError
    """
    pairs = zip(structures, factors.random, strict=True)
    T = tuple(structure.coordinates(R / np.sqrt(n_obs)) for structure, R in pairs)
    return Units(ordinary_regression(factors.fixed, n_obs), T, n_obs)


def moments_in(units: Units, rest: Array, part: Part, parents: Sequence[Indices]) -> Moments:
    """Express the rotated rows in the chosen coordinates; ``rest`` is the triangle to go with them."""
    regression = units.regression
    inverses = [np.linalg.inv(T) for T in units.T]
    levels = []
    for k, (level, T) in enumerate(zip(part.levels, units.T, strict=True)):
        A, E = level.factor[:, : len(T)], level.factor[:, len(T) :]
        children = np.searchsorted(parents[k - 1], np.arange(A.shape[-1])) if k else np.empty(0, np.intp)
        outer = _change_blocks(E, [*inverses[k + 1 :], regression.change])
        levels.append(LevelMoments(apply_right(A, inverses[k]), outer, children, T))
    scaled = rest @ regression.change
    return Moments(tuple(levels), scaled, regression.R, regression.beta, regression.scale, units.n_obs)


@dataclass(frozen=True, slots=True)
class Regression:
    """The ordinary regression of y on X, and the ``change`` of [X | y] to [orthonormal X | unit residual]."""

    R: Array
    beta: Array
    scale: float
    change: Array


def ordinary_regression(whole: Array, n_obs: int) -> Regression:
    """Least squares over all rows, from the triangular factor of [X | y], (p + 1, p + 1).

    Raises
    ------
    DependentColumnError, PerfectFitError
        X or y doesn't allow it.
    """
    p = len(whole) - 1
    R = whole[:p, :p]
    dependent = np.flatnonzero(np.abs(np.diag(R)) <= _DEPENDENT * np.sqrt((R**2).sum(axis=0)))
    if dependent.size:
        raise DependentColumnError(dependent_columns(R))
    if abs(whole[p, p]) <= _PERFECT * np.sqrt((whole[:, p] ** 2).sum()):
        raise PerfectFitError
    beta = np.linalg.solve(R, whole[:p, p])
    return _regression(R, beta, float(abs(whole[p, p]) / np.sqrt(n_obs - p)))


def _regression(R: Array, beta: Array, scale: float) -> Regression:
    p = len(R)
    change = np.zeros((p + 1, p + 1))
    change[:p, :p], change[:p, p], change[p, p] = np.linalg.inv(R), -beta / scale, 1 / scale
    return Regression(R, beta, scale, change)


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
    """Triangular factor (c, c) of the rows of grouped matrices (r, c, G) with the same columns, over all groups."""
    rows = [piece.transpose(0, 2, 1).reshape(-1, piece.shape[1]) for piece in pieces]
    R: Array = np.asarray(np.linalg.qr(np.concatenate(rows), mode="r"))
    if len(R) < R.shape[1]:
        R = np.concatenate([R, np.zeros((R.shape[1] - len(R), R.shape[1]))])
    # Householder's signs hang on the order of the rows; the coordinates made of R are not to.
    return np.asarray(R * np.where(np.diag(R) < 0, -1.0, 1.0)[:, None])


def _change_blocks(E: Array, changes: Sequence[Array]) -> Array:
    """Multiply each block of columns by its own change of coordinates."""
    edges = np.cumsum([0, *[len(change) for change in changes]])
    blocks = zip(edges[:-1], edges[1:], changes, strict=True)
    return np.concatenate([apply_right(E[:, i:j], change) for i, j, change in blocks], axis=1)
