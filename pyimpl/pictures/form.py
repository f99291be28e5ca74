"""What is drawn against what: R's ``resid(., type = "p") ~ fitted(.) | Sex``, parsed and never executed."""

from __future__ import annotations

from dataclasses import dataclass

from pyimpl.errors import FormulaError
from pyimpl.formula.constants import Value, constant_value
from pyimpl.formula.deparse import deparse, shortened
from pyimpl.formula.functions import check_allowed
from pyimpl.formula.nodes import (
    Argument,
    Binary,
    Call,
    Expr,
    Name,
    Paren,
    Unary,
    left_spine,
    strip_parens,
    walk,
)
from pyimpl.formula.parser import parse_expression

_SPELLINGS = {
    "resid": ("residuals", ("object", "level", "type")),
    "residuals": ("residuals", ("object", "level", "type")),
    "fitted": ("fitted", ("object", "level")),
    "ranef": ("ranef", ("object", "augFrame", "level", "standard")),
    "random.effects": ("ranef", ("object", "augFrame", "level", "standard")),
    "coef": ("coef", ("object", "augFrame", "level")),
}


@dataclass(frozen=True, slots=True)
class ModelTerm:
    """What a form takes from the fit: ``resid(., type = "p")``.

    Attributes
    ----------
    function : {"residuals", "fitted", "ranef", "coef"}
    level : int, str or None
        The level of grouping asked for.
    type : str or None
        The type of residuals asked for, which may be abbreviated.
    standard : bool
        Whether random effects are divided by their standard deviations.
    text : str
        As R deparses it.
    """

    function: str
    level: int | str | None
    type: str | None
    standard: bool
    text: str

    @property
    def one_a_row(self) -> bool:
        """Whether it has a value for each row of the data, not for each group."""
        return self.function in ("residuals", "fitted")


def ranef_term(level: int | str | None = None, standard: bool = False) -> ModelTerm:
    """The term that asks for one level's random effects."""
    return ModelTerm("ranef", level, None, standard, "ranef(.)")


@dataclass(frozen=True, slots=True)
class Form:
    """A parsed form: ``response ~ covariate | condition * condition``.

    Attributes
    ----------
    response : Expr or None
        None for a one-sided form.
    covariate : Expr
    conditions : tuple of Expr
        What the panels are made by.
    terms : dict of str to ModelTerm
        What stands in the expressions for the terms of the fit: names that are the terms' own text.
    argument : str
        The argument the form was given for, for error messages.
    """

    response: Expr | None
    covariate: Expr
    conditions: tuple[Expr, ...]
    terms: dict[str, ModelTerm]
    argument: str

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """All that is evaluated: response, covariate and conditions."""
        return (*(() if self.response is None else (self.response,)), self.covariate, *self.conditions)

    def term(self, expr: Expr) -> ModelTerm | None:
        """The term of the fit that ``expr`` is, if it is nothing else."""
        expr = strip_parens(expr)
        return self.terms.get(expr.name) if isinstance(expr, Name) else None


def parse_form(text: str, argument: str = "form") -> Form:
    """Parse the form of a picture; nothing in it is evaluated.

    Raises
    ------
    FormulaError
        It is no formula, or calls something that is neither of the fit nor on the formulas' allow-list.
    """
    whole = strip_parens(parse_expression(text, argument))
    if isinstance(whole, Unary) and whole.operator == "~":
        left, right = None, whole.operand
    elif isinstance(whole, Binary) and whole.operator == "~":
        left, right = whole.left, whole.right
    else:
        raise FormulaError(
            f"{argument}: `{shortened(whole)}` has no `~`; write a form such as 'resid(.) ~ fitted(.)'"
        )
    conditions: tuple[Expr, ...] = ()
    if isinstance(right, Binary) and right.operator == "|":
        head, tail = left_spine(strip_parens(right.right), frozenset("*+/"))
        conditions, right = (head, *(each for _, each in tail)), right.left
    terms: dict[str, ModelTerm] = {}
    response = None if left is None else _checked(left, terms, argument)
    covariate = _checked(right, terms, argument)
    return Form(response, covariate, tuple(_checked(c, terms, argument) for c in conditions), terms, argument)


def parse_condition(text: str, argument: str) -> tuple[str, dict[str, ModelTerm]]:
    """Parse a condition on the rows, before which R's ``~`` may stand.

    Returns
    -------
    condition : str
        The condition, the fit's terms in it being columns of the name of their text.
    terms : dict of str to ModelTerm
    """
    terms: dict[str, ModelTerm] = {}
    expr = _replace(parse_expression(text.strip().removeprefix("~"), argument), terms, argument)
    return deparse(expr, 17), terms


def _checked(expr: Expr, terms: dict[str, ModelTerm], argument: str) -> Expr:
    """The expression with the fit's terms replaced by names, all else being on the allow-list."""
    expr = _replace(expr, terms, argument)
    if any(node == Name(".") for node in walk(expr)):
        raise FormulaError(
            f"{argument}: `.` is the fit, and stands inside resid(.), fitted(.), ranef(.) or coef(.) only"
        )
    check_allowed(expr, argument)
    return expr


def _replace(expr: Expr, terms: dict[str, ModelTerm], argument: str) -> Expr:
    if isinstance(expr, Call) and expr.function in _SPELLINGS:
        term = _model_term(expr, argument)
        terms[term.text] = term
        return Name(term.text)
    if isinstance(expr, Call):
        parts = tuple(Argument(a.name, _replace(a.value, terms, argument)) for a in expr.arguments)
        return Call(expr.function, parts)
    if isinstance(expr, Binary):
        return Binary(
            expr.operator, _replace(expr.left, terms, argument), _replace(expr.right, terms, argument)
        )
    if isinstance(expr, Unary):
        return Unary(expr.operator, _replace(expr.operand, terms, argument))
    if isinstance(expr, Paren):
        return Paren(_replace(expr.inner, terms, argument))
    return expr


def _model_term(call: Call, argument: str) -> ModelTerm:
    function, known = _SPELLINGS[call.function]
    given = _matched(call, known, argument)
    if given.pop("object", None) != Name("."):
        raise FormulaError(f"{argument}: write {call.function}(.), where the dot is the fit")
    values = {
        name: constant_value(value, f"{argument}: {name} of {call.function}()")
        for name, value in given.items()
    }
    kind = values.get("type")
    if not isinstance(kind, str | None):
        raise FormulaError(f'{argument}: type of {call.function}() must be text, as in type = "pearson"')
    return ModelTerm(
        function,
        _level(values.get("level"), call, argument),
        kind,
        values.get("standard") is True,
        deparse(call),
    )


def _matched(call: Call, known: tuple[str, ...], argument: str) -> dict[str, Expr]:
    """The call's arguments by name, positions filled in R's order."""
    free = [name for name in known if name not in {a.name for a in call.arguments}]
    matched: dict[str, Expr] = {}
    for each in call.arguments:
        name = each.name if each.name is not None else (free.pop(0) if free else None)
        if name not in known or name in matched:
            raise FormulaError(f"{argument}: `{shortened(call)}`: {call.function}() takes {', '.join(known)}")
        matched[name] = each.value
    return matched


def _level(value: Value, call: Call, argument: str) -> int | str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise FormulaError(f"{argument}: level in `{shortened(call)}` must be one level, by number or by name")
