"""Rows of uneven groups in no order, and every structure on them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from pyimpl.correlation import Correlation, correlation_request, initialise

CALLS = (
    "corAR1(0.5, ~ whole)",
    "corAR1(-0.7, ~ gaps)",
    "corCAR1(0.6, ~ x)",
    "corARMA(c(0.5, -0.3), ~ gaps, p = 2)",
    "corARMA(0.5, ~ whole, q = 1)",
    "corARMA(c(0.2, 0.3, -0.4), ~ gaps, p = 1, q = 2)",
    "corARMA(c(0.5, -0.3, 0.4, 0.2), ~ whole, p = 2, q = 2)",
    "corCompSymm(0.3)",
    "corSymm(form = ~ whole)",
    "corNatural(form = ~ whole)",
    "corExp(2, ~ x)",
    "corExp(c(2, 0.3), ~ x, nugget = TRUE)",
    "corExp(c(2, 0.3), ~ x + y, nugget = TRUE)",
    "corGaus(1.5, ~ x + y)",
    "corGaus(c(1.5, 0.2), ~ x, nugget = TRUE)",
    "corLin(c(6, 0.2), ~ x, nugget = TRUE)",
    "corRatio(c(2, 0.3), ~ x + y, nugget = TRUE)",
    'corSpher(c(3, 0.3), ~ x + y, nugget = TRUE, metric = "manhattan")',
)


@dataclass(frozen=True)
class Rows:
    codes: np.ndarray
    covariates: dict[str, np.ndarray]

    def structure(self, call: str) -> Correlation:
        request = correlation_request(call)
        return initialise(
            request, self.codes, [self.covariates[expr.name] for expr in request.form.covariates]
        )

    def dense(self, structure: Correlation, psi: np.ndarray) -> np.ndarray:
        """The correlation matrix of all rows, group by group."""
        R = np.zeros((len(self.codes), len(self.codes)))
        for group in range(self.codes.max() + 1):
            inside = np.flatnonzero(self.codes == group)
            R[np.ix_(inside, inside)] = structure.matrix(psi, group)
        return R


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(20261122)


@pytest.fixture
def make_rows(random: np.random.Generator) -> Callable[..., Rows]:
    def make(sizes: tuple[int, ...] = (5, 1, 3, 5, 4), shuffled: bool = True) -> Rows:
        codes = np.repeat(np.arange(len(sizes)), sizes)
        whole = np.concatenate([1.0 + np.arange(n) for n in sizes])
        gaps = np.concatenate([np.cumsum(random.integers(1, 4, n)) for n in sizes]).astype(float)
        x, y = gaps + random.uniform(0, 0.9, len(codes)), random.normal(size=len(codes))
        order = random.permutation(len(codes)) if shuffled else np.arange(len(codes))
        columns = {"whole": whole, "gaps": gaps, "x": x, "y": y}
        return Rows(codes[order], {name: column[order] for name, column in columns.items()})

    return make


@pytest.fixture(params=CALLS)
def call(request: pytest.FixtureRequest) -> str:
    return str(request.param)
