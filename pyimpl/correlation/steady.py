"""One-step-ahead prediction at equal steps, which soon is a linear filter with constant coefficients.

In the recursion of :mod:`pyimpl.correlation.innovations` D then is the same for all groups at the same place, and after
some places changes no more. From there on the state obeys x <- T (x + k e) with a constant k = m / F, so that

    y / e = 1 + h'(z - T)^-1 T k = det(z - A) / det(z - T),     A = T - T k h',   h = (1, 0, ..., 0):

e is y through a filter (Anderson & Moore 1979, section 9.2), at the speed of compiled code.
"""

from __future__ import annotations

import numpy as np

from pyimpl.arrays import Array
from pyimpl.correlation.layout import LongestFirst

# D has settled when a place changes it by no more than this fraction: a few roundings.
_SETTLED = 4 * np.finfo(float).eps


def in_equal_steps(T: Array, P0: Array, groups: LongestFirst, columns: Array) -> tuple[Array, Array]:
    """Standardised prediction errors of columns (c, N), and ``sum log|R_g|``.

    Parameters
    ----------
    T, P0 : (r, r) arrays
        Transition and stationary covariance of the state.
    groups : LongestFirst
    columns : (c, N) array
        Each group's rows in the order of time.
    """
    gains, F = _gains(T, P0, groups.longest)
    alive = np.array([groups.alive(place) for place in range(len(F))])
    settled = groups.sizes.sum() - alive.sum()  # rows after the last of these places
    log_det = alive @ np.log(F) + settled * np.log(F[-1])
    out = np.empty(columns.shape, np.result_type(columns, F))
    # The filter looks back on as many rows as the state has elements.
    first = min(groups.longest, len(F) + len(T))
    state = np.zeros((len(T), len(columns), len(groups.starts)), out.dtype)
    for place in range(first):
        n, known = groups.alive(place), min(place, len(F) - 1)
        rows = groups.starts[:n] + place
        if place:
            state = np.tensordot(T, state[:, :, :n], 1)
        error = columns[:, rows] - state[0]
        out[:, rows] = error / np.sqrt(F[known])
        state = state + gains[known][:, None, None] * error
    _filter(T, gains[-1], np.sqrt(F[-1]), first, groups, columns, out)
    return out, np.asarray(log_det)


def _gains(T: Array, P0: Array, longest: int) -> tuple[Array, Array]:
    """k (n, r) and F (n,) place by place, to the end or to where D has settled."""
    D = 0 * P0
    gains, F = [], []
    for _ in range(longest):
        F.append(1 - D[0, 0])
        gains.append((P0[:, 0] - D[:, 0]) / F[-1])
        D, before = T @ (D + F[-1] * np.outer(gains[-1], gains[-1])) @ T.T, D
        if _same(D.real, before.real) and _same(D.imag, before.imag):
            break
    return np.array(gains), np.array(F)


def _same(after: Array, before: Array) -> bool:
    return bool(np.abs(after - before).max() <= _SETTLED * np.abs(after).max())


def _filter(
    T: Array, gain: Array, scale: Array, first: int, groups: LongestFirst, columns: Array, out: Array
) -> None:
    """Fill ``out`` from place ``first`` on, given the places before.

    Done in stretches, each as long as all before it, on the groups that reach it: so at most half of what is
    filtered lies beyond the end of a group.
    """
    if first >= groups.longest:
        return
    from scipy.signal import lfilter  # as slow to import as all the rest of this package

    A = T - np.outer(T @ gain, np.eye(len(T))[0])
    b, a = _characteristic(T), _characteristic(A)
    while first < groups.longest:
        n = groups.alive(first)
        back = groups.starts[:n, None] + first - 1 - np.arange(len(T))
        memory = _memory(b, columns[:, back]) - _memory(a, out[:, back] * scale)
        places = np.arange(first, min(2 * first, groups.longest))
        inside = places < groups.sizes[:n, None]
        rows = groups.starts[:n, None] + np.minimum(places, groups.sizes[:n, None] - 1)
        errors = lfilter(b, a, columns[:, rows], zi=memory)[0]
        out[:, rows[inside]] = (errors / scale)[:, inside]
        first = int(places[-1]) + 1


def _characteristic(M: Array) -> Array:
    """Coefficients (r + 1,) of det(z - M), the highest power first (Faddeev & LeVerrier): analytic in M."""
    coefficients: list[Array] = [np.ones((), M.dtype)]
    product = np.eye(len(M), dtype=M.dtype)
    for k in range(1, len(M) + 1):
        product = M @ product
        coefficients.append(-np.trace(product) / k)
        product = product + coefficients[-1] * np.eye(len(M))
    return np.array(coefficients)


def _memory(coefficients: Array, past: Array) -> Array:
    """What values so far (..., r), the latest first, add to the next r outputs of a moving sum."""
    r = len(coefficients) - 1
    return np.stack([past[..., : r - i] @ coefficients[i + 1 :] for i in range(r)], axis=-1)
