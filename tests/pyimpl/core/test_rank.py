"""Rank-deficient fixed effects: refused by name, or on request left out as lmer leaves them out."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, DataError, LmeFit, LmeWarning, lme
from pyimpl.moments import dependent_columns

DROP = {"rank_deficient": "drop"}
FIXED = {
    "twice": "distance ~ age * Sex + I(2 * age)",
    "early": "distance ~ age + I(3 - 2 * age) + Sex",
    "cells": "distance ~ visit * Sex",
}


def dropping(fixed: str, data: pd.DataFrame, names: list[str], **arguments: Any) -> LmeFit:
    """Fit, expecting to be told that just these columns are dropped."""
    with pytest.warns(LmeWarning, match="rank-deficient") as caught:
        fit = lme(fixed, data, "~ 1 | Subject", control=DROP, **arguments)
    assert [str(one.message) for one in caught] == list(fit.warnings)
    assert fit.warnings[0].endswith("left out: " + ", ".join(map(repr, names)))
    return fit


@pytest.fixture
def boys_miss_b(children: pd.DataFrame) -> pd.DataFrame:
    return children[~((children["visit"] == "b") & (children["Sex"] == "Male"))]


@pytest.mark.parametrize("name", FIXED)
def test_dropped_are_the_columns_that_lmer_drops(
    name: str, children: pd.DataFrame, boys_miss_b: pd.DataFrame, recorded: dict[str, Any]
) -> None:
    theirs = recorded["deficient"][name]
    fit = dropping(FIXED[name], boys_miss_b if name == "cells" else children, theirs["dropped"])
    assert list(fit.fixef().index) == list(theirs["fixef"])
    assert fit.fixef().tolist() == pytest.approx(list(theirs["fixef"].values()), rel=1e-6)
    assert fit.t_table()["Std.Error"].tolist() == pytest.approx(theirs["se"], rel=1e-6)
    assert fit.sigma == pytest.approx(theirs["sigma"], rel=1e-6)
    assert fit.fitted().to_numpy() == pytest.approx(theirs["fitted"], rel=1e-6)
    assert fit.log_lik == pytest.approx(theirs["log_lik"], abs=1e-8)
    tests = fit.anova().to_frame().drop(index="(Intercept)")
    assert list(tests.index) == theirs["terms"]
    assert tests["numDF"].tolist() == theirs["num_df"]


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_the_fit_is_that_of_the_columns_kept(children: pd.DataFrame, method: str) -> None:
    fit = dropping(
        "distance ~ I(age + 1) + age + Sex + I(age / 3)", children, ["age", "I(age/3)"], method=method
    )
    plain = lme("distance ~ I(age + 1) + Sex", children, "~ 1 | Subject", method=method)
    pd.testing.assert_frame_equal(fit.t_table(), plain.t_table(), rtol=1e-10)
    pd.testing.assert_frame_equal(fit.anova().to_frame(), plain.anova().to_frame(), rtol=1e-9)
    marginal = fit.anova(type="marginal").to_frame()
    pd.testing.assert_frame_equal(marginal, plain.anova(type="marginal").to_frame(), rtol=1e-9)
    pd.testing.assert_frame_equal(fit.intervals().to_frame(), plain.intervals().to_frame(), rtol=1e-8)
    assert (fit.log_lik, fit.aic) == pytest.approx((plain.log_lik, plain.aic), rel=1e-12)


def test_predictions_know_where_the_data_are_silent(
    boys_miss_b: pd.DataFrame, children: pd.DataFrame
) -> None:
    fit = pickle.loads(pickle.dumps(dropping("distance ~ visit * Sex", boys_miss_b, ["visitb:SexFemale"])))
    again = fit.predict(boys_miss_b)
    pd.testing.assert_series_equal(again, fit.fitted(), check_names=False)
    silent = int(((children["visit"] == "b") & (children["Sex"] == "Male")).sum())
    with pytest.warns(LmeWarning, match=rf"newdata: {silent} rows \(rows .*'visitb:SexFemale'"):
        values = fit.predict(children)
    # visitb, of girls only in the data, stands for the interaction too: what it predicts for boys is arbitrary.
    pd.testing.assert_series_equal(values[again.index], again)


@pytest.mark.parametrize("factor", [1e-12, 1.0, 1e12])
def test_units_of_a_column_don_t_decide_whether_it_is_dropped(children: pd.DataFrame, factor: float) -> None:
    data = children.assign(scaled=factor * children["age"], other=factor * children["base"])
    fit = dropping("distance ~ age + scaled + other", data, ["scaled"])
    assert list(fit.fixef().index) == ["(Intercept)", "age", "other"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pd.testing.assert_series_equal(fit.predict(data), fit.fitted(), check_names=False, rtol=1e-12)


def test_more_columns_than_rows(children: pd.DataFrame) -> None:
    few = children.iloc[:8].assign(
        cell=[f"c{k % 5}" for k in range(8)], other=[f"d{k % 5}" for k in range(8)]
    )
    fit = dropping("distance ~ cell * other", few, [f"otherd{i}" for i in range(1, 5)] + [
        f"cellc{i}:otherd{k}" for k in range(1, 5) for i in range(1, 5)
    ])  # fmt: skip
    assert list(fit.fixef().index) == ["(Intercept)", *[f"cellc{i}" for i in range(1, 5)]]


def test_nothing_to_drop_is_the_plain_fit(children: pd.DataFrame) -> None:
    fit = lme("distance ~ age", children, "~ 1 | Subject", control=DROP)
    assert fit.warnings == ()
    assert fit.log_lik == lme("distance ~ age", children, "~ 1 | Subject").log_lik


def test_by_default_they_are_refused_with_the_mend(children: pd.DataFrame) -> None:
    for control in (None, {"rank_deficient": "error"}):
        with pytest.raises(
            DataError, match=r"'I\(2 \* age\)' is a linear.*control=\{'rank_deficient': 'drop'\}"
        ):
            lme("distance ~ age + I(2 * age)", children, "~ 1 | Subject", control=control)


@pytest.mark.parametrize("value", ["Drop", True, None, ["drop"]])
def test_other_policies_are_refused(children: pd.DataFrame, value: object) -> None:
    with pytest.raises(ArgumentError, match="rank_deficient must be 'error' or 'drop'"):
        lme("distance ~ age", children, "~ 1 | Subject", control={"rank_deficient": value})


def test_dependent_columns_of_a_matrix_whose_rank_is_known() -> None:
    """Random columns with combinations of the earlier ones put between them, in units far apart."""
    rng = np.random.default_rng(7)
    for _ in range(20):
        columns: list[np.ndarray] = []
        planted = []
        for j in range(12):
            if j and rng.random() < 0.4:
                planted.append(j)
                mix = sum(rng.normal() * column / np.linalg.norm(column) for column in columns)
                columns.append(mix * 10.0 ** rng.integers(-8, 8))
            else:
                columns.append(rng.normal(size=30) * 10.0 ** rng.integers(-8, 8))
        R = np.linalg.qr(np.column_stack(columns), mode="r")
        assert dependent_columns(R).tolist() == planted
    assert dependent_columns(np.zeros((2, 2))).tolist() == [0, 1]
