"""Grouped data as they are, before any model: R's ``plot`` of ``groupedData``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.choices import choose_level
from pyimpl.errors import ArgumentError
from pyimpl.formula.nodes import Expr, Name, Number, left_spine, strip_parens
from pyimpl.frame import check_frame
from pyimpl.grouped_data import GroupedInfo, grouped_data, grouped_info
from pyimpl.pictures import marks
from pyimpl.pictures.canvas import as_returned, key_above
from pyimpl.pictures.dots import Dots, draw_dots
from pyimpl.pictures.form import Form, parse_form
from pyimpl.pictures.labels import axis_labels
from pyimpl.pictures.scatter import Look, axes_for
from pyimpl.pictures.variables import Drawn, evaluate_on, nested_groups, panels_of


@dataclass(frozen=True, slots=True)
class Parts:
    """What makes panels and lines: codes, one a row, and the names that go with them.

    Attributes
    ----------
    panels, lines, kinds : (n,) int arrays
        Each row's panel, the line it lies on, and the kind (colour) of that line.
    titles, names : tuple of str
        Of the panels, and of the kinds; a single empty name where all are alike.
    """

    panels: Indices
    titles: tuple[str, ...]
    lines: Indices
    kinds: Indices
    names: tuple[str, ...]


def plot_grouped(
    data: pd.DataFrame,
    formula: str | None = None,
    *,
    outer: str | bool | None = None,
    inner: str | bool | None = None,
    level: int | str | None = None,
    key: bool = True,
    grid: bool = True,
    layout: tuple[int, int] | None = None,
    ax: Any = None,
    **style: Any,
) -> Any:
    """Draw grouped data, as R's ``plot`` of a ``groupedData``: responses against the primary covariate by group.

    Needs matplotlib. Without a numeric covariate responses are dots, a line a group.

    Parameters
    ----------
    data : DataFrame
        As :func:`grouped_data` makes it; or any frame, with ``formula``.
    formula : str
        ``"distance ~ age | Subject"``.
    outer : str or bool
        A factor that makes the panels, ``"~ Sex"``, with a line a group in them; True for the data's own. Left out,
        a panel a group.
    inner : str or bool
        A factor within groups that makes lines of their own, ``"~ Side"``; True for the data's own.
    level : int or str
        The grouping level that the panels are of, with a line for each innermost group; the innermost if left out.
    key : bool
        Whether to say which line or dot is which.
    grid, layout, ax, **style
        As for :meth:`LmeFit.plot`.

    Returns
    -------
    Axes, or an array of them

    Raises
    ------
    ArgumentError, FormulaError, DataError
        Saying which argument or column is wrong, and the mend.
    """
    data = check_frame(data)
    if formula is not None:
        data = grouped_data(formula, data, order_groups=False)
    info = grouped_info(data)
    if info is None:
        raise ArgumentError(
            "formula: the data don't say how they are grouped; give 'response ~ covariate | group'"
        )
    look = Look(None, grid, layout, ax, style)
    depth = choose_level(level, info.groups, "these data")
    by = (_factors(outer, info.outer, "outer"), _factors(inner, info.inner, "inner"))
    response, covariate = info.formula.response, strip_parens(info.formula.right)
    assert response is not None
    groups: tuple[Expr, ...] = tuple(Name(name) for name in info.groups)
    drawn_covariate = response if isinstance(covariate, Number) else covariate
    form = Form(response, drawn_covariate, (*groups, *by[0], *by[1]), {}, "formula")
    drawn = evaluate_on(form, data, axis_labels(info), (*groups, *by[0], *by[1]))
    if isinstance(covariate, Number) or drawn.covariate.levels is not None:
        return _dots(drawn, info, len(by[0]), not isinstance(covariate, Number), look, key)
    return _lines(drawn, _parts(drawn, len(groups), depth, len(by[0])), look, key)


def _factors(given: str | bool | None, own: str | None, argument: str) -> tuple[Expr, ...]:
    """The factors that a one-sided formula names; those of the data themselves for True."""
    if given is None or given is False:
        return ()
    text = own if given is True else given
    if not isinstance(text, str):
        raise ArgumentError(f"{argument}: the data name no {argument} factors; write '~ factor'")
    form = parse_form(text, argument)
    if form.response is not None or form.conditions:
        raise ArgumentError(f"{argument}: expected a one-sided formula such as '~ Sex', got {text!r}")
    head, tail = left_spine(strip_parens(form.covariate), frozenset("*+"))
    return (head, *(each for _, each in tail))


def _parts(drawn: Drawn, n_groups: int, depth: int, n_outer: int) -> Parts:
    n = len(drawn.rows)
    groups, rest = drawn.conditions[:n_groups], drawn.conditions[n_groups:]
    outer, inner = rest[:n_outer], rest[n_outer:]
    panels, titles = panels_of(outer, n) if outer else nested_groups(groups[:depth], n)
    kinds, names = panels_of(inner, n)
    lines, _ = panels_of([*inner, *groups, *outer], n)
    if not outer and not inner and depth == n_groups:
        lines = panels
    return Parts(panels, titles, lines, kinds, names)


def _lines(drawn: Drawn, parts: Parts, look: Look, key: bool) -> Any:
    """Points, and lines through the averages of the responses at each value of the covariate."""
    assert drawn.response is not None
    x, y = drawn.covariate.values, drawn.response.values
    axes, conditioned = axes_for(parts.titles, drawn.covariate.label, drawn.response.label, look)
    shown: dict[int, Any] = {}
    for k, ax in enumerate(axes):
        marks.grid_lines(ax, look.grid)
        own = parts.panels == k
        for kind in np.unique(parts.kinds[own]):
            colour: dict[str, Any] = {"color": f"C{kind}"}
            rows = own & (parts.kinds == kind)
            marks.points(ax, x[rows], y[rows], {**colour, **look.style})
            for line in np.unique(parts.lines[rows]):
                at, means = averages(x, y, np.flatnonzero(rows & (parts.lines == line)))
                (shown[int(kind)],) = ax.plot(at, means, linewidth=1.0, **colour)
    if key and len(parts.names) > 1:
        key_above(
            axes[0], [shown[kind] for kind in sorted(shown)], [parts.names[kind] for kind in sorted(shown)]
        )
    return as_returned(axes, conditioned)


def averages(x: Array, y: Array, rows: Indices) -> tuple[Array, Array]:
    """The distinct x of some rows, and the averages of their y."""
    at, place = np.unique(x[rows], return_inverse=True)
    return at, np.bincount(place, y[rows]) / np.bincount(place)


def _dots(drawn: Drawn, info: GroupedInfo, n_outer: int, series: bool, look: Look, key: bool) -> Any:
    """A line a group, the responses as dots on it, a kind of dot for each level of a factor covariate."""
    assert drawn.response is not None
    n = len(drawn.rows)
    groups, outer = drawn.conditions[: len(info.groups)], drawn.conditions[len(info.groups) :][:n_outer]
    rows, names = nested_groups(groups, n)
    panels, titles = panels_of(outer, n)
    levels = drawn.covariate.levels if series else None
    dots = Dots(
        values=drawn.response.values,
        rows=rows,
        panels=panels,
        series=drawn.covariate.values.astype(np.intp) if levels else np.zeros(n, np.intp),
        categories=names,
        titles=titles,
        names=levels or ("",),
        x_label=drawn.response.label,
        y_label="/".join(info.groups),
        share_x=True,
    )
    axes = draw_dots(dots, look, key)
    return axes if titles != ("",) else axes[0]
