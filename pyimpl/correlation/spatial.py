"""Correlations that fall with distance: corExp, corGaus, corLin, corRatio, corSpher, with or without a nugget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from pyimpl.arrays import Array
from pyimpl.correlation.base import proportion_from
from pyimpl.correlation.dense import Dense

METRICS = ("euclidean", "maximum", "manhattan")
"""How nlme measures distances between coordinates."""


def _linear(u: Array) -> Array:
    return np.where(np.real(u) < 1, 1 - u, 0 * u)


def _spherical(u: Array) -> Array:
    return np.where(np.real(u) < 1, 1 - 1.5 * u + 0.5 * u**3, 0 * u)


SHAPES: MappingProxyType[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "corExp": lambda u: np.exp(-u),
        "corGaus": lambda u: np.exp(-(u**2)),
        "corLin": _linear,
        "corRatio": lambda u: 1 / (1 + u**2),
        "corSpher": _spherical,
    }
)
"""The correlation at a distance of u ranges (Pinheiro & Bates 2000, table 5.2)."""

BOUNDED = frozenset({"corLin", "corSpher"})
"""Zero beyond the range, which must then exceed the smallest distance for the data to know of it."""


# Of more, some are looked between.
_MANY_KINKS = 40


@dataclass(frozen=True)
class Spatial(Dense):
    """A function of distance over range, times 1 - nugget off the diagonal.

    Attributes
    ----------
    shape : str
        nlme's class, of `SHAPES`.
    least_range : float
        What exp of the first parameter is added to: the smallest distance for those of `BOUNDED`, else 0.
    """

    shape: str
    least_range: float

    @property
    def between_kinks(self) -> Array:
        """Ranges of `BOUNDED` between the distances of rows, which are kinks of the likelihood, with hills between."""
        if self.shape not in BOUNDED or not self.parameters.free[0]:
            return np.empty(0)
        kinks = np.unique(np.concatenate([np.unique(batch.known) for batch in self.batches]))
        kinks = kinks[kinks >= self.least_range]
        if len(kinks) > _MANY_KINKS:
            kinks = kinks[np.linspace(0, len(kinks) - 1, _MANY_KINKS).astype(int)]
        middles = np.append((kinks[1:] + kinks[:-1]) / 2, 1.5 * kinks[-1])
        return np.asarray(np.log(middles - self.least_range))

    def _natural(self, full: Array) -> Array:
        return natural_range_and_nugget(full, self.least_range)

    def _correlations(self, full: Array, known: Array) -> Array:
        values = self._natural(full)
        R = SHAPES[self.shape](known / values[0])
        if len(values) > 1:
            R = R * (1 - values[1])
        n = known.shape[1]
        R[:, np.arange(n), np.arange(n)] = 1.0
        return R


def natural_range_and_nugget(full: Array, least_range: float = 0.0) -> Array:
    """The range, and the nugget where there is one, from log(range - least) and the nugget's logit."""
    return np.append(least_range + np.exp(full[:1]), proportion_from(full[1:]))


def distances(coordinates: Array, metric: str) -> Array:
    """Distances (B, n, n) between the n points of each of B groups, from their coordinates (k, B, n)."""
    # Summed a coordinate at a time: no (k, B, n, n) array.
    out = np.zeros((*coordinates.shape[1:], coordinates.shape[2]))
    for x in coordinates:
        apart = np.abs(x[:, :, None] - x[:, None, :])
        if metric == "maximum":
            out = np.maximum(out, apart)
        else:
            out += apart**2 if metric == "euclidean" else apart
    return np.asarray(np.sqrt(out) if metric == "euclidean" else out)
