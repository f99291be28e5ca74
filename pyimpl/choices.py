"""Arguments that name one of a few possibilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pyimpl.errors import ArgumentError


def choose(value: object, choices: Sequence[str], argument: str) -> str:
    """Return the choice that ``value`` is, or is the beginning of, as R's ``match.arg`` has it.

    Raises
    ------
    ArgumentError
        There is no such choice, or more than one.
    """
    if isinstance(value, str) and value:
        found = [value] if value in choices else [each for each in choices if each.startswith(value)]
        if len(found) == 1:
            return found[0]
    raise ArgumentError(f"{argument}: {value!r} is unknown; choose one of {', '.join(choices)}")


def check_flag(value: object, argument: str) -> bool:
    """Return ``value`` if it is True or False.

    Raises
    ------
    ArgumentError
        It is anything else: a text such as ``"no"`` would count as True.
    """
    if not isinstance(value, bool | np.bool_):
        raise ArgumentError(f"{argument}: expected True or False, got {value!r}")
    return bool(value)


def choose_level(level: object, groups: Sequence[str], what: str, *, population: bool = False) -> int:
    """Return the number of a grouping level that is given by number, from 1, or by name; None is the innermost.

    Parameters
    ----------
    level : object
    groups : sequence of str
        The grouping factors, outermost first.
    what : str
        What has these levels, for the error message.
    population : bool
        Whether 0 is a choice too.

    Raises
    ------
    ArgumentError
        There is no such level.
    """
    if level is None:
        return len(groups)
    if isinstance(level, str) and level in groups:
        return list(groups).index(level) + 1
    least = 0 if population else 1
    if isinstance(level, int | np.integer) and not isinstance(level, bool) and least <= level <= len(groups):
        return int(level)
    known = ", ".join(f"{k + 1} or '{name}'" for k, name in enumerate(groups))
    zero = "0 (population), " if population else ""
    raise ArgumentError(f"level: {level!r} is not a level of {what}; choose {zero}{known}")
