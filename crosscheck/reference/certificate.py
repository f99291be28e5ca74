"""How far an answer is from the optimum of its own likelihood: a certificate that no engine signs itself.

At an answer's variance parameters theta (the factors of Psi and log sigma) the gradient g of the dense
log-likelihood and, once for a model, its Hessian -H are taken by central differences. Then

    distance = sqrt(g' H^-1 g)        in standard errors of theta: the length of the Newton step
    shortfall = distance^2 / 2        the log-likelihood still to be had

Both don't depend on the units of the data or on how theta is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..answer import Answer
from ..errors import CrosscheckError
from .likelihood import Floats, Problem, log_likelihood

STEP = 1e-2
"""Step of the differences, in standard errors: the fourth-order formula below then errs by about 1e-9."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the reference evaluator says of one answer.

    Attributes
    ----------
    engine : str
    reported, log_lik : float
        The log-likelihood as the engine gives it, and as the definition gives it there.
    distance : float
        To the optimum, in standard errors of the variance parameters.
    """

    engine: str
    reported: float
    log_lik: float
    distance: float

    @property
    def shortfall(self) -> float:
        """The log-likelihood still to be had, to second order."""
        return 0.5 * self.distance**2


def certify(problem: Problem, answers: Sequence[Answer]) -> tuple[Certificate, ...]:
    """Return each answer's certificate; the curvature is taken at the first answer, so put the best first.

    Raises
    ------
    CrosscheckError
        An answer lacks its variances (:func:`has_variances`), or the likelihood has no curvature at the first
        one (a singular optimum).
    """
    curvature: Floats | None = None
    certificates = []
    for answer in answers:
        theta, log_lik = _parameters(answer), _objective(problem, answer)
        if curvature is None:
            curvature = _negative_hessian(log_lik, theta)
        scale = 1 / np.sqrt(np.diag(curvature))
        gradient = _gradient(log_lik, theta, scale) / scale
        distance = float(np.sqrt(gradient @ np.linalg.solve(curvature, gradient)))
        reported = answer.scalars.get("log_lik", float("nan"))
        certificates.append(Certificate(answer.about.engine, reported, log_lik(theta), distance))
    return tuple(certificates)


def has_variances(answer: Answer) -> bool:
    """Whether an answer gives a sigma above 0 and a covariance matrix for the effects of every level."""
    covs = [level.cov for level in answer.levels]
    finite = all(cov is not None and np.isfinite(cov.values).all() for cov in covs)
    return bool(covs) and finite and 0 < answer.sigma < np.inf


def _parameters(answer: Answer) -> Floats:
    """Return the lower triangles of the Cholesky factors of each level's Psi, then log sigma."""
    if not has_variances(answer):
        raise CrosscheckError(f"{answer.about.engine} doesn't give every variance")
    try:
        factors = [np.linalg.cholesky(level.cov.values) for level in answer.levels if level.cov is not None]
    except np.linalg.LinAlgError:
        raise CrosscheckError(f"{answer.about.engine} is at a singular optimum, Psi has no factor") from None
    triangles = [factor[np.tril_indices(len(factor))] for factor in factors]
    return np.concatenate([*triangles, [np.log(answer.sigma)]])


def _objective(problem: Problem, answer: Answer) -> Callable[[Floats], float]:
    """Return the log-likelihood as a function of the parameters of :func:`_parameters`."""
    sizes = [len(level.cov.rows) for level in answer.levels if level.cov is not None]

    def log_lik(theta: Floats) -> float:
        psis, start = [], 0
        for q in sizes:
            factor = np.zeros((q, q))
            n = q * (q + 1) // 2
            factor[np.tril_indices(q)] = theta[start : start + n]
            psis.append(factor @ factor.T)
            start += n
        return log_likelihood(problem, psis, float(np.exp(theta[-1])))

    return log_lik


def _gradient(f: Callable[[Floats], float], at: Floats, scale: Floats) -> Floats:
    """Return the derivatives of f in units of `scale`, by the fourth-order central difference."""
    steps = np.diag(STEP * scale)
    return np.array(
        [(8 * (f(at + h) - f(at - h)) - (f(at + 2 * h) - f(at - 2 * h))) / (12 * STEP) for h in steps]
    )


def _negative_hessian(f: Callable[[Floats], float], at: Floats) -> Floats:
    """Return H = -d2f by central differences, first by a rough step, then by one that suits H itself."""
    rough = 0.02 * np.maximum(np.abs(at), 0.05 * np.abs(at).max())
    centre = f(at)
    curvature = np.array([(2 * centre - f(at + h) - f(at - h)) for h in np.diag(rough)]) / rough**2
    if not (curvature > 0).all():
        raise CrosscheckError(
            "the log-likelihood has no curvature here: no certificate at a singular optimum"
        )
    scale = 5 * STEP / np.sqrt(curvature)
    H = np.empty((len(at), len(at)))
    for i, h in enumerate(np.diag(scale)):
        H[i, i] = (2 * centre - f(at + h) - f(at - h)) / scale[i] ** 2
        for j, k in enumerate(np.diag(scale)[:i]):
            mixed = f(at + h + k) - f(at + h - k) - f(at - h + k) + f(at - h - k)
            H[i, j] = H[j, i] = -mixed / (4 * scale[i] * scale[j])
    return H
