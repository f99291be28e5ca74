"""Figures and panels. Matplotlib is imported when a picture is asked for, and its global state is left alone."""

from __future__ import annotations

import builtins
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from pyimpl.errors import ArgumentError, MissingLibraryError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    #: What a picture's ``ax`` can be: one axes, or as many as there are panels.
    AxesChoice: TypeAlias = Axes | Sequence[Axes] | np.ndarray[Any, Any] | None

#: More panels than anyone reads on one page.
MOST_PANELS = 400

_WIDEST, _NARROWEST = 3.2, 0.85  # a panel's width in inches
_PAGE = 11.0  # the width in inches that many panels share
_SOLVED = (
    40  # panels up to which matplotlib finds the layout; for more, which takes it long, margins are fixed
)


@dataclass(frozen=True, slots=True)
class Frame:
    """How the panels of a picture are laid out.

    Attributes
    ----------
    titles : tuple of str
        One a panel.
    x_label, y_label : str
        What the axes show.
    layout : (columns, rows) or None
        How many go on a page; None is a near-square grid of them all.
    share_x, share_y : bool
        Whether all panels have the same limits.
    height : float or None
        Inches of a panel; None follows from its width.
    """

    titles: tuple[str, ...]
    x_label: str
    y_label: str
    layout: tuple[int, int] | None = None
    share_x: bool = True
    share_y: bool = True
    height: float | None = None


def new_figure(width: float, height: float, *, close: bool = False, solved: bool = True) -> Figure:
    """A figure of so many inches; ``close`` leaves little between its panels, ``solved`` has their places found.

    It belongs to pyplot, so that ``plt.show()`` and notebooks show it, only where pyplot is in use already or the
    session is interactive; otherwise it is the caller's alone, and goes when its axes go.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise MissingLibraryError(
            'pictures need matplotlib, which is not installed: pip install "lmebridge[plot]"'
        ) from None
    pads: dict[str, Any] = {"w_pad": 0.03, "h_pad": 0.05, "wspace": 0.01, "hspace": 0.01} if close else {}
    layout = ConstrainedLayoutEngine(**pads) if solved else None
    if "matplotlib.pyplot" in sys.modules or hasattr(builtins, "__IPYTHON__"):
        from matplotlib import pyplot

        return pyplot.figure(figsize=(width, height), layout=layout)
    return Figure(figsize=(width, height), layout=layout)


def one_panel(ax: Any, x_label: str, y_label: str, size: tuple[float, float] = (6.0, 4.2)) -> Axes:
    """The one axes of a picture, labelled: the caller's or a new figure's.

    Raises
    ------
    ArgumentError
        ``ax`` is not one axes.
    """
    if ax is not None:
        axes = _given(ax, 1)[0]
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        return axes
    axes = new_figure(*size).subplots()
    axes.set_xlabel(x_label, fontsize=_fitting(x_label, size[0] - 0.8))
    axes.set_ylabel(y_label, fontsize=_fitting(y_label, size[1] - 0.6))
    return axes


def panels(frame: Frame, ax: Any = None) -> list[Axes]:
    """The axes of a picture's panels, titled and labelled, in the order of the titles.

    Raises
    ------
    ArgumentError
        There are more panels than a page holds, or ``ax`` is not as many axes as there are panels, or the layout is
        no pair of counts.
    """
    n = len(frame.titles)
    if n > MOST_PANELS and ax is None and frame.layout is None:
        raise ArgumentError(
            f"layout: {n} panels are more than a page holds ({MOST_PANELS}); give layout=(columns, rows) to have "
            "pages, or make panels by fewer levels, for example of a column made with pandas.cut"
        )
    if ax is not None:
        axes = _given(ax, n)
        for one, title in zip(axes, frame.titles, strict=True):
            one.set_title(title)
            one.set_xlabel(frame.x_label)
            one.set_ylabel(frame.y_label)
        return axes
    columns, rows = _grid(n, frame.layout)
    pages = [frame.titles[k : k + columns * rows] for k in range(0, n, columns * rows)]
    return [one for page in pages for one in _page(page, columns, rows, frame)]


def matrix_of_panels(names: Sequence[str], ax: Any = None) -> Any:
    """The axes of a scatter matrix, (q, q), the names written on the diagonal.

    Raises
    ------
    ArgumentError
        ``ax`` is not a q by q array of axes.
    """
    q = len(names)
    if ax is None:
        side = min(2.6, 9.0 / q)
        figure = new_figure(side * q, 0.9 * side * q, close=True)
        axes: Any = figure.subplots(q, q, sharex="col", sharey="row", squeeze=False)
    else:
        axes = np.array(_given(ax, q * q), dtype=object).reshape(q, q)
    for k, name in enumerate(names):
        axes[k, k].text(0.5, 0.5, name, ha="center", va="center", transform=axes[k, k].transAxes)
    return axes


def key_above(ax: Axes, artists: Sequence[Any], names: Sequence[str]) -> None:
    """Say, above the figure that ``ax`` is of, which lines or points are which."""
    columns = min(6, len(names))
    ax.figure.legend(list(artists), list(names), loc="outside upper center", ncols=columns, frameon=False)


def as_returned(axes: list[Axes], conditioned: bool) -> Any:
    """What a picture returns: its one axes, or an array of them where it has panels."""
    if not conditioned:
        return axes[0]
    found = np.empty(len(axes), dtype=object)
    found[:] = axes
    return found


def _grid(n: int, layout: tuple[int, int] | None) -> tuple[int, int]:
    if layout is None:
        columns = n if n <= 3 else math.ceil(math.sqrt(1.3 * n))
        return columns, math.ceil(n / columns)
    try:
        columns, rows = layout
    except (TypeError, ValueError):
        columns, rows = 0, 0
    if not all(
        isinstance(k, int | np.integer) and not isinstance(k, bool) and k > 0 for k in (columns, rows)
    ):
        raise ArgumentError(f"layout: expected (columns, rows) of a page, both positive, got {layout!r}")
    return int(columns), int(rows)


def _page(titles: Sequence[str], columns: int, rows: int, frame: Frame) -> list[Axes]:
    """One figure and its panels, row by row from the top; what lies beyond the last panel stays empty."""
    rows = math.ceil(len(titles) / columns)
    width = min(_WIDEST, max(_NARROWEST, _PAGE / columns))
    height = frame.height or 0.82 * width
    solved = len(titles) <= _SOLVED
    figure = new_figure(width * columns + 0.6, height * rows + 0.6, close=True, solved=solved)
    grid = figure.subplots(rows, columns, sharex=frame.share_x, sharey=frame.share_y, squeeze=False)
    axes = [one for row in grid for one in row]
    for empty in axes[len(titles) :]:
        empty.remove()
    size = _font_size(titles, width)
    for k, (one, title) in enumerate(zip(axes, titles, strict=False)):
        one.set_title(title, fontsize=size, pad=min(6.0, 0.6 * size - 1.5))
        if width < 2.2:
            _thin_ticks(one, width)
        # The lowest panel of a column shows the shared axis, also where the last row is not full.
        if frame.share_x and k + columns >= len(titles):
            one.tick_params(labelbottom=True)
    figure.supxlabel(frame.x_label, fontsize=_fitting(frame.x_label, width * columns))
    figure.supylabel(frame.y_label, fontsize=_fitting(frame.y_label, height * rows))
    if not solved:
        _fix_margins(figure, width, height, size)
    return axes[: len(titles)]


def _fix_margins(figure: Figure, width: float, height: float, size: float) -> None:
    """Leave room for labels and ticks at the figure's edges, and for titles of ``size`` points between the rows."""
    whole_width, whole_height = figure.get_size_inches()
    title = 2.0 * size / 72
    figure.subplots_adjust(
        left=0.65 / whole_width,
        right=1 - 0.08 / whole_width,
        bottom=0.6 / whole_height,
        top=1 - (title + 0.05) / whole_height,
        wspace=0.08,
        hspace=title / (height - title),
    )


def _font_size(titles: Sequence[str], width: float) -> float:
    """Points of the panels' titles: such that the longest fits its panel, as far as it stays readable."""
    return max(5.0, min(4 + 3 * width, _fitting(max(titles, key=len), width)))


def _fitting(text: str, inches: float) -> float:
    """Points at which a text fits into some inches: 10, or fewer but not below 6."""
    return max(6.0, min(10.0, inches * 72 / (0.56 * max(len(text), 1))))


def _thin_ticks(ax: Axes, width: float) -> None:
    from matplotlib.ticker import MaxNLocator

    nbins = 4 if width > 1.4 else 2
    ax.xaxis.set_major_locator(MaxNLocator(nbins=nbins))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=nbins))
    ax.tick_params(labelsize=max(5.5, min(9.0, 3.5 + 3 * width)), length=2, pad=1.5)


def _given(ax: Any, n: int) -> list[Axes]:
    axes = list(np.ravel(np.asarray(ax, dtype=object)))
    if len(axes) != n or not all(hasattr(one, "plot") and hasattr(one, "set_xlabel") for one in axes):
        wanted = "one matplotlib Axes" if n == 1 else f"{n} matplotlib Axes, one a panel"
        raise ArgumentError(f"ax: the picture needs {wanted}; leave it out to have them made")
    return axes
