"""Quantiles of numbers that are never all in memory: counted by their leading bits first, then looked up."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from pyimpl.arrays import Array

# Sign, exponent and 8 bits of the fraction: numbers that share them differ by less than one part in 256.
_BITS = 20


class Passes(Protocol):
    """Goes through numbers that are in many arrays."""

    def __call__(
        self, function: Callable[[Array], Array], join: Callable[[Sequence[Array]], Array], /
    ) -> Array:
        """What a function makes of each array, joined."""


def quantiles(over: Passes, probabilities: Array) -> Array:
    """Quantiles of R's type 7, exact, in two passes.

    Parameters
    ----------
    over : callable
        Goes through the numbers; none is missing.
    probabilities : (k,) array
        From 0 to 1.
    """
    counts = over(_counted, _summed)
    n = int(counts.sum())
    places = probabilities * (n - 1)
    ranks = np.unique(np.concatenate([np.floor(places), np.ceil(places)]).astype(np.intp))
    below = np.cumsum(counts) - counts
    cells = np.unique(np.searchsorted(below + counts, ranks, side="right"))
    wanted = np.zeros(len(counts), bool)
    wanted[cells] = True
    found = np.sort(over(functools.partial(_those_in, wanted=wanted), np.concatenate))
    before = np.concatenate([[0], np.cumsum(counts[cells])])[
        :-1
    ]  # of those found, how many are in earlier cells
    cell_of_rank = np.searchsorted(cells, np.searchsorted(below + counts, ranks, side="right"))
    order = dict(
        zip(ranks.tolist(), found[ranks - below[cells][cell_of_rank] + before[cell_of_rank]], strict=True)
    )
    low = np.array([order[int(rank)] for rank in np.floor(places)])
    high = np.array([order[int(rank)] for rank in np.ceil(places)])
    return np.asarray(low + (places - np.floor(places)) * (high - low))


def _counted(values: Array) -> Array:
    return np.bincount(_cells(values), minlength=1 << _BITS)


def _summed(counts: Sequence[Array]) -> Array:
    return np.asarray(np.sum(counts, axis=0))


def _those_in(values: Array, wanted: np.ndarray) -> Array:
    return np.asarray(values[wanted[_cells(values)]])


def _cells(values: Array) -> np.ndarray:
    """The leading bits, as integers in the numbers' order."""
    bits = np.ascontiguousarray(values + 0.0).view(np.int64)  # + 0.0 makes -0.0 a 0.0
    leading = bits >> (64 - _BITS)
    half = 1 << (_BITS - 1)
    return np.asarray(np.where(leading < 0, -leading - 1, leading + half))
