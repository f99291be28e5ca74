"""The closed form is R's answer, and says when there is none."""

from __future__ import annotations

import pandas as pd
import pytest

from crosscheck import compare
from crosscheck.book import book
from crosscheck.data import load
from crosscheck.dossier.closed_form import one_way
from crosscheck.engines import RecordedEngine


@pytest.mark.parametrize(("name", "method"), [("ch01-fm1Rail.lme", "REML"), ("ch01-fm1Rail.lmeML", "ML")])
def test_it_is_what_nlme_recorded(name, method):
    exact = one_way(load("Rail"), "travel", "Rail", method)
    found = compare(RecordedEngine("converged").fit(book([name])[0].spec, load("Rail")), exact)
    assert found.agree, str(found)
    assert {row.quantity for row in found.rows} >= {
        "coefficient",
        "df",
        "p_value",
        "std_dev",
        "bic",
        "ranef",
        "fitted",
    }
    assert min(row.digits for row in found.rows if row.quantity != "p_value") > 8


def test_unbalanced_groups_have_none():
    with pytest.raises(ValueError, match="groups of 'Rail' differ in size"):
        one_way(load("Rail").iloc[1:], "travel", "Rail", "REML")


def test_groups_that_do_not_differ_have_none():
    frame = pd.DataFrame({"y": [1.0, 2.0, 2.0, 1.0, 1.5, 1.5], "g": list("aabbcc")})
    with pytest.raises(ValueError, match="estimated as 0"):
        one_way(frame, "y", "g", "REML")
