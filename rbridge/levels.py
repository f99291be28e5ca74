"""The grouping levels of a fit, and what callers may write for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from rbridge.arguments import shown
from rbridge.errors import ArgumentError

OneLevel = int | str | None
LevelChoice = OneLevel | Sequence[int | str]


@dataclass(frozen=True, slots=True)
class Levels:
    """The grouping factors' names, outermost first; level 0 is the population, level k the k-th of them."""

    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def labels(self) -> list[str]:
        """What columns of several levels are called: ``fixed``, then the grouping factors."""
        return ["fixed", *self.names]

    def depth(self, level: Any) -> int:
        """Return a level as its number: 0 the population, Q the innermost (also the default)."""
        if level is None:
            return len(self.names)
        if isinstance(level, str) and level in self.names:
            return self.names.index(level) + 1
        if _is_whole(level) and 0 <= level <= len(self.names):
            return int(level)
        listed = ", ".join(repr(name) for name in self.names)
        raise ArgumentError(
            f"level must be a number from 0 to {len(self.names)}, or one of {listed}, not {shown(level)}"
        )

    def grouping_depth(self, level: Any) -> int:
        """Return a level that has groups as its number."""
        depth = self.depth(level)
        if depth == 0:
            raise ArgumentError(f"level must be from 1 to {len(self.names)} here: level 0 has no groups")
        return depth

    def depths(self, level: Any) -> list[int]:
        """Return one or several levels as their numbers."""
        if not are_several(level):
            return [self.depth(level)]
        if len(level) == 0:
            raise ArgumentError("level is empty: name at least one level; 0 is the population")
        if any(each is None for each in level):
            raise ArgumentError(
                "level: None can't be one of several levels; give its number or its group's name"
            )
        return [self.depth(each) for each in level]


def are_several(level: object) -> TypeGuard[Sequence[int | str]]:
    """Say whether several levels were written, not one."""
    array = isinstance(level, np.ndarray) and level.ndim == 1
    return array or isinstance(level, list | tuple | range)


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
