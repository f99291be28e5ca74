"""The residuals' covariance within groups, as the reference evaluator writes it down: Lambda = diag(s) C diag(s)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import UsageError
from .correlation import SPATIAL, Correlation
from .likelihood import Problem, Rows, Within
from .rcall import RCall
from .weights import Weights

Floats = NDArray[Any]
_CLASSES = {"varFixed", "varIdent", "varPower", "varExp", "varConstPower", "varConstProp"}


@dataclass(frozen=True, slots=True)
class WithinModel:
    """A correlation structure and the variance functions whose product weighs the rows; by default neither.

    Attributes
    ----------
    correlation : Correlation or None
    weights : tuple of Weights
    fitted : ndarray or None
        What a variance function of the fitted values takes these to be.
    """

    correlation: Correlation | None = None
    weights: tuple[Weights, ...] = ()
    fitted: Floats | None = None

    @classmethod
    def of(cls, correlation: Any, weights: Any, problem: Problem, data: pd.DataFrame) -> WithinModel:
        """Return what a model's ``correlation`` and ``weights`` ask for.

        Raises
        ------
        UsageError
            The structure isn't known here.
        """
        made = None if correlation is None else _correlation(RCall.of(str(correlation)), problem, data)
        functions = () if weights is None else _weights(str(weights), data)
        return cls(made, functions)

    @property
    def by_fitted(self) -> bool:
        """Whether a variance function's covariate is the fitted values."""
        return any(one.by_fitted for one in self.weights)

    @property
    def n_parameters(self) -> int:
        """How many parameters are estimated."""
        of_weights = sum(one.n_parameters for one in self.weights)
        return of_weights + (self.correlation.n_parameters if self.correlation is not None else 0)

    def named(self, rows: Sequence[str]) -> WithinModel:
        """Return the model with strata in the order of R's names of the variance function's parameters."""
        if len(self.weights) < 2:
            return replace(self, weights=tuple(one.named(rows) for one in self.weights))
        letters = "ABCDEFGH"
        parts = [[r.split(".", 1)[1] for r in rows if r.startswith(f"{letters[i]}.")] for i in range(8)]
        pairs = zip(self.weights, parts, strict=False)
        return replace(self, weights=tuple(one.named(part) for one, part in pairs))

    def theta(self, corr: Floats, var: Floats) -> Floats:
        """Return the parameters as numbers that may be anything."""
        parts = [] if self.correlation is None else [self.correlation.theta(corr)]
        parts += [one.theta(part) for one, part in self._by_function(var)]
        return np.concatenate([np.empty(0), *parts])

    def values(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return the correlation's and the variance function's parameters as R reports them."""
        n = self.correlation.n_parameters if self.correlation is not None else 0
        corr = np.empty(0) if self.correlation is None else self.correlation.values(theta[:n])
        var = [one.values(part) for one, part in self._by_function(theta[n:])]
        return corr, np.concatenate([np.empty(0), *var])

    def at(self, corr: Floats, var: Floats) -> Within | None:
        """Return the map from a group's rows to its Lambda, None where that is the identity."""
        if self.correlation is None and not self.weights:
            return None
        s: Floats = np.ones(1)
        for one, part in self._by_function(var):
            s = s * one.standard_deviations(part, self.fitted)
        structure = self.correlation

        def within(rows: Rows) -> Floats:
            C = np.eye(len(rows)) if structure is None else structure.matrix(rows, corr)
            here = s[rows] if len(s) > 1 else np.ones(len(rows))
            return np.asarray(here[:, None] * C * here)

        return within

    def _by_function(self, values: Floats) -> list[tuple[Weights, Floats]]:
        found, start = [], 0
        for one in self.weights:
            found.append((one, values[start : start + one.n_parameters]))
            start += one.n_parameters
        return found


def _correlation(call: RCall, problem: Problem, data: pd.DataFrame) -> Correlation:
    terms, bar = call.formula()
    groups = problem.levels[-1].codes
    if bar:
        names = [name.strip() for name in bar.split("/")]
        groups = np.asarray(data.groupby(names, observed=True).ngroup(), dtype=np.intp)
    if terms in ("", "1"):
        place = np.asarray(pd.Series(groups).groupby(groups).cumcount(), dtype=float)[:, None]
    else:
        columns = [_column(name.strip(), data) for name in terms.split("+")]
        place = np.column_stack(columns)
    if call.function not in SPATIAL and place.shape[1] > 1:
        raise UsageError(f"the reference evaluator doesn't know {call.function} of several covariates")
    return Correlation.of(call, place, groups)


def _weights(text: str, data: pd.DataFrame) -> tuple[Weights, ...]:
    if text.strip().startswith("~"):
        text = f"varFixed({text.strip()})"
    call = RCall.of(text)
    if call.function == "varComb":
        return tuple(made for part in call.unnamed for made in _weights(part, data))
    if call.function not in _CLASSES:
        raise UsageError(f"the reference evaluator doesn't know the variance function {call.function}")
    terms, bar = call.formula()
    strata = np.full(len(data), "", dtype=object)
    for i, name in enumerate(one.strip() for one in bar.split("*") if one.strip()):
        values = np.array([_text(value) for value in data[name]], dtype=object)
        strata = values if i == 0 else strata + "*" + values
    by_fitted = call.function != "varIdent" and (not terms or terms.startswith("fitted"))
    covariate = None if by_fitted or call.function == "varIdent" else _column(terms, data)
    known = _known(call)
    names = tuple(dict.fromkeys(strata.tolist()))
    if call.function == "varIdent":
        names = names[1:]  # the first stratum is the reference, until R's names say otherwise
    return (Weights(call.function, covariate, strata, by_fitted, names, known),)


def _known(call: RCall) -> tuple[float, ...] | None:
    """Return the parameters where they are fixed; None where they are estimated. To R, TRUE is the number 1 here."""
    if call.is_true("fixed"):
        return (1.0,)
    if "fixed" in call.named and call.named["fixed"] not in ("NULL", "FALSE", "list()"):
        values = call.numbers("fixed")
        if call.function == "varIdent" or len(values) != 1:
            raise UsageError("the reference evaluator doesn't know strata of which some are fixed")
        return values
    return None


def _column(name: str, data: pd.DataFrame) -> Floats:
    if name not in data:
        raise UsageError(f"the reference evaluator knows columns as covariates only, not {name!r}")
    return data[name].to_numpy(dtype=float)


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
