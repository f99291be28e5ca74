"""Nested data with times, places and strata, and every structure that can be asked of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from pyimpl import lme
from pyimpl.fit import LmeFit
from pyimpl.structured import StructuredRows, structured_rows

CORRELATIONS = (
    "corAR1(form = ~ t | a/b)",
    "corCAR1(form = ~ u | a/b)",
    "corARMA(form = ~ t | a/b, p = 2)",
    "corARMA(form = ~ t | a/b, q = 2)",
    "corARMA(form = ~ t | a/b, p = 1, q = 1)",
    "corCompSymm(form = ~ 1 | a/b)",
    "corSymm(form = ~ k | a/b/c)",
    "corNatural(form = ~ k | a/b/c)",
    "corExp(form = ~ u | a/b)",
    "corExp(form = ~ u | a/b, nugget = TRUE)",
    "corExp(form = ~ u + v | a/b, nugget = TRUE)",
    "corGaus(form = ~ u + v | a/b, nugget = TRUE)",
    "corLin(form = ~ u + v | a/b, 3.03)",
    "corRatio(form = ~ u + v | a/b, metric = 'manhattan')",
    "corSpher(form = ~ u + v | a/b, c(3, 0.2), nugget = TRUE, metric = 'maximum')",
)
VARIANCES = (
    "varFixed(~ w)",
    "varIdent(form = ~ 1 | s)",
    "varIdent(form = ~ 1 | s * r)",
    "varPower(form = ~ w)",
    "varPower(form = ~ w | s)",
    "varExp(form = ~ x)",
    "varConstPower(form = ~ w)",
    "varConstPower(form = ~ w | s, fixed = list(power = 1))",
    "varConstProp(form = ~ w)",
    "varComb(varIdent(form = ~ 1 | s), varExp(form = ~ x))",
    "varPower()",
)
BOTH = tuple((correlation, VARIANCES[3 * k % len(VARIANCES)]) for k, correlation in enumerate(CORRELATIONS))
EVERY = [*((one, None) for one in CORRELATIONS), *((None, one) for one in VARIANCES), *BOTH]


def data(seed: int = 11) -> pd.DataFrame:
    """About 120 rows in no order: 6 groups a of 2 groups b, times with gaps, unequal sizes."""
    rng = np.random.default_rng(seed)
    parts = []
    for a in range(6):
        effect = rng.normal(0, 1.5)
        for b in range(2):
            n = int(rng.integers(7, 13))
            parts.append(
                pd.DataFrame(
                    {
                        "a": f"a{a}",
                        "b": f"b{b}",
                        "c": [f"c{i // 3}" for i in range(n)],
                        "k": [i % 3 + 1 for i in range(n)],
                        "t": np.sort(rng.choice(16, n, replace=False)),
                        "u": np.cumsum(rng.uniform(0.2, 2, n)),
                        "v": rng.normal(size=n),
                        "w": rng.uniform(0.5, 4, n),
                        "x": rng.normal(size=n),
                        "s": rng.choice(["f", "m", "n"], n),
                        "r": rng.choice(["p", "q"], n),
                        "y": 8 + effect + rng.normal(0, 0.7) + rng.normal(size=n),
                    }
                )
            )
    frame = pd.concat(parts, ignore_index=True)
    frame["y"] += 0.8 * frame["x"]
    return frame.sample(frac=1, random_state=seed)


@dataclass(frozen=True)
class Asked:
    """A model that has been read but not fitted."""

    fit: LmeFit
    rows: StructuredRows

    @property
    def start(self) -> np.ndarray:
        return self.rows.within.start


def asked(correlation: str | None, weights: str | None, method: str, sigma: float | None = None) -> Asked:
    """The model at its starting values."""
    control = {"maxIter": 0} | ({} if sigma is None else {"sigma": sigma})
    with pytest.warns(UserWarning, match="maxIter is 0"):
        fit = lme("y ~ x", data(), "~ x | a/b", correlation, weights, method=method, control=control)
    model = fit.model
    assert model.within is not None
    structures = fit.likelihood.structures
    rows = structured_rows(model.design, structures, method == "REML", sigma, model.within)
    return Asked(fit, rows)
