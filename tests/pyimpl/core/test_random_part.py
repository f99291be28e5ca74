"""Random parts that can't be meant: one clear error each. And those with factors, which are R's."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pyimpl import DataError, FormulaError, lme


@pytest.fixture
def data(children: pd.DataFrame) -> pd.DataFrame:
    return children.assign(school=children["Subject"].cat.codes % 5)


@pytest.mark.parametrize(
    ("random", "error", "message"),
    [
        (
            {"Subject": "~ 1", "school": "~ 1"},
            DataError,
            "name the outermost first, 'school' before 'Subject'",
        ),
        ("~ 1 | Subject/school", DataError, "name the outermost first, 'school' before 'Subject'"),
        ({"Subject": "~ distance"}, FormulaError, "response distance is among the effects of 'Subject'"),
        ("~ 1 | distance", FormulaError, "the groups 'distance' are the response"),
        ({"Subject": "pdBlocked(list(~ 1, ~ age))"}, FormulaError, r"the effect '\(Intercept\)' twice"),
        ({"Subject": "pdIdent(~ Subject)"}, DataError, r"each has 27 random effects .*, \.\.\.\); drop some"),
        ({"Subject": "~ 0"}, DataError, "has no random effects; write '~ 1"),
        ("list(Subject = ~ 1, Subject = ~ age - 1)", FormulaError, "'Subject' is named twice"),
        ("~ 1 | factor(Subject)", FormulaError, "compute other groups as a column"),
    ],
)
def test_random_parts_that_can_t_be_meant(
    random: Any, error: type[Exception], message: str, data: pd.DataFrame
) -> None:
    with pytest.raises(error, match=message) as caught:
        lme("distance ~ age", data, random)
    assert str(caught.value).startswith("random: ")


def test_children_may_be_numbered_anew_in_each_school(data: pd.DataFrame) -> None:
    """Groups of few labels inside groups of many are the usual case, not the wrong order."""
    fit = lme("distance ~ age", data.assign(half=data["visit"] == "a"), "~ 1 | Subject/half")
    assert fit.n_groups == {"Subject": 27, "half": 54}


@pytest.mark.parametrize("number", range(6))
def test_factors_in_the_random_part_are_r_s(
    number: int, recorded: dict[str, Any], data: pd.DataFrame, dogs: pd.DataFrame
) -> None:
    """Against nlme at its best (EM to a standstill, or tightened), structures of their own at each level."""
    assert len(recorded["factors"]) == 6
    one = recorded["factors"][number]
    fit = lme(one["fixed"], {"children": data, "dogs": dogs}[one["data"]], one["random"])
    assert fit.log_lik == pytest.approx(one["log_lik"], abs=1e-7)
    assert fit.log_lik > one["log_lik"] - 1e-9
    assert fit.sigma == pytest.approx(one["sigma"], rel=1e-5)
    assert fit.fixef().tolist() == pytest.approx(one["fixef"], rel=1e-5, abs=1e-7)
