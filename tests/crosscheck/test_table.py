"""The public table: counts, digits and times of engines over models, and what it says of one that isn't there."""

from __future__ import annotations

import math
import sys

import pytest

from crosscheck import engine, ladder
from crosscheck.book import book
from crosscheck.cause import Cause
from crosscheck.report.table import table_page
from crosscheck.table import Column, Entry, table

MODULE = """
from dataclasses import replace
from crosscheck.engines import RecordedEngine

class Right:
    name = "nlme"
    def fit(self, spec, data):
        return RecordedEngine("converged").fit(spec, data)

class Wrong(Right):
    name = "wrong"
    def cannot(self, spec):
        return "no ML" if spec.method == "ML" else ""
    def fit(self, spec, data):
        answer = super().fit(spec, data)
        return replace(answer, scalars={**answer.scalars, "log_lik": answer.scalars["log_lik"] * (1 + 1e-5)})

class Absent(Right):
    name = "absent"
    def why_not(self):
        return "it isn't installed"
"""
SPECS = [case.spec for case in book(["ch01-fm1Rail"])]  # by REML and by ML


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engines")
    (folder / "table_engines.py").write_text(MODULE)
    sys.path.insert(0, str(folder))
    yield table(SPECS, [engine(f"table_engines:{name}") for name in ("Right", "Wrong", "Absent")])
    sys.path.remove(str(folder))


def test_each_engine_has_a_column_with_an_entry_a_model(columns):
    right, wrong, absent = columns
    assert [entry.cause for entry in right.entries] == [Cause.AGREES, Cause.AGREES]
    assert [entry.cause for entry in wrong.entries] == [Cause.WRONG, Cause.CANNOT]
    assert absent.entries == () and absent.absent == "it isn't installed"


def test_digits_are_those_of_the_worst_value(columns):
    right, wrong, _ = columns
    assert right.digits("log_lik") == 15.0
    assert wrong.digits("log_lik") == pytest.approx(5.0, abs=1e-6)
    assert wrong.digits("std_dev") == 15.0


def test_the_page_counts_and_says_what_is_wrong(columns):
    page = table_page(columns, "two")
    assert "| `nlme` | 2 | 0 | 0 | 0 | 0 | 0 | 15.0 | 15.0 | 15.0 | 15.0 | 15.0 | 1 |" in page
    assert "| `wrong` | 0 | 0 | 1 | 1 | 0 | 0 |" in page
    assert "`absent` wasn't asked: it isn't installed." in page
    assert "| ch01-fm1Rail.lme, REML | wrong |" in page


def test_times_are_compared_on_the_models_that_both_fit():
    def column(name, *seconds):
        return Column(name, tuple(Entry(str(i), Cause.AGREES, "", {}, s) for i, s in enumerate(seconds)))

    fast, slow = column("fast", 1.0, 2.0, math.nan), column("slow", 4.0, 2.0, 1.0)
    assert slow.time_beside(fast) == pytest.approx(2.0)
    assert math.isnan(column("none", math.nan).time_beside(slow))


def test_there_is_nothing_to_say_of_no_engine():
    assert table(ladder(["empty"]), []) == ()
