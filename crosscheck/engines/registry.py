"""Engines by name: the house's own, and those that other packages offer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import entry_points

from ..errors import EngineUnavailableError, UsageError
from ..spec import CONTROLS
from .base import Engine, named
from .recorded import RecordedEngine
from .sides import NlmeEngine, PyimplEngine

ENTRY_POINTS = "crosscheck.engines"

_OWN: dict[str, Callable[[], Engine]] = {
    "pyimpl": PyimplEngine,
    **{named("nlme", control): partial(NlmeEngine, control) for control in CONTROLS},
    **{named("recorded", control): partial(RecordedEngine, control) for control in CONTROLS},
}


def known_engines() -> tuple[str, ...]:
    """Return the names of the engines, the house's own first."""
    offered = sorted(point.name for point in entry_points(group=ENTRY_POINTS))
    return (*_OWN, *(name for name in offered if name not in _OWN))


def engine(name: str) -> Engine:
    """Return the engine called `name`.

    Raises
    ------
    UsageError
        No engine has that name.
    EngineUnavailableError
        Another package offers it, but it can't be loaded.
    """
    if name in _OWN:
        return _OWN[name]()
    for point in entry_points(group=ENTRY_POINTS, name=name):
        try:
            made: Engine = point.load()()
        except Exception as error:  # someone else's package: say whose, and what it said
            raise EngineUnavailableError(
                f"engine {name!r} ({point.value}) can't be loaded: {error}"
            ) from error
        return made
    raise UsageError(f"no engine {name!r}; known: {', '.join(known_engines())}")
