"""Whether a likelihood has no maximum: where the random effects can fit the response exactly, it grows without end.

Then no answer is right and none is wrong: engines stop somewhere on the way of sigma to zero.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from ..answer import Answer
from ..errors import CrosscheckError
from ..reference.design import dense_model
from ..reference.likelihood import Problem, log_likelihood
from ..reference.referee import variances_of
from ..spec import ModelSpec

DECADES = (1e-2, 1e-3, 1e-4, 1e-5)
"""Sigma in units of the response's spread: far below what any data have, far above rounding."""

GROWTH = 0.5 * np.log(10)
"""What the log-likelihood gains in each decade at least: half of what one exactly fitted row more brings."""


def is_unbounded(spec: ModelSpec, data: pd.DataFrame, answers: list[Answer]) -> bool:
    """Whether the log-likelihood grows steadily as sigma goes to zero, from any of the answers' random effects.

    Parameters
    ----------
    spec : ModelSpec
    data : DataFrame
    answers : list of Answer
        Their covariance matrices of random effects are kept while sigma shrinks.
    """
    if {"correlation", "weights"} & set(spec.options):
        return False
    try:
        problem = dense_model(spec, data).problem
    except (CrosscheckError, ValueError):
        return False
    y = np.asarray(problem.y, dtype=float)
    left = y - problem.X @ np.linalg.lstsq(problem.X, y, rcond=None)[0]
    scale = float(np.std(left))
    return scale > 0 and any(_grows(problem, answer, scale) for answer in answers)


def _grows(problem: Problem, answer: Answer, scale: float) -> bool:
    try:
        psis = variances_of(answer, answer).psis
        values = [log_likelihood(problem, psis, scale * part) for part in DECADES]
    except (CrosscheckError, np.linalg.LinAlgError, ValueError):
        return False
    return all(after - before > GROWTH for before, after in pairwise(values))
