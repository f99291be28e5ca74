"""The moments of many responses that share one X and Z: what :mod:`pyimpl.moments` keeps, y by y."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.design import Design
from pyimpl.grouped import Rows, apply_right, eliminate
from pyimpl.moments import LevelMoments, Moments


@dataclass(frozen=True, slots=True)
class ReplicateLevel:
    """One level's :class:`pyimpl.moments.LevelMoments`, its E taken apart.

    Attributes
    ----------
    A : (q, q, G) array
    E : (q, m - 1, G) array
        The rows of the outer Z (nearest first) and X, which are the same for all responses.
    y : (q, S, G) array
        The rows of each response.
    children : (G,) int array
    T : (q, q) array
    """

    A: Array
    E: Array
    y: Array
    children: Indices
    T: Array


@dataclass(frozen=True, slots=True)
class Replicates:
    """All that the likelihood needs to know of S responses with the same X and Z.

    Attributes
    ----------
    levels : tuple of ReplicateLevel
        Innermost first.
    rest_x : (p, p) array
        Triangular factor of X over what no random effect touches.
    rest_y : (p + 1, S) array
        The columns that complete it to the factor of [X | y], for each response.
    R : (p, p) array
    beta : (p, S) array
    scale : (S,) array
    n_obs : int
        As in :class:`pyimpl.moments.Moments`.
    """

    levels: tuple[ReplicateLevel, ...]
    rest_x: Array
    rest_y: Array
    R: Array
    beta: Array
    scale: Array
    n_obs: int

    def __len__(self) -> int:
        return len(self.scale)

    def moments(self, s: int) -> Moments:
        """The moments of one response."""
        p = len(self.R)
        rest = np.zeros((p + 1, p + 1))
        rest[:p, :p], rest[:, p] = self.rest_x, self.rest_y[:, s]
        levels = tuple(
            LevelMoments(
                level.A, np.concatenate([level.E, level.y[:, s, None]], axis=1), level.children, level.T
            )
            for level in self.levels
        )
        return Moments(levels, rest, self.R, self.beta[:, s], float(self.scale[s]), self.n_obs)


def replicate(design: Design, moments: Moments, responses: Array) -> Replicates:
    """Compress many responses by the rotations of one model.

    Parameters
    ----------
    design : Design
        X, Z and the groups.
    moments : Moments
        Those of the design with any response: their coordinates of X and Z are taken over.
    responses : (S, N) array
        In the order of the design's rows, offset included.
    """
    order = design.order
    X = np.linalg.solve(moments.R.T, design.X[order].T)  # orthonormal, (p, N)
    y = (responses - design.offset)[:, order]
    coefficients = y @ X.T
    residuals = y - coefficients @ X
    again = residuals @ X.T  # once more for what rounding left
    residuals -= again @ X
    scale = np.sqrt((residuals**2).sum(axis=1) / (len(order) - len(X)))
    Z = [Z[order].T for Z in reversed(design.Z)]
    columns = np.concatenate([*Z, X, residuals / scale[:, None]])
    starts = [np.flatnonzero(np.diff(codes, prepend=-1)) for codes in reversed(design.sorted_codes)]
    levels, rest = _rotate(columns, starts, [level.T for level in moments.levels], len(y))
    Q, rest_x = np.linalg.qr(rest[: len(X)].T)
    touched = rest[len(X) :] @ Q
    length = np.linalg.norm(rest[len(X) :] - touched @ Q.T, axis=1)
    return Replicates(
        levels=levels,
        rest_x=rest_x,
        rest_y=np.vstack([touched.T, length]),
        R=moments.R,
        beta=np.linalg.solve(moments.R, (coefficients + again).T),
        scale=scale,
        n_obs=len(order),
    )


def _rotate(
    columns: Array, starts: list[Indices], coordinates: list[Array], n_responses: int
) -> tuple[tuple[ReplicateLevel, ...], Array]:
    """Rotate the rows of [Z innermost | ... | Z outermost | X | y's], level by level; what is left of [X | y's]."""
    inverses = [np.linalg.inv(T) for T in coordinates]
    rows = Rows(columns[:, None], starts[0])
    levels = []
    for k, T in enumerate(coordinates):
        factor, (rows,) = eliminate([Rows(rows.values, starts[k])], len(T))
        A, E, y = np.split(factor, [len(T), factor.shape[1] - n_responses], axis=1)
        edges = np.cumsum([len(inverse) for inverse in inverses[k + 1 :]], dtype=np.intp)
        *outer, X = np.split(E, edges, axis=1)
        E = np.concatenate(
            [*map(apply_right, outer, inverses[k + 1 :]), X],
            axis=1,
        )
        children = np.searchsorted(starts[k - 1], starts[k]) if k else np.empty(0, np.intp)
        levels.append(ReplicateLevel(apply_right(A, inverses[k]), E, y, children, T))
    return tuple(levels), rows.values[:, 0]
