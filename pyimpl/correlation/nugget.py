"""The exponential correlation in one coordinate with a nugget: a continuous AR(1) seen with noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.correlation.base import Correlation
from pyimpl.correlation.innovations import Process, innovations, paths
from pyimpl.correlation.markov import Steps
from pyimpl.correlation.spatial import natural_range_and_nugget


@dataclass(frozen=True)
class NoisyExponential(Correlation):
    """corExp of one coordinate with a nugget: (1 - nugget) exp(-d / range), linear in the rows."""

    steps: Steps

    def _natural(self, full: Array) -> Array:
        return natural_range_and_nugget(full)

    def _whiten(self, full: Array, columns: Array) -> tuple[Array, Array]:
        return innovations(self._process(full), self.steps.which, self.layout, columns)

    def colour(self, psi: Array, columns: Array) -> Array:
        """As :meth:`Correlation.colour`, linear in the rows."""
        process = self._process(self.parameters.fill(psi))
        return self.layout.scatter(paths(process, self.steps.which, self.layout, self.layout.gather(columns)))

    def _process(self, full: Array) -> Process:
        scale, nugget = self._natural(full)
        return Process(np.exp(-self.steps.lengths / scale)[None, None], np.array([[1 - nugget]], full.dtype))

    def _matrix(self, full: Array, group: int) -> Array:
        scale, nugget = self._natural(full)
        R = (1 - nugget) * np.exp(-self.steps.between(self.layout.rows(group)) / scale)
        np.fill_diagonal(R, 1.0)
        return np.asarray(R)
