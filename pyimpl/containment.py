"""Denominator degrees of freedom by containment, nlme's inner-outer rule.

A level of grouping with m groups, inside a level with m' groups, has m - m' degrees of freedom; the rows count as the
level inside the innermost. A fixed-effect column takes one from the innermost level at which it varies, and is tested
against what is left there (Pinheiro & Bates 2000, section 2.4.2).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pyimpl.arrays import Array, Indices

# A column that varies by less than this, relatively, is an intercept to nlme: half the digits of a double.
_CONSTANT = np.sqrt(np.finfo(float).eps)


def varies_within(columns: Array, codes: Indices) -> np.ndarray:
    """Whether each column (c, N) takes two values in any group; rows sorted so that groups are contiguous."""
    inside = codes[1:] == codes[:-1]
    return np.array([bool(np.any((column[1:] != column[:-1]) & inside)) for column in columns])


def denominator_df(columns: Array, codes: Sequence[Indices]) -> Indices:
    """Degrees of freedom of each fixed-effect column.

    Parameters
    ----------
    columns : (p, N) array
        The columns of X, rows sorted so that the groups of every level are contiguous.
    codes : sequence of (N,) int arrays
        Group codes of each level, outermost first.

    Returns
    -------
    (p,) int array
    """
    return _contained(strata(columns, codes), is_constant(columns), _sizes(columns, codes))


def term_denominator_df(columns: Array, codes: Sequence[Indices], assign: Indices) -> Indices:
    """Degrees of freedom of each term: all its columns count where the innermost of them varies.

    Parameters
    ----------
    columns, codes
        As for :func:`denominator_df`.
    assign : (p,) int array
        The number of each column's term.

    Returns
    -------
    (terms,) int array, by ascending number
    """
    numbers, position = np.unique(assign, return_inverse=True)
    own, constant = strata(columns, codes), is_constant(columns)
    innermost = np.array([own[assign == k].max() for k in numbers])[position]
    whole = np.array([constant[assign == k].all() for k in numbers])[position]
    df = _contained(innermost, whole, _sizes(columns, codes))
    return np.asarray(df[[np.flatnonzero(assign == k)[0] for k in numbers]], np.intp)


def strata(columns: Array, codes: Sequence[Indices]) -> Indices:
    """The innermost level at which each column varies, (p,): 0 between the outermost groups, Q within the innermost."""
    stratum = np.zeros(len(columns), np.intp)
    for k, level in enumerate(codes):
        stratum[varies_within(columns, level)] = k + 1
    return stratum


def is_constant(columns: Array) -> np.ndarray:
    """Whether each column is an intercept."""
    return np.array([bool(np.ptp(column) <= _CONSTANT * abs(column[0])) for column in columns])


def _sizes(columns: Array, codes: Sequence[Indices]) -> list[int]:
    return [0, *[len(np.unique(level)) for level in codes], columns.shape[1]]


def _contained(stratum: Indices, constant: np.ndarray, sizes: list[int]) -> Indices:
    """What is left in each column's stratum; an intercept has the most of all."""
    left = np.diff(sizes)
    left = left - np.bincount(stratum[~constant], minlength=len(left))
    if constant.any():
        left[0] -= 1
    else:
        left[1:] += 1
    df = left[stratum]
    df[constant] = left.max()
    return np.asarray(df, np.intp)
