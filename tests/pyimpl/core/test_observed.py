"""get_response and get_groups: what a fit was made from, in the order of the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, grouped_data, lme


def test_one_level(children: pd.DataFrame) -> None:
    data = grouped_data("distance ~ age | Subject", children).sample(frac=1, random_state=1)
    fit = lme("log(distance) ~ age", data)
    pd.testing.assert_series_equal(fit.get_groups(), data["Subject"])  # an ordered Categorical, as in R
    pd.testing.assert_series_equal(fit.get_response(), np.log(data["distance"]).rename("log(distance)"))
    pd.testing.assert_series_equal(
        fit.get_response() - fit.fitted(), fit.residuals(), check_names=False, check_exact=True
    )


def test_nested_levels_have_r_s_names_and_order(dogs: pd.DataFrame) -> None:
    fit = lme("pixel ~ day", dogs, "~ 1 | Dog/Side")
    inner = fit.get_groups()
    assert inner.name == "Side"
    assert list(inner.cat.categories[:4]) == ["1/L", "1/R", "10/L", "10/R"]
    assert inner.astype(str).tolist() == (dogs["Dog"].astype(str) + "/" + dogs["Side"].astype(str)).tolist()
    pd.testing.assert_series_equal(fit.get_groups("Dog"), fit.get_groups(1))
    both = fit.get_groups([1, 2])
    assert list(both.columns) == ["Dog", "Side"]
    pd.testing.assert_series_equal(both["Side"], inner)


def test_rows_left_out(children: pd.DataFrame) -> None:
    data = children.assign(distance=children["distance"].where(np.arange(108) != 2))
    excluded = lme("distance ~ age", data, "~ 1 | Subject", na_action="exclude")
    assert excluded.get_groups().isna().tolist() == excluded.get_response().isna().tolist()
    assert np.flatnonzero(excluded.get_groups().isna()).tolist() == [2]
    assert len(lme("distance ~ age", data, "~ 1 | Subject", na_action="omit").get_groups()) == 107


def test_the_population_has_no_groups(children: pd.DataFrame) -> None:
    fit = lme("distance ~ age", children, "~ 1 | Subject")
    for level in (0, [0, 1], 2, "Sex", []):
        with pytest.raises(ArgumentError, match="level: "):
            fit.get_groups(level)
