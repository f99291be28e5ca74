"""Whole fits: against nlme's tightened ones, and each other where models are the same or one follows from another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crosscheck.data import load_book
from pyimpl import ArgumentError, DataError, FormulaError, LmeFit, lme
from pyimpl.structured import structured_information

from .conftest import data

CASES: list[dict[str, Any]] = json.loads(
    Path(__file__).parents[1].joinpath("within_group.json").read_text("utf-8")
)["cases"]


def fitted(correlation: str | None = None, weights: str | None = None, **more: Any) -> LmeFit:
    frame = more.pop("data", data())
    return lme("y ~ x", frame, more.pop("random", "~ 1 | a/b"), correlation, weights, **more)


def same(one: LmeFit, other: LmeFit, rtol: float = 1e-7) -> None:
    assert one.log_lik == pytest.approx(other.log_lik, rel=1e-10)
    np.testing.assert_allclose(one.fixef(), other.fixef(), rtol=rtol)
    np.testing.assert_allclose(one.vcov(), other.vcov(), rtol=rtol)


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{case['data']} {case['correlation']} {case['weights']}" for case in CASES]
)
def test_against_nlme(case: dict[str, Any]) -> None:
    """nlme's tightened search is up to 9e-7 short: a thousandth of a standard error, 4e-5 of a small coefficient.

    Its last update of variances by fitted values leaves 1e-9.
    """
    fit = lme(
        case["fixed"],
        load_book(case["data"]),
        {case["group"]: case["random"]},
        case["correlation"],
        case["weights"],
        method=case["method"],
    )
    assert fit.convergence.converged
    assert -2e-9 < fit.log_lik - case["log_lik"] < 1e-6
    np.testing.assert_allclose(fit.fixef(), case["beta"], rtol=1e-4)
    psi = np.concatenate([np.atleast_1d(case.get(key) or []) for key in ("cor", "var")])
    inside = np.abs(psi) < 5  # further out the likelihood is flat
    np.testing.assert_allclose(fit.estimates.psi[inside], psi[inside], atol=2e-5)


def test_the_order_of_rows_says_nothing() -> None:
    frame = data()
    for correlation, weights in (
        ("corAR1(form = ~ t)", "varIdent(form = ~ 1 | s)"),
        ("corARMA(form = ~ t, p = 1, q = 1)", "varPower()"),
        ("corGaus(form = ~ u + v, nugget = TRUE)", None),
    ):
        one, other = (
            fitted(correlation, weights, data=shuffled)
            for shuffled in (frame.sort_values(["a", "b", "t"]), frame.sample(frac=1, random_state=3))
        )
        assert one.log_lik == pytest.approx(other.log_lik, rel=1e-10)
        np.testing.assert_allclose(one.fixef(), other.fixef(), rtol=1e-6)


def test_units_say_nothing() -> None:
    frame = data()
    scaled = frame.assign(y=1e3 * frame["y"], w=1e-4 * frame["w"], u=50 * frame["u"])
    ones, others = (
        fitted("corExp(form = ~ u)", "varPower(form = ~ w)", data=each) for each in (frame, scaled)
    )
    np.testing.assert_allclose(others.fixef(), 1e3 * ones.fixef(), rtol=1e-6)
    assert others.log_lik == pytest.approx(ones.log_lik - (len(frame) - 2) * np.log(1e3), rel=1e-10)
    assert others.sigma == pytest.approx(1e3 * ones.sigma * 1e4 ** ones.estimates.psi[1], rel=1e-5)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_structures_that_say_nothing(method: str) -> None:
    plain = fitted(method=method)
    for correlation, weights in (
        ("corAR1(value = 0, form = ~ t, fixed = TRUE)", None),
        ("corCompSymm(value = 0, fixed = TRUE)", None),
        (None, "varExp(form = ~ x, fixed = 0)"),
        (None, "varPower(fixed = 0)"),
        (None, "varFixed(~ one)"),
    ):
        same(fitted(correlation, weights, method=method, data=data().assign(one=1.0)), plain)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_a_random_intercept_is_compound_symmetry(method: str) -> None:
    """b innermost: its intercepts' variance over the whole is the errors' correlation where that is positive."""
    random = fitted(random="~ 1 | a/b", method=method)
    correlated = fitted("corCompSymm(form = ~ 1 | a/b)", random="~ 1 | a", method=method)
    same(random, correlated, 1e-5)
    variance = random.get_var_cov("b").iloc[0, 0]
    rho = 1 / (1 + np.exp(-correlated.estimates.psi[0]))
    n = 12  # the largest group has 12 rows at most
    lowest = -1 / (max(data().groupby(["a", "b"]).size()) - 1)
    rho = rho + lowest * (1 - rho)
    assert n >= max(data().groupby(["a", "b"]).size())
    assert rho == pytest.approx(variance / (variance + random.sigma**2), rel=1e-4)
    assert correlated.estimates.n_parameters == random.estimates.n_parameters


def test_structures_without_free_parameters_have_intervals() -> None:
    fit = fitted("corAR1(0.3, form = ~ t, fixed = TRUE)", "varPower(form = ~ w, fixed = 1)")
    frame = fit.intervals().to_frame()
    assert set(frame["part"]) >= {"fixed", "reStruct", "sigma"}
    assert (frame["lower"] < frame["upper"]).all()


def test_known_variances_are_weights() -> None:
    """varFixed is weighted least squares: rows divided by sqrt(w), with the intercept's and x's columns."""
    frame = data()
    fit = fitted(None, "varFixed(~ w)")
    root = np.sqrt(frame["w"])
    divided = frame.assign(y=frame["y"] / root, one=1 / root, x1=frame["x"] / root)
    by_hand = lme("y ~ one + x1 - 1", divided, {"a": "pdLogChol(~ one - 1)", "b": "pdLogChol(~ one - 1)"})
    np.testing.assert_allclose(fit.fixef(), by_hand.fixef(), rtol=1e-8)
    np.testing.assert_allclose(fit.vcov(), by_hand.vcov(), rtol=1e-8)
    assert fit.sigma == pytest.approx(by_hand.sigma, rel=1e-8)
    assert fit.log_lik == pytest.approx(by_hand.log_lik - np.log(root).sum(), rel=1e-12)


def test_variances_by_fitted_values_are_a_fixed_point() -> None:
    fit = fitted(None, "varPower()")
    again = fitted(None, "varPower(form = ~ f)", data=data().assign(f=fit.fitted()))
    same(again, fit, 1e-6)
    assert again.estimates.psi == pytest.approx(fit.estimates.psi, rel=1e-6)


def test_sigma_that_is_known() -> None:
    free = fitted("corAR1(form = ~ t)", "varIdent(form = ~ 1 | s)")
    held = fitted("corAR1(form = ~ t)", "varIdent(form = ~ 1 | s)", control={"sigma": free.sigma})
    same(held, free, 1e-6)
    other = fitted("corAR1(form = ~ t)", "varIdent(form = ~ 1 | s)", control={"sigma": 1.2 * free.sigma})
    assert other.log_lik < free.log_lik and other.sigma == pytest.approx(1.2 * free.sigma)


def test_the_information_is_that_of_the_likelihood() -> None:
    """Against second differences of the likelihood with sigma free."""
    fit = fitted("corAR1(form = ~ t)", "varPower(form = ~ w)", random="~ 1 | a/b")
    within = fit.model.within
    assert within is not None
    found = structured_information(fit.model.design, within, fit.likelihood, fit.optimum, fit.estimates.psi)
    n, m = len(found.theta), len(found.psi)
    assert found.matrix.shape == (n + m + 1, n + m + 1)
    assert np.linalg.eigvalsh(found.matrix)[0] > 0
    # sigma's own standard error, were all else known, is sigma / sqrt(2 nu)
    assert found.matrix[-1, -1] == pytest.approx(4 * fit.likelihood.nu)
    profiled = (
        found.matrix[:-1, :-1] - np.outer(found.matrix[-1, :-1], found.matrix[-1, :-1]) / found.matrix[-1, -1]
    )
    np.testing.assert_allclose(
        profiled[:n, :n], _second_differences(found.likelihood, found.theta), rtol=1e-4
    )


def _second_differences(likelihood: Any, theta: np.ndarray) -> np.ndarray:
    h = 1e-4 * np.eye(len(theta))
    rows = [
        (likelihood.evaluate(theta + s).gradient - likelihood.evaluate(theta - s).gradient) / 2e-4 for s in h
    ]
    return np.array(rows)


@pytest.mark.parametrize(
    ("correlation", "weights", "error", "words"),
    [
        ("corAR1(form = ~ x)", None, DataError, "whole numbers"),
        ("corAR1(form = ~ k)", None, DataError, "twice in the group"),
        ("corAR1(form = ~ t | b)", None, FormulaError, "contradict"),
        ("corAR1(form = ~ nothing)", None, DataError, "correlation.*nothing"),
        ("corAR1(1.5, form = ~ t)", None, ArgumentError, "between -1 and 1"),
        ("corGaus(form = ~ k)", None, DataError, "same place"),
        ("corMagic(form = ~ t)", None, FormulaError, "corMagic"),
        (None, "varPower(form = ~ zero)", DataError, "zero"),
        (None, "varFixed(~ s)", DataError, "must be numbers"),
        (None, "varIdent(form = ~ 1 | nothing)", DataError, "weights.*nothing"),
        (None, "__import__('os').system('x')", FormulaError, "weights"),
        (3, None, ArgumentError, "correlation"),
    ],
)
def test_bad_input(correlation: Any, weights: Any, error: type[Exception], words: str) -> None:
    frame = data().assign(zero=0.0)
    with pytest.raises(error, match=words):
        fitted(correlation, weights, data=frame)


@pytest.mark.parametrize(
    ("correlation", "weights"),
    [("corCompSymm(form = ~ 1 | a/b)", None), (None, "varPower(form = ~ two)")],
)
def test_what_the_data_cannot_tell_is_said(correlation: str | None, weights: str | None) -> None:
    """The correlation of the rows of a group beside its random intercept; the power of a constant."""
    with pytest.warns(UserWarning, match="not identified"):
        fit = fitted(correlation, weights, data=data().assign(two=2.0))
    assert fit.log_lik == pytest.approx(fitted().log_lik, rel=1e-10)


def test_missing_values_in_a_structures_columns() -> None:
    frame = data()
    frame.iloc[3, frame.columns.get_loc("w")] = np.nan
    with pytest.raises(DataError, match="w"):
        fitted(None, "varPower(form = ~ w)", data=frame)
    left = fitted(None, "varPower(form = ~ w)", data=frame, na_action="omit")
    same(left, fitted(None, "varPower(form = ~ w)", data=frame.dropna()))
    assert isinstance(frame, pd.DataFrame)


def test_a_range_that_runs_off_is_said() -> None:
    """Rows that change as smoothly as a parabola have no range: the longer, the better, until matrices are singular."""
    rng = np.random.default_rng(2)
    u = np.tile(np.arange(6.0), 5)
    g = np.repeat(np.arange(5), 6)
    curves = rng.normal(size=(5, 3))[g]
    y = curves[:, 0] + curves[:, 1] * u + curves[:, 2] * u**2 + 1e-6 * rng.normal(size=30)
    frame = pd.DataFrame({"g": g.astype(str), "u": u, "x": rng.normal(size=30), "y": y})
    with pytest.warns(UserWarning, match="stationary point|not identified"):
        fit = lme("y ~ x", frame, "~ 1 | g", "corGaus(form = ~ u)")
    assert not fit.convergence.converged
