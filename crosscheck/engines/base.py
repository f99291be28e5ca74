"""What an engine is, and how its answer is had without letting it crash the caller."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, Protocol

import pandas as pd

from ..answer import Answer
from ..errors import CannotFitError, NotRecordedError
from ..spec import Control, ModelSpec
from .outcome import Kind, NoAnswer


def named(engine: str, control: Control) -> str:
    """Return the name of an engine under a control: ``nlme``, ``nlme-tight``, ..."""
    return engine if control == "default" else f"{engine}-{control}"


class Engine(Protocol):
    """Whatever fits a model; see :mod:`crosscheck.engines`."""

    @property
    def name(self) -> str:
        """The engine's name, as reports show it."""

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Any:
        """Fit the model; return a fit that answers the contract's names, or an answer."""


def why_not(engine: Engine) -> str:
    """Return why the engine can't run here, or "" when it can or doesn't say."""
    ask = getattr(engine, "why_not", None)
    return str(ask()) if ask is not None else ""


def cannot(engine: Engine, spec: ModelSpec) -> str:
    """Return why the engine can't fit such a model at all, or "" when it can or doesn't say."""
    ask = getattr(engine, "cannot", None)
    return str(ask(spec)) if ask is not None else ""


def answer_of(engine: Engine, spec: ModelSpec, data: pd.DataFrame) -> Answer | NoAnswer:
    """Return the engine's answer, or why there is none: what it declares, or what it raised, as one line.

    The engine's warnings are kept on its answer (the contract's ``fit.warnings``), not shown here.
    """
    try:
        if reason := cannot(engine, spec):
            return NoAnswer(reason, "cannot")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = engine.fit(spec, data.copy())
            if isinstance(fit, NoAnswer):
                return fit
            if not any(hasattr(fit, name) for name in ("t_table", "fixef")):
                what = f"fit() returned {type(fit).__name__}, which isn't a fit: it has no t_table()"
                return NoAnswer(what, "not a fit")
            ask = getattr(engine, "provenance", None)
            answer = Answer.of(fit, engine=engine.name, provenance=ask() if ask is not None else {})
            named = answer.about.engine != ""  # an answer that the engine made itself may not say whose it is
            return answer if named else replace(answer, about=replace(answer.about, engine=engine.name))
    except (
        Exception,
        SystemExit,
    ) as error:  # an engine that raises has a verdict; it doesn't take the others down
        return NoAnswer(f"{type(error).__name__}: {error}", _kind(error))


def _kind(error: BaseException) -> Kind:
    kinds: dict[type[BaseException], Kind] = {CannotFitError: "cannot", NotRecordedError: "not recorded"}
    return next((kind for error_type, kind in kinds.items() if isinstance(error, error_type)), "raised")
