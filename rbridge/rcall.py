"""``rbridge.rcall``: a line of an R script, taken apart without being evaluated, and the fit that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final

from rbridge import script_line
from rbridge.arguments import check_text, shown
from rbridge.errors import ArgumentError, FormulaError
from rbridge.gls import gls
from rbridge.lm_list import lm_list
from rbridge.lmer import lmer
from rbridge.model import lme

#: The group of entry points under which a package offers an engine for :func:`rcall`, such as pyimpl's: an object
#: with some of the functions ``lme``, ``gls``, ``lm_list``, ``lmer``. rbridge itself knows none of them.
ENTRY_POINTS: Final = "lmebridge.rcall"

_OURS: Final = {"lme": lme, "gls": gls, "lm_list": lm_list, "lmer": lmer}
_REFUSED: Final = ""  # what is not supported
_IGNORED: Final = "-"  # what changes neither numbers nor pages: how much R says on the way, what it keeps


@dataclass(frozen=True, slots=True)
class _Function:
    """One of R's functions: its formals in R's order, and what each is called here."""

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
        | {"keep.data": _IGNORED},
    ),
    "gls": _Function(
        ("nlme",),
        "gls",
        _same("model", "data", "correlation", "weights", "subset", "method")
        | {"na.action": "na_action", "control": "control", "verbose": _IGNORED},
    ),
    "lmList": _Function(
        ("nlme",),
        "lm_list",
        {"object": "formula"}
        | _same("data", "level", "subset")
        | {"na.action": "na_action", "pool": "pool", "warn.lm": _IGNORED},
    ),
    "lmer": _Function(
        ("lme4", "lmerTest"),
        "lmer",
        {"formula": "formula", "data": "data", "REML": "method", "control": "control"}
        | {"start": _REFUSED, "verbose": _IGNORED, "subset": "subset", "weights": "weights"}
        | {"na.action": "na_action", "offset": _REFUSED, "contrasts": "contrasts"},
    ),
}
#: Which function made a fit, by the fit's class, the same name on both sides.
_MADE_BY: Final = {"LmeFit": "lme", "GlsFit": "gls", "LmList": "lmList", "LmerFit": "lmer"}


def rcall(line: str, engine: Any = "nlme", **given: Any) -> Any:
    """Fit the model that a line of an R script asks for.

    The line is taken apart, never evaluated: formulas and structures go to the function as text, and are held to its
    allow-list there.

    Parameters
    ----------
    line
        One call of ``lme``, ``gls``, ``lmList`` or ``lmer``, as in R: ``"lme(mathach ~ ses, random = ~ ses | id,
        data = hsb)"``; or of ``update`` on a fit: ``"update(fm1, random = ~ 1 | id)"``. An assignment is allowed, and
        ignored.
    engine
        ``"nlme"``: R does it; ``"pyimpl"``: the native side does, which needs no R; another name that a package
        offers (an entry point of the group ``lmebridge.rcall``); or any object that has the functions ``lme``,
        ``gls``, ``lm_list``, ``lmer``. ``update`` is always that of the fit.
    **given
        What the line calls by name: the data frames, fits, and any argument's value.

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
    call = script_line.take_apart(check_text(line, "line"))
    if call.function == "update":
        return _update(call, given)
    function = call.function
    if function not in _FUNCTIONS:
        raise FormulaError(f"line calls {function}(), which isn't one of {', '.join(_FUNCTIONS)}, update")
    known = _FUNCTIONS[function]
    if call.package and call.package not in known.packages:
        raise FormulaError(f"line: {function}() is of {known.packages[0]}, not of {call.package}")
    matched = script_line.match(function, list(known.formals), call.arguments)
    arguments = _arguments(function, {name: text for name, text in matched.items() if text != "NULL"}, given)
    first = arguments.get(known.formals[next(iter(known.formals))])
    if "data" not in arguments and isinstance(first, str):
        raise ArgumentError(f"line: {function}() names no data; write data = and pass that frame by its name")
    return _engine_function(engine, known.python)(**arguments)


def _update(call: script_line.ScriptLine, given: Mapping[str, Any]) -> Any:
    """Change a fit that is given by name: its formula comes second, the other arguments by their names."""
    matched = script_line.match("update", ["object", "formula."], call.arguments[:1])
    name = matched.get("object", "").strip("`")
    fit = given.get(name)
    function = _MADE_BY.get(type(fit).__name__)
    if fit is None or function is None:
        raise ArgumentError(
            f"line: update() changes a fit, given by its name; {shown(name)} is no fit that can be updated"
        )
    if not callable(getattr(fit, "update", None)):
        side = type(fit).__module__.partition(".")[0]
        raise ArgumentError(f"line: {side} has no update of a fit by {function}(); fit anew")
    formals = list(_FUNCTIONS[function].formals)
    rest = [(key.removesuffix(".") or formals[0], text) for key, text in call.arguments[1:]]
    if sum(not key for key, _ in call.arguments[1:]) > 1:
        raise ArgumentError("line: update() takes the fit, a formula, and other arguments by name")
    texts = script_line.match(function, formals, rest)
    removed = {_FUNCTIONS[function].formals[key]: None for key, text in texts.items() if text == "NULL"}
    changes = _arguments(function, {key: text for key, text in texts.items() if text != "NULL"}, given)
    return fit.update(changes.pop(_FUNCTIONS[function].formals[formals[0]], None), **changes, **removed)


def _arguments(function: str, texts: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the function here is called with, by its own names."""
    formals = _FUNCTIONS[function].formals
    arguments = {}
    for name, text in texts.items():
        if formals[name] == _REFUSED:
            mend = "write + offset(...) in the formula" if name == "offset" else "leave it out"
            raise ArgumentError(f"line: {function}()'s {name} isn't supported; {mend}")
        if formals[name] == _IGNORED:
            script_line.literal(text, name)
            continue
        arguments[formals[name]] = _value(name, text, given)
    if function == "lmer" and "method" in arguments:
        reml = arguments["method"]
        if not isinstance(reml, bool):
            raise ArgumentError(f"line: REML must be TRUE or FALSE, not {shown(reml)}")
        arguments["method"] = "REML" if reml else "ML"
    return arguments


def _value(name: str, text: str, given: Mapping[str, Any]) -> Any:
    """Return what the function here takes for an argument of the line."""
    key = text.strip("`")
    if key in given:
        return _named(given[key], key)
    if name == "data":
        if not key.isidentifier():
            raise ArgumentError(f"line: data must be one name, not {shown(text)}; make that frame in Python")
        names = ", ".join(given) or "none"
        raise ArgumentError(
            f"line: data = {key}, but no frame of that name is given ({names}); pass {key}=frame"
        )
    if name == "na.action":
        actions = {f"na.{action}": action for action in ("fail", "omit", "exclude")}
        if text.strip("\"'") not in actions:
            raise ArgumentError(f"line: na.action must be one of {', '.join(actions)}, not {shown(text)}")
        return actions[text.strip("\"'")]
    if name in ("method", "REML", "pool", "level"):
        return script_line.literal(text, name)
    if name in ("control", "contrasts"):
        return script_line.listed(text, name)
    return text


def _named(value: Any, name: str) -> Any:
    """Return a pandas frame that knows what the line calls it, so that the page does too; else the value itself."""
    if hasattr(value, "attrs") and hasattr(value, "columns"):
        value = value.copy(deep=False)
        value.attrs["name"] = name
    return value


def _engine_function(engine: Any, name: str) -> Any:
    if isinstance(engine, str):
        if engine == "nlme":
            return _OURS[name]
        engine = _offered(engine)
    found = getattr(engine, name, None)
    if not callable(found):
        raise ArgumentError(f"engine: {getattr(engine, '__name__', shown(engine))} has no function {name}")
    return found


def _offered(name: str) -> Any:
    """Load the engine that an installed package offers under the name."""
    offered = {point.name: point for point in metadata.entry_points(group=ENTRY_POINTS)}
    if name not in offered:
        names = ", ".join(repr(each) for each in ("nlme", *sorted(offered)))
        raise ArgumentError(
            f"engine must be one of {names}, or an object with lme(), not {shown(name)}. "
            "Mend: install the package that offers it (for 'pyimpl', lmebridge itself, anew)"
        )
    try:
        return offered[name].load()
    except Exception as error:  # another package's code: whatever it raises, the answer is which one
        raise ArgumentError(f"engine: {name!r} ({offered[name].value}) can't be loaded: {error}") from error
