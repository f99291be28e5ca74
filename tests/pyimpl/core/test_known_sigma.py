"""A within-group standard deviation that is known: the likelihood is the definition's, which nlme's isn't."""

import numpy as np
import pytest

from crosscheck.data import load
from pyimpl import lme
from pyimpl.curvature import second_derivatives
from pyimpl.derivative import derivative
from pyimpl.errors import ArgumentError, NotSupportedError


@pytest.fixture(scope="module")
def orthodont():
    return load("Orthodont")


def log_likelihood(data, D, sigma, reml):
    """Of a random intercept and slope with covariance D, by the whole V."""
    y, g = data["distance"].to_numpy(), data["Subject"].cat.codes.to_numpy()
    X = np.column_stack([np.ones(len(y)), data["age"] - 11])
    V = sigma**2 * np.eye(len(y)) + (X @ D @ X.T) * (g[:, None] == g)
    information = X.T @ np.linalg.solve(V, X)
    r = y - X @ np.linalg.solve(information, X.T @ np.linalg.solve(V, y))
    total = (len(y) - 2 * reml) * np.log(2 * np.pi) + np.linalg.slogdet(V)[1] + r @ np.linalg.solve(V, r)
    return -(total + reml * np.linalg.slogdet(information)[1]) / 2


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("sigma", [0.7, 1.31, 3.0])
def test_the_fit_maximises_the_likelihood_at_that_sigma(orthodont, method, sigma):
    fit = lme(
        "distance ~ I(age - 11)",
        orthodont,
        "~ I(age - 11) | Subject",
        method=method,
        control={"sigma": sigma},
    )
    D = fit.get_var_cov().to_numpy()
    assert fit.sigma == pytest.approx(sigma, rel=1e-14)
    best = log_likelihood(orthodont, D, sigma, method == "REML")
    assert fit.log_lik == pytest.approx(best, abs=1e-9)
    for i, j in ((0, 0), (0, 1), (1, 1)):
        change = np.zeros((2, 2))
        change[i, j] = change[j, i] = 1e-4 * np.sqrt(D[i, i] * D[j, j]) + 1e-9
        for moved in (D + change, D - change):
            if np.linalg.eigvalsh(moved)[0] >= 0:
                assert log_likelihood(orthodont, moved, sigma, method == "REML") < best + 1e-12
    assert fit.aic == pytest.approx(-2 * fit.log_lik + 2 * 5)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_derivatives_know_that_sigma_is_known(orthodont, method):
    fit = lme("distance ~ age", orthodont, "~ age | Subject", method=method, control={"sigma": 1.2})
    theta = np.array([0.3, -0.2, 0.9])
    numeric = [
        (fit.likelihood.evaluate(theta + e).deviance - fit.likelihood.evaluate(theta - e).deviance) / 2e-5
        for e in 1e-5 * np.eye(3)
    ]
    evaluation = fit.likelihood.evaluate(theta)
    assert evaluation.gradient == pytest.approx(numeric, rel=1e-6)
    exact = derivative(lambda t: fit.likelihood.evaluate(t).gradient, theta)
    assert second_derivatives(fit.likelihood, evaluation) == pytest.approx(exact, rel=1e-10, abs=1e-8)


def test_the_estimated_sigma_given_as_known_changes_nothing_but_the_count(orthodont):
    free = lme("distance ~ age", orthodont, "~ 1 | Subject")
    known = free.update(control={"sigma": free.sigma})
    assert known.log_lik == pytest.approx(free.log_lik, abs=1e-10)
    assert known.aic == pytest.approx(free.aic - 2, abs=1e-9)
    assert known.get_var_cov().to_numpy() == pytest.approx(free.get_var_cov().to_numpy(), rel=1e-7)
    assert "Within-group" not in str(known.intervals())


def test_ml_estimates_are_those_of_nlme(orthodont):
    # lme(distance ~ age, Orthodont, ~ 1 | Subject, method = "ML", control = lmeControl(sigma = 1.2)) in nlme 3.1-162
    fit = lme("distance ~ age", orthodont, "~ 1 | Subject", method="ML", control={"sigma": 1.2})
    assert np.sqrt(fit.get_var_cov().iloc[0, 0]) == pytest.approx(2.107086, abs=5e-7)
    assert fit.t_table()["Std.Error"].to_numpy() == pytest.approx([0.7140586, 0.0521247], abs=5e-8)


@pytest.mark.parametrize("sigma", [0, -1, np.inf, np.nan, "1", True])
def test_a_sigma_that_is_none_is_refused(orthodont, sigma):
    with pytest.raises(ArgumentError, match="control: sigma must be a positive number"):
        lme("distance ~ age", orthodont, "~ 1 | Subject", control={"sigma": sigma})


def test_a_study_of_likelihood_ratios_estimates_sigma(orthodont):
    small = lme("distance ~ age", orthodont, "~ 1 | Subject", control={"sigma": 1.4})
    with pytest.raises(NotSupportedError, match="known sigma"):
        small.simulate_lr(small.update(random="~ age | Subject"), nsim=2)
