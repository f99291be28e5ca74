"""The likelihood of groups that lie on many workers.

An evaluation goes twice to the hands and back. Up: theta goes out, each hand whitens its groups' rows and keeps them,
log|V| and the cross-products of [X | y], (p + 1, p + 1), come back as a sum. Down: the fixed effects go out, and each
level's (q, q) gradient comes back. Second derivatives are one more sum, of (q, q, q, q) and (q, p + 1, q, p + 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pyimpl.arrays import Array
from pyimpl.moments import Moments
from pyimpl.objective import Downward, Likelihood, Upward, WhitenedGroups, solve, sweep_down, whiten
from pyimpl.stream.tasks import kept, plus, result, task, tree


@dataclass(frozen=True, slots=True)
class DealtUpward(Upward):
    """As :class:`Upward`, the levels' rows on the workers.

    Attributes
    ----------
    hands : tuple of tasks
        Each hand's :class:`WhitenedGroups`.
    """

    hands: tuple[Any, ...] = ()

    @property
    def fixed(self) -> Upward:
        """What the hands need to know of it: the fixed effects."""
        return Upward([], self.log_det, self.R, self.beta, self.rss)


@dataclass(frozen=True, slots=True)
class DealtLikelihood(Likelihood):
    """As :class:`Likelihood`, the groups' moments on the workers; ``moments`` are those without any group.

    Attributes
    ----------
    hands : tuple of tasks
        Each hand's :class:`Moments`, or None.
    counts : tuple of int, innermost level first
        How many groups there are.
    """

    hands: tuple[Any, ...] = ()
    counts: tuple[int, ...] = ()

    @property
    def n_groups(self) -> tuple[int, ...]:
        """How many groups each level has, innermost first."""
        return self.counts

    def sweep_up(self, Lambdas: Sequence[Array]) -> Upward:
        """Whiten the rows of all groups where they are, then solve for the fixed effects here."""
        hands = kept([task(_whitened, hand, list(Lambdas)) for hand in self.hands])
        log_det, gram = result(tree(plus, [task(_up, hand) for hand in hands]))
        rest = self.moments.rest
        up = solve([], log_det, rest.T @ rest + gram)
        return DealtUpward([], up.log_det, up.R, up.beta, up.rss, hands)

    def sweep_down(self, Lambdas: Sequence[Array], up: Upward, s2: float) -> Downward:
        """The gradient; the random effects stay out, see :meth:`effects`."""
        gradients = result(tree(plus, [task(_gradients, each) for each in self._down(Lambdas, up, s2)]))
        return Downward(list(gradients), [np.zeros((len(Lambda), 0)) for Lambda in Lambdas])

    def total(
        self, terms: Callable[..., tuple[Array, ...]], up: Upward, *arguments: Any
    ) -> tuple[Array, ...]:
        """The sums over all groups that ``terms(up.levels, *arguments)`` gives of those at hand."""
        assert isinstance(up, DealtUpward)
        sums = [task(_terms, hand, terms, *arguments) for hand in up.hands]
        return tuple(result(tree(plus, sums)))

    def effects(self, Lambdas: Sequence[Array], up: Upward, s2: float) -> list[Any]:
        """Each hand's predicted random effects, as tasks: a list of (q, G) arrays, innermost level first, or None."""
        return [task(_blups, each) for each in self._down(Lambdas, up, s2)]

    def _down(self, Lambdas: Sequence[Array], up: Upward, s2: float) -> list[Any]:
        assert isinstance(up, DealtUpward)
        return [
            task(_downward, moments, groups, list(Lambdas), up.fixed, s2, self.reml)
            for moments, groups in zip(self.hands, up.hands, strict=True)
        ]


def _whitened(moments: Moments | None, Lambdas: list[Array]) -> WhitenedGroups | None:
    with np.errstate(all="ignore"):  # a step too far is seen, and refused, where the sums arrive
        return None if moments is None else whiten(moments, Lambdas)


def _up(groups: WhitenedGroups | None) -> tuple[Any, ...] | None:
    return None if groups is None else (groups.log_det, groups.gram)


def _downward(
    moments: Moments | None,
    groups: WhitenedGroups | None,
    Lambdas: list[Array],
    up: Upward,
    s2: float,
    reml: bool,
) -> Downward | None:
    if moments is None or groups is None:
        return None
    with np.errstate(all="ignore"):
        return sweep_down(moments.levels, Lambdas, replace(up, levels=groups.levels), s2, reml)


def _gradients(down: Downward | None) -> tuple[Array, ...] | None:
    return None if down is None else tuple(down.gradients)


def _blups(down: Downward | None) -> list[Array] | None:
    return None if down is None else down.blups


def _terms(
    groups: WhitenedGroups | None, terms: Callable[..., tuple[Array, ...]], *arguments: Any
) -> tuple[Array, ...] | None:
    return None if groups is None else terms(groups.levels, *arguments)
