"""The forms that a covariance matrix of random effects can have, and their parameters.

Parameters are signed roots: a factor's elements and standard deviations that may pass through 0. A covariance matrix
is then a polynomial of degree two in them, and a variance of 0 is a point like any other, at which a maximum on the
boundary is an ordinary maximum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
Kind = Literal["free", "diag", "ident", "compsymm"]

KINDS: dict[str, Kind] = {
    "pdLogChol": "free",
    "pdSymm": "free",
    "pdNatural": "free",
    "pdDiag": "diag",
    "pdIdent": "ident",
    "pdCompSymm": "compsymm",
}
"""nlme's classes of one block; ``pdBlocked`` is a list of them."""

_INSIDE = 1 - 1e-12


@dataclass(frozen=True, slots=True)
class Block:
    """A block on the diagonal of a level's Psi: its form and its number of effects."""

    kind: Kind
    size: int

    @property
    def n_parameters(self) -> int:
        """How many parameters the form has."""
        q = self.size
        return {"free": q * (q + 1) // 2, "diag": q, "ident": 1, "compsymm": min(q, 2)}[self.kind]

    def matrix(self, theta: Floats, scale: Floats) -> Floats:
        """Return the block at parameters that are in units of `scale`, shape (q,)."""
        q = self.size
        if self.kind == "free":
            factor = np.zeros((q, q), dtype=theta.dtype)
            factor[np.tril_indices(q)] = theta
            factor = scale[:, None] * factor
            return np.asarray(factor @ factor.T)
        if self.kind == "diag":
            return np.asarray(np.diag((scale * theta) ** 2))
        sd = scale.mean() * theta[0]
        if self.kind == "ident" or q == 1:
            return np.asarray(sd**2 * np.eye(q))
        low = -1 / (q - 1)
        rho = low + (1 - low) / (1 + np.exp(-theta[1]))
        return np.asarray(sd**2 * ((1 - rho) * np.eye(q) + rho))

    def parameters(self, psi: Floats, scale: Floats) -> Floats:
        """Return the parameters of the member of the form that is nearest to a matrix of it."""
        if self.kind == "free":
            root = _root(psi) / scale[:, None]
            return np.asarray(root[np.tril_indices(self.size)])
        variances = np.maximum(np.diag(psi), 0)
        if self.kind == "diag":
            return np.asarray(np.sqrt(variances) / scale)
        variance = variances.mean()
        sd = np.sqrt(variance) / scale.mean()
        if self.kind == "ident" or self.size == 1:
            return np.array([sd])
        off = psi[~np.eye(self.size, dtype=bool)]
        low = -1 / (self.size - 1)
        rho = off.mean() / variance if variance > 0 else 0.0
        share = np.clip((rho - low) / (1 - low), 1 - _INSIDE, _INSIDE)
        return np.array([sd, np.log(share / (1 - share))])


def block_diagonal(blocks: Sequence[Floats]) -> Floats:
    """Return the matrix that has the blocks on its diagonal and 0 elsewhere."""
    size = sum(len(block) for block in blocks)
    whole, start = np.zeros((size, size)), 0
    for block in blocks:
        stop = start + len(block)
        whole[start:stop, start:stop] = block
        start = stop
    return whole


def _root(psi: Floats) -> Floats:
    """Return a lower triangular L with L L' the nearest positive semidefinite matrix, singular or not."""
    values, vectors = np.linalg.eigh((psi + psi.T) / 2)
    root = vectors * np.sqrt(np.maximum(values, 0))
    return np.asarray(np.linalg.qr(root.T, mode="r")).T
