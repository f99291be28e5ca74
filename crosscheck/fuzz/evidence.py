"""What the reference evaluator says of one answer alone: that it follows from its variances, and is a maximum.

That needs no search for an optimum, which :mod:`crosscheck.attribution` makes for every answer that isn't this good:
one evaluation of the likelihood, one gradient and one matrix of second derivatives, by the definition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..answer import Answer
from ..compare import compare
from ..errors import CrosscheckError
from ..reference.design import dense_model
from ..reference.implied import implied
from ..reference.optimum import STEEP, decrement
from ..reference.referee import objective_of, variances_of
from ..spec import ModelSpec

NEAR = 1e-4
"""So many standard errors from the maximum at most: ten times nearer than what a difference can be seen at."""

UPHILL = 1e-6
"""A second derivative above this part of the largest leads up."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the evaluator says of an answer.

    Attributes
    ----------
    follows : bool
        Whether all that it says follows from its variances, within the tolerances.
    distance : float
        From a stationary point, in standard errors of the variance parameters.
    uphill : bool
        Whether a direction leads up from there.
    n_flat : int
        In how many directions the log-likelihood doesn't change.
    """

    follows: bool
    distance: float
    uphill: bool
    n_flat: int

    @property
    def is_maximum(self) -> bool:
        """Whether the answer is right: a maximum, and everything as it follows from it."""
        return self.follows and not self.uphill and self.distance < NEAR

    def __str__(self) -> str:
        held = (
            "all of it follows from its variances"
            if self.follows
            else "not all of it follows from its variances"
        )
        where = "which a direction leads up from" if self.uphill else "from which no direction leads up"
        return f"{held}, {self.distance:.1e} standard errors from a stationary point {where}"


def evidence(spec: ModelSpec, data: pd.DataFrame, answer: Answer) -> Evidence | None:
    """Return what the evaluator says of an answer, None where it doesn't know the model or can't factor V there."""
    try:
        objective = objective_of(dense_model(spec, data), answer)
        own = variances_of(answer, answer)
        expected = implied(objective, own, answer, "its own variances")
        theta = objective.parameters.theta(own)
        gradient, H = objective.gradient(theta), objective.curvature(theta)
    except (CrosscheckError, np.linalg.LinAlgError, ValueError):
        return None
    if not (np.isfinite(gradient).all() and np.isfinite(H).all()):
        return None
    values = np.linalg.eigvalsh(H)
    size = max(float(np.abs(values).max(initial=0.0)), 1e-300)
    return Evidence(
        compare(expected, answer).agree,
        decrement(gradient, H),
        bool(values[0] < -UPHILL * size),
        int((np.abs(values) <= STEEP * size).sum()),
    )
