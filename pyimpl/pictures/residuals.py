"""Residuals, fitted values and covariates against each other: R's ``plot.lme``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pyimpl.errors import ArgumentError, FormulaError
from pyimpl.pictures import marks
from pyimpl.pictures.canvas import as_returned, one_panel
from pyimpl.pictures.form import parse_form
from pyimpl.pictures.outliers import Identify
from pyimpl.pictures.scatter import Look, Scatter, axes_for, draw_scatter
from pyimpl.pictures.sources import Source
from pyimpl.pictures.variables import Drawn, Variable, evaluate_form


def plot_form(source: Source, form: str | None, identify: Identify, look: Look, grid: bool | None) -> Any:
    """Draw a form: points where both sides are numbers, boxes for a factor on the left, bars without a left side.

    Parameters
    ----------
    source : Source
        What the form is evaluated on.
    form : str or None
        None draws the source's residuals against fitted values.
    identify : Identify
        Which points are labelled.
    look : Look
    grid : bool or None
        None is R's choice: lines in scatter plots only.

    Raises
    ------
    FormulaError, DataError, ArgumentError
        The form can't be drawn, or an argument doesn't go with it.
    """
    drawn = evaluate_form(parse_form(f"{source.residuals} ~ fitted(.)" if form is None else form), source)
    response = drawn.response
    if drawn.covariate.levels is not None:
        name = drawn.covariate.label
        raise FormulaError(
            f"form: the covariate '{name}' is a factor, but must be numeric; for box plots write it on the left, "
            f"as in '{name} ~ resid(.)'"
        )
    look = replace(look, grid=(response is not None and response.levels is None) if grid is None else grid)
    if response is not None and response.levels is None:
        return _points(source, drawn, response, identify, look)
    if identify.wanted:
        raise ArgumentError("id: points are labelled in scatter plots only; leave it out for this form")
    return _bars(drawn, look) if response is None else _boxes(drawn, response, look)


def _points(source: Source, drawn: Drawn, response: Variable, identify: Identify, look: Look) -> Any:
    shown = source.texts(identify, None, drawn.rows)
    x = drawn.covariate
    scatter = Scatter(x.values, response.values, drawn.panels, drawn.titles, x.label, response.label, shown)
    return draw_scatter(scatter, look)


def _bars(drawn: Drawn, look: Look) -> Any:
    x = drawn.covariate
    axes, conditioned = axes_for(drawn.titles, x.label, "Percent of Total", look)
    breaks = marks.histogram_breaks(x.values)
    for k, ax in enumerate(axes):
        marks.grid_lines(ax, look.grid)
        marks.histogram(ax, x.values[drawn.panels == k], breaks, look.style)
        marks.reference_line(ax, look.line, upright=True)
    return as_returned(axes, conditioned)


def _boxes(drawn: Drawn, response: Variable, look: Look) -> Any:
    assert response.levels is not None
    if look.ax is None and drawn.titles == ("",):
        height = float(np.clip(0.17 * len(response.levels) + 0.8, 2.4, 12))
        look = replace(look, ax=one_panel(None, "", "", (6.0, height)))
    axes, conditioned = axes_for(drawn.titles, drawn.covariate.label, response.label, look)
    for k, ax in enumerate(axes):
        own = drawn.panels == k
        marks.grid_lines(ax, look.grid)
        marks.boxes(
            ax,
            drawn.covariate.values[own],
            response.values[own],
            response.levels,
            across=True,
            style=look.style,
        )
        marks.reference_line(ax, look.line, upright=True)
    return as_returned(axes, conditioned)
