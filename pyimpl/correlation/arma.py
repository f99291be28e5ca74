"""Autoregressive moving averages at whole times, with gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.correlation.base import Correlation, correlation_from
from pyimpl.correlation.innovations import Process, innovations, paths
from pyimpl.correlation.markov import Steps


@dataclass(frozen=True)
class ARMA(Correlation):
    """corARMA(p, q): y_t = sum phi_i y_t-i + a_t + sum theta_j a_t-j, stationary and invertible.

    Attributes
    ----------
    steps : Steps
        Between the rows, in whole units of time.
    p, q : int
        The orders.
    """

    steps: Steps
    p: int
    q: int

    @property
    def title(self) -> str:
        """What nlme's pages call the structure."""
        return f"ARMA({self.p},{self.q})"

    def _natural(self, full: Array) -> Array:
        phi, theta = self._coefficients(full)
        return np.concatenate([phi, theta])

    def _coefficients(self, full: Array) -> tuple[Array, Array]:
        partial = correlation_from(full)
        return coefficients_of(partial[: self.p]), -coefficients_of(-partial[self.p :])

    def _whiten(self, full: Array, columns: Array) -> tuple[Array, Array]:
        return innovations(self._process(full), self.steps.which, self.layout, columns)

    def colour(self, psi: Array, columns: Array) -> Array:
        """As :meth:`Correlation.colour`, linear in the rows."""
        process = self._process(self.parameters.fill(psi))
        return self.layout.scatter(paths(process, self.steps.which, self.layout, self.layout.gather(columns)))

    def _process(self, full: Array) -> Process:
        T, P0 = _state_space(*self._coefficients(full))
        return Process(powers(T, self.steps.lengths).transpose(1, 2, 0), P0)

    def _matrix(self, full: Array, group: int) -> Array:
        apart = self.steps.between(self.layout.rows(group))
        lags, which = np.unique(apart, return_inverse=True)
        T, P0 = _state_space(*self._coefficients(full))
        return np.asarray((powers(T, lags) @ P0)[:, 0, 0][which.reshape(apart.shape)])


def coefficients_of(partial: Array) -> Array:
    """Autoregressive coefficients of partial autocorrelations (Durbin-Levinson; Jones 1980)."""
    phi = partial[:0]
    for r in partial:
        phi = np.append(phi - r * phi[::-1], r)
    return phi


def partial_of(coefficients: Array) -> Array:
    """Partial autocorrelations of autoregressive coefficients; not all below 1 where these aren't stationary."""
    phi, partial = np.asarray(coefficients, float), []
    while len(phi):
        r, phi = phi[-1], phi[:-1]
        partial.append(r)
        if abs(r) >= 1:
            return np.array(partial)
        phi = (phi + r * phi[::-1]) / (1 - r**2)
    return np.array(partial[::-1])


def _state_space(phi: Array, theta: Array) -> tuple[Array, Array]:
    """Transition and stationary covariance, (r, r), of Harvey's state vector, scaled to a process of unit variance."""
    r = max(len(phi), len(theta) + 1)
    dtype = np.result_type(phi, theta, float)
    T: Array = np.eye(r, k=1, dtype=dtype)
    T[: len(phi), 0] = phi
    R = np.zeros(r, dtype)
    R[0], R[1 : len(theta) + 1] = 1.0, theta
    P0 = np.linalg.solve(np.eye(r * r) - np.kron(T, T), np.outer(R, R).ravel()).reshape(r, r)
    return T, P0 / P0[0, 0]


def powers(T: Array, exponents: Array) -> Array:
    """``T^k`` for each of U whole exponents, (U, r, r), by squaring."""
    left: Indices = exponents.astype(np.int64)
    out = np.broadcast_to(np.eye(len(T), dtype=T.dtype), (len(left), *T.shape))
    while (left > 0).any():
        out = np.where((left % 2 == 1)[:, None, None], out @ T, out)
        T = T @ T
        left = left // 2
    return out
