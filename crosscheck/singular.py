"""What a singular optimum is: random effects whose estimated covariance matrix isn't of full rank.

Either an effect's variance is estimated as nothing, or effects are estimated as each other's multiples.
"""

from __future__ import annotations

import numpy as np

from .answer import Answer, Level
from .readings import NEGLIGIBLE, cov_name, pair_name, ranef_name

RANK_DEFICIENT = 1e-5
"""The smallest eigenvalue of a correlation matrix below which it counts as singular: the limit of a correlation."""


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
    """Whether the random effects' covariance matrix of any level isn't of full rank."""
    return any(without_spread(level, answer) or _is_rank_deficient(level) for level in answer.levels)


def _is_rank_deficient(level: Level) -> bool:
    """Whether some random effects of a level are estimated as multiples of each other."""
    if level.corr is None or not np.isfinite(level.corr.values).all():
        return False  # a NaN correlation stands beside a standard deviation of 0, which is asked for already
    corr = level.corr.values
    return len(corr) == len(corr.T) and bool(np.linalg.eigvalsh((corr + corr.T) / 2)[0] < RANK_DEFICIENT)


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


def names_without_spread(answer: Answer) -> frozenset[str]:
    """Return the names of the covariances and BLUPs that belong to effects without spread."""
    names: set[str] = set()
    for level in answer.levels:
        terms = without_spread(level, answer)
        if level.cov is not None:
            cells = level.cov.cells()
            names |= {cov_name(level.group, row, col) for row, col, _ in cells if terms & {row, col}}
        if level.ranef is not None:
            cells = level.ranef.cells()
            names |= {ranef_name(level.group, row, col) for row, col, _ in cells if col in terms}
    return frozenset(names)
