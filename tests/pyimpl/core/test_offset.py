"""offset() in the fixed effects: subtracted for the fit, added back wherever responses are fitted or predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, DataError, FormulaError, lme

LMER = {
    "one": ("distance ~ age * Sex + offset(base)", "REML"),
    "several": ("distance ~ offset(log(age)) + Sex + offset(2 * base)", "REML"),
    "ml": ("distance ~ age + offset(base)", "ML"),
}


@pytest.mark.parametrize("name", LMER)
def test_fits_are_lmer_s(name: str, children: pd.DataFrame, recorded: dict[str, Any]) -> None:
    """lme4 knows offsets; its optimiser, tightened, stops 1e-7 (relative) from the optimum."""
    formula, method = LMER[name]
    fit = lme(formula, children, "~ 1 | Subject", method=method)
    theirs = recorded["offsets"][name]
    assert dict(fit.fixef()) == pytest.approx(theirs["fixef"], rel=1e-7)
    assert fit.sigma == pytest.approx(theirs["sigma"], rel=1e-6)
    assert fit.var_corr().to_frame()["std_dev"][0] == pytest.approx(theirs["sd"], rel=1e-6)
    assert np.sqrt(np.diag(fit.vcov())) == pytest.approx(theirs["se"], rel=1e-6)
    assert fit.fitted().to_numpy() == pytest.approx(theirs["fitted"], rel=1e-6)
    assert fit.log_lik == pytest.approx(theirs["log_lik"], abs=1e-8)
    assert list(fit.anova().to_frame().index) == ["(Intercept)", *theirs["terms"]]


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_an_offset_is_what_the_response_is_less_by(children: pd.DataFrame, method: str) -> None:
    fit = lme("distance ~ age + offset(base) + offset(sqrt(age))", children, "~ age | Subject", method=method)
    moved = children.assign(rest=children["distance"] - children["base"] - np.sqrt(children["age"]))
    plain = lme("rest ~ age", moved, "~ age | Subject", method=method)
    pd.testing.assert_frame_equal(fit.t_table(), plain.t_table(), rtol=1e-10)
    assert fit.log_lik == pytest.approx(plain.log_lik, rel=1e-12)
    offset = moved["base"] + np.sqrt(moved["age"])
    for level in (0, 1):
        pd.testing.assert_series_equal(fit.fitted(level), plain.fitted(level) + offset, rtol=1e-10)
        pd.testing.assert_series_equal(
            fit.residuals(level=level), children["distance"] - fit.fitted(level), check_names=False
        )


def test_predictions_take_the_new_rows_offset(children: pd.DataFrame) -> None:
    fit = lme("distance ~ age + offset(base)", children, "~ 1 | Subject")
    pd.testing.assert_series_equal(fit.predict(children), fit.fitted(), check_names=False)
    new = children.head(3).assign(base=[0.0, 1.0, np.nan], age=8.0)
    values = fit.predict(new, level=0).to_numpy()
    intercept, slope = fit.fixef()
    assert values[:2] == pytest.approx([intercept + 8 * slope, intercept + 8 * slope + 1], rel=1e-14)
    assert np.isnan(values[2])
    with pytest.raises(DataError, match="newdata: the data have no column 'base'"):
        fit.predict(children.drop(columns="base"), level=0)


def test_transformations_in_an_offset_are_learned_once(children: pd.DataFrame) -> None:
    fit = lme("distance ~ age + offset(scale(base))", children, "~ 1 | Subject")
    some = children.iloc[[3, 7]]
    assert fit.predict(some).to_numpy() == pytest.approx(fit.fitted().iloc[[3, 7]].to_numpy(), rel=1e-13)


def test_the_page_shows_the_offset(children: pd.DataFrame) -> None:
    fit = lme("distance ~ age + offset(base)", children, "~ 1 | Subject")
    assert "Fixed: distance ~ age + offset(base)" in str(fit)


@pytest.mark.parametrize(
    ("fixed", "random", "error", "message"),
    [
        ("distance ~ age + offset(Sex)", "~ 1 | Subject", DataError, r"offset\(Sex\)` is a factor"),
        ("distance ~ age + offset(age > 9)", "~ 1 | Subject", DataError, "is true/false"),
        ("distance ~ age + offset(poly(age, 2))", "~ 1 | Subject", DataError, "several columns"),
        ("distance ~ age + offset(log(age - 8))", "~ 1 | Subject", DataError, "not finite in 27 of 108"),
        ("distance ~ age + offset(2)", "~ 1 | Subject", FormulaError, "is a constant"),
        ("distance ~ age + offset(nothing)", "~ 1 | Subject", DataError, "no column 'nothing'"),
        ("distance ~ age + offset(age, base)", "~ 1 | Subject", ArgumentError, "term of its own with one"),
        ("distance ~ age + offset(x = base)", "~ 1 | Subject", ArgumentError, "term of its own with one"),
        ("distance ~ age + offset(base):Sex", "~ 1 | Subject", FormulaError, "can't be part of the product"),
        ("distance ~ age * offset(base)", "~ 1 | Subject", FormulaError, "can't be part of the product"),
        (
            "distance ~ age - offset(base)",
            "~ 1 | Subject",
            FormulaError,
            "takes no offset away, R would add it",
        ),
        ("distance ~ age + -offset(base)", "~ 1 | Subject", FormulaError, "takes no offset away"),
        ("offset(distance) ~ age", "~ 1 | Subject", ArgumentError, "term of its own with one"),
        ("distance ~ age + log(offset(age))", "~ 1 | Subject", ArgumentError, "term of its own with one"),
        ("distance ~ 0 + offset(age)", "~ 1 | Subject", DataError, "no fixed effects"),
        ("distance ~ age", "~ offset(base) | Subject", FormulaError, "belongs in the fixed effects"),
    ],
)
def test_what_is_no_offset_is_refused(
    fixed: str, random: str, error: type[Exception], message: str, children: pd.DataFrame
) -> None:
    with pytest.raises(error, match=message):
        lme(fixed, children, random)
