"""Cut the text of a formula into tokens, refusing by name whatever is R code but not a formula."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from pyimpl.errors import FormulaError

MAX_LENGTH = 100_000
"""Longest formula text accepted, in characters."""

Kind = Literal["number", "integer", "text", "name", "constant", "operator", "end"]

CONSTANTS = frozenset({"TRUE", "FALSE", "NULL", "NA", "Inf", "NaN"})
RESERVED = frozenset(
    "if else repeat while function for next break in ... "
    "NA_integer_ NA_real_ NA_character_ NA_complex_".split()
)

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\f]+)
    | (?P<newline>\n)
    | (?P<hex>0[xX][0-9a-fA-F]+(?P<hexinteger>L)?)
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?P<integer>L)?)
    | (?P<name>(?:[^\W\d_]|\.)[\w.]*)
    | (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<backtick>`(?:[^`\\]|\\.)*`)
    | (?P<percent>%[^%\n]*%)
    | (?P<operator>\*\*|<=|>=|==|!=|<-|->|:=|:::?|\|\||\|>|&&|[-+*/^:~|&!<>()=,;{}\[\]$@?\\\#])
    """,
    re.VERBOSE | re.DOTALL,
)

_REFUSED = {
    "<-": "assignment has no place in a formula",
    "->": "assignment has no place in a formula",
    ":=": "assignment has no place in a formula",
    ";": "only one expression is allowed",
    "{": "braces are R code, not part of a formula",
    "}": "braces are R code, not part of a formula",
    "[": "indexing is not allowed; make the column first",
    "]": "indexing is not allowed; make the column first",
    "$": "`$` is not allowed; name the column alone",
    "@": "`@` is not allowed; name the column alone",
    "::": "package functions are not allowed; write the function's bare name",
    ":::": "package functions are not allowed; write the function's bare name",
    "?": "`?` is not part of a formula",
    "\\": "functions can't be defined in a formula",
    "|>": "pipes are not allowed; write the call out",
    "&&": "write `&`, which works on whole columns",
    "||": "`||` is lme4's spelling; in nlme uncorrelated effects are random={'g': 'pdDiag(~ x)'}",
    "#": "comments are not allowed in a formula",
}
_PERCENT = frozenset({"%in%", "%%", "%/%"})
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "`": "`"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind, its text or name, its number, and the 0-based column at which it starts."""

    kind: Kind
    text: str
    position: int
    value: float = 0.0


def excerpt(text: str, position: int = 0) -> str:
    """Return at most some 60 characters of `text` around `position`, quoted for an error message."""
    start = max(0, position - 30)
    piece = text[start : start + 60]
    return repr(("..." if start else "") + piece + ("..." if start + 60 < len(text) else ""))


def tokenize(text: str, argument: str) -> list[Token]:
    """Cut `text` into tokens, ending with one of kind ``end``.

    Parameters
    ----------
    text : str
        R syntax, as the user wrote it.
    argument : str
        The name of the argument that `text` was given for, for the error message.

    Returns
    -------
    list of Token
        The tokens in order. Newlines inside parentheses and after an operator are space, as in R.

    Raises
    ------
    FormulaError
        On a character or an operator that no formula may hold, and where R would see two statements.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"{argument}: the text has {len(text)} characters; at most {MAX_LENGTH} are accepted"
        )
    tokens: list[Token] = []
    position, depth, broken = 0, 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise FormulaError(_bad_character(text, position, argument))
        kind = match.lastgroup or ""
        if kind == "newline":
            broken = broken or (depth == 0 and bool(tokens) and _is_complete(tokens[-1]))
        elif kind != "space":
            if broken:
                raise FormulaError(
                    f"{argument}: a second line starts at {excerpt(text, position)} after a complete "
                    "expression; end the line before it with an operator, or join the lines"
                )
            token = _token(match, text, argument)
            depth += (token.text == "(") - (token.text == ")") if token.kind == "operator" else 0
            tokens.append(token)
        position = match.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


def _is_complete(token: Token) -> bool:
    return token.kind != "operator" or token.text == ")"


def _bad_character(text: str, position: int, argument: str) -> str:
    character = text[position]
    if character in "\"'`":
        return f"{argument}: the quote {character} is never closed in {excerpt(text, position)}"
    name = repr(character) if character.isprintable() else f"U+{ord(character):04X}"
    return f"{argument}: the character {name} is not R syntax in {excerpt(text, position)}"


def _token(match: re.Match[str], text: str, argument: str) -> Token:
    """Turn one regular-expression match into a token, refusing what a formula can't hold."""
    kind = next(k for k in _KINDS if match.group(k) is not None)
    word, position = match.group(kind), match.start()
    if kind in ("number", "hex"):
        return _number(match, kind, text, argument)
    if kind == "name":
        return _name(word, text, position, argument)
    if kind == "quoted":
        return Token("text", _unescape(word[1:-1], text, position, argument), position)
    if kind == "backtick":
        name = _unescape(word[1:-1], text, position, argument)
        if not name:
            raise FormulaError(f"{argument}: empty backticks in {excerpt(text, position)}; name a column")
        return Token("name", name, position)
    if kind == "percent":
        if word not in _PERCENT:
            allowed = ", ".join(sorted(_PERCENT))
            raise FormulaError(
                f"{argument}: the operator {word[:30]!r} is not allowed; allowed are {allowed}"
            )
        return Token("operator", word, position)
    if word in _REFUSED:
        raise FormulaError(f"{argument}: `{word}` in {excerpt(text, position)}: {_REFUSED[word]}")
    return Token("operator", "^" if word == "**" else word, position)


_KINDS = ("number", "hex", "name", "quoted", "backtick", "percent", "operator")


def _number(match: re.Match[str], kind: str, text: str, argument: str) -> Token:
    word, position = match.group(kind), match.start()
    following = text[match.end() : match.end() + 1]
    if following and (following.isalnum() or following in "_."):
        raise FormulaError(
            f"{argument}: {word[:40] + following!r} in {excerpt(text, position)} is no number and no name; "
            "put a name that starts with a digit in `backticks`"
        )
    integer = bool(match.group("integer") or match.group("hexinteger"))
    digits = word.removesuffix("L")
    value = float.fromhex(digits) if kind == "hex" and len(digits) < 40 else _finite(digits)
    if not math.isfinite(value):
        raise FormulaError(f"{argument}: the number {word[:40]} is too large")
    return Token("integer" if integer and value.is_integer() else "number", word, position, value)


def _finite(digits: str) -> float:
    try:
        return float(digits)
    except ValueError:
        return math.inf


def _name(word: str, text: str, position: int, argument: str) -> Token:
    if word in CONSTANTS:
        return Token("constant", word, position)
    if word in RESERVED or (word.startswith("..") and word[2:].isdigit()):
        raise FormulaError(
            f"{argument}: `{word}` in {excerpt(text, position)} is a word of R's language; "
            "a column of that name goes in `backticks`"
        )
    # Python's \w also takes superscripts and the like, which are not letters to R.
    if not word.replace(".", "_").isidentifier():
        raise FormulaError(
            f"{argument}: {word[:40]!r} in {excerpt(text, position)} is not an R name; "
            "put a name with unusual characters in `backticks`"
        )
    return Token("name", word, position)


def _unescape(body: str, text: str, position: int, argument: str) -> str:
    if "\0" in body:
        raise FormulaError(f"{argument}: a null character in {excerpt(text, position)}")
    if "\\" not in body:
        return body
    pieces, i = [], 0
    while i < len(body):
        character = body[i]
        if character == "\\":
            i += 1
            if body[i] not in _ESCAPES:
                raise FormulaError(
                    f"{argument}: the escape \\{body[i]} in {excerpt(text, position)} is not accepted; "
                    "write the character itself"
                )
            character = _ESCAPES[body[i]]
        pieces.append(character)
        i += 1
    return "".join(pieces)
