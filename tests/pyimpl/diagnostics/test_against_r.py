"""R's own residuals give R's autocorrelations and variograms, numbers and pages (diagnostics.json)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl import lme
from pyimpl.diagnostics import Layout, VariogramOptions, autocorrelation, empirical_variogram

RECORDED = Path(__file__).with_name("diagnostics.json")


@cache
def recorded() -> dict[str, Any]:
    return json.loads(RECORDED.read_text(encoding="utf-8"))


def cases() -> dict[str, Any]:
    return recorded()["cases"]


def asked(kind: str) -> list[tuple[str, str]]:
    return [(name, number) for name, case in cases().items() for number in case[kind]]


def array(values: list[float | None]) -> np.ndarray:
    return np.array(values, dtype=float)


def layout(case: dict[str, Any], form: str | None) -> Layout:
    codes = np.array(case["codes"])
    if form is None:
        return Layout(codes)
    names = form.removeprefix("~ ").split(" + ")
    return Layout(codes, np.column_stack([case["coordinates"][name] for name in names]), tuple(names))


@pytest.mark.parametrize("name, number", asked("acf"))
def test_autocorrelations_are_those_of_r(name, number):
    case = cases()[name]
    wanted = case["acf"][number]
    found = autocorrelation(array(case["residuals"]), layout(case, None), wanted["arguments"].get("max_lag"))
    assert found.lag.tolist() == wanted["lag"]
    assert found.n_used.tolist() == wanted["n_used"]
    np.testing.assert_allclose(found.acf, array(wanted["acf"]), rtol=1e-12, atol=1e-14)
    assert str(found) == wanted["page"]


@pytest.mark.parametrize("name, number", asked("variogram"))
def test_variograms_are_those_of_r(name, number):
    case = cases()[name]
    wanted = case["variogram"][number]
    arguments = dict(wanted["arguments"])
    form = arguments.pop("form", None)
    found = empirical_variogram(array(case["residuals"]), layout(case, form), VariogramOptions(**arguments))
    assert len(found.variog) == wanted["rows"]
    assert found.variog @ np.arange(1, len(found.variog) + 1) == pytest.approx(wanted["weighted"], rel=1e-12)
    shown = slice(None) if wanted["page"] else np.r_[0:40, -40:0]
    np.testing.assert_allclose(found.variog[shown], wanted["variog"], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(found.dist[shown], wanted["dist"], rtol=1e-14)
    if found.n_pairs is not None:
        assert found.n_pairs.tolist() == wanted["n_pairs"]
    if wanted["page"]:
        assert str(found) == wanted["page"]


def test_a_fit_of_two_levels_gives_the_pages_of_rs_converged_one():
    data = pd.DataFrame(recorded()["pixel"])
    data["Dog"] = pd.Categorical(data["Dog"], [str(k) for k in range(1, 11)])
    fit = lme("pixel ~ day + I(day^2)", data, {"Dog": "~ day", "Side": "~ 1"})
    wanted = cases()["pixel"]
    np.testing.assert_allclose(fit.residuals("pearson"), wanted["residuals"], atol=1e-7)
    assert str(fit.acf()) == wanted["acf"]["01"]["page"]
    assert str(fit.variogram("~ day")) == wanted["variogram"]["01"]["page"]
    assert str(fit.variogram("~ day", n_int=6)) == wanted["variogram"]["03"]["page"]
