"""Denominator degrees of freedom by containment, nlme's inner-outer rule.

A level of grouping with m groups, inside a level with m' groups, has m - m' degrees of freedom; the rows count as the
level inside the innermost. A fixed-effect column takes one from the innermost level at which it varies, and is tested
against what is left there (Pinheiro & Bates 2000, section 2.4.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices

# A column that varies by less than this, relatively, is an intercept to nlme: half the digits of a double.
_CONSTANT = np.sqrt(np.finfo(float).eps)


def varies_within(columns: Array, codes: Indices) -> np.ndarray:
    """Whether each column (c, N) takes two values in any group; rows sorted so that groups are contiguous."""
    inside = codes[1:] == codes[:-1]
    return np.array([bool(np.any((column[1:] != column[:-1]) & inside)) for column in columns])


@dataclass(frozen=True, slots=True)
class Containment:
    """Where each column of X varies, and what there is to estimate it from.

    Attributes
    ----------
    stratum : (p,) int array
        The innermost level at which the column varies: 0 between the outermost groups, Q within the innermost.
    constant : (p,) bool array
        Whether the column is an intercept.
    sizes : tuple of int
        0, the number of groups of each level (outermost first), the number of rows.
    """

    stratum: Indices
    constant: np.ndarray
    sizes: tuple[int, ...]


def containment_of(columns: Array, codes: Sequence[Indices]) -> Containment:
    """Find out where the columns of X vary.

    Parameters
    ----------
    columns : (p, N) array
        The columns of X, rows sorted so that the groups of every level are contiguous.
    codes : sequence of (N,) int arrays
        Group codes of each level, outermost first.
    """
    sizes = (0, *(len(np.unique(level)) for level in codes), columns.shape[1])
    return Containment(strata(columns, codes), is_constant(columns), sizes)


def denominator_df(contained: Containment) -> Indices:
    """Degrees of freedom of each fixed-effect column, (p,)."""
    return _left(contained.stratum, contained.constant, contained.sizes)


def term_denominator_df(contained: Containment, assign: Indices) -> Indices:
    """Degrees of freedom of each term: all its columns count where the innermost of them varies.

    Parameters
    ----------
    contained : Containment
    assign : (p,) int array
        The number of each column's term.

    Returns
    -------
    (terms,) int array, by ascending number
    """
    numbers, position = np.unique(assign, return_inverse=True)
    innermost = np.array([contained.stratum[assign == k].max() for k in numbers])[position]
    whole = np.array([contained.constant[assign == k].all() for k in numbers])[position]
    df = _left(innermost, whole, contained.sizes)
    return np.asarray(df[[np.flatnonzero(assign == k)[0] for k in numbers]], np.intp)


def strata(columns: Array, codes: Sequence[Indices]) -> Indices:
    """The innermost level at which each column varies, (p,): 0 between the outermost groups, Q within the innermost."""
    varies = [varies_within(columns, level) for level in codes]
    return innermost_level(np.array(varies).reshape(len(codes), len(columns)))


def innermost_level(varies: np.ndarray) -> Indices:
    """The number of the last level, (p,), at which ``varies`` (levels, p) is true; 0 where it is at none."""
    stratum = np.zeros(varies.shape[1], np.intp)
    for k, own in enumerate(varies):
        stratum[own] = k + 1
    return stratum


def is_constant(columns: Array) -> np.ndarray:
    """Whether each column is an intercept."""
    return np.array([bool(np.ptp(column) <= _CONSTANT * abs(column[0])) for column in columns])


def _left(stratum: Indices, constant: np.ndarray, sizes: Sequence[int]) -> Indices:
    """What is left in each column's stratum; an intercept has the most of all, and takes none where it stands alone."""
    left = np.diff(sizes)
    if len(left) == 1:  # no groups: a regression
        return np.asarray(left - len(constant)).repeat(len(constant))
    if constant.all():
        return np.full(len(constant), left.max())
    left = left - np.bincount(stratum[~constant], minlength=len(left))
    if constant.any():
        left[0] -= 1
    else:
        left[1:] += 1
    df = left[stratum]
    df[constant] = left.max()
    return np.asarray(df, np.intp)
