"""Local linear regression, the smooth line of R's lattice panels.

Cleveland & Devlin (1988), with the robustness weights of Cleveland (1979): tricube weights over the nearest points,
bisquare weights of the residuals. R's ``loess`` with ``surface = "direct"`` computes the same. What lattice draws is
R's default, a coarse interpolation of it between a few places, which can differ visibly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError

_ITERATIONS = 4  # R's: one fit and three reweighted ones
_CHUNK = 2_000_000  # weights held at a time
_MANY = 500  # distinct x from which on residuals are taken from a curve between as many places


@dataclass(frozen=True, slots=True)
class Loess:
    """How to smooth: the share of the points that a local line sees, and at how many places the curve is drawn."""

    span: float
    places: int = 50
    robust: bool = True

    def __post_init__(self) -> None:
        span = self.span
        if isinstance(span, bool) or not isinstance(span, int | float | np.number) or not 0 < span < np.inf:
            raise ArgumentError(
                f"span: expected the share of the points that a local line sees, got {span!r}"
            )


def smooth_curve(x: Array, y: Array, smoother: Loess) -> tuple[Array, Array]:
    """The smooth curve through points: equally spaced places over the range of ``x``, and the curve there.

    Parameters
    ----------
    x, y : (n,) arrays
        Finite.
    smoother : Loess

    Returns
    -------
    places, fitted : (smoother.places,) arrays
    """
    weights = np.ones(len(x))
    if smoother.robust:
        knots = np.unique(x)
        if len(knots) > _MANY:
            knots = np.unique(np.quantile(x, np.linspace(0, 1, _MANY)))
        for _ in range(_ITERATIONS - 1):
            residuals = y - np.interp(x, knots, _local_lines(knots, x, y, weights, smoother.span))
            weights = _bisquare(np.abs(residuals))
    places = np.linspace(x.min(), x.max(), smoother.places)
    return places, _local_lines(places, x, y, weights, smoother.span)


def _local_lines(at: Array, x: Array, y: Array, weights: Array, span: float) -> Array:
    """The local line's height at each place, (m,)."""
    near = min(len(x), max(2, int(np.floor(len(x) * span + 1e-5))))
    rows = max(1, _CHUNK // len(x))
    parts = [_heights(at[k : k + rows, None], x, y, weights, near, span) for k in range(0, len(at), rows)]
    return np.concatenate(parts)


def _heights(at: Array, x: Array, y: Array, weights: Array, near: int, span: float) -> Array:
    """As :func:`_local_lines`, for ``at`` of shape (m, 1)."""
    offset = x - at
    distance = np.abs(offset)
    reach = np.partition(distance, near - 1, axis=1)[:, near - 1, None] * max(1.0, span)
    ratio = distance / np.where(reach > 0, reach, 1.0)
    w = weights * np.where(ratio < 1, (1 - np.minimum(ratio, 1) ** 3) ** 3, 0.0)
    total = w.sum(axis=1)
    total = np.where(total > 0, total, 1.0)
    x_mean, y_mean = (w * offset).sum(axis=1) / total, (w @ y) / total
    centred = offset - x_mean[:, None]
    sxx = (w * centred**2).sum(axis=1)
    sxy = (w * centred * (y - y_mean[:, None])).sum(axis=1)
    flat = sxx <= 1e-14 * reach[:, 0] ** 2 * total
    return np.asarray(y_mean - x_mean * np.where(flat, 0.0, sxy / np.where(flat, 1.0, sxx)))


def _bisquare(residuals: Array) -> Array:
    """Robustness weights of absolute residuals: none beyond six medians."""
    limit = 6 * np.median(residuals)
    if limit == 0:
        return np.ones(len(residuals))
    return np.asarray(np.where(residuals < limit, (1 - np.minimum(residuals / limit, 1) ** 2) ** 2, 0.0))
