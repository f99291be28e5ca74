"""The start of the search: one step of scoring."""

import numpy as np
import pytest

from pyimpl.covariance import General
from pyimpl.curvature import expected_second_derivatives
from pyimpl.moments import compress
from pyimpl.objective import Likelihood
from pyimpl.optimize import minimise, starting_point
from pyimpl.scoring import scored
from tests.pyimpl.test_objective import random_theta


def marks():
    """Of 12 schools of 4 classes of 3 children, 2 each; and the groups, innermost first."""
    rng = np.random.default_rng(3)
    rows = np.arange(12 * 4 * 3 * 2)
    codes = [rows // 2, rows // 6, rows // 24]
    y = 3.0 + rng.normal(size=len(rows))
    for level, sd in zip(codes, (1.5, 1.0, 2.0), strict=True):
        y += sd * rng.normal(size=level.max() + 1)[level]
    return y, codes


def balanced(n_levels=3, sigma=None):
    """An intercept for each group of the innermost levels."""
    y, codes = marks()
    one = np.ones(len(y))
    structures = (General(1, "pdSymm"),) * n_levels
    starts = [np.flatnonzero(np.diff(level, prepend=-1)) for level in codes[:n_levels]]
    return Likelihood(compress([one] * n_levels + [one, y], starts, structures), structures, True, sigma)


@pytest.mark.parametrize("n_levels", [1, 2, 3])
@pytest.mark.parametrize("guess", [0.5, 1.0, 2.0])
def test_one_step_gives_the_analysis_of_variance_in_balanced_data(n_levels, guess):
    likelihood = balanced(n_levels)
    theta = scored(likelihood, likelihood.evaluate(np.full(n_levels, guess)))
    found = likelihood.evaluate(theta)
    assert found.gradient == pytest.approx(np.zeros(n_levels), abs=1e-9)


def test_the_mean_squares_are_the_textbooks():
    likelihood = balanced(1)
    theta = scored(likelihood, likelihood.evaluate(np.array([1.0])))
    children = marks()[0].reshape(-1, 2)
    between, within = 2 * children.mean(axis=1).var(ddof=1), children.var(axis=1, ddof=1).mean()
    T = likelihood.moments.levels[0].T
    assert (theta / T[0]) ** 2 == pytest.approx([(between - within) / 2 / within], rel=1e-12)


def test_a_known_sigma_stays():
    likelihood = balanced(sigma=0.9)
    theta = scored(likelihood, likelihood.evaluate(np.ones(3)))
    best = minimise(likelihood, np.ones(3))
    assert np.abs(theta) == pytest.approx(np.abs(best.evaluation.theta), rel=1e-9)


def test_what_is_estimated_below_zero_begins_small():
    rng = np.random.default_rng(1)
    rows = np.arange(200)
    y = rng.normal(size=200)
    y -= np.repeat(y.reshape(-1, 4).mean(axis=1), 4)  # groups that differ less than chance would have it
    one = np.ones(200)
    structure = (General(1, "pdSymm"),)
    likelihood = Likelihood(
        compress([one, one, y], [np.flatnonzero(rows % 4 == 0)], structure), structure, True
    )
    theta = scored(likelihood, likelihood.evaluate(np.array([1.0])))
    assert theta**2 == pytest.approx([0.04])


def test_a_step_from_the_usual_start_leads_to_covariances(problem, reml):
    likelihood = problem.likelihood(reml)
    start = likelihood.evaluate(starting_point(likelihood))
    found = likelihood.evaluate(scored(likelihood, start))
    assert found.deviance < start.deviance
    assert all(np.linalg.svd(Lambda)[1].min() > 1e-3 for Lambda in found.Lambdas)


def test_expected_second_derivatives_are_those_of_the_dense_formula(problem, reml, rng):
    """tr(P V_a P V_b) with the whole of P."""
    likelihood = problem.likelihood(reml)
    theta = random_theta(likelihood, rng)
    found, slopes = expected_second_derivatives(likelihood, likelihood.evaluate(theta))
    n = len(problem.y)
    V, moved = np.eye(n), []
    for (Z, codes, structure), Lambda, level in zip(
        problem.levels, likelihood.split(theta), likelihood.moments.levels, strict=True
    ):
        Z = Z @ np.linalg.inv(level.T)
        same = codes[:, None] == codes[None, :]
        V += (Z @ Lambda @ Lambda.T @ Z.T) * same
        for B in structure.basis:
            moved.append((Z @ (B @ Lambda.T + Lambda @ B.T) @ Z.T) * same)
    P = np.linalg.inv(V)
    if reml:
        WX = P @ problem.X
        P = P - WX @ np.linalg.solve(problem.X.T @ WX, WX.T)
    expected = [[np.sum((P @ a) * (P @ b).T) for a in moved] for b in moved]
    assert found == pytest.approx(np.array(expected), rel=1e-9, abs=1e-9 * np.abs(expected).max())
    assert slopes == pytest.approx([np.sum(P * a) for a in moved], rel=1e-9)
