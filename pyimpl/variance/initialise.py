"""Variance functions bound to the covariates and strata of a model, with nlme's starting values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyimpl.arrays import Array, Indices
from pyimpl.errors import ArgumentError, DataError
from pyimpl.free_parameters import FreeParameters
from pyimpl.structure_call import NamedValues
from pyimpl.variance.functions import PARAMETERS, POSITIVE, Combination, Variance, VarianceFunction
from pyimpl.variance.request import VarianceRequest

_ARGUMENT = "weights"
# nlme's starting values, unconstrained: those of varConstProp are .1 both, its constant thus exp(.1).
_STARTS = {
    ("varConstPower", "const"): float(np.log(0.1)),
    ("varConstProp", "const"): 0.1,
    ("varConstProp", "prop"): 0.1,
}


@dataclass(frozen=True, slots=True)
class VarianceColumns:
    """What a form comes to on the data.

    Attributes
    ----------
    covariate : (N,) array or None
        None for ``fitted(.)`` and where there is none.
    codes : (N,) int array or None
        The stratum of each row; None without strata.
    labels : sequence of str
        The strata's names by code, such as ``Male`` or ``Male*old``.
    parts : sequence of VarianceColumns
        Those of the parts of a varComb.
    order : (N,) int array or None
        What sorts the rows by the model's groups; None where they are sorted.
    """

    covariate: Array | None = None
    codes: Indices | None = None
    labels: Sequence[str] = ()
    parts: Sequence[VarianceColumns] = ()
    order: Indices | None = None


def initialise(request: VarianceRequest, columns: VarianceColumns) -> VarianceFunction:
    """Bind a variance function to rows.

    Strata are taken in the order in which the sorted rows show them, the first being varIdent's reference; values
    for them go by name.

    Raises
    ------
    DataError
        When the covariate has missing values, or zeros where its power is taken.
    ArgumentError
        When the values given don't fit the strata, or are outside the parameters' range.
    """
    if request.structure == "varComb":
        pairs = zip(request.parts, columns.parts, strict=True)
        return Combination(tuple(initialise(part, own) for part, own in pairs))
    covariate = None if columns.covariate is None else np.asarray(columns.covariate, float)
    if covariate is not None:
        _check_covariate(request, covariate)
    codes, labels = _strata(columns)
    parameters, shown = _parameters(request, labels)
    return Variance(request.structure, parameters, shown, covariate, codes, request.form.is_fitted)


def _parameters(request: VarianceRequest, labels: tuple[str, ...]) -> tuple[FreeParameters, Indices]:
    """All parameters, and which of them are shown in which order."""
    names, initial, held = [], [np.empty(0)], [np.empty(0, bool)]
    for kind in PARAMETERS[request.structure]:
        given = _by_stratum(request.values, kind, labels, request.structure)
        fixed = _by_stratum(request.fixed, kind, labels, request.structure)
        start = np.full(len(labels), _STARTS.get((request.structure, kind), 0.0))
        for label, value in {**given, **fixed}.items():
            start[labels.index(label)] = _unconstrained(value, kind, request.structure)
        names += _names(request.structure, kind, labels)
        initial.append(start)
        held.append(np.isin(labels, list(fixed)))
    free = ~np.concatenate(held)
    shown = np.arange(len(names))
    if request.structure == "varIdent":
        return _relative_to_one(request, tuple(names), np.concatenate(initial), free)
    return FreeParameters(tuple(names), np.concatenate(initial), free), shown


def _relative_to_one(
    request: VarianceRequest, labels: tuple[str, ...], initial: Array, free: npt.NDArray[np.bool_]
) -> tuple[FreeParameters, Indices]:
    """varIdent's ratios: to the first stratum that has no value; that one is shown first, the fixed ones last."""
    named = {
        name for values in (*request.values.values(), *request.fixed.values()) for name in values.names or ()
    }
    reference = next((k for k, label in enumerate(labels) if label not in named and free[k]), None)
    if reference is None:
        raise ArgumentError(
            f"{_ARGUMENT}: varIdent has values for all strata, but they are ratios to one of them: leave that one out"
        )
    places = np.arange(len(labels))
    others = places != reference
    shown = np.concatenate([[reference], places[others & free], places[others & ~free]])
    parameters = FreeParameters(labels, np.where(others, initial, 0.0), free & others)
    return parameters, shown if len(labels) > 1 else places[:0]


def _check_covariate(request: VarianceRequest, covariate: Array) -> None:
    if not np.isfinite(covariate).all():
        raise DataError(f"{_ARGUMENT}: the covariate of {request.form.text} has missing or infinite values")
    zero = np.flatnonzero(covariate == 0)
    if zero.size and request.structure in ("varFixed", "varPower"):
        raise DataError(
            f"{_ARGUMENT}: the covariate of {request.form.text} is zero in {zero.size} rows, which would have no "
            f"variance at all; use varConstPower, or shift the covariate"
        )


def _strata(columns: VarianceColumns) -> tuple[Indices | None, tuple[str, ...]]:
    """The strata numbered in the order of their first rows, and their labels."""
    if columns.codes is None:
        return None, ("",)
    codes = columns.codes if columns.order is None else columns.codes[columns.order]
    present, first = np.unique(codes, return_index=True)
    present = present[np.argsort(first)]
    rank = np.zeros(int(present.max()) + 1, np.intp)
    rank[present] = np.arange(len(present))
    return rank[columns.codes], tuple(str(columns.labels[code]) for code in present)


def _names(structure: str, kind: str, labels: tuple[str, ...]) -> list[str]:
    """nlme's names: ``power``; by stratum ``Male``, or ``const.Male`` where a stratum has several parameters."""
    if len(labels) == 1 and kind:
        return [kind]
    return [f"{kind}.{label}" if len(PARAMETERS[structure]) > 1 else label for label in labels]


def _by_stratum(
    source: Mapping[str, NamedValues], kind: str, labels: tuple[str, ...], structure: str
) -> dict[str, float]:
    """The values of one parameter by stratum; one value without a name stands for all strata."""
    given = source.get(kind)
    if given is None:
        return {}
    if given.names is None:
        if len(given.values) == 1:
            return dict.fromkeys(labels, given.values[0])
        raise ArgumentError(
            f"{_ARGUMENT}: the values of {structure} must be named by stratum, as in c({labels[-1] or 'a'} = 1)"
        )
    unknown = [name for name in given.names if name not in labels]
    if unknown:
        strata = ", ".join(labels) if labels != ("",) else "none: the form has no strata"
        raise ArgumentError(
            f"{_ARGUMENT}: {structure} has a value for {unknown[0]!r}, but the strata are {strata}"
        )
    return dict(zip(given.names, given.values, strict=True))


def _unconstrained(value: float, kind: str, structure: str) -> float:
    if kind not in POSITIVE:
        return value
    if value <= 0:
        what = "ratio of standard deviations" if not kind else "constant"
        raise ArgumentError(f"{_ARGUMENT}: the {what} {value:g} of {structure} must be positive")
    return float(np.log(value))
