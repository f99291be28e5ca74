"""Structures in which a row depends on the past through the row before it only: AR(1), CAR(1), exponential in time.

With rho the correlation across the step from the row before, the whitened row is (y_t - rho y_t-1) / sqrt(1 - rho^2):
time and memory are linear in the rows, whatever the gaps are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.correlation.base import Correlation, correlation_from, proportion_from
from pyimpl.correlation.innovations import Process, paths
from pyimpl.derivative import steps_of as imaginary_steps
from pyimpl.derivative import taken_apart


@dataclass(frozen=True)
class Steps:
    """The distances between successive rows, in the order of time within each group.

    Attributes
    ----------
    times : (N,) array
        The covariate, in the order of the data.
    lengths : (U,) array
        The different distances.
    which : (N,) int array
        Which of them leads to each sorted row; U for the first row of a group.
    """

    times: Array
    lengths: Array
    which: Indices

    def between(self, rows: Indices) -> Array:
        """Distances (n, n) between any two rows of the data."""
        times = self.times[rows]
        return np.asarray(np.abs(times[:, None] - times))


def steps_of(times: Array, order: Indices | None, starts: Indices) -> Steps:
    """The steps of rows that ``order`` sorts by group and time, the groups starting at ``starts``."""
    ordered = times if order is None else times[order]
    gaps = np.diff(ordered, prepend=ordered[:1])
    inside = np.ones(len(gaps), bool)
    inside[starts] = False
    lengths, inverse = np.unique(gaps[inside], return_inverse=True)
    which = np.full(len(gaps), len(lengths), np.intp)
    which[inside] = inverse.ravel()
    return Steps(times, lengths, which)


@dataclass(frozen=True)
class Markov(Correlation):
    """The recursion that the classes below share."""

    steps: Steps

    def _whiten(self, full: Array, columns: Array) -> tuple[Array, Array]:
        own, before, log_rest = self._weights(full)
        return self._combined(own, before, columns), self._counts @ log_rest

    def slopes(self, psi: Array, columns: Array, whitened: Array) -> Array:
        """As :meth:`Correlation.slopes`: only the weights of the few different steps are differentiated."""
        ordered, white = self.layout.gather(columns), self.layout.gather(whitened)
        found = []
        for step in imaginary_steps(psi):
            weights = self._weights(self.parameters.fill(psi + step))
            own, before, log_rest = (taken_apart(each)[1] for each in weights)
            change = self._combined(own, before, ordered)
            found.append(self._counts @ log_rest + 2 * np.vdot(white, change))
        return np.array(found, float)

    def colour(self, psi: Array, columns: Array) -> Array:
        """As :meth:`Correlation.colour`, linear in the rows."""
        rho, _ = self._across(self.parameters.fill(psi), self.steps.lengths)
        process = Process(rho[None, None], np.eye(1))
        return self.layout.scatter(paths(process, self.steps.which, self.layout, self.layout.gather(columns)))

    def _weights(self, full: Array) -> tuple[Array, Array, Array]:
        """For each distance between rows: a whitened row's weights of itself and of the row before; log(1 - rho^2)."""
        rho, rest = self._across(full, self.steps.lengths)
        rho, rest = np.append(rho, 0.0), np.append(rest, 1.0)  # nothing comes before the first row
        return 1 / np.sqrt(rest), -rho / np.sqrt(rest), np.log(rest)

    def _combined(self, own: Array, before: Array, columns: Array) -> Array:
        which = self.steps.which
        out = columns * own[which]
        out[:, 1:] += before[which[1:]] * columns[:, :-1]
        return out

    @property
    def _counts(self) -> Indices:
        """How many rows are each distance after the one before."""
        return np.bincount(self.steps.which, minlength=len(self.steps.lengths) + 1)

    def _matrix(self, full: Array, group: int) -> Array:
        apart = self.steps.between(self.layout.rows(group))
        distances, which = np.unique(apart, return_inverse=True)
        return np.asarray(self._across(full, distances)[0][which.reshape(apart.shape)])

    def _across(self, full: Array, lengths: Array) -> tuple[Array, Array]:
        """The correlation rho across each distance, and 1 - rho^2 without cancellation."""
        raise NotImplementedError


@dataclass(frozen=True)
class AR1(Markov):
    """corAR1: phi^k for rows k whole units of time apart; phi may be negative."""

    def _natural(self, full: Array) -> Array:
        return correlation_from(full)

    def _across(self, full: Array, lengths: Array) -> tuple[Array, Array]:
        # Steps compose: across a + b the correlation is rho_a rho_b and 1 - rho^2 is v_a + rho_a^2 v_b. So powers
        # go by squaring, without a logarithm of a negative number and without cancellation.
        ones = np.ones(len(lengths))
        phi = correlation_from(full[0])
        rho, v = ones * (1 + 0 * phi), 0 * ones * phi
        step_rho, step_v = phi, 1 / np.cosh(full[0] / 2) ** 2
        left = lengths.astype(np.int64)
        while (left > 0).any():
            odd = left % 2 == 1
            v = np.where(odd, v + rho**2 * step_v, v)
            rho = np.where(odd, rho * step_rho, rho)
            step_rho, step_v = step_rho**2, step_v * (1 + step_rho**2)
            left //= 2
        return rho, v


@dataclass(frozen=True)
class CAR1(Markov):
    """corCAR1: phi^d for rows d apart, phi between 0 and 1."""

    def _natural(self, full: Array) -> Array:
        return proportion_from(full)

    def _across(self, full: Array, lengths: Array) -> tuple[Array, Array]:
        log_phi = -_log_one_plus_exp(-full[0])
        return np.exp(lengths * log_phi), -np.expm1(2 * lengths * log_phi)


@dataclass(frozen=True)
class ExponentialInTime(Markov):
    """corExp of one coordinate, without a nugget: exp(-d / range)."""

    def _natural(self, full: Array) -> Array:
        return np.exp(full)

    def _across(self, full: Array, lengths: Array) -> tuple[Array, Array]:
        scaled = lengths * np.exp(-full[0])
        return np.exp(-scaled), -np.expm1(-2 * scaled)


def _log_one_plus_exp(x: Array) -> Array:
    """log(1 + e^x) without overflow."""
    positive = np.real(x) > 0
    return np.asarray(np.where(positive, x, 0 * x) + np.log1p(np.exp(np.where(positive, -x, x))))
