"""What a fit says of how it was reached, for every structure, on the boundary and inside."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl import LmeWarning, lme

STRUCTURES: dict[str, Any] = {
    "pdLogChol": {"g": "~ x"},
    "pdSymm": {"g": "pdSymm(~ x)"},
    "pdNatural": {"g": "pdNatural(~ x)"},
    "pdDiag": {"g": "pdDiag(~ x)"},
    "pdIdent": {"g": "pdIdent(~ f - 1)"},
    "pdCompSymm": {"g": "pdCompSymm(~ f - 1)"},
    "pdBlocked": {"g": "pdBlocked(list(pdSymm(~ x), pdIdent(~ f - 1)))"},
    "two levels": {"g": "pdDiag(~ x)", "h": "pdCompSymm(~ f - 1)"},
}


def small(seed: int, intercept: float, slope: float) -> pd.DataFrame:
    """Ten groups of two of eight rows, with an effect of each group."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(10), 16)
    x = rng.normal(size=160)
    effects = rng.normal(size=(2, 10))
    y = 1 + x + intercept * effects[0, g] + slope * effects[1, g] * x + rng.normal(size=160)
    f = pd.Categorical.from_codes(np.arange(160) % 3, ["u", "v", "w"])
    return pd.DataFrame({"y": y, "x": x, "g": g, "h": np.repeat(np.arange(20), 8), "f": f})


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_words_are_those_of_the_covariances(name: str) -> None:
    """Singular is said where a covariance matrix has an eigenvalue of zero, and nowhere else; no warning either way."""
    seen = set()
    for seed in range(6):
        for intercept, slope in ((0.0, 0.0), (1.5, 1.0)):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                fit = lme("y ~ x", small(seed, intercept, slope), STRUCTURES[name])
            state = fit.convergence
            assert state.converged
            assert state.scaled_gradient < 1e-8
            eigenvalues = {
                level: np.linalg.eigvalsh(fit.get_var_cov(level)) / fit.sigma**2 for level in STRUCTURES[name]
            }
            singular = tuple(level for level, values in eigenvalues.items() if values[0] < 1e-12)
            assert state.singular == singular
            assert state.on_boundary == bool(singular)
            words = f"on the boundary: {', '.join(singular)}" if singular else "from the optimum"
            assert str(state).startswith("converged after") and str(state).endswith(words)
            seen.add(bool(singular))
    assert seen == {True, False}


@pytest.mark.parametrize("random", ["~ 1 | row", "~ 1 | g/row", {"g": "~ 1", "again": "~ 1"}])
def test_parameters_that_can_t_be_told_apart_are_warned_of(random: Any) -> None:
    """A random effect for each row, or the same effects twice: the likelihood is flat along a line."""
    data = small(1, 1.5, 0.0)
    data = data.assign(row=np.arange(len(data)), again=data["g"] + 100)
    with pytest.warns(LmeWarning, match="not identified"):
        fit = lme("y ~ x", data, random)
    assert len(fit.warnings) == 1


def test_stopping_early_is_said() -> None:
    with pytest.warns(LmeWarning, match="standard errors from a stationary point"):
        fit = lme("y ~ x", small(1, 1.5, 1.0), "~ x | g", control={"maxIter": 1})
    assert not fit.convergence.converged
    assert str(fit.convergence).startswith("did not converge")
