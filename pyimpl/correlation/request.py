"""The argument ``correlation``, read: which structure, on what, from which values."""

from __future__ import annotations

from dataclasses import dataclass

from pyimpl.correlation.spatial import METRICS, SHAPES
from pyimpl.errors import FormulaError
from pyimpl.formula.constants import constant_value
from pyimpl.formula.deparse import shortened
from pyimpl.formula.nodes import Call, Expr
from pyimpl.structure_call import (
    CovariateForm,
    covariate_form,
    matched,
    named_values,
    option,
    structure_call,
    whole,
)

_ARGUMENT = "correlation"
_SERIAL = ("value", "form", "fixed")
_SPATIAL = ("value", "form", "nugget", "metric", "fixed")
_ARGUMENTS = {
    **dict.fromkeys(("corAR1", "corCAR1", "corCompSymm", "corSymm", "corNatural"), _SERIAL),
    "corARMA": ("value", "form", "p", "q", "fixed"),
    **dict.fromkeys(SHAPES, _SPATIAL),
}


@dataclass(frozen=True, slots=True)
class CorrelationRequest:
    """What the user asked for.

    Attributes
    ----------
    structure : str
        nlme's class.
    form : CovariateForm
        ``~ 1`` where none was given.
    value : tuple of float
        Initial values on the constrained scale; empty for nlme's own.
    fixed : bool
        Whether the parameters stay there.
    p, q : int
        The orders of corARMA.
    nugget : bool
        Whether a spatial structure has one.
    metric : str
        How distances are measured: euclidean, maximum or manhattan.
    """

    structure: str
    form: CovariateForm
    value: tuple[float, ...] = ()
    fixed: bool = False
    p: int = 0
    q: int = 0
    nugget: bool = False
    metric: str = "euclidean"


def correlation_request(correlation: object) -> CorrelationRequest:
    """Read ``corAR1(form = ~ t | id)``, as text or as an object, with R's arguments and their order.

    Raises
    ------
    ArgumentError, FormulaError
        When it is not such a call.
    """
    call = structure_call(correlation, _ARGUMENT)
    known = _ARGUMENTS.get(call.function)
    if known is None:
        raise FormulaError(
            f"{_ARGUMENT}: `{call.function}` is not a correlation structure; choose one of {', '.join(_ARGUMENTS)}"
        )
    given = matched(call, known, _ARGUMENT)
    form = covariate_form(given["form"], _ARGUMENT) if "form" in given else CovariateForm((), (), "~1")
    _check_form(form, call)
    p, q = whole(given, "p", 0, _ARGUMENT), whole(given, "q", 0, _ARGUMENT)
    if call.function == "corARMA" and p + q == 0:
        raise FormulaError(
            f"{_ARGUMENT}: `{shortened(call)}` has neither p nor q; write corARMA(p = 1, q = 1)"
        )
    value = named_values(given["value"], _ARGUMENT).values if "value" in given else ()
    fixed, nugget = (option(given, name, False, _ARGUMENT) for name in ("fixed", "nugget"))
    return CorrelationRequest(call.function, form, value, fixed, p, q, nugget, _metric(given))


def _check_form(form: CovariateForm, call: Call) -> None:
    if form.is_fitted:
        raise FormulaError(f"{_ARGUMENT}: fitted(.) can't be the covariate of {call.function}; name a column")
    if call.function not in SHAPES and len(form.covariates) > 1:
        raise FormulaError(f"{_ARGUMENT}: {call.function} takes one covariate, not those of `{form.text}`")


def _metric(given: dict[str, Expr]) -> str:
    """The metric, which R lets one abbreviate."""
    if "metric" not in given:
        return METRICS[0]
    value = constant_value(given["metric"], f"{_ARGUMENT}: metric")
    found = [name for name in METRICS if isinstance(value, str) and name.startswith(value)]
    # "ma" begins both maximum and manhattan.
    if len(found) != 1:
        raise FormulaError(f"{_ARGUMENT}: metric must be one of {', '.join(METRICS)}, not {value!r}")
    return found[0]
