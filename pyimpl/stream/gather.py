"""The second reading: each piece's rows rotated, and what else has to be known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.containment import Containment, innermost_level, is_constant, varies_within
from pyimpl.design import Design, DesignRows, check_magnitudes
from pyimpl.formula import response_column
from pyimpl.moments import distinct_columns
from pyimpl.rotation import Part, join, rotate, runs_of
from pyimpl.stream.columns import Columns, Plan


@dataclass(frozen=True, slots=True)
class Gathered:
    """What some of the rows come to.

    Attributes
    ----------
    part : Part
        The rows, rotated.
    spread : tuple of GroupSpread, outermost level first
    ends : (2, p) array
        The smallest and the largest value of each column of X.
    """

    part: Part
    spread: tuple[GroupSpread, ...]
    ends: Array


@dataclass(frozen=True, slots=True)
class GroupSpread:
    """Where the columns of X vary inside one level's groups.

    Attributes
    ----------
    groups : (G,) int array
    counts : (G,) int array
        How many rows each has.
    first : (p, G) array
        A value of each column in each group.
    varies : (p,) bool array
        Whether the column takes another value in any group.
    """

    groups: Indices
    counts: Indices
    first: Array
    varies: np.ndarray


def gather(plan: Plan, frame: pd.DataFrame) -> Gathered:
    """Build the columns of a piece's rows, and rotate them."""
    return gather_rows(plan, frame, plan.codes(frame))


def gather_rows(plan: Columns, frame: pd.DataFrame, codes: Sequence[Indices]) -> Gathered:
    """As :func:`gather`, the group of each row at each level given, outermost first."""
    y, _ = response_column(plan.formula, frame)
    X, Z = plan.fixed.build(frame), tuple(level.build(frame) for level in plan.levels)
    offset = plan.fixed.offset(frame)
    check_magnitudes(y[:, None], [plan.formula.response_text], "fixed")
    check_magnitudes(X, plan.fixed.names, "fixed")
    for level, own in zip(plan.levels, Z, strict=True):
        check_magnitudes(own, level.names, "random")
    order = np.argsort(codes[-1], kind="stable")
    levels = tuple(
        replace(level, grouping=replace(level.grouping, codes=own))
        for level, own in zip(plan.levels, codes, strict=True)
    )
    rows = Design(plan.fixed, levels, len(y), DesignRows(y, offset, X, Z, order))
    distinct, copies = distinct_columns(rows.columns())
    sorted_codes = rows.sorted_codes
    runs = [runs_of(own) for own in reversed(sorted_codes)]
    part = rotate([column[order] for column in distinct], copies, runs, plan.sizes)
    columns = X[order].T
    spread = tuple(_spread(columns, own) for own in sorted_codes)
    return Gathered(part, spread, np.stack([columns.min(axis=1), columns.max(axis=1)]))


def _spread(columns: Array, codes: Indices) -> GroupSpread:
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    counts = np.diff(starts, append=len(codes))
    return GroupSpread(codes[starts], counts, columns[:, starts], varies_within(columns, codes))


def add_up(gathered: Sequence[Gathered], parents: Sequence[Indices]) -> Gathered:
    """What the rows of several pieces come to."""
    spread = tuple(_merged(level) for level in zip(*(each.spread for each in gathered), strict=True))
    ends = np.stack([each.ends for each in gathered])
    return Gathered(
        join([each.part for each in gathered], parents),
        spread,
        np.stack([ends[:, 0].min(axis=0), ends[:, 1].max(axis=0)]),
    )


def _merged(pieces: Sequence[GroupSpread]) -> GroupSpread:
    groups = np.concatenate([piece.groups for piece in pieces])
    counts = np.concatenate([piece.counts for piece in pieces])
    first = np.concatenate([piece.first for piece in pieces], axis=1)
    varies = np.any([piece.varies for piece in pieces], axis=0)
    if (np.diff(groups) <= 0).any():
        order = np.argsort(groups, kind="stable")
        groups, counts, first = groups[order], counts[order], first[:, order]
        varies = varies | varies_within(first, groups)
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        groups, counts, first = groups[starts], np.add.reduceat(counts, starts), first[:, starts]
    return GroupSpread(groups, counts, first, varies)


def containment(gathered: Gathered) -> Containment:
    """Where the columns of X vary."""
    varies = np.stack([level.varies for level in gathered.spread])
    n_groups = [len(level.groups) for level in gathered.spread]
    return contained_in(varies, gathered.ends, n_groups, gathered.part.n_obs)


def contained_in(varies: np.ndarray, ends: Array, n_groups: Sequence[int], n_obs: int) -> Containment:
    """Where the columns of X vary.

    Parameters
    ----------
    varies : (levels, p) bool array, outermost level first
        Whether a column varies inside any group of the level.
    ends : (2, p) array
        The smallest and the largest value of each column.
    n_groups : sequence of int, outermost level first
    n_obs : int
    """
    return Containment(innermost_level(varies), is_constant(ends.T), (0, *n_groups, n_obs))
