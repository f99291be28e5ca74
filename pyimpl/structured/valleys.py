"""Other valleys of the likelihood by psi, where the rows are few enough to look for them along each parameter.

A correlation that falls with distance competes with the random effects and with a nugget: short data may have a valley
where the one explains the rows, and a valley where the other does.
"""

from __future__ import annotations

import numpy as np

from pyimpl.arguments import Control
from pyimpl.structured.descent import Descent, descend
from pyimpl.structured.profile import Point, Profile

DEEPER = 1e-6
"""A deviance that is lower by less is the same valley's."""

_FEW_ROWS = 20_000
_FEW_PARAMETERS = 12
_LOOKED_AT = np.array([-6.0, -4, -2, 2, 4, 6])  # along each parameter, in its sizes
_LOWER = 1e-3  # a rise of the deviance that is a hill


def deepest(profile: Profile, first: Descent, settings: Control) -> Descent:
    """The deepest valley, where the rows are few enough to look for others along each parameter."""
    best = first
    if profile.rows.design.n_obs > _FEW_ROWS or len(first.point.psi) > _FEW_PARAMETERS:
        return best
    for start in _other_valleys(profile, first.point):
        other = descend(profile, start, settings.max_steps, settings.watch)
        # Where one row's variance goes to zero, the likelihood may grow without end: that is no valley.
        ends = other.converged or not best.converged
        if ends and other.point.deviance < best.point.deviance - DEEPER:
            best = other
    return best


def _other_valleys(profile: Profile, bottom: Point) -> list[Point]:
    """Points along each parameter that are lower than both of their neighbours."""
    starts = []
    between = profile.rows.within.between_kinks
    for j, size in enumerate(profile.sizes):
        here = bottom.psi[j]
        far = between if j == 0 and len(between) else here + size * _LOOKED_AT
        seen = [
            bottom if value == here else _moved(profile, bottom, j, value) for value in np.union1d(far, here)
        ]
        heights = np.array([np.inf if each is None else each.deviance for each in seen])
        padded = np.concatenate([[np.inf], heights, [np.inf]])
        low = heights < np.minimum(padded[:-2], padded[2:]) - _LOWER
        starts += [
            each for each, is_low in zip(seen, low, strict=True) if is_low and each and each is not bottom
        ]
    return starts


def _moved(profile: Profile, bottom: Point, j: int, value: float) -> Point | None:
    """The best theta where one parameter has another value."""
    psi = bottom.psi.copy()
    psi[j] = value
    return profile.at(psi, bottom.evaluation.theta)
