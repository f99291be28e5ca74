"""The optimiser reaches a minimum from anywhere, and the boundary is a place like any other."""

import numpy as np
import pytest

from pyimpl.boundary import escape, null_space
from pyimpl.covariance import Diagonal, General
from pyimpl.moments import compress
from pyimpl.objective import Likelihood
from pyimpl.optimize import minimise, refine, starting_point, trust_region_step


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
    moments = compress(np.concatenate([Z, Z, y[None]]), [starts], [structure])
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
    assert escape(likelihood, optimum.evaluation) is None
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
    saddle = likelihood.evaluate(0 * start)
    assert saddle.gradient == pytest.approx(0 * start, abs=1e-12)
    optimum = minimise(likelihood, 0 * start)
    assert optimum.converged
    assert optimum.evaluation.deviance < saddle.deviance - 1.0


def test_step_solves_the_trust_region_problem():
    rng = np.random.default_rng(5)
    for _ in range(50):
        root = rng.normal(size=(4, 4))
        hessian, gradient, radius = root + root.T, rng.normal(size=4), rng.uniform(0.1, 3)
        step, predicted = trust_region_step(gradient, *np.linalg.eigh(hessian), radius)
        assert np.linalg.norm(step) <= radius * (1 + 1e-5)
        value = gradient @ step + step @ hessian @ step / 2
        assert predicted == pytest.approx(-value, rel=1e-6)
        others = rng.normal(size=(4, 2000))
        others *= radius / np.linalg.norm(others, axis=0)
        values = gradient @ others + np.einsum("ij,ij->j", others, hessian @ others) / 2
        assert value <= values.min() + 1e-6 * abs(values.min())


def test_step_leaves_a_saddle():
    step, _ = trust_region_step(np.zeros(2), np.array([-1.0, 2.0]), np.eye(2), 0.5)
    assert np.abs(step) == pytest.approx([0.5, 0.0], abs=1e-4)


# (y, x, a, b): y ~ x with ~ x - 1 | a/b has two valleys, and the usual start leads to the shallow one.
TWO_VALLEYS = [
    (-3.618, -0.246, 0, 1),
    (-3.546, 0.966, 0, 1),
    (-3.617, -0.238, 0, 0),
    (-3.681, -1.305, 0, 0),
    (0.462, 0.229, 1, 0),
    (-3.64, -0.619, 0, 2),
    (-3.61, -0.119, 0, 0),
    (-3.66, -0.964, 0, 1),
    (-0.079, 0.718, 1, 0),
    (-3.553, 0.847, 0, 0),
    (-3.74, -2.304, 0, 2),
    (-3.58, 0.393, 0, 1),
    (-3.61, -0.112, 0, 1),
    (-3.678, -1.251, 0, 1),
    (-3.733, -2.182, 0, 0),
    (-3.502, 1.712, 0, 1),
    (-3.593, 0.177, 0, 1),
    (-3.494, 1.836, 0, 1),
    (-3.605, -0.032, 0, 0),
    (-1.079, 1.624, 1, 0),
    (-3.574, 0.493, 0, 2),
    (-3.63, -0.443, 0, 0),
    (-1.649, 2.14, 1, 2),
    (-3.64, -0.618, 0, 0),
    (-3.67, -1.125, 0, 0),
    (-3.61, -0.114, 0, 0),
    (-3.641, -0.632, 0, 2),
    (-3.634, -0.516, 0, 0),
    (-3.56, 0.739, 0, 2),
    (-3.665, -1.034, 0, 2),
    (-3.528, 1.272, 0, 2),
    (-3.561, 0.717, 0, 0),
    (-3.577, 0.44, 0, 0),
    (-3.675, -1.207, 0, 1),
    (0.19, 0.475, 1, 1),
    (-3.606, -0.042, 0, 1),
    (-3.535, 1.149, 0, 0),
    (-3.652, -0.828, 0, 0),
    (-3.618, -0.238, 0, 2),
    (-3.644, -0.682, 0, 0),
    (-3.633, -0.502, 0, 0),
    (-3.634, -0.52, 0, 2),
    (-3.676, -1.232, 0, 2),
    (-3.528, 1.262, 0, 1),
    (-3.627, -0.4, 0, 2),
    (-3.677, -1.237, 0, 2),
    (-3.545, 0.987, 0, 2),
    (-3.631, -0.469, 0, 0),
    (-3.657, -0.902, 0, 0),
    (-3.643, -0.677, 0, 1),
]


def test_the_deepest_of_several_valleys_counts():
    data = np.array(TWO_VALLEYS)
    data = data[np.lexsort((data[:, 3], data[:, 2]))]
    y, x, outer = data[:, 0], data[:, 1], data[:, 2]
    starts = [np.flatnonzero(np.r_[1, np.diff(codes)]) for codes in (10 * outer + data[:, 3], outer)]
    structures = (General(1, "pdLogChol"), General(1, "pdLogChol"))
    columns = np.array([x, x, np.ones(len(x)), x, y])
    likelihood = Likelihood(compress(columns, starts, structures), structures, False)
    start = starting_point(likelihood)
    alone = refine(likelihood, start, 200)
    best = minimise(likelihood, start)
    assert alone.converged
    assert best.converged
    assert best.evaluation.deviance < alone.evaluation.deviance - 2.5
    assert best.starts > 4


@pytest.mark.parametrize("ratio", [1e2, 1e4, 1e6, 1e8])
def test_random_effects_far_larger_than_sigma(ratio):
    """Balanced one-way layout: the closed form, however large the variance between groups is."""
    rng = np.random.default_rng(1)
    groups, rows = 20, 5
    e = rng.normal(size=(groups, rows))
    within = ((e - e.mean(axis=1, keepdims=True)) ** 2).sum() / (groups * (rows - 1))
    y = (ratio * rng.normal(size=(groups, 1)) + e).ravel()
    structure = General(1, "pdLogChol")
    columns = np.array([np.ones(len(y)), np.ones(len(y)), y])
    moments = compress(columns, [np.arange(groups) * rows], [structure])
    likelihood = Likelihood(moments, (structure,), True)
    optimum = minimise(likelihood, starting_point(likelihood))
    assert optimum.converged
    s2 = optimum.evaluation.s2 * moments.scale**2
    assert s2 == pytest.approx(within, rel=1e-15 * ratio + 1e-12)
