"""Chi-square distributions and their mixtures, the nominal distributions of likelihood ratios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError
from pyimpl.tails import chdtrc


def check_mixture(df: object, weights: object) -> tuple[list[float], list[float] | None]:
    """Degrees of freedom, ascending, and the weights of their mixture, None for no mixture."""
    given = list(df) if isinstance(df, Sequence | np.ndarray) and not isinstance(df, str) else [df]
    if not given or not all(isinstance(each, int | float | np.number) and each >= 0 for each in given):
        raise ArgumentError(f"df: expected degrees of freedom from 0 on, got {df!r}")
    degrees = sorted({float(each) for each in given})  # type: ignore[arg-type]
    if degrees == [0.0]:
        raise ArgumentError("df: with 0 alone there is nothing to test by; name another one too, df=[0, 1]")
    if len(degrees) == 1 or weights is False:
        return degrees, None
    if weights is None:
        return degrees, [1 / len(degrees)] * len(degrees)
    if not isinstance(weights, Sequence | np.ndarray) or len(weights) != len(degrees):
        raise ArgumentError(f"weights: expected {len(degrees)} numbers, one for each df, got {weights!r}")
    shares = [float(each) for each in weights]
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-8:
        raise ArgumentError(f"weights: the weights of a mixture add up to 1, got {weights!r}")
    return degrees, shares


def nominal_p_values(
    ratios: Array, degrees: list[float], shares: list[float] | None
) -> Iterator[tuple[str, Array]]:
    """Nominal p-values by each distribution and by their mixture, which stands second of two, as R has it."""
    each = [chdtrc(df, ratios) if df > 0 else (ratios == 0) * 1.0 for df in degrees]
    found = [(f"df={df:g}", p) for df, p in zip(degrees, each, strict=True)]
    if shares is not None:
        mixture = sum(share * p for share, p in zip(shares, each, strict=True))
        place = 1 if len(found) == 2 else len(found)
        found.insert(place, (f"Mix({','.join(f'{df:g}' for df in degrees)})", np.asarray(mixture)))
    return (one for one in found if one[0] != "df=0")
