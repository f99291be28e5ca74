"""A small fit that answers the contract, with two nested levels, for tests that need no engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crosscheck import Answer

TERMS = ["(Intercept)", "age", "sexMale"]
CORR = {"school": 0.25, "child": -0.4}
SDS = {"school": [2.5, 0.75], "child": [1.5, 0.25]}
GROUPS = {"school": ["A", "B", "C"], "child": ["A/1", "A/2", "B/1", "B/2", "C/1"]}


class FakeSpread:
    def to_frame(self) -> pd.DataFrame:
        rows = [(g, t, sd**2, sd) for g, sds in SDS.items() for t, sd in zip(TERMS, sds, strict=False)]
        return pd.DataFrame(
            [*rows, ("Residual", "", 9.0, 3.0)], columns=["group", "term", "variance", "std_dev"]
        )

    def corr(self, group: str) -> pd.DataFrame:
        r = CORR[group]
        return pd.DataFrame([[1, r], [r, 1]], index=TERMS[:2], columns=TERMS[:2])

    def __str__(self) -> str:
        return "the VarCorr page\n"


@dataclass
class FakeFit:
    method: str = "REML"
    sigma: float = 3.0
    log_lik: float = -1234.56789
    aic: float = 2489.13578
    bic: float = 2530.2
    n_obs: int = 10
    n_groups: dict[str, int] = field(default_factory=lambda: {"school": 3, "child": 5})
    warnings: tuple[str, ...] = ("a warning",)
    convergence: str = "converged"

    def t_table(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "Value": [12.5, -0.75, 1e-3],
                "Std.Error": [0.25, 0.125, 0.5],
                "DF": [8, 8, 1],
                "t-value": [50.0, -6.0, 0.002],
                "p-value": [3.1e-11, 3.2e-4, 0.9987],
            },
            index=TERMS,
        )

    def fixef(self) -> pd.Series:
        return self.t_table()["Value"]

    def vcov(self) -> pd.DataFrame:
        se = self.t_table()["Std.Error"].to_numpy()
        corr = np.array([[1, 0.3, -0.2], [0.3, 1, 0.1], [-0.2, 0.1, 1]])
        return pd.DataFrame(corr * np.outer(se, se), index=TERMS, columns=TERMS)

    def var_corr(self) -> FakeSpread:
        return FakeSpread()

    def get_var_cov(self, level: int | None = None) -> pd.DataFrame:
        group = list(SDS)[(level or 2) - 1]
        sds = np.array(SDS[group])
        corr = np.array([[1, CORR[group]], [CORR[group], 1]])
        return pd.DataFrame(corr * np.outer(sds, sds), index=TERMS[:2], columns=TERMS[:2])

    def ranef(self, level: int | None = None) -> dict[str, pd.DataFrame]:
        rng = np.random.default_rng(7)
        return {
            group: pd.DataFrame(rng.normal(size=(len(names), 2)), index=names, columns=TERMS[:2])
            for group, names in GROUPS.items()
        }

    def fitted(self, level: int | None = None) -> pd.Series:
        return pd.Series(np.random.default_rng(level).normal(12, 3, size=10), index=range(10))

    def corr_params(self) -> pd.Series:
        return pd.Series({"Phi": 0.5})

    def var_params(self) -> pd.Series:
        return pd.Series(dtype=float)

    def summary(self) -> str:
        return "the summary page\n"

    def anova(self) -> str:
        return "the anova page\n"

    def __str__(self) -> str:
        return "the fit, 1"


@pytest.fixture
def fit() -> Any:
    return FakeFit()


@pytest.fixture
def answer() -> Answer:
    return Answer.of(FakeFit(), engine="fake", provenance={"fake": "1.0"})
