"""Second derivatives of the profiled deviance.

With one level of grouping they have a closed form. With G = Z_g'V^-1 Z_g, F_X = Z_g'V^-1 X R^-1 and f = Z_g'V^-1 r / s
for each group (R'R = X'V^-1 X), the deviance has in the directions S and T of D the second derivative

    sum_g [2 tr(S G T C) - tr(S G T G)] - reml tr(K_S K_T) - 2 k_S'k_T - t_S t_T / nu,
    C = reml F_X F_X' + f f',   K_S = sum_g F_X'S F_X,   k_S = sum_g F_X'S f,   t_S = sum_g f'S f,

the last term only where sigma is profiled out (differentiate the gradient of :mod:`pyimpl.objective`; Lindstrom &
Bates 1988 give the parts). Each sum over the groups is one matrix product, so second derivatives cost less than the
first ones. By theta they follow from D = Lambda Lambda' with Lambda linear in theta.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pyimpl.arrays import Array
from pyimpl.derivative import derivative
from pyimpl.grouped import apply_right, cross, multiply
from pyimpl.objective import Evaluation, Likelihood, Whitened


def second_derivatives(likelihood: Likelihood, evaluation: Evaluation) -> Array:
    """Exact second derivatives of the deviance by theta, (m, m), where it was evaluated.

    With several levels of grouping they are those of the analytic gradient, by complex steps.
    """
    if len(likelihood.structures) > 1:
        H = derivative(lambda theta: likelihood.evaluate(theta).gradient, evaluation.theta)
        return np.asarray(H + H.T) / 2
    return _of_one_level(likelihood, evaluation)


def _of_one_level(likelihood: Likelihood, evaluation: Evaluation) -> Array:
    (basis,), (Lambda,) = [structure.basis for structure in likelihood.structures], evaluation.Lambdas
    p = len(evaluation.up.beta)
    of_G, of_F, slope = likelihood.total(
        _sums, evaluation.up, _standardised(evaluation), 0 if likelihood.reml else p
    )
    directions = basis @ Lambda.T
    directions = (directions + directions.swapaxes(1, 2)).reshape(len(basis), -1)  # dD / dtheta_a
    entries = directions.shape[1]
    H = directions @ of_G.transpose(3, 0, 1, 2).reshape(entries, entries) @ directions.T
    K = directions @ of_F.transpose(0, 2, 1, 3).reshape(entries, -1)
    K = K.reshape(len(K), p + 1, p + 1)
    k, t = K[:, :p, p], K[:, p, p]
    H -= 2 * k @ k.T
    if likelihood.sigma is None:
        H -= np.outer(t, t) / likelihood.nu
    if likelihood.reml:
        K_X = K[:, :p, :p].reshape(len(K), -1)
        H -= K_X @ K_X.T
    H += 2 * basis.reshape(len(basis), -1) @ (slope @ basis).reshape(len(basis), -1).T
    return np.asarray(H + H.T) / 2


def _sums(levels: Sequence[Whitened], standardised: Array, first: int) -> tuple[Array, Array, Array]:
    """The sums over groups: of the products of G with 2 C - G and of F with F, and of G - C.

    The last is the slope of the deviance by D, whose own curvature by theta is a part of the second derivatives.
    ``first`` is where the columns of F begin that count in C.
    """
    (level,) = levels
    G = cross(level.LA, level.LA)
    F = cross(level.LA, apply_right(level.LE, standardised))
    seen = F[:, first:]
    C = multiply(seen, seen.swapaxes(0, 1))
    return _sum_of_products(G, 2 * C - G), _sum_of_products(F, F), G.sum(axis=-1) - C.sum(axis=-1)


def _standardised(evaluation: Evaluation) -> Array:
    """The matrix that takes [X | y] to [X R^-1 | (y - X beta) / s], (p + 1, p + 1)."""
    beta, s = evaluation.up.beta, np.sqrt(evaluation.s2)
    top = np.hstack([np.linalg.inv(evaluation.up.R), -beta[:, None] / s])
    return np.vstack([top, np.append(np.zeros(len(beta)), 1 / s)])


def _sum_of_products(A: Array, B: Array) -> Array:
    """``sum_g A_g[i, j] B_g[k, l]`` of grouped matrices, indexed [i, j, k, l]."""
    product = A.reshape(-1, A.shape[-1]) @ B.reshape(-1, B.shape[-1]).T
    return np.asarray(product.reshape(*A.shape[:2], *B.shape[:2]))
