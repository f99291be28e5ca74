"""update: a call with some arguments changed, formulas by R's rules."""

from __future__ import annotations

import pickle
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, DataError, FormulaError, LmeWarning, grouped_data, lme, pdDiag
from pyimpl.formula import parse_formula, update_formula


def test_formulas_change_as_r_s_do(recorded: dict[str, Any]) -> None:
    """R's update.formula on every pair; what can't be meant, as 1 * w or - offset(w), R reads oddly and we refuse."""
    refused, compared = [], 0
    for one in recorded["updates"]:
        where = f"{one['old']} updated by {one['new']}"
        try:
            ours = update_formula(parse_formula(one["old"]), one["new"])
        except FormulaError as error:
            assert re.search("holds no term|takes no offset away|of the product", str(error)), where
            refused.append(where)
            continue
        compared += 1
        assert ours.text == one["text"], where
        assert list(ours.terms.labels) == one["labels"], where
        assert ours.terms.intercept == one["intercept"], where
        assert parse_formula(ours.exact_text) == ours, where
    assert (compared, len(refused)) == (266, 34)


def test_conditions_keep_their_parentheses() -> None:
    """R pastes ``x > 0`` and ``z`` to ``x > 0 + z``, which is another formula."""
    changed = update_formula(parse_formula("y ~ (x > 0) * z"), ". ~ . + w")
    assert changed.text == "y ~ (x > 0) + z + w + (x > 0):z"
    assert update_formula(parse_formula("y ~ x"), ". ~ (. > 0)").text == "y ~ (x > 0)"
    assert update_formula(parse_formula("y ~ x - z"), ". ~ I(2 * .) + log(.)").text == (
        "y ~ I(2 * (x - z)) + log(x - z)"
    )


def test_numbers_keep_all_their_digits(children: pd.DataFrame) -> None:
    fit = lme("distance ~ I(age * 0.1234567890123456789)", children, "~ 1 | Subject")
    again = fit.update(fixed=". ~ . + Sex").update(fixed=". ~ . - Sex")
    assert again.fixef().tolist() == fit.fixef().tolist()


@pytest.fixture
def data(children: pd.DataFrame) -> pd.DataFrame:
    gaps = children["distance"].where(np.arange(len(children)) % 17 > 0)
    return children.assign(gaps=gaps)


def test_a_fit_keeps_its_call(data: pd.DataFrame) -> None:
    """Refitting with nothing changed is the same fit, every argument of the call included."""
    fit = lme(
        "gaps ~ age * Sex",
        data,
        {"Subject": pdDiag("~ age", [0.1, -1])},
        subset="age > 8",
        method="ML",
        na_action="exclude",
        control={"maxIter": 150},
        contrasts={"Sex": "contr.sum"},
    )
    again = pickle.loads(pickle.dumps(fit)).update()
    assert str(again.summary()) == str(fit.summary())
    pd.testing.assert_series_equal(again.fitted(), fit.fitted())
    assert fit.fitted().isna().any()


def test_arguments_are_replaced(data: pd.DataFrame) -> None:
    fit = lme("distance ~ age", data, "~ 1 | Subject")
    pd.testing.assert_frame_equal(
        fit.update(fixed=". ~ . * Sex", random="~ age | Subject", method="ML").t_table(),
        lme("distance ~ age + Sex + age:Sex", data, "~ age | Subject", method="ML").t_table(),
    )
    girls = fit.update(subset="Sex == 'Female'")
    assert girls.n_obs == 44
    assert girls.update(subset=None).n_obs == 108
    assert fit.update(data=data.iloc[:60]).n_obs == 60
    assert fit.n_obs == 108
    assert fit.update(fixed="log(.) ~ .").model.fixed.response_text == "log(distance)"
    assert fit.update(". ~ . + Sex", method="ML").model.fixed.text == "distance ~ age + Sex"  # as in R
    assert fit.update(fixed="gaps ~ .", na_action="omit").n_obs == data["gaps"].notna().sum()
    contrasts = fit.update(fixed=". ~ . + Sex", contrasts={"Sex": "contr.sum"})
    assert list(contrasts.fixef().index) == ["(Intercept)", "age", "Sex1"]
    with pytest.warns(LmeWarning, match="maxIter is 0"):
        assert fit.update(control={"maxIter": 0}).convergence.steps == 0


def test_a_random_part_that_was_left_out_follows_the_fixed_one(children: pd.DataFrame) -> None:
    """As in R, where the call has no random to keep."""
    kids = grouped_data("distance ~ age | Subject", children)
    fit = lme(kids).update(fixed=". ~ . + I(age^2)")
    assert list(fit.ranef().columns) == ["(Intercept)", "age", "I(age^2)"]


def test_a_dot_in_the_first_call_is_what_it_stood_for(children: pd.DataFrame) -> None:
    fit = lme("distance ~ . - Subject - visit", children, "~ 1 | Subject")
    assert fit.update(fixed=". ~ . - base").model.fixed.text == "distance ~ age + Sex"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"fixd": ". ~ ."}, ArgumentError, "update: 'fixd' is not an argument of lme; did you mean 'fixed'"),
        (
            {"verbose": 1},
            ArgumentError,
            "update: 'verbose' is not an argument of lme; they are fixed, data",
        ),
        ({"fixed": 3}, ArgumentError, "fixed: expected a formula"),
        ({"fixed": ". + x"}, FormulaError, "fixed: .* has no `~`"),
        ({"fixed": ". ~ . + log(. - 8)"}, DataError, r"`log\(age - 8\)` is not finite"),
        ({"fixed": ". ~ . + nothing"}, DataError, "fixed: the data have no column 'nothing'"),
        ({"fixed": ". ~ . | Subject"}, FormulaError, "belong in the fixed effects"),
        ({"fixed": ". ~ . + system('x')"}, FormulaError, "`system` is not allowed"),
        ({"fixed": "age ~ ."}, FormulaError, "is on the right side too"),
        ({"random": None}, ArgumentError, "random: the grouping is missing"),
        ({"method": "reml"}, ArgumentError, "method: 'reml' is unknown"),
        ({"data": 3}, ArgumentError, "data: expected a pandas DataFrame"),
    ],
)
def test_what_can_t_be_changed_is_refused(
    changes: dict[str, Any], error: type[Exception], message: str, data: pd.DataFrame
) -> None:
    fit = lme("distance ~ age", data, "~ 1 | Subject")
    with pytest.raises(error, match=message):
        fit.update(**changes)
