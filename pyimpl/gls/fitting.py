"""``gls``: from a call to a fit."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arguments import Control, check_control, check_method, lasting
from pyimpl.arrays import Indices
from pyimpl.call import GlsCall
from pyimpl.convergence import convergence_of, warnings_of
from pyimpl.design import make_design
from pyimpl.errors import ArgumentError, LmeWarning
from pyimpl.estimates import Estimates, estimates_at
from pyimpl.fitting import best_fit, select_rows
from pyimpl.formula import Formula, parse_formula, used_columns
from pyimpl.frame import check_frame, check_na_action
from pyimpl.gls.result import GlsFit
from pyimpl.grouping import nested_groups
from pyimpl.model import Model
from pyimpl.stream import in_pieces
from pyimpl.structured import Found, Structures, within_group


def gls(
    model: str,
    data: Any,
    correlation: Any = None,
    weights: Any = None,
    subset: Any = None,
    method: str = "REML",
    na_action: str = "fail",
    control: Mapping[str, Any] | None = None,
    contrasts: Mapping[str, str] | None = None,
) -> GlsFit:
    """Fit a regression with correlated or unequally precise errors by generalised least squares, as ``nlme::gls``.

    Parameters
    ----------
    model : str
        R formula of the response and the coefficients: ``"follicles ~ sin(2 * pi * Time)"``. An ``offset(x)`` in it,
        which R's gls refuses, is taken from the response and added to fitted values and predictions.
    data : DataFrame
        One row an observation; a polars DataFrame or an Arrow table will do. As for :func:`pyimpl.lme`.
    correlation : str or structure, optional
        The correlation of the errors: ``"corAR1(form = ~ 1 | Mare)"`` or ``corAR1("~ 1 | Mare")``. Rows of different
        groups are independent; where the form names no groups, all rows are one. Rows may be in any order.
    weights : str or structure, optional
        A variance function: ``"varPower(form = ~ x)"`` or ``varPower("~ x")``; ``"~ x"`` alone is varFixed. With
        ``fitted(.)`` the fit is the fixed point of nlme's iteration.
    subset : str, sequence or Series of bool, optional
        The rows to use: a condition in R's notation (``"sex == 'F'"``) or booleans; a Series is aligned by index.
    method : {"REML", "ML"}
        Maximise the restricted likelihood or the likelihood.
    na_action : {"fail", "omit", "exclude"}
        Missing values in a used column: an error; leave the rows out; leave them out and pad fitted values with NaN.
    control : mapping, optional
        Names of R's ``glsControl``. Those that steer R's way to the optimum don't matter here but for ``maxIter`` (0:
        no search). ``{"sigma": 1.5}`` is a residual standard error that is known; ``{"singular.ok": True}`` leaves out
        columns that are linear combinations of the columns before them, and says so in a warning. Beyond R,
        ``verbose`` and ``callback`` as for :func:`pyimpl.lme`.
    contrasts : mapping, optional
        Contrasts by factor: ``{"sector": "contr.sum"}``.

    Returns
    -------
    GlsFit

    Raises
    ------
    ArgumentError, FormulaError, DataError
        Saying which argument or column is wrong, and the mend.

    Warns
    -----
    LmeWarning
        The optimum isn't one, or columns were left out.
    """
    if in_pieces(data) is not None:
        raise ArgumentError(
            "data: gls needs all rows at once; pass a DataFrame of those that fit into memory"
        )
    reml = check_method(method) == "REML"
    settings = _settings(control)
    asked = Structures.read(correlation, weights)
    data = check_frame(data)
    formula = _formula(model, data)
    used = [*used_columns(formula, (), data), *asked.columns(data)]
    frame = select_rows(used, data, subset, check_na_action(na_action))
    design = make_design(formula, (), frame.rows, contrasts, settings.drop_dependent)
    within = within_group(asked.correlation, asked.variance, frame.rows, (), _by_group(asked, frame.rows))
    found = best_fit(design, within, formula, reml, settings)
    call = GlsCall(
        gls,
        frame.source,
        formula,
        correlation,
        weights,
        subset,
        method,
        na_action,
        lasting(control),
        contrasts,
    )
    fitted = Model(formula, method, frame, design, call, found.within)
    messages = warnings_of(fitted, found.optimum, convergence_of(fitted, found.optimum))
    for message in messages:
        warnings.warn(message, LmeWarning, stacklevel=2)
    return GlsFit(fitted, found.likelihood, found.optimum, _estimates(found, fitted), messages)


def _formula(model: object, data: pd.DataFrame) -> Formula:
    if not isinstance(model, str):
        raise ArgumentError(f"model: expected a formula such as 'y ~ x' as text, got {type(model).__name__}")
    return parse_formula(model, argument="model").expand_dot(
        [name for name in data.columns if isinstance(name, str)]
    )


def _settings(control: object) -> Control:
    """Read ``control``: glsControl's settings are lmeControl's, and singular.ok."""
    singular_ok = False
    if isinstance(control, Mapping):
        asked = {name: control[name] for name in ("singular.ok", "singular_ok") if name in control}
        for name, value in asked.items():
            if not isinstance(value, bool):
                raise ArgumentError(f"control: {name} must be True or False, got {value!r}")
            singular_ok = singular_ok or value
        control = {name: value for name, value in control.items() if name not in asked}
    settings = check_control(control, "glsControl")
    if settings.distributed:
        raise ArgumentError("control: distributed=True is for lme and a Dask DataFrame; leave it out")
    return replace(settings, drop_dependent=settings.drop_dependent or singular_ok)


def _by_group(asked: Structures, rows: pd.DataFrame) -> Indices | None:
    """What sorts the rows by the correlation's groups, which is the order in which strata are counted."""
    if asked.correlation is None or not asked.correlation.form.groups:
        return None
    codes = nested_groups(rows, asked.correlation.form.groups, "correlation")[-1].codes
    return np.asarray(np.argsort(codes, kind="stable"))


def _estimates(found: Found, fitted: Model) -> Estimates:
    """The estimates; standard errors have the unbiased sigma under ML, too, as nlme's gls has them everywhere."""
    estimates = estimates_at(found.likelihood, found.optimum, found.psi)
    if fitted.reml:
        return estimates
    n, p = fitted.n_obs, len(estimates.beta)
    return replace(estimates, vcov_root=estimates.vcov_root * np.sqrt(n / (n - p)))
