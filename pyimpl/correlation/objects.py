"""Correlation structures as objects whose ``str()`` is R's spelling of them.

The same object goes to this package and, as text, to R: ``correlation=corAR1(form="~ t | id")``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from pyimpl.correlation.request import correlation_request
from pyimpl.errors import ArgumentError


@dataclass(frozen=True)
class _Structure:
    """A corStruct of nlme.

    Parameters
    ----------
    form : str
        Covariates and groups, such as ``"~ t | id"``. ``"~ 1"`` means the order of the rows, and without a bar the
        groups are those of the innermost random effects.
    value : float or sequence of float, optional
        Initial values of the parameters as R's constructor takes them: correlations, ranges, nuggets.
    fixed : bool
        Whether the parameters stay there.
    """

    form: str = "~ 1"
    value: float | Sequence[float] | None = None
    fixed: bool = False

    r_syntax: ClassVar[bool] = True
    """Says that ``str()`` of this object is R syntax."""

    def __post_init__(self) -> None:
        if not isinstance(self.form, str):
            raise ArgumentError(f"form must be a formula as text, such as '~ t | id', not {self.form!r}")
        if self.value is not None:
            object.__setattr__(self, "value", _numbers(self.value))
        correlation_request(self)  # everything else that can be wrong is wrong as R syntax too

    def __str__(self) -> str:
        given = [
            one.name for one in fields(self) if getattr(self, one.name) != one.default and one.name != "form"
        ]
        listed = [f"{name} = {_spelling(getattr(self, name))}" for name in given]
        return f"{type(self).__name__}({', '.join([f'form = {self.form}', *listed])})"


def _numbers(value: object) -> float | tuple[float, ...]:
    try:
        numbers = np.array(value, dtype=float)
    except (TypeError, ValueError):
        raise ArgumentError(f"value must be a number or a list of numbers, not {value!r}") from None
    if numbers.ndim > 1 or not np.isfinite(numbers).all() or not numbers.size:
        raise ArgumentError(f"value must be a number or a list of numbers, all finite, not {value!r}")
    return tuple(numbers.tolist()) if numbers.ndim else float(numbers)


def _spelling(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, tuple):
        return f"c({', '.join(map(repr, value))})"
    return f'"{value}"' if isinstance(value, str) else repr(value)


# The class names are nlme's, so that a line of an R script is nearly a line of Python.
class corAR1(_Structure):  # noqa: N801
    """Autoregressive of order 1 at whole times: phi^k for rows k apart."""


class corCAR1(_Structure):  # noqa: N801
    """Autoregressive of order 1 in continuous time: phi^d, phi between 0 and 1."""


class corCompSymm(_Structure):  # noqa: N801
    """The same correlation for any two rows of a group."""


class corSymm(_Structure):  # noqa: N801
    """A correlation of its own for any two positions; ``value`` lists them as ``cor(1,2)``, ``cor(1,3)``, ..."""


class corNatural(_Structure):  # noqa: N801
    """As corSymm, each correlation a parameter by itself."""


@dataclass(frozen=True)
class corARMA(_Structure):  # noqa: N801
    """Autoregressive of order ``p`` with a moving average of order ``q``; ``value`` lists phi, then theta."""

    p: int = 0
    q: int = 0

    __str__ = _Structure.__str__


@dataclass(frozen=True)
class _Spatial(_Structure):
    """A corSpatial of nlme; ``value`` is the range, or range and nugget.

    Parameters
    ----------
    nugget : bool
        Whether rows at the same place would differ.
    metric : str
        "euclidean", "maximum" or "manhattan".
    """

    nugget: bool = False
    metric: str = "euclidean"

    __str__ = _Structure.__str__


class corExp(_Spatial):  # noqa: N801
    """exp(-d / range)."""


class corGaus(_Spatial):  # noqa: N801
    """exp(-(d / range)^2)."""


class corLin(_Spatial):  # noqa: N801
    """1 - d / range, up to the range."""


class corRatio(_Spatial):  # noqa: N801
    """1 / (1 + (d / range)^2)."""


class corSpher(_Spatial):  # noqa: N801
    """1 - 1.5 d / range + 0.5 (d / range)^3, up to the range."""
