"""Each group's rows, rotated to a few: what is left of the data, piece by piece.

For the innermost groups the rows of [Z | X | y] are rotated (a QR of each group's Z) into

    q rows      [A | E]     that the group's random effects touch, and
    the others  [0 | F]     that they don't.

The others are rotated in turn by the groups of the next level outwards, and what is left at last is compressed to one
triangle. Modified Gram-Schmidt does it for all groups at once.

A :class:`Part` is what some of the rows are rotated to. Parts of different rows are joined exactly: the q rows that two
parts have of one group are rows of a regression like any other and are rotated again. So the rows can be read in
blocks, wherever they lie, and a block may end in the middle of a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.grouped import Rows, eliminate


@dataclass(frozen=True, slots=True)
class PartLevel:
    """One level's groups in some of the rows.

    Attributes
    ----------
    groups : (G,) int array
        Which groups they are, ascending.
    factor : (q, c, G) array
        [A | E]: the rows that each group's random effects touch; columns as Z of the level and of those further out
        (nearest first), X and y.
    """

    groups: Indices
    factor: Array


@dataclass(frozen=True, slots=True)
class Part:
    """What some of the rows are rotated to.

    Attributes
    ----------
    levels : tuple of PartLevel, innermost first
    triangle : (r, p + 1) array
        Triangular factor of [X | y] over what no random effect touches.
    n_obs : int
        How many rows they were.
    """

    levels: tuple[PartLevel, ...]
    triangle: Array
    n_obs: int


@dataclass(frozen=True, slots=True)
class Runs:
    """The groups of one level in some rows, whose rows follow each other.

    Attributes
    ----------
    groups : (G,) int array
        Which groups they are, ascending.
    starts : (G,) int array
        The first row of each.
    """

    groups: Indices
    starts: Indices


def runs_of(codes: Indices) -> Runs:
    """The groups of rows whose codes ascend."""
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    return Runs(codes[starts], starts)


def rotate(
    columns: Sequence[Array], copies: Sequence[int], levels: Sequence[Runs], sizes: Sequence[int]
) -> Part:
    """Rotate a block of rows.

    Parameters
    ----------
    columns : sequence of (n,) arrays
        The distinct columns of the rows; these are sorted by group, outermost level first.
    copies : sequence of c ints
        Which of them are [Z of the innermost level | ... | Z of the outermost | X | y].
    levels : sequence of Runs, innermost first
        The groups of each level.
    sizes : sequence of int, innermost first
        How many columns of Z each level has.
    """
    found = []
    n_obs = len(columns[0])
    columns, copies = list(columns), list(copies)
    for level, q in zip(levels, sizes, strict=True):
        own, outer = copies[:q], copies[q:]
        others = sorted(set(outer) - set(own))
        place = {column: j for j, column in enumerate(own + others)}
        block = np.stack([columns[k] for k in own + others])
        factor, (rest,) = eliminate([Rows(block[:, None], level.starts)], q)
        found.append(PartLevel(level.groups, factor[:, [*range(q), *(place[k] for k in outer)]]))
        # Of the copies of this level's own columns nothing is left.
        columns = [*rest.values[:, 0], np.broadcast_to(0.0, n_obs)]
        copies = [place[k] - q if place[k] >= q else len(others) for k in outer]
    distinct = sorted(set(copies))
    left = Rows(np.stack([columns[k] for k in distinct])[:, None], np.zeros(1, np.intp))
    triangle = eliminate([left], len(distinct))[0][:, [distinct.index(k) for k in copies], 0]
    return Part(tuple(found), triangle, n_obs)


def join(parts: Sequence[Part], parents: Sequence[Indices]) -> Part:
    """Join what different rows were rotated to.

    Parameters
    ----------
    parts : sequence of Part
    parents : sequence of int arrays, innermost level first
        For each group of a level the group of the next level outwards; nothing for the outermost level.
    """
    c = sum(len(level.factor) for level in parts[0].levels) + parts[0].triangle.shape[1]
    rest, owners = np.empty((c, 0)), np.empty(0, np.intp)
    levels = []
    for k, pieces in enumerate(zip(*(part.levels for part in parts), strict=True)):
        groups = np.concatenate([piece.groups for piece in pieces])
        factor = np.concatenate([piece.factor for piece in pieces], axis=-1)
        level, rest, owners = _join_level(groups, factor, rest, owners)
        levels.append(level)
        if k < len(parents):
            owners = parents[k][owners]
    triangle = np.linalg.qr(np.concatenate([*(part.triangle for part in parts), rest.T]), mode="r")
    return Part(tuple(levels), np.asarray(triangle), sum(part.n_obs for part in parts))


def _join_level(
    groups: Indices, factor: Array, rest: Array, owners: Indices
) -> tuple[PartLevel, Array, Indices]:
    """Join the pieces of one level's groups, and the rows ``rest`` (c, n) that the levels inside left ``owners``.

    Returns
    -------
    level : PartLevel
    rest : (c - q, m) array
        The rows that are left for the next level outwards.
    owners : (m,) int array
        Each row's group of this level.
    """
    if (np.diff(groups) <= 0).any():
        order = np.argsort(groups, kind="stable")
        groups, factor = groups[order], factor[..., order]
    first = np.diff(groups, prepend=-1) > 0
    several = np.zeros(int(groups[-1]) + 1, bool)
    several[groups[~first]] = True
    several[owners] = True
    again = several[groups]
    q, c, _ = factor.shape
    if not again.any():
        return PartLevel(groups, factor), np.empty((c - q, 0)), np.empty(0, np.intp)
    rows = np.concatenate([factor[..., again].swapaxes(0, 1).reshape(c, -1), rest], axis=1)
    codes = np.concatenate([np.tile(groups[again], q), owners])
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    joined, (left,) = eliminate([Rows(rows[:, None, order], starts)], q)
    merged = factor[..., first]
    merged[..., again[first]] = joined
    return PartLevel(groups[first], merged), left.values[:, 0], codes
