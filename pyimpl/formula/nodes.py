"""The syntax tree of an R formula: a handful of frozen node types, and walks over them that never recurse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric literal; ``integer`` is True for R's ``2L``."""

    value: float
    integer: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal."""

    value: str


@dataclass(frozen=True, slots=True)
class Constant:
    """One of R's reserved constants: ``TRUE FALSE NULL NA Inf NaN``."""

    name: str


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, without the backticks it may have been written in."""

    name: str


@dataclass(frozen=True, slots=True)
class Paren:
    """An expression in parentheses, kept because R's deparse keeps them."""

    inner: Expr


@dataclass(frozen=True, slots=True)
class Unary:
    """A prefix operator: ``- + ! ~``."""

    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """An infix operator and its two operands."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call; ``name`` is None for a positional one."""

    name: str | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """A function call ``function(arguments)``."""

    function: str
    arguments: tuple[Argument, ...]


Expr = Number | Text | Constant | Name | Paren | Unary | Binary | Call


def children(expr: Expr) -> tuple[Expr, ...]:
    """Return the direct sub-expressions of `expr`, left to right."""
    if isinstance(expr, Binary):
        return (expr.left, expr.right)
    if isinstance(expr, Call):
        return tuple(argument.value for argument in expr.arguments)
    if isinstance(expr, Unary):
        return (expr.operand,)
    if isinstance(expr, Paren):
        return (expr.inner,)
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield `expr` and all expressions inside it, in order of appearance (operators before operands)."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def strip_parens(expr: Expr) -> Expr:
    """Return `expr` without the parentheses around the whole of it."""
    while isinstance(expr, Paren):
        expr = expr.inner
    return expr


def left_spine(expr: Expr, operators: frozenset[str] | None = None) -> tuple[Expr, list[tuple[str, Expr]]]:
    """Split ``a + b - c`` into its head ``a`` and its tail ``[("+", b), ("-", c)]``.

    Sums of hundreds of terms are trees as deep as they are long, so what handles them iterates over
    this spine instead of recursing. `operators` limits the split; None splits at every infix operator.
    """
    tail: list[tuple[str, Expr]] = []
    while isinstance(expr, Binary) and (operators is None or expr.operator in operators):
        tail.append((expr.operator, expr.right))
        expr = expr.left
    tail.reverse()
    return expr, tail
