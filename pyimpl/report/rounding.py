"""R's ``round``, ``signif`` and ``zapsmall``, digit for digit.

Each differs from numpy's function of the same purpose: ``numpy.round(0.15, 1)`` scales and rescales, R (since
4.0.0) picks the nearer of the two candidates that are representable. A printed p-value of 0.0125 hangs on it.

Source: ``?Round`` of R 4.2, section "Details"; every rule here is held against R's answers in the tests.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

_MAX_EXACT_DIGITS = 15  # decimal digits that every double carries
_MAX_POWER = 308  # largest power of ten that is a finite double
_MAX_ROUND_DIGITS = 323  # 5e-324 is the smallest double


def power_of_ten(exponent: int) -> float:
    """Return ``10**exponent`` (``exponent >= 0``) by repeated squaring in double precision.

    Beyond ``10**22`` the power is not exact; R's rounding sees this very product, so it has to be the same.
    """
    result, base = 1.0, 10.0
    while exponent:
        if exponent & 1:
            result *= base
        exponent >>= 1
        if exponent:
            base *= base
    return result


def _round_one(x: float, digits: int) -> float:
    if x == 0.0 or not math.isfinite(x) or digits > _MAX_ROUND_DIGITS:
        return x
    if digits < -_MAX_POWER:
        return 0.0
    if digits == 0:
        return math.copysign(float(round(x)), x)
    magnitude = abs(x)
    # a number whose 15 digits end before the asked-for place is its own rounding
    binary_exponent = math.frexp(magnitude)[1] - 1
    if digits > _MAX_EXACT_DIGITS - math.log10(2.0) * (0.5 + binary_exponent):
        return x
    lower, upper, lower_is_even = _candidates(magnitude, digits)
    below, above = magnitude - lower, upper - magnitude
    nearest = lower if below < above or (below == above and lower_is_even) else upper
    return math.copysign(nearest, x)


def _candidates(magnitude: float, digits: int) -> tuple[float, float, bool]:
    """Return the doubles nearest the decimals that enclose ``magnitude``, and whether the lower is even."""
    split = max(0, digits - _MAX_POWER)
    # rounding to tens scales by 0.1, not exact as that is: R's answer carries its error
    scale = power_of_ten(digits - split) if digits > 0 else 1.0 / power_of_ten(-digits)
    rest = power_of_ten(split)
    scaled = magnitude * scale * rest
    low, high = math.floor(scaled), math.ceil(scaled)
    return low / scale / rest, high / scale / rest, low % 2 == 0


def r_round(x: ArrayLike, digits: float = 0) -> FloatArray:
    """Round as R >= 4.0.0 does.

    Parameters
    ----------
    x : array_like of float
        Any shape. NaN and infinities stay.
    digits : float, optional
        Decimal places; negative rounds to tens, hundreds. A fraction is itself rounded half up, as R does.

    Returns
    -------
    ndarray of float
        Same shape as `x`.
    """
    values = np.asarray(x, dtype=np.float64)
    places = math.floor(digits + 0.5)
    return np.array([_round_one(v, places) for v in values.ravel().tolist()], dtype=np.float64).reshape(
        values.shape
    )


def _signif_one(x: float, digits: int) -> float:
    if x == 0.0 or not math.isfinite(x) or digits > 22:
        return x
    magnitude = abs(x)
    shift = digits - 1 - math.floor(math.log10(magnitude))
    if shift > 0:
        split = max(0, shift - _MAX_POWER)
        scale, rest = power_of_ten(shift - split), power_of_ten(split)
        return math.copysign(round(magnitude * scale * rest) / scale / rest, x)
    scale = power_of_ten(-shift)
    return math.copysign(round(magnitude / scale) * scale, x)


def signif(x: ArrayLike, digits: int = 6) -> FloatArray:
    """Round each element to `digits` significant digits, as R's ``signif``.

    Parameters
    ----------
    x : array_like of float
        Any shape.
    digits : int, optional
        Significant digits; values below 1 mean 1.

    Returns
    -------
    ndarray of float
        Same shape as `x`.
    """
    values = np.asarray(x, dtype=np.float64)
    wanted = max(1, digits)
    return np.array([_signif_one(v, wanted) for v in values.ravel().tolist()], dtype=np.float64).reshape(
        values.shape
    )


def zapsmall(x: ArrayLike, digits: int = 7) -> FloatArray:
    """Round to the place where the largest element has `digits` significant digits, as R's ``zapsmall``.

    Parameters
    ----------
    x : array_like of float
        Any shape. NaN is ignored when the largest element is sought.
    digits : int, optional
        Significant digits kept of the largest element.

    Returns
    -------
    ndarray of float
        Same shape as `x`; elements that are small beside the largest become 0.
    """
    values = np.asarray(x, dtype=np.float64)
    known = np.abs(values[~np.isnan(values)])
    if known.size == 0:
        return values.copy()
    largest = float(known.max())
    if math.isinf(largest):
        return r_round(values, 0)
    return r_round(values, max(0.0, digits - math.log10(largest)) if largest > 0 else digits)
