"""The likelihood at fixed theta and its derivatives: no optimiser in the way."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import solve_triangular

from pyimpl import grouped
from pyimpl.curvature import second_derivatives
from pyimpl.derivative import derivative
from pyimpl.objective import log_likelihood


def covariances(likelihood, theta):
    """The relative covariances, in the units of Z, that ``theta`` stands for."""
    found = []
    for Lambda, level in zip(likelihood.split(theta), likelihood.moments.levels, strict=True):
        factor = solve_triangular(level.T, Lambda)
        found.append(factor @ factor.T)
    return found


def random_theta(likelihood, rng):
    return rng.normal(size=sum(structure.n_parameters for structure in likelihood.structures))


def central_difference(function, theta, step=1e-5):
    return np.stack(
        [(function(theta + e) - function(theta - e)) / (2 * step) for e in step * np.eye(len(theta))]
    )


def test_log_likelihood_is_the_dense_one(problem, reml, rng):
    likelihood = problem.likelihood(reml)
    for _ in range(3):
        theta = random_theta(likelihood, rng)
        ours = log_likelihood(likelihood.moments, reml, likelihood.evaluate(theta).deviance)
        assert ours == pytest.approx(
            problem.dense_log_likelihood(covariances(likelihood, theta), reml), rel=1e-12
        )


def test_log_likelihood_at_zero_variance_is_that_of_the_regression(problem, reml):
    likelihood = problem.likelihood(reml)
    theta = 0 * random_theta(likelihood, np.random.default_rng(0))
    ours = log_likelihood(likelihood.moments, reml, likelihood.evaluate(theta).deviance)
    assert ours == pytest.approx(
        problem.dense_log_likelihood(covariances(likelihood, theta), reml), rel=1e-12
    )


def test_gradient_is_the_derivative_at_random_points(problem, reml, rng):
    likelihood = problem.likelihood(reml)
    for _ in range(3):
        theta = random_theta(likelihood, rng)
        numeric = central_difference(lambda t: likelihood.evaluate(t).deviance, theta)
        exact = likelihood.evaluate(theta).gradient
        assert exact == pytest.approx(numeric, rel=1e-6, abs=1e-6 * np.abs(exact).max())


def test_hessian_is_the_derivative_of_the_gradient_at_random_points(problem, reml, rng):
    likelihood = problem.likelihood(reml)
    theta = random_theta(likelihood, rng)
    numeric = central_difference(lambda t: likelihood.evaluate(t).gradient, theta)
    exact = second_derivatives(likelihood, likelihood.evaluate(theta))
    assert exact == pytest.approx(numeric, rel=1e-6, abs=1e-6 * np.abs(exact).max())


def test_estimates_solve_the_mixed_model_equations(problem, reml, rng):
    """beta and the BLUPs against generalised least squares and D Z'V^-1 (y - X beta) with the whole V."""
    likelihood = problem.likelihood(reml)
    moments = likelihood.moments
    theta = random_theta(likelihood, rng)
    evaluation = likelihood.evaluate(theta)
    n = len(problem.y)
    V = np.eye(n)
    relative = covariances(likelihood, theta)
    for (Z, codes, _), D in zip(problem.levels, relative, strict=True):
        V += (Z @ D @ Z.T) * (codes[:, None] == codes[None, :])
    W = np.linalg.inv(V)
    beta = np.linalg.solve(problem.X.T @ W @ problem.X, problem.X.T @ W @ problem.y)
    ours = moments.beta + solve_triangular(moments.R, evaluation.up.beta) * moments.scale
    assert ours == pytest.approx(beta, rel=1e-10)
    for (Z, codes, _), D, level, blups in zip(
        problem.levels, relative, moments.levels, evaluation.down.blups, strict=True
    ):
        expected = [
            D @ Z[codes == g].T @ (W @ (problem.y - problem.X @ beta))[codes == g] for g in np.unique(codes)
        ]
        ours = (solve_triangular(level.T, blups) * moments.scale).T
        assert ours == pytest.approx(np.array(expected), rel=1e-9, abs=1e-10)


def test_compressing_keeps_all_cross_products(problem):
    """The moments are rotations: nothing of [X | y] is lost or counted twice."""
    moments = problem.moments()
    orthonormal = problem.X @ np.linalg.inv(moments.R)
    residual = (problem.y - problem.X @ moments.beta) / moments.scale
    whole = np.column_stack([orthonormal, residual])
    rows = [level.E[:, -4:].transpose(0, 2, 1).reshape(-1, 4) for level in moments.levels]
    stacked = np.concatenate([*rows, moments.rest])
    assert stacked.T @ stacked == pytest.approx(whole.T @ whole, abs=1e-11)
    assert orthonormal.T @ orthonormal == pytest.approx(np.eye(3), abs=1e-12)


@pytest.mark.parametrize("sigma", [None, 0.7], ids=["sigma free", "sigma known"])
@pytest.mark.parametrize("size", [0.0, 1e-3, 1.0, 1e3])
def test_closed_second_derivatives_are_those_of_the_complex_step(problem, reml, rng, size, sigma):
    likelihood = replace(problem.likelihood(reml), sigma=sigma)
    theta = size * random_theta(likelihood, rng)
    theta[rng.random(len(theta)) < 0.3] = 0.0  # some variances of zero
    exact = derivative(lambda t: likelihood.evaluate(t).gradient, theta)
    ours = second_derivatives(likelihood, likelihood.evaluate(theta))
    # Of effects a thousand times sigma the steps lose three digits of their own.
    assert ours == pytest.approx(exact, rel=1e-11, abs=(1e-8 if size > 1 else 1e-11) * np.abs(exact).max())


def test_groups_in_pieces_are_groups_all_at_once(monkeypatch, problem, reml, rng):
    likelihood = problem.likelihood(reml)
    theta = random_theta(likelihood, rng)
    whole = likelihood.evaluate(theta)
    curvature = second_derivatives(likelihood, whole)
    monkeypatch.setattr(grouped, "_NUMBERS", 1)
    monkeypatch.setattr(grouped, "_LONG", 2)
    ours = likelihood.evaluate(theta)
    assert ours.deviance == pytest.approx(whole.deviance, rel=1e-13)
    assert ours.gradient == pytest.approx(whole.gradient, abs=1e-12 * np.abs(curvature).max())
    for a, b in zip(ours.down.blups, whole.down.blups, strict=True):
        assert a == pytest.approx(b, abs=1e-12)
    assert second_derivatives(likelihood, ours) == pytest.approx(
        curvature, abs=1e-12 * np.abs(curvature).max()
    )
