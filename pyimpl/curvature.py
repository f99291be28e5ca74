"""Second derivatives of the profiled deviance, in closed form, for any number of levels of nested groups.

The likelihood is a tree: a group of level k takes B = sum [Z | outer]'V^-1 [Z | outer] from its groups of the level
within, where outer stands for the columns of the levels further out, X and y, and hands on the same of the outer
columns with its own effects integrated out,

    Q = B_oo - B_oz K B_zo,     K = D (I + B_zz D)^-1 = N N',     U = (I + B_zz D)^-1,

and adds log|I + B_zz D|. Let w be the derivative of the deviance by Q, which the sweep down gives as the second moment
of what lies further out; J = [-K B_zo; I] says how the group's effects follow that; F = U B_zo = Z'V^-1 [outer],
G = Z'V^-1 Z = U B_zz, and C = F w F'. Differentiating twice, the group has, in directions S and T of its own D and
where its B changes by a or b because covariances of levels within do,

    by S and T      2 tr(S G T C) - tr(S G T G),
    by a and T      tr(T U [a_zz U' - 2 (a J)_z w F']),
    by a and b      -tr(N'a_zz N N'b_zz N) - 2 tr(N'(a J)_z w (b J)_z'N),

and it hands on the changes -F'T F and J'a J of Q. At the root Q is the cross-products of [X | y]; with the changes a, b
in coordinates in which X'V^-1 X = I and r'r = 1 the deviance has there

    -reml tr(a_XX b_XX) - 2 a_Xr'b_Xr - a_rr b_rr / nu,

the last term only where sigma is profiled out. (With one level these are the derivatives of Lindstrom & Bates 1988;
reverse over forward differentiation makes them of the sweep for any number.) What a group looks at, J and F, is
expressed in coordinates of the same kind all the way, so that differences of large numbers are taken once, in the rows.
By theta all follows from D = Lambda Lambda' with Lambda linear in theta.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.grouped import apply_left, apply_right, cross, multiply, pieces_of, sum_of_outer
from pyimpl.objective import Evaluation, Likelihood, Whitened, conditional_spread


def second_derivatives(likelihood: Likelihood, evaluation: Evaluation) -> Array:
    """Exact second derivatives of the deviance by theta, (m, m), where it was evaluated."""
    p, nu = len(evaluation.up.beta), likelihood.nu
    H, root, _ = _by_D(likelihood, evaluation, evaluation.s2)
    of_Xr, of_r = root[:, :p, p], root[:, p, p]
    H -= 2 * of_Xr @ of_Xr.T
    if likelihood.sigma is None:
        H -= np.outer(of_r, of_r) / nu
    end = 0
    for structure, slope in zip(likelihood.structures, evaluation.down.gradients, strict=True):
        own, end = slice(end, end + structure.n_parameters), end + structure.n_parameters
        flat = structure.basis.reshape(structure.n_parameters, -1)
        H[own, own] += (
            2 * flat @ (slope @ structure.basis).reshape(flat.shape).T
        )  # D's own curvature by theta
    return np.asarray(H + H.T) / 2


def expected_second_derivatives(likelihood: Likelihood, evaluation: Evaluation) -> tuple[Array, Array]:
    """tr(P V_a P V_b), (m, m), and tr(P V_a), (m,), where V changes by V_a as dD / dtheta_a says; sigma is known."""
    H, _, slopes = _by_D(likelihood, evaluation, np.inf)
    return -(H + H.T) / 2, slopes


def _by_D(likelihood: Likelihood, evaluation: Evaluation, s2: float) -> tuple[Array, Array, Array]:
    """Second derivatives in the directions dD / dtheta of the groups' part and the determinant at the root, (m, m).

    And what each theta changes at the root, (m, p + 1, p + 1), and first derivatives, (m,). At an infinite ``s2``
    residuals count nothing.
    """
    p = len(evaluation.up.beta)
    fixed = 1 + p if likelihood.reml else 1
    H, root, slopes = likelihood.total(
        _sums,
        evaluation.up,
        list(evaluation.Lambdas),
        _moves(likelihood, evaluation),
        _standardised(evaluation, s2),
        fixed,
    )
    if likelihood.reml:
        of_X = root[:, :p, :p].reshape(len(H), p * p)
        H = H - of_X @ of_X.T
    return H, root, slopes


def _moves(likelihood: Likelihood, evaluation: Evaluation) -> list[Array]:
    """dD / dtheta of each level, (a, q, q)."""
    pairs = zip(likelihood.structures, evaluation.Lambdas, strict=True)
    return [_symmetric(structure.basis @ Lambda.T) for structure, Lambda in pairs]


def _symmetric(moves: Array) -> Array:
    """``S + S'`` of (a, q, q) matrices."""
    return moves + moves.swapaxes(1, 2)


def _standardised(evaluation: Evaluation, s2: float) -> Array:
    """The matrix that takes [X | y] to [X R^-1 | (y - X beta) / s], (p + 1, p + 1)."""
    beta, s = evaluation.up.beta, np.sqrt(s2)
    top = np.hstack([np.linalg.inv(evaluation.up.R), -beta[:, None] / s])
    return np.vstack([top, np.append(np.zeros(len(beta)), 1 / s)])


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the groups of one level see, at the point where the deviance was evaluated.

    Coordinates of what lies further out, d of them, are the effects of each level (nearest first) as they are, the
    fixed effects over their standard errors, and the residual over s; each comes with how the nearer ones follow it.

    Attributes
    ----------
    G : (q, q, n) array
        Z'V^-1 Z.
    F : (q, d, n) array
        Z'V^-1 [what lies further out].
    counted : (q, c, n) array
        F times a factor of w: C = counted counted'.
    spreads : list of (q', q', n) arrays
        Factors N of the covariance of the effects, given what lies still further out: of this level, but for the
        innermost, and of each level further out, nearest first.
    fixed : int
        How many coordinates of w are fixed effects, or the residual: the last.
    """

    G: Array
    F: Array
    counted: Array
    spreads: list[Array]
    fixed: int


def _sums(levels: Sequence[Whitened], *arguments: Any) -> tuple[Array, Array, Array]:
    """The sums over groups: second derivatives, (m, m), what each theta changes at the root, and first derivatives.

    Parameters
    ----------
    levels : sequence of Whitened, innermost first
    Lambdas : sequence of (q, q) arrays, innermost first
    moves : sequence of (a, q, q) arrays, innermost first
        Each level's dD / dtheta.
    standardised : (p + 1, p + 1) array
        See :func:`_standardised`.
    fixed : int
        See :class:`_Seen`.
    """
    H, changes, slopes = zip(*(_sums_of_part(part, *arguments) for part in _parts(levels)), strict=True)
    return sum(H), sum(changes), sum(slopes)


def _parts(levels: Sequence[Whitened]) -> Iterator[list[Whitened]]:
    """The groups in parts of whole outermost ones, each small enough for the processor's cache."""
    if not levels:
        yield []
        return
    n_outermost = levels[-1].A.shape[-1]
    edges = np.linspace(0, n_outermost, min(n_outermost, len(pieces_of(levels[0].LE))) + 1).astype(np.intp)
    for i, j in pairwise(edges.tolist()):
        part = []
        for k in reversed(range(len(levels))):
            each, own = levels[k], slice(i, j)
            first = each.children[i] if k else 0
            children = each.children[own] - first
            part.append(Whitened(each.A[..., own], each.LA[..., own], each.LE[..., own], children))
            if k:
                i, j = first, each.children[j] if j < each.A.shape[-1] else levels[k - 1].A.shape[-1]
        yield part[::-1]


def _sums_of_part(
    levels: Sequence[Whitened],
    Lambdas: Sequence[Array],
    moves: Sequence[Array],
    standardised: Array,
    fixed: int,
) -> tuple[Array, Array, Array]:
    """As :func:`_sums`, all groups at once."""
    edges = np.cumsum([0, *(len(each) for each in moves)])
    H, slopes = np.zeros((edges[-1], edges[-1])), np.zeros(edges[-1])
    width = len(standardised)
    changes: Array = np.zeros((0, width, width))
    for k, (seen, move) in enumerate(zip(_look(levels, Lambdas, standardised, fixed), moves, strict=True)):
        inner, own = slice(0, edges[k]), slice(edges[k], edges[k + 1])
        H[own, own], slopes[own] = _by_own(seen, move)
        if k:
            by_inner, mixed = _by_inner(seen, Lambdas[k], changes)
            H[inner, inner] += by_inner
            H[inner, own] = mixed.reshape(edges[k], -1) @ move.reshape(len(move), -1).T
            H[own, inner] = H[inner, own].T
            changes = changes[:, len(Lambdas[k]) :, len(Lambdas[k]) :]
        if k + 1 < len(levels):
            further = levels[k + 1].children
            before = np.add.reduceat(changes, further, axis=-1) if k else changes[:0]
            new = _changes_by_group(seen.F, move, further)
            changes = np.concatenate([before, new]) if k else new
        else:
            before = changes.sum(axis=-1) if k else changes
            changes = np.concatenate([before, _changes_in_all(seen.F, move)])
    return H, changes, slopes


def _look(
    levels: Sequence[Whitened], Lambdas: Sequence[Array], standardised: Array, fixed: int
) -> list[_Seen]:
    """What each level's groups see, innermost first, from the fixed effects inwards."""
    found: list[_Seen] = []
    gains: list[Array] = []  # how the effects of each level further out follow what lies still further out
    spreads: list[Array] = []
    for k in reversed(range(len(levels))):
        LA, LE, Lambda = levels[k].LA, levels[k].LE, Lambdas[k]
        start = LE.shape[1] - len(standardised)
        K = apply_right(LE[:, start:], standardised)
        for gain in reversed(gains):
            start -= len(gain)
            Z = LE[:, start : start + len(gain)]
            K = np.concatenate([Z, K - multiply(Z, gain)], axis=1)
        F = cross(LA, K)
        counted = _counted(F, spreads, fixed)
        if k:
            spreads = [conditional_spread(levels[k].A, Lambda), *spreads]
        found.append(_Seen(cross(LA, LA), F, counted, spreads, fixed))
        if k:
            counts = np.diff(levels[k].children, append=levels[k - 1].A.shape[-1])
            gain = apply_left(Lambda @ Lambda.T, F)
            gains = [np.repeat(each, counts, axis=-1) for each in [gain, *gains]]
            spreads = [np.repeat(each, counts, axis=-1) for each in spreads]
    return found[::-1]


def _counted(rows: Array, spreads: Sequence[Array], fixed: int) -> Array:
    """Rows (r, d, n) times a factor of w; ``fixed`` as in :class:`_Seen`."""
    parts, start = [], 0
    for N in spreads:
        parts.append(multiply(rows[:, start : start + len(N)], N))
        start += len(N)
    last = rows[:, rows.shape[1] - fixed :]
    return np.concatenate([*parts, last], axis=1) if parts else last


def _by_own(seen: _Seen, move: Array) -> tuple[Array, Array]:
    """Second derivatives by the level's own D, (a, a), half of the sum with their transpose; and first, (a,)."""
    C = multiply(seen.counted, seen.counted.swapaxes(0, 1))
    flat = move.reshape(len(move), -1)
    products = _sum_of_products(seen.G, 2 * C - seen.G).transpose(3, 0, 1, 2)
    slope = seen.G.sum(axis=-1) - C.sum(axis=-1)
    return flat @ products.reshape(flat.shape[1], -1) @ flat.T, flat @ slope.ravel()


def _by_inner(seen: _Seen, Lambda: Array, changes: Array) -> tuple[Array, Array]:
    """Second derivatives by what changes B, (a, a), and by that and D, (a, q, q); ``changes`` are (a, q + d, q + d, n).

    Of the groups' B, in the coordinates of :class:`_Seen` with the level's own effects in front.
    """
    q, _, n = seen.F.shape
    a = len(changes)
    N, *further = seen.spreads
    rows = changes[:, :q].reshape(a * q, -1, n)
    own, outer = rows[:, :q], _counted(rows[:, q:], further, seen.fixed)
    right = np.concatenate([multiply(own, N), np.sqrt(2) * outer], axis=1)
    both = cross(N, _left(right, a, q)).reshape(q, a, -1, n).swapaxes(0, 1).reshape(a, -1)
    U = -apply_right(seen.G, Lambda @ Lambda.T)
    U[np.arange(q), np.arange(q)] += 1
    inside = multiply(own, U.swapaxes(0, 1)) - 2 * multiply(outer, seen.counted.swapaxes(0, 1))
    mixed = U.reshape(q, -1) @ _left(inside, a, q).swapaxes(1, 2).reshape(q * n, -1)
    return -both @ both.T, mixed.reshape(q, a, q).swapaxes(0, 1)


def _left(rows: Array, a: int, q: int) -> Array:
    """(a q, c, n) as (q, a c, n), to be multiplied from the left."""
    n = rows.shape[-1]
    return rows.reshape(a, q, -1, n).swapaxes(0, 1).reshape(q, -1, n)


def _changes_by_group(F: Array, move: Array, starts: Indices) -> Array:
    """The sums of -F'T F over each group of the next level outwards, (a, d, d, G), for T in ``move`` (a, q, q)."""
    d = F.shape[1]
    upper = np.triu_indices(d)
    sums, weights = [], []
    for i, j in zip(*np.triu_indices(len(F)), strict=True):
        if not move[:, i, j].any():
            continue
        products = F[i][upper[0]] * F[j][upper[1]]
        if i < j:
            products += F[j][upper[0]] * F[i][upper[1]]
        sums.append(np.add.reduceat(products, starts, axis=-1))
        weights.append(-move[:, i, j])
    packed = np.tensordot(np.array(weights), np.array(sums), axes=(0, 0))
    whole = np.empty((len(move), d, d, len(starts)))
    whole[:, upper[0], upper[1]] = whole[:, upper[1], upper[0]] = packed
    return whole


def _changes_in_all(F: Array, move: Array) -> Array:
    """The sum of -F'T F over all groups, (a, d, d), for T in ``move`` (a, q, q)."""
    products = _sum_of_products(F, F).transpose(0, 2, 1, 3)
    q, d, _ = F.shape
    return np.asarray(-move.reshape(len(move), -1) @ products.reshape(q * q, -1)).reshape(-1, d, d)


def _sum_of_products(A: Array, B: Array) -> Array:
    """``sum_g A_g[i, j] B_g[k, l]`` of grouped matrices, indexed [i, j, k, l]."""
    flat = [each.reshape(-1, 1, each.shape[-1]) for each in (A, B)]
    product = sum_of_outer(flat[0], flat[0] if A is B else flat[1])
    return np.asarray(product.reshape(*A.shape[:2], *B.shape[:2]))
