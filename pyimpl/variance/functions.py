"""What the variance functions compute: the log of each row's standard deviation over sigma, analytic in psi."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pyimpl.arrays import Array, Indices
from pyimpl.free_parameters import FreeParameters


class VarianceFunction(ABC):
    """Standard deviations sigma * exp(log_sd(psi))."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What nlme's pages call the function."""

    @property
    @abstractmethod
    def n_parameters(self) -> int:
        """How many parameters are free."""

    @property
    @abstractmethod
    def start(self) -> Array:
        """nlme's starting values of the free parameters, (m,), unconstrained, or those that were given."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of all constrained parameters, in nlme's order: also a reference stratum's and those held fixed."""

    @property
    @abstractmethod
    def free(self) -> npt.NDArray[np.bool_]:
        """Which of the named parameters are free."""

    @property
    @abstractmethod
    def logarithmic(self) -> npt.NDArray[np.bool_]:
        """Which of the free parameters, (m,), are logarithms on the unconstrained scale."""

    @property
    @abstractmethod
    def needs_fitted(self) -> bool:
        """Whether the covariate is ``fitted(.)``."""

    @abstractmethod
    def constrained(self, psi: Array) -> Array:
        """The parameters as users read them, one for each of ``names``."""

    @abstractmethod
    def log_sd(self, psi: Array, fitted: Array | None = None) -> Array:
        """The log of the multiplier of sigma, (N,), of each row.

        Parameters
        ----------
        psi : (m,) array
        fitted : (N,) array, optional
            The covariate where that is ``fitted(.)``.
        """


Columns = list[Array]
"""One array a parameter: its value for each row."""

# Each shape takes the parameters by row, its covariate and (where it uses them) the log of the covariate's size.
Shape = Callable[[Columns, Array], Array]


def log_size(v: Array) -> Array:
    """log|v|, analytic in v away from zero; minus infinity at zero."""
    return np.asarray(np.log(np.where(np.real(v) < 0, -v, v)))


def _power(parameters: Columns, v: Array) -> Array:
    return np.asarray(parameters[0] * log_size(v))


def _exponential(parameters: Columns, v: Array) -> Array:
    return np.asarray(parameters[0] * v)


def _constant_plus_power(parameters: Columns, v: Array) -> Array:
    log_constant, power = parameters
    zero = v == 0  # |0|^d is 0 at d > 0; that counts at d = 0 too, or the likelihood would jump there
    size = np.exp(power * log_size(np.where(zero, 1.0, v)))
    at_zero = np.where(np.real(power) < 0, np.inf, 0.0)
    return np.asarray(np.log(np.exp(log_constant) + np.where(zero, at_zero, size)))


def _constant_plus_proportion(parameters: Columns, v: Array) -> Array:
    log_constant, proportion = parameters
    return np.asarray(np.log(np.exp(2 * log_constant) + (proportion * v) ** 2) / 2)


def _stratum(parameters: Columns, v: Array) -> Array:
    return parameters[0]


def _known(parameters: Columns, v: Array) -> Array:
    return log_size(v) / 2


SHAPES: MappingProxyType[str, Shape] = MappingProxyType(
    {
        "varFixed": _known,
        "varIdent": _stratum,
        "varPower": _power,
        "varExp": _exponential,
        "varConstPower": _constant_plus_power,
        "varConstProp": _constant_plus_proportion,
    }
)
"""log of the standard deviation over sigma (Pinheiro & Bates 2000, section 5.2.1)."""

PARAMETERS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "varFixed": (),
        "varIdent": ("",),
        "varPower": ("power",),
        "varExp": ("expon",),
        "varConstPower": ("const", "power"),
        "varConstProp": ("const", "prop"),
    }
)
"""What the parameters of each stratum are called."""

_TITLES = {
    "varFixed": "fixed weights",
    "varIdent": "Different standard deviations per stratum",
    "varPower": "Power of variance covariate",
    "varExp": "Exponential of variance covariate",
    "varConstPower": "Constant plus power of variance covariate",
    "varConstProp": "Constant plus proportion of variance covariate",
}

POSITIVE = frozenset({"", "const"})
"""Parameters whose logarithms are free: constants, and a stratum's ratio of standard deviations."""


@dataclass(frozen=True)
class Variance(VarianceFunction):
    """One variance function, its parameters possibly different by stratum.

    Attributes
    ----------
    structure : str
    parameters : FreeParameters
        Unconstrained, parameter by parameter and within each by stratum.
    shown : (M,) int array
        Which of them the names belong to, in nlme's order.
    covariate : (N,) array or None
        None where it is ``fitted(.)``, or there is none.
    strata : (N,) int array or None
        The stratum of each row; None where there is one only.
    on_fitted : bool
        Whether the covariate is ``fitted(.)``.
    """

    structure: str
    parameters: FreeParameters
    shown: Indices
    covariate: Array | None
    strata: Indices | None
    on_fitted: bool

    @property
    def title(self) -> str:
        """What nlme's pages call the function."""
        by_stratum = self.structure != "varIdent" and self.n_strata > 1
        return _TITLES[self.structure] + (", different strata" if by_stratum else "")

    @property
    def n_strata(self) -> int:
        """How many strata have parameters of their own."""
        return len(self.parameters.names) // max(len(PARAMETERS[self.structure]), 1)

    @property
    def n_parameters(self) -> int:
        """How many parameters are free."""
        return self.parameters.count

    @property
    def start(self) -> Array:
        """Where the free ones start."""
        return self.parameters.start

    @property
    def names(self) -> tuple[str, ...]:
        """In nlme's order."""
        return tuple(self.parameters.names[k] for k in self.shown)

    @property
    def free(self) -> npt.NDArray[np.bool_]:
        """Which of the named ones are free."""
        return np.asarray(self.parameters.free[self.shown], bool)

    @property
    def logarithmic(self) -> npt.NDArray[np.bool_]:
        """Which of the free ones are logarithms."""
        return self._logarithms[self.parameters.free]

    @property
    def _logarithms(self) -> npt.NDArray[np.bool_]:
        """Which of all parameters are."""
        return np.repeat([kind in POSITIVE for kind in PARAMETERS[self.structure]], self.n_strata).astype(
            bool
        )

    @property
    def needs_fitted(self) -> bool:
        """Whether the covariate is ``fitted(.)``."""
        return self.on_fitted

    def constrained(self, psi: Array) -> Array:
        """The parameters as users read them, one for each of ``names``."""
        full = self.parameters.fill(psi)
        logs = self._logarithms
        return np.asarray(np.where(logs, np.exp(np.where(logs, full, 0.0)), full)[self.shown])

    def log_sd(self, psi: Array, fitted: Array | None = None) -> Array:
        """The log of the multiplier of sigma, (N,), of each row."""
        kinds = PARAMETERS[self.structure]
        full = self.parameters.fill(psi)
        by_stratum = np.split(full, len(kinds)) if kinds else []
        strata = 0 if self.strata is None else self.strata
        covariate = fitted if self.on_fitted else self.covariate
        with np.errstate(all="ignore"):  # out of range is infinite, which an optimiser refuses
            return SHAPES[self.structure]([values[strata] for values in by_stratum], np.asarray(covariate))


@dataclass(frozen=True)
class Combination(VarianceFunction):
    """varComb: the product of variance functions; their parameters are called A.power, B.const and so on."""

    parts: tuple[VarianceFunction, ...]

    structure: ClassVar[str] = "varComb"

    @property
    def title(self) -> str:
        """What nlme's pages call the function."""
        return "Combination of variance functions:"

    @property
    def n_parameters(self) -> int:
        """How many parameters are free."""
        return sum(part.n_parameters for part in self.parts)

    @property
    def start(self) -> Array:
        """Where the free ones start."""
        return np.concatenate([part.start for part in self.parts])

    @property
    def names(self) -> tuple[str, ...]:
        """Each part's, behind its letter."""
        return tuple(
            f"{chr(ord('A') + k)}.{name}" for k, part in enumerate(self.parts) for name in part.names
        )

    @property
    def free(self) -> npt.NDArray[np.bool_]:
        """Which of the named ones are free."""
        return np.concatenate([part.free for part in self.parts])

    @property
    def logarithmic(self) -> npt.NDArray[np.bool_]:
        """Which of the free ones are logarithms."""
        return np.concatenate([part.logarithmic for part in self.parts])

    @property
    def needs_fitted(self) -> bool:
        """Whether the covariate of any part is ``fitted(.)``."""
        return any(part.needs_fitted for part in self.parts)

    def _split(self, psi: Array) -> list[Array]:
        return np.split(psi, np.cumsum([part.n_parameters for part in self.parts])[:-1])

    def constrained(self, psi: Array) -> Array:
        """The parameters as users read them, one for each of ``names``."""
        pairs = zip(self.parts, self._split(psi), strict=True)
        return np.concatenate([part.constrained(own) for part, own in pairs])

    def log_sd(self, psi: Array, fitted: Array | None = None) -> Array:
        """The sum of the parts' logarithms."""
        pairs = zip(self.parts, self._split(psi), strict=True)
        return np.asarray(sum(part.log_sd(own, fitted) for part, own in pairs))
