"""Constant arguments of the allowed functions, such as ``degree = 2`` or ``knots = c(1, 2)``."""

from __future__ import annotations

from collections.abc import Mapping

from pyimpl.errors import FormulaError
from pyimpl.formula.deparse import shortened
from pyimpl.formula.nodes import Binary, Call, Constant, Expr, Name, Number, Paren, Text, Unary

Value = float | bool | str | None | tuple[float | bool | str, ...]
"""What a constant argument can be; ``c(...)`` gives a tuple."""


def constant_value(expr: Expr, where: str) -> Value:
    """Return the value of a constant: a number, string, TRUE, FALSE, NULL, ``c(...)`` or arithmetic of numbers.

    Raises
    ------
    FormulaError
        When `expr` is not a constant; `where` starts the message.
    """
    if isinstance(expr, (Number, Text)):
        return expr.value
    if isinstance(expr, Paren):
        return constant_value(expr.inner, where)
    if isinstance(expr, Constant) and expr.name in _WORDS:
        return _WORDS[expr.name]
    if isinstance(expr, Name) and expr.name in ("T", "F"):
        return expr.name == "T"
    if isinstance(expr, Call) and expr.function == "c" and all(a.name is None for a in expr.arguments):
        parts = [constant_value(a.value, where) for a in expr.arguments]
        kinds = {type(part) for part in parts}
        if parts and len(kinds) == 1 and kinds <= {float, bool, str}:
            return tuple(part for part in parts if isinstance(part, (float, bool, str)))
    number = _constant_number(expr)
    if number is None:
        raise FormulaError(f"{where} must be a constant, not `{shortened(expr)}`")
    return number


_WORDS: dict[str, Value] = {"TRUE": True, "FALSE": False, "NULL": None, "Inf": float("inf")}


def _constant_number(expr: Expr) -> float | None:
    """Return the value of plain arithmetic such as ``-1`` or ``1/3``, or None when it is something else."""
    if isinstance(expr, Number):
        return expr.value
    if isinstance(expr, Paren):
        return _constant_number(expr.inner)
    if isinstance(expr, Unary) and expr.operator in "-+":
        value = _constant_number(expr.operand)
        return None if value is None else (-value if expr.operator == "-" else value)
    if isinstance(expr, Binary) and expr.operator in ("+", "-", "*", "/"):
        left, right = _constant_number(expr.left), _constant_number(expr.right)
        if left is None or right is None or (expr.operator == "/" and right == 0):
            return None
        return {"+": left + right, "-": left - right, "*": left * right}.get(
            expr.operator, left / (right or 1.0)
        )
    return None


def whole_number(
    given: Mapping[str, Value], name: str, default: int, low: int, high: int, call: Call, argument: str
) -> int:
    """Return the argument `name` of `call` as a whole number from `low` to `high`; NULL is the default."""
    value = given.get(name)
    if value is None:
        return default
    if not isinstance(value, float) or not value.is_integer() or not low <= value <= high:
        raise FormulaError(
            f"{argument}: {name} in `{shortened(call)}` must be a whole number from {low} to {high}"
        )
    return int(value)


def flag(given: Mapping[str, Value], name: str, default: bool, call: Call, argument: str) -> bool:
    """Return the argument `name` of `call` as TRUE or FALSE."""
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise FormulaError(f"{argument}: {name} in `{shortened(call)}` must be TRUE or FALSE")
    return value


def number_or_flag(given: Mapping[str, Value], name: str, call: Call, argument: str) -> float | bool:
    """Return the argument `name` of `call` as a number, or TRUE (the default) or FALSE."""
    value = given.get(name, True)
    if not isinstance(value, (bool, float)):
        raise FormulaError(f"{argument}: {name} in `{shortened(call)}` must be TRUE, FALSE or a number")
    return value


def numbers(given: Mapping[str, Value], name: str, call: Call, argument: str) -> tuple[float, ...] | None:
    """Return the argument `name` of `call` as numbers; None where it is NULL or not given."""
    value = given.get(name)
    if value is None:
        return None
    several = value if isinstance(value, tuple) else (value,)
    found = tuple(one for one in several if isinstance(one, float) and not isinstance(one, bool))
    if len(found) < len(several):
        raise FormulaError(f"{argument}: {name} in `{shortened(call)}` must be numbers, as in c(1, 2)")
    return found
