"""One line of an R script as text: its function and arguments, and the constants and lists among them.

Nothing here knows what the functions do, and nothing is evaluated; formulas and structures stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rbridge.arguments import shown
from rbridge.errors import ArgumentError, FormulaError

NAME: Final = r"[A-Za-z.][A-Za-z0-9._]*"
_CALL: Final = re.compile(
    rf"\s*(?:{NAME}\s*(?:<-|=)(?!=)\s*)?(?:(?P<package>{NAME})\s*::\s*)?"
    rf"(?P<function>{NAME})\s*\((?P<inside>.*)\)\s*(?:->\s*{NAME}\s*)?;?\s*",
    re.DOTALL,
)
_QUOTED: Final = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`"
_ARGUMENT: Final = re.compile(
    rf"\s*(?P<name>{NAME}|`[^`]*`|\"[^\"]*\"|'[^']*')\s*=(?!=)(?P<value>.*)", re.DOTALL
)
_PIECE: Final = re.compile(_QUOTED + r"|#[^\n]*|[()\[\]{},]|[^\"'`#()\[\]{},]+", re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?")
_WORDS: Final = {"TRUE": True, "T": True, "FALSE": False, "F": False}

Arguments = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """A call, taken apart.

    Attributes
    ----------
    function, package
        The function's name, and that of its package ("" where the line names none).
    arguments
        Pairs of a name ("" if positional) and the text of a value, in their order.
    """

    function: str
    package: str
    arguments: Arguments


def take_apart(line: str) -> ScriptLine:
    """Return the one call that a line makes; its assignment, comments and parentheses around it are dropped.

    Raises
    ------
    FormulaError
        The line isn't one call.
    """
    plain = "".join(piece for piece in _pieces(line) if not piece.startswith("#"))
    whole = _CALL.fullmatch(plain) or _CALL.fullmatch(_without_parentheses(plain))
    if whole is None:
        raise FormulaError(
            f"line must be one call such as 'lme(y ~ x, data = d, random = ~ 1 | g)', not {shown(line)}"
        )
    return ScriptLine(whole["function"], whole["package"] or "", named_parts(whole["inside"], "line"))


def named_parts(text: str, what: str) -> Arguments:
    """Split at the commas that are inside no brackets, and each part at its ``=``."""
    parts = []
    for part in _split(text, what):
        named = _ARGUMENT.fullmatch(part)
        parts.append((named["name"].strip("`\"'"), named["value"].strip()) if named else ("", part.strip()))
    return parts


def match(function: str, formals: Sequence[str], arguments: Arguments) -> dict[str, str]:
    """Match arguments to formals as R does: by exact name, by the beginning of a name, then by position."""
    matched: dict[str, str] = {}
    positional = []
    for name, text in arguments:
        if not name:
            positional.append(text)
            continue
        found = [name] if name in formals else [formal for formal in formals if formal.startswith(name)]
        if len(found) != 1:
            listed = ", ".join(formals)
            raise ArgumentError(f"line: {shown(name)} is not an argument of {function}(); those are {listed}")
        if found[0] in matched:
            raise ArgumentError(f"line: {function}() is given {found[0]} twice")
        matched[found[0]] = text
    left = [formal for formal in formals if formal not in matched]
    if len(positional) > len(left):
        raise ArgumentError(f"line: {function}() is given too many arguments")
    matched.update(zip(left, positional, strict=False))
    for name, text in matched.items():
        if not text:
            raise FormulaError(f"line: the argument {name} is empty")
    return matched


def literal(text: str, name: str) -> bool | int | float | str:
    """Return a constant of R's."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and "\\" not in text:
        return text[1:-1]
    if _NUMBER.fullmatch(text):
        plain = text.replace(" ", "").rstrip("L")
        return int(plain) if plain.lstrip("+-").isdigit() else float(plain)
    raise ArgumentError(f"line: {name} must be a constant, not {shown(text)}")


def listed(text: str, name: str) -> dict[str, Any]:
    """Return ``list(a = 1, ...)``, ``lmeControl(...)`` or the like as a dict."""
    whole = re.fullmatch(rf"(?:nlme::|lme4::)?({NAME})\s*\((.*)\)", text, re.DOTALL)
    if whole is None or whole[1] not in ("list", "lmeControl", "glsControl", "lmerControl"):
        raise ArgumentError(f"line: {name} must be written list(...) there, not {shown(text)}")
    values: dict[str, Any] = {}
    for position, (key, value) in enumerate(named_parts(whole[2], f"line: {name}")):
        if not key and whole[1] == "lmerControl" and position == 0:
            key = "optimizer"
        if not key:
            raise ArgumentError(f"line: {name} must name its values, not {shown(value)}")
        if key == "optCtrl":
            values.update(listed(value, "optCtrl"))
        elif name == "contrasts" and re.fullmatch(r"contr\.\w+", value):
            values[key] = value
        else:
            values[key] = literal(value, f"{name}: {key}")
    return values


def _without_parentheses(text: str) -> str:
    """Return what stands in parentheses around all, which in R prints what it assigns: ``(m <- lme(...))``."""
    stripped = text.strip().rstrip(";").rstrip()
    return stripped[1:-1] if stripped.startswith("(") and stripped.endswith(")") else text


def _pieces(text: str) -> Iterator[str]:
    """Give the text in pieces: quoted ones whole, brackets and commas alone."""
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            raise FormulaError(f"line: a quote is never closed: {shown(text[at:])}")
        yield piece.group()
        at = piece.end()


def _split(text: str, what: str) -> list[str]:
    """Split at the commas that are inside no brackets."""
    if not text.strip():
        return []
    parts: list[list[str]] = [[]]
    opened: list[str] = []
    pairs = {")": "(", "]": "[", "}": "{"}
    for piece in _pieces(text):
        if piece in ("(", "[", "{"):
            opened.append(piece)
        elif piece in pairs and (not opened or opened.pop() != pairs[piece]):
            raise FormulaError(f"{what}: brackets don't match")
        if piece == "," and not opened:
            parts.append([])
        else:
            parts[-1].append(piece)
    if opened:
        raise FormulaError(f"{what}: brackets don't match")
    return ["".join(part) for part in parts]
