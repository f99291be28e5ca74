"""A condition on the rows, as R's ``subset``: ``"sex == 'F' & age > 8"``, ``"!is.na(ses) & site %in% c('A', 'B')"``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pyimpl.errors import DataError, FormulaError
from pyimpl.formula.constants import constant_value
from pyimpl.formula.deparse import deparse
from pyimpl.formula.evaluate import Evaluator
from pyimpl.formula.functions import check_allowed, data_names
from pyimpl.formula.nodes import Binary, Call, Expr, Name, Unary, strip_parens
from pyimpl.formula.parser import parse_expression
from pyimpl.formula.values import Categories, Logical, level_name, read_column
from pyimpl.formula.variables import check_columns

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Truth:
    """R's three-valued logic: where ``known`` is False the value is NA (and ``true`` is False)."""

    true: Mask
    known: Mask


def rows_where(text: str, frame: pd.DataFrame, argument: str = "subset") -> Mask:
    """Evaluate a condition to a mask of the rows; nothing but the allow-list is ever called.

    Missing values are R's: ``NA | TRUE`` is true, ``NA & FALSE`` false.

    Raises
    ------
    FormulaError, DataError
        When the text is no condition, a column is missing or can't be compared, or the condition is NA in a row.
    """
    truth = _truth(parse_expression(text, argument), frame, argument)
    unknown = int((~truth.known).sum())
    if unknown:
        raise DataError(
            f"{argument}: {text[:60]!r} is NA in {unknown} rows, because of missing values; say what becomes of "
            "them, for example with !is.na(x) & ..."
        )
    return truth.true


def condition_as_r_writes_it(text: str, argument: str = "subset") -> str:
    """Return a condition in R's own spelling: blanks around operators, text in double quotes."""
    return deparse(parse_expression(text, argument))


def condition_columns(text: str, argument: str = "subset") -> list[str]:
    """Return the columns that a condition uses."""
    return list(dict.fromkeys(data_names(parse_expression(text, argument))))


def _truth(expr: Expr, frame: pd.DataFrame, argument: str) -> _Truth:
    expr = strip_parens(expr)
    if isinstance(expr, Unary) and expr.operator == "!":
        inner = _truth(expr.operand, frame, argument)
        return _Truth(inner.known & ~inner.true, inner.known)
    if isinstance(expr, Binary) and expr.operator in ("&", "|"):
        left, right = _truth(expr.left, frame, argument), _truth(expr.right, frame, argument)
        return _both(left, right) if expr.operator == "&" else _either(left, right)
    if isinstance(expr, Call) and expr.function == "is.na":
        return _Truth(_is_missing(expr, frame, argument), np.full(len(frame), True))
    if isinstance(expr, Binary) and expr.operator == "%in%":
        return _member(expr, frame, argument)
    return _comparison(expr, frame, argument)


def _both(left: _Truth, right: _Truth) -> _Truth:
    false = (left.known & ~left.true) | (right.known & ~right.true)
    return _Truth(left.true & right.true, false | (left.known & right.known))


def _either(left: _Truth, right: _Truth) -> _Truth:
    true = left.true | right.true
    return _Truth(true, true | (left.known & right.known))


def _column(expr: Expr, frame: pd.DataFrame, argument: str) -> str:
    name = strip_parens(expr)
    if not isinstance(name, Name):
        raise FormulaError(f"{argument}: `{deparse(expr)[:60]}` must be a column here")
    check_columns([name.name], frame, argument)
    return name.name


def _is_missing(call: Call, frame: pd.DataFrame, argument: str) -> Mask:
    if len(call.arguments) != 1:
        raise FormulaError(f"{argument}: is.na() takes one column")
    return np.asarray(frame[_column(call.arguments[0].value, frame, argument)].isna(), dtype=np.bool_)


def _member(expr: Binary, frame: pd.DataFrame, argument: str) -> _Truth:
    """``x %in% c(...)``, which is never NA: a missing value is no member."""
    name = _column(expr.left, frame, argument)
    given = constant_value(expr.right, f"{argument}: the right side of %in%")
    wanted = {level_name(one) for one in (given if isinstance(given, tuple) else (given,))}
    complete = np.asarray(frame[name].notna(), dtype=np.bool_)
    mask = np.full(len(frame), False)
    if complete.any():
        column = read_column(frame[complete], name, argument)
        if isinstance(column, Categories):
            mask[complete] = np.isin(
                column.codes, [k for k, level in enumerate(column.levels) if level in wanted]
            )
        else:
            mask[complete] = [level_name(value) in wanted for value in column.data.tolist()]
    return _Truth(mask, np.full(len(frame), True))


def _comparison(expr: Expr, frame: pd.DataFrame, argument: str) -> _Truth:
    """Anything without ``&``, ``|`` and ``!``: NA where one of its columns is."""
    check_allowed(expr, argument)
    names = list(dict.fromkeys(data_names(expr)))
    check_columns(names, frame, argument)
    complete = np.asarray(frame[names].notna().all(axis=1)) if names else np.full(len(frame), True)
    mask = np.full(len(frame), False)
    if complete.any():
        value = Evaluator(frame[complete], argument).value(expr)
        if not isinstance(value, Logical):
            raise FormulaError(
                f"{argument}: `{deparse(expr)[:60]}` is not a condition; write one such as 'age > 8'"
            )
        mask[complete] = value.data
    return _Truth(mask, complete)
