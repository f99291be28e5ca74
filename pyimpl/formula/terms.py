"""Expand the right side of a formula into terms, as R's ``terms.formula`` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pyimpl.errors import FormulaError
from pyimpl.formula.deparse import deparse, shortened
from pyimpl.formula.nodes import Binary, Call, Constant, Expr, Name, Number, Paren, Unary, left_spine

MAX_TERMS = 5_000
"""Largest number of terms that a formula may expand to."""

_SUM = frozenset("+-")
_MODEL_OPERATORS = frozenset({"+", "-", "*", "/", "^", ":", "%in%"})


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a model, in R's order: by degree, then by appearance.

    Attributes
    ----------
    variables : tuple of Expr
        The distinct variables of the right side in order of appearance, such as ``ses`` or ``log(x)``; the offsets,
        which are in no term, are not among them.
    factors : tuple of tuple of int
        For each term the indices of its variables, ascending.
    intercept : bool
        Whether the model has an intercept.
    offsets : tuple of Expr
        The ``offset(...)`` calls, which are no terms.
    """

    variables: tuple[Expr, ...]
    factors: tuple[tuple[int, ...], ...]
    intercept: bool
    offsets: tuple[Expr, ...] = ()

    @property
    def variable_labels(self) -> tuple[str, ...]:
        """Each variable as R deparses it."""
        return tuple(deparse(variable) for variable in self.variables)

    @property
    def labels(self) -> tuple[str, ...]:
        """R's ``term.labels``."""
        names = self.variable_labels
        return tuple(":".join(names[i] for i in term) for term in self.factors)

    def spelled_out(self) -> Expr:
        """The terms one by one as a sum, then the offsets, then ``- 1`` where there is no intercept."""
        variables: list[Expr] = [Paren(v) if isinstance(v, Binary | Unary) else v for v in self.variables]
        products = [_joined(":", [variables[i] for i in term]) for term in self.factors]
        total = _joined("+", [*products, *self.offsets] or [Number(1.0)])
        return total if self.intercept else Binary("-", total, Number(1.0))


def _joined(operator: str, parts: Sequence[Expr]) -> Expr:
    total = parts[0]
    for part in parts[1:]:
        total = Binary(operator, total, part)
    return total


# A term is a bit mask over the variables; a list of terms is a dict whose keys keep their order.
_TermList = dict[int, None]


@dataclass(slots=True)
class _Expansion:
    """The variables met so far and whether the intercept stands; one object per formula expanded."""

    argument: str
    variables: dict[Expr, int] = field(default_factory=dict)
    intercept: bool = True
    removing: bool = False

    def expand(self, expr: Expr) -> _TermList:
        if isinstance(expr, Paren):
            return self.expand(expr.inner)
        if isinstance(expr, Number) or (isinstance(expr, Constant) and expr.name in ("TRUE", "FALSE")):
            return self.constant(expr)
        if isinstance(expr, Constant) and expr.name == "NULL":
            return {}
        if isinstance(expr, Unary) and expr.operator in "+-":
            return self.signed({}, expr.operator, expr.operand)
        if isinstance(expr, Binary) and expr.operator in _SUM:
            head, tail = left_spine(expr, _SUM)
            total = self.expand(head)
            for operator, right in tail:
                total = self.signed(total, operator, right)
            return total
        if isinstance(expr, Binary) and expr.operator in _MODEL_OPERATORS:
            return self.product(expr)
        return self.variable(expr)

    def constant(self, expr: Expr) -> _TermList:
        value = expr.value if isinstance(expr, Number) else float(deparse(expr) == "TRUE")
        if value not in (0.0, 1.0):
            raise FormulaError(
                f"{self.argument}: the number {deparse(expr)} is not a term; only 0 and 1 (no intercept and "
                f"intercept) are. Arithmetic goes inside I(), as in I(x + {deparse(expr)})"
            )
        self.intercept = (value == 1.0) != self.removing
        return {}

    def signed(self, total: _TermList, operator: str, right: Expr) -> _TermList:
        """Add the terms of `right` to `total`, or take them away; `total` may be changed in place."""
        if operator == "+":
            total |= self.expand(right)
            return self.limited(total)
        self.removing = not self.removing
        dropped = self.expand(right)
        self.removing = not self.removing
        if any(self.is_offset(mask) for mask in dropped):
            raise FormulaError(
                f"{self.argument}: `- {shortened(right)}` takes no offset away, R would add it; leave the offset out, "
                "or write offset(-z)"
            )
        return {term: None for term in total if term not in dropped}

    def product(self, expr: Binary) -> _TermList:
        operator = expr.operator
        if operator == "^":
            return self.power(expr)
        left, right = self.factor(expr.left, expr), self.factor(expr.right, expr)
        if operator == ":":
            return self.crossed(left, right)
        if operator == "*":
            return self.limited(left | right | self.crossed(left, right))
        if operator == "/":
            return self.limited(left | self.crossed(_together(left), right))
        return self.crossed(left, _together(right))

    def factor(self, side: Expr, whole: Binary) -> _TermList:
        """Expand one operand of a product; R does odd things with one that holds no term, such as 1 in ``1 * x``."""
        terms = self.expand(side)
        if not terms:
            raise FormulaError(
                f"{self.argument}: `{shortened(side)}` beside `{whole.operator}` in `{shortened(whole)}` holds no "
                "term; write it with + or -, and arithmetic inside I()"
            )
        if all(self.is_offset(mask) for mask in terms):
            raise FormulaError(
                f"{self.argument}: `{shortened(side)}` can't be part of the product `{shortened(whole)}`; write it as "
                "a term of its own, with +"
            )
        return terms

    def power(self, expr: Binary) -> _TermList:
        exponent = expr.right.value if isinstance(expr.right, Number) else 0.0
        if exponent < 2:
            raise FormulaError(
                f"{self.argument}: the power in `{shortened(expr)}` must be a number of at least 2 "
                "(it means interactions); a power of a column is written I(x^2)"
            )
        base = self.factor(expr.left, expr)
        total = base
        for _ in range(min(int(exponent), 64) - 1):
            larger = self.crossed(total, base)
            if list(larger) == list(total):
                break
            total = larger
        return total

    def crossed(self, left: _TermList, right: _TermList) -> _TermList:
        result: _TermList = {}
        for a in left:
            for b in right:
                result[a | b] = None
            self.limited(result)
        return result

    def limited(self, terms: _TermList) -> _TermList:
        if len(terms) > MAX_TERMS:
            raise FormulaError(f"{self.argument}: the formula expands to more than {MAX_TERMS} terms")
        return terms

    def is_offset(self, mask: int) -> bool:
        """Whether a variable of the term is a call of offset()."""
        variables = list(self.variables)
        return any(_is_offset(variables[i]) for i in _members(mask))

    def variable(self, expr: Expr) -> _TermList:
        if not isinstance(expr, (Name, Call, Unary, Binary)) or getattr(expr, "operator", "") == "~":
            raise FormulaError(f"{self.argument}: `{shortened(expr)}` is not a term; name a column")
        return {1 << self.variables.setdefault(expr, len(self.variables)): None}


def _is_offset(variable: Expr) -> bool:
    return isinstance(variable, Call) and variable.function == "offset"


def _together(terms: _TermList) -> _TermList:
    """Return the one term that holds every variable of `terms`; none if there are none."""
    mask = 0
    for term in terms:
        mask |= term
    return {mask: None} if terms else {}


def _members(mask: int) -> tuple[int, ...]:
    """Return the positions of the bits that are set in `mask`, ascending."""
    members = []
    while mask:
        lowest = mask & -mask
        members.append(lowest.bit_length() - 1)
        mask ^= lowest
    return tuple(members)


def expand_terms(right: Expr, argument: str) -> Terms:
    """Expand the right side of a formula into its terms.

    Parameters
    ----------
    right : Expr
        The right side, without groups.
    argument : str
        The argument it was given for, for error messages.

    Returns
    -------
    Terms
        The same terms, in the same order and with the same labels, as R's ``terms()``.

    Raises
    ------
    FormulaError
        On numbers other than 0 and 1, powers below 2, and expansions beyond `MAX_TERMS`.
    """
    expansion = _Expansion(argument)
    masks = expansion.expand(right)
    variables = tuple(expansion.variables)
    offsets = [i for i, variable in enumerate(variables) if _is_offset(variable)]
    offset_mask = sum(1 << i for i in offsets)
    kept = sorted((m for m in masks if not m & offset_mask), key=int.bit_count)
    others = [i for i in range(len(variables)) if i not in offsets]
    position = {i: k for k, i in enumerate(others)}
    factors = tuple(tuple(position[i] for i in _members(mask)) for mask in kept)
    return Terms(
        tuple(variables[i] for i in others),
        factors,
        expansion.intercept,
        tuple(variables[i] for i in offsets),
    )
