"""The log-likelihood of every structure against its definition, with the whole covariance matrix."""

from __future__ import annotations

import numpy as np
import pytest

from pyimpl.objective import log_likelihood
from pyimpl.structured import StructuredRows

from .conftest import EVERY, asked
from .test_derivatives import random_point


def dense_log_likelihood(rows: StructuredRows, psi: np.ndarray, covariances: list[np.ndarray]) -> float:
    """The definition: Lambda from the correlation matrices of single groups, sigma profiled out."""
    design, within = rows.design, rows.within
    n, p = design.X.shape
    Lambda = np.eye(n)
    if within.correlation is not None:
        own, layout = within.split(psi)[0], within.correlation.layout
        for group in range(len(layout.sizes)):
            members = layout.rows(group)
            Lambda[np.ix_(members, members)] = within.correlation.matrix(own, group)
    sd = np.exp(np.broadcast_to(within.log_sd(psi), n))
    V = Lambda * np.outer(sd, sd)
    for Z, level, D in zip(design.Z, design.levels, covariances, strict=True):
        codes = level.grouping.codes
        V += (Z @ D @ Z.T) * (codes[:, None] == codes[None, :])
    W = np.linalg.inv(V)
    information = design.X.T @ W @ design.X
    r = design.y - design.X @ np.linalg.solve(information, design.X.T @ W @ design.y)
    nu = n - p if rows.reml else n
    log_det = np.linalg.slogdet(V)[1] + (np.linalg.slogdet(information)[1] if rows.reml else 0.0)
    return float(-(nu * (np.log(2 * np.pi) + 1 + np.log(r @ W @ r / nu)) + log_det) / 2)


@pytest.mark.parametrize(("correlation", "weights"), EVERY)
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_log_likelihood(correlation: str | None, weights: str | None, method: str) -> None:
    rows = asked(correlation, weights, method).rows
    psi, theta = random_point(rows, 5)
    likelihood = rows.likelihood(psi)
    assert likelihood is not None
    roots = [
        np.linalg.solve(level.T, Lambda)
        for level, Lambda in zip(likelihood.moments.levels, likelihood.split(theta), strict=True)
    ]
    covariances = [root @ root.T for root in reversed(roots)]
    found = log_likelihood(likelihood.moments, likelihood.reml, likelihood.evaluate(theta).deviance)
    assert found == pytest.approx(dense_log_likelihood(rows, psi, covariances), rel=1e-10)
