"""R's ``format``: numbers and strings to text of one common width.

R chooses one format for a whole vector: the fewest significant digits (at most `digits`) that show every
element to `digits` digits, then fixed or scientific notation, whichever is narrower (fixed if they tie).

Source: ``?format``, ``?print.default`` and ``?options`` (digits, scipen) of R 4.2; held against R's answers
in the tests.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from pyimpl.report.text import display_width, pad

DIGITS = 7  # R's options(digits)

_SPRINTF_DIGITS = 16  # from here on R leaves the rounding to sprintf
_EXTENDED_BITS = 64  # mantissa of the 80-bit long double in which R decides how a number rounds
_TABLE_POWERS = 27  # R scales by the double nearest 10**27, but by a long double beyond
_MAX_FIXED_DIGITS = 350


@dataclass(frozen=True, slots=True)
class _Decimal:
    """One number at `digits` significant digits: where its digits stand, and how many it needs."""

    negative: bool
    exponent: int
    n_significant: int
    n_left: int


@dataclass(frozen=True, slots=True)
class RealFormat:
    """The common format of a numeric vector.

    Attributes
    ----------
    width : int
        Characters of the widest element.
    decimals : int
        Digits after the decimal point (of the mantissa, in scientific notation).
    scientific : bool
        Whether elements are written as ``1.5e+10``.
    """

    width: int
    decimals: int
    scientific: bool

    def encode(self, x: float, nan: str = "NaN") -> str:
        """Write one number in this format, right-justified."""
        if math.isnan(x):
            text = nan
        elif math.isinf(x):
            text = "Inf" if x > 0 else "-Inf"
        else:
            text = f"{x + 0.0 if x else 0.0:.{self.decimals}{'e' if self.scientific else 'f'}}"
        return text.rjust(self.width)


def _round_to_extended(x: Fraction) -> Fraction:
    """Round a positive rational to a 64-bit mantissa, half to even."""
    shift = _EXTENDED_BITS - (x.numerator.bit_length() - x.denominator.bit_length())
    scaled = x * Fraction(2) ** shift
    if scaled >= 2**_EXTENDED_BITS:
        scaled, shift = scaled / 2, shift - 1
    return Fraction(round(scaled)) / Fraction(2) ** shift


def _mantissa_near_a_tie(magnitude: float, digits: int) -> tuple[str, int]:
    """Return the digits and exponent that R's long-double arithmetic gives where exact rounding might differ.

    R scales the number to `digits` integer digits in 80-bit arithmetic and rounds that half to even, so that
    0.15 (a little less than 15/100) may or may not be a tie. The arithmetic is redone here in exact
    rationals, which gives the same answer on machines that have no 80-bit type.
    """
    power = math.floor(math.log10(magnitude)) - digits + 1
    exact = Fraction(magnitude)
    if abs(power) <= _TABLE_POWERS:
        scale = Fraction(float(f"1e{abs(power)}"))
        scaled = _round_to_extended(exact / scale if power > 0 else exact * scale)
    else:
        scaled = _round_to_extended(exact / _round_to_extended(Fraction(10) ** power))
    if scaled < 10 ** (digits - 1):
        scaled, power = _round_to_extended(scaled * 10), power - 1
    mantissa = str(round(scaled))
    return mantissa, power + len(mantissa) - 1


def _mantissa(magnitude: float, digits: int) -> tuple[str, int]:
    """Return the significant digits (no trailing zeros) and the decimal exponent of a positive number."""
    # the digits beyond the wanted ones, to the 20th; R's scaling is off by less than 1e-16 of the number
    tail = f"{magnitude:.19e}".partition("e")[0][digits + 1 :]
    if digits < _SPRINTF_DIGITS and abs(int(tail) - 5 * 10 ** (len(tail) - 1)) <= 10**4:
        mantissa, exponent = _mantissa_near_a_tie(magnitude, digits)
    else:
        head, _, power = f"{magnitude:.{digits - 1}e}".partition("e")
        mantissa, exponent = head.replace(".", ""), int(power)
    return mantissa.rstrip("0"), exponent


def _analyse(x: float, digits: int) -> _Decimal:
    """Find how many digits `x` needs, and where they stand."""
    if x == 0.0:
        return _Decimal(negative=False, exponent=0, n_significant=1, n_left=1)
    magnitude = abs(x)
    mantissa, exponent = _mantissa(magnitude, digits)
    n_left = exponent + 1
    # 9996 at 3 digits is 1.00e+04, but in fixed notation it still takes four places
    if exponent > 0 and digits < exponent and magnitude < 10.0**exponent - 0.5:
        n_left -= 1
    return _Decimal(negative=x < 0, exponent=exponent, n_significant=len(mantissa), n_left=n_left)


def common_format(x: ArrayLike, digits: int = DIGITS, nsmall: int = 0, nan: str = "NaN") -> RealFormat:
    """Choose the format that R would use for all of `x`.

    Parameters
    ----------
    x : array_like of float
        Flattened.
    digits : int, optional
        Significant digits wanted, 1 to 22.
    nsmall : int, optional
        Least number of decimals in fixed notation.
    nan : str, optional
        How a missing number is written: ``"NaN"``, or ``"NA"`` where R's vector holds NA.

    Returns
    -------
    RealFormat
    """
    values = np.asarray(x, dtype=np.float64).ravel().tolist()
    parts = [_analyse(v, digits) for v in values if math.isfinite(v)]
    fmt = _common_of_finite(parts, nsmall) if parts else RealFormat(0, 0, scientific=False)
    special = {nan if math.isnan(v) else "Inf" if v > 0 else "-Inf" for v in values if not math.isfinite(v)}
    width = max([fmt.width, *map(len, special)])
    return RealFormat(width, fmt.decimals, fmt.scientific)


def _common_of_finite(parts: list[_Decimal], nsmall: int) -> RealFormat:
    any_negative = any(p.negative for p in parts)
    left = max(max(p.n_left, 1) + p.negative for p in parts)
    decimals = max(0, *(p.n_significant - p.exponent - 1 for p in parts))
    fixed_width = left + decimals + (decimals > 0)

    mantissa_decimals = max(p.n_significant for p in parts) - 1
    exponents = [p.exponent for p in parts]
    exponent_digits = 3 if max(exponents) >= 100 or min(exponents) <= -100 else 2
    scientific_width = any_negative + 1 + (mantissa_decimals > 0) + mantissa_decimals + 2 + exponent_digits

    if fixed_width > scientific_width or decimals > _MAX_FIXED_DIGITS:
        return RealFormat(scientific_width, mantissa_decimals, scientific=True)
    decimals = max(decimals, nsmall)
    return RealFormat(left + decimals + (decimals > 0), decimals, scientific=False)


def format_real(x: ArrayLike, digits: int = DIGITS, nsmall: int = 0, nan: str = "NaN") -> list[str]:
    """Format numbers as R's ``format(x)``: one common format, padded to one width.

    Parameters
    ----------
    x : array_like of float
        Flattened.
    digits, nsmall, nan
        As for :func:`common_format`.

    Returns
    -------
    list of str
        One string of equal width for each element.
    """
    fmt = common_format(x, digits, nsmall, nan)
    return [fmt.encode(v, nan) for v in np.asarray(x, dtype=np.float64).ravel().tolist()]


def format_integers(x: Iterable[int]) -> list[str]:
    """Format whole numbers, right-justified to the widest."""
    texts = [str(int(v)) for v in x]
    width = max(map(len, texts), default=0)
    return [t.rjust(width) for t in texts]


def format_strings(x: Sequence[str], justify: str = "left") -> list[str]:
    """Pad strings to the widest, as ``format`` does with a character vector.

    Parameters
    ----------
    x : sequence of str
    justify : {"left", "right"}, optional

    Returns
    -------
    list of str
    """
    width = max(map(display_width, x), default=0)
    return [pad(s, width, justify) for s in x]
