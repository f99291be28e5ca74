"""The allow-list: which functions and operators a formula may use, and with which arguments.

Nothing outside this table is ever evaluated. A call is held against it when the formula is parsed, before
any data are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyimpl.errors import FormulaError
from pyimpl.formula.constants import constant_value
from pyimpl.formula.deparse import shortened
from pyimpl.formula.nodes import Binary, Call, Constant, Expr, Name, Unary, children


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes.

    Attributes
    ----------
    data : tuple of str
        Arguments that are columns or expressions of columns.
    constants : tuple of str
        Arguments that must be constants, positional in this order after `data`.
    named_only : tuple of str
        Constants that R takes by name only.
    required : int
        How many of `data` must be there; ``variadic`` ones take any number.
    """

    data: tuple[str, ...] = ("x",)
    constants: tuple[str, ...] = ()
    named_only: tuple[str, ...] = ()
    required: int = 1
    variadic: bool = False


_PLAIN = Signature()
FUNCTIONS: dict[str, Signature] = {
    **dict.fromkeys(
        ("exp log2 log10 log1p expm1 sqrt abs sin cos tan floor ceiling sign I as.factor as.numeric").split(),
        _PLAIN,
    ),
    "log": Signature(("x", "base")),
    "round": Signature(constants=("digits",)),
    "factor": Signature(constants=("levels", "labels"), named_only=("ordered",)),
    "ordered": Signature(constants=("levels", "labels")),
    "scale": Signature(constants=("center", "scale")),
    "poly": Signature(constants=("degree",), named_only=("raw",)),
    "ns": Signature(constants=("df", "knots", "intercept", "Boundary.knots")),
    "bs": Signature(constants=("df", "knots", "degree", "intercept", "Boundary.knots")),
    "pmin": Signature(("...",), variadic=True),
    "pmax": Signature(("...",), variadic=True),
    "ifelse": Signature(("test", "yes", "no"), required=3),
}
"""Every function a formula may call, with its arguments."""

_HINTS = {
    "c": " on columns, only as a constant such as knots = c(1, 2)",
    "mean": "; to centre, write scale(x, scale = FALSE)",
    "relevel": "; set the order of the categories with pandas",
    "C": "; write contrasts={'f': 'contr.sum'}",
    "cut": "; make the column with pandas.cut",
    "interaction": "; write a:b",
    "offset": " but as a term of its own with one argument, as in y ~ x + offset(z)",
    "as.integer": "; write as.numeric(x)",
    "as.ordered": "; write ordered(x)",
    "cbind": "; write the columns as terms, with +",
}

OPERATORS = frozenset({"+", "-", "*", "/", "^", "%%", "%/%", "==", "!=", "<", ">", "<=", ">=", "&", "|", "!"})


def check_allowed(expr: Expr, argument: str) -> None:
    """Raise FormulaError if `expr`, a variable of a formula, holds anything that may not be evaluated.

    Parameters
    ----------
    expr : Expr
        A variable: what a term of the formula is made of, such as ``log(x)``.
    argument : str
        The argument it was given for, for the message.
    """
    _check(expr, expr, argument)


def check_offset(call: Expr, argument: str) -> None:
    """As :func:`check_allowed`, for a term ``offset(x)``."""
    if isinstance(call, Call) and len(call.arguments) == 1 and call.arguments[0].name in (None, "object"):
        call = call.arguments[0].value
    check_allowed(call, argument)


def _check(node: Expr, whole: Expr, argument: str) -> None:
    """Check `node`, a part of the variable `whole`; its depth was bounded by the parser."""
    parts: Iterable[Expr] = children(node)
    if isinstance(node, Call):
        parts = _checked_data_arguments(node, argument)
    elif isinstance(node, (Unary, Binary)) and node.operator not in OPERATORS:
        raise FormulaError(f"{argument}: `{node.operator}` is not allowed inside `{shortened(whole)}`")
    elif isinstance(node, Name) and node.name == "." and node is not whole:
        raise FormulaError(f"{argument}: `.` inside `{shortened(whole)}` is not allowed; name the column")
    elif isinstance(node, Constant) and node.name in ("NULL", "NA", "NaN"):
        raise FormulaError(f"{argument}: {node.name} is not allowed inside `{shortened(whole)}`")
    for part in parts:
        _check(part, whole, argument)


def _checked_data_arguments(call: Call, argument: str) -> list[Expr]:
    """Hold one call against the table and return its arguments that are made of data."""
    if call.function not in FUNCTIONS:
        hint = _HINTS.get(call.function, "")
        if call.function.startswith(("pd", "cor", "var")):
            hint = "; a structure belongs in random=, correlation= or weights="
        raise FormulaError(
            f"{argument}: the function `{call.function[:40]}` is not allowed in a formula{hint}; allowed are "
            f"{', '.join(sorted(FUNCTIONS))}. Compute other columns in the data first"
        )
    matched = match_arguments(call, argument)
    constants = constant_names(call.function)
    for name, value in matched.items():
        if name in constants:
            constant_value(value, f"{argument}: `{name}` of {call.function}()")
    return [value for name, value in matched.items() if name not in constants]


def constant_names(function: str) -> frozenset[str]:
    """Return the names of the arguments of `function` that must be constants."""
    signature = FUNCTIONS[function]
    return frozenset((*signature.constants, *signature.named_only))


def match_arguments(call: Call, argument: str) -> dict[str, Expr]:
    """Return the arguments of an allowed call by name, in the order of its signature.

    Those of a variadic function are called ``...1``, ``...2`` and so on.
    """
    signature = FUNCTIONS[call.function]
    if signature.variadic:
        named = [a.name for a in call.arguments if a.name is not None]
        if named or not call.arguments:
            raise FormulaError(f"{argument}: {call.function}() takes one or more unnamed columns or numbers")
        return {f"...{i}": a.value for i, a in enumerate(call.arguments, start=1)}
    positional = [*signature.data, *signature.constants]
    known = [*positional, *signature.named_only]
    matched: dict[str, Expr] = {}
    for one in call.arguments:
        if one.name is not None:
            if one.name not in known or one.name in matched:
                problem = "twice" if one.name in matched else "but it has no such argument"
                raise FormulaError(
                    f"{argument}: `{one.name[:40]}` is given to {call.function}() {problem}; "
                    f"it takes {', '.join(known)}"
                )
            matched[one.name] = one.value
    free = [name for name in positional if name not in matched]
    for one in call.arguments:
        if one.name is None:
            if not free:
                raise FormulaError(
                    f"{argument}: too many arguments in `{shortened(call)}`; "
                    f"{call.function}() takes {', '.join(known)}"
                )
            matched[free.pop(0)] = one.value
    missing = [name for name in signature.data[: signature.required] if name not in matched]
    if missing:
        raise FormulaError(f"{argument}: {call.function}() needs its argument `{missing[0]}`")
    return {name: matched[name] for name in known if name in matched}


def data_names(expr: Expr, nested: bool = False) -> list[str]:
    """Return the names of the data columns in `expr`, in order of appearance, with repeats.

    ``pi`` inside a call or operator is the number; ``T`` and ``F`` as constant arguments are R's shorthands.
    """
    if isinstance(expr, Name):
        return [] if nested and expr.name == "pi" else [expr.name]
    if isinstance(expr, Call) and expr.function in FUNCTIONS:
        constants = constant_names(expr.function)
        parts = [v for k, v in match_arguments(expr, "formula").items() if k not in constants]
    else:
        parts = list(children(expr))
    return [name for part in parts for name in data_names(part, nested=True)]
