"""Distribution functions, by scipy.special, which is imported when the first of them is called: it takes long."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike


def _special(name: str, *arguments: ArrayLike) -> Any:
    from scipy import special

    return getattr(special, name)(*arguments)


def ndtri(p: ArrayLike) -> Any:
    """Quantiles of the normal distribution."""
    return _special("ndtri", p)


def stdtr(df: ArrayLike, t: ArrayLike) -> Any:
    """Student's t distribution function."""
    return _special("stdtr", df, t)


def stdtrit(df: ArrayLike, p: ArrayLike) -> Any:
    """Quantiles of Student's t distribution."""
    return _special("stdtrit", df, p)


def chdtrc(df: ArrayLike, x: ArrayLike) -> Any:
    """Upper tail of the chi-squared distribution."""
    return _special("chdtrc", df, x)


def chdtri(df: ArrayLike, p: ArrayLike) -> Any:
    """What a chi-squared variable exceeds with probability p."""
    return _special("chdtri", df, p)


def fdtrc(df1: ArrayLike, df2: ArrayLike, x: ArrayLike) -> Any:
    """Upper tail of the F distribution."""
    return _special("fdtrc", df1, df2, x)


def expit(x: ArrayLike) -> Any:
    """The logistic function, 1 / (1 + exp(-x)), without overflow."""
    return _special("expit", x)
