"""The deviance of many small problems at once: many responses, each at a theta of its own.

:func:`pyimpl.objective.sweep_up` goes through the groups of one response; where these are few, numpy's calls cost far
more than their arithmetic. Here the groups of B problems are laid side by side, and one call serves them all. The
recursion is the same, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.covariance import Covariance
from pyimpl.grouped import Rows, cholesky, eliminate, forward_solve, multiply
from pyimpl.simulation.replicates import ReplicateLevel, Replicates

# Numbers in the largest array of a portion: it should stay in the processor's cache.
_PORTION = 1 << 14


def deviances(
    replicates: Replicates, structures: Sequence[Covariance], reml: bool, which: Indices, theta: Array
) -> Array:
    """The deviance of response ``which[b]`` at ``theta[b]``.

    Parameters
    ----------
    replicates : Replicates
    structures : sequence of Covariance, innermost first
    reml : bool
    which : (B,) int array
    theta : (B, m) array
        Complex for complex steps.

    Returns
    -------
    (B,) array
        As :attr:`pyimpl.objective.Evaluation.deviance`.
    """
    if not len(which):
        return np.empty(0)
    edges = np.cumsum([structure.n_parameters for structure in structures])[:-1]
    Lambdas = [
        np.tensordot(s.basis, part, axes=(0, 1))
        for s, part in zip(structures, np.split(theta, edges, axis=1), strict=True)
    ]
    size = max(level.E.shape[2] * level.E.shape[0] * (level.E.shape[1] + 1) for level in replicates.levels)
    portion = max(1, _PORTION // size)
    return np.concatenate(
        [
            _portion(
                replicates,
                [L[..., first : first + portion] for L in Lambdas],
                reml,
                which[first : first + portion],
            )
            for first in range(0, len(which), portion)
        ]
    )


def _portion(replicates: Replicates, Lambdas: Sequence[Array], reml: bool, which: Indices) -> Array:
    """Sweep up through the levels of B problems; ``Lambdas`` are (q, q, B)."""
    B = len(which)
    log_det: Array = np.zeros(B)
    arriving: list[Rows] = []
    S = _gram_of_rest(replicates, which)
    for level, Lambda in zip(replicates.levels, Lambdas, strict=True):
        A, E, arriving = _join(level, which, arriving)
        G = A.shape[-1] // B
        diagonal = np.arange(len(Lambda))
        half = multiply(A, np.repeat(Lambda, G, axis=-1))
        V = multiply(half, half.swapaxes(0, 1))  # I + A D A'
        V[diagonal, diagonal] += 1
        L = cholesky(V)
        log_det = log_det + 2 * np.log(L[diagonal, diagonal].prod(axis=0)).reshape(B, G).sum(axis=1)
        whitened = forward_solve(L, E)
        arriving.append(Rows(whitened.swapaxes(0, 1), np.arange(B * G)))
    C = cholesky(S + sum(_gram(rows.values, B) for rows in arriving))
    nu = replicates.n_obs - (len(replicates.R) if reml else 0)
    corner = np.arange(len(replicates.R))
    log_det_fixed = 2 * np.log(C[corner, corner]).sum(axis=0) if reml else 0.0
    return np.asarray(log_det + log_det_fixed + 2 * nu * np.log(C[-1, -1]))


def _join(level: ReplicateLevel, which: Indices, arriving: list[Rows]) -> tuple[Array, Array, list[Rows]]:
    """A and E of the level's groups of all problems, (q, c, B G), joined with what the level within hands on."""
    (q, c, G), B = level.E.shape, len(which)
    own = np.empty((q, q + c + 1, B, G))
    own[:, :q], own[:, q:-1], own[:, -1] = level.A[:, :, None], level.E[:, :, None], level.y[:, which]
    own = own.reshape(q, q + c + 1, B * G)
    if not arriving:
        return own[:, :q], own[:, q:], []
    inner = len(arriving[-1].starts) // B
    children = (level.children + inner * np.arange(B)[:, None]).ravel()
    blocks = [Rows(own.swapaxes(0, 1), np.arange(B * G)), *[rows.regroup(children) for rows in arriving]]
    R, rest = eliminate(blocks, q)
    return R[:, :q], R[:, q:], rest


def _gram_of_rest(replicates: Replicates, which: Indices) -> Array:
    """Cross-products (p + 1, p + 1, B) of [X | y] over what no random effect touches."""
    p, y = len(replicates.R), replicates.rest_y[:, which]
    S = np.empty((p + 1, p + 1, len(which)))
    S[:p, :p] = (replicates.rest_x.T @ replicates.rest_x)[:, :, None]
    S[:p, p] = S[p, :p] = replicates.rest_x.T @ y[:p]
    S[p, p] = (y**2).sum(axis=0)
    return S


def _gram(values: Array, B: int) -> Array:
    """Cross-products (c, c, B) of rows (c, r, B n), problem by problem."""
    c = len(values)
    rows = values.reshape(c, values.shape[1], B, -1).transpose(2, 0, 1, 3).reshape(B, c, -1)
    return np.asarray(np.matmul(rows, rows.swapaxes(1, 2)).transpose(1, 2, 0))
