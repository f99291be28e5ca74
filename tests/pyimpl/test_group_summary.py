"""What R's ``gsummary(d, groups = d$g)`` gives (nlme 3.1-162), column by column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pyimpl import DataError
from pyimpl.group_summary import group_summary

NA = None
G = pd.Categorical(["b", "a", "b", "a", "c", "b"], categories=["b", "a", "c"])


def factor(values: list[object], levels: list[str], ordered: bool = False) -> pd.Categorical:
    return pd.Categorical(values, categories=levels, ordered=ordered)


def summary_of(column: object) -> pd.Series:
    frame = pd.DataFrame({"x": column}, index=list("uvwxyz"))
    return group_summary(frame, np.asarray(G.codes, np.intp), 3)["x"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([1.0, 2, 3, np.nan, 5, 6], [10 / 3, 2, 5]),
        ([1, 2, 3, 4, 5, 7], [11 / 3, 3, 5]),
        ([np.nan, 1, np.nan, 1, 2, np.nan], [np.nan, 1, 2]),
        ([np.nan, 1, np.nan, 1, np.nan, 3], [3, 1, np.nan]),
        ([3, 4, 3, 4, 5, 3], [3, 4, 5]),
        (factor(["z", "y", "y", "z", "y", NA], ["z", "y", "w"]), ["y", "y", "y"]),
        (factor(["8", "10", "10", "8", "8", "8"], ["8", "10"], ordered=True), ["8", "10", "8"]),
        (factor([NA, "a", NA, "a", "b", NA], ["a", "b"]), [NA, "a", "b"]),
        (factor(["u", NA, "v", NA, "u", "v"], ["u", "v"]), ["v", NA, "u"]),
        (["u", "v", "u", "v", "w", "u"], ["u", "v", "w"]),
        ([True, False, True, False, True, True], [True, False, True]),
    ],
    ids="numbers integers invariant-na na-group constant mode ties constant-factor na-mode text truth".split(),
)
def test_each_kind_of_column_as_r(column: object, expected: list[object]) -> None:
    got = summary_of(column)
    if isinstance(expected[0], str) or NA in expected:
        assert [NA if pd.isna(value) else value for value in got] == expected
    else:
        assert got.to_numpy(float) == pytest.approx(np.array(expected, float), rel=1e-15, nan_ok=True)


def test_levels_that_no_group_has_are_dropped_and_the_order_is_kept() -> None:
    mode = summary_of(factor(["z", "y", "y", "z", "y", NA], ["z", "y", "w"]))
    assert list(mode.cat.categories) == ["y"]
    ordered = summary_of(factor(["8", "10", "10", "8", "8", "8"], ["8", "10"], ordered=True))
    assert list(ordered.cat.categories) == ["8", "10"]
    assert ordered.cat.ordered


def test_what_r_refuses_counts_as_a_factor() -> None:
    assert summary_of(["u", "v", "w", "u", "v", "w"]).tolist() == ["w", "u", "v"]
    assert summary_of([True, False, True, True, False, False]).tolist() == [True, False, False]


def test_invariant_columns_keep_their_type() -> None:
    times = pd.Series(pd.to_datetime(["2020-01-01", "2020-02-01"]))[[0, 1, 0, 1, 1, 0]]
    assert summary_of(times.to_numpy()).dtype.kind == "M"
    assert summary_of([3, 4, 3, 4, 5, 3]).dtype.kind == "i"


def test_times_are_averaged() -> None:
    hours = pd.to_timedelta([1, 2, 3, 4, 5, 8], unit="h")
    assert summary_of(hours).tolist() == list(pd.to_timedelta([4, 3, 5], unit="h"))
    days = pd.to_datetime(
        ["2020-01-01", "2020-01-02", "2020-01-02", "2020-01-04", "2020-01-05", "2020-01-03"]
    )
    assert summary_of(days).tolist() == list(pd.to_datetime(["2020-01-02", "2020-01-03", "2020-01-05"]))


def test_columns_of_lists_are_refused_by_name() -> None:
    with pytest.raises(
        DataError, match=r"data: column 'x' holds objects that can't be told apart.*leave it out"
    ):
        summary_of([[1]] * 6)


def test_rows_of_the_summary_are_the_groups_and_names_stay() -> None:
    frame = pd.DataFrame([[1, 2], [3, 4], [5, 6]], columns=["a", "a"])
    summary = group_summary(frame, np.array([1, 0, 1]), 2)
    assert list(summary.columns) == ["a", "a"]
    assert summary.to_numpy().tolist() == [[3, 4], [3, 4]]
    assert group_summary(frame[[]], np.array([1, 0, 1]), 2).shape == (2, 0)
