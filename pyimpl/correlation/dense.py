"""Structures with any correlation matrix: Cholesky factors of all groups of the same size at once."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.correlation.base import Correlation
from pyimpl.correlation.layout import Layout
from pyimpl.derivative import steps_of, taken_apart

# Rows of which less than the square of this is left, given the others, are the same up to rounding: the likelihood
# would be off by more than 1e-6.
_SINGULAR = 1e-5


@dataclass(frozen=True)
class Batch:
    """The groups of one size.

    Attributes
    ----------
    rows : (B, n) int array
        The sorted rows of each.
    known : array, first axis B
        What the structure knows of them: distances (B, n, n), or positions (B, n).
    """

    rows: Indices
    known: Array


def rows_by_size(layout: Layout) -> list[Indices]:
    """The sorted rows (B, n) of the groups of each size n."""
    sizes = np.unique(layout.sizes)
    return [layout.starts[layout.sizes == n][:, None] + np.arange(n) for n in sizes]


@dataclass(frozen=True)
class Dense(Correlation):
    """Correlation matrices without a form that could be used: memory is quadratic and time cubic in a group's rows."""

    batches: tuple[Batch, ...]

    def _whiten(self, full: Array, columns: Array) -> tuple[Array, Array]:
        out = np.empty(columns.shape, np.result_type(full, columns))
        log_det = np.zeros((), out.dtype)
        for batch in self.batches:
            L = analytic_cholesky(self._correlations(full, batch.known))
            if np.diagonal(L, axis1=1, axis2=2).real.min() < _SINGULAR:
                raise np.linalg.LinAlgError
            whitened = np.linalg.solve(L, columns[:, batch.rows].transpose(1, 2, 0))
            out[:, batch.rows] = whitened.transpose(2, 0, 1)
            log_det = log_det + 2 * np.log(np.diagonal(L, axis1=1, axis2=2)).sum()
        return out, log_det

    def slopes(self, psi: Array, columns: Array, whitened: Array) -> Array:
        """As :meth:`Correlation.slopes`: one factorisation serves all parameters.

        By R the function of one group has the derivative N = R^-1 - sum_c (R^-1 x_c)(R^-1 x_c)', as a matrix, so by a
        parameter tr(N R').
        """
        full = self.parameters.fill(psi)
        sorted_, total = self.layout.gather(whitened), np.zeros(len(psi))
        for batch in self.batches:
            L = np.linalg.cholesky(self._correlations(full, batch.known))
            back = np.linalg.inv(L).swapaxes(1, 2)
            Y = back @ sorted_[:, batch.rows].transpose(1, 2, 0)
            total += self._against(psi, batch.known, back @ back.swapaxes(1, 2) - Y @ Y.swapaxes(1, 2))
        return total

    def _against(self, psi: Array, known: Array, N: Array) -> Array:
        """The sum of tr(N R') over one batch, (m,), for N (B, n, n)."""
        fulls = (self.parameters.fill(psi + step) for step in steps_of(psi))
        changes = (taken_apart(self._correlations(full, known))[1] for full in fulls)
        return np.array([(N * change).sum() for change in changes], float)

    def _matrix(self, full: Array, group: int) -> Array:
        size = self.layout.sizes[group]
        batch = next(batch for batch in self.batches if batch.rows.shape[1] == size)
        place = np.flatnonzero(batch.rows[:, 0] == self.layout.starts[group])
        return np.asarray(self._correlations(full, batch.known[place])[0])

    @abstractmethod
    def _correlations(self, full: Array, known: Array) -> Array:
        """The correlation matrices (B, n, n) of one batch."""


def analytic_cholesky(R: Array) -> Array:
    """Lower factors of symmetric (B, n, n) matrices, without conjugation; NaN where one is not positive definite.

    The imaginary part must be a complex step's: its square counts as nothing, and the factor's is exactly
    ``L Phi(L^-1 dR L^-T)``, Phi taking the lower triangle and half of the diagonal (Smith 1995).
    """
    try:
        L = np.linalg.cholesky(R.real)
    except np.linalg.LinAlgError:
        return np.asarray(np.full_like(R, np.nan))
    if not np.iscomplexobj(R):
        return np.asarray(L)
    half = np.linalg.solve(L, R.imag)
    inner = np.linalg.solve(L, half.swapaxes(1, 2))
    phi = np.tril(inner) - np.eye(R.shape[1]) * inner / 2
    return np.asarray(L + 1j * (L @ phi))
