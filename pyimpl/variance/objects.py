"""Variance functions as objects whose ``str()`` is R's spelling of them.

The same object goes to this package and, as text, to R: ``weights=varPower(form="~ x")``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

from pyimpl.errors import ArgumentError
from pyimpl.formula.deparse import quote_name
from pyimpl.variance.request import variance_request

Values = float | Mapping[str, float] | None
"""One value, or values by the name of the stratum."""


@dataclass(frozen=True)
class _Function:
    """A varFunc of nlme."""

    r_syntax: ClassVar[bool] = True
    """Says that ``str()`` of this object is R syntax."""

    def __post_init__(self) -> None:
        form = getattr(self, "form", "")
        if not isinstance(form, str):
            raise ArgumentError(f"form must be a formula as text, such as '~ x | g', not {form!r}")
        variance_request(self)  # what can be wrong is wrong as R syntax too

    def __str__(self) -> str:
        listed = []
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name == "form":
                listed.append(f"form = {value}")
            elif value is not None:
                listed.append(f"{one.name} = {_spelling(value, one.name)}")
        return f"{type(self).__name__}({', '.join(listed)})"


def _spelling(value: object, name: str) -> str:
    if isinstance(value, Mapping):
        parts = [f"{quote_name(str(key))} = {_spelling(one, name)}" for key, one in value.items()]
        return f"{'list' if name == 'fixed' else 'c'}({', '.join(parts)})"
    if isinstance(value, bool):
        raise ArgumentError(f"{name} must be a number, or a dict of numbers, not {value!r}")
    try:
        return repr(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} must be a number, or a dict of numbers, not {value!r}") from None


# The class names are nlme's, so that a line of an R script is nearly a line of Python.
@dataclass(frozen=True)
class varFixed(_Function):  # noqa: N801
    """Variance proportional to the size of a covariate.

    Parameters
    ----------
    form : str
        Such as ``"~ x"``.
    """

    form: str

    def __str__(self) -> str:
        return f"varFixed({self.form})"


@dataclass(frozen=True)
class varIdent(_Function):  # noqa: N801
    """A standard deviation of its own for each stratum.

    Parameters
    ----------
    form : str
        Such as ``"~ 1 | a"`` or ``"~ 1 | a*b"``.
    value, fixed : dict of float
        Ratios to the first stratum's standard deviation: where the search begins, and those held fixed.
    """

    form: str = "~ 1"
    value: Values = None
    fixed: Values = None

    __str__ = _Function.__str__


@dataclass(frozen=True)
class _OneParameter(_Function):
    """A function of a covariate with one parameter, or one a stratum.

    Parameters
    ----------
    form : str
        Such as ``"~ x"``, ``"~ x | g"`` or ``"~ fitted(.)"``.
    value, fixed : float, or dict of float by stratum
        Where the search begins, and what is held fixed.
    """

    form: str = "~ fitted(.)"
    value: Values = None
    fixed: Values = None

    __str__ = _Function.__str__


class varPower(_OneParameter):  # noqa: N801
    """Standard deviation proportional to |x|^power."""


class varExp(_OneParameter):  # noqa: N801
    """Standard deviation proportional to exp(expon x)."""


@dataclass(frozen=True)
class varConstPower(_Function):  # noqa: N801
    """Standard deviation proportional to const + |x|^power.

    Parameters
    ----------
    form : str
        Such as ``"~ x"``, ``"~ x | g"`` or ``"~ fitted(.)"``.
    const, power : float, or dict of float by stratum
        Where the search begins.
    fixed : dict
        What is held fixed, by parameter: ``{"power": 0.5}``.
    """

    form: str = "~ fitted(.)"
    const: Values = None
    power: Values = None
    fixed: Mapping[str, Values] | None = None

    __str__ = _Function.__str__


@dataclass(frozen=True)
class varConstProp(_Function):  # noqa: N801
    """Variance proportional to const^2 + (prop x)^2.

    Parameters
    ----------
    form : str
        Such as ``"~ x"``, ``"~ x | g"`` or ``"~ fitted(.)"``.
    const, prop : float, or dict of float by stratum
        Where the search begins.
    fixed : dict
        What is held fixed, by parameter: ``{"prop": 0.5}``.
    """

    form: str = "~ fitted(.)"
    const: Values = None
    prop: Values = None
    fixed: Mapping[str, Values] | None = None

    __str__ = _Function.__str__


@dataclass(frozen=True, init=False)
class varComb(_Function):  # noqa: N801
    """The product of variance functions: ``varComb(varIdent("~ 1 | a"), varPower())``."""

    parts: Sequence[_Function]

    def __init__(self, *parts: _Function) -> None:
        if not parts or not all(isinstance(part, _Function) for part in parts):
            raise ArgumentError(
                "varComb takes variance functions, as in varComb(varIdent('~ 1 | a'), varPower())"
            )
        object.__setattr__(self, "parts", parts)
        self.__post_init__()

    def __str__(self) -> str:
        return f"varComb({', '.join(map(str, self.parts))})"
