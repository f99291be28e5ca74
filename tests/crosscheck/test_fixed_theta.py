"""nlme's likelihood at a fixed covariance, no optimiser on either side (NLME-FACTS: started there and held there)."""

import numpy as np
import pytest
from scipy.linalg import solve_triangular

import pyimpl
import rbridge
from crosscheck import load_hsb
from pyimpl.objective import log_likelihood

# lmeControl() under which nlme evaluates its start and stays there
FROZEN = {"msMaxIter": 0, "maxIter": 0, "niterEM": 0, "returnObject": True, "apVar": False}

# fixed, random, method, the parameters of pdLogChol, and nlme 3.1-162's
#   logLik(lme(fixed, hsb, list(id = pdLogChol(parameters, form)), method = method, control = FROZEN))
CASES = [
    ("mathach ~ 1", "~1", "REML", [-0.787], -23558.51032592708),
    ("mathach ~ 1", "~1", "REML", [-1.728], -23698.747058312274),
    ("mathach ~ 1", "~1", "ML", [-0.475], -23567.045609162014),
    ("mathach ~ 1", "~1", "ML", [-0.342], -23576.50337571386),
    ("mathach ~ cses", "~cses", "REML", [-2.366, -1.912, -0.911], -24011.675235027687),
    ("mathach ~ cses", "~cses", "REML", [-1.221, -1.012, -1.597], -23980.430946789755),
    ("mathach ~ cses", "~cses", "ML", [-0.384, -0.456, -0.954], -23528.45688555891),
    ("mathach ~ cses", "~cses", "ML", [-0.211, -0.673, -1.602], -23638.821232010923),
    (
        "mathach ~ meanses * cses + sector * cses",
        "~cses",
        "REML",
        [-0.742, -1.671, -0.385],
        -23337.29763779641,
    ),
    (
        "mathach ~ meanses * cses + sector * cses",
        "~cses",
        "REML",
        [-1.035, -1.129, -1.477],
        -23539.09927979216,
    ),
    ("mathach ~ meanses * cses + sector * cses", "~cses", "ML", [-0.144, -1.108, -1.3], -23476.08091871514),
    (
        "mathach ~ meanses * cses + sector * cses",
        "~cses",
        "ML",
        [-1.246, -0.627, -0.744],
        -23414.514937174834,
    ),
]


@pytest.fixture(scope="module")
def hsb():
    return load_hsb()


def relative_covariance(parameters, q):
    """D = U'U: logs of U's diagonal, then its upper triangle column by column."""
    U = np.diag(np.exp(parameters[:q]))
    U[np.triu_indices(q, 1)] = parameters[q:]
    return U.T @ U


def log_likelihood_at(fit, D):
    moments = fit.likelihood.moments
    T = moments.levels[0].T
    Lambda = np.linalg.cholesky(T @ D @ T.T)
    theta = fit.likelihood.structures[0].parameters_near(Lambda)
    evaluation = fit.likelihood.evaluate(theta)
    assert solve_triangular(T, evaluation.Lambdas[0]) @ solve_triangular(T, evaluation.Lambdas[0]).T == (
        pytest.approx(D, rel=1e-12)
    )
    return log_likelihood(moments, fit.likelihood.reml, evaluation.deviance)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]} {case[2]} {case[3]}")
def test_log_likelihood_at_a_fixed_covariance_is_nlme_s(hsb, case):
    fixed, form, method, parameters, expected = case
    fit = pyimpl.lme(fixed, hsb, f"{form} | id", method=method)
    D = relative_covariance(parameters, len(fit.model.levels[0].names))
    assert log_likelihood_at(fit, D) == pytest.approx(expected, rel=1e-12)


@pytest.mark.needs_r
@pytest.mark.filterwarnings(
    "ignore::rbridge.errors.RWarning"
)  # "iteration limit reached": as it was asked to
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]} {case[2]} {case[3]}")
def test_nlme_still_says_so(hsb, case):
    fixed, form, method, parameters, expected = case
    start = f"pdLogChol(c({', '.join(map(repr, parameters))}), {form})"
    fit = rbridge.lme(fixed, hsb, {"id": start}, method=method, control=FROZEN)
    assert fit.log_lik == pytest.approx(expected, rel=1e-12)
