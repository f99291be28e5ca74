"""What the calls of correlation structures and variance functions have in common: arguments, forms and values.

Everything is read off the syntax tree; nothing is evaluated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyimpl.errors import ArgumentError, FormulaError
from pyimpl.formula.constants import constant_value
from pyimpl.formula.deparse import deparse, shortened
from pyimpl.formula.nodes import (
    Argument,
    Binary,
    Call,
    Constant,
    Expr,
    Name,
    Number,
    Unary,
    left_spine,
    strip_parens,
)
from pyimpl.formula.structure import parse_structure

FITTED = Call("fitted", (Argument(None, Name(".")),))
"""The covariate of ``form = ~ fitted(.)``."""


@dataclass(frozen=True, slots=True)
class CovariateForm:
    """A form such as ``~ t | a/b`` taken apart.

    Attributes
    ----------
    covariates : tuple of Expr
        The summands before the bar, to be evaluated on the data; empty for ``~ 1``, which means the order of rows.
    groups : tuple of str
        The names after the bar; empty where there are none.
    text : str
        The form as R prints it.
    """

    covariates: tuple[Expr, ...]
    groups: tuple[str, ...]
    text: str

    @property
    def is_fitted(self) -> bool:
        """Whether the covariate is ``fitted(.)``, which changes from one iteration of a fit to the next."""
        return self.covariates == (FITTED,)


@dataclass(frozen=True, slots=True)
class NamedValues:
    """Initial or fixed values: ``c(1, 2)``, ``c(a = 1, b = 2)`` or the same in a list; ``names`` then are not None."""

    values: tuple[float, ...]
    names: tuple[str, ...] | None = None


def structure_call(value: object, argument: str) -> Call:
    """The call that ``value`` is, or spells: text in R syntax, or an object whose ``r_syntax`` is True.

    Raises
    ------
    ArgumentError
        When it is of another type.
    FormulaError
        When the text is not a structure that nlme has.
    """
    if not isinstance(value, str) and (
        getattr(value, "r_syntax", False) is not True or isinstance(value, type)
    ):
        example = "corAR1(form = ~ t | id)" if argument == "correlation" else "varPower(form = ~ x)"
        raise ArgumentError(
            f"{argument}: a value of type {type(value).__name__} can't be used; give text such as '{example}'"
        )
    return parse_structure(str(value), argument)


def matched(call: Call, known: Sequence[str], argument: str) -> dict[str, Expr]:
    """The arguments of ``call`` by name, positional ones in the order of ``known``; NULL counts as not given."""
    given: dict[str, Expr] = {}
    named = {one.name for one in call.arguments}
    for one in call.arguments:
        free = (name for name in known if name not in given and name not in named)
        name = one.name or next(free, "")
        if name not in known or name in given:
            problem = f"`{name[:40]}` is not an argument, or there twice," if name else "too many arguments"
            raise FormulaError(
                f"{argument}: {problem} in `{shortened(call)}`; {call.function}() takes {', '.join(known)}"
            )
        given[name] = strip_parens(one.value)
    return {name: value for name, value in given.items() if value != Constant("NULL")}


def covariate_form(expr: Expr, argument: str) -> CovariateForm:
    """Take ``~ x + y | a/b`` apart.

    Raises
    ------
    FormulaError
        When ``expr`` is not a one-sided formula, or its groups are not names.
    """
    expr = strip_parens(expr)
    # R's `~` binds less tightly than `|`: the bar is inside.
    if not isinstance(expr, Unary) or expr.operator != "~":
        raise FormulaError(
            f"{argument}: `{shortened(expr)}` is not a one-sided formula; write form = ~ x | group"
        )
    inner, groups = strip_parens(expr.operand), tuple[str, ...]()
    if isinstance(inner, Binary) and inner.operator == "|":
        groups = _group_names(inner.right, argument)
        inner = inner.left
    return CovariateForm(_summands(inner, argument), groups, deparse(expr))


def _group_names(expr: Expr, argument: str) -> tuple[str, ...]:
    head, tail = left_spine(strip_parens(expr), frozenset("/*:"))
    parts = [strip_parens(part) for part in (head, *(right for _, right in tail))]
    names = tuple(part.name for part in parts if isinstance(part, Name))
    if len(names) < len(parts):
        raise FormulaError(
            f"{argument}: the groups `{shortened(expr)}` must be names of columns, as in ~ t | a/b"
        )
    return names


def _summands(expr: Expr, argument: str) -> tuple[Expr, ...]:
    head, tail = left_spine(strip_parens(expr), frozenset("+-"))
    kept: list[Expr] = []
    for operator, part in [("+", head), *tail]:
        if operator == "+" and part != Number(1.0):
            kept.append(strip_parens(part))
        elif operator == "-" and part != Number(1.0):
            raise FormulaError(f"{argument}: `-` can't be used among the covariates of `{shortened(expr)}`")
    return tuple(kept)


def named_values(expr: Expr, argument: str) -> NamedValues:
    """Read numbers: one, ``c(...)`` or ``list(...)``, with names for all or for none.

    Raises
    ------
    FormulaError
        When anything else is there, or a number is not finite.
    """
    expr = strip_parens(expr)
    parts = expr.arguments if isinstance(expr, Call) and expr.function in ("c", "list") else None
    listed = (Argument(None, expr),) if parts is None else parts
    names = [one.name for one in listed if one.name is not None]
    values = [constant_value(one.value, f"{argument}: `{shortened(expr)}`") for one in listed]
    numbers = tuple(v for v in values if isinstance(v, float) and math.isfinite(v))
    if len(numbers) < len(values) or len(names) not in (0, len(values)) or len(set(names)) < len(names):
        raise FormulaError(
            f"{argument}: `{shortened(expr)}` must be numbers, all with different names or all without"
        )
    return NamedValues(numbers, tuple(names) or None)


def option(given: Mapping[str, Expr], name: str, default: bool, argument: str) -> bool:
    """The argument ``name`` as TRUE or FALSE."""
    value = constant_value(given[name], f"{argument}: {name}") if name in given else default
    if not isinstance(value, bool):
        raise FormulaError(f"{argument}: {name} must be TRUE or FALSE, not `{shortened(given[name])}`")
    return value


def whole(given: Mapping[str, Expr], name: str, default: int, argument: str) -> int:
    """The argument ``name`` as a whole number that is not negative."""
    value = constant_value(given[name], f"{argument}: {name}") if name in given else float(default)
    if not isinstance(value, float) or not value.is_integer() or not 0 <= value <= 100:
        raise FormulaError(
            f"{argument}: {name} must be a whole number from 0 to 100, not `{shortened(given[name])}`"
        )
    return int(value)
