"""Starting values in nlme's parametrisations: the likelihood at just them is nlme's, and they can do no harm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl import (
    ArgumentError,
    FormulaError,
    LmeFit,
    LmeWarning,
    lme,
    pdBlocked,
    pdCompSymm,
    pdDiag,
    pdIdent,
    pdLogChol,
    pdNatural,
    pdSymm,
)
from pyimpl.parametrisation import PARAMETRISATIONS

N_STARTS = 21


def at_start(fixed: str, data: pd.DataFrame, random: Any, method: str = "REML") -> LmeFit:
    with pytest.warns(LmeWarning, match="maxIter is 0, so the fit is at its starting values"):
        return lme(fixed, data, random, method=method, control={"maxIter": 0})


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("number", range(N_STARTS))
def test_the_likelihood_at_given_values_is_nlme_s(
    number: int, method: str, recorded: dict[str, Any], children: pd.DataFrame, dogs: pd.DataFrame
) -> None:
    """A fixed-theta oracle: nlme's optimiser told to do nothing evaluates its likelihood at the starting values."""
    assert len(recorded["starts"]) == N_STARTS
    one = recorded["starts"][number]
    fit = at_start(one["fixed"], {"children": children, "dogs": dogs}[one["data"]], one["random"], method)
    assert fit.log_lik == pytest.approx(one[method], rel=1e-13, abs=1e-10)


@pytest.mark.parametrize("number", range(13))
def test_parameters_are_nlme_s(number: int, recorded: dict[str, Any]) -> None:
    assert len(recorded["parameters"]) == 13
    one = recorded["parameters"][number]
    expected = np.array(one["matrix"])
    parametrisation = PARAMETRISATIONS[one["class"]]
    assert parametrisation.size(len(expected)) == len(one["value"])
    D = parametrisation.matrix(np.array(one["value"]), len(expected))
    assert D == pytest.approx(expected, rel=1e-13, abs=1e-14)
    assert parametrisation.parameters(expected) == pytest.approx(one["value"], rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("name", PARAMETRISATIONS)
def test_parameters_go_to_the_matrix_and_back(name: str) -> None:
    rng = np.random.default_rng(sum(map(ord, name)))
    parametrisation = PARAMETRISATIONS[name]
    for q in (1, 2, 3):
        parameters = rng.normal(size=parametrisation.size(q)) / 2
        D = parametrisation.matrix(parameters, q)
        assert pytest.approx(D.T, rel=1e-15) == D
        assert parametrisation.parameters(D) == pytest.approx(parameters, abs=1e-12)


D3 = np.array([[2.0, 0.5, 0.3], [0.5, 1.0, 0.2], [0.3, 0.2, 3.0]])
STRUCTURES = {
    "pdLogChol": (pdLogChol, D3),
    "pdSymm": (pdSymm, D3),
    "pdNatural": (pdNatural, D3),
    "pdDiag": (pdDiag, np.diag([2.0, 1.0, 0.5])),
    "pdIdent": (pdIdent, 0.7 * np.eye(3)),
    "pdCompSymm": (pdCompSymm, np.full((3, 3), -0.2) + np.diag([1.0] * 3)),
    "singular": (pdLogChol, np.outer([1.0, 2.0, -1.0], [1.0, 2.0, -1.0])),
    "zero": (pdDiag, np.diag([2.0, 0.0, 0.5])),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_matrix_is_where_the_fit_stays(name: str, children: pd.DataFrame) -> None:
    """Also a singular one, which nlme's parameters can't express."""
    make, D = STRUCTURES[name]
    fit = at_start("distance ~ age", children, {"Subject": make("~ visit - 1", D)})
    assert fit.get_var_cov().to_numpy() / fit.sigma**2 == pytest.approx(D, rel=1e-12, abs=1e-13)
    assert fit.convergence.steps == 0
    assert fit.convergence.starts == 1
    assert fit.convergence.on_boundary == (name in ("singular", "zero"))
    text = at_start("distance ~ age", children, {"Subject": str(make("~ visit - 1", D))})
    assert text.log_lik == pytest.approx(fit.log_lik, rel=1e-13)


def test_blocks_have_starting_values_of_their_own(children: pd.DataFrame) -> None:
    """A block without one begins where it would."""
    blocks = pdBlocked([pdDiag("~ age", [0.1, -1]), pdIdent("~ I(age^2) - 1", -2.0)])
    fit = at_start("distance ~ age", children, {"Subject": blocks})
    expected = np.diag(np.exp([0.2, -2, -4]))
    assert fit.get_var_cov().to_numpy() / fit.sigma**2 == pytest.approx(expected, rel=1e-12, abs=1e-14)
    partly = at_start(
        "distance ~ age", children, {"Subject": pdBlocked([pdDiag("~ age", [0.1, -1]), "~ I(age^2) - 1"])}
    )
    begun = partly.get_var_cov().to_numpy() / partly.sigma**2
    assert begun[:2, :2] == pytest.approx(expected[:2, :2], rel=1e-12)
    assert begun[2, 2] > 0


def test_one_level_may_have_them_and_another_not(dogs: pd.DataFrame) -> None:
    fit = at_start("pixel ~ day + I(day^2)", dogs, "list(Dog = ~ day, Side = pdDiag(0.3, ~ 1))")
    assert fit.get_var_cov("Side").to_numpy() / fit.sigma**2 == pytest.approx(np.exp(0.6), rel=1e-12)
    assert (np.diag(fit.get_var_cov("Dog")) > 0).all()


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("value", [[-6, -6, 0], [5, 4, 3], np.diag([1e6, 1e-6]), np.zeros((2, 2))])
def test_the_optimum_doesn_t_depend_on_them(value: Any, method: str, children: pd.DataFrame) -> None:
    plain = lme("distance ~ age * Sex", children, "~ age | Subject", method=method)
    fit = lme("distance ~ age * Sex", children, {"Subject": pdLogChol("~ age", value)}, method=method)
    assert fit.convergence.starts == plain.convergence.starts + 1
    assert fit.log_lik == pytest.approx(plain.log_lik, rel=1e-12)
    assert fit.var_corr().to_frame()["std_dev"].tolist() == pytest.approx(
        plain.var_corr().to_frame()["std_dev"].tolist(), rel=1e-8
    )


@pytest.mark.parametrize(
    ("random", "message"),
    [
        ("pdDiag(c(1, 2, 3), ~ age)", "has 3 numbers, but 2 random effects have 2 parameters"),
        ("pdLogChol(1, ~ age)", "has 1 numbers, but 2 random effects have 3 parameters"),
        ("pdSymm(diag(3), ~ age)", "is a 3 x 3 matrix, but there are 2 random effects"),
        ("pdSymm(matrix(c(1, 2, 2, 1), 2), ~ age)", "not a covariance matrix"),
        ("pdSymm(matrix(c(1, 0, 0.5, 1), 2), ~ age)", "must be symmetric"),
        ("pdDiag(matrix(c(1, 0.5, 0.5, 1), 2), ~ age)", "have the zeros and equal elements"),
        ("pdIdent(diag(c(1, 2)), ~ age)", "have the zeros and equal elements"),
        ("pdCompSymm(diag(c(1, 2)), ~ age)", "have the zeros and equal elements"),
        ("pdNatural(c(0, 0, 0, 9, 9, -9), ~ visit - 1)", "not a covariance matrix"),
        ("pdDiag(c(1000, 1), ~ age)", "is too large"),
        ("pdDiag(c('a', 'b'), ~ age)", "must be numbers"),
        ("pdDiag(diag(2, 2, 2), ~ age)", r"diag\(\) takes x, nrow"),
        ("pdDiag(diag(nrow = 2), ~ age)", "needs its argument `x`"),
        ("pdDiag(diag(2.5), ~ age)", "whole number"),
        ("pdDiag(diag(1e9), ~ age)", "whole number from 1 to 100"),
        ("pdDiag(matrix(c(1, 2, 3), 2), ~ age)", "3 numbers don't fill a matrix of 2 x 2"),
        ("pdDiag(diag(2) * diag(2), ~ age)", "must be a constant"),
        ("pdDiag(diag(2) / 0, ~ age)", "by a number only"),
        ("pdDiag(diag(age), ~ age)", "must be a constant"),
        ("pdDiag(solve(diag(2)), ~ age)", "`solve` is not allowed"),
        ("pdDiag(c(1, Inf), ~ age)", "must be"),
    ],
)
def test_what_makes_no_covariance_matrix_is_refused(
    random: str, message: str, children: pd.DataFrame
) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        lme("distance ~ age", children, {"Subject": random})
    assert str(caught.value).startswith("random: ")


@pytest.mark.parametrize("value", ["x", [[1, 2]], [[[1]]], [], [float("nan")], {"a": 1}, [[1, 2], [3]]])
def test_structures_refuse_what_is_no_starting_value(value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^value must be"):
        pdDiag("~ age", value)


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("diag(2)", [[1, 0], [0, 1]]),
        ("diag(c(2, 3))", [[2, 0], [0, 3]]),
        ("diag(0.5, 2)", [[0.5, 0], [0, 0.5]]),
        ("diag(nrow = 2, x = 0.5)", [[0.5, 0], [0, 0.5]]),
        ("2 * diag(2) / 4", [[0.5, 0], [0, 0.5]]),
        ("matrix(c(2, .5, .5, 1), 2)", [[2, 0.5], [0.5, 1]]),
        ("matrix(c(2, 0, 0, 1), ncol = 2, byrow = TRUE)", [[2, 0], [0, 1]]),
        ("matrix(data = 1, nrow = 2, ncol = 2)", [[1, 1], [1, 1]]),
        ("(matrix(c(1, 0), 2, 2))", [[1, 1], [0, 0]]),
    ],
)
def test_matrices_in_r_s_spelling(spelling: str, expected: list[list[float]]) -> None:
    from pyimpl.formula.matrices import constant_matrix
    from pyimpl.formula.parser import parse_expression

    rows = constant_matrix(parse_expression(spelling, "random"), "here")
    assert rows == tuple(tuple(map(float, row)) for row in expected)
