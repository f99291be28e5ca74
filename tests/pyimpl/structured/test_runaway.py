"""Variance functions along which the likelihood grows without end, and a sigma that goes to zero on the way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pyimpl

FEW = pd.DataFrame(
    {
        "y": [-52.390817, -51.438087, -50.259667, -48.535983, -46.399037, -47.606119],
        "x": [6000.0, 7000, 8000, 6000, 7000, 6000],
        "v": [1.20, 1.06, 1.34, 1.04, 0.37, 0.60],
        "a": ["a3", "a3", "a3", "a6", "a6", "a10"],
    }
)
"""Two of the rows can be fitted exactly, and varPower can give them a variance of nothing."""


def test_a_maximum_that_ends_counts_not_a_likelihood_that_grows_without_end() -> None:
    # by record_runaway.R, nlme 3.1-162
    fit = pyimpl.lme("y ~ x", FEW, random="~ 1 | a", weights="varPower(form = ~ v)", method="ML")
    assert fit.log_lik == pytest.approx(-5.526621356881801894, abs=1e-7)
    assert fit.sigma == pytest.approx(0.082156526169327768, rel=1e-4)


def test_a_descent_begins_nowhere_that_squares_overflow(monkeypatch: pytest.MonkeyPatch) -> None:
    from pyimpl.structured.descent import descend
    from pyimpl.structured.profile import Profile

    seen = []

    def overflows(self: Profile, here: object, gradient: np.ndarray) -> np.ndarray:
        return np.full((len(gradient), len(gradient)), np.inf)

    def recorded(*arguments: object) -> object:
        seen.append(descend(*arguments))  # type: ignore[arg-type]
        return seen[-1]

    monkeypatch.setattr(Profile, "curvature", overflows)
    monkeypatch.setattr("pyimpl.structured.search.descend", recorded)
    with pytest.warns(pyimpl.LmeWarning):
        pyimpl.lme("y ~ x", FEW, random="~ 1 | a", weights="varPower(form = ~ v)", method="ML")
    assert seen
    assert not any(each.converged or each.steps for each in seen)
