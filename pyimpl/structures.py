"""Covariance structures of random effects as objects whose ``str()`` is R's spelling of them.

The same object goes to this package and, as text, to R: ``random={"id": pdDiag("~ ses")}``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pyimpl.errors import ArgumentError

__all__ = ["pdBlocked", "pdCompSymm", "pdDiag", "pdIdent", "pdLogChol", "pdNatural", "pdSymm"]


@dataclass(frozen=True, slots=True)
class _Structure:
    """A pdMat of nlme.

    Parameters
    ----------
    form : str
        The one-sided formula of the random effects, such as ``"~ ses"``.
    value : sequence of float, optional
        Starting values, as nlme's constructor takes them.
    """

    form: str
    value: Sequence[float] | None = None

    r_syntax: ClassVar[bool] = True
    """Says that ``str()`` of this object is R syntax."""

    def __post_init__(self) -> None:
        if not isinstance(self.form, str):
            raise ArgumentError(f"form must be a formula as text, such as '~ ses', not {self.form!r}")
        if self.value is not None:
            try:
                value = tuple(float(one) for one in self.value)
            except (TypeError, ValueError):
                raise ArgumentError(f"value must be a list of numbers, not {self.value!r}") from None
            object.__setattr__(self, "value", value)

    def __str__(self) -> str:
        start = "" if self.value is None else f"c({', '.join(map(repr, self.value))}), "
        return f"{type(self).__name__}({start}{self.form})"


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
