"""From partitions of rows to hands of groups, and to the likelihood of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.cluster.labelled import Labelled, deal_out, labelled, merge
from pyimpl.cluster.likelihood import DealtLikelihood
from pyimpl.containment import Containment
from pyimpl.covariance import Covariance
from pyimpl.formula import Formula, RandomLevel
from pyimpl.grouping import Grouping
from pyimpl.moments import Factors, Moments, Units, factors_of, moments_in, units_of
from pyimpl.rotation import Part, PartLevel
from pyimpl.stream.columns import Columns, learn
from pyimpl.stream.gather import contained_in
from pyimpl.stream.rows import Reader
from pyimpl.stream.survey import Survey
from pyimpl.stream.tasks import kept, result, shared, task, tree

# Hands at most. Each gets a share of every block of partitions, so the tasks are the square of this.
_HANDS = 128


@dataclass(frozen=True, slots=True)
class Facts:
    """What all have to know of the groups in some hands.

    Attributes
    ----------
    factors : Factors
    n_obs : int
    n_groups : (levels,) int array, outermost level first
    largest : (levels,) int array
        The rows of each level's largest group.
    varies : (levels, p) bool array
        Whether the column of X varies inside any group of the level.
    ends : (2, p) array
        The smallest and the largest value of each column of X.
    labels : tuple of pairs of str, outermost level first
        The first and the last of each grouping factor's labels, by code point.
    """

    factors: Factors
    n_obs: int
    n_groups: Indices
    largest: Indices
    varies: np.ndarray
    ends: Array
    labels: tuple[tuple[str, str], ...]

    def join(self, other: Facts) -> Facts:
        """The facts of both."""
        ends = np.stack([self.ends, other.ends])
        return Facts(
            self.factors.join(other.factors),
            self.n_obs + other.n_obs,
            self.n_groups + other.n_groups,
            np.maximum(self.largest, other.largest),
            self.varies | other.varies,
            np.stack([ends[:, 0].min(axis=0), ends[:, 1].max(axis=0)]),
            tuple((min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(self.labels, other.labels, strict=True)),
        )

    @property
    def containment(self) -> Containment:
        """Where the columns of X vary."""
        return contained_in(self.varies, self.ends, self.n_groups.tolist(), self.n_obs)


@dataclass(frozen=True, slots=True)
class CountedGrouping(Grouping):
    """A grouping whose groups are elsewhere; only their number is known here."""

    count: int = 0

    @property
    def n_groups(self) -> int:
        """How many groups the level has."""
        return self.count


def counted(name: str, count: int) -> CountedGrouping:
    """A grouping of so many groups."""
    none, nothing = np.empty(0, np.intp), np.empty(0, object)
    return CountedGrouping(name, none, nothing, none, nothing, count)


@dataclass(frozen=True, slots=True)
class Dealt:
    """Groups dealt out to hands.

    Attributes
    ----------
    columns : Columns
        Each level's groups are counted.
    facts : Facts
    hands : tuple of tasks
        Each hand's :class:`Labelled`, or None.
    """

    columns: Columns
    facts: Facts
    hands: tuple[Any, ...]

    def likelihood(self, reml: bool, sigma: float | None) -> DealtLikelihood:
        """The function to be minimised.

        Raises
        ------
        DependentColumnError, PerfectFitError
        """
        structures, facts = self.columns.structures, self.facts
        units = units_of(facts.factors, structures, facts.n_obs)
        everyone = shared(units)
        hands = kept([task(_moments, everyone, hand) for hand in self.hands])
        nobody = _nobody(structures, len(facts.factors.rest))
        head = moments_in(units, facts.factors.rest, nobody, [np.empty(0, np.intp)] * (len(structures) - 1))
        counts = tuple(facts.n_groups[::-1].tolist())
        return DealtLikelihood(head, structures, reml, sigma, hands, counts)


def _nobody(structures: Sequence[Covariance], width: int) -> Part:
    """No group at all."""
    sizes = [structure.q for structure in structures]
    levels = [
        PartLevel(np.empty(0, np.intp), np.zeros((q, sum(sizes[k:]) + width, 0))) for k, q in enumerate(sizes)
    ]
    return Part(tuple(levels), np.zeros((0, width)), 0)


def deal(
    reader: Reader,
    formula: Formula,
    random: Sequence[RandomLevel],
    known: Survey,
    contrasts: Mapping[str, str] | None,
) -> Dealt:
    """Read all partitions where they lie, and deal their groups out."""
    names = [level.group for level in random]
    columns = learn(formula, random, known, contrasts, [counted(name, 0) for name in names])
    hands = kept(_hands(reader, columns))
    facts = result(tree(_all_facts, [task(_facts, hand, columns.structures) for hand in hands]))
    levels = tuple(
        replace(level, grouping=counted(level.grouping.name, int(n)))
        for level, n in zip(columns.levels, facts.n_groups, strict=True)
    )
    return Dealt(replace(columns, levels=levels), facts, hands)


def _hands(reader: Reader, columns: Columns) -> list[Any]:
    """The tasks that make the hands: blocks of neighbouring partitions first, then a share of each block."""
    everyone, selection = shared(columns), shared(reader.selection)
    pieces = [task(labelled, everyone, selection, part) for part in reader.partitions()]
    n_hands = min(len(pieces), _HANDS)
    blocks = [
        tree(merge, [pieces[k] for k in block]) for block in np.array_split(range(len(pieces)), n_hands)
    ]
    shares = [task(deal_out, block, n_hands, outputs=n_hands) for block in blocks]
    return [tree(merge, [share[hand] for share in shares]) for hand in range(n_hands)]


def _facts(hand: Labelled | None, structures: tuple[Covariance, ...]) -> Facts | None:
    if hand is None:
        return None
    gathered = hand.gathered
    return Facts(
        factors_of(gathered.part, structures),
        gathered.part.n_obs,
        np.array([grouping.n_groups for grouping in hand.groupings]),
        np.array([each.counts.max() for each in gathered.spread]),
        np.stack([each.varies for each in gathered.spread]),
        gathered.ends,
        tuple((min(grouping.labels), max(grouping.labels)) for grouping in hand.groupings),
    )


def _all_facts(several: Sequence[Facts]) -> Facts:
    first, *others = several
    for other in others:
        first = first.join(other)
    return first


def _moments(units: Units, hand: Labelled | None) -> Moments | None:
    if hand is None:
        return None
    # What no random effect touches is counted once, not in the hands.
    return moments_in(units, hand.gathered.part.triangle[:0], hand.gathered.part, hand.parents)
