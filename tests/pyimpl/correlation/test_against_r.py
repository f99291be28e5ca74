"""Each structure's parameters, matrices, log-determinants and whitened rows are nlme's (answers.json)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyimpl.correlation import Correlation, correlation_request, initialise

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("answers.json").read_text("utf-8"))["cases"]
by_call = pytest.mark.parametrize("case", CASES, ids=[case["call"] for case in CASES])
by_point = pytest.mark.parametrize("point", ["at_start", "elsewhere"])


@cache
def rows() -> dict[str, np.ndarray]:
    recorded = json.loads(Path(__file__).with_name("answers.json").read_text("utf-8"))["rows"]
    return {name: np.array(column) for name, column in recorded.items()}


def structure(case: dict[str, Any]) -> Correlation:
    request = correlation_request(case["call"])
    covariates = [rows()[expr.name] for expr in request.form.covariates]
    return initialise(request, np.unique(rows()["g"], return_inverse=True)[1], covariates)


def free(case: dict[str, Any], point: str) -> np.ndarray:
    return np.array(case[point]["unconstrained"], float)


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, np.array(expected, float), rtol=1e-12, atol=1e-13)


@by_call
def test_class_names_and_starting_values(case: dict[str, Any]) -> None:
    found = structure(case)
    assert found.structure == case["class"]
    # summary() calls these "General correlation", its page "General"
    assert found.title == case["title"].split(" correlation,")[0].replace("General correlation", "General")
    # corSymm's are without names until it is printed
    assert list(found.names) == (
        case["names"] or [f"cor({i},{j})" for i in range(1, 6) for j in range(i + 1, 6)]
    )
    close(found.start, case["at_start"]["unconstrained"])


@by_call
@by_point
def test_constrained_parameters(case: dict[str, Any], point: str) -> None:
    close(structure(case).constrained(free(case, point)), case[point]["constrained"])


@by_call
@by_point
def test_matrices(case: dict[str, Any], point: str) -> None:
    found = structure(case)
    for group, expected in enumerate(case[point]["matrices"]):
        close(found.matrix(free(case, point), group), expected)


@by_call
@by_point
def test_log_determinant_and_whitened_rows(case: dict[str, Any], point: str) -> None:
    found = structure(case)
    whitened, log_det = found.whiten(free(case, point), rows()["z"][None])
    close(log_det, case[point]["log_det"])
    if "jumbled" in case["call"]:  # nlme predicts each row from the rows before it, pyimpl from earlier times
        close((whitened**2).sum(), (np.array(case[point]["whitened"]) ** 2).sum())
    else:
        close(whitened[0], case[point]["whitened"])
