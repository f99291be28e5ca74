"""Pages that differ in digits, models that nothing is recorded for, and those where nlme's criterion is another."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from crosscheck import Answer
from crosscheck.attribution import Cause, opinion, opinions
from crosscheck.book import book
from crosscheck.compare import compare
from crosscheck.data import load
from crosscheck.engines import NoAnswer, RecordedEngine
from crosscheck.printed import furthest, same_but_last_digits
from crosscheck.quantities import QUANTITIES
from crosscheck.recordfile import read
from crosscheck.reference import Referee
from crosscheck.spec import ModelSpec
from crosscheck.study import check_model

DIALYZER = "ch05-fm3Dial.lme"
"""A variance function: R's search ends 4e-7 standard errors from the optimum."""
ORTHODONT = "ch04-fm2Orth.lmeM"
"""Regular: R's converged fit is the optimum to every digit."""
KNOWN_SIGMA = "tests-sigma-fixed-etc-t6.fix.REML.lme"


@cache
def spec_of(name: str) -> ModelSpec:
    return book([name])[0].spec


def rs(name: str, control: str) -> Answer:
    return read(spec_of(name), control, "nlme")


def with_page(answer: Answer, old: str, new: str) -> Answer:
    page = answer.pages["summary"]
    assert old in page
    return replace(answer, pages={**answer.pages, "summary": page.replace(old, new, 1)})


def held(name: str, control: str, old: str, new: str):
    right = rs(name, control)
    other = with_page(right, old, new)
    compared = compare(right, other, QUANTITIES)
    return opinion(spec_of(name), load(spec_of(name).data), right, other, comparison=compared)


def test_last_digits_of_a_search_that_ends_in_differences_agree_and_it_is_said_why():
    found = held(DIALYZER, "tight", "-2.111115537", "-2.111115539")
    assert found.cause is Cause.AGREES and found.passes
    assert found.reason.startswith("last digits differ") and found.findings == ()


def test_a_digit_before_the_last_ones_is_wrong():
    found = held(DIALYZER, "tight", "-2.111115537", "-2.112115537")
    assert found.cause is Cause.WRONG


def test_a_last_digit_is_wrong_where_r_is_at_the_optimum():
    page = rs(ORTHODONT, "converged").pages["summary"]
    number = next(word for word in page.split() if word.count(".") == 1 and len(word) > 8)
    other = number[:-1] + str((int(number[-1]) + 1) % 10)
    found = held(ORTHODONT, "converged", number, other)
    assert found.cause is Cause.WRONG and "every digit" in found.reason


@pytest.mark.parametrize(
    ("one", "other", "off"),
    [
        ("a 1.25 b", "a 1.25 b", 0.0),
        ("1.2345670", "1.2345671", 0.0),
        ("100.0", "101.0", 0.9 / 101),
        ("<.0001", "0.5", (0.5 - 1e-4 - 0.00005 - 0.05) / 0.5),
        ("1.0", "1.0 2.0", float("inf")),
    ],
)
def test_how_far_two_pages_numbers_are_apart(one, other, off):
    assert furthest(one, other) == pytest.approx(off, rel=1e-12)


def test_weights_by_fitted_values_leave_a_digit_less():
    pages = "sd 1.0000000", "sd 1.0000500"
    assert same_but_last_digits(*pages, by_fitted=True)
    assert not same_but_last_digits(*pages, by_fitted=False)


class TestNotRecorded:
    def opinions(self, tmp_path, candidate):
        spec = spec_of(ORTHODONT)
        nothing = {"converged": RecordedEngine("converged", tmp_path)}
        check = check_model(spec, load(spec.data), nothing, [candidate], certificates=False)
        return opinions(check)[0]

    def test_a_right_answer_is_not_said_to_be_better_than_rs(self, tmp_path):
        found = self.opinions(tmp_path, RecordedEngine("converged"))
        assert found.cause is Cause.NO_REFERENCE and found.fails
        assert "nothing is recorded" in found.reason and "stopped" not in found.reason

    def test_an_engine_that_raises_is_not_excused(self, tmp_path):
        class Lost:
            name = "lost"

            def fit(self, spec, data):
                raise KeyError("lost")

        assert self.opinions(tmp_path, Lost()).cause is Cause.RAISED

    def test_rs_recorded_error_is_still_an_error(self):
        spec, right = spec_of(ORTHODONT), rs(ORTHODONT, "converged")
        found = opinion(spec, load(spec.data), NoAnswer("Error in lme"), right)
        assert found.cause is Cause.R_STOPPED_SHORT


def test_nlmes_criterion_with_a_known_sigma_is_another_definition():
    spec, theirs = spec_of(KNOWN_SIGMA), rs(KNOWN_SIGMA, "tight")
    frame = load(spec.data)
    right = Referee.of(spec, frame, [theirs]).certified
    found = opinion(spec, frame, theirs, right)
    numbers = [one for one in found.findings if one.quantity not in ("fit", "summary", "var_corr", "anova")]
    assert numbers and {one.cause for one in numbers} == {Cause.BY_DEFINITION}
    assert "another criterion" in numbers[0].reason
