"""The reference evaluator's columns: R's names and numbers, from R's recorded answers to the book and to HSB."""

from __future__ import annotations

import pytest

from crosscheck import ladder
from crosscheck.book import book
from crosscheck.data import load
from crosscheck.errors import CrosscheckError
from crosscheck.recordfile import read
from crosscheck.reference import dense_model

SPECS = [case.spec for case in book()] + list(ladder())


def recorded(spec):
    for control in ("converged", "tight", "default"):
        try:
            return read(spec, control)
        except CrosscheckError:
            continue
    return None


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)
def test_columns_effects_and_groups_have_the_names_that_r_gives_them(spec):
    answer = recorded(spec)
    if answer is None:
        pytest.skip("R has no answer")
    model = dense_model(spec, load(spec.data))
    assert model.terms == answer.fixef.rows
    assert [*model.effects] == [level.cov.rows for level in answer.levels]
    assert [set(level.labels) for level in model.problem.levels] == [
        set(level.ranef.rows) for level in answer.levels
    ]
    assert list(model.groups) == [level.group for level in answer.levels]
