"""Correlation matrices of residuals within a group, written down from their definitions.

References
----------
Pinheiro, J. C. and Bates, D. M. (2000). *Mixed-Effects Models in S and S-PLUS*. Springer. Section 5.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .rcall import RCall

Floats = NDArray[Any]

SPATIAL: dict[str, Callable[[Floats], Floats]] = {
    "corExp": lambda s: np.exp(-s),
    "corGaus": lambda s: np.exp(-(s**2)),
    "corRatio": lambda s: 1 / (1 + s**2),
    "corLin": lambda s: np.where(s < 1, 1 - s, 0.0),
    "corSpher": lambda s: np.where(s < 1, 1 - 1.5 * s + 0.5 * s**3, 0.0),
}
"""Correlations at a distance of s ranges."""

METRICS: dict[str, Callable[[Floats], Floats]] = {
    "euclidean": lambda d: np.sqrt((d**2).sum(axis=-1)),
    "manhattan": lambda d: np.abs(d).sum(axis=-1),
    "maximum": lambda d: np.abs(d).max(axis=-1),
}


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation structure on its data.

    Attributes
    ----------
    kind : str
        nlme's class.
    place : ndarray, shape (N, d)
        Each row's place: its time, its position or its coordinates.
    groups : ndarray of int, shape (N,)
        Rows of different groups don't correlate.
    longest : int
        Rows in the longest group.
    nearest : float
        The smallest distance within a group.
    order : tuple of int
        p and q of ``corARMA``.
    nugget : bool
    metric : str
    known : tuple of float
        The parameters where they are fixed; empty where they are estimated.
    """

    kind: str
    place: Floats
    groups: NDArray[np.intp]
    longest: int
    nearest: float
    order: tuple[int, int] = (0, 0)
    nugget: bool = False
    metric: str = "euclidean"
    known: tuple[float, ...] = ()

    @classmethod
    def of(cls, call: RCall, place: Floats, groups: NDArray[np.intp]) -> Correlation:
        """Return the structure that a call asks for; UsageError where it isn't known here."""
        known = {"corAR1", "corCAR1", "corARMA", "corCompSymm", "corSymm", "corNatural", *SPATIAL}
        metric = call.named.get("metric", "euclidean").strip("\"'")
        if call.function not in known or metric not in METRICS:
            raise UsageError(f"the reference evaluator doesn't know the structure {call.function}")
        order = tuple(int(call.named.get(name, "0")) for name in ("p", "q"))
        if call.function == "corAR1":
            order = (1, 0)
        rows = [np.flatnonzero(groups == group) for group in np.unique(groups)]
        distances = [_distances(place[r], metric)[np.triu_indices(len(r), 1)] for r in rows]
        between = np.concatenate([np.empty(0), *distances])
        fixed = call.numbers() if call.is_true("fixed") else ()
        longest = max(map(len, rows))
        if call.function in ("corSymm", "corNatural"):  # positions may be left out in every group
            longest = max(longest, int(np.ptp(place[:, 0])) + 1)
        return cls(
            call.function,
            place,
            groups,
            longest,
            float(between.min(initial=np.inf)),
            (order[0], order[1]),
            call.is_true("nugget"),
            metric,
            fixed,
        )

    @property
    def n_parameters(self) -> int:
        """How many parameters are estimated."""
        return 0 if self.known else self._size

    @property
    def _size(self) -> int:
        if self.kind in ("corSymm", "corNatural"):
            return self.longest * (self.longest - 1) // 2
        return {"corARMA": sum(self.order)}.get(self.kind, 1 + self.nugget)

    @property
    def _lowest(self) -> float:
        """The lower end of the first parameter's range."""
        if self.kind == "corCompSymm":
            return -1 / (self.longest - 1) if self.longest > 1 else -1.0
        return {"corAR1": -1.0, "corLin": self.nearest, "corSpher": self.nearest}.get(self.kind, 0.0)

    def theta(self, values: Floats) -> Floats:
        """Return numbers that may be anything, at parameters as R reports them."""
        if self.known:
            return np.empty(0)
        if self.kind == "corARMA":
            return np.asarray(values, dtype=float)
        if self.kind in ("corSymm", "corNatural"):
            factor = np.linalg.cholesky(_symmetric(values, self.longest))
            factor = factor / np.diag(factor)[:, None]
            return np.asarray(factor[np.tril_indices(self.longest, -1)])
        first = values[0] - self._lowest
        if self.kind not in SPATIAL:
            first = first / (1 - values[0])
        rest = [np.log(v / (1 - v)) for v in values[1:]]
        return np.array([np.log(first), *rest])

    def values(self, theta: Floats) -> Floats:
        """Return the parameters as R reports them."""
        if self.known:
            return np.array(self.known)
        if self.kind == "corARMA":
            return theta
        if self.kind in ("corSymm", "corNatural"):
            factor = np.eye(self.longest)
            factor[np.tril_indices(self.longest, -1)] = theta
            factor /= np.sqrt((factor**2).sum(axis=1, keepdims=True))
            return np.asarray((factor @ factor.T)[np.triu_indices(self.longest, 1)])
        e = np.exp(theta[0])
        first = self._lowest + e if self.kind in SPATIAL else (self._lowest + e) / (1 + e)
        return np.array([first, *(1 / (1 + np.exp(-theta[1:])))])

    def matrix(self, rows: NDArray[np.intp], values: Floats) -> Floats:
        """Return the correlations of some rows, shape (n, n)."""
        d = _distances(self.place[rows], self.metric)
        if self.kind in SPATIAL:
            C = SPATIAL[self.kind](d / values[0])
            if self.nugget:
                C = (1 - values[1]) * C
        elif self.kind == "corCompSymm":
            C = np.full(d.shape, values[0])
        elif self.kind == "corCAR1":
            C = values[0] ** d
        elif self.kind in ("corSymm", "corNatural"):
            at = (self.place[rows, 0] - self.place[:, 0].min()).astype(int)
            C = _symmetric(values, self.longest)[np.ix_(at, at)]
        else:
            lags = np.rint(d).astype(int)
            C = _arma(values[: self.order[0]], values[self.order[0] :], int(lags.max(initial=0)))[lags]
        np.fill_diagonal(C, 1.0)
        return np.where(self.groups[rows][:, None] == self.groups[rows][None, :], C, 0.0)


def _distances(place: Floats, metric: str) -> Floats:
    return np.asarray(METRICS[metric](place[:, None, :] - place[None, :, :]))


def _symmetric(values: Floats, size: int) -> Floats:
    C = np.eye(size)
    C[np.triu_indices(size, 1)] = values
    return np.asarray(np.triu(C, 1).T + C)


def _arma(phi: Floats, theta: Floats, longest: int) -> Floats:
    """Return an ARMA process's autocorrelations at lags 0, 1, ..., by the equations of Yule and Walker."""
    p, q = len(phi), len(theta)
    moving = np.concatenate(([1.0], theta))
    psi = np.zeros(q + 1)  # the process's weights of its first innovations
    for j in range(q + 1):
        psi[j] = moving[j] + sum(phi[i] * psi[j - 1 - i] for i in range(min(p, j)))
    right = np.array(
        [moving[k:] @ psi[: q + 1 - k] if k <= q else 0.0 for k in range(max(p, q, longest) + 1)]
    )
    A = np.eye(p + 1)
    for k in range(p + 1):
        for i in range(p):
            A[k, abs(k - 1 - i)] -= phi[i]
    gamma = list(np.linalg.solve(A, right[: p + 1]))
    for k in range(p + 1, max(q, longest) + 1):
        gamma.append(right[k] + sum(phi[i] * gamma[k - 1 - i] for i in range(p)))
    return np.asarray(np.array(gamma) / gamma[0])
