"""Groups' values as dots, a line a group, and effects against what is known of the groups: R's ``plot.ranef.lme``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.errors import ArgumentError, FormulaError
from pyimpl.formula.deparse import deparse
from pyimpl.formula.nodes import Expr, Name, left_spine, strip_parens
from pyimpl.pictures import marks
from pyimpl.pictures.canvas import Frame, as_returned, key_above, panels
from pyimpl.pictures.effects import Effects
from pyimpl.pictures.form import Form, parse_form
from pyimpl.pictures.loess import Loess
from pyimpl.pictures.scatter import Look
from pyimpl.pictures.variables import Variable, group_variables

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Dots:
    """Values by category and panel.

    Attributes
    ----------
    values : (n,) array
    rows : (n,) int array
        Each value's category.
    panels : (n,) int array
    series : (n,) int array
        Which of several series a value belongs to.
    categories, titles, names : tuple of str
        What categories, panels and series are called.
    x_label, y_label : str
    share_x : bool
        Whether all panels have the same limits along x.
    """

    values: Array
    rows: Indices
    panels: Indices
    series: Indices
    categories: tuple[str, ...]
    titles: tuple[str, ...]
    names: tuple[str, ...]
    x_label: str
    y_label: str
    share_x: bool = False


def draw_dots(dots: Dots, look: Look, key: bool = True) -> Any:
    """Draw a panel a title, a faint line a category, and dots on it; an array of axes."""
    axes = dot_panels(dots.categories, dots.titles, dots.x_label, dots.y_label, look, dots.share_x)
    for k, ax in enumerate(axes):
        drawn = []
        for j in range(len(dots.names)):
            own = (dots.panels == k) & (dots.series == j)
            style = {
                "marker": "o",
                "linestyle": "",
                "fillstyle": "full" if j == 0 else "none",
                "color": f"C{j}",
            }
            drawn.append(marks.points(ax, dots.values[own], dots.rows[own] + 1.0, {**style, **look.style}))
    if key and len(dots.names) > 1:
        key_above(axes[0], drawn, dots.names)
    return as_returned(axes, True)


def dot_panels(
    categories: Sequence[str], titles: tuple[str, ...], x_label: str, y_label: str, look: Look, share_x: bool
) -> list[Axes]:
    """Panels whose y axis is categories, first at the bottom, with a faint line each."""
    height = float(np.clip(0.15 * len(categories) + 0.3, 1.8, 11))
    layout = look.layout or (min(len(titles), 4), -(-len(titles) // 4))
    axes = panels(Frame(titles, x_label, y_label, layout, share_x, True, height), look.ax)
    for ax in axes:
        marks.category_axis(ax, categories, upright=True)
        marks.category_lines(ax, len(categories))
    return axes


def plot_effects(effects: Effects, form: str | None, look: Look, smoother: Loess | None, grid: bool) -> Any:
    """Draw groups' effects: dots by group, by a combination of covariates, or one effect against covariates.

    Parameters
    ----------
    effects : Effects
    form : str or None
        None: a line a group. ``"~ Sex"``: a line a value, or a combination of values. ``"age ~ Sex + weight"``: that
        effect against each covariate, boxes for a factor, points for numbers.
    look : Look
    smoother : Loess or None
        The curve through points, and whether boxes' medians are joined; None draws neither.
    grid : bool
        For effects against covariates.

    Raises
    ------
    FormulaError, ArgumentError
        The form names an effect or a covariate that isn't there, or no effect varies.
    """
    if not effects.names:
        raise ArgumentError("level: the effects are the same in all groups, so there is nothing to draw")
    parsed = None if form is None else parse_form(form)
    if parsed is not None and parsed.conditions:
        raise FormulaError("form: panels are one an effect or a covariate here; leave the condition out")
    if parsed is not None and parsed.response is not None:
        return _against_covariates(effects, parsed, replace(look, grid=grid), smoother)
    groups = effects.groups
    categories, rows, label = groups.names, np.arange(len(groups.names)), groups.label
    if parsed is not None:
        categories, rows = _combinations(group_variables(parsed, _covariates(parsed), groups))
        label = deparse(parsed.covariate)
    q = len(effects.names)
    dots = Dots(
        values=effects.values.T.ravel(),
        rows=np.tile(rows, q),
        panels=np.repeat(np.arange(q), len(rows)),
        series=np.zeros(q * len(rows), np.intp),
        categories=categories,
        titles=effects.names,
        names=("",),
        x_label=effects.label,
        y_label=label,
        share_x=effects.standard,
    )
    return draw_dots(dots, look)


def _covariates(form: Form) -> list[Expr]:
    head, tail = left_spine(strip_parens(form.covariate), frozenset("+*"))
    return [head, *(each for _, each in tail)]


def _combinations(variables: list[Variable]) -> tuple[tuple[str, ...], Indices]:
    """The combinations of values that occur, in order of appearance, and each group's."""
    texts = [" ".join(row) for row in zip(*(v.texts() for v in variables), strict=True)]
    found = dict.fromkeys(texts)
    places = {text: k for k, text in enumerate(found)}
    return tuple(found), np.array([places[text] for text in texts], np.intp)


def _against_covariates(effects: Effects, form: Form, look: Look, smoother: Loess | None) -> Any:
    """A panel a covariate."""
    assert form.response is not None
    name = _effect_name(form.response)
    if name not in effects.names:
        raise FormulaError(
            f"form: {name!r} is no effect that varies between the groups; choose {', '.join(effects.names)}"
        )
    covariates = group_variables(form, _covariates(form), effects.groups)
    values = effects.values[:, effects.names.index(name)]
    known = np.isfinite(values)
    titles = tuple(each.label for each in covariates)
    frame = Frame(titles, "", name, look.layout or (min(len(titles), 3), -(-len(titles) // 3)), False, True)
    axes = panels(frame, look.ax)
    for ax, covariate in zip(axes, covariates, strict=True):
        marks.grid_lines(ax, look.grid)
        if covariate.levels is None:
            marks.points(ax, covariate.values[known], values[known], look.style)
            if smoother is not None:
                marks.smooth_line(ax, covariate.values[known], values[known], smoother, {})
        else:
            own = replace(covariate, values=covariate.values[known])
            _boxes(ax, own, values[known], smoother is not None, look.style)
    return as_returned(axes, True)


def _boxes(ax: Axes, covariate: Variable, values: Array, joined: bool, style: Mapping[str, Any]) -> None:
    """Standing boxes, with a line through their medians."""
    codes = covariate.values.astype(np.intp)
    assert covariate.levels is not None
    marks.boxes(ax, values, codes, covariate.levels, across=False, style=style)
    if joined:
        found = np.unique(codes)
        ax.plot(found + 1.0, [np.median(values[codes == k]) for k in found], color="C1", linewidth=1.2)


def _effect_name(expr: Expr) -> str:
    """The effect on the left: ``(Intercept)`` may stand with or without backticks."""
    inner = strip_parens(expr)
    if isinstance(inner, Name) and inner.name == "Intercept":
        return "(Intercept)"
    return inner.name if isinstance(inner, Name) else deparse(expr)
