"""Points in panels, some of them labelled: what most pictures are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.pictures import marks
from pyimpl.pictures.canvas import Frame, as_returned, one_panel, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is drawn, whatever it shows.

    Attributes
    ----------
    line : float, (intercept, slope) or None
        A line of reference.
    grid : bool
    layout : (columns, rows) or None
        Panels a page.
    ax : Axes, or as many as there are panels, or None
        Where to draw; None makes a figure.
    style : mapping
        Matplotlib's properties of the main marks.
    """

    line: marks.Line = None
    grid: bool = False
    layout: tuple[int, int] | None = None
    ax: Any = None
    style: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scatter:
    """The points of a picture.

    Attributes
    ----------
    x, y : (n,) arrays
    panels : (n,) int array
        Each point's panel.
    titles : tuple of str
        One a panel; a single empty one where there are no panels.
    x_label, y_label : str
    texts : tuple of str
        Each point's label, empty for most; no texts at all where none are asked for.
    share_x : bool
        Whether all panels have the same limits along x.
    """

    x: Array
    y: Array
    panels: Indices
    titles: tuple[str, ...]
    x_label: str
    y_label: str
    texts: tuple[str, ...] = ()
    share_x: bool = True


def draw_scatter(scatter: Scatter, look: Look) -> Any:
    """Draw points, a panel a title; returns the axes, or an array of them where there are panels."""
    axes, conditioned = axes_for(scatter.titles, scatter.x_label, scatter.y_label, look, scatter.share_x)
    for k, ax in enumerate(axes):
        own = scatter.panels == k
        marks.grid_lines(ax, look.grid)
        marks.points(ax, scatter.x[own], scatter.y[own], look.style)
        marks.reference_line(ax, look.line)
    if scatter.texts:
        _write_texts(axes, scatter)
    return as_returned(axes, conditioned)


def axes_for(
    titles: tuple[str, ...], x_label: str, y_label: str, look: Look, share_x: bool = True
) -> tuple[list[Axes], bool]:
    """The axes of a picture, and whether they are panels of a condition."""
    if titles == ("",):
        return [one_panel(look.ax, x_label, y_label)], False
    return panels(Frame(titles, x_label, y_label, look.layout, share_x), look.ax), True


def _write_texts(axes: list[Axes], scatter: Scatter) -> None:
    """Label the points, after all of them are drawn, so that the limits are known."""
    labelled = np.array([bool(text) for text in scatter.texts])
    for k, ax in enumerate(axes):
        own = np.flatnonzero((scatter.panels == k) & labelled)
        marks.point_labels(ax, scatter.x[own], scatter.y[own], [scatter.texts[row] for row in own])
