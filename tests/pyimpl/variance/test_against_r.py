"""Each variance function's parameters and weights are nlme's (answers.json)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyimpl.derivative import derivative
from pyimpl.formula.nodes import Name
from pyimpl.variance import (
    VarianceColumns,
    VarianceFunction,
    VarianceRequest,
    initialise,
    variance_request,
)

RECORDED = json.loads(Path(__file__).with_name("answers.json").read_text("utf-8"))
CASES: list[dict[str, Any]] = RECORDED["cases"]
ROWS = {name: np.array(column) for name, column in RECORDED["rows"].items()}
by_call = pytest.mark.parametrize("case", CASES, ids=[case["call"] for case in CASES])
by_point = pytest.mark.parametrize("point", ["at_start", "elsewhere"])


def columns(request: VarianceRequest) -> VarianceColumns:
    names = [expr.name for expr in request.form.covariates if isinstance(expr, Name)]
    covariate = ROWS[names[0]] if names else None
    parts = [columns(part) for part in request.parts]
    if not request.form.groups:
        return VarianceColumns(covariate, parts=parts)
    strata = ["*".join(row) for row in zip(*(ROWS[name] for name in request.form.groups), strict=True)]
    labels, codes = np.unique(strata, return_inverse=True)
    return VarianceColumns(covariate, codes, labels.tolist(), parts)


def function(call: str) -> VarianceFunction:
    request = variance_request(call)
    return initialise(request, columns(request))


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, np.array(expected, float), rtol=1e-13, atol=1e-14)


@by_call
@by_point
def test_parameters(case: dict[str, Any], point: str) -> None:
    found = function(case["call"])
    psi = np.array(case[point]["unconstrained"], float)
    if point == "at_start":
        close(found.start, psi)
    assert found.n_parameters == len(psi) == found.free.sum()
    expected = dict(zip(case["names"], case[point]["constrained"], strict=True))
    assert set(found.names) == set(expected)
    assert found.title == (case["title"] or "fixed weights")
    close(found.constrained(psi), [expected[name] for name in found.names])
    if "Const" not in case["call"]:  # R prints those with strata as a table
        assert list(found.names) == case["names"]


@by_call
@by_point
def test_weights(case: dict[str, Any], point: str) -> None:
    psi = np.array(case[point]["unconstrained"], float)
    log_sd = function(case["call"]).log_sd(psi)
    close(np.exp(-log_sd), case[point]["weights"])


@by_call
def test_complex_steps_are_exact_derivatives(case: dict[str, Any]) -> None:
    found = function(case["call"])
    psi = np.array(case["elsewhere"]["unconstrained"], float)
    h = 1e-5
    central = [(found.log_sd(psi + h * e) - found.log_sd(psi - h * e)) / (2 * h) for e in np.eye(len(psi))]
    if len(psi):
        np.testing.assert_allclose(derivative(found.log_sd, psi), central, rtol=1e-8, atol=1e-9)
