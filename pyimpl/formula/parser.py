"""A precedence-climbing parser of R's expression grammar, as far as formulas and structures need it."""

from __future__ import annotations

from pyimpl.errors import FormulaError
from pyimpl.formula.nodes import (
    Argument,
    Binary,
    Call,
    Constant,
    Expr,
    Name,
    Number,
    Paren,
    Text,
    Unary,
    children,
)
from pyimpl.formula.tokens import Token, excerpt, tokenize

MAX_DEPTH = 60
"""Deepest nesting of parentheses, calls and prefix operators accepted."""
MAX_CHAIN = 150
"""Longest chain of infix operators accepted inside one term (sums of terms may be longer)."""

# Binding powers from R's manual (?Syntax), loosest first. Comparisons don't associate; ^ does to the right.
_BINARY = {
    "~": 10,
    "|": 20,
    "&": 30,
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), 50),
    **dict.fromkeys("+-", 60),
    **dict.fromkeys("*/", 70),
    **dict.fromkeys(("%in%", "%%", "%/%"), 80),
    ":": 90,
    "^": 110,
}
_PREFIX = {"~": 10, "!": 40, "-": 100, "+": 100}
_COMPARISON = 50
_POWER = 110


def parse_expression(text: str, argument: str) -> Expr:
    """Parse one R expression; nothing is evaluated.

    Parameters
    ----------
    text : str
        The expression.
    argument : str
        The name of the argument it was given for, for error messages.

    Returns
    -------
    Expr
        The syntax tree, with parentheses kept.

    Raises
    ------
    FormulaError
        When `text` is not one well-formed expression of R's formula language.
    """
    if not isinstance(text, str):
        raise FormulaError(f"{argument}: a formula is text such as 'y ~ x', not {type(text).__name__}")
    parser = _Parser(text, argument)
    expr = parser.whole()
    _check_chains(expr, argument)
    return expr


class _Parser:
    """The tokens of one text and how far they have been read."""

    __slots__ = ("argument", "depth", "index", "text", "tokens")

    def __init__(self, text: str, argument: str) -> None:
        self.text = text
        self.argument = argument
        self.tokens = tokenize(text, argument)
        self.index = 0
        self.depth = 0

    def whole(self) -> Expr:
        if self.tokens[0].kind == "end":
            raise FormulaError(f"{self.argument}: the text is empty; write a formula such as 'y ~ x'")
        expr = self.expression(0)
        if self.tokens[self.index].kind != "end":
            raise self.unexpected(self.tokens[self.index])
        return expr

    def expression(self, power: int) -> Expr:
        """Parse operators that bind at least as tightly as `power`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError(
                f"{self.argument}: nested more than {MAX_DEPTH} deep; simplify it, or compute a column first"
            )
        left = self.operand()
        while True:
            token = self.tokens[self.index]
            binding = _BINARY.get(token.text, -1) if token.kind == "operator" else -1
            if binding < power or binding < 0:
                break
            self.index += 1
            right = self.expression(binding if binding == _POWER else binding + 1)
            left = Binary(token.text, left, right)
            following = self.tokens[self.index]
            if (
                binding == _COMPARISON
                and following.kind == "operator"
                and _BINARY.get(following.text) == _COMPARISON
            ):
                raise self.unexpected(following)
        self.depth -= 1
        return left

    def operand(self) -> Expr:
        token = self.tokens[self.index]
        self.index += 1
        if token.kind in ("number", "integer"):
            return Number(token.value, token.kind == "integer")
        if token.kind == "text":
            return Text(token.text)
        if token.kind == "constant":
            return Constant(token.text)
        if token.kind == "name":
            if self.at("("):
                self.index += 1
                return Call(token.text, self.arguments())
            return Name(token.text)
        if token.text in _PREFIX and token.kind == "operator":
            return Unary(token.text, self.expression(_PREFIX[token.text]))
        if token.text == "(" and token.kind == "operator":
            inner = self.expression(0)
            self.close()
            return Paren(inner)
        raise self.unexpected(token)

    def arguments(self) -> tuple[Argument, ...]:
        found: list[Argument] = []
        if self.at(")"):
            self.index += 1
            return ()
        while True:
            found.append(self.one_argument())
            if not self.at(","):
                break
            self.index += 1
        self.close()
        return tuple(found)

    def one_argument(self) -> Argument:
        token, following = self.tokens[self.index], self.tokens[min(self.index + 1, len(self.tokens) - 1)]
        if token.kind in ("name", "text") and following.kind == "operator" and following.text == "=":
            self.index += 2
            return Argument(token.text, self.expression(0))
        return Argument(None, self.expression(0))

    def at(self, text: str) -> bool:
        token = self.tokens[self.index]
        return token.kind == "operator" and token.text == text

    def close(self) -> None:
        if not self.at(")"):
            raise self.unexpected(self.tokens[self.index], " where `)` or an operator was expected")
        self.index += 1

    def unexpected(self, token: Token, where: str = "") -> FormulaError:
        if token.kind == "end":
            return FormulaError(
                f"{self.argument}: {excerpt(self.text, token.position)} ends too early{where}"
            )
        shown = token.text if token.kind != "text" else repr(token.text[:30])
        return FormulaError(
            f"{self.argument}: unexpected {shown[:40]!r} at character {token.position + 1} of "
            f"{excerpt(self.text, token.position)}{where}"
        )


def _check_chains(expr: Expr, argument: str) -> None:
    """Refuse trees so deep that recursing over them is unsafe; the spine of a formula's own sum is exempt."""
    stack = [(expr, 0, True)]
    while stack:
        node, depth, at_top = stack.pop()
        if depth > MAX_CHAIN:
            raise FormulaError(
                f"{argument}: more than {MAX_CHAIN} operators in one term; compute a column of the data first"
            )
        spine = at_top and isinstance(node, Binary) and node.operator in "+-~|"
        if spine:
            assert isinstance(node, Binary)
            stack.append((node.left, depth, True))
            stack.append((node.right, depth + 1, node.operator in "~|"))
        elif isinstance(node, (Paren, Unary)) and at_top:
            stack.extend((child, depth + 1, True) for child in children(node))
        else:
            stack.extend((child, depth + 1, False) for child in children(node))
