"""The best log-likelihood that printed variances allow: whether a published run can have been at the optimum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from .likelihood import Floats, Problem, log_likelihood

_FREE = 0.999
"""A correlation that wasn't printed may be anything up to this."""


def best_within(
    problem: Problem, variances: Sequence[tuple[float, float]], sigma2: tuple[float, float]
) -> float:
    """Return the highest log-likelihood within the rounding of printed variances.

    Parameters
    ----------
    problem : Problem
        A model with one grouping level.
    variances : sequence of (low, high)
        The interval that each printed variance of a random effect stands for.
    sigma2 : (low, high)
        That of the residual variance. The correlations, which weren't printed, are free.
    """
    q = len(variances)
    pairs = np.tril_indices(q, -1)

    def negative(theta: Floats) -> float:
        sds = np.sqrt(theta[:q])
        corr = np.eye(q)
        corr[pairs] = theta[q + 1 :]
        corr[pairs[::-1]] = theta[q + 1 :]
        return -log_likelihood(problem, [corr * np.outer(sds, sds)], float(np.sqrt(theta[q])))

    box = [*variances, sigma2, *([(-_FREE, _FREE)] * len(pairs[0]))]
    start = np.array([(low + high) / 2 for low, high in box])
    found = minimize(negative, start, method="L-BFGS-B", bounds=box)
    return -float(found.fun)
