"""Structures on a data frame: which columns, groups and strata they take."""

import numpy as np
import pandas as pd
import pytest

from pyimpl.correlation import correlation_request
from pyimpl.errors import ArgumentError, DataError, FormulaError
from pyimpl.variance import variance_request
from pyimpl.within_group import columns_of, correlation_on, variance_on

FRAME = pd.DataFrame(
    {
        "school": ["s", "s", "t", "s", "t", "t", "s", "s"],
        "child": ["a", "b", "a", "a", "a", "b", "a", "b"],
        "sex": pd.Categorical(["M", "F", "M", "M", "M", "F", "M", "F"], ["F", "M"]),
        "t": [3, 1, 2, 1, 1, 1, 2, 2],
        "x": [1.0, 2.0, 0.5, 3.0, 1.5, 2.5, 1.2, 0.7],
    }
)


def test_columns_are_covariates_and_groups() -> None:
    assert columns_of(correlation_request("corExp(form = ~ x + log(t) | school/child)")) == (
        "x",
        "t",
        "school",
        "child",
    )
    combined = variance_request("varComb(varIdent(form = ~ 1 | sex), varPower(), varExp(form = ~ x))")
    assert columns_of(combined) == ("sex", "x")


def test_correlation_within_the_innermost_groups_in_the_order_of_the_data() -> None:
    structure = correlation_on(correlation_request("corAR1(0.5, ~ t)"), FRAME, ("school", "child"))
    assert list(structure.layout.sizes) == [3, 2, 2, 1]
    whitened, _ = structure.whiten(structure.start, np.eye(8))
    assert set(np.flatnonzero(whitened[:, 0])) == {0, 6}  # s/a at t = 3 follows s/a at t = 2
    np.testing.assert_allclose(whitened[[6, 0], 0], np.array([-0.5, 1]) / np.sqrt(0.75))


def test_groups_may_divide_those_of_the_random_effects() -> None:
    request = correlation_request("corAR1(form = ~ t | school/child)")
    assert len(correlation_on(request, FRAME, ("school",)).layout.sizes) == 4


@pytest.mark.parametrize("groups", ["child", "school", "child/school"])
def test_groups_that_contradict_the_random_effects_are_refused(groups: str) -> None:
    request = correlation_request(f"corCompSymm(form = ~ 1 | {groups})")
    with pytest.raises(
        FormulaError, match=r"contradict those of random, school/child.*write \| school/child"
    ):
        correlation_on(request, FRAME, ("school", "child"))


def test_without_any_groups_all_rows_belong_together() -> None:
    structure = correlation_on(correlation_request("corCAR1(form = ~ x)"), FRAME)
    assert list(structure.layout.sizes) == [8]


def test_expressions_are_covariates() -> None:
    by_name, by_expression = (
        correlation_on(correlation_request(f"corCAR1(0.3, {form})"), FRAME, ("school", "child"))
        for form in ("~ x", "~ I(2 * x) / 2")
    )
    z = np.arange(8.0)[None]
    np.testing.assert_allclose(
        by_name.whiten(by_name.start, z)[0], by_expression.whiten(by_expression.start, z)[0]
    )


def test_strata_are_in_the_order_of_the_sorted_rows() -> None:
    order = np.array([1, 0, 2, 3, 4, 5, 6, 7])
    request = variance_request("varIdent(c(M = 2), ~ 1 | sex)")
    found = variance_on(request, FRAME, order)
    assert found.names == ("F", "M")
    np.testing.assert_allclose(np.exp(found.log_sd(found.start)), np.where(FRAME["sex"] == "M", 2, 1))
    assert variance_on(variance_request("varIdent(form = ~ 1 | sex)"), FRAME).names == ("M", "F")


def test_crossed_strata_have_nlmes_names() -> None:
    found = variance_on(variance_request("varIdent(form = ~ 1 | school * sex)"), FRAME)
    assert found.names == ("s*M", "s*F", "t*M", "t*F")


def test_combinations_and_fitted_values() -> None:
    request = variance_request("varComb(varIdent(form = ~ 1 | sex), varPower(0.5), varExp(0.1, ~ x))")
    found = variance_on(request, FRAME)
    assert found.needs_fitted
    fitted = np.arange(1.0, 9.0)
    np.testing.assert_allclose(found.log_sd(found.start, fitted), np.log(fitted) / 2 + 0.1 * FRAME["x"])


def test_bad_columns_are_refused() -> None:
    with pytest.raises(DataError, match="no column 'z'"):
        correlation_on(correlation_request("corAR1(form = ~ z)"), FRAME, ("school",))
    with pytest.raises(DataError, match=r"must be numbers, not a factor; write as.numeric\(sex\)"):
        variance_on(variance_request("varPower(form = ~ sex)"), FRAME)
    with pytest.raises(DataError, match="has 1 twice in the group s"):
        correlation_on(correlation_request("corAR1(form = ~ t)"), FRAME, ("school",))
    with pytest.raises(ArgumentError, match="the strata are M, F"):
        variance_on(variance_request("varIdent(c(male = 2), ~ 1 | sex)"), FRAME)
