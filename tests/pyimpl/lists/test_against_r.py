"""Lists of regressions as R's lmList has them: numbers to rounding, pages character for character."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl.lists import LmList, lm_list
from pyimpl.report import (
    ListHeading,
    ListPage,
    ListSummaryPage,
    Pooled,
    SlicedTable,
    render_list,
    render_list_summary,
)

from .conftest import array, data_of, frame_of, recorded

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "orthodont": ("distance ~ age | Subject", "Orthodont", {}),
    "centred": ("distance ~ I(age - 11) | Subject", "Orthodont", {}),
    "unpooled": ("distance ~ age | Subject", "Orthodont", {"pool": False}),
    "females": ("distance ~ age | Subject", "Orthodont", {"subset": "Sex == 'Female'"}),
    "mean": ("distance ~ 1 | Subject", "Orthodont", {}),
    "oxboys": ("height ~ age + I(age^2) | Subject", "Oxboys", {}),
    "igf": ("conc ~ age | Lot", "IGF", {}),
    "dogs": ("pixel ~ day | Dog/Side", "Pixel", {"level": 1}),
    "sides": ("pixel ~ day | Dog/Side", "Pixel", {}),
    "plots": ("yield ~ nitro | Block/Variety", "Oats", {}),
    "machines": ("score ~ Machine | Worker", "Machines", {}),
    "rats": ("weight ~ Time | Rat", "BodyWeight", {}),
    "indometh": ("log(conc) ~ time | Subject", "Indometh", {}),
    "theoph": ("log(conc + 1) ~ Time * log(Time + 1) | Subject", "Theoph", {}),
    "shuffled": ("distance ~ age | Subject", "Shuffled", {}),
    "gaps": ("distance ~ age | Subject", "Gaps", {"na_action": "omit", "pool": False}),
}
TESTS = ("Estimate", "Std. Error", "t value", "Pr(>|t|)")
names_of_cases = pytest.mark.parametrize("name", CALLS)


@cache
def fitted(name: str) -> LmList:
    formula, data, arguments = CALLS[name]
    return lm_list(formula, data_of(data), **arguments)


def close(found: Any, wanted: Any, digits: int = 12) -> None:
    """Agreement to so many digits of the largest number in each column, which is what rounding leaves."""
    found, wanted = array(found), array(wanted)
    size = np.nanmax(np.abs(wanted), axis=0, initial=1e-300, where=~np.isnan(wanted))
    assert (np.isnan(found) == np.isnan(wanted)).all()
    assert (np.nan_to_num(np.abs(found - wanted)) <= 10.0**-digits * size).all()


def test_every_recorded_list_is_tested() -> None:
    assert list(recorded()["lists"]) == list(CALLS)


@names_of_cases
def test_coefficients_and_their_averages(name: str) -> None:
    fit, wanted = fitted(name), recorded()["lists"][name]
    coef = fit.coef()
    assert list(coef.index) == wanted["groups"]
    assert list(coef.columns) == wanted["names"]
    close(coef, wanted["coef"])
    close(fit.fixef(), wanted["fixef"])
    close(fit.ranef() / coef.abs().max(), array(wanted["ranef"]) / coef.abs().max().to_numpy())
    if wanted["standardized"] is not None:
        # R's matrix product makes a group that lacks one coefficient NA in all
        complete = coef.notna().all(axis=1).to_numpy()
        close(fit.ranef(standardized=True)[complete], array(wanted["standardized"])[complete], digits=10)


@names_of_cases
def test_tests_and_intervals(name: str) -> None:
    fit, wanted = fitted(name), recorded()["lists"][name]
    tests, of_r = fit.summary().page.table.values, array(wanted["tests"])
    # Pooling, R rescales each group's own standard errors, which are NaN in a group without degrees of freedom.
    known = np.ones(tests.shape[1], bool)
    if fit.pool:
        known = fit.regressions.df > 0
    assert (np.isnan(tests) == np.isnan(of_r))[:, known].all()
    np.testing.assert_allclose(tests[:, known], of_r[:, known], rtol=1e-9)
    if wanted["intervals"] is not None:
        bounds = fit.intervals(0.9).table.values
        close(bounds[:, known].reshape(-1, 3), array(wanted["intervals"])[:, known].reshape(-1, 3))


def test_pooled_errors_of_a_group_without_degrees_of_freedom() -> None:
    fit = fitted("sides")
    group = list(fit.coef().index).index("9/R")
    assert fit.regressions.df[group] == 0
    data = data_of("Pixel").query("Dog == '9' and Side == 'R'")
    X = np.column_stack([np.ones(len(data)), data["day"]])
    errors = fit.sigma * np.sqrt(np.diag(np.linalg.inv(X.T @ X)))
    assert fit.summary().page.table.values[:, group, 1] == pytest.approx(errors, rel=1e-10)


@names_of_cases
def test_pooled_quantities(name: str) -> None:
    fit, wanted = fitted(name), recorded()["lists"][name]
    assert (wanted["sigma"] is None) is not fit.pool
    if not fit.pool:
        return
    assert fit.sigma == pytest.approx(wanted["sigma"], rel=1e-12)
    assert fit.df_residual == wanted["df"]
    assert fit.log_lik == pytest.approx(wanted["log_lik"], rel=1e-12)
    assert fit.aic == pytest.approx(wanted["aic"], rel=1e-12)
    assert fit.bic == pytest.approx(wanted["bic"], rel=1e-12)
    close(fit.residuals("pooled.pearson"), wanted["pooled"])


@names_of_cases
def test_fitted_values_and_residuals_in_the_order_of_the_data(name: str) -> None:
    fit, wanted = fitted(name), recorded()["lists"][name]
    close(fit.fitted(), wanted["fitted"])
    close(fit.residuals() / fit.fitted().abs().max(), array(wanted["residuals"]) / fit.fitted().abs().max())
    close(fit.predict(), wanted["fitted"])


@names_of_cases
def test_pages_are_those_of_r(name: str) -> None:
    fit, wanted = fitted(name), recorded()["lists"][name]
    assert str(fit) == wanted["page"]
    assert f"Coefficients:\n{fit.coef()}\n" in wanted["page"] + "\n"
    assert str(fit.ranef()) == wanted["ranef_page"]
    if name == "sides":  # where R has NaN for what is known: see above
        return
    assert str(fit.summary()) == wanted["summary"]
    if wanted["intervals_page"] is not None:
        assert str(fit.intervals()) == wanted["intervals_page"]


@names_of_cases
def test_numbers_of_r_give_pages_of_r(name: str) -> None:
    wanted = recorded()["lists"][name]
    formula, data, arguments = CALLS[name]
    heading = ListHeading(formula, arguments.get("level"), data)
    groups, names = tuple(wanted["groups"]), tuple(wanted["names"])
    pooled = None
    if wanted["sigma"] is not None:
        pooled = Pooled(wanted["sigma"], wanted["df"], len(wanted["fitted"]))
    page = ListPage(heading, groups, names, array(wanted["coef"]), pooled)
    assert render_list(page) == wanted["page"] + "\n"
    table = SlicedTable(names, groups, TESTS, array(wanted["tests"]))
    assert render_list_summary(ListSummaryPage(heading, table, pooled)) == wanted["summary"] + "\n"


def test_standard_errors_of_predictions() -> None:
    fit, new = fitted("shuffled"), frame_of(recorded()["new"])
    for pool, wanted in ((None, recorded()["predicted"]), (False, recorded()["unpooled"])):
        found = fit.predict(new, se=True, pool=pool)
        assert list(new["Subject"]) == wanted["Subject"]  # as R lists them
        close(found["fit"], wanted["fit"])
        close(found["se.fit"], wanted["se"])


def test_tables_in_long_form() -> None:
    fit, wanted = fitted("orthodont"), recorded()["lists"]["orthodont"]
    table = fit.summary().to_frame()
    assert list(table.columns) == ["term", "group", *TESTS]
    row = table[(table["term"] == "age") & (table["group"] == "F04")].iloc[0]
    at = wanted["groups"].index("F04")
    assert row[list(TESTS)].to_numpy(float) == pytest.approx(array(wanted["tests"])[1, at], rel=1e-12)
    bounds = fit.intervals(0.9).to_frame()
    assert list(bounds.columns) == ["term", "group", "lower", "est.", "upper"]
    row = bounds[(bounds["term"] == "age") & (bounds["group"] == "F04")].iloc[0]
    assert row[["lower", "est.", "upper"]].to_numpy(float) == pytest.approx(
        array(wanted["intervals"])[1, at], rel=1e-12
    )


def test_augmented_coefficients() -> None:
    table = fitted("orthodont").coef(aug_frame=True)
    # R: coef(lmList(distance ~ age | Subject, Orthodont), augFrame = TRUE)[c("M16", "F11"), ]
    expected = pd.DataFrame(
        {
            "(Intercept)": [16.95, 18.95],
            "age": [0.55, 0.675],
            "distance": [23.0, 26.375],
            "Sex": ["Male", "Female"],
        },
        index=["M16", "F11"],
    )
    pd.testing.assert_frame_equal(
        table.loc[["M16", "F11"]].astype({"Sex": object}), expected.astype({"Sex": object})
    )
