"""Covariance structures of random effects as objects whose ``str()`` is R's spelling of them.

The same object goes to this package and, as text, to R: ``random={"id": pdDiag("~ ses")}``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pyimpl.errors import ArgumentError

__all__ = ["pdBlocked", "pdCompSymm", "pdDiag", "pdIdent", "pdLogChol", "pdNatural", "pdSymm"]


@dataclass(frozen=True, slots=True)
class _Structure:
    """A pdMat of nlme.

    Parameters
    ----------
    form : str
        The one-sided formula of the random effects, such as ``"~ ses"``.
    value : sequence of float, or (q, q) array, optional
        Where the search begins, relative to sigma^2: nlme's unconstrained parameters of the structure (standard
        deviations on the log scale, and so on: see :mod:`pyimpl.parametrisation`), or the matrix itself.
    """

    form: str
    value: Sequence[float] | Sequence[Sequence[float]] | npt.NDArray[np.float64] | float | None = None

    r_syntax: ClassVar[bool] = True
    """Says that ``str()`` of this object is R syntax."""

    def __post_init__(self) -> None:
        if not isinstance(self.form, str):
            raise ArgumentError(f"form must be a formula as text, such as '~ ses', not {self.form!r}")
        if self.value is not None:
            object.__setattr__(self, "value", _starting_value(self.value))

    def __str__(self) -> str:
        start = "" if self.value is None else f"{_r_spelling(np.array(self.value))}, "
        return f"{type(self).__name__}({start}{self.form})"


def _starting_value(value: object) -> tuple[float, ...] | tuple[tuple[float, ...], ...]:
    """Return numbers, or the rows of a square matrix, as tuples."""
    try:
        numbers = np.atleast_1d(np.array(value, dtype=float))
    except (TypeError, ValueError):
        raise ArgumentError(f"value must be a list of numbers or a square matrix, not {value!r}") from None
    square = numbers.ndim == 1 or (numbers.ndim == 2 and numbers.shape[0] == numbers.shape[1])
    if not numbers.size or not square or not np.isfinite(numbers).all():
        raise ArgumentError(f"value must be finite numbers, a list or a square matrix, not {value!r}")
    if numbers.ndim == 1:
        return tuple(numbers.tolist())
    return tuple(tuple(row) for row in numbers.tolist())


def _r_spelling(numbers: npt.NDArray[np.float64]) -> str:
    listed = f"c({', '.join(map(repr, numbers.ravel(order='F').tolist()))})"
    return listed if numbers.ndim == 1 else f"matrix({listed}, {len(numbers)})"


# The class names are nlme's, so that a line of an R script is nearly a line of Python.
class pdLogChol(_Structure):  # noqa: N801
    """Any positive definite matrix; what a bare formula means."""

    __slots__ = ()


class pdSymm(_Structure):  # noqa: N801
    """Any positive definite matrix (nlme parametrises it by its matrix logarithm)."""

    __slots__ = ()


class pdNatural(_Structure):  # noqa: N801
    """Any positive definite matrix (nlme parametrises it by standard deviations and correlations)."""

    __slots__ = ()


class pdDiag(_Structure):  # noqa: N801
    """Uncorrelated random effects, each with its own variance."""

    __slots__ = ()


class pdIdent(_Structure):  # noqa: N801
    """Uncorrelated random effects with one variance for all."""

    __slots__ = ()


class pdCompSymm(_Structure):  # noqa: N801
    """One variance for all random effects and one correlation between any two."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class pdBlocked:  # noqa: N801
    """Independent blocks of random effects, each with a structure of its own.

    Parameters
    ----------
    blocks : sequence of str or structure
        Such as ``["~ 1", pdIdent("~ g - 1")]``; a bare formula means `pd_class`.
    pd_class : str
        The class of the blocks given as bare formulas; nlme's default is pdSymm.
    """

    blocks: Sequence[str | _Structure]
    pd_class: str = "pdSymm"

    r_syntax: ClassVar[bool] = True

    def __post_init__(self) -> None:
        given = self.blocks if isinstance(self.blocks, (list, tuple)) else ()
        if not given or not all(isinstance(block, (str, _Structure)) for block in given):
            raise ArgumentError(
                "blocks must be a list of formulas and structures, as in ['~ 1', pdIdent('~ x - 1')]"
            )
        if not isinstance(self.pd_class, str):
            raise ArgumentError("pd_class must be the name of one class, such as 'pdDiag'")
        object.__setattr__(self, "blocks", tuple(given))

    def __str__(self) -> str:
        default = "" if self.pd_class == "pdSymm" else f', pdClass = "{self.pd_class}"'
        return f"pdBlocked(list({', '.join(map(str, self.blocks))}){default})"
