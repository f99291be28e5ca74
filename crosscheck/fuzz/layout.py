"""Which rows a random design has, and what stands in them: noise that a row keeps when other rows go.

A failure is shrunk by leaving out groups and rows. So that what is left stays the same data, every number is drawn
by where its row stands (its groups and its place in the innermost one), not by how many were drawn before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

LEVELS = ("a", "b", "c")
"""Names of the grouping factors, outermost first."""

MAX_ROWS = 8
"""Rows of one innermost group."""


@dataclass(frozen=True, slots=True)
class Cell:
    """An innermost group: the groups it lies in, outermost first and itself last, and its number of rows."""

    path: tuple[int, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of a design.

    Attributes
    ----------
    cells : tuple of Cell
        The innermost groups, each path once.
    balanced : bool
        Whether all have as many rows as the first.
    """

    cells: tuple[Cell, ...]
    balanced: bool = False

    @property
    def depth(self) -> int:
        """How many grouping levels there are."""
        return len(self.cells[0].path)

    @property
    def sizes(self) -> list[int]:
        """The rows of each innermost group."""
        return [self.cells[0].rows if self.balanced else cell.rows for cell in self.cells]

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return sum(self.sizes)


class Noise:
    """Standard normal numbers of the rows and groups of a layout, each drawn by its place.

    Parameters
    ----------
    layout : Layout
    seed : sequence of int
    repeating : bool
        Whether the labels of inner groups repeat in other outer groups, as ``~ 1 | a/b`` allows.
    """

    def __init__(self, layout: Layout, seed: Sequence[int], *, repeating: bool = False) -> None:
        self.layout = layout
        self.seed = seed
        self.repeating = repeating

    def rows(self, column: int) -> Floats:
        """Return one number a row, shape (N,); each `column` has others."""
        drawn = [self._normal(column, cell.path, MAX_ROWS)[:n] for cell, n in self._cells()]
        return np.concatenate(drawn)

    def places(self) -> Floats:
        """Return each row's place in its innermost group, from 1, shape (N,)."""
        return np.concatenate([np.arange(1.0, n + 1) for n in self.layout.sizes])

    def groups(self, level: int, column: int) -> Floats:
        """Return one number for each group of a level (0: the outermost), repeated for its rows, shape (N,)."""
        drawn = [np.repeat(self._normal(column, cell.path[: level + 1], 1), n) for cell, n in self._cells()]
        return np.concatenate(drawn)

    def labels(self) -> dict[str, list[str]]:
        """Return each row's group at each level."""
        return {
            name: [self._label(name, cell.path[: level + 1]) for cell, n in self._cells() for _ in range(n)]
            for level, name in enumerate(LEVELS[: self.layout.depth])
        }

    def _label(self, name: str, path: tuple[int, ...]) -> str:
        return name + ".".join(map(str, path[-1:] if self.repeating else path))

    def _cells(self) -> Sequence[tuple[Cell, int]]:
        return list(zip(self.layout.cells, self.layout.sizes, strict=True))

    def _normal(self, column: int, path: tuple[int, ...], size: int) -> Floats:
        return np.random.default_rng([*self.seed, column, len(path), *path]).normal(size=size)


def factor_codes(noise: Floats, places: Floats, n_levels: int, *, cycling: bool) -> Codes:
    """Return codes of a factor: cycling through the rows of a group, or at random."""
    if cycling:
        return np.asarray((places - 1) % n_levels, dtype=np.intp)
    return np.asarray(np.floor(np.abs(noise) * 7) % n_levels, dtype=np.intp)


def as_factor(codes: Codes, n_levels: int, *, kind: str) -> pd.Series[str] | pd.Categorical:
    """Return a factor column as text, as a categorical (one level of which never occurs), or as an ordered one."""
    names = [f"{chr(ord('p') + k)}" for k in range(n_levels)]
    text = np.array(names)[codes]
    if kind == "text":
        return pd.Series(text)
    spare = ["never"] if kind == "spare" else []
    levels = [*reversed(names), *spare] if kind == "spare" else names
    return pd.Categorical(text, categories=levels, ordered=kind == "ordered")
