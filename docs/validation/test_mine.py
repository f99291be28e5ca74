"""Tests of a project that fits mixed models: its answers have to be R's."""

from pathlib import Path

import pytest

from crosscheck import assert_agree, read_data
from pyimpl import lme

DATA = read_data(Path(__file__).parents[2] / "fixtures" / "book" / "data" / "Orthodont.csv")


def test_growth(crosscheck):
    crosscheck("distance ~ age * Sex", "~ age | Subject", DATA, name="growth")


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_a_line_for_each_child(crosscheck, method):
    crosscheck("distance ~ age", "~ 1 | Subject", DATA, method=method, name=f"line-{method}")


def test_centring_changes_no_slope():
    plain = lme("distance ~ age", DATA, "~ 1 | Subject")
    centred = lme("distance ~ age", DATA.assign(age=DATA["age"] - 11), "~ 1 | Subject")
    assert_agree(plain, centred, ["sigma", "std_dev", "log_lik"])
