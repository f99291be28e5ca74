"""The optimiser reaches a minimum from anywhere, and the boundary is a place like any other."""

import numpy as np
import pytest

from pyimpl.covariance import Diagonal, General
from pyimpl.moments import compress
from pyimpl.objective import Likelihood
from pyimpl.optimize import escape, minimise, null_space, starting_point, trust_region_step


def small_design(seed):
    """A few groups of 3 to 6 rows, with a random intercept or none: most have a singular optimum for ~ x | g."""
    rng = np.random.default_rng(seed)
    groups, rows = rng.integers(4, 9), rng.integers(3, 7)
    codes = np.repeat(np.arange(groups), rows)
    x = rng.normal(size=groups * rows)
    y = 1 + x + rng.normal(size=groups)[codes] * rng.choice([0, 0.3, 1]) + rng.normal(size=len(x))
    Z = np.array([np.ones(len(x)), x])
    structure = General(2, "pdLogChol") if rng.random() < 0.7 else Diagonal(2, "pdDiag")
    starts = np.arange(groups) * rows
    moments = compress(np.concatenate([Z, Z, y[None]]), [starts], [structure], 2)
    return Likelihood(moments, (structure,), bool(rng.random() < 0.5)), rng


def test_gradient_at_the_optimum_is_zero_to_machine_precision(problem, reml):
    likelihood = problem.likelihood(reml)
    optimum = minimise(likelihood, starting_point(likelihood))
    assert optimum.converged
    assert optimum.scaled_gradient < 1e-10


def test_no_start_finds_a_better_place(problem, reml, rng):
    likelihood = problem.likelihood(reml)
    best = minimise(likelihood, starting_point(likelihood)).evaluation.deviance
    for scale in (0.1, 1.0, 10.0):
        start = scale * rng.normal(size=len(starting_point(likelihood)))
        assert minimise(likelihood, start).evaluation.deviance > best - 1e-9


@pytest.mark.parametrize("seed", range(40))
def test_small_designs_converge_singular_or_not(seed):
    likelihood, rng = small_design(seed)
    optimum = minimise(likelihood, starting_point(likelihood))
    assert optimum.converged
    assert escape(likelihood, optimum) is None
    for scale in (0.1, 1.0, 5.0):
        start = scale * rng.normal(size=len(optimum.evaluation.theta))
        other = minimise(likelihood, start)
        assert other.evaluation.deviance > optimum.evaluation.deviance - 1e-8


def test_some_of_those_designs_are_singular_and_some_are_not():
    """The test above means something only if it sees both."""
    singular = 0
    for seed in range(40):
        likelihood, _ = small_design(seed)
        optimum = minimise(likelihood, starting_point(likelihood))
        singular += null_space(optimum.evaluation.Lambdas[0]).shape[1] > 0
    assert 10 <= singular <= 38


def test_a_start_without_variance_is_left_when_the_data_have_some(problem, reml):
    """Lambda = 0 is a stationary point; negative curvature there must be followed."""
    likelihood = problem.likelihood(reml)
    start = starting_point(likelihood)
    best = minimise(likelihood, start).evaluation.deviance
    assert likelihood.evaluate(0 * start).gradient == pytest.approx(0 * start, abs=1e-12)
    assert minimise(likelihood, 0 * start).evaluation.deviance == pytest.approx(best, abs=1e-8)


def test_step_solves_the_trust_region_problem():
    rng = np.random.default_rng(5)
    for _ in range(50):
        root = rng.normal(size=(4, 4))
        hessian, gradient, radius = root + root.T, rng.normal(size=4), rng.uniform(0.1, 3)
        step = trust_region_step(gradient, hessian, radius)
        assert np.linalg.norm(step) <= radius * (1 + 1e-5)
        value = gradient @ step + step @ hessian @ step / 2
        others = rng.normal(size=(4, 2000))
        others *= radius / np.linalg.norm(others, axis=0)
        values = gradient @ others + np.einsum("ij,ij->j", others, hessian @ others) / 2
        assert value <= values.min() + 1e-6 * abs(values.min())


def test_step_leaves_a_saddle():
    step = trust_region_step(np.zeros(2), np.diag([-1.0, 2.0]), 0.5)
    assert np.abs(step) == pytest.approx([0.5, 0.0], abs=1e-4)
