"""The functions and operators of the allow-list that work row by row, with R's semantics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pyimpl.formula.values import FloatArray

UNARY: dict[str, Callable[[FloatArray], FloatArray]] = {
    "exp": np.exp,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "floor": np.floor,
    "ceiling": np.ceil,
    "sign": np.sign,
}
"""Functions of one numeric argument."""

ARITHMETIC: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "%%": np.mod,
    "%/%": np.floor_divide,
}
"""Operators from two numbers to a number; ``%%`` has the divisor's sign, as in R and numpy."""

COMPARISONS = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
}
"""Operators from two numbers to a truth value."""


def log_to_base(x: FloatArray, base: FloatArray) -> FloatArray:
    """Return R's ``log(x, base)``; bases 2 and 10 are exact."""
    if base.ndim == 0 and base == 2.0:
        return np.log2(x)
    if base.ndim == 0 and base == 10.0:
        return np.log10(x)
    return np.asarray(np.log(x) / np.log(base))


def round_to(x: FloatArray, digits: int) -> FloatArray:
    """Return R's ``round(x, digits)``: the nearer of the two neighbours with so many decimals, ties to even.

    Source: R's help page ``?Round`` (since R 4.0.0 the candidates are compared as the doubles they are).
    """
    if digits == 0:
        return np.round(x)
    if digits > 15:
        return x
    power = 10.0 ** abs(digits)
    scaled = x * power if digits > 0 else x / power
    below, above = np.floor(scaled), np.ceil(scaled)
    low, high = (below / power, above / power) if digits > 0 else (below * power, above * power)
    to_low, to_high = x - low, high - x
    take_low = (to_low < to_high) | ((to_low == to_high) & (np.mod(below, 2.0) == 0.0))
    return np.where(take_low, low, high)
