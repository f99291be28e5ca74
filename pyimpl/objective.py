"""The profiled (restricted) likelihood of a mixed model, its gradient and all that a fit reads off it.

The model, in the coordinates of :mod:`pyimpl.moments`, has for each group of each level q rows

    y = X beta + sum_outer Z_o b_o + A b + e,    b ~ N(0, s^2 D),    e ~ N(0, s^2 I),    D = Lambda Lambda'.

With sigma and beta profiled out, the deviance (minus twice the log-likelihood, less a constant) is

    d(theta) = sum log|I + A D A'|  +  reml * log|X'V^-1 X|  +  nu * log(RSS),       nu = N - reml * p

(Pinheiro & Bates 2000, sections 2.2.3 and 2.2.5; Bates et al. 2015, equations 34 and 42), reml = 1 or 0. A known
sigma has RSS / s^2 + nu log(nu s^2) - nu in the place of the last term, so that constants are the same.

*Up*: :func:`sweep_up` takes each level's groups, innermost first, whitens their q rows by the Cholesky factor of
I + A D A', and hands all rows on to the groups of the next level; what arrives at the top is [X | y] whitened by
the whole of V. *Down*: :func:`sweep_down` goes back with the posterior of the outer effects, and gives each group's
BLUP and, since d log|V| + ... in the direction S at one level is tr(S G),

    G = sum_g  Z_g'P Z_g - Z_g'V^-1 r r'V^-1 Z_g / s^2,    r = y - X beta,
    P = V^-1 - reml * V^-1 X (X'V^-1 X)^-1 X'V^-1,

the exact gradient (Lindstrom & Bates 1988). No inverse of D appears anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.covariance import Covariance
from pyimpl.grouped import (
    Rows,
    apply_left,
    apply_right,
    cholesky,
    cholesky_above_one,
    cross,
    eliminate,
    forward_solve,
    multiply,
    pieces_of,
    sum_of_outer,
)
from pyimpl.moments import LevelMoments, Moments


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The function to be minimised: the data's moments, the structures (innermost first) and REML or ML.

    ``sigma``, in the user's units, is the within-group standard deviation where that is known; else it is profiled out.
    """

    moments: Moments
    structures: tuple[Covariance, ...]
    reml: bool
    sigma: float | None = None

    @property
    def nu(self) -> int:
        """Degrees of freedom of the residual sum of squares: N - p under REML, N under ML."""
        return self.moments.n_obs - (len(self.moments.R) if self.reml else 0)

    @property
    def n_groups(self) -> tuple[int, ...]:
        """How many groups each level has, innermost first."""
        return tuple(level.A.shape[-1] for level in self.moments.levels)

    def split(self, theta: Array) -> list[Array]:
        """One Lambda a level, innermost first, from the joint parameter vector."""
        ends = np.cumsum([structure.n_parameters for structure in self.structures], dtype=np.intp)
        return [
            s.factor(theta[end - s.n_parameters : end]) for s, end in zip(self.structures, ends, strict=True)
        ]

    def evaluate(self, theta: Array) -> Evaluation:
        """Deviance, gradient and estimates at ``theta``."""
        Lambdas = self.split(theta)
        up = self.sweep_up(Lambdas)
        s2 = up.rss / self.nu if self.sigma is None else (self.sigma / self.moments.scale) ** 2
        down = self.sweep_down(Lambdas, up, s2)
        parts = [theta[:0]] + [
            2 * structure.basis.reshape(structure.n_parameters, -1) @ (G @ Lambda).ravel()
            for structure, G, Lambda in zip(self.structures, down.gradients, Lambdas, strict=True)
        ]
        log_det_fixed = 2 * np.log(np.diag(up.R)).sum() if self.reml else 0.0
        # At the profiled sigma the last three terms are nu log(RSS).
        residual = up.rss / s2 - self.nu + self.nu * np.log(self.nu * s2)
        deviance = up.log_det + log_det_fixed + residual
        return Evaluation(theta, deviance, np.concatenate(parts), s2, tuple(Lambdas), up, down)

    def sweep_up(self, Lambdas: Sequence[Array]) -> Upward:
        """Whiten the rows of all groups, innermost level first, then solve for the fixed effects."""
        return sweep_up(self.moments, Lambdas)

    def sweep_down(self, Lambdas: Sequence[Array], up: Upward, s2: float) -> Downward:
        """Estimate the random effects from the outermost level inwards, and the gradient on the way."""
        return sweep_down(self.moments.levels, Lambdas, up, s2, self.reml)

    def total(
        self, terms: Callable[..., tuple[Array, ...]], up: Upward, *arguments: Any
    ) -> tuple[Array, ...]:
        """The sums over all groups that ``terms(up.levels, *arguments)`` gives of those at hand."""
        return terms(up.levels, *arguments)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything known at one theta.

    Attributes
    ----------
    theta : (m,) array
    deviance : float
        Minus twice the profiled log-likelihood, less the constant that :func:`log_likelihood` adds.
    gradient : (m,) array
        Its derivatives by theta.
    s2 : float
        sigma^2 in units of ``moments.scale`` squared.
    Lambdas : tuple of (q, q) arrays, innermost first
    up, down : Upward, Downward
        The factors, and the estimates.
    """

    theta: Array
    deviance: float
    gradient: Array
    s2: float
    Lambdas: tuple[Array, ...]
    up: Upward
    down: Downward


@dataclass(frozen=True, slots=True)
class Whitened:
    """The q rows of each group of one level, after the levels inside it are done.

    Attributes
    ----------
    A : (q, q, G) array
        Z of the level, before whitening.
    LA : (q, q, G) array
        L^-1 A, where L L' = I + A D A'.
    LE : (q, m, G) array
        L^-1 [outer Z, nearest first | X | y].
    children : (G,) int array
        Where each group's groups of the next level inwards start; empty at the innermost level.
    """

    A: Array
    LA: Array
    LE: Array
    children: Indices


@dataclass(frozen=True, slots=True)
class Upward:
    """What the sweep from the innermost level to the fixed effects leaves behind.

    Attributes
    ----------
    levels : list of Whitened, innermost first
    log_det : float
        log|V| over sigma^2: the sum of all log|I + A D A'|.
    R : (p, p) array
        Upper triangular, R'R = X'V^-1 X.
    beta : (p,) array
        Generalised least-squares estimate.
    rss : float
        (y - X beta)' V^-1 (y - X beta).
    """

    levels: list[Whitened]
    log_det: float
    R: Array
    beta: Array
    rss: float


@dataclass(frozen=True, slots=True)
class Downward:
    """What the sweep from the fixed effects to the innermost level finds.

    Attributes
    ----------
    gradients : list of (q, q) arrays, innermost first
        The symmetric G: the deviance changes by tr(S G) when the level's D changes by S.
    blups : list of (q, G) arrays, innermost first
        Best linear unbiased predictions of the random effects.
    """

    gradients: list[Array]
    blups: list[Array]


@dataclass(frozen=True, slots=True)
class WhitenedGroups:
    """The rows of some groups, whitened; what they add to the likelihood can be summed over groups.

    Attributes
    ----------
    levels : list of Whitened, innermost first
    log_det : float
        The sum of their log|I + A D A'|.
    gram : (p + 1, p + 1) array
        Cross-products of their rows of [X | y], whitened by the whole of V.
    """

    levels: list[Whitened]
    log_det: float
    gram: Array


def sweep_up(moments: Moments, Lambdas: Sequence[Array]) -> Upward:
    """Whiten the rows of all levels, innermost first, then solve for the fixed effects."""
    groups = whiten(moments, Lambdas)
    return solve(groups.levels, groups.log_det, groups.gram)


def whiten(moments: Moments, Lambdas: Sequence[Array]) -> WhitenedGroups:
    """Whiten the rows of all levels, innermost first."""
    levels = []
    log_det = 0.0
    arriving: list[Rows] = []
    for level, Lambda in zip(moments.levels, Lambdas, strict=True):
        A, E, arriving = _join(level, arriving)
        whitened, own = _whiten_rows(A, E, Lambda)
        levels.append(Whitened(A, *whitened, level.children))
        log_det = log_det + own
        arriving.append(_one_row_a_group(levels[-1].LE))
    gram = moments.rest.T @ moments.rest + sum(sum_of_outer(rows.values, rows.values) for rows in arriving)
    return WhitenedGroups(levels, log_det, gram)


def _whiten_rows(A: Array, E: Array, Lambda: Array) -> tuple[tuple[Array, Array], Any]:
    """L^-1 A and L^-1 E of one level's groups, where L L' = I + A D A', and the sum of their log|I + A D A'|."""
    kind = np.result_type(A, E, Lambda)
    LA, LE = np.empty(A.shape, kind), np.empty(E.shape, kind)
    diagonal = np.arange(len(Lambda))
    log_det = 0.0
    for piece in pieces_of(E):
        L = cholesky_above_one(apply_right(A[..., piece], Lambda))
        forward_solve(L, A[..., piece], LA[..., piece])
        forward_solve(L, E[..., piece], LE[..., piece])
        log_det = log_det + 2 * np.log(L[diagonal, diagonal]).sum()
    return (LA, LE), log_det


def solve(levels: list[Whitened], log_det: float, gram: Array) -> Upward:
    """Solve for the fixed effects, from the cross-products of [X | y] whitened by the whole of V."""
    C = cholesky(gram)
    beta = np.linalg.solve(C[:-1, :-1].T, C[-1, :-1])
    return Upward(levels, log_det, C[:-1, :-1].T, beta, C[-1, -1] ** 2)


def _join(level: LevelMoments, arriving: list[Rows]) -> tuple[Array, Array, list[Rows]]:
    """A and E of this level's groups: their own rows joined with those that the level within hands on."""
    if not arriving:
        return level.A, level.E, []
    q = len(level.A)
    own = _one_row_a_group(np.concatenate([level.A, level.E], axis=1))
    R, rest = eliminate([own, *[rows.regroup(level.children) for rows in arriving]], q)
    return R[:, :q], R[:, q:], rest


def _one_row_a_group(E: Array) -> Rows:
    """Grouped (q, c, G) matrices as rows: q of them for each group."""
    return Rows(E.swapaxes(0, 1), np.arange(E.shape[-1]))


def sweep_down(
    levels: Sequence[LevelMoments], Lambdas: Sequence[Array], up: Upward, s2: float, reml: bool
) -> Downward:
    """Estimate the random effects from the outermost level inwards, and the gradient on the way.

    ``known`` says for each group at hand what is known of [outer random effects, nearest first | beta | -1], (d, k, G):
    a factor of their posterior covariance over sigma^2, to which beta adds nothing under ML, and as last column minus
    their estimates over s. What the group's effects see of it is F: then Z_g'P Z_g = (L^-1 A)'(L^-1 A) - F_K F_K' and
    Z_g'V^-1 r = s F_residual, which make up the gradient. N is the spread of a group's own effects given all that lies
    further out, -D F how they follow what does.
    """
    s, p = np.sqrt(s2), len(up.beta)
    uncertain = np.vstack([np.linalg.inv(up.R)[:, : p if reml else 0], np.zeros((1, p if reml else 0))])
    known = np.column_stack([uncertain, np.append(-up.beta, 1.0) / s])[:, :, None]
    gradients: list[Array] = []
    blups: list[Array] = []
    for k in reversed(range(len(levels))):
        gradient, follow = _seen_by_effects(up.levels[k], Lambdas[k] @ Lambdas[k].T, known, 0 if k else -1)
        gradients.append(gradient)
        blups.append(follow[:, -1] * -s)
        if k:
            counts = np.diff(levels[k].children, append=up.levels[k - 1].A.shape[-1])
            N = conditional_spread(up.levels[k].A, Lambdas[k])
            known = np.repeat(_joined(N, follow, known), counts, axis=-1)
    return Downward(gradients[::-1], blups[::-1])


def _seen_by_effects(level: Whitened, D: Array, known: Array, first: int) -> tuple[Array, Array]:
    """One level's gradient by D, (q, q), and each group's -D F from column ``first`` on, as in :func:`sweep_down`."""
    (q, _, G), kind = level.LA.shape, np.result_type(level.LE, known)
    gradient, follow = np.zeros((q, q), kind), np.empty((q, known[0, first:, 0].size, G), kind)
    for piece in pieces_of(level.LE):
        LA = level.LA[..., piece]
        F = cross(LA, _times(level.LE[..., piece], known if known.shape[-1] == 1 else known[..., piece]))
        transposed = LA.swapaxes(0, 1)
        gradient += sum_of_outer(transposed, transposed) - sum_of_outer(F, F)
        follow[..., piece] = apply_left(-D, F[:, first:])
    return gradient, follow


def conditional_spread(A: Array, Lambda: Array) -> Array:
    """Factor N of the covariance of a group's effects given everything further out, N N' = D - D A'V^-1 A D."""
    L = cholesky_above_one(apply_right(A, Lambda).swapaxes(0, 1))
    return forward_solve(L, np.broadcast_to(Lambda.T[:, :, None], L.shape)).swapaxes(0, 1)


def _joined(N: Array, follow: Array, known: Array) -> Array:
    """What is known of (these effects, what is further out): [[N, follow], [0, known]]."""
    (q, _, G), (d, k, _) = N.shape, known.shape
    joint = np.zeros((q + d, q + k, G), np.result_type(N, follow, known))
    joint[:q, :q], joint[:q, q:], joint[q:, q:] = N, follow, known
    return joint


def _times(M: Array, known: Array) -> Array:
    """Grouped matrix (r, d, G) times grouped matrix (d, k, G) or one matrix (d, k, 1)."""
    return apply_right(M, known[..., 0]) if known.shape[-1] == 1 else multiply(M, known)


def log_likelihood(moments: Moments, reml: bool, deviance: float) -> float:
    """The (restricted) log-likelihood in the user's units, as nlme defines it (without +log|X'X| / 2).

    Equals -1/2 [nu log(2 pi) + log|V| + reml log|X'V^-1 X| + r'V^-1 r] at the profiled sigma, in the units of y and
    of the rows before any whitening.
    """
    nu = moments.n_obs - (len(moments.R) if reml else 0)
    units = (
        moments.log_det + nu * np.log(moments.scale**2) + 2 * reml * np.log(np.abs(np.diag(moments.R))).sum()
    )
    return float(-(nu * (1 + np.log(2 * np.pi) - np.log(nu)) + units + deviance) / 2)
