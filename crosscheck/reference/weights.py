"""Variance functions: the standard deviations of residuals, in units of sigma, from their definitions.

References
----------
Pinheiro, J. C. and Bates, D. M. (2000). *Mixed-Effects Models in S and S-PLUS*. Springer. Section 5.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]

POSITIVE = {"varIdent": (True,), "varConstPower": (True, False), "varConstProp": (True, True)}
"""Which parameters of a class, each for every stratum, are above 0; the others' only one may be anything."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One variance function on its data.

    Attributes
    ----------
    kind : str
        nlme's class, one of ``varFixed``, ``varIdent``, ``varPower``, ``varExp``, ``varConstPower``, ``varConstProp``.
    covariate : ndarray, shape (N,), or None
        Its covariate; None where that is the fitted values, or it has none.
    strata : ndarray of str, shape (N,)
        Each row's stratum, ``"a*b"`` for two factors; empty text without.
    by_fitted : bool
        Whether the covariate is the fitted values.
    names : tuple of str
        The strata with a parameter of their own, in R's order.
    known : tuple of float or None
        The parameters where they are fixed.
    """

    kind: str
    covariate: Floats | None
    strata: NDArray[Any]
    by_fitted: bool = False
    names: tuple[str, ...] = ("",)
    known: tuple[float, ...] | None = None

    @property
    def n_parameters(self) -> int:
        """How many parameters are estimated."""
        if self.known is not None or self.kind == "varFixed":
            return 0
        return len(self.names) * len(self._positive)

    @property
    def _positive(self) -> tuple[bool, ...]:
        return POSITIVE.get(self.kind, (False,))

    def named(self, rows: Sequence[str]) -> Weights:
        """Return the function with its strata in the order in which R names the parameters."""
        here = [row.split(".", 1)[1] if row.startswith("const.") else row for row in rows]
        found = [name for name in here if name in set(self.strata.tolist())]
        return replace(self, names=tuple(dict.fromkeys(found))) if found else self

    def theta(self, values: Floats) -> Floats:
        """Return numbers that may be anything, at parameters as R reports them."""
        above = np.repeat(self._positive, len(self.names)) if self.n_parameters else np.empty(0, dtype=bool)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(above, np.log(values), values))

    def values(self, theta: Floats) -> Floats:
        """Return the parameters as R reports them."""
        above = np.repeat(self._positive, len(self.names)) if self.n_parameters else np.empty(0, dtype=bool)
        return np.asarray(np.where(above, np.exp(np.where(above, theta, 0.0)), theta))

    def standard_deviations(self, values: Floats, fitted: Floats | None) -> Floats:
        """Return each row's standard deviation in units of sigma."""
        v = fitted if self.by_fitted else self.covariate
        if self.known is not None:
            values = np.array(self.known)
        if self.kind == "varIdent":
            by_stratum = dict(zip(self.names, values, strict=True))
            return np.array([by_stratum.get(stratum, 1.0) for stratum in self.strata])
        assert v is not None
        if self.kind == "varFixed":
            return np.asarray(np.sqrt(np.abs(v)))
        place = {name: i for i, name in enumerate(self.names)}
        at = np.array([place[stratum] for stratum in self.strata])
        first = np.asarray(values)[at]
        if self.kind == "varPower":
            return np.asarray(np.abs(v) ** first)
        if self.kind == "varExp":
            return np.asarray(np.exp(first * v))
        second = np.asarray(values)[len(self.names) + at]
        if self.kind == "varConstPower":
            return np.asarray(first + np.abs(v) ** second)
        return np.asarray(np.sqrt(first**2 + (second * v) ** 2))
