"""Change a formula as R's ``update.formula`` does: ``. ~ . + x``, the dots standing for the old sides."""

from __future__ import annotations

from dataclasses import replace

from pyimpl.formula.formula import Formula, formula_from, split_sides
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
)
from pyimpl.formula.parser import parse_expression

_DOT = Name(".")


def update_formula(old: Formula, text: str) -> Formula:
    """Return the formula that `text` makes of `old`.

    Parameters
    ----------
    old : Formula
        A two-sided formula without groups.
    text : str
        A formula in which ``.`` stands for the old response on the left, for the old terms on the right; without a
        left side the response stays.

    Returns
    -------
    Formula
        As R has it: the terms one by one, by degree, then offsets, then ``- 1`` where there is no intercept.

    Raises
    ------
    FormulaError
        When `text` is not a formula, or the result is none that can be fitted.
    """
    response, right = split_sides(strip_parens(parse_expression(text, old.argument)), old.argument)
    if old.response is not None:
        response = old.response if response is None else _substitute(response, old.response)
    whole = _substitute(right, old.right)
    changed = formula_from(_formula(response, whole), old.argument)
    return formula_from(_formula(changed.response, changed.terms.spelled_out()), old.argument)


def _formula(response: Expr | None, right: Expr) -> Expr:
    return Unary("~", right) if response is None else Binary("~", response, right)


def _substitute(expr: Expr, old: Expr) -> Expr:
    """Put `old` in the place of every ``.``, also inside calls."""
    if expr == _DOT:
        return old
    if isinstance(expr, Paren):
        return Paren(_substitute(expr.inner, old))
    if isinstance(expr, Unary):
        return Unary(expr.operator, _operand(expr.operand, old))
    if isinstance(expr, Call):
        return replace(
            expr, arguments=tuple(Argument(one.name, _substitute(one.value, old)) for one in expr.arguments)
        )
    head, tail = left_spine(expr)
    if not tail:
        return expr
    result = _operand(head, old)
    for operator, right in tail:
        result = Binary(operator, result, _operand(right, old))
    return result


def _operand(expr: Expr, old: Expr) -> Expr:
    """As :func:`_substitute`, in parentheses where an operator would pull `old` apart."""
    changed = _substitute(expr, old)
    return Paren(changed) if expr == _DOT and isinstance(old, Binary | Unary) else changed
