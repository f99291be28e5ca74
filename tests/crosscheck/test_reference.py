"""The reference evaluator, held against densities and identities that know nothing of mixed models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import null_space
from scipy.stats import multivariate_normal

from crosscheck import ModelSpec, ladder
from crosscheck.data import load
from crosscheck.errors import CrosscheckError, UsageError
from crosscheck.recordfile import read
from crosscheck.reference import (
    Grouping,
    Problem,
    Referee,
    dense_problem,
    log_likelihood,
    profiled_log_likelihood,
)
from crosscheck.reference.rounding import best_within
from crosscheck.reference.structure import Block

PSIS = [np.array([[2.0, 0.3], [0.3, 0.5]]), np.array([[0.7]])]
SIGMA = 1.3


def nested_problem(method: str) -> Problem:
    rng = np.random.default_rng(11)
    school = np.repeat([0, 1, 2, 3], [7, 4, 1, 6])
    child = np.cumsum(np.r_[True, (np.diff(school) != 0) | (rng.random(17) < 0.4)]) - 1
    X = np.column_stack((np.ones(18), rng.normal(size=(18, 2))))
    order = rng.permutation(18)  # groups need not be contiguous
    levels = (Grouping(X[:, :2][order], school[order]), Grouping(np.ones((18, 1)), child[order]))
    return Problem(rng.normal(size=18), X[order], levels, method)


def full_covariance(problem: Problem) -> np.ndarray:
    V = SIGMA**2 * np.eye(len(problem.y))
    for level, psi in zip(problem.levels, PSIS, strict=True):
        for i in range(len(V)):
            for j in range(len(V)):
                if level.codes[i] == level.codes[j]:
                    V[i, j] += level.Z[i] @ psi @ level.Z[j]
    return V


def test_ml_is_the_normal_density_at_the_gls_estimate():
    problem = nested_problem("ML")
    V, X, y = full_covariance(problem), problem.X, problem.y
    beta = np.linalg.solve(X.T @ np.linalg.solve(V, X), X.T @ np.linalg.solve(V, y))
    expected = multivariate_normal.logpdf(y, X @ beta, V)
    assert log_likelihood(problem, PSIS, SIGMA) == pytest.approx(expected, abs=1e-11)


def test_reml_is_the_density_of_error_contrasts():
    """log p(K'y) with K orthonormal to X differs from nlme's REML by 1/2 log|X'X|, whatever V."""
    problem = nested_problem("REML")
    K = null_space(problem.X.T)
    contrasts = multivariate_normal.logpdf(K.T @ problem.y, None, K.T @ full_covariance(problem) @ K)
    expected = contrasts - 0.5 * np.linalg.slogdet(problem.X.T @ problem.X)[1]
    assert log_likelihood(problem, PSIS, SIGMA) == pytest.approx(expected, abs=1e-11)


def test_nearly_collinear_columns_cost_no_more_digits_than_they_have_to():
    """REML in double precision against extended: log|X'V^-1X| by the square of X's condition would miss by 1e-6."""
    problem = nested_problem("REML")
    X = np.column_stack((problem.X, problem.X[:, 1] * (1 + 1e-5 * problem.X[:, 2])))
    near = replace(problem, X=X)
    wide = replace(near, X=X.astype(np.longdouble), y=near.y.astype(np.longdouble))
    assert log_likelihood(near, PSIS, SIGMA) == pytest.approx(log_likelihood(wide, PSIS, SIGMA), abs=1e-9)


def test_compound_symmetry_of_one_effect_has_one_parameter():
    block = Block("compsymm", 1)
    assert block.n_parameters == 1
    (sd,) = block.parameters(np.array([[4.0]]), np.array([2.0]))
    assert block.matrix(np.array([sd]), np.array([2.0])) == pytest.approx(4.0)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_the_profiled_sigma_is_the_best(method):
    problem = nested_problem(method)
    value, sigma = profiled_log_likelihood(problem, PSIS)
    for factor in (0.999, 1.001):
        psis = [(factor * sigma) ** 2 * psi for psi in PSIS]
        assert log_likelihood(problem, psis, factor * sigma) < value


@pytest.mark.parametrize("spec", ladder(), ids=lambda spec: spec.key)
def test_rs_own_log_likelihood_on_hsb(spec):
    answer = read(spec, "converged")
    problem = dense_problem(spec, load(spec.data))
    psis = [level.cov.values for level in answer.levels]
    assert log_likelihood(problem, psis, answer.sigma) == pytest.approx(answer.scalars["log_lik"], abs=1e-9)


SLOPES = ladder(["slopes"], ["REML"])[0]


@pytest.fixture(scope="module")
def converged():
    return read(SLOPES, "converged")


@pytest.fixture(scope="module")
def referee(converged):
    return Referee.of(SLOPES, load("hsb"), [converged])


class TestCertificate:
    def test_the_optimum_is_told_from_a_fit_that_stopped_short(self, referee, converged):
        best, short = referee.certificate(converged), referee.certificate(read(SLOPES, "default"))
        assert best.distance < 1e-8
        assert 1e-6 < short.distance < 1e-4
        assert best.reported == converged.scalars["log_lik"]

    def test_the_shortfall_is_what_the_likelihood_lacks(self, referee, converged):
        moved = replace(converged, scalars={**converged.scalars, "sigma": converged.sigma * 1.0005})
        short = referee.certificate(moved)
        assert short.shortfall == pytest.approx(short.optimum - short.log_lik, rel=0.01)

    def test_an_answer_without_variances_has_none(self, referee, converged):
        bare = replace(converged, levels=(replace(converged.levels[0], cov=None, std_dev=None),))
        with pytest.raises(CrosscheckError, match="doesn't give every variance"):
            referee.certificate(bare)

    def test_standard_deviations_and_correlations_are_variances(self, referee, converged):
        level = replace(converged.levels[0], cov=None)
        assert referee.certificate(replace(converged, levels=(level,))).distance < 1e-6

    def test_the_optimum_is_found_from_a_singular_start(self, referee, converged):
        cov = replace(converged.levels[0].cov, values=np.zeros((2, 2)))
        nothing = replace(converged, levels=(replace(converged.levels[0], cov=cov),))
        found = Referee.of(SLOPES, load("hsb"), [nothing]).optimum
        assert found.certified
        assert found.log_lik == pytest.approx(referee.optimum.log_lik, abs=1e-9)


def test_the_best_within_a_box_that_holds_the_optimum_is_the_optimum():
    spec = ladder(["empty"], ["REML"])[0]
    best = best_within(dense_problem(spec, load("hsb")), [(8.605, 8.615)], (39.145, 39.155))
    assert best == pytest.approx(read(spec, "converged").scalars["log_lik"], abs=1e-4)


FRAME = pd.DataFrame(
    {
        "y": [1.0, 2, 3, 4],
        "x": [0.0, 1, 0, 1],
        "f": ["b", "a", "a", "b"],
        "g": [2, 2, 1, 1],
        "h": [1, 2, 1, 1],
    }
)


def test_the_design_of_nested_groups():
    problem = dense_problem(ModelSpec("m", "y ~ x * f", "~ x | g/h"), FRAME)
    assert problem.X.shape == (4, 4)
    np.testing.assert_array_equal(problem.y, FRAME["y"])
    np.testing.assert_array_equal(problem.levels[0].Z, np.column_stack((np.ones(4), FRAME["x"])))
    outer, inner = (level.codes for level in problem.levels)
    assert outer.tolist() == [1, 1, 0, 0]
    assert len(set(inner.tolist())) == 3 and inner[0] != inner[2]  # h is 1 in both groups of g


@pytest.mark.parametrize(
    "fixed",
    [
        "y ~ __import__('os').system('true')",
        "y ~ I(exec(x))",
        "y ~ I(x.to_csv (x))",
        "y ~ I((x.to_csv) (x))",
        "y ~ {x}",
        "y ~ `x`",
        "y ~ x[0]",
        "y ~ poly(x)",
    ],
)
def test_the_design_builder_runs_no_code(fixed):
    with pytest.raises(UsageError, match="plain terms only"):
        dense_problem(ModelSpec("m", fixed, "~ 1 | g"), FRAME)


def test_the_design_builder_writes_rs_operators_as_pythons():
    frame = FRAME.assign(**{"a.b": [1.0, 2.0, 4.0, 8.0]})
    random = "pdBlocked(list(pdIdent(~ 1), pdDiag(~ a.b + I(x^2) - 1)))"
    spec = ModelSpec("m", "y ~ I(a.b^2) + sin(2 * pi * x) - 1", {"g": random})
    problem = dense_problem(spec, frame)
    ab, x = frame["a.b"].to_numpy(), frame["x"].to_numpy()
    np.testing.assert_array_equal(problem.X, np.column_stack((ab**2, np.sin(2 * np.pi * x))))
    np.testing.assert_array_equal(problem.levels[0].Z, np.column_stack((np.ones(4), ab, x**2)))


def test_the_design_builder_refuses_what_it_does_not_know():
    spec = ModelSpec("m", "y ~ x", "~ 1 | g", options={"weights": "varUnheardOf()"})
    with pytest.raises(UsageError, match="varUnheardOf"):
        dense_problem(spec, FRAME)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_extended_precision_agrees_to_the_digits_of_double(method):
    problem = nested_problem(method)
    wide = problem.extended()
    if wide.y.dtype.itemsize == 8:
        pytest.skip("this processor has no extended precision")
    double, extended = (log_likelihood(one, PSIS, SIGMA) for one in (problem, wide))
    assert double == pytest.approx(extended, abs=1e-12)


def test_extended_precision_keeps_what_double_loses():
    """Columns that differ by 1e-9 of their size, where the normal equations of double precision have no digits left."""
    rng = np.random.default_rng(5)
    x, e = rng.normal(size=60), rng.normal(size=60)
    levels = (Grouping(np.ones((60, 1)), np.repeat(np.arange(12), 5)),)
    y = x + e + rng.normal(size=60)
    near = Problem(y, np.column_stack((np.ones(60), x, x + 1e-7 * e)), levels, "ML").extended()
    same = Problem(y, np.column_stack((np.ones(60), x, e)), levels, "ML").extended()  # the same column space
    psis = [np.array([[0.5]])]
    assert log_likelihood(near, psis, 1.0) == pytest.approx(log_likelihood(same, psis, 1.0), abs=1e-6)
