"""Two fits' coefficients and a list's intervals, by group: R's ``plot`` and ``pairs`` of ``compareFits`` and others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError
from pyimpl.pictures import marks
from pyimpl.pictures.canvas import as_returned, key_above, matrix_of_panels, one_panel
from pyimpl.pictures.dots import Dots, dot_panels, draw_dots
from pyimpl.pictures.scatter import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pyimpl.report import SlicedTable

_JOINT: dict[str, Any] = {"color": "0.5", "linestyle": "--", "linewidth": 0.5, "zorder": 1.0}


def plot_comparison(table: SlicedTable, look: Look, mark: Sequence[float] | None, key: bool) -> Any:
    """Draw two fits' coefficients as dots, a line a group, a panel a coefficient.

    Parameters
    ----------
    table : SlicedTable
        A slice a coefficient, a row a group, a column a fit.
    look : Look
    mark : sequence of float or None
        Where to draw a vertical line in each panel.
    key : bool
        Whether to say which dots are which fit's.

    Raises
    ------
    ArgumentError
        ``mark`` is not one number a coefficient.
    """
    p, n, c = table.values.shape
    places = check_marks(mark, p)
    dots = Dots(
        values=table.values.ravel(),
        rows=np.tile(np.repeat(np.arange(n), c), p),
        panels=np.repeat(np.arange(p), n * c),
        series=np.tile(np.arange(c), p * n),
        categories=table.rows,
        titles=table.slices,
        names=table.columns,
        x_label="",
        y_label="",
    )
    axes = draw_dots(dots, look, key)
    for ax, place in zip(axes, places, strict=False):
        ax.axvline(place, color="0.35", linestyle="--", linewidth=1.0)
    return axes


def check_marks(mark: Sequence[float] | None, n: int) -> Array:
    """The places of vertical lines, one a panel; none where none are asked for."""
    if mark is None:
        return np.empty(0)
    try:
        places = np.asarray(mark, dtype=float).ravel()
    except (TypeError, ValueError):
        places = np.empty(0)
    if len(places) != n or not np.isfinite(places).all():
        raise ArgumentError(f"mark: expected {n} numbers, one a coefficient, got {mark!r}")
    return places


def pairs_of_comparison(table: SlicedTable, look: Look, key: bool) -> Any:
    """Draw two fits' coefficients against each other, each group's two points joined by a dashed line.

    Returns
    -------
    Axes, or a (p, p) array of them for more than two coefficients

    Raises
    ------
    ArgumentError
        There is only one coefficient.
    """
    p = len(table.slices)
    if p < 2:
        raise ArgumentError("pairs: at least two coefficients are needed; name more in which")
    if p == 2:
        ax = one_panel(look.ax, table.slices[0], table.slices[1])
        marks.grid_lines(ax, look.grid)
        lines = _joined_points(ax, table.values[0], table.values[1], look)
        if key:
            ax.legend(
                lines,
                list(table.columns),
                ncols=len(table.columns),
                loc="lower left",
                bbox_to_anchor=(0, 1),
                frameon=False,
            )
        return ax
    axes = matrix_of_panels(table.slices, look.ax)
    for i, j in np.ndindex(p, p):
        if i != j:
            marks.grid_lines(axes[i, j], look.grid)
            lines = _joined_points(axes[i, j], table.values[j], table.values[i], look)
    if key:
        key_above(axes[0, 0], lines, table.columns)
    return axes


def _joined_points(ax: Axes, x: Array, y: Array, look: Look) -> list[Any]:
    """Points of each fit, (G, 2) each, and the lines between those of one group; returns the points' artists."""
    from matplotlib.collections import LineCollection

    known = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    ax.add_collection(LineCollection(np.stack([x, y], axis=-1)[known].tolist(), **_JOINT))
    styles = [{"color": f"C{j}", "fillstyle": "full" if j == 0 else "none"} for j in range(x.shape[1])]
    return [marks.points(ax, x[:, j], y[:, j], {**style, **look.style}) for j, style in enumerate(styles)]


def plot_intervals(table: SlicedTable, group_label: str, look: Look) -> Any:
    """Draw confidence intervals as segments, a line a group, a panel a coefficient.

    Parameters
    ----------
    table : SlicedTable
        Lower bound, estimate and upper bound; a group without them has no segment.
    group_label : str
        What the groups are.
    look : Look
    """
    axes = dot_panels(table.rows, table.slices, "", group_label, look, False)
    for values, ax in zip(table.values, axes, strict=True):
        known = np.flatnonzero(np.isfinite(values[:, 1]))
        at = known + 1.0
        lower, middle, upper = values[known].T
        style = {"color": "C0", "linewidth": 1.2, **marks.properties(look.style, "segments")}
        ax.hlines(at, lower, upper, **style)
        for place in (lower, middle, upper):
            ax.plot(place, at, marker="|", linestyle="", color=style["color"], markersize=5.0)
    return as_returned(axes, True)
