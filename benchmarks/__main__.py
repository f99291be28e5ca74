"""Time whole calls, from formula and frame to result, beside an ordinary regression and beside nlme.

Usage: python -m benchmarks [--repeats 7] [--json FILE]

Times on a shared machine mean little by themselves: read the ratios, which come from one run. Each row's fits are
compared by log-likelihood before their times count. nlme takes part where rbridge can load it, through R's own clock.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # one thread: ratios then compare algorithms, not machines

import formulaic  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import pyimpl  # noqa: E402
import rbridge  # noqa: E402
from crosscheck import load_hsb  # noqa: E402


@dataclass(frozen=True)
class Case:
    """One model and its data."""

    name: str
    fixed: str
    random: str
    data: pd.DataFrame
    with_r: bool = True


@dataclass(frozen=True)
class Result:
    """Median seconds of one case; None where nlme did not take part."""

    name: str
    rows: int
    groups: int
    regression: float
    pyimpl: float
    nlme: float | None

    @property
    def line(self) -> str:
        ratio = "" if self.nlme is None else f"{self.nlme / self.pyimpl:10.1f}"
        return (
            f"{self.name:28}{self.rows:>9,}{self.groups:>8,}{1e3 * self.regression:12.1f}{1e3 * self.pyimpl:10.1f}"
            f"{self.pyimpl / self.regression:12.1f}{ratio}"
        )


def simulated(rows: int, groups: int) -> pd.DataFrame:
    """Text-labelled groups with a random intercept and slope."""
    rng = np.random.default_rng(rows + groups)
    group = np.sort(rng.integers(0, groups, rows))
    x = rng.normal(size=rows)
    effects = rng.normal(size=(groups, 2)) * [1.0, 0.5]
    y = 1 + 2 * x + effects[group, 0] + effects[group, 1] * x + rng.normal(size=rows)
    return pd.DataFrame({"g": pd.Series(group).map("g{:07d}".format), "x": x, "y": y})


def cases() -> list[Case]:
    hsb = load_hsb()
    ladder = [
        Case("hsb empty", "mathach ~ 1", "~ 1 | id", hsb),
        Case("hsb slopes", "mathach ~ cses", "~ cses | id", hsb),
        Case("hsb slopes as outcomes", "mathach ~ meanses * cses + sector * cses", "~ cses | id", hsb),
    ]
    sizes = [(10_000, 1_000), (100_000, 10_000), (1_000_000, 100_000)]
    growing = [Case(f"simulated {n:,}", "y ~ x", "~ x | g", simulated(n, g), n < 100_000) for n, g in sizes]
    return ladder + growing


def median_seconds(call: Callable[[], object], repeats: int) -> float:
    call()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def ordinary_regression(case: Case) -> object:
    """The yardstick: the same columns through formulaic and least squares."""
    y, X = formulaic.model_matrix(case.fixed, case.data)
    return np.linalg.lstsq(X.to_numpy(), y.to_numpy(), rcond=None)


def run(case: Case, repeats: int) -> Result:
    fit = pyimpl.lme(case.fixed, case.data, case.random)
    repeats = repeats if len(case.data) < 1_000_000 else min(repeats, 3)
    nlme = None
    if case.with_r and rbridge.available():
        theirs = rbridge.lme(case.fixed, case.data, case.random)
        if fit.log_lik < theirs.log_lik - 1e-6:
            raise SystemExit(
                f"{case.name}: pyimpl's log-likelihood {fit.log_lik} is below nlme's {theirs.log_lik}"
            )
        nlme = median_seconds(lambda: rbridge.lme(case.fixed, case.data, case.random), min(repeats, 3))
    return Result(
        case.name,
        fit.n_obs,
        next(iter(fit.n_groups.values())),
        median_seconds(lambda: ordinary_regression(case), repeats),
        median_seconds(lambda: pyimpl.lme(case.fixed, case.data, case.random), repeats),
        nlme,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", metavar="FILE", help="write the numbers there too")
    options = parser.parse_args()
    print(f"{'':28}{'rows':>9}{'groups':>8}{'regression':>12}{'pyimpl':>10}{'regressions':>12}{'nlme /':>10}")
    print(f"{'':28}{'':>9}{'':>8}{'ms':>12}{'ms':>10}{'a fit':>12}{'pyimpl':>10}")
    results = []
    for case in cases():
        results.append(run(case, options.repeats))
        print(results[-1].line, flush=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([asdict(result) for result in results], file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
