"""Engines by name: the house's own, other packages, those that packages offer, any class as ``module:Class``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points

from ..errors import EngineUnavailableError, UsageError
from ..spec import CONTROLS
from .base import Engine, named
from .isolated import Isolated
from .peers import (
    GpboostEngine,
    Lme4Engine,
    LmePythonEngine,
    MixedlmEngine,
    MixedlmRsEngine,
    StatsmodelsEngine,
)
from .recorded import RecordedEngine
from .sides import NlmeEngine, PyimplEngine

ENTRY_POINTS = "crosscheck.engines"

_OWN: dict[str, Callable[[], Engine]] = {
    "pyimpl": PyimplEngine,
    **{named("nlme", control): partial(NlmeEngine, control) for control in CONTROLS},
    **{named("recorded", control): partial(RecordedEngine, control) for control in CONTROLS},
}

PEERS: dict[str, Callable[[], Engine]] = {
    "lme4": Lme4Engine,
    "statsmodels": StatsmodelsEngine,
    "mixedlm": MixedlmEngine,
    "mixedlm-rs": MixedlmRsEngine,
    "lme-python": LmePythonEngine,
    "gpboost": GpboostEngine,
}
"""Other packages."""


def known_engines() -> tuple[str, ...]:
    """Return the names of the engines: the house's own, other packages, and those that packages offer."""
    offered = sorted(point.name for point in entry_points(group=ENTRY_POINTS))
    known = (*_OWN, *PEERS)
    return (*known, *(name for name in offered if name not in known))


def engine(name: str, timeout: float | None = None) -> Engine:
    """Return the engine called `name`, or made by the class (or function) that ``module:Class`` names.

    Parameters
    ----------
    name : str
        One of :func:`known_engines`, or ``module:Class``.
    timeout : float, optional
        Ask an engine that isn't the house's own in a process of its own, and give it so many seconds for a fit
        (:class:`~crosscheck.engines.isolated.Isolated`).

    Raises
    ------
    UsageError
        No engine has that name.
    EngineUnavailableError
        It is someone else's, and can't be loaded.
    """
    if name in _OWN:
        return _OWN[name]()
    made = _someone_elses(name)
    return made if timeout is None else Isolated(made, timeout)


def _someone_elses(name: str) -> Engine:
    if name in PEERS:
        return PEERS[name]()
    if ":" in name:
        return _imported(name)
    for point in entry_points(group=ENTRY_POINTS, name=name):
        try:
            made: Engine = point.load()()
        except Exception as error:  # someone else's package: say whose, and what it said
            raise EngineUnavailableError(
                f"engine {name!r} ({point.value}) can't be loaded: {error}"
            ) from error
        return made
    raise UsageError(f"no engine {name!r}; known: {', '.join(known_engines())}")


def _imported(place: str) -> Engine:
    """Return the engine at ``module:Class``; modules of the working directory are found, too."""
    module, _, attribute = place.partition(":")
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        made: Engine = getattr(import_module(module), attribute)()
    except Exception as error:  # anything may go wrong in someone else's module
        raise EngineUnavailableError(
            f"engine {place!r} can't be loaded: {type(error).__name__}: {error}"
        ) from error
    if not callable(getattr(made, "fit", None)) or not isinstance(getattr(made, "name", None), str):
        raise UsageError(f"engine {place!r} is no engine: it needs a name and fit(spec, data)")
    return made
