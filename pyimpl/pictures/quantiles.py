"""Normal quantile plots of residuals and of random effects: R's ``qqnorm.lme``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyimpl.arrays import Array
from pyimpl.errors import FormulaError
from pyimpl.pictures.effects import Effects
from pyimpl.pictures.form import Form, ModelTerm, parse_form
from pyimpl.pictures.outliers import Identify, is_level
from pyimpl.pictures.scatter import Look, Scatter, draw_scatter
from pyimpl.pictures.sources import Source
from pyimpl.pictures.variables import evaluate_form, group_variables, panels_of
from pyimpl.tails import ndtri

_Y_LABEL = "Quantiles of standard normal"


def plot_quantiles(source: Source, form: str | None, identify: Identify, look: Look) -> Any:
    """Draw ordered residuals, or each of the random effects, along x against normal quantiles.

    Raises
    ------
    FormulaError
        The form is something else than residuals or random effects.
    """
    parsed = parse_form(f"~ {source.residuals}" if form is None else form)
    asked = parsed.term(parsed.covariate)
    if parsed.response is not None or asked is None or asked.function not in ("residuals", "ranef"):
        raise FormulaError(
            "form: quantiles are drawn of residuals or random effects only; write '~ resid(.)' or "
            "'~ ranef(., level = 1)', with '| g' for panels"
        )
    if asked.function == "residuals":
        return _of_residuals(source, parsed, asked, identify, look)
    return _of_effects(source.effects(asked), parsed, identify, look)


def _of_residuals(source: Source, form: Form, asked: ModelTerm, identify: Identify, look: Look) -> Any:
    """One plot; its panels, if any, show parts of it: the quantiles are those of all residuals, as in R."""
    drawn = evaluate_form(form, source)
    shown = source.texts(identify, asked.type, drawn.rows)
    residuals, label = source.term(asked)
    quantiles = normal_quantiles(residuals)[drawn.rows]
    x = drawn.covariate.values
    return draw_scatter(Scatter(x, quantiles, drawn.panels, drawn.titles, label, _Y_LABEL, shown), look)


def _of_effects(effects: Effects, form: Form, identify: Identify, look: Look) -> Any:
    """A panel an effect, and within it one a condition; each effect has quantiles of its own."""
    n, q = effects.values.shape
    outlying = np.zeros((n, q), bool)
    if identify.wanted and is_level(identify.id):
        outlying = effects.outlying(identify.id)
    own, titles = panels_of(group_variables(form, form.conditions, effects.groups), n)
    scatter = Scatter(
        x=effects.values.T.ravel(),
        y=np.concatenate([normal_quantiles(column) for column in effects.values.T]),
        panels=np.concatenate([own * q + k for k in range(q)]),
        titles=tuple(_joined(name, title) for title in titles for name in effects.names),
        x_label=effects.label,
        y_label=_Y_LABEL,
        texts=tuple(text for k in range(q) for text in effects.texts(identify, outlying[:, k])),
        share_x=effects.standard,
    )
    return draw_scatter(scatter, look)


def _joined(*titles: str) -> str:
    return ", ".join(title for title in titles if title)


def normal_quantiles(values: Array) -> Array:
    """The standard normal quantiles that go with values, as R's ``qqnorm``; NaN for NaN.

    The k-th smallest of n gets the quantile of (k - a) / (n + 1 - 2 a), a = 3/8 up to n = 10 and 1/2 beyond.
    """
    known = np.flatnonzero(~np.isnan(values))
    n = len(known)
    a = 3 / 8 if n <= 10 else 1 / 2
    quantiles = np.full(len(values), np.nan)
    quantiles[known[np.argsort(values[known], kind="stable")]] = ndtri(
        (np.arange(1, n + 1) - a) / (n + 1 - 2 * a)
    )
    return quantiles
