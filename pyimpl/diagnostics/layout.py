"""Which rows belong together for a diagnostic of the residuals, and where they stand: the argument ``form``."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.correlation import CorrelationRequest
from pyimpl.correlation.spatial import SHAPES
from pyimpl.errors import DataError, FormulaError
from pyimpl.formula import Formula, check_variables, learn_columns, parse_formula
from pyimpl.formula.factors import as_categories
from pyimpl.formula.values import read_column
from pyimpl.model import Model


@dataclass(frozen=True, slots=True)
class Layout:
    """The groups of the rows, and where each row stands in its group.

    Attributes
    ----------
    codes : (N,) int array
        Each row's group.
    coordinates : (N, k) array or None
        Where each row stands; None for its place among the rows of its group.
    names : tuple of str, length k
        The coordinates' names.
    """

    codes: Indices
    coordinates: Array | None = None
    names: tuple[str, ...] = ()


def spatial_request(model: Model) -> CorrelationRequest | None:
    """The correlation structure, if it is one that falls with distance: a variogram's distances are its own then."""
    request = None if model.within is None else model.within.correlation_request
    return (
        request if request is not None and request.structure in SHAPES and request.form.covariates else None
    )


def layout_of(model: Model, form: object) -> Layout:
    """Read ``form``: ``"~ x"``, ``"~ x | g"``, ``"~ x + y"``, ``"~ 1 | g"``; None is ``"~ 1"``.

    Without groups of its own they are the innermost ones of the model, or without random effects those within which
    its errors are correlated. The columns are looked up in the model's
    data, whether or not the model uses them.

    Raises
    ------
    FormulaError
        The formula is not a one-sided one.
    DataError
        A column is missing, has missing values, or its groups mix rows of different outermost groups.
    """
    innermost = _innermost(model)
    if form is None:
        return Layout(innermost)
    formula = _one_sided(form)
    data = model.frame.all_columns()
    check_variables(formula, data, "form")
    _refuse_missing(data, formula)
    codes = _groups(model, data, formula.groups) if formula.groups else innermost
    if not formula.terms.factors:
        return Layout(codes)
    # R leaves out the intercept, so that a factor's distances are between its dummy columns, all of them.
    columns = learn_columns(replace(formula.terms, intercept=False), data, argument="form")
    return Layout(codes, columns.build(data), columns.names)


def _innermost(model: Model) -> Indices:
    """The codes of the innermost groups, (N,)."""
    if model.levels:
        return model.levels[-1].grouping.codes
    correlation = None if model.within is None else model.within.correlation
    return np.zeros(model.n_obs, np.intp) if correlation is None else correlation.layout.codes


def _one_sided(form: object) -> Formula:
    if not isinstance(form, str):
        raise FormulaError(f"form: expected a formula such as '~ time', got {type(form).__name__}")
    formula = parse_formula(form, argument="form")
    if formula.response is not None:
        raise FormulaError(f"form: {formula.text!r} has a left side; write a one-sided formula, '~ time'")
    if formula.terms.offsets:
        raise FormulaError(f"form: {formula.text!r} holds an offset, which has no meaning here; drop it")
    return formula


def _refuse_missing(data: pd.DataFrame, formula: Formula) -> None:
    for name in (*formula.right_variables, *formula.groups):
        missing = int(data[name].isna().sum())
        if missing:
            raise DataError(
                f"form: column '{name}' has {missing} missing values in the rows of the fit; fill them, or fit the "
                "model to the rows that have a value"
            )


def _groups(model: Model, data: pd.DataFrame, names: tuple[str, ...]) -> Indices:
    """Codes of the nested groups ``names``, each of which has to lie inside an outermost group, where there are any."""
    codes = np.zeros(len(data), np.intp)
    for name in names:
        categories = as_categories(read_column(data, name, "form"), name, "form")
        joined = codes * np.intp(len(categories.levels)) + categories.codes
        codes = np.unique(joined, return_inverse=True)[1].astype(np.intp)
    if not model.levels:
        return codes
    outermost = model.levels[0].grouping
    first = np.empty(codes.max() + 1, np.intp)
    first[codes] = outermost.codes
    if (first[codes] != outermost.codes).any():
        raise DataError(
            f"form: the groups of '{'/'.join(names)}' hold rows of different groups of '{outermost.name}', which "
            f"are independent in this model; write '| {outermost.name}/{names[-1]}', or leave the groups out"
        )
    return codes
