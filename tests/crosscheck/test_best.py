"""Which of R's answers candidates are held to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosscheck import ModelSpec
from crosscheck.best import best


def at(answer, log_lik):
    return replace(answer, scalars={**answer.scalars, "log_lik": log_lik})


@pytest.mark.parametrize(
    ("log_liks", "expected"),
    [
        ({"converged": -10, "tight": -10, "default": -10}, "converged"),
        ({"converged": -10, "tight": -10 + 5e-9, "default": -11}, "converged"),
        ({"converged": -10, "tight": -10 + 2e-8, "default": -11}, "tight"),
        ({"converged": -12, "tight": -12, "default": -11}, "default"),
        ({"converged": -12, "tight": None, "default": None}, "converged"),
        ({"converged": -12, "symm": -11}, "converged"),
        ({"converged": None, "symm": -11}, None),
        ({}, None),
    ],
)
def test_the_first_among_the_highest(answer, log_liks, expected):
    answers = {c: "RError: failed" if at_ is None else at(answer, at_) for c, at_ in log_liks.items()}
    assert best(answers) == expected


@pytest.mark.parametrize(
    ("random", "expected"),
    [
        ("~ 1 | a/b", "~ 1 | a/b"),
        ("~ x | a/b", {"a": "pdSymm(~ x)", "b": "pdSymm(~ x)"}),
        ("~ x - 1 | a", {"a": "pdSymm(~ x - 1)"}),
        (
            {"a": "pdLogChol(~ x)", "b": "pdLogChol(~ 1)", "c": "pdDiag(~ x)"},
            {"a": "pdSymm(~ x)", "b": "pdLogChol(~ 1)", "c": "pdDiag(~ x)"},
        ),
    ],
)
def test_free_covariances_by_their_matrix_logarithm(random, expected):
    spec = ModelSpec("m", "y ~ x", random)
    assert spec.by_matrix_logarithm().random == expected
    assert spec.has_unstructured == (expected != random)
