"""Compound symmetry: one correlation between any two rows of a group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.correlation.base import Correlation, correlation_from


@dataclass(frozen=True)
class CompoundSymmetry(Correlation):
    """corCompSymm, whitened by Helmert's contrasts, which don't depend on rho.

    The first row of a group becomes its sum over sqrt(n (1 + (n - 1) rho)), row i its contrast with the rows before
    it, (i y_i - sum) / sqrt(i (i + 1) (1 - rho)), i from 1: nlme's factor too.

    Attributes
    ----------
    lowest : float
        The lowest correlation that the largest group can have.
    """

    lowest: float

    def _natural(self, full: Array) -> Array:
        return correlation_from(full, self.lowest)

    def _whiten(self, full: Array, columns: Array) -> tuple[Array, Array]:
        starts, n = self.layout.starts, self.layout.sizes
        rho = correlation_from(full[0], self.lowest)
        together, apart = 1 + (n - 1) * rho, 1 - rho
        means = np.add.reduceat(columns, starts, axis=1) / n
        # Centred sums end at zero with each group, so one running sum over all rows loses nothing.
        centred = columns - np.repeat(means, n, axis=1)
        before = np.cumsum(centred, axis=1) - centred
        i = np.arange(columns.shape[1]) - np.repeat(starts, n)
        i[starts] = 1
        out = (i * centred - before) / np.sqrt(i * (i + 1) * apart)
        out[:, starts] = means * np.sqrt(n / together)
        return out, np.log(together).sum() + (n - 1).sum() * np.log(apart)

    def colour(self, psi: Array, columns: Array) -> Array:
        """As :meth:`Correlation.colour`, by the symmetric root, linear in the rows."""
        starts, n = self.layout.starts, self.layout.sizes
        rho = correlation_from(self.parameters.fill(psi)[0], self.lowest)
        ordered, apart = self.layout.gather(columns), np.sqrt(1 - rho)
        means = np.add.reduceat(ordered, starts, axis=1) / n
        together = (np.sqrt(1 + (n - 1) * rho) - apart) * means
        return self.layout.scatter(apart * ordered + np.repeat(together, n, axis=1))

    def _matrix(self, full: Array, group: int) -> Array:
        n = self.layout.sizes[group]
        rho = correlation_from(full[0], self.lowest)
        return np.asarray(np.full((n, n), rho) + (1 - rho) * np.eye(n))
