"""Whitening by one-step-ahead prediction: the Kalman filter of a stationary process, all groups in step.

The state x_t is stationary with covariance P0, y_t = x_t[0] + noise has unit variance, and across a step of length d
x becomes T(d) x + disturbance, with T(d) P0 T(d)' + Var(disturbance) = P0. What the rows so far tell about the state
is the matrix D = P0 - Var(x_t | past), which needs no variance of the disturbance:

    before a row:   x <- T x,         D <- T D T'
    at the row:     e = y - x[0],     F = 1 - D[0, 0],   m = (P0 - D)[:, 0]
    after it:       x <- x + m e / F, D <- D + m m' / F

(Harvey 1989, section 3.2, in other symbols). e / sqrt(F) are the whitened rows and sum log F is the log-determinant,
so the cost is linear in the rows; missing times are longer steps. The loop runs over the rows of the longest group,
each of its statements over all groups that are that long. Equal steps go faster: :mod:`pyimpl.correlation.steady`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.correlation.layout import Layout, LongestFirst, longest_first
from pyimpl.correlation.steady import in_equal_steps
from pyimpl.grouped import multiply


@dataclass(frozen=True)
class Process:
    """A stationary process of unit variance.

    Attributes
    ----------
    transitions : (r, r, U) array
        T of each of the U different steps.
    covariance : (r, r) array
        P0 of the state, whose first element is observed, with noise where P0[0, 0] is below 1.
    """

    transitions: Array
    covariance: Array


def innovations(process: Process, which: Indices, layout: Layout, columns: Array) -> tuple[Array, Array]:
    """Standardised one-step-ahead prediction errors of sorted columns (c, N), and ``sum log|R_g|``.

    Parameters
    ----------
    process : Process
    which : (N,) int array
        Which of the steps leads to each row; not read for the first row of a group.
    layout : Layout
        The groups.
    columns : (c, N) array
    """
    groups = longest_first(layout)
    if process.transitions.shape[2] == 1:
        return in_equal_steps(process.transitions[:, :, 0], process.covariance, groups, columns)
    return _along(process, which, groups, columns, _whitened)


def paths(process: Process, which: Indices, layout: Layout, columns: Array) -> Array:
    """What standardised prediction errors (c, N) come from, the inverse of :func:`innovations`.

    Independent standard normal numbers become paths of the process.
    """
    return _along(process, which, longest_first(layout), columns, _coloured)[0]


# From values at one place, their predictions and the roots of F: the values there on the other side, and the errors.
_Row = Callable[[Array, Array, Array], tuple[Array, Array]]


def _whitened(y: Array, predicted: Array, root: Array) -> tuple[Array, Array]:
    return (y - predicted) / root, y - predicted


def _coloured(z: Array, predicted: Array, root: Array) -> tuple[Array, Array]:
    return predicted + z * root, z * root


def _along(
    process: Process, which: Indices, groups: LongestFirst, columns: Array, row: _Row
) -> tuple[Array, Array]:
    """Go along the rows of all groups in step; the columns on the other side, and ``sum log|R_g|``."""
    n_groups, r = len(groups.starts), len(process.covariance)
    dtype = np.result_type(process.covariance, process.transitions, float)
    D, state = np.zeros((r, r, n_groups), dtype), np.zeros((r, len(columns), n_groups), dtype)
    out = np.empty(columns.shape, np.result_type(columns, dtype))
    log_det = np.zeros((), dtype)
    for place in range(groups.longest):
        alive = groups.alive(place)
        rows = groups.starts[:alive] + place
        if place:
            T = process.transitions[:, :, which[rows]]
            D = multiply(multiply(T, D[:, :, :alive]), T.swapaxes(0, 1))
            state = multiply(T, state[:, :, :alive])
        F = 1 - D[0, 0]
        out[:, rows], error = row(columns[:, rows], state[0], np.sqrt(F))
        log_det = log_det + np.log(F).sum()
        gain = (process.covariance[:, :1] - D[:, 0]) / F
        state = state + gain[:, None] * error
        D = D + gain[:, None] * (gain * F)[None]
    return out, log_det
