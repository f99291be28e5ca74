"""``rbridge.rcall``: a line of an R script, taken apart without being evaluated, and the fit that it asks for."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rbridge.arguments import check_text, shown
from rbridge.errors import ArgumentError, FormulaError
from rbridge.gls import gls
from rbridge.lm_list import lm_list
from rbridge.lmer import lmer
from rbridge.model import lme

_NAME: Final = r"[A-Za-z.][A-Za-z0-9._]*"
_CALL: Final = re.compile(
    rf"\s*(?:{_NAME}\s*(?:<-|=)(?!=)\s*)?(?:(?P<package>{_NAME})\s*::\s*)?"
    rf"(?P<function>{_NAME})\s*\((?P<inside>.*)\)\s*(?:->\s*{_NAME}\s*)?;?\s*",
    re.DOTALL,
)
_QUOTED: Final = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`"
_ARGUMENT: Final = re.compile(
    rf"\s*(?P<name>{_NAME}|`[^`]*`|\"[^\"]*\"|'[^']*')\s*=(?!=)(?P<value>.*)", re.DOTALL
)
_PIECE: Final = re.compile(_QUOTED + r"|#[^\n]*|[()\[\]{},]|[^\"'`#()\[\]{},]+", re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?")
_WORDS: Final = {"TRUE": True, "T": True, "FALSE": False, "F": False}


@dataclass(frozen=True, slots=True)
class _Function:
    """One of R's functions: its formals in R's order, and how they are called here ("" for what is refused)."""

    packages: tuple[str, ...]
    python: str
    formals: Mapping[str, str]


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_FUNCTIONS: Final = {
    "lme": _Function(
        ("nlme",),
        "lme",
        _same("fixed", "data", "random", "correlation", "weights", "subset", "method")
        | {"na.action": "na_action"}
        | _same("control", "contrasts")
        | {"keep.data": ""},
    ),
    "gls": _Function(
        ("nlme",),
        "gls",
        _same("model", "data", "correlation", "weights", "subset", "method")
        | {"na.action": "na_action", "control": "control", "verbose": ""},
    ),
    "lmList": _Function(
        ("nlme",),
        "lm_list",
        {"object": "formula"} | _same("data", "level", "subset") | {"na.action": "na_action", "pool": "pool"},
    ),
    "lmer": _Function(
        ("lme4", "lmerTest"),
        "lmer",
        {"formula": "formula", "data": "data", "REML": "method", "control": "control"}
        | {"start": "", "verbose": "", "subset": "subset", "weights": "", "na.action": "na_action"}
        | {"offset": "", "contrasts": "contrasts"},
    ),
}
_OURS: Final = {"lme": lme, "gls": gls, "lm_list": lm_list, "lmer": lmer}


def rcall(line: str, engine: Any = "nlme", **frames: Any) -> Any:
    """Fit the model that a line of an R script asks for.

    The line is taken apart, never evaluated: formulas and structures go to the function as text, and are held to its
    allow-list there.

    Parameters
    ----------
    line
        One call of ``lme``, ``gls``, ``lmList`` or ``lmer``, as in R: ``"lme(mathach ~ ses, random = ~ ses | id,
        data = hsb)"``; an assignment of it is allowed, and ignored.
    engine
        ``"nlme"``: R does it; ``"pyimpl"``: the native side does, which needs no R; or any object that has the
        functions ``lme``, ``gls``, ``lm_list``, ``lmer``.
    **frames
        The data frames that the line names.

    Returns
    -------
    The fit, as the function called would give it.

    Raises
    ------
    FormulaError
        The line isn't one such call.
    ArgumentError
        An argument isn't known here, or can't be taken as it is written.
    """
    function, arguments = _take_apart(check_text(line, "line"))
    known = _FUNCTIONS[function]
    call = {
        known.formals[name]: _value(name, text, frames)
        for name, text in _matched(function, list(known.formals), arguments).items()
    }
    first = known.formals[next(iter(known.formals))]
    if "data" not in call and isinstance(call.get(first), str):
        raise ArgumentError(f"line: {function}() names no data; write data = and pass that frame by its name")
    if function == "lmer":
        _reml_as_method(call)
    return _engine_function(engine, known.python)(**call)


def _engine_function(engine: Any, name: str) -> Any:
    if isinstance(engine, str):
        if engine not in ("nlme", "pyimpl"):
            raise ArgumentError(
                f"engine must be 'nlme' or 'pyimpl', or an object with lme(), not {shown(engine)}"
            )
        if engine == "nlme":
            return _OURS[name]
        engine = importlib.import_module(engine)
    found = getattr(engine, name, None)
    if not callable(found):
        raise ArgumentError(f"engine: {getattr(engine, '__name__', shown(engine))} has no function {name}")
    return found


def _take_apart(line: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the function's name, and its arguments as pairs of a name ("" if positional) and a text."""
    plain = "".join(piece for piece in _pieces(line) if not piece.startswith("#"))
    whole = _CALL.fullmatch(plain) or _CALL.fullmatch(_without_parentheses(plain))
    if whole is None:
        raise FormulaError(
            f"line must be one call such as 'lme(y ~ x, data = d, random = ~ 1 | g)', not {shown(line)}"
        )
    function, package = whole["function"], whole["package"]
    if function not in _FUNCTIONS:
        raise FormulaError(f"line calls {function}(), which isn't one of {', '.join(_FUNCTIONS)}")
    if package is not None and package not in _FUNCTIONS[function].packages:
        raise FormulaError(f"line: {function}() is of {_FUNCTIONS[function].packages[0]}, not of {package}")
    arguments = []
    for text in _split(whole["inside"], "line"):
        named = _ARGUMENT.fullmatch(text)
        arguments.append(
            (named["name"].strip("`\"'"), named["value"].strip()) if named else ("", text.strip())
        )
    return function, arguments


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


def _matched(function: str, formals: list[str], arguments: list[tuple[str, str]]) -> dict[str, str]:
    """Match arguments as R does: by exact name, by the beginning of a name, then by position."""
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
    matched = {name: text for name, text in matched.items() if text != "NULL"}
    for name, text in matched.items():
        if not text:
            raise FormulaError(f"line: the argument {name} is empty")
        if not _FUNCTIONS[function].formals[name]:
            raise ArgumentError(f"line: {function}()'s {name} isn't supported; leave it out")
    return matched


def _value(name: str, text: str, frames: Mapping[str, Any]) -> Any:
    """Return what the function here takes for an argument of the line."""
    if name == "data":
        key = text.strip("`")
        if key in frames:
            return _named(frames[key], key)
        if not key.isidentifier():
            raise ArgumentError(f"line: data must be one name, not {shown(text)}; make that frame in Python")
        given = ", ".join(frames) or "none"
        raise ArgumentError(
            f"line: data = {key}, but no frame of that name is given ({given}); pass {key}=frame"
        )
    if name == "na.action":
        return _one_of(text, name, {f"na.{action}": action for action in ("fail", "omit", "exclude")})
    if name in ("method", "REML", "pool", "level"):
        return _literal(text, name)
    if name in ("control", "contrasts"):
        return _listed(text, name)
    if name in ("fixed", "object") and text in frames:  # grouped data, which know their own formula
        return _named(frames[text], text)
    return text


def _named(frame: Any, name: str) -> Any:
    """Return a pandas frame that knows what the line calls it, so that the page does too."""
    if hasattr(frame, "attrs"):
        frame = frame.copy(deep=False)
        frame.attrs["name"] = name
    return frame


def _one_of(text: str, name: str, values: Mapping[str, str]) -> str:
    key = text.strip("\"'")
    if key not in values:
        raise ArgumentError(f"line: {name} must be one of {', '.join(values)}, not {shown(text)}")
    return values[key]


def _literal(text: str, name: str) -> bool | int | float | str:
    """Return a constant of R's."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and "\\" not in text:
        return text[1:-1]
    if _NUMBER.fullmatch(text):
        plain = text.replace(" ", "").rstrip("L")
        return int(plain) if plain.lstrip("+-").isdigit() else float(plain)
    raise ArgumentError(f"line: {name} must be a constant, not {shown(text)}")


def _listed(text: str, name: str) -> dict[str, Any]:
    """Return ``list(a = 1, ...)``, ``lmeControl(...)`` or the like as a dict."""
    whole = re.fullmatch(rf"(?:nlme::|lme4::)?({_NAME})\s*\((.*)\)", text, re.DOTALL)
    if whole is None or whole[1] not in ("list", "lmeControl", "glsControl", "lmerControl"):
        raise ArgumentError(f"line: {name} must be written list(...) there, not {shown(text)}")
    values: dict[str, Any] = {}
    for position, part in enumerate(_split(whole[2], f"line: {name}")):
        if whole[1] == "lmerControl" and position == 0 and part.strip()[:1] in ("'", '"'):
            part = f"optimizer = {part}"
        named = _ARGUMENT.fullmatch(part)
        if named is None:
            raise ArgumentError(f"line: {name} must name its values, not {shown(part)}")
        key, value = named["name"].strip("`\"'"), named["value"].strip()
        if key == "optCtrl":
            values.update(_listed(value, "optCtrl"))
        elif name == "contrasts" and re.fullmatch(r"contr\.\w+", value):
            values[key] = value
        else:
            values[key] = _literal(value, f"{name}: {key}")
    return values


def _reml_as_method(call: dict[str, Any]) -> None:
    if "method" in call:
        if not isinstance(call["method"], bool):
            raise ArgumentError(f"line: REML must be TRUE or FALSE, not {shown(call['method'])}")
        call["method"] = "REML" if call["method"] else "ML"
