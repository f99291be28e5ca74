"""A parsed formula: response, terms and groups, with R's spelling of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pyimpl.errors import FormulaError
from pyimpl.formula.deparse import deparse, quote_name, shortened
from pyimpl.formula.functions import check_allowed, check_offset, data_names
from pyimpl.formula.nodes import Binary, Expr, Name, Paren, Unary, left_spine, strip_parens, walk
from pyimpl.formula.parser import parse_expression
from pyimpl.formula.terms import Terms, expand_terms

_LME4 = (
    "`(x | g)` is lme4's spelling; in nlme the random effects are an argument of their own, random='~ x | g'"
)

# The arguments that are whole models: what to write in place of groups there.
_WHERE_GROUPS_GO = {
    "fixed": "random='~ ... {}'",
    "model": "correlation='corCompSymm(form = ~ 1 {})', or what else rows within a group have in common",
}


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """One R formula, taken apart.

    Attributes
    ----------
    response : Expr or None
        The left side; None for a one-sided formula.
    right : Expr
        The right side, without groups.
    terms : Terms
        The expanded right side.
    groups : tuple of str
        The grouping factors after the bar, outermost first; empty without one.
    argument : str
        The argument the formula was given for, for error messages.
    """

    response: Expr | None
    right: Expr
    terms: Terms
    groups: tuple[str, ...]
    argument: str

    @property
    def text(self) -> str:
        """The whole formula as R deparses it: ``y ~ x``, ``~ses | id``."""
        return self._spelled(15)

    @property
    def exact_text(self) -> str:
        """The whole formula with its numbers to the last digit, for parsing it again."""
        return self._spelled(17)

    @property
    def text_without_groups(self) -> str:
        """The formula without its groups, as R deparses it: ``~ses`` for ``~ ses | id``."""
        return self._sides(15)

    @property
    def response_text(self) -> str:
        """The response as R deparses it; empty for a one-sided formula."""
        return "" if self.response is None else deparse(self.response)

    @property
    def response_variables(self) -> tuple[str, ...]:
        """The data columns of the response, in order of appearance."""
        return () if self.response is None else tuple(dict.fromkeys(data_names(self.response)))

    @property
    def right_variables(self) -> tuple[str, ...]:
        """The data columns of the right side, without groups, in order of appearance."""
        variables = (*self.terms.variables, *self.terms.offsets)
        return tuple(dict.fromkeys(name for variable in variables for name in data_names(variable)))

    @property
    def variables(self) -> tuple[str, ...]:
        """All data columns used: of the response, the right side and the groups, in order of appearance."""
        return tuple(dict.fromkeys((*self.response_variables, *self.right_variables, *self.groups)))

    @property
    def uses_pi(self) -> bool:
        """Whether ``pi`` stands inside an expression, where it is the number."""
        right = (*self.terms.variables, *self.terms.offsets)
        variables = right if self.response is None else (*right, self.response)
        return any(Name("pi") in walk(variable) for variable in variables if variable != Name("pi"))

    @property
    def has_dot(self) -> bool:
        """Whether a ``.`` (all other columns) waits for :meth:`expand_dot`."""
        return Name(".") in self.terms.variables

    def as_effects(self) -> Formula:
        """The right side as random effects, ``~ x`` of ``y ~ x + offset(z) | g``: without groups and offsets."""
        terms = replace(self.terms, offsets=())
        right = terms.spelled_out() if self.terms.offsets else self.right
        return Formula(None, right, terms, (), "random")

    def expand_dot(self, columns: Iterable[str]) -> Formula:
        """Return the formula with ``.`` replaced by all `columns` that the response does not use."""
        if not self.has_dot:
            return self
        columns = list(columns)
        if "." in columns:
            raise FormulaError(
                f"{self.argument}: `.` is a column of the data here; rename it, or write the terms out"
            )
        names = [name for name in columns if name not in self.response_variables]
        if not names:
            raise FormulaError(f"{self.argument}: `.` stands for all other columns, but there are none")
        total: Expr = Name(names[0])
        for name in names[1:]:
            total = Binary("+", total, Name(name))
        right = _replace_dot(self.right, total, whole=True)
        return Formula(self.response, right, expand_terms(right, self.argument), self.groups, self.argument)

    def _sides(self, digits: int) -> str:
        left = "" if self.response is None else deparse(self.response, digits) + " ~ "
        return (left or "~") + deparse(self.right, digits)

    def _spelled(self, digits: int) -> str:
        bar = " | " + "/".join(quote_name(group) for group in self.groups) if self.groups else ""
        return self._sides(digits) + bar

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Long sums are deep trees, which pickle would recurse into; the text rebuilds them.
        return _rebuild, (self.exact_text, self.argument)


def parse_formula(text: str, *, argument: str = "fixed") -> Formula:
    """Parse an R formula; nothing in it is evaluated.

    Parameters
    ----------
    text : str
        ``"y ~ x * z"``, ``"~ ses | id"``, ``"~ 1 | school/child"``.
    argument : str
        The name of the argument it was given for, which error messages start with. For ``fixed`` a response
        is required and groups are refused, as for ``model``, which is what gls calls it.

    Returns
    -------
    Formula
        The parsed formula, whose every function is on the allow-list.

    Raises
    ------
    FormulaError
        When the text is not an R formula, or uses a function that is not allowed.
    """
    expr = parse_expression(text, argument)
    return formula_from(expr, argument)


def formula_from(expr: Expr, argument: str) -> Formula:
    """Make a :class:`Formula` of a parsed expression; see :func:`parse_formula`."""
    response, right = split_sides(strip_parens(expr), argument)
    groups: tuple[str, ...] = ()
    if isinstance(right, Binary) and right.operator == "|":
        if argument in _WHERE_GROUPS_GO:
            bar = f"| {deparse(right.right)[:40]}"
            raise FormulaError(
                f"{argument}: groups (`{bar}`) don't belong in the fixed effects; "
                f"write {_WHERE_GROUPS_GO[argument].format(bar)}"
            )
        groups = _groups(right.right, argument)
        right = right.left
    elif argument in _WHERE_GROUPS_GO and response is None:
        raise FormulaError(f"{argument}: `{shortened(expr)}` has no response; write 'y {shortened(expr)}'")
    _refuse_bars(right, argument)
    terms = expand_terms(right, argument)
    for variable in terms.variables:
        check_allowed(variable, argument)
    for offset in terms.offsets:
        check_offset(offset, argument)
    if response is not None:
        check_allowed(response, argument)
        if response in terms.variables:
            raise FormulaError(
                f"{argument}: the response {shortened(response)} is on the right side too; drop it there"
            )
    return Formula(response, right, terms, groups, argument)


def split_sides(expr: Expr, argument: str) -> tuple[Expr | None, Expr]:
    """Return the sides of a formula, None for a left side that isn't there."""
    if isinstance(expr, Unary) and expr.operator == "~":
        response, right = None, expr.operand
    elif isinstance(expr, Binary) and expr.operator == "~":
        response, right = expr.left, expr.right
    else:
        raise FormulaError(f"{argument}: `{shortened(expr)}` has no `~`; write a formula such as 'y ~ x'")
    for side in (response, right):
        if side is not None and any(getattr(node, "operator", "") == "~" for node in walk(side)):
            raise FormulaError(f"{argument}: `{shortened(expr)}` holds more than one `~`")
    return response, right


def _groups(expr: Expr, argument: str) -> tuple[str, ...]:
    """Return the names in ``a/b/c``, the groups of a random-effects formula."""
    head, tail = left_spine(strip_parens(expr), frozenset("/"))
    names: list[str] = []
    for part in (head, *(right for _, right in tail)):
        name = strip_parens(part)
        if not isinstance(name, Name):
            raise FormulaError(
                f"{argument}: the groups `{shortened(expr)}` must be columns, nested as in `| school/child`; "
                "compute other groups as a column of the data first"
            )
        if name.name in names:
            raise FormulaError(f"{argument}: the group {name.name} is named twice in `{shortened(expr)}`")
        names.append(name.name)
    return tuple(names)


def _refuse_bars(right: Expr, argument: str) -> None:
    """Refuse ``x | g`` anywhere but at the end of a formula; inside a call ``|`` is R's "or"."""
    stack = [right]
    while stack:
        node = stack.pop()
        if isinstance(node, Binary):
            if node.operator == "|":
                raise FormulaError(f"{argument}: `{shortened(node)}`: {_LME4}")
            stack.extend((node.left, node.right))
        elif isinstance(node, Paren):
            stack.append(node.inner)
        elif isinstance(node, Unary):
            stack.append(node.operand)


def _replace_dot(expr: Expr, total: Expr, whole: bool = False) -> Expr:
    """Return `expr` with ``.`` replaced by the sum `total`, which goes in parentheses inside a larger term."""
    if expr == Name("."):
        return total if whole or not isinstance(total, Binary) else Paren(total)
    if isinstance(expr, Paren):
        return Paren(_replace_dot(expr.inner, total, whole=True))
    if isinstance(expr, Unary):
        return Unary(expr.operator, _replace_dot(expr.operand, total))
    head, tail = left_spine(expr)
    if tail:
        result = _replace_dot(head, total, whole=whole and tail[0][0] == "+")
        for operator, right in tail:
            result = Binary(operator, result, _replace_dot(right, total))
        return result
    return expr


def _rebuild(text: str, argument: str) -> Formula:
    return parse_formula(text, argument=argument)
