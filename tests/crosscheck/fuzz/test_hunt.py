"""The hunt: what is drawn, what is counted, and that failures come out small."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import strategies as st

from crosscheck.fuzz.designs import designs
from crosscheck.fuzz.hunt import Limits, hunt
from crosscheck.fuzz.layout import Cell, Layout, Noise
from crosscheck.fuzz.models import CORRELATIONS, SQUARE, WEIGHTS
from crosscheck.fuzz.verdict import Outcome, Result

FINE = Outcome(Result.AGREE, "stub")


def drawn(n, start, models="all"):
    seen = []

    def trial(design):
        seen.append(design)
        return FINE

    return seen, hunt(trial, n, start, models=models)


def test_the_same_seed_draws_the_same_designs_and_another_others():
    one, again, other = drawn(12, 7)[0], drawn(12, 7)[0], drawn(12, 8)[0]
    assert [design.key for design in one] == [design.key for design in again]
    assert len({design.key for design in [*one, *other]}) > 20


def test_designs_have_what_models_have():
    seen, found = drawn(120, 3, "plain")
    assert found.passed and found.tried == len(seen) == 120
    for feature in ("REML", "ML", "1 level", "2 levels", "3 levels", "balanced", "unbalanced", "some singletons",
                    "wild scales", "contrasts", "near-collinear", "pdBlocked", *SQUARE):  # fmt: skip
        assert found.features[feature] >= 2, feature
    assert not any({"correlation", "weights"} & set(design.spec.options) for design in seen)
    assert all(len(design.data) <= 120 for design in seen)


def test_structures_within_groups_are_drawn_where_asked():
    seen, _ = drawn(60, 3, "within")
    used = " ".join(str(dict(design.spec.options)) for design in seen)
    assert all({"correlation", "weights"} & set(design.spec.options) for design in seen)
    kinds = {text.partition("(")[0] for text in (*CORRELATIONS, *WEIGHTS)}
    assert sum(kind in used for kind in kinds) > len(kinds) / 2


def test_rows_stay_what_they_are_when_others_go():
    whole = Noise(Layout((Cell((4, 1), 5), Cell((2, 0), 3))), (1, 2))
    less = Noise(Layout((Cell((4, 1), 2),)), (1, 2))
    np.testing.assert_array_equal(whole.rows(3)[:2], less.rows(3))
    np.testing.assert_array_equal(whole.groups(0, 3)[:2], less.groups(0, 3))
    assert whole.labels()["b"][:2] == less.labels()["b"]


def fails_if(condition, result=Result.WRONG):
    return lambda design: Outcome(result, "stub", "seen") if condition(design) else FINE


def test_a_failure_comes_out_small():
    """Whatever is to blame is still there, and next to nothing else."""
    found = hunt(
        fails_if(lambda d: d.data["a"].nunique() > 3 and "pdDiag" in str(d.spec.random)), 40, 1,
        models="plain", limits=Limits(failures=1),
    )  # fmt: skip
    (failure,) = found.failures
    assert not found.passed and found.unexplained == 1
    assert failure.smallest.data["a"].nunique() == 4
    assert len(failure.smallest.data) <= 8
    assert failure.smallest.spec.fixed == "y ~ 1"
    assert failure.smallest.spec.random in ({"a": "pdDiag(~ 1)"}, {"a": "pdDiag(~ x)"})


def test_shrinking_does_not_slip_to_another_cause():
    """Small designs fail too, for another cause, which is no reason to call them the same failure."""

    def trial(design):
        groups = design.data["a"].nunique()
        if groups > 3:
            return Outcome(Result.WRONG, "stub")
        return Outcome(Result.UNDECIDED, "stub") if groups > 2 else FINE

    found = hunt(trial, 30, 5, models="plain", limits=Limits(failures=4))
    by_cause = {failure.outcome.result: failure.smallest.data["a"].nunique() for failure in found.failures}
    assert by_cause[Result.WRONG] == 4


def test_shrinking_ends_in_time_with_the_smallest_so_far():
    calls = Counter()

    def trial(design):
        calls["all"] += 1
        return Outcome(Result.WRONG, "stub") if len(design.data) > 6 else FINE

    found = hunt(trial, 20, 1, limits=Limits(failures=1, shrinking=1e-9))
    assert found.failures[0].smallest.key == found.failures[0].found.key
    assert calls["all"] == found.tried


def test_a_hunt_that_ends_early_has_not_passed():
    out_of_time = hunt(lambda design: FINE, 50, 1, limits=Limits(seconds=1e-9))
    assert (out_of_time.tried, out_of_time.ended, out_of_time.passed) == (0, "out of time", False)
    enough = hunt(fails_if(lambda d: True), 50, 1, limits=Limits(failures=2, shrinking=1e-9))
    assert enough.ended == "2 failures are enough" and len(enough.failures) == 2


def test_ctrl_c_keeps_what_was_found():
    def trial(design):
        if len(seen) == 3:
            raise KeyboardInterrupt
        seen.append(design)
        return FINE

    seen = []
    found = hunt(trial, 50, 1)
    assert found.ended == "interrupted" and found.tried >= 2 and not found.passed


def test_nothing_is_written_where_the_user_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drawn(3, 1)
    hunt(fails_if(lambda d: len(d.data) > 4), 5, 1, limits=Limits(failures=1, shrinking=1))
    assert not list(tmp_path.iterdir())


def test_the_strategy_is_one_of_hypothesis_own():
    assert isinstance(designs("plain"), st.SearchStrategy)


@pytest.mark.parametrize("models", ["all", "plain", "within"])
def test_progress_is_told_of_each_design(models):
    told = []
    hunt(
        lambda design: FINE,
        4,
        2,
        models=models,
        progress=lambda done, causes: told.append((done, dict(causes))),
    )
    assert told[-1] == (4, {"agree": 4})
    assert [done for done, _ in told] == sorted({done for done, _ in told})
