"""Requirements, results, deviations and causes, from studies of known outcome."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from crosscheck import load_hsb
from crosscheck.answer import Answer
from crosscheck.cause import Cause
from crosscheck.dossier import of_run, together
from crosscheck.dossier.evidence import Evidence
from crosscheck.dossier.performance import performance
from crosscheck.dossier.requirements import requirements
from crosscheck.dossier.results import Outcome, overall
from crosscheck.quantities import QUANTITIES
from crosscheck.run import run

from .conftest import MODELS, Right, Wrong, evidence_of


def of(found, candidate):
    return {one.requirement: one for one in found.results if one.candidate == candidate}


def test_every_quantity_belongs_to_one_requirement():
    keys = [key for one in requirements() for key in one.quantities]
    assert sorted(keys) == sorted(quantity.key for quantity in QUANTITIES)


def test_limits_are_those_that_comparisons_apply():
    limits = {limit.quantity: limit.by_kind for one in requirements() for limit in one.limits}
    assert limits["coefficient"] == {"regular": 1e-5, "singular": 5e-4, "fixed-point": 1e-5}
    assert limits["logLik"] == {"regular": 1e-8, "singular": 1e-6, "fixed-point": 1e-6}
    assert set(limits["DF"].values()) == {0}


def test_the_identifiers_are_stable():
    """An auditor's documents refer to them: one may be added, none may change its meaning."""
    assert [one.id for one in requirements()] == [
        *("R-RUN-01", "R-MOD-01", "R-FIX-01", "R-FIX-02", "R-FIX-03", "R-INF-01", "R-INF-02", "R-INF-03"),
        *("R-VAR-01", "R-VAR-02", "R-VAR-03", "R-VAR-04", "R-VAR-05", "R-VAR-06", "R-LIK-01", "R-LIK-02"),
        *("R-LIK-03", "R-PRE-01", "R-PRE-02", "R-PAG-01", "R-PAG-02", "R-PAG-03", "R-PAG-04"),
        *("R-OPT-01", "R-OPT-02"),
    ]  # fmt: skip


def test_the_right_answer_meets_every_requirement(passing):
    found = passing.performance
    assert found.outcome is Outcome.PASS
    assert found.deviations == ()
    results = of(found, "right")
    assert {id for id, one in results.items() if one.outcome is Outcome.NOT_APPLICABLE} == {
        "R-VAR-05",
        "R-VAR-06",
    }
    assert results["R-OPT-02"].values == 2  # the evaluator could say on both
    assert results["R-FIX-01"].values == 2 * (1 + 4)  # in the table and by fixef()
    assert passing.outcome is Outcome.PASS


def test_one_wrong_value_fails_its_requirement_and_no_other(failing):
    results = of(failing.performance, "wrong")
    failed = {id for id, one in results.items() if one.outcome is Outcome.FAIL}
    assert failed == {"R-VAR-03", "R-RUN-01"}
    worst = results["R-VAR-03"].worst
    assert (worst.fit, worst.quantity, worst.verdict) == (MODELS[0], "sigma", "DIFFER")
    assert worst.difference == pytest.approx(1e-3, rel=1e-6)
    assert all(one.outcome is not Outcome.FAIL for one in of(failing.performance, "right").values())
    assert failing.parts == {"IQ": Outcome.PASS, "OQ": Outcome.PASS, "PQ": Outcome.FAIL}


def test_deviations_have_cause_reason_and_impact(failing):
    wrong, raised = failing.performance.deviations
    assert (wrong.id, wrong.candidate, wrong.fit, wrong.quantities) == (
        "D-01",
        "wrong",
        MODELS[0],
        ("sigma",),
    )
    assert wrong.cause == Cause.WRONG and wrong.outcome is Outcome.FAIL
    assert raised.cause == Cause.RAISED and "did not converge" in raised.reason
    assert all(one.impact for one in (wrong, raised))


class Singular(Right):
    """pyimpl where R stops short of a singular optimum."""

    name = "pyimpl"

    def fit(self, spec, data):
        import pyimpl

        return pyimpl.lme(data=data, **spec.arguments())


def test_what_r_stopped_short_of_is_an_explained_deviation():
    found = performance(evidence_of(Singular(), models=["ch04-fm2IGF.lme"]).examined)
    assert found.outcome is Outcome.DEVIATION
    assert {one.cause for one in found.deviations} == {str(Cause.R_STOPPED_SHORT)}
    assert all(one.outcome is Outcome.DEVIATION for one in found.deviations)
    (fit,) = found.fit_results
    assert fit.outcome is Outcome.DEVIATION
    outside = sum(one.values for one in found.deviations)
    assert found.counts(fit.results)[1] == outside


class Incomplete(Right):
    name = "incomplete"

    def fit(self, spec, data):
        answer = super().fit(spec, data)
        return (
            answer if isinstance(answer, Answer) and spec.name != MODELS[0] else replace(answer, fitted=None)
        )


def test_what_is_missing_is_held_against_completeness():
    found = performance(evidence_of(Incomplete(), models=MODELS[:1]).examined)
    results = of(found, "incomplete")
    assert results["R-RUN-01"].outcome is Outcome.FAIL
    assert results["R-RUN-01"].outside == results["R-PRE-02"].outside == 36
    assert results["R-FIX-01"].outcome is Outcome.PASS


def test_nothing_at_all_is_a_failure():
    assert performance(()).outcome is Outcome.FAIL
    assert overall(()) is Outcome.FAIL
    assert overall((Outcome.NOT_APPLICABLE,)) is Outcome.FAIL
    assert overall((Outcome.NOT_APPLICABLE, Outcome.PASS)) is Outcome.PASS


def test_candidates_that_none_was_asked_of_are_a_failure():
    assert performance(evidence_of(models=MODELS[:1]).examined).outcome is Outcome.FAIL


def own_run(tmp_path: Path, engines=("pyimpl", "pyimpl")):
    path = tmp_path / "mine.csv"
    load_hsb().to_csv(path, index=False)
    frame = load_hsb()
    return run("mathach ~ ses", "~ 1 | id", frame, engines=list(engines), name="mine"), path


def test_ones_own_model_is_evidence_with_its_files(tmp_path):
    made, path = own_run(tmp_path)
    evidence = of_run(made, path)
    (one,) = evidence.examined
    assert [file.kind for file in one.files] == ["data", "data"]
    assert one.files[1].sha256 == made.sha256
    assert performance(evidence.examined).outcome is Outcome.PASS
    both = together([evidence, evidence_of(Right())])
    assert isinstance(both, Evidence) and len(both.examined) == 3 and not both.live


def test_where_nobody_is_asked_who_is_right_a_difference_is_held_against_the_candidate(tmp_path):
    made, path = own_run(tmp_path, ("pyimpl", Wrong()))
    unasked = replace(made, opinions=())
    (one,) = of_run(unasked, path).examined
    assert one.opinions[0].cause is Cause.RAISED  # nothing is recorded for it
    found = performance((one,))
    assert found.outcome is Outcome.FAIL
