"""A start near the optimum: one step of Fisher scoring in the covariances themselves.

The covariance of y is linear in (D s^2, s^2). In these parameters the expected second derivatives of the deviance are

    tr(P V_a P V_b),    V_a the covariance's derivative by parameter a,

and one scoring step from anywhere gives the minimum norm quadratic unbiased estimate for that prior guess (Rao 1971;
Harville 1977, section 5.3): in balanced data the estimate by analysis of variance itself, and in others one that is a
standard error or two from the optimum, where Newton's method in Lambda would take a step for each third that a standard
deviation is too small. It may not be positive semidefinite; a variance then begins at a small part of the guess.
"""

from __future__ import annotations

import numpy as np

from pyimpl.arrays import Array
from pyimpl.curvature import expected_second_derivatives
from pyimpl.objective import Evaluation, Likelihood

_PART = 0.04  # of the guess: the least variance that the estimate begins with


# Where the guess is singular or the groups are few nothing may be estimable; what comes out is checked.
@np.errstate(all="ignore")
def scored(likelihood: Likelihood, here: Evaluation) -> Array | None:
    """The parameters after one step of scoring from ``here``; None where they can't be told apart.

    Parameters
    ----------
    likelihood : Likelihood
    here : Evaluation
        At nonsingular covariances.
    """
    theta = here.theta
    information, of_log_det = expected_second_derivatives(likelihood, here)
    # In the directions dD / dtheta D itself is theta / 2. What s^2 changes is I = V less what the effects add.
    along = information @ theta / 2
    beside = of_log_det - along
    of_s2 = likelihood.nu - of_log_det @ theta + along @ theta / 2
    whole = np.block([[information, beside[:, None]], [beside, of_s2]])
    slope = np.append(here.gradient, -here.gradient @ theta / 2)
    if likelihood.sigma is not None:
        whole, slope = information, here.gradient
    try:
        step = -np.linalg.solve(whole, slope)
    except np.linalg.LinAlgError:
        return None
    s2 = 1.0 if likelihood.sigma is not None else max(1.0 + step[-1], _PART)
    parts = []
    end = 0
    for structure, Lambda in zip(likelihood.structures, here.Lambdas, strict=True):
        start, end = end, end + structure.n_parameters
        change = np.tensordot(step[start:end], structure.basis, axes=1) @ Lambda.T
        D = (Lambda @ Lambda.T + change + change.T) / s2
        if not np.isfinite(D).all():
            return None
        values, vectors = np.linalg.eigh(D)
        least = _PART * float(np.trace(Lambda @ Lambda.T)) / len(D)
        parts.append(structure.parameters_of((vectors * np.maximum(values, least)) @ vectors.T))
    return np.concatenate(parts)
