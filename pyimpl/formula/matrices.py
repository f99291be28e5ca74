"""Constant matrices, as starting values are written: ``diag(2)``, ``matrix(c(2, .5, .5, 1), 2)``, ``0.5 * diag(2)``."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pyimpl.errors import FormulaError
from pyimpl.formula.constants import constant_value, flag, whole_number
from pyimpl.formula.nodes import Binary, Call, Expr, strip_parens

Rows = tuple[tuple[float, ...], ...]
"""A matrix, row by row."""

_LARGEST = 100
_ARGUMENTS = {"matrix": ("data", "nrow", "ncol", "byrow"), "diag": ("x", "nrow")}


def constant_matrix(expr: Expr, where: str) -> Rows | None:
    """Return the rows of a matrix in R's spelling, None when `expr` is not one.

    Raises
    ------
    FormulaError
        When it is one with arguments that make no matrix of numbers; `where` starts the message.
    """
    values = _matrix(expr, where)
    if values is None:
        return None
    if not np.isfinite(values).all():
        raise FormulaError(f"{where} must be finite numbers")
    return tuple(tuple(row) for row in values.tolist())


def _matrix(expr: Expr, where: str) -> npt.NDArray[np.float64] | None:
    expr = strip_parens(expr)
    if isinstance(expr, Binary) and expr.operator in ("*", "/"):
        left = _matrix(expr.left, where)
        right = _matrix(expr.right, where) if expr.operator == "*" and left is None else None
        if left is None and right is None:
            return None
        factor = constant_value(expr.right if right is None else expr.left, where)
        if not isinstance(factor, float) or (expr.operator == "/" and factor == 0):
            raise FormulaError(f"{where}: a matrix can be multiplied or divided by a number only")
        if left is not None:
            return left * factor if expr.operator == "*" else left / factor
        return None if right is None else factor * right
    if not isinstance(expr, Call) or expr.function not in _ARGUMENTS:
        return None
    given = _arguments(expr, where)
    return _diagonal(given, expr, where) if expr.function == "diag" else _full(given, expr, where)


def _arguments(call: Call, where: str) -> dict[str, Expr]:
    known = _ARGUMENTS[call.function]
    given = {one.name: one.value for one in call.arguments if one.name is not None}
    free = [name for name in known if name not in given]
    positional = [one.value for one in call.arguments if one.name is None]
    wrong = next((name for name in given if name not in known), None)
    if wrong is not None or len(positional) > len(free) or len(given) + len(positional) < len(call.arguments):
        raise FormulaError(f"{where}: {call.function}() takes {', '.join(known)} here")
    given.update(zip(free, positional, strict=False))
    if known[0] not in given:
        raise FormulaError(f"{where}: {call.function}() needs its argument `{known[0]}`")
    return given


def _numbers(expr: Expr, where: str) -> npt.NDArray[np.float64]:
    value = constant_value(expr, where)
    several = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(one, float) for one in several):
        raise FormulaError(f"{where} must be numbers")
    return np.array(several, dtype=np.float64)


def _diagonal(given: dict[str, Expr], call: Call, where: str) -> npt.NDArray[np.float64]:
    x = _numbers(given["x"], where)
    if "nrow" in given:
        return np.diag(np.resize(x, _count(given, "nrow", len(x), call, where)))
    if len(x) == 1:
        return np.eye(_count(given, "x", 1, call, where))
    return np.diag(x)


def _full(given: dict[str, Expr], call: Call, where: str) -> npt.NDArray[np.float64]:
    data = _numbers(given["data"], where)
    # What isn't given follows from the number of elements, as in R.
    columns = _count(given, "ncol", 1, call, where)
    rows = _count(given, "nrow", math.ceil(len(data) / columns), call, where)
    if "ncol" not in given:
        columns = math.ceil(len(data) / rows)
    if rows * columns % len(data):
        raise FormulaError(f"{where}: {len(data)} numbers don't fill a matrix of {rows} x {columns}")
    constants = {name: constant_value(given[name], where) for name in ("byrow",) if name in given}
    by_row = flag(constants, "byrow", False, call, where)
    return np.resize(data, rows * columns).reshape((rows, columns), order="C" if by_row else "F")


def _count(given: dict[str, Expr], name: str, default: int, call: Call, where: str) -> int:
    constants = {name: constant_value(given[name], where)} if name in given else {}
    return whole_number(constants, name, default, 1, _LARGEST, call, where)
