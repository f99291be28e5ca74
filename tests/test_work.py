"""What a fit costs is counted, not timed: passes over the rows, evaluations, statements, memory, imports.

So a change that makes it slower fails on any machine. Each bound says what makes up the work it allows; where a change
does better, lower it.
"""

import importlib
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from types import FrameType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pyimpl
from crosscheck import load_hsb
from pyimpl.objective import Likelihood

# These are modules as well as functions of the packages above them.
lme_module = importlib.import_module("pyimpl.lme")
moments = importlib.import_module("pyimpl.moments")
optimize = importlib.import_module("pyimpl.optimize")
evaluate = importlib.import_module("pyimpl.formula.evaluate")
grouping = importlib.import_module("pyimpl.grouping")
values = importlib.import_module("pyimpl.formula.values")


def simulated(n_rows: int, n_groups: int) -> pd.DataFrame:
    rng = np.random.default_rng(20261122)
    g = np.sort(rng.integers(0, n_groups, n_rows))
    x = rng.normal(size=n_rows)
    b = rng.normal(size=(n_groups, 2)) * [1.0, 0.5]
    y = 1 + 2 * x + b[g, 0] + b[g, 1] * x + rng.normal(size=n_rows)
    return pd.DataFrame({"g": pd.Series(g).map("g{:07d}".format), "x": x, "y": y})


def slopes(data: pd.DataFrame) -> pyimpl.LmeFit:
    return pyimpl.lme("y ~ x", data, "~ x | g")


def count_evaluations(monkeypatch: pytest.MonkeyPatch, fit: Any) -> tuple[Counter[int], Counter[int]]:
    """How often the likelihood and its curvature are evaluated, by the number of groups."""
    values_of: Counter[int] = Counter()
    curvatures: Counter[int] = Counter()
    evaluate_once, curvature_once = Likelihood.evaluate, optimize.second_derivatives

    def evaluated(self: Likelihood, theta: Any) -> Any:
        values_of[self.moments.levels[0].A.shape[-1]] += 1
        return evaluate_once(self, theta)

    def curved(likelihood: Likelihood, evaluation: Any) -> Any:
        curvatures[likelihood.moments.levels[0].A.shape[-1]] += 1
        return curvature_once(likelihood, evaluation)

    with monkeypatch.context() as patch:
        patch.setattr(Likelihood, "evaluate", evaluated)
        patch.setattr(optimize, "second_derivatives", curved)
        fit()
    return values_of, curvatures


def count_statements(call: Any) -> int:
    """Lines of pyimpl that run: about as many calls of numpy, each over all rows or groups at once."""
    lines = 0

    def local(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return local

    def enter(frame: FrameType, event: str, argument: object) -> Any:
        return local if f"{os.sep}pyimpl{os.sep}" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines


def test_a_small_fit_needs_few_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    hsb = load_hsb()
    found = count_evaluations(monkeypatch, lambda: pyimpl.lme("mathach ~ cses", hsb, "~ cses | id"))
    # The start, what a step of scoring makes of it, and three of Newton's steps.
    assert found[0].total() <= 6  # the last for the twelfth digit
    # Near the optimum the curvature known there serves to the end.
    assert found[1].total() <= 3


def test_of_many_groups_a_part_is_searched_first(monkeypatch: pytest.MonkeyPatch) -> None:
    data = simulated(50_000, 5_000)
    evaluations, curvatures = count_evaluations(monkeypatch, lambda: slopes(data))
    n_groups = data["g"].nunique()
    # One at the start that the part gave, one at what a step of scoring makes of it, and two or three of Newton's.
    assert evaluations[n_groups] <= 5
    assert curvatures[n_groups] <= 2
    assert all(size <= n_groups / 15 for size in evaluations if size < n_groups)


def test_two_levels_need_no_more_evaluations_than_their_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    data = simulated(4_000, 400).assign(top=lambda frame: frame["g"].str[:-1])
    data["y"] += 2.0 * (pd.factorize(data["top"])[0] % 7)
    evaluations, curvatures = count_evaluations(
        monkeypatch, lambda: pyimpl.lme("y ~ x", data, {"top": "~ 1", "g": "~ x"})
    )
    # Second derivatives have a closed form and evaluate nothing. Of so few groups each variance is tried at zero, too.
    assert evaluations.total() <= 11
    assert curvatures.total() <= 5


def test_an_evaluation_is_a_fixed_number_of_statements() -> None:
    small, large = (slopes(simulated(4 * n, n)) for n in (2_000, 20_000))
    counts = [
        count_statements(lambda fit=fit: fit.likelihood.evaluate(fit.optimum.evaluation.theta))
        for fit in (small, large)
    ]
    assert counts[0] == counts[1]  # whatever the number of groups, up to those that fit the processor's cache
    # Sweep up: whiten two rows a group; sweep down: BLUPs and the gradient. Two random effects, two fixed. Half of them
    # are inner products of two numbers a group.
    assert counts[0] <= 275


def test_no_loop_runs_over_rows_or_groups() -> None:
    few, many = simulated(10_000, 1_000), simulated(30_000, 3_000)
    statements = [count_statements(lambda data=data: slopes(data)) for data in (few, many)]
    # A step more or less of the search may be needed; a loop over groups would be thousands.
    assert abs(statements[1] - statements[0]) <= 1_000
    assert max(statements) <= 6_500


def test_the_rows_are_rotated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data = simulated(80_000, 8_000)
    rotated: list[tuple[int, int]] = []
    rotate = moments.rotate

    def counted(columns: Any, *rest: Any) -> Any:
        rotated.append((len(columns), len(columns[0])))
        return rotate(columns, *rest)

    monkeypatch.setattr(moments, "rotate", counted)
    slopes(data)
    assert sum(rows for _, rows in rotated) == len(data)
    assert {columns for columns, _ in rotated} == {3}  # 1, x and y: those of Z are those of X
    assert (
        max(rows for _, rows in rotated) < 40_000
    )  # a block at a time, which stays in the processor's cache


def test_each_column_of_the_data_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: Counter[str] = Counter()
    read_column = values.read_column

    def counted(frame: pd.DataFrame, name: str, argument: str) -> Any:
        read[name] += 1
        return read_column(frame, name, argument)

    for module in (evaluate, grouping):
        monkeypatch.setattr(module, "read_column", counted)
    data = simulated(3_000, 300).assign(f=lambda frame: np.where(frame["x"] > 0, "a", "b"))
    pyimpl.lme("y ~ x * f", data, "~ x | g")
    assert read == {"y": 1, "x": 1, "f": 1, "g": 1}


@pytest.mark.parametrize("shuffled", [False, True])
def test_memory_is_bound_by_the_design(shuffled: bool) -> None:
    data = simulated(200_000, 20_000)
    data = data.sample(frac=1, random_state=1, ignore_index=True) if shuffled else data
    slopes(data)  # what is imported or set up on first use is no part of it
    tracemalloc.start()
    fit = slopes(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    design = fit.model.design
    columns = 1 + design.X.shape[1] + sum(Z.shape[1] for Z in design.Z)
    # Twice [y | X | Z], 80 bytes a row, hold all: the columns, the groups' codes, the moments and what evaluations make
    # of them. Rows that aren't sorted need their order beside it.
    assert peak <= 2 * 8 * len(data) * columns + 8 * len(data) * shuffled
    assert np.shares_memory(design.X, design.Z[0])


def test_importing_pyimpl_imports_little() -> None:
    program = (
        "import sys, pandas; before = set(sys.modules)\n"
        "import pyimpl; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    foreign = [name for name in done.stdout.split() if name.split(".")[0] != "pyimpl"]
    # scipy, formulaic, matplotlib, pyarrow.dataset, dask and their kind are imported where they are used. A few small
    # ones of Python's own remain.
    assert len(foreign) <= 6, foreign
    assert {name.split(".")[0] for name in foreign} <= set(sys.stdlib_module_names)
