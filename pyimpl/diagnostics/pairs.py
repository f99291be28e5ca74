"""Pairs of rows of one group that lie near each other, without a matrix of all distances."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices

#: (n, k) absolute differences of coordinates to (n,) distances.
METRICS: dict[str, Callable[[Array], Array]] = {
    "euclidean": lambda d: d[:, 0] if d.shape[1] == 1 else np.sqrt((d**2).sum(axis=1)),
    "maximum": lambda d: d.max(axis=1),
    "manhattan": lambda d: d.sum(axis=1),
}


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of rows: (P,) positions ``first < second``, and (P,) distances."""

    first: Indices
    second: Indices
    distance: Array


def pairs_within(codes: Indices, coordinates: Array, metric: str, max_distance: float) -> Iterator[Pairs]:
    """All pairs of rows of one group at most ``max_distance`` apart, in portions of at most N pairs.

    The rows of each group are sorted by their first coordinate, and neighbours 1, 2, ... places further on are looked
    at, of all groups at once, as long as they are near enough in that coordinate. So time goes with the number of
    pairs, and no group's matrix of distances is ever held.

    Parameters
    ----------
    codes : (N,) int array
        Each row's group.
    coordinates : (N, k) array
    metric : {"euclidean", "maximum", "manhattan"}
    max_distance : float
        May be infinite.
    """
    order = np.lexsort((coordinates[:, 0], codes))
    codes, coordinates = codes[order], coordinates[order]
    one = np.arange(len(codes))
    for places in range(1, len(codes)):
        one = one[: np.searchsorted(one, len(codes) - places)]
        along = np.abs(coordinates[one + places, 0] - coordinates[one, 0])
        one = one[(codes[one + places] == codes[one]) & (along <= max_distance)]
        if not len(one):
            return
        other = one + places
        distance = METRICS[metric](np.abs(coordinates[other] - coordinates[one]))
        near = distance <= max_distance
        rows, partners = order[one[near]], order[other[near]]
        yield Pairs(np.minimum(rows, partners), np.maximum(rows, partners), distance[near])
