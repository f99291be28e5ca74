"""Write a syntax tree back as R's ``deparse`` spells it."""

from __future__ import annotations

import math

from pyimpl.formula.nodes import Argument, Call, Constant, Expr, Name, Number, Paren, Text, Unary, left_spine
from pyimpl.formula.tokens import CONSTANTS, RESERVED

_TIGHT = frozenset({"^", ":", "/", "%%", "%/%"})
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def deparse(expr: Expr, digits: int = 15) -> str:
    """Return `expr` as R prints it, on one line (R's ``deparse`` with an unlimited width).

    R shows numbers with 15 `digits`; 17 lose nothing.
    """
    head, tail = left_spine(expr)
    pieces = [_operand(head, digits)]
    for operator, right in tail:
        pieces.append(operator if operator in _TIGHT else f" {operator} ")
        pieces.append(deparse(right, digits))
    return "".join(pieces)


def shortened(expr: Expr) -> str:
    """Return `expr` deparsed, cut to 60 characters for an error message."""
    text = deparse(expr)
    return text if len(text) <= 60 else text[:57] + "..."


def _operand(expr: Expr, digits: int) -> str:
    if isinstance(expr, Name):
        return quote_name(expr.name)
    if isinstance(expr, Number):
        return format_number(expr.value, digits) if not expr.integer else f"{expr.value:.0f}L"
    if isinstance(expr, Text):
        return '"' + expr.value.translate(_ESCAPES) + '"'
    if isinstance(expr, Constant):
        return expr.name
    if isinstance(expr, Paren):
        return f"({deparse(expr.inner, digits)})"
    if isinstance(expr, Unary):
        return expr.operator + deparse(expr.operand, digits)
    assert isinstance(expr, Call)
    return f"{quote_name(expr.function)}({', '.join(_argument(a, digits) for a in expr.arguments)})"


def _argument(argument: Argument, digits: int) -> str:
    value = deparse(argument.value, digits)
    return value if argument.name is None else f"{quote_name(argument.name)} = {value}"


def quote_name(name: str) -> str:
    """Return `name`, in backticks where R needs them."""
    syntactic = (
        name.replace(".", "_").isidentifier()
        and not name.startswith("_")
        and not (name[:1] == "." and name[1:2].isdigit())
        and name not in CONSTANTS
        and name not in RESERVED
    )
    if syntactic:
        return name
    return "`" + name.translate(_ESCAPES).replace('\\"', '"').replace("`", "\\`") + "`"


def format_number(value: float, digits: int = 15) -> str:
    """Return `value` as R's ``as.character`` spells it.

    Up to `digits` significant digits; in fixed notation unless the scientific one is shorter.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    mantissa, exponent_text = f"{abs(value):.{digits - 1}e}".split("e")
    exponent = int(exponent_text)
    shown = mantissa.replace(".", "").rstrip("0")
    decimals = max(0, len(shown) - 1 - exponent)
    fixed_width = max(exponent, 0) + 1 + (decimals + 1 if decimals else 0)
    power = f"e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    scientific = shown[0] + ("." + shown[1:] if len(shown) > 1 else "") + power
    sign = "-" if value < 0 else ""
    return sign + (f"{abs(value):.{decimals}f}" if fixed_width <= len(scientific) else scientific)
