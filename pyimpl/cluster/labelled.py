"""Rotated rows whose groups go by their labels, so that what was found in different places can be put together.

Codes of groups mean something in one place only. What is sent to another place takes the labels along; there the
groups of all that arrive are numbered anew, always by their labels as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Indices
from pyimpl.grouping import Grouping, nested_groups
from pyimpl.rotation import Part, PartLevel
from pyimpl.stream.columns import Columns
from pyimpl.stream.gather import Gathered, GroupSpread, add_up, gather_rows
from pyimpl.stream.rows import Selection

_NONE = np.empty(0, np.intp)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rotated rows with the labels of their groups.

    Attributes
    ----------
    gathered : Gathered
        Each level's groups are numbered from 0 and all there.
    groupings : tuple of Grouping, outermost level first
        Without rows.
    """

    gathered: Gathered
    groupings: tuple[Grouping, ...]

    @property
    def parents(self) -> list[Indices]:
        """For each group of a level the group of the next level outwards, innermost level first."""
        return [grouping.parents for grouping in reversed(self.groupings[1:])]


def labelled(columns: Columns, selection: Selection, frame: pd.DataFrame) -> Labelled | None:
    """Rotate a partition's rows; None where it has none."""
    rows, _ = selection.rows_of(frame)
    if not len(rows):
        return None
    codes, groupings = label_codes(columns, rows)
    return Labelled(gather_rows(columns, rows, codes), groupings)


def label_codes(columns: Columns, rows: pd.DataFrame) -> tuple[list[Indices], tuple[Grouping, ...]]:
    """The group of each row at each level, outermost first, numbered by their labels as text; and these groups."""
    names = tuple(level.grouping.name for level in columns.levels)
    found = nested_groups(rows, names, "random")
    groupings = nested_groups(_labels(found), names, "random")
    codes = [each.codes[found[-1].codes] for each in groupings]
    return codes, tuple(replace(each, codes=_NONE) for each in groupings)


def _ancestors(groupings: Sequence[Grouping]) -> list[Indices]:
    """The group of each level, outermost first, that each innermost group lies in."""
    ancestors = [np.arange(groupings[-1].n_groups)]
    for grouping in reversed(groupings[1:]):
        ancestors.append(grouping.parents[ancestors[-1]])
    return ancestors[::-1]


def _labels(groupings: Sequence[Grouping]) -> pd.DataFrame:
    """The labels of each innermost group and of those it lies in, (G, levels)."""
    pairs = zip(groupings, _ancestors(groupings), strict=True)
    return pd.DataFrame({each.name: pd.Series(each.labels[own], dtype=object) for each, own in pairs})


def merge(pieces: Sequence[Labelled]) -> Labelled:
    """What different rows come to: groups of the same labels are the same."""
    if len(pieces) == 1:
        return pieces[0]
    names = tuple(grouping.name for grouping in pieces[0].groupings)
    tables = [_labels(piece.groupings) for piece in pieces]
    groupings = nested_groups(pd.concat(tables, ignore_index=True), names, "random")
    edges = np.cumsum([0, *(len(table) for table in tables)])
    numbered = []
    for piece, i, j in zip(pieces, edges[:-1], edges[1:], strict=True):
        numbers = []
        for old, own, new in zip(piece.groupings, _ancestors(piece.groupings), groupings, strict=True):
            number = np.empty(old.n_groups, np.intp)
            number[own] = new.codes[i:j]
            numbers.append(number)
        numbered.append(_renumbered(piece.gathered, numbers))
    parents = [grouping.parents for grouping in reversed(groupings[1:])]
    return Labelled(add_up(numbered, parents), tuple(replace(each, codes=_NONE) for each in groupings))


def _renumbered(gathered: Gathered, numbers: Sequence[Indices]) -> Gathered:
    """The same with other numbers for the groups, outermost level first."""
    levels = tuple(
        PartLevel(number[level.groups], level.factor)
        for level, number in zip(gathered.part.levels, reversed(numbers), strict=True)
    )
    spread = tuple(
        replace(each, groups=number[each.groups])
        for each, number in zip(gathered.spread, numbers, strict=True)
    )
    return replace(gathered, part=replace(gathered.part, levels=levels), spread=spread)


def hand_of(labels: np.ndarray, n_hands: int) -> Indices:
    """Which hand each outermost group belongs to: a hash of its label, the same everywhere."""
    hashes = pd.util.hash_array(np.asarray(labels, dtype=object), categorize=False)
    return np.asarray(hashes % np.uint64(n_hands), np.intp)


def deal_out(piece: Labelled | None, n_hands: int) -> tuple[Labelled | None, ...]:
    """Cut into one share a hand, by outermost groups; None where a hand gets nothing.

    What no random effect touches goes along with the first share.
    """
    if piece is None:
        return (None,) * n_hands
    owners = hand_of(piece.groupings[0].labels, n_hands)
    hands = np.unique(owners)
    shares: list[Labelled | None] = [None] * n_hands
    for hand in hands:
        shares[hand] = _share(piece, owners == hand, bool(hand == hands[0]))
    return tuple(shares)


def _share(piece: Labelled, wanted: np.ndarray, first: bool) -> Labelled:
    gathered = piece.gathered
    groupings, masks = groups_in(piece.groupings, wanted)
    spread = tuple(
        GroupSpread(np.arange(mask.sum()), each.counts[mask], each.first[:, mask], each.varies)
        for each, mask in zip(gathered.spread, masks, strict=True)
    )
    levels = tuple(
        PartLevel(np.arange(mask.sum()), level.factor[..., mask])
        for level, mask in zip(gathered.part.levels, reversed(masks), strict=True)
    )
    triangle = gathered.part.triangle if first else gathered.part.triangle[:0]
    part = Part(levels, triangle, int(spread[0].counts.sum()))
    return Labelled(Gathered(part, spread, gathered.ends), groupings)


def groups_in(
    groupings: Sequence[Grouping], wanted: np.ndarray
) -> tuple[tuple[Grouping, ...], list[np.ndarray]]:
    """The groups of some outermost groups (a mask), numbered anew, and masks of them at each level."""
    found, masks, number = [], [wanted], _NONE
    for k, grouping in enumerate(groupings):
        if k:
            masks.append(masks[-1][grouping.parents])
        mask = masks[-1]
        parents = number[grouping.parents[mask]] if k else _NONE
        found.append(
            replace(grouping, names=grouping.names[mask], labels=grouping.labels[mask], parents=parents)
        )
        number = np.cumsum(mask) - 1
    return tuple(found), masks
