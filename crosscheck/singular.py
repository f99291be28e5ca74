"""What a singular optimum is: a random effect whose variance is estimated as nothing."""

from __future__ import annotations

from .answer import Answer, Level
from .readings import pair_name

NEGLIGIBLE = 1e-3
"""A standard deviation below this part of sigma counts as 0: nlme stops anywhere below it."""


def is_negligible(std_dev: float, answer: Answer) -> bool:
    """Whether a random effect's standard deviation counts as 0 beside sigma."""
    return std_dev < NEGLIGIBLE * answer.sigma


def without_spread(level: Level, answer: Answer) -> frozenset[str]:
    """Return the terms of a level whose standard deviation counts as 0."""
    if level.std_dev is None:
        return frozenset()
    spread = level.std_dev.column("std_dev")
    return frozenset(term for term, value in spread.items() if is_negligible(value, answer))


def is_singular(answer: Answer) -> bool:
    """Whether any random effect of the answer has no spread."""
    return any(without_spread(level, answer) for level in answer.levels)


def undefined_correlations(answer: Answer) -> frozenset[str]:
    """Return the names of the correlations that an effect without spread leaves undefined."""
    return frozenset(
        pair_name(level.group, term, other)
        for level in answer.levels
        if level.std_dev is not None
        for term in without_spread(level, answer)
        for other in level.std_dev.rows
        if other != term
    )
