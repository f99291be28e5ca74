"""How numbers are written in a report."""

from __future__ import annotations

import math

from ..compare import Row
from ..readings import Value

VALUE_WIDTH = 14


def value(number: Value | None) -> str:
    """Return a value with ten significant digits, fewer where its exponent needs the room."""
    if number is None:
        return "-"
    if isinstance(number, str):
        return number if len(number) <= VALUE_WIDTH else "..."
    if not math.isfinite(number):
        return str(number)
    if float(number).is_integer() and abs(number) < 1e9:
        return str(int(number))
    text = f"{number:#.10g}"
    return text if len(text) <= VALUE_WIDTH else f"{number:.7g}"


def small(number: float) -> str:
    """Return a difference or a limit with two significant digits."""
    if math.isnan(number):
        return ""
    if math.isinf(number):
        return "inf"
    return "0" if number == 0 else f"{number:.1e}"


def raw_difference(row: Row) -> str:
    """Return candidate minus reference, in the value's own units."""
    if isinstance(row.reference, str) or isinstance(row.candidate, str):
        return ""
    if row.reference is None or row.candidate is None:
        return ""
    return small(row.candidate - row.reference)


def digits(number: float) -> str:
    """Return an LRE with one decimal."""
    return f"{number:.1f}"


def percent(share: float) -> str:
    """Return how much of a tolerance is used."""
    if math.isinf(share):
        return "all"
    return "0 %" if share == 0 else f"{100 * share:.2g} %" if share < 10 else f"{share:.1e} x"
