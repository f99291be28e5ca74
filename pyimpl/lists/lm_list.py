"""``lm_list``: from a call to a list of regressions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.choices import check_flag, choose_level
from pyimpl.design import check_magnitudes
from pyimpl.errors import ArgumentError, DataError, FormulaError
from pyimpl.formula import Formula, check_variables, learn_columns, parse_formula, response_column
from pyimpl.frame import check_frame, check_na_action, model_frame, subset_rows
from pyimpl.grouped_data import grouped_info
from pyimpl.grouping import Grouping, nested_groups
from pyimpl.lists.regressions import regress
from pyimpl.lists.result import LmList

_ARGUMENT = "formula"


def lm_list(
    formula: str | pd.DataFrame,
    data: pd.DataFrame | None = None,
    level: int | str | None = None,
    subset: Any = None,
    na_action: str = "fail",
    pool: bool = True,
) -> LmList:
    """Fit a regression to each group's rows, as R's ``nlme::lmList``.

    The columns of the model matrix are the same in every group, factors' contrasts and bases such as ``poly(x, 2)``
    included, so that the coefficients of different groups compare. (R builds them anew from each group's rows.)

    Parameters
    ----------
    formula : str or DataFrame
        R formula with the groups behind a bar: ``"distance ~ age | Subject"``; or without them if the data are those
        of :func:`pyimpl.grouped_data`. Such data alone stand for their own formula.
    data : DataFrame
        One row an observation; see :func:`pyimpl.lme`.
    level : int or str, optional
        Of several grouping factors, ``"y ~ x | school/class"``, the one whose groups have a regression each; the
        innermost if left out.
    subset : str, sequence or Series of bool, optional
        The rows to use.
    na_action : {"fail", "omit", "exclude"}
        What to do about missing values in a used column.
    pool : bool
        Whether standard errors come from one residual standard deviation for all groups, or from each group's own.

    Returns
    -------
    LmList

    Raises
    ------
    ArgumentError, FormulaError, DataError
        Saying which argument or column is wrong, and the mend.
    """
    parsed, data = _formula_of_groups(formula, data)
    check_variables(parsed, data, _ARGUMENT)
    depth = choose_level(level, parsed.groups, "this formula")
    keep = None if subset is None else subset_rows(subset, data)
    frame = model_frame(data, parsed.variables, keep, check_na_action(na_action))
    y, _ = response_column(parsed, frame.rows)
    spec = learn_columns(parsed.terms, frame.rows, argument=_ARGUMENT)
    X = spec.build(frame.rows)
    if not X.shape[1]:
        raise DataError("formula: it has no coefficients; keep at least the intercept, 'y ~ 1 | group'")
    check_magnitudes(y[:, None], [parsed.response_text], _ARGUMENT)
    check_magnitudes(X, spec.names, _ARGUMENT)
    groupings = _as_listed(nested_groups(frame.rows, parsed.groups[:depth], _ARGUMENT), frame.rows)
    regressions, residuals = regress(X, y - spec.offset(frame.rows), groupings[-1].codes)
    asked = None if level is None else depth
    return LmList(parsed, frame, groupings, spec, regressions, residuals, y, check_flag(pool, "pool"), asked)


def _formula_of_groups(formula: object, data: object) -> tuple[Formula, pd.DataFrame]:
    """The formula with its groups, which grouped data know, and the data."""
    if isinstance(formula, pd.DataFrame):
        if data is not None:
            raise ArgumentError("data: formula is a DataFrame already; give a formula, or no data")
        info = grouped_info(formula)
        if info is None:
            raise ArgumentError(
                "formula: these data don't say what depends on what; write 'y ~ x | group', or describe them with "
                "grouped_data()"
            )
        return info.formula, formula
    if not isinstance(formula, str):
        raise ArgumentError(
            f"formula: expected an R formula as text, such as 'y ~ x | group', got {type(formula).__name__}"
        )
    data = check_frame(data)
    parsed = parse_formula(formula, argument=_ARGUMENT)
    if parsed.response is None:
        raise FormulaError(f"formula: {formula!r} has no response; write 'y {formula}'")
    if not parsed.groups:
        info = grouped_info(data)
        if info is None:
            raise FormulaError(
                f"formula: {formula!r} doesn't say which groups to fit separately; write '{formula} | group'"
            )
        parsed = replace(parsed, groups=info.groups)
    others = [name for name in data.columns if isinstance(name, str) and name not in parsed.groups]
    return parsed.expand_dot(others), data


def _as_listed(groupings: tuple[Grouping, ...], rows: pd.DataFrame) -> tuple[Grouping, ...]:
    """Put nested groups in the order in which R lists them: as they come, unless the outermost factor is ordered."""
    outer, inner = rows[groupings[0].name].dtype, groupings[-1]
    if len(groupings) == 1 or (isinstance(outer, pd.CategoricalDtype) and outer.ordered):
        return groupings
    found = pd.unique(inner.codes)
    place = np.empty_like(found)
    place[found] = np.arange(len(found))
    listed = Grouping(
        inner.name, place[inner.codes], inner.names[found], inner.parents[found], inner.labels[found]
    )
    return *groupings[:-1], listed
