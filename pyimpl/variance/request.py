"""The argument ``weights``, read: which variance function, on what, from which values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyimpl.errors import FormulaError
from pyimpl.formula.deparse import shortened
from pyimpl.formula.nodes import Call, Expr, Unary, strip_parens
from pyimpl.formula.parser import parse_expression
from pyimpl.structure_call import (
    FITTED,
    CovariateForm,
    NamedValues,
    covariate_form,
    matched,
    named_values,
    structure_call,
)
from pyimpl.variance.functions import PARAMETERS

_ARGUMENT = "weights"
_ON_FITTED = CovariateForm((FITTED,), (), "~fitted(.)")
_ON_NOTHING = CovariateForm((), (), "~1")


@dataclass(frozen=True, slots=True)
class VarianceRequest:
    """What the user asked for.

    Attributes
    ----------
    structure : str
        nlme's class.
    form : CovariateForm
        Where none was given, ``~ fitted(.)``, or ``~ 1`` for varIdent.
    values, fixed : dict of NamedValues
        Initial values, and those that are held fixed, by the parameter: ``power``, ``const`` and so on, "" for
        the ratios of varIdent. Constrained.
    parts : tuple of VarianceRequest
        What a varComb combines.
    """

    structure: str
    form: CovariateForm
    values: Mapping[str, NamedValues]
    fixed: Mapping[str, NamedValues]
    parts: tuple[VarianceRequest, ...] = ()


def variance_request(weights: object) -> VarianceRequest:
    """Read ``varPower(form = ~ x)``, as text or as an object, with R's arguments and their order.

    A formula by itself, such as ``"~ x"``, means varFixed.

    Raises
    ------
    ArgumentError, FormulaError
        When it is not such a call.
    """
    if isinstance(weights, str) and weights.lstrip().startswith("~"):
        return _fixed(parse_expression(weights, _ARGUMENT))
    return _request(structure_call(weights, _ARGUMENT))


def _request(call: Call) -> VarianceRequest:
    if call.function == "varComb":
        return _combination(call)
    if call.function == "varFixed":
        given = matched(call, ("value",), _ARGUMENT)
        if "value" not in given:
            raise FormulaError(f"{_ARGUMENT}: varFixed needs its covariate; write varFixed(~ x)")
        return _fixed(given["value"])
    kinds = PARAMETERS.get(call.function)
    if kinds is None:
        known = ", ".join([*PARAMETERS, "varComb"])
        raise FormulaError(
            f"{_ARGUMENT}: `{call.function}` is not a variance function; choose one of {known}"
        )
    arguments = {kind if len(kinds) > 1 else "value": kind for kind in kinds}
    given = matched(call, (*arguments, "form", "fixed"), _ARGUMENT)
    default = _ON_NOTHING if call.function == "varIdent" else _ON_FITTED
    form = covariate_form(given["form"], _ARGUMENT) if "form" in given else default
    _check_form(form, call)
    values = {kind: named_values(given[name], _ARGUMENT) for name, kind in arguments.items() if name in given}
    return VarianceRequest(call.function, form, values, _held(given.get("fixed"), kinds, call))


def _check_form(form: CovariateForm, call: Call) -> None:
    wanted = 0 if call.function == "varIdent" else 1
    if len(form.covariates) != wanted:
        takes = "strata only, as in ~ 1 | g" if not wanted else "one covariate, as in ~ x"
        raise FormulaError(f"{_ARGUMENT}: {call.function} takes {takes}, not `{form.text}`")
    if not wanted and not form.groups:
        raise FormulaError(f"{_ARGUMENT}: {call.function} without strata says nothing; write ~ 1 | g")
    unknown = next(
        (e for e in form.covariates if isinstance(e, Call) and e.function in ("fitted", "resid")), None
    )
    if unknown is not None and unknown != FITTED:
        raise FormulaError(f"{_ARGUMENT}: `{shortened(unknown)}` can't be a covariate; write fitted(.)")


def _fixed(expr: Expr) -> VarianceRequest:
    """``varFixed(~ x)``."""
    if not isinstance(strip_parens(expr), Unary):
        raise FormulaError(f"{_ARGUMENT}: `{shortened(expr)}` is not a formula; write varFixed(~ x)")
    form = covariate_form(expr, _ARGUMENT)
    if len(form.covariates) != 1 or form.groups or form.is_fitted:
        raise FormulaError(f"{_ARGUMENT}: varFixed takes one column, as in ~ x, not `{form.text}`")
    return VarianceRequest("varFixed", form, {}, {})


def _combination(call: Call) -> VarianceRequest:
    parts = [strip_parens(one.value) for one in call.arguments]
    calls = [part for part in parts if isinstance(part, Call)]
    if not calls or len(calls) < len(parts) or len(calls) > 26:
        raise FormulaError(
            f"{_ARGUMENT}: `{shortened(call)}` must hold variance functions, from one to 26 of them"
        )
    return VarianceRequest("varComb", _ON_NOTHING, {}, {}, tuple(_request(part) for part in calls))


def _held(expr: Expr | None, kinds: tuple[str, ...], call: Call) -> dict[str, NamedValues]:
    """What ``fixed`` says: values, by stratum or not, in a list by parameter where there are several."""
    if expr is None:
        return {}
    if len(kinds) == 1:
        return {kinds[0]: named_values(expr, _ARGUMENT)}
    listed = expr.arguments if isinstance(expr, Call) and expr.function in ("list", "c") else ()
    held = {one.name: named_values(one.value, _ARGUMENT) for one in listed if one.name in kinds}
    if not held or len(held) < len(listed):
        raise FormulaError(
            f"{_ARGUMENT}: fixed in `{shortened(call)}` must name parameters, as in list({kinds[1]} = 0.5)"
        )
    return {str(name): values for name, values in held.items()}
