"""A small world of nested data sets and the dense likelihood they are checked against; what R said of real ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl.covariance import Blocked, CompoundSymmetry, Covariance, Diagonal, General, Identity
from pyimpl.moments import Moments, compress
from pyimpl.objective import Likelihood


@dataclass(frozen=True)
class Problem:
    """Plain arrays of a mixed model, levels innermost first, rows sorted by group."""

    y: np.ndarray
    X: np.ndarray
    levels: tuple[tuple[np.ndarray, np.ndarray, Covariance], ...]

    @property
    def structures(self) -> tuple[Covariance, ...]:
        return tuple(structure for _, _, structure in self.levels)

    def moments(self) -> Moments:
        columns = np.concatenate([*[Z.T for Z, _, _ in self.levels], self.X.T, self.y[None]])
        starts = [np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]]) for _, codes, _ in self.levels]
        return compress(columns, starts, self.structures)

    def likelihood(self, reml: bool) -> Likelihood:
        return Likelihood(self.moments(), self.structures, reml)

    def dense_log_likelihood(self, covariances: list[np.ndarray], reml: bool) -> float:
        """The definition, with the whole V: relative covariances in the units of Z, sigma profiled."""
        n, p = self.X.shape
        V = np.eye(n)
        for (Z, codes, _), D in zip(self.levels, covariances, strict=True):
            V += (Z @ D @ Z.T) * (codes[:, None] == codes[None, :])
        W = np.linalg.inv(V)
        information = self.X.T @ W @ self.X
        r = self.y - self.X @ np.linalg.solve(information, self.X.T @ W @ self.y)
        nu = n - p if reml else n
        log_det = np.linalg.slogdet(V)[1] + (np.linalg.slogdet(information)[1] if reml else 0.0)
        return float(-(nu * (np.log(2 * np.pi) + 1 + np.log(r @ W @ r / nu)) + log_det) / 2)


def make_problem(structures: tuple[Covariance, ...], seed: int) -> Problem:
    """Unbalanced nested data with as many levels as ``structures`` (innermost first), singletons included."""
    rng = np.random.default_rng(seed)
    n = 90
    codes = [np.sort(rng.integers(0, 5, n))]
    for _ in structures[1:]:
        codes.append(codes[-1] * 10 + np.sort(rng.integers(0, 3, n)))
    order = np.argsort(codes[-1], kind="stable")
    codes = [level[order] for level in reversed(codes)]
    X = np.column_stack([np.ones(n), rng.normal(3, 2, n), rng.normal(size=n)])
    columns = np.column_stack([np.ones(n), X[:, 1], rng.normal(size=(n, 4))])
    y = X @ [1.0, 2.0, -1.0] + rng.normal(size=n)
    levels = []
    for structure, code in zip(structures, codes, strict=True):
        Z = columns[:, : structure.q]
        effects = rng.normal(size=(code.max() + 1, structure.q))
        y = y + (Z * effects[code]).sum(axis=1)
        levels.append((Z, code, structure))
    return Problem(y, X, tuple(levels))


STRUCTURES = {
    "general": (General(2, "pdLogChol"),),
    "general-3": (General(3, "pdSymm"),),
    "diagonal": (Diagonal(3, "pdDiag"),),
    "identity": (Identity(2, "pdIdent"),),
    "compound symmetry": (CompoundSymmetry(3, "pdCompSymm"),),
    "blocked": (Blocked(4, "pdBlocked", (General(2, "pdLogChol"), Identity(2, "pdIdent"))),),
    "two levels": (General(2, "pdLogChol"), General(1, "pdLogChol")),
    "two levels, mixed": (Diagonal(2, "pdDiag"), General(2, "pdLogChol")),
    "three levels": (Identity(1, "pdIdent"), General(2, "pdLogChol"), CompoundSymmetry(2, "pdCompSymm")),
}


@pytest.fixture(params=STRUCTURES, ids=lambda name: name.replace(" ", "-"))
def problem(request: pytest.FixtureRequest) -> Problem:
    """One problem for each structure and depth of nesting."""
    return make_problem(STRUCTURES[request.param], seed=sum(map(ord, request.param)))


@pytest.fixture(params=[True, False], ids=["REML", "ML"])
def reml(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def rng(problem: Problem) -> np.random.Generator:
    """Random numbers that are the problem's own, so that tests don't depend on their order."""
    return np.random.default_rng(int(abs(problem.y.sum()) * 1e6))


@cache
def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture
def recorded(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Everything that the record.R beside the test wrote."""
    return _read(request.path.with_name("answers.json"))


def frame(columns: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """One of the data sets beside R's answers."""
    return pd.DataFrame(
        {
            name: pd.Categorical(column["values"], column["levels"])
            if "levels" in column
            else column["values"]
            for name, column in columns.items()
        }
    )


@pytest.fixture
def children(recorded: dict[str, Any]) -> pd.DataFrame:
    """Four visits each of 27 children."""
    return frame(recorded["data"]["children"])


@pytest.fixture
def dogs(recorded: dict[str, Any]) -> pd.DataFrame:
    """Two sides of each of ten dogs, measured on several days."""
    return frame(recorded["data"]["dogs"])
