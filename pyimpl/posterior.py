"""What the data leave open about the effects: their joint posterior covariance, given the variance parameters.

Given sigma and D, and with a flat prior for beta, (b, beta) is normal with the BLUPs and the generalised
least-squares estimate as its mean, and with sigma^2 times the inverse of the mixed-model equations' matrix as its
covariance (Henderson 1975), which is also the covariance of the errors of prediction, (b-hat - b, beta-hat - beta).
That matrix is as large as there are effects. Nesting gives it the factor

    beta = beta-hat + S u_0,    b_k = b_k-hat + N_k u_k + M_k (u_0, u_1, ..., u_(k-1)),    u ~ N(0, I),

with the u of a group and of the groups it lies in: N_k N_k' is what is left of D once everything further out is
known, M_k says how a group's effects follow what is further out. So q (q + p) numbers a group say all; nothing is
inverted but I + Lambda'A'A Lambda, and a variance of zero is an ordinary point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.estimates import without_rounding
from pyimpl.grouped import apply_left, apply_right, cross, multiply
from pyimpl.objective import Evaluation, Likelihood, conditional_spread, sweep_up

_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class LevelSpread:
    """One level's part of the factor.

    Attributes
    ----------
    own : (q, q, G) array
        N_k of each group.
    gain : (q, m, G) array
        M_k, where m counts the columns of S and the q's of the levels further out.
    """

    own: Array
    gain: Array


@dataclass(frozen=True, slots=True)
class Posterior:
    """The factor of the joint posterior covariance, in the user's units.

    Attributes
    ----------
    fixed : (p, p) or (p, 0) array
        S; without columns where beta is taken as known.
    levels : tuple of LevelSpread, outermost first
    """

    fixed: Array
    levels: tuple[LevelSpread, ...]


def posterior_at(likelihood: Likelihood, evaluation: Evaluation, *, fixed_known: bool = False) -> Posterior:
    """Go from the fixed effects to the innermost level and take each level's part of the factor.

    Parameters
    ----------
    likelihood : Likelihood
    evaluation : Evaluation
        The point theta, and the residual variance there.
    fixed_known : bool
        Whether to condition on the fixed effects' estimates, as lme4's ``condVar`` does, or to count what is not
        known of them.
    """
    moments = likelihood.moments
    Lambdas = [without_rounding(Lambda) for Lambda in evaluation.Lambdas]
    up = sweep_up(moments, Lambdas)
    S = np.linalg.inv(up.R)[:, : 0 if fixed_known else len(up.R)]
    spreads: list[LevelSpread] = []
    ancestors: list[Indices] = []
    for k in reversed(range(len(Lambdas))):
        LA, LE = up.levels[k].LA, up.levels[k].LE
        edges = np.cumsum([0, *(len(Lambda) for Lambda in Lambdas[k + 1 :])])
        outer = [LE[:, i:j] for i, j in pairwise(edges)][::-1]
        K = _seen(LE[:, edges[-1] : -1], S, outer, spreads, ancestors)
        gain = -apply_left(Lambdas[k] @ Lambdas[k].T, cross(LA, K))
        spreads.append(LevelSpread(conditional_spread(up.levels[k].A, Lambdas[k]), gain))
        if k:
            counts = np.diff(moments.levels[k].children, append=up.levels[k - 1].A.shape[-1])
            ancestors = [np.repeat(each, counts) for each in [*ancestors, np.arange(len(counts))]]
    unit = float(np.sqrt(evaluation.s2)) * moments.scale
    inverses = [np.linalg.inv(level.T) * unit for level in moments.levels[::-1]]
    return Posterior(
        np.linalg.solve(moments.R, S) * unit,
        tuple(
            LevelSpread(apply_left(T, spread.own), apply_left(T, spread.gain))
            for T, spread in zip(inverses, spreads, strict=True)
        ),
    )


def _seen(
    X: Array, S: Array, outer: Sequence[Array], spreads: Sequence[LevelSpread], groups: Sequence[Indices]
) -> Array:
    """The factor of the posterior covariance as seen through some rows: (r, m, n) from X (r, p, n), m columns of u.

    ``outer`` are the rows' columns of the levels that count, (r, q, n), outermost first, ``groups`` (n,) the rows'
    groups there.
    """
    seen = apply_right(X, S)
    for Z, spread, codes in zip(outer, spreads, groups, strict=True):
        through = seen + multiply(Z, spread.gain[..., codes])
        seen = np.concatenate([through, multiply(Z, spread.own[..., codes])], axis=1)
    return seen


def variance_of_rows(posterior: Posterior, X: Array, Z: Sequence[Array], groups: Sequence[Indices]) -> Array:
    """Variance of the error of x'beta-hat + sum z'b-hat, for each row, (n,).

    Parameters
    ----------
    posterior : Posterior
    X : (n, p) array
    Z : sequence of (n, q) arrays, outermost level first
        The columns of the levels whose effects are counted: none for the population.
    groups : sequence of (n,) int arrays
        The rows' groups at these levels; all known.
    """
    seen = seen_by_rows(posterior, X.T, [each.T for each in Z], groups)
    return np.concatenate([np.empty(0), *((own**2).sum(axis=0) for own in seen)])


def seen_by_rows(
    posterior: Posterior, X: Array, Z: Sequence[Array], groups: Sequence[Indices]
) -> Iterator[Array]:
    """The factor of the posterior covariance as seen through rows, (m, n), some of the rows at a time.

    Parameters
    ----------
    posterior : Posterior
    X : (p, N) array
    Z : sequence of (q, N) arrays, outermost level first
    groups : sequence of (N,) int arrays
    """
    spreads = posterior.levels[: len(Z)]
    for start in range(0, X.shape[1], _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        parts = [each[None, :, rows] for each in Z]
        yield _seen(X[None, :, rows], posterior.fixed, parts, spreads, [own[rows] for own in groups])[0]


def covariance_of_effects(posterior: Posterior, depth: int) -> Array:
    """Posterior covariance matrix of each group's effects at one level (1 the outermost), (G, q, q)."""
    spread = posterior.levels[depth - 1]
    whole = np.concatenate([spread.own, spread.gain], axis=1)
    return np.asarray(multiply(whole, whole.swapaxes(0, 1)).transpose(2, 0, 1))
