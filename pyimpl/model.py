"""What was asked for: the parsed model and the data it was asked of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard, cast

import numpy as np

from pyimpl.call import Call
from pyimpl.choices import choose_level
from pyimpl.design import Design, Level
from pyimpl.errors import ArgumentError
from pyimpl.formula import Formula
from pyimpl.frame import ModelFrame
from pyimpl.structured import WithinGroup

#: A grouping level by number or by name; None is the innermost.
LevelChoice = int | str | None


@dataclass(frozen=True, slots=True)
class Model:
    """A model and its data, ready to be fitted.

    Attributes
    ----------
    fixed : Formula
        The fixed effects.
    method : {"REML", "ML"}
    frame : ModelFrame
        The rows and columns used.
    design : Design
        The same as arrays, with names.
    call : Call
        The arguments of the function that asked for it.
    within : WithinGroup or None
        The errors' correlations and variances; None where they are independent and of one variance.
    """

    fixed: Formula
    method: str
    frame: ModelFrame
    design: Design
    call: Call
    within: WithinGroup | None = None

    @property
    def reml(self) -> bool:
        """Whether the restricted likelihood is maximised."""
        return self.method == "REML"

    @property
    def levels(self) -> tuple[Level, ...]:
        """Levels of grouping, outermost first."""
        return self.design.levels

    @property
    def n_obs(self) -> int:
        """Rows used."""
        return self.design.n_obs

    def depth(self, level: int | str | None) -> int:
        """The number of a level: 0 is the population, 1 the outermost grouping factor, None the innermost.

        Raises
        ------
        ArgumentError
            There is no such level.
        """
        names = [each.grouping.name for each in self.levels]
        return choose_level(level, names, "this model", population=True)

    def grouping_depth(self, level: int | str | None) -> int:
        """As :meth:`depth`, for what only grouping levels have."""
        depth = self.depth(level)
        if depth == 0:
            raise ArgumentError(
                "level: the population (0) has no random effects; choose a grouping level, from 1 on"
            )
        return depth

    def grouping_depths(self, level: LevelChoice | Sequence[int | str]) -> list[int]:
        """The numbers of several grouping levels, in ascending order; None is all there are.

        Raises
        ------
        ArgumentError
            As for :meth:`depths`, or the population is named.
        """
        if level is None:
            return list(range(1, len(self.levels) + 1))
        return sorted({self.grouping_depth(each) for each in self.depths(level)})

    def depths(self, level: LevelChoice | Sequence[int | str]) -> list[int]:
        """The numbers of several levels.

        Raises
        ------
        ArgumentError
            There is no such level, or none is named.
        """
        if not is_sequence(level):
            return [self.depth(cast(LevelChoice, level))]
        if not len(level):
            raise ArgumentError("level: the list is empty; name at least one level, 0 is the population")
        return [self.depth(each) for each in level]


def is_sequence(level: object) -> TypeGuard[Sequence[int | str]]:
    """Whether ``level`` names several levels."""
    return isinstance(level, list | tuple | range | np.ndarray) and np.ndim(level) == 1
