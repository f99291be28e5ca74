"""Where each correlation group's rows are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows sorted by group, and within a group by a covariate or left in their order.

    Attributes
    ----------
    order : (N,) int array or None
        What sorts the rows; None where they are sorted.
    starts : (G,) int array
        The first of each group's sorted rows.
    sizes : (G,) int array
        How many rows each group has; at least one.
    """

    order: Indices | None
    starts: Indices
    sizes: Indices

    @property
    def n_rows(self) -> int:
        """The number of rows of all groups."""
        return int(self.sizes.sum())

    @property
    def codes(self) -> Indices:
        """The group of each row, (N,), in the order of the data."""
        return np.asarray(self.scatter(np.repeat(np.arange(len(self.sizes)), self.sizes)[None])[0])

    def gather(self, columns: Array) -> Array:
        """Columns (c, N) with their rows sorted."""
        return columns if self.order is None else np.asarray(columns[:, self.order])

    def scatter(self, columns: Array) -> Array:
        """Sorted columns (c, N) with their rows put back."""
        if self.order is None:
            return columns
        out = np.empty_like(columns)
        out[:, self.order] = columns
        return out

    def rows(self, group: int) -> Indices:
        """The rows of one group, ascending."""
        place = np.arange(self.starts[group], self.starts[group] + self.sizes[group])
        return place if self.order is None else np.sort(self.order[place])


def lay_out(codes: Indices, covariate: Array | None = None) -> Layout:
    """Sort rows by group, stably, and within a group by ``covariate`` where one is given.

    Parameters
    ----------
    codes : (N,) int array
        The group of each row. Groups are numbered 0 to G - 1 in this order and none is empty.
    covariate : (N,) array, optional
    """
    order = np.argsort(codes, kind="stable") if covariate is None else np.lexsort((covariate, codes))
    sizes = np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    is_sorted = bool((order[1:] > order[:-1]).all())
    return Layout(None if is_sorted else order, starts, sizes)


@dataclass(frozen=True, slots=True)
class LongestFirst:
    """Groups by falling size, so that those with a row at some place are the first few.

    Attributes
    ----------
    starts, sizes : (G,) int arrays
    """

    starts: Indices
    sizes: Indices

    @property
    def longest(self) -> int:
        """The rows of the longest group."""
        return int(self.sizes[0])

    def alive(self, place: int) -> int:
        """How many groups have more than ``place`` rows."""
        return int(np.searchsorted(-self.sizes, -place, side="left"))


def longest_first(layout: Layout) -> LongestFirst:
    """The groups of a layout, the longest first."""
    order = np.argsort(-layout.sizes, kind="stable")
    return LongestFirst(layout.starts[order], layout.sizes[order])
