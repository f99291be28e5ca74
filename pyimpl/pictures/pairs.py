"""Random effects or coefficients against each other: R's ``pairs.lme``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError, FormulaError
from pyimpl.pictures import marks
from pyimpl.pictures.canvas import matrix_of_panels
from pyimpl.pictures.form import parse_form
from pyimpl.pictures.outliers import Identify, is_level
from pyimpl.pictures.scatter import Look, Scatter, draw_scatter
from pyimpl.pictures.sources import Source
from pyimpl.pictures.variables import group_variables, panels_of

DEFAULT = "~ coef(.)"


def plot_pairs(source: Source, form: str | None, identify: Identify, look: Look) -> Any:
    """Draw each pair of a level's effects; those that are the same in all groups are left out.

    Returns
    -------
    Axes, or an array of them
        One for two effects, a panel a condition, or a matrix (q, q) for more effects.

    Raises
    ------
    FormulaError, ArgumentError
        The form is something else, or fewer than two effects vary.
    """
    parsed = parse_form(DEFAULT if form is None else form)
    asked = parsed.term(parsed.covariate)
    if parsed.response is not None or asked is None or asked.one_a_row:
        raise FormulaError("form: pairs are drawn of groups' effects; write '~ ranef(.)' or '~ coef(.)'")
    effects = source.effects(asked).varying()
    if len(effects.names) < 2:
        raise ArgumentError(
            f"form: only {', '.join(effects.names) or 'nothing'} varies between the groups, and pairs need two effects"
        )
    n = len(effects.values)
    outlying = np.zeros(n, bool)
    if identify.wanted and is_level(identify.id):
        outlying = effects.distant(identify.id)
    texts = effects.texts(identify, outlying)
    panels, titles = panels_of(group_variables(parsed, parsed.conditions, effects.groups), n)
    x, y = effects.values[:, 0], effects.values[:, 1]
    if len(effects.names) == 2:
        return draw_scatter(Scatter(x, y, panels, titles, effects.names[0], effects.names[1], texts), look)
    if titles != ("",):
        raise FormulaError("form: panels by a condition are for two effects; leave the condition out")
    return draw_matrix(effects.values, effects.names, texts, look)


def draw_matrix(values: Array, names: tuple[str, ...], texts: tuple[str, ...], look: Look) -> Any:
    """A matrix of scatter plots, row i against column j, the names on its diagonal; (q, q) array of axes."""
    axes = matrix_of_panels(names, look.ax)
    labelled = np.flatnonzero([bool(text) for text in texts])
    for i in range(len(names)):
        for j in range(len(names)):
            if i == j:
                continue
            ax = axes[i, j]
            marks.grid_lines(ax, look.grid)
            marks.points(ax, values[:, j], values[:, i], look.style)
            marks.point_labels(ax, values[labelled, j], values[labelled, i], [texts[k] for k in labelled])
    return axes
