"""What panels are drawn with: points and their labels, lines of reference, boxes, bars and dots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.errors import ArgumentError
from pyimpl.pictures.loess import Loess, smooth_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_FAINT: dict[str, Any] = {"color": "0.85", "linewidth": 0.6, "zorder": 0.5}
_REFERENCE: dict[str, Any] = {"color": "0.35", "linewidth": 1.0, "zorder": 1.5}
_MANY = 1000  # points from which on they are drawn smaller

#: A line of reference: a height, or an intercept and a slope; None and False are none.
Line = float | tuple[float, float] | None


def check_line(abline: object, default: Line) -> Line:
    """Return the line of reference asked for: None is the default, False none."""
    if abline is None:
        return default
    if abline is False:
        return None
    values = np.ravel(np.asarray(abline, dtype=object)).tolist()
    if len(values) in (1, 2) and all(
        isinstance(v, int | float) and not isinstance(v, bool) and np.isfinite(v) for v in values
    ):
        return float(values[0]) if len(values) == 1 else (float(values[0]), float(values[1]))
    raise ArgumentError(
        f"abline: expected a number (a level line), a pair (intercept, slope) or False, got {abline!r}"
    )


def properties(style: Mapping[str, Any], artist: str) -> dict[str, Any]:
    """The caller's properties under their full names, if the kind of artist has them: lines, patches or segments.

    Raises
    ------
    ArgumentError
        Naming the one that it doesn't have.
    """
    from matplotlib import cbook, collections, lines, patches

    kind = {"lines": lines.Line2D, "patches": patches.Patch, "segments": collections.LineCollection}[artist]
    for name in style:
        if not hasattr(kind, f"set_{name}"):
            raise ArgumentError(f"{name}: matplotlib's {artist} have no such property; leave it out")
    return dict(cbook.normalize_kwargs(dict(style), kind))


def points(ax: Axes, x: Array, y: Array, style: Mapping[str, Any]) -> Line2D:
    """Open circles, as R's, smaller in small panels, unless ``style`` (matplotlib's line properties) says otherwise."""
    size = 2.5 if len(x) > _MANY else 5.0 * min(1.0, max(0.5, _inches(ax, upright=False) / 1.8))
    defaults = {
        "marker": "o",
        "linestyle": "",
        "fillstyle": "none",
        "markersize": size,
        "markeredgewidth": 1.0 if size > 4 else 0.5,
    }
    (drawn,) = ax.plot(x, y, **{**defaults, **properties(style, "lines")})
    return drawn


def _inches(ax: Axes, *, upright: bool) -> float:
    """How tall, or wide, the panel is."""
    return float((ax.bbox.height if upright else ax.bbox.width) / ax.figure.dpi)


def point_labels(ax: Axes, x: Array, y: Array, labels: Sequence[str]) -> None:
    """A text beside each point; towards the middle of the panel for those in its right half, so that none is cut."""
    middle = sum(ax.get_xlim()) / 2
    for x_one, y_one, label in zip(x.tolist(), y.tolist(), labels, strict=True):
        to_left = x_one > middle
        ax.annotate(
            label,
            (x_one, y_one),
            xytext=(-4 if to_left else 4, 0),
            textcoords="offset points",
            ha="right" if to_left else "left",
            va="center",
            fontsize="x-small",
        )


def reference_line(ax: Axes, line: Line, upright: bool = False) -> None:
    """A level line or one with a slope; ``upright`` draws the (first) number as a vertical line.

    A line with a slope leaves the limits to what else is drawn.
    """
    if line is None:
        return
    height, slope = line if isinstance(line, tuple) else (line, 0.0)
    if upright:
        ax.axvline(height, **_REFERENCE)
    elif slope == 0:
        ax.axhline(height, **_REFERENCE)
    else:
        limits = ax.dataLim.frozen()
        ax.axline((0, height), slope=slope, **_REFERENCE)
        ax.dataLim.set(limits)


def grid_lines(ax: Axes, wanted: bool) -> None:
    """Faint lines behind everything, where wanted."""
    if wanted:
        ax.grid(True, **_FAINT)
        ax.set_axisbelow(True)


def smooth_line(ax: Axes, x: Array, y: Array, smoother: Loess, style: Mapping[str, Any]) -> None:
    """A loess curve through points."""
    at, fitted = smooth_curve(x, y, smoother)
    ax.plot(at, fitted, **{"linewidth": 1.2, "color": "C1", **style})


def five_numbers(values: Array) -> tuple[Array, Array]:
    """Tukey's five numbers as R's box plots draw them, (5,), and the values beyond the whiskers.

    The whiskers end at the outermost values within 1.5 times the hinges' distance of the hinges.
    """
    ordered = np.sort(values)
    n = len(ordered)
    depth = ((n + 3) // 2) / 2
    at = np.array([depth, (n + 1) / 2, n + 1 - depth]) - 1
    hinge, median, other_hinge = (ordered[np.floor(at).astype(int)] + ordered[np.ceil(at).astype(int)]) / 2
    reach = 1.5 * (other_hinge - hinge)
    inside = ordered[(ordered >= hinge - reach) & (ordered <= other_hinge + reach)]
    beyond = ordered[(ordered < hinge - reach) | (ordered > other_hinge + reach)]
    return np.array([inside[0], hinge, median, other_hinge, inside[-1]]), beyond


def boxes(
    ax: Axes, values: Array, codes: Indices, levels: Sequence[str], *, across: bool, style: Mapping[str, Any]
) -> None:
    """A box for each level that has values, at 1, 2, ...; ``across`` draws them lying, the values along x."""
    found = np.unique(codes)
    at = found + 1.0
    parts = [five_numbers(values[codes == k]) for k in found]
    numbers = np.array([part[0] for part in parts])
    beyond = np.concatenate([part[1] for part in parts])
    beyond_at = np.repeat(at, [len(part[1]) for part in parts])
    box: dict[str, Any] = {
        "facecolor": "none",
        "edgecolor": "C0",
        "zorder": 2.0,
        **properties(style, "patches"),
    }
    line = {"colors": box["edgecolor"], "linewidth": 1.0}
    ends = numbers[:, [0, 3]].T.ravel(), numbers[:, [1, 4]].T.ravel()
    dots: dict[str, Any] = {"color": box["edgecolor"], "linestyle": "", "marker": "o", "markersize": 4.0}
    if across:
        ax.barh(at, numbers[:, 3] - numbers[:, 1], left=numbers[:, 1], height=0.5, **box)
        ax.hlines(np.tile(at, 2), *ends, **line)
        ax.plot(numbers[:, 2], at, **dots)
        ax.plot(beyond, beyond_at, fillstyle="none", **dots)
    else:
        ax.bar(at, numbers[:, 3] - numbers[:, 1], bottom=numbers[:, 1], width=0.5, **box)
        ax.vlines(np.tile(at, 2), *ends, **line)
        ax.plot(at, numbers[:, 2], **dots)
        ax.plot(beyond_at, beyond, fillstyle="none", **dots)
    category_axis(ax, levels, upright=across)


def category_axis(ax: Axes, levels: Sequence[str], *, upright: bool) -> None:
    """Label one axis with categories at 1, 2, ...; of more than fit only every second, third, ... is written."""
    axis, limits = (ax.yaxis, ax.set_ylim) if upright else (ax.xaxis, ax.set_xlim)
    room = 72 * _inches(ax, upright=upright)
    widest = 1.0 if upright else 0.6 * max(map(len, levels))
    size = min(9.0, max(5.0, 0.9 * room / (len(levels) * widest)))
    every = max(1, int(np.ceil(1.1 * len(levels) * widest * size / room)))
    axis.set_ticks(range(1, len(levels) + 1, every), list(levels[::every]), fontsize=size)
    limits(0.4, len(levels) + 0.6)


def category_lines(ax: Axes, n: int) -> None:
    """A faint line at each of n categories along y."""
    ax.hlines(np.arange(1, n + 1), 0, 1, transform=ax.get_yaxis_transform(), **_FAINT)


def histogram_breaks(values: Array) -> Array:
    """Where lattice breaks a histogram: round(log2(n) + 1) bars over the range and 4 % more at each end."""
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) if high > low else 0.5
    return np.linspace(low - margin, high + margin, round(np.log2(len(values)) + 1) + 1)


def histogram(ax: Axes, values: Array, breaks: Array, style: Mapping[str, Any]) -> None:
    """Bars of per cents between the breaks."""
    counts, _ = np.histogram(values, breaks)
    bar = {"facecolor": "none", "edgecolor": "C0", **properties(style, "patches")}
    ax.bar(breaks[:-1], 100 * counts / len(values), np.diff(breaks), align="edge", **bar)
