"""The factored posterior covariance of all effects against the definition with the whole V."""

from __future__ import annotations

import numpy as np
import pytest

from pyimpl.objective import Likelihood
from pyimpl.posterior import covariance_of_effects, posterior_at, variance_of_rows


def dense_posterior(problem, likelihood, theta):
    """Covariance of (b, beta), levels outermost first and group by group, beta last; and lme4's, beta known."""
    n = len(problem.y)
    evaluation = likelihood.evaluate(theta)
    blocks, covariances = [], []
    for (Z, codes, _), Lambda, level in list(
        zip(problem.levels, likelihood.split(theta), likelihood.moments.levels, strict=True)
    )[::-1]:
        factor = np.linalg.solve(level.T, Lambda)
        _, dense = np.unique(codes, return_inverse=True)
        groups = dense.max() + 1
        wide = np.zeros((n, groups, Z.shape[1]))
        wide[np.arange(n), dense] = Z
        blocks.append(wide.reshape(n, -1))
        covariances.append(np.kron(np.eye(groups), factor @ factor.T))
    Z = np.concatenate(blocks, axis=1)
    D = np.zeros((Z.shape[1], Z.shape[1]))
    edge = 0
    for each in covariances:
        D[edge : edge + len(each), edge : edge + len(each)] = each
        edge += len(each)
    W = np.linalg.inv(np.eye(n) + Z @ D @ Z.T)
    of_beta = np.linalg.inv(problem.X.T @ W @ problem.X)
    known = D - D @ Z.T @ W @ Z @ D
    follow = -D @ Z.T @ W @ problem.X
    joint = np.block([[known + follow @ of_beta @ follow.T, follow @ of_beta], [of_beta @ follow.T, of_beta]])
    s2 = evaluation.s2 * likelihood.moments.scale**2
    return evaluation, joint * s2, known * s2, Z


@pytest.fixture(params=["regular", "singular", "none"])
def theta(request, problem, reml, rng):
    likelihood = problem.likelihood(reml)
    size = sum(structure.n_parameters for structure in likelihood.structures)
    theta = rng.normal(size=size)
    if request.param == "singular":
        theta[rng.integers(size)] = 0.0
    return theta if request.param != "none" else np.zeros(size)


@pytest.mark.parametrize("fixed_known", [False, True])
def test_effects_covariances_are_the_diagonal_blocks(problem, reml, theta, fixed_known):
    likelihood: Likelihood = problem.likelihood(reml)
    evaluation, joint, known, _ = dense_posterior(problem, likelihood, theta)
    posterior = posterior_at(likelihood, evaluation, fixed_known=fixed_known)
    expected = known if fixed_known else joint
    edge = 0
    for depth in range(1, len(problem.levels) + 1):
        found = covariance_of_effects(posterior, depth)
        q = found.shape[1]
        for own in found:
            assert own == pytest.approx(expected[edge : edge + q, edge : edge + q], rel=1e-9, abs=1e-12)
            edge += q
    assert edge == len(known)


def test_variances_of_rows_are_quadratic_forms_in_the_joint_covariance(problem, reml, theta, monkeypatch):
    monkeypatch.setattr("pyimpl.posterior._ROWS_AT_ONCE", 7)
    likelihood: Likelihood = problem.likelihood(reml)
    evaluation, joint, _, Z = dense_posterior(problem, likelihood, theta)
    posterior = posterior_at(likelihood, evaluation)
    outermost_first = problem.levels[::-1]
    groups = [np.unique(codes, return_inverse=True)[1] for _, codes, _ in outermost_first]
    edge = 0
    for depth in range(len(outermost_first) + 1):
        counted = np.zeros_like(Z)
        counted[:, :edge] = Z[:, :edge]
        rows = np.concatenate([counted, problem.X], axis=1)
        expected = np.einsum("ni,ij,nj->n", rows, joint, rows)
        found = variance_of_rows(
            posterior, problem.X, [each for each, _, _ in outermost_first[:depth]], groups[:depth]
        )
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
        if depth < len(outermost_first):
            edge += (groups[depth].max() + 1) * outermost_first[depth][0].shape[1]
