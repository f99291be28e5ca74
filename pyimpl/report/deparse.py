"""Where R's ``deparse`` breaks a long formula, which shows as runs of blanks in nlme's pages.

``deparse`` begins a new line after an operator or a comma once the line has passed 60 bytes; the lines
that follow within the same call are indented. nlme prints the pieces in one row, so only the indentation is
seen.

The text comes in as R writes it on one line; this module reads just enough of R's grammar to know which
operator belongs to which call. Source: the behaviour of R 4.2's ``deparse``, held against it in the tests.
"""

import re
from dataclasses import dataclass, field

CUTOFF = 60

_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<name>`(?:[^`\\]|\\.)*`|(?:[^\W\d]|\.(?!\d))[\w.]*)"
    r"|(?P<literal>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[Li]?)"
    r"|(?P<operator>%[^%]*%|<=|>=|==|!=|\|\||&&|:::|::|\[\[|[-+*/^:~!<>&|$@()\[\]{},=])"
    r")",
    re.UNICODE,
)

# binding strength of the infix operators of R's grammar, loosest first
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("=",), ("~",), ("|", "||"), ("&", "&&"), ("==", "!=", "<", ">", "<=", ">="),
    ("+", "-"), ("*", "/"), ("%%",), (":",), ("^",), ("$", "@", "::", ":::"),
)  # fmt: skip
_STRENGTH = {op: i for i, level in enumerate(_LEVELS) for op in level}
_UNARY = {"~": _STRENGTH["~"] + 1, "!": _STRENGTH["&"] + 1, "-": _STRENGTH[":"] + 1, "+": _STRENGTH[":"] + 1}
_TIGHT = {"/", ":", "^", "$", "@", "::", ":::"}  # written without blanks, and never followed by a break
_TIGHT_PERCENT = {"%%", "%/%"}
_CLOSING = {"(": ")", "[": "]", "[[": "]]"}


@dataclass(frozen=True, slots=True)
class _Node:
    """A piece of the formula: text, or a call whose parts are written in turn.

    `breaks` holds the positions among `parts` before which a line may end.
    """

    parts: tuple["str | _Node", ...]
    breaks: frozenset[int] = frozenset()


class _UnreadableError(Exception):
    """The text holds something that model formulas don't: it is then left on one line."""


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _UnreadableError
        found.append(match.group().strip())
        at = match.end()
    return found


class _Reader:
    """Precedence climbing over the tokens of one formula."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def read(self) -> _Node:
        node = self._infix(0)
        if self._peek():
            raise _UnreadableError
        return node

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        for expected in token if token == "]]" else (token,):
            if self._next() != expected:
                raise _UnreadableError

    def _infix(self, loosest: int) -> _Node:
        left = self._prefix()
        while (strength := self._strength(self._peek())) >= loosest:
            operator = self._next()
            # ^ and = group from the right, all others from the left
            right = self._infix(strength if operator in {"^", "="} else strength + 1)
            if operator in _TIGHT or operator in _TIGHT_PERCENT:
                left = _Node((left, operator, right))
            elif operator == "=":
                left = _Node((left, " = ", right))
            else:
                left = _Node((left, f" {operator} ", right), frozenset({2}))
        return left

    @staticmethod
    def _strength(token: str) -> int:
        return _STRENGTH["%%"] if token.startswith("%") else _STRENGTH.get(token, -1)

    def _prefix(self) -> _Node:
        token = self._next()
        if token in _UNARY:
            return _Node((token, self._infix(_UNARY[token])))
        if token == "(":
            inner = self._infix(0)
            self._expect(")")
            return self._postfix(_Node(("(", inner, ")")))
        if not token or token in _STRENGTH or token in ")]},{" or token.startswith(("[", "%")):
            raise _UnreadableError
        return self._postfix(_Node((token,)))

    def _postfix(self, node: _Node) -> _Node:
        while (opening := self._peek()) in _CLOSING:
            self._next()
            node = self._call(node, opening, _CLOSING[opening])
        return node

    def _call(self, function: _Node, opening: str, closing: str) -> _Node:
        parts: list[str | _Node] = [function, opening]
        breaks = set()
        while self._peek() != closing[0]:
            # an argument may be left out, as in x[, 1]
            parts.append(_Node(("",)) if self._peek() == "," else self._infix(0))
            if self._peek() == ",":
                self._next()
                parts.append(", ")
                breaks.add(len(parts))
            elif self._peek() != closing[0]:
                raise _UnreadableError
        self._expect(closing)
        return _Node((*parts, closing), frozenset(breaks) if opening == "(" else frozenset())


@dataclass(slots=True)
class _Writer:
    """Lines written so far, and the depth of indentation for the next."""

    lines: list[str] = field(default_factory=lambda: [""])
    indent: int = 0

    def write(self, node: _Node) -> None:
        # a sum of a thousand terms leans to the left a thousand deep: go down that side without recursion
        leaning = []
        while isinstance(leftmost := node.parts[0], _Node):
            leaning.append(node)
            node = leftmost
        self._write_parts(node, start=0)
        for outer in reversed(leaning):
            self._write_parts(outer, start=1)

    def _write_parts(self, node: _Node, start: int) -> None:
        broken = False
        for i in range(start, len(node.parts)):
            part = node.parts[i]
            if i in node.breaks and _is_full(self.lines[-1]):
                self.indent += not broken
                broken = True
                self.lines.append("    " * min(self.indent, 4) + "  " * max(self.indent - 4, 0))
            if isinstance(part, str):
                self.lines[-1] += part
            else:
                self.write(part)
        self.indent -= broken


def _is_full(line: str) -> bool:
    return len(line.encode()) > CUTOFF  # R counts bytes


def deparse_lines(text: str) -> list[str]:
    """Break a formula into the lines of R's ``deparse``.

    Parameters
    ----------
    text : str
        A formula on one line, spaced as R spaces it, such as ``"y ~ x + I(x^2)"``.

    Returns
    -------
    list of str
        ``[text]`` if it fits in one line, or holds syntax that no model formula has.
    """
    if not _is_full(text):
        return [text]
    writer = _Writer()
    try:
        writer.write(_Reader(_tokens(text)).read())
    except (_UnreadableError, RecursionError):
        return [text]
    return writer.lines
