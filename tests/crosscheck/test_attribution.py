"""Who is right: errors seeded into R's own answers, and answers that stopped short or are defined otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from crosscheck import Answer, ladder
from crosscheck.attribution import Cause, Opinion, opinion, opinions
from crosscheck.book import book
from crosscheck.compare import compare
from crosscheck.data import load
from crosscheck.engines import NoAnswer
from crosscheck.grid import Grid
from crosscheck.recordfile import read
from crosscheck.reference import Referee
from crosscheck.spec import ModelSpec
from crosscheck.study import run_study

ORTHODONT = "ch04-fm2Orth.lmeM"
"""~ age within children, by ML: regular."""
SINGULAR = "ch04-fm1Wafer"
"""Three standard deviations at 0, where R stops 1.5e-2 short at its best."""
CONFOUNDED = "ch01-fm4Stool"
"""A random intercept in every row."""


@cache
def spec_of(name: str) -> ModelSpec:
    return book([name])[0].spec


@cache
def rs(name: str, control: str = "converged") -> Answer:
    return read(spec_of(name), control, "nlme")


@cache
def frame_of(name: str) -> pd.DataFrame:
    return load(spec_of(name).data)


def of(candidate: Answer | str, name: str = ORTHODONT, **asked: object) -> Opinion:
    return opinion(spec_of(name), frame_of(name), rs(name), candidate, **asked)


def scalar(name: str, change: Callable[[float], float]) -> Callable[[Answer], Answer]:
    def seeded(answer: Answer) -> Answer:
        return replace(answer, scalars={**answer.scalars, name: change(answer.scalars[name])})

    return seeded


def cell(grid: str, row: int, column: int, change: Callable[[float], float]) -> Callable[[Answer], Answer]:
    def seeded(answer: Answer) -> Answer:
        old = getattr(answer, grid)
        values = old.values.copy()
        values[row, column] = change(values[row, column])
        return replace(answer, **{grid: replace(old, values=values)})

    return seeded


def in_level(grid: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Answer], Answer]:
    def seeded(answer: Answer) -> Answer:
        level = answer.levels[0]
        old = getattr(level, grid)
        changed = replace(old, values=change(old.values.copy()))
        return replace(answer, levels=(replace(level, **{grid: changed}), *answer.levels[1:]))

    return seeded


def swap_rows(values: np.ndarray) -> np.ndarray:
    values[[0, 1]] = values[[1, 0]]
    return values


def negate_off_diagonal(values: np.ndarray) -> np.ndarray:
    return values * (2 * np.eye(len(values)) - 1)


def without_row(grid: str) -> Callable[[Answer], Answer]:
    def seeded(answer: Answer) -> Answer:
        old = getattr(answer, grid)
        return replace(answer, **{grid: Grid(old.rows[:-1], old.columns, old.values[:-1])})

    return seeded


N, P = 108, 4
SEEDED: dict[str, tuple[Callable[[Answer], Answer], str]] = {
    "sigma by N - p under ML": (scalar("sigma", lambda s: s * math.sqrt(N / (N - P))), "sigma"),
    "the seventh digit of logLik": (scalar("log_lik", lambda v: v * (1 + 3e-7)), "log_lik"),
    "AIC with one parameter more": (scalar("aic", lambda v: v + 2), "aic"),
    "BIC by N - p under ML": (scalar("bic", lambda v: v + 8 * math.log((N - P) / N)), "bic"),
    "a row too many": (scalar("n_obs", lambda n: n + 1), "n_obs"),
    "the sign of a coefficient": (cell("t_table", 1, 0, lambda v: -v), "coefficient"),
    "the sign of fixef()": (cell("fixef", 1, 0, lambda v: -v), "fixef"),
    "an SE without the factor": (cell("t_table", 1, 1, lambda v: v * math.sqrt((N - P) / N)), "std_error"),
    "a DF in one row": (cell("t_table", 1, 2, lambda v: v - 1), "df"),
    "a one-sided p": (cell("t_table", 1, 4, lambda v: v / 2), "p_value"),
    "the sign of t": (cell("t_table", 2, 3, lambda v: -v), "t_value"),
    "a covariance of coefficients": (cell("vcov", 0, 1, lambda v: -v), "vcov"),
    "two children's BLUPs swapped": (in_level("ranef", swap_rows), "ranef"),
    "the sign of a correlation": (in_level("corr", negate_off_diagonal), "corr"),
    "a standard deviation's fifth digit": (in_level("std_dev", lambda v: v * (1 + 5e-5)), "std_dev"),
    "a variance for a standard deviation": (in_level("std_dev", lambda v: v**2), "std_dev"),
    "a permuted covariance": (in_level("cov", lambda v: v[::-1, ::-1].copy()), "var_cov"),
    "the population's fitted values": (cell("fitted", 0, 1, lambda v: v + 0.01), "fitted"),
    "one fitted value's fifth digit": (cell("fitted", 50, 1, lambda v: v * (1 + 5e-5)), "fitted"),
}


@pytest.mark.parametrize("seeded", SEEDED)
def test_a_seeded_error_is_found_and_wrong(seeded):
    change, quantity = SEEDED[seeded]
    found = of(change(rs(ORTHODONT)))
    assert found.fails
    assert quantity in {finding.quantity for finding in found.findings if finding.cause is Cause.WRONG}


def one_group_less(answer: Answer) -> Answer:
    level = answer.levels[0]
    return replace(answer, levels=(replace(level, n_groups=level.n_groups - 1), *answer.levels[1:]))


def in_structure(name: str, factor: float) -> Callable[[Answer], Answer]:
    def seeded(answer: Answer) -> Answer:
        grid = answer.structure[name]
        return replace(
            answer, structure={**answer.structure, name: replace(grid, values=grid.values * factor)}
        )

    return seeded


SEEDED_ELSEWHERE: dict[str, tuple[str, str, Callable[[Answer], Answer], str]] = {
    "ML's sigma under REML": (
        "ch04-fm1Orth.lme",
        "converged",
        scalar("sigma", lambda s: s * math.sqrt((N - 2) / N)),
        "sigma",
    ),
    "ML's standard deviation under REML": (
        "ch04-fm1Orth.lme",
        "converged",
        in_level("std_dev", lambda v: v * math.sqrt(26 / 27)),
        "std_dev",
    ),
    "a group less": (ORTHODONT, "converged", one_group_less, "n_groups"),
    "AR(1)'s parameter": ("ch05-fm2Ovar.lme", "tight", in_structure("corr", 1 + 1e-3), "corr_params"),
    "the sign of AR(1)'s parameter": ("ch05-fm2Ovar.lme", "tight", in_structure("corr", -1), "corr_params"),
    "a power of the variance": ("ch05-fm2Dial.lme", "tight", in_structure("var", 2), "var_params"),
}


@pytest.mark.parametrize("seeded", SEEDED_ELSEWHERE)
def test_an_error_seeded_elsewhere_is_found_and_wrong(seeded):
    name, control, change, quantity = SEEDED_ELSEWHERE[seeded]
    right = rs(name, control)
    found = opinion(spec_of(name), frame_of(name), right, change(right))
    assert found.fails
    assert quantity in {finding.quantity for finding in found.findings if finding.cause is Cause.WRONG}


@pytest.mark.parametrize("grid", ["t_table", "fixef", "fitted"])
def test_a_row_that_is_missing_is_another_number(grid):
    found = of(without_row(grid)(rs(ORTHODONT)))
    assert found.cause is Cause.OTHER_NUMBER and not found.passes


def test_a_number_that_is_none_is_said_to_be_none():
    found = of(cell("t_table", 1, 1, lambda _: math.nan)(rs(ORTHODONT)))
    assert found.cause is Cause.NOT_A_NUMBER


def test_other_names_are_called_that():
    answer = rs(ORTHODONT)
    renamed = replace(answer, fixef=replace(answer.fixef, rows=("a", "b", "c", "d")))
    assert of(renamed).cause is Cause.OTHER_NAMES


def test_what_is_not_given_is_no_agreement():
    found = of(replace(rs(ORTHODONT), vcov=None))
    assert found.cause is Cause.NOT_GIVEN and found.fails


def test_an_empty_comparison_is_a_failure():
    empty = compare(rs(ORTHODONT), rs(ORTHODONT), quantities=())
    found = of(rs(ORTHODONT), comparison=empty)
    assert found.cause is Cause.NOTHING_COMPARED and found.fails


def test_rs_own_answer_is_not_blamed():
    found = of(rs(ORTHODONT))
    assert found.cause is Cause.AGREES and found.passes and found.findings == ()


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("raised", Cause.RAISED),
        ("timed out", Cause.TIMED_OUT),
        ("died", Cause.DIED),
        ("not a fit", Cause.NOT_A_FIT),
    ],
)
def test_no_answer_is_a_verdict_of_its_own(kind, cause):
    found = of(NoAnswer("because", kind))
    assert found.cause is cause and found.fails and found.reason == "because"


def test_what_an_engine_declares_is_neither_a_pass_nor_a_failure():
    found = of(NoAnswer("it has one level only", "cannot"))
    assert found.cause is Cause.CANNOT and not found.passes and not found.fails


class TestStoppedShort:
    def moved(self, factor: float) -> Answer:
        """Return what a wholly consistent engine says that stopped where sigma is too large by a factor."""
        answer = rs(ORTHODONT)
        referee = Referee.of(spec_of(ORTHODONT), frame_of(ORTHODONT), [answer])
        elsewhere = replace(answer, scalars={**answer.scalars, "sigma": answer.sigma * factor})
        made = referee.implied(elsewhere)
        return replace(made, about=replace(made.about, engine="short"))

    def test_an_engine_that_stopped_short_is_told_from_a_wrong_one(self):
        found = of(self.moved(1.01))
        assert found.cause is Cause.ENGINE_STOPPED_SHORT and found.fails
        assert found.certificate.optimum - found.certificate.log_lik == pytest.approx(
            found.certificate.shortfall, rel=0.05
        )
        assert found.reference.distance < 1e-8

    def test_r_that_stopped_short_is_not_held_against_a_candidate(self):
        short, right = self.moved(1.01), rs(ORTHODONT)
        found = opinion(spec_of(ORTHODONT), frame_of(ORTHODONT), short, right)
        assert found.cause is Cause.R_STOPPED_SHORT and found.passes

    def test_a_wrong_number_beside_r_stopped_short_is_still_wrong(self):
        wrong = cell("t_table", 1, 2, lambda v: v - 1)(rs(ORTHODONT))
        found = opinion(spec_of(ORTHODONT), frame_of(ORTHODONT), self.moved(1.01), wrong)
        assert found.cause is Cause.WRONG
        assert Cause.R_STOPPED_SHORT in found.by_cause()

    def test_where_r_raised_the_certified_optimum_judges(self):
        right = rs(ORTHODONT)
        found = opinion(spec_of(ORTHODONT), frame_of(ORTHODONT), NoAnswer("Error in lme"), right)
        assert found.cause is Cause.R_STOPPED_SHORT and "Error in lme" in found.reason
        short = opinion(spec_of(ORTHODONT), frame_of(ORTHODONT), NoAnswer("Error in lme"), self.moved(1.01))
        assert short.cause is Cause.ENGINE_STOPPED_SHORT

    def test_where_both_raised_nothing_is_agreed(self):
        found = opinion(spec_of(ORTHODONT), frame_of(ORTHODONT), NoAnswer("a"), NoAnswer("b"))
        assert found.cause is Cause.BOTH_RAISED and not found.passes


class TestDefinitions:
    BIC = staticmethod(scalar("bic", lambda v: v + 6 * math.log(108 / 104)))
    NAME = "ch04-fm1Orth.lme"

    def test_another_definition_excuses_where_it_is_declared_and_reproduces_the_value(self):
        answer = rs(self.NAME)
        count = 2 + 4
        other = scalar("bic", lambda v: v + count * math.log(108 / 106))(answer)
        assert of(other, self.NAME).cause is Cause.WRONG
        found = of(other, self.NAME, definitions=("bic-n",))
        assert found.cause is Cause.BY_DEFINITION and found.passes

    def test_a_declared_definition_is_no_wildcard(self):
        other = scalar("bic", lambda v: v + 0.1)(rs(self.NAME))
        assert of(other, self.NAME, definitions=("bic-n",)).cause is Cause.WRONG

    def test_satterthwaites_df_that_are_nearly_nlmes_follow_the_definition_all_the_same(self):
        name = "ch01-fm1Oats"
        # summary(lmerTest::lmer(yield ~ ordered(nitro) * Variety + (1 | Block/Variety), nlme::Oats)), lmerTest 3.1-3
        nearly = cell("t_table", 4, 2, lambda _: 10.000017535203444)(rs(name))
        assert of(nearly, name).cause is Cause.WRONG
        assert of(nearly, name, definitions=("df-satterthwaite",)).cause is Cause.BY_DEFINITION
        off = cell("t_table", 4, 2, lambda _: 10.005)(rs(name))
        assert of(off, name, definitions=("df-satterthwaite",)).cause is Cause.WRONG


class TestSingular:
    def test_rs_early_stop_at_a_singular_optimum_is_rs(self):
        referee = Referee.of(spec_of(SINGULAR), frame_of(SINGULAR), [rs(SINGULAR, "default"), rs(SINGULAR)])
        made = replace(referee.certified, about=replace(rs(SINGULAR).about, engine="right"))
        found = of(made, SINGULAR, others=[rs(SINGULAR, "default")])
        assert found.cause is Cause.R_STOPPED_SHORT
        assert found.certificate.distance < 1e-4 < found.reference.distance

    def test_what_is_not_identified_is_said_to_be(self):
        answer = rs(CONFOUNDED)
        level = answer.levels[-1]
        v = level.std_dev.values[0, 0] ** 2
        moved = replace(
            level,
            std_dev=replace(level.std_dev, values=np.sqrt([[v / 2]])),
            cov=replace(level.cov, values=[[v / 2]]),
        )
        sigma = math.sqrt(answer.sigma**2 + v / 2)
        other = replace(
            answer, levels=(*answer.levels[:-1], moved), scalars={**answer.scalars, "sigma": sigma}
        )
        assert of(other, CONFOUNDED).cause is Cause.NOT_IDENTIFIED


def test_an_evaluator_that_does_not_know_the_model_decides_nothing():
    spec = replace(spec_of(ORTHODONT), fixed="distance ~ poly(age, 2)")
    moved = scalar("log_lik", lambda v: v + 1)(rs(ORTHODONT))
    found = opinion(spec, frame_of(ORTHODONT), rs(ORTHODONT), moved)
    assert found.cause is Cause.UNDECIDED and found.fails and "poly" in found.reason


def test_the_opinions_on_a_study_are_those_on_its_candidates():
    class Right:
        name = "right"

        def fit(self, spec, data):
            return read(spec, "converged")

    class Lost:
        name = "lost"

        def fit(self, spec, data):
            raise KeyError("lost")

    class Modest:
        name = "modest"

        def cannot(self, spec):
            return "no model at all"

        def fit(self, spec, data):
            raise AssertionError("it is never asked")

    study = run_study(ladder(["empty"], ["ML"]), [Right(), Lost(), Modest()], live=False, certificates=False)
    made = opinions(study.checks[0])
    assert [one.engine for one in made] == ["right", "lost", "modest"]
    assert [one.cause for one in made] == [Cause.AGREES, Cause.RAISED, Cause.CANNOT]
