"""Empirical autocorrelation of the residuals within groups (Box, Jenkins & Reinsel 1994, section 2.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.diagnostics.layout import Layout
from pyimpl.errors import ArgumentError, DataError
from pyimpl.report import render_acf, table_to_html
from pyimpl.report.diagnostics import ACF_COLUMNS, acf_cells

# Whole numbers beyond this are no longer exact as floats.
_LARGEST_TIME = 2.0**53


@dataclass(frozen=True, repr=False, eq=False)
class ACF:
    """Autocorrelations by lag; ``str()`` is R's print of ``ACF(fit)``.

    Attributes
    ----------
    lag : (L + 1,) int array
        0, 1, ..., L.
    acf : (L + 1,) array
        The mean product of residuals that lie ``lag`` apart in a group, over their mean square. NaN where no pair
        lies so far apart.
    n_used : (L + 1,) int array
        The number of pairs.
    """

    lag: Indices
    acf: Array
    n_used: Indices

    def to_frame(self) -> pd.DataFrame:
        """Columns ``lag``, ``ACF``, and ``n.used``, the number of pairs, which R keeps as an attribute."""
        return pd.DataFrame({"lag": self.lag, "ACF": self.acf, "n.used": self.n_used})

    def plot(self, *, alpha: float = 0.0, grid: bool = False, ax: Any = None, **style: Any) -> Any:
        """Draw the autocorrelations as needles. Needs matplotlib.

        Parameters
        ----------
        alpha : float
            Above 0, draw the bounds within which a lag's autocorrelation of white noise lies with probability
            1 - alpha, about: those of a normal distribution with variance 1 / (number of pairs).
        grid, ax, **style
            As for :meth:`LmeFit.plot`; the style is that of the needles (``color``, ``linewidth``).

        Returns
        -------
        Axes
        """
        from pyimpl import pictures

        return pictures.plot_acf(self, alpha, pictures.Look(grid=grid, ax=ax, style=style))

    def __str__(self) -> str:
        return render_acf(self.lag, self.acf).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cells = zip(*acf_cells(self.lag, self.acf), strict=True)
        return table_to_html("Autocorrelation", ACF_COLUMNS, (((), row) for row in cells))


def check_max_lag(max_lag: object) -> int | None:
    """Return the largest lag asked for, None for R's default."""
    if max_lag is None:
        return None
    if isinstance(max_lag, bool) or not isinstance(max_lag, int | np.integer) or max_lag < 0:
        raise ArgumentError(f"max_lag: expected a whole number from 0 on, got {max_lag!r}")
    return int(max_lag)


def autocorrelation(residuals: Array, layout: Layout, max_lag: int | None = None) -> ACF:
    """Autocorrelations of the residuals at lags 0 to ``max_lag``.

    A lag is a difference of the time, which has to be a whole number, so that a missing time is a gap; without a
    time it counts rows. Costs O(N log N) a lag, whatever the size of the groups.

    Parameters
    ----------
    residuals : (N,) array
        Taken as they are: their mean is not subtracted.
    layout : Layout
        The groups, and at most one coordinate, the time.
    max_lag : int, optional
        By default as R has it, the smaller of T and 10 log10(T + 1), where T is the longest time a group spans.

    Raises
    ------
    DataError
        The time isn't one column of whole numbers, or a group has a time twice.
    """
    time = None if layout.coordinates is None else _whole_times(layout)
    order = np.argsort(layout.codes, kind="stable") if time is None else np.lexsort((time, layout.codes))
    codes = layout.codes[order]
    steps = _steps(codes, None if time is None else time[order], layout.names)
    if max_lag is None:
        max_lag = _default_max_lag(codes, steps)
    # Times on one line: what lies more than the largest lag apart, or in different groups, is moved to just that.
    apart = np.diff(codes, prepend=codes[0]) != 0
    line = np.cumsum(np.where(apart, max_lag + 1, np.minimum(steps, max_lag + 1)))
    ordered = residuals[order]
    sums, counts = np.empty(max_lag + 1), np.empty(max_lag + 1, np.intp)
    for lag in range(max_lag + 1):
        later = np.searchsorted(line, line + lag)
        first = np.flatnonzero(line[np.minimum(later, len(line) - 1)] == line + lag)
        sums[lag], counts[lag] = ordered[first] @ ordered[later[first]], len(first)
    with np.errstate(invalid="ignore"):
        means = sums / counts
    return ACF(np.arange(max_lag + 1), means / means[0], counts)


def _whole_times(layout: Layout) -> Indices:
    """The one coordinate of the layout as integers."""
    if layout.coordinates is None or len(layout.names) != 1:
        raise DataError(
            f"form: autocorrelation needs one column of times, but the formula gives {len(layout.names)} columns "
            f"({', '.join(layout.names[:4])}); write '~ time'"
        )
    time = layout.coordinates[:, 0]
    wrong = np.flatnonzero((time != np.round(time)) | (np.abs(time) > _LARGEST_TIME))
    if wrong.size:
        raise DataError(
            f"form: lags are whole numbers, but '{layout.names[0]}' holds {time[wrong[0]]:g}; round the column to "
            "its unit of time, number the rows of each group, or use a variogram"
        )
    return time.astype(np.intp)


def _steps(codes: Indices, time: Indices | None, names: tuple[str, ...]) -> Indices:
    """How far each row lies behind the row before it."""
    if time is None:
        return np.ones(len(codes), np.intp)
    steps = np.diff(time, prepend=time[0])
    twice = np.flatnonzero((steps[1:] == 0) & (codes[1:] == codes[:-1]))
    if twice.size:
        raise DataError(
            f"form: '{names[0]}' is {time[twice[0]]} more than once in a group; the times of a group have to "
            "differ, so name finer groups ('~ time | group') or another column"
        )
    return steps


def _default_max_lag(codes: Indices, steps: Indices) -> int:
    """The smaller of T and 10 log10(T + 1) for the longest time T that a group spans."""
    inside = np.where(np.diff(codes, prepend=-1) != 0, 0, steps)
    longest = int(np.bincount(codes, weights=inside).max())
    return min(longest, int(10 * math.log10(longest + 1)))
