"""How far an answer is from the optimum of its own likelihood: a certificate that no engine signs itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..answer import Answer


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the reference evaluator says of one answer.

    Attributes
    ----------
    engine : str
    reported, log_lik : float
        The log-likelihood as the engine gives it, and as the definition gives it there.
    distance : float
        To the optimum, in standard errors of the variance parameters: the length of the Newton step,
        sqrt(g' H^-1 g), or for a long way sqrt(2 (l* - l)). It doesn't hang on the units of the data.
    optimum : float
        The log-likelihood at the certified optimum, l*.
    """

    engine: str
    reported: float
    log_lik: float
    distance: float
    optimum: float = float("nan")

    @property
    def shortfall(self) -> float:
        """The log-likelihood still to be had: half the squared distance."""
        return 0.5 * self.distance**2


def has_variances(answer: Answer) -> bool:
    """Whether an answer gives a sigma above 0 and a covariance matrix for the effects of every level."""
    covs = [level.cov for level in answer.levels]
    finite = all(cov is not None and np.isfinite(cov.values).all() for cov in covs)
    return bool(covs) and finite and 0 < answer.sigma < np.inf
