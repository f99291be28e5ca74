"""What is particular to singular covariances, and to likelihoods with several hills."""

import numpy as np
import pytest

from pyimpl.boundary import escape, is_singular, lifted, near_boundary, null_space
from pyimpl.covariance import Blocked, General
from pyimpl.moments import compress
from pyimpl.objective import Likelihood
from pyimpl.optimize import minimise, starting_point


def one_way(groups, spread, rows=4, seed=4):
    rng = np.random.default_rng(seed)
    y = spread * np.repeat(rng.normal(size=groups), rows) + rng.normal(size=groups * rows)
    columns = np.array([np.ones(len(y)), np.ones(len(y)), y])
    structure = General(1, "pdLogChol")
    return Likelihood(compress(columns, [np.arange(groups) * rows], [structure]), (structure,), True)


def has_unstructured(structure):
    blocks = structure.blocks if isinstance(structure, Blocked) else (structure,)
    return any(isinstance(block, General) for block in blocks)


def test_no_variance_at_all_is_left_in_unstructured_blocks_too(problem, reml):
    """There the Karush-Kuhn-Tucker condition fails: the data have variance, and the gradient by D says so."""
    likelihood = problem.likelihood(reml)
    saddle = likelihood.evaluate(0 * starting_point(likelihood))
    theta = escape(likelihood, saddle)
    assert (theta is None) == (not any(map(has_unstructured, likelihood.structures)))
    if theta is not None:
        assert likelihood.evaluate(theta).deviance < saddle.deviance


def test_an_optimum_satisfies_the_condition(problem, reml):
    likelihood = problem.likelihood(reml)
    assert escape(likelihood, minimise(likelihood, starting_point(likelihood)).evaluation) is None


@pytest.mark.parametrize("groups, spread, near", [(12, 3.0, False), (12, 0.7, True), (300, 0.2, False)])
def test_the_boundary_is_near_where_a_few_groups_hardly_differ(groups, spread, near):
    likelihood = one_way(groups, spread)
    optimum = minimise(likelihood, starting_point(likelihood))
    assert not is_singular(optimum.evaluation)
    assert near_boundary(likelihood, optimum.evaluation) == near
    assert (optimum.starts > 1) == near


def test_lifted_starts_have_variance_where_the_optimum_has_none(problem, reml):
    """At each singular level in turn and at all of them; the other covariances stay."""
    likelihood = problem.likelihood(reml)
    theta = starting_point(likelihood)
    edges = np.cumsum([0, *[structure.n_parameters for structure in likelihood.structures]])
    theta[edges[0]] = 0.0
    theta[edges[-2] :] = 0.0
    evaluation = likelihood.evaluate(theta)
    singular = [k for k, Lambda in enumerate(evaluation.Lambdas) if null_space(Lambda).shape[1]]
    starts = lifted(likelihood, evaluation)
    assert len(starts) == len(singular) + (len(singular) > 1)
    for levels, start in zip([[k] for k in singular] + [singular], starts, strict=False):
        for k, (before, after) in enumerate(zip(evaluation.Lambdas, likelihood.split(start), strict=True)):
            D, lifted_D = before @ before.T, after @ after.T
            if k in levels:
                null = null_space(before)
                assert null_space(after).shape[1] == 0
                assert lifted_D - D == pytest.approx(
                    null @ (null.T @ lifted_D @ null) @ null.T, abs=1e-12 * np.trace(lifted_D)
                )
            else:
                assert lifted_D == pytest.approx(D, abs=1e-12 * max(np.trace(D), 1.0))
