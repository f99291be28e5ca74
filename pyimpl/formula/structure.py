"""The general grammar of structures such as ``corAR1(form = ~ t | id)``: calls of known names, never run."""

from __future__ import annotations

from pyimpl.errors import FormulaError
from pyimpl.formula.deparse import shortened
from pyimpl.formula.functions import FUNCTIONS, OPERATORS
from pyimpl.formula.nodes import Binary, Call, Expr, Unary, walk
from pyimpl.formula.parser import parse_expression

STRUCTURES = frozenset(
    """
    pdLogChol pdSymm pdDiag pdIdent pdCompSymm pdNatural pdBlocked
    corAR1 corCAR1 corARMA corCompSymm corSymm corNatural corExp corGaus corLin corRatio corSpher
    varFixed varIdent varPower varExp varConstPower varConstProp varComb
    """.split()
)
"""nlme's constructors of covariance, correlation and variance structures."""

_HELPERS = frozenset({"list", "c", "fitted", "resid", "matrix", "diag"})
_FORMULA_OPERATORS = frozenset({"~", ":", "%in%"})


def parse_structure(text: str, argument: str) -> Call:
    """Parse a structure such as ``pdDiag(~ ses)`` or ``corAR1(form = ~ t | id)``; nothing is evaluated.

    Parameters
    ----------
    text : str
        One call in R syntax.
    argument : str
        The argument it was given for, for error messages.

    Returns
    -------
    Call
        The call, whose function is one of `STRUCTURES` and which holds only names on the allow-lists.

    Raises
    ------
    FormulaError
        When the text is anything else.
    """
    expr = parse_expression(text, argument)
    if not isinstance(expr, Call):
        raise FormulaError(
            f"{argument}: `{shortened(expr)}` is not a structure; write one such as corAR1(form = ~ 1 | id)"
        )
    check_structure(expr, argument)
    return expr


def check_structure(call: Call, argument: str) -> None:
    """Raise FormulaError unless `call` is a known structure that holds nothing outside the allow-lists."""
    if call.function not in STRUCTURES:
        prefix = {"random": "pd", "correlation": "cor", "weights": "var"}.get(argument, "")
        known = ", ".join(sorted(name for name in STRUCTURES if name.startswith(prefix)))
        raise FormulaError(
            f"{argument}: `{call.function[:40]}` is not a structure that nlme has; choose one of {known}"
        )
    for node in walk(call):
        if isinstance(node, Call) and not _is_known(node.function):
            raise FormulaError(
                f"{argument}: the function `{node.function[:40]}` is not allowed in `{shortened(call)}`"
            )
        if isinstance(node, (Unary, Binary)) and not _is_operator(node):
            raise FormulaError(f"{argument}: `{node.operator}` is not allowed in `{shortened(call)}`")


def _is_known(function: str) -> bool:
    return function in STRUCTURES or function in _HELPERS or function in FUNCTIONS


def _is_operator(node: Expr) -> bool:
    operator = getattr(node, "operator", "")
    return operator in OPERATORS or operator in _FORMULA_OPERATORS
