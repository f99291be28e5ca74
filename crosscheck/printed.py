"""Two printed pages: whether they say the same in other digits, and how far apart these are."""

from __future__ import annotations

import re

NUMBER = re.compile(r"[<>]?-?\d*\.?\d+(?:[eE][-+]?\d+)?")
_VALUE = re.compile(rf"{NUMBER.pattern}|\bNaN\b")

LAST_DIGITS = 1e-5
"""By how much, relatively, a printed number may differ where R's optimum ends in finite differences: its tolerance."""


def same_words(one: str, other: str) -> bool:
    """Whether two pages differ in nothing but their numbers and the room these take; NaN is one of these."""
    return _VALUE.sub("#", one).split() == _VALUE.sub("#", other).split()


def same_but_last_digits(one: str, other: str, *, by_fitted: bool) -> bool:
    """Whether two pages of the same words differ in last digits only; weights by fitted values leave one digit less."""
    return furthest(one, other) <= (10 if by_fitted else 1) * LAST_DIGITS


def furthest(one: str, other: str) -> float:
    """Return the largest relative difference of the numbers of two pages of the same words.

    A number that is rounded to few places is as far off as these let it be known; a NaN beside a number is as far
    off as can be.
    """
    numbers = NUMBER.findall(one), NUMBER.findall(other)
    if len(numbers[0]) != len(numbers[1]):
        return float("inf")
    pairs = zip(*numbers, strict=True)
    return max((_apart(a.lstrip("<>"), b.lstrip("<>")) for a, b in pairs if a != b), default=0.0)


def _apart(one: str, other: str) -> float:
    """Return the least relative difference that two printed numbers may come from."""
    a, b = float(one), float(other)
    return max(abs(a - b) - _place(one) / 2 - _place(other) / 2, 0.0) / max(abs(a), abs(b))


def _place(number: str) -> float:
    """Return the unit of the last digit printed."""
    mantissa, _, exponent = number.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return float(10.0 ** (int(exponent or 0) - decimals))
