"""What came of a design: right answers aren't blamed, wrong ones aren't excused, and a refusal needs its reason."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crosscheck import ModelSpec
from crosscheck.answer import Answer
from crosscheck.data import fixtures
from crosscheck.engines import PyimplEngine, answer_of
from crosscheck.fuzz import OneEngine, Recorded, Result, outcome_of, read_case
from crosscheck.fuzz.evidence import evidence
from crosscheck.fuzz.hunt import Limits, hunt
from crosscheck.fuzz.unbounded import is_unbounded

SIX = "~ x + I(x^2) + I(x^3) + I(x^4) + I(x^5)"
PYIMPL = PyimplEngine()


class Raising:
    """Refuses everything, saying what it is told to say."""

    name = "raising"

    def __init__(self, message):
        self.message = message

    def fit(self, spec, data):
        raise ValueError(self.message)


class Corrupted:
    """pyimpl, with sigma 1 % off where the data have more than three groups."""

    name = "corrupted"

    def fit(self, spec, data):
        answer = answer_of(PYIMPL, spec, data)
        if not isinstance(answer, Answer):
            raise RuntimeError(str(answer))
        if data["a"].nunique() <= 3:
            return answer
        return dataclasses.replace(answer, scalars={**answer.scalars, "sigma": 1.01 * answer.sigma})


CASES = sorted((fixtures() / "fuzz").glob("*.json"))


@pytest.fixture
def data():
    rng = np.random.default_rng(5)
    a = np.repeat(np.arange(8), 5)
    x = rng.normal(size=40)
    y = 1 + x + 2 * rng.normal(size=8)[a] + rng.normal(size=40)
    return pd.DataFrame({"y": y, "x": x, "twice": 2 * x, "one": "p", "a": [f"a{k}" for k in a]})


def spec(fixed="y ~ x", random="~ 1 | a", **options):
    return ModelSpec("fuzz", fixed, random, options=options)


def stopped_short(answer):
    """The answer with the log-likelihood of a fit that didn't get there, as R's often is."""
    scalars = {**answer.scalars, "log_lik": answer.scalars["log_lik"] - 0.01, "sigma": 1.01 * answer.sigma}
    return dataclasses.replace(answer, scalars=scalars)


def test_engines_that_agree_agree(data):
    assert outcome_of(OneEngine(PYIMPL), (PYIMPL,), spec(), data).result is Result.AGREE


def test_the_worst_candidate_counts(data):
    found = outcome_of(OneEngine(PYIMPL), (PYIMPL, Corrupted()), spec(), data)
    assert (found.result, found.engine) == (Result.WRONG, "corrupted")


def test_a_reference_that_stopped_short_explains_the_difference(data):
    answer = answer_of(PYIMPL, spec(), data)
    found = outcome_of(Recorded({"nlme": stopped_short(answer)}), (PYIMPL,), spec(), data)
    assert found.result is Result.SHORT
    assert "0.01 of the log-likelihood above" in found.text


def test_a_reference_without_an_answer_explains_nothing_of_a_wrong_one(data):
    silent = Recorded({"nlme": "RError: singular"})
    assert outcome_of(silent, (PYIMPL,), spec(), data).result is Result.NO_ANSWER
    assert outcome_of(silent, (Corrupted(),), spec(), data).result is Result.WRONG


def test_a_candidate_short_of_the_reference_is_to_blame(data):
    class Short:
        name = "short"

        def fit(self, spec, data):
            import pyimpl

            return pyimpl.lme(
                spec.fixed, data, {"a": "pdLogChol(c(1), ~ 1)"}, method=spec.method, control={"maxIter": 0}
            )

    found = outcome_of(OneEngine(PYIMPL), (Short(),), spec(), data)
    assert found.result is Result.CANDIDATE_SHORT


# --- refusals ---


@pytest.mark.parametrize(
    "model, message, reason",
    [
        (spec("y ~ x + twice"), "'twice' is a linear combination of x", "linear combination"),
        (spec("y ~ one"), "'one' has only one level", "one level"),
        (spec(random={"a": SIX}), "fewer observations than random effects", "as many rows"),
        (spec(), "the grouping column 'a' has only one group", ""),
        (spec(), "'x' is a linear combination of (Intercept)", ""),
        (spec(), "'one' has only one level", ""),
        (spec(), "fewer observations than random effects", ""),
        (spec(), "40 rows can't determine 2 fixed effects", ""),
        (spec(), "something went wrong", ""),
    ],
)  # fmt: skip
def test_a_refusal_needs_a_reason_that_the_data_show(data, model, message, reason):
    found = outcome_of(OneEngine(PYIMPL), (Raising(message),), model, data)
    assert (found.result is Result.REFUSED) == bool(reason)
    assert reason in found.text
    assert found.explained == bool(reason)


def test_one_group_is_a_reason(data):
    found = outcome_of(Recorded({}), (PYIMPL,), spec(), data.assign(a="a0"))
    assert found.result is Result.REFUSED and "one group" in found.text


# --- the evaluator ---


def test_evidence_tells_a_maximum_from_what_is_beside_it(data):
    answer = answer_of(PYIMPL, spec(), data)
    assert evidence(spec(), data, answer).is_maximum
    beside = dataclasses.replace(answer, scalars={**answer.scalars, "sigma": 1.001 * answer.sigma})
    found = evidence(spec(), data, beside)
    assert not found.is_maximum and not found.follows and found.distance > 1e-3


def test_a_zero_variance_where_more_would_be_better_is_no_maximum(data):
    class Without:
        name = "without"

        def fit(self, spec, data):
            import pyimpl

            return pyimpl.lme(spec.fixed, data, {"a": "pdLogChol(c(-20), ~ 1)"}, control={"maxIter": 0})

    found = evidence(spec(), data, answer_of(Without(), spec(), data))
    assert found.follows and found.uphill and not found.is_maximum


def test_a_likelihood_without_a_maximum_is_told_from_one_with(data):
    answer = answer_of(PYIMPL, spec(), data)
    assert not is_unbounded(spec(), data, [answer])
    exact = data.assign(y=data.groupby("a")["x"].transform("first"))
    model = spec("y ~ 1")
    answer = answer_of(PYIMPL, model, exact)
    assert isinstance(answer, Answer)
    assert is_unbounded(model, exact, [answer])


FEW = pd.DataFrame(
    {
        "y": [-52.390817, -51.438087, -50.259667, -48.535983, -46.399037, -47.606119],
        "x": [6000.0, 7000, 8000, 6000, 7000, 6000],
        "v": [1.20, 1.06, 1.34, 1.04, 0.37, 0.60],
        "a": ["a3", "a3", "a3", "a6", "a6", "a10"],
    }
)
"""Two coefficients can fit two rows exactly, whose variance a power of v can take to zero."""


@pytest.mark.parametrize(
    "weights, grows", [("varPower(form = ~ v)", True), ("varPower(form = ~ v, fixed = 0.5)", False)]
)
def test_a_refusal_of_weights_that_run_off_needs_a_likelihood_without_end(weights, grows):
    model = dataclasses.replace(spec("y ~ x", {"a": "~ 1"}), method="ML", options={"weights": weights})
    message = "on the way to the optimum the errors' variances become so different that nothing is determined"
    found = outcome_of(OneEngine(PYIMPL), (Raising(message),), model, FEW)
    assert (found.result is Result.REFUSED) == grows
    assert ("grows without end" in found.text) == grows


def test_many_rows_keep_weights_from_running_off(data):
    model = dataclasses.replace(spec(), options={"weights": "varExp(form = ~ x)"})
    assert not is_unbounded(model, data, [])


# --- seeded errors, and what was found before ---


def test_a_seeded_error_is_found_and_shrunk_to_few_rows():
    source, engines = OneEngine(PYIMPL), (Corrupted(),)
    found = hunt(
        lambda design: outcome_of(source, engines, design.spec, design.data), 40, 2, models="plain",
        limits=Limits(failures=1, shrinking=12),
    )  # fmt: skip
    (failure,) = found.failures
    assert failure.outcome.engine == "corrupted"
    assert "sigma" in failure.outcome.text
    assert 4 <= failure.smallest.data["a"].nunique() <= 6
    assert len(failure.smallest.data) <= 16  # 8, given time


def test_right_answers_are_never_blamed():
    """The same engine on both sides: whatever the design, nothing is unexplained."""
    source, engines = OneEngine(PYIMPL), (PYIMPL,)
    found = hunt(lambda design: outcome_of(source, engines, design.spec, design.data), 25, 11, models="plain")
    assert found.passed, found.causes


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_cases_that_were_found_stay_explained(path: Path):
    """With R's answers as they were recorded; what was pyimpl's fault is mended."""
    case = read_case(path)
    found = outcome_of(Recorded(case.answers), (PYIMPL,), case.spec, case.data)
    assert found.explained, found.text


def test_there_are_cases():
    assert len(CASES) >= 8


# --- live R ---


def live(n, seed, models):
    from crosscheck.fuzz import LiveR

    source, engines = LiveR(), (PYIMPL,)
    found = hunt(lambda design: outcome_of(source, engines, design.spec, design.data), n, seed, models=models)
    assert found.passed, [(str(f.outcome.result), f.outcome.text, f.smallest.spec) for f in found.failures]


@pytest.mark.needs_r
def test_nothing_is_unexplained_between_r_and_pyimpl():
    live(25, 7, "plain")


@pytest.mark.needs_r
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1010))
def test_nothing_is_unexplained_in_a_thousand_designs(seed):
    live(100, seed, "plain")
