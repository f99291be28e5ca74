"""Arguments that name one of a few possibilities."""

from __future__ import annotations

from collections.abc import Sequence

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
