"""Predicted random effects where their groups are: looked up by label, a few groups at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.cluster.labelled import Labelled, groups_in, hand_of
from pyimpl.estimates import Estimates, random_effects_of
from pyimpl.formula.factors import as_categories
from pyimpl.formula.values import read_column
from pyimpl.grouping import Grouping
from pyimpl.model import Model
from pyimpl.moments import Moments


@dataclass(frozen=True, slots=True)
class Effects:
    """The predicted random effects of some groups.

    Attributes
    ----------
    groupings : tuple of Grouping, outermost level first
        Without rows.
    blups : tuple of (G, q) arrays, outermost level first
        In the user's units.
    """

    groupings: tuple[Grouping, ...]
    blups: tuple[Array, ...]

    def put_into(self, model: Model, estimates: Estimates) -> tuple[Model, Estimates]:
        """A model of these groups only."""
        levels = tuple(
            replace(level, grouping=grouping)
            for level, grouping in zip(model.levels, self.groupings, strict=True)
        )
        design = replace(model.design, levels=levels)
        return replace(model, design=design), replace(estimates, blups=self.blups)


def effects_of_hand(
    hand: Labelled | None, moments: Moments | None, Lambdas: Sequence[Array], blups: list[Array] | None
) -> Effects | None:
    """A hand's effects in the user's units."""
    if hand is None or moments is None or blups is None:
        return None
    return Effects(hand.groupings, random_effects_of(moments, Lambdas, blups))


def outermost_labels(name: str, rows: pd.DataFrame) -> np.ndarray:
    """The outermost groups that rows are in, as text, by code point; rows without one are left out."""
    if not len(rows := rows.loc[rows[name].notna()]):
        return np.empty(0, object)
    levels = as_categories(read_column(rows, name, "data"), name, "data").levels
    return np.array(sorted(levels), dtype=object)


def look_up(effects: Effects | None, labels: np.ndarray | None, hand: int, n_hands: int) -> Effects | None:
    """The effects that a hand has of outermost groups with these labels."""
    if effects is None or labels is None or not len(labels):
        return None
    here = labels[hand_of(labels, n_hands) == hand]
    known = effects.groupings[0].labels  # ascending
    places = np.minimum(np.searchsorted(known, here), len(known) - 1)
    wanted = np.zeros(len(known), bool)
    wanted[places[known[places] == here]] = True
    groupings, masks = groups_in(effects.groupings, wanted)
    return Effects(groupings, tuple(blups[mask] for blups, mask in zip(effects.blups, masks, strict=True)))


def together(several: Sequence[Effects]) -> Effects:
    """The effects of different groups."""
    groupings = []
    for k, of_level in enumerate(zip(*(each.groupings for each in several), strict=True)):
        outer = [each.groupings[k - 1].n_groups if k else 0 for each in several]
        before = np.cumsum(outer) - outer
        parents = [each.parents + first for each, first in zip(of_level, before, strict=True)]
        groupings.append(
            replace(
                of_level[0],
                names=np.concatenate([each.names for each in of_level]),
                labels=np.concatenate([each.labels for each in of_level]),
                parents=np.concatenate(parents),
            )
        )
    blups = tuple(np.concatenate(level) for level in zip(*(each.blups for each in several), strict=True))
    return Effects(tuple(groupings), blups)


def none_of(model: Model) -> Effects:
    """The effects of no group."""
    nothing, none = np.empty(0, object), np.empty(0, np.intp)
    groupings = tuple(Grouping(level.grouping.name, none, nothing, none, nothing) for level in model.levels)
    return Effects(groupings, tuple(np.zeros((0, level.covariance.q)) for level in model.levels))
