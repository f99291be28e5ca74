"""The models that are timed, and their data, which each process makes for itself from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

HSB = Path(__file__).parents[1] / "fixtures" / "hsb.csv"


@dataclass(frozen=True, slots=True)
class Case:
    """One model and where its data come from.

    Attributes
    ----------
    family : str
        The part of the table that the case belongs to.
    name : str
    fixed : str
        Formula of the fixed effects.
    random : str
        Right side of the random effects' formula, ``"x"`` for an intercept and a slope; the same at each level.
    groups : tuple of str
        Grouping factors, outermost first.
    rows, n_groups : int
        How many to simulate; of the outermost groups. No rows: the High School & Beyond data.
    reml : bool
    correlation, weights : str
        Structures of the errors, in nlme's notation; empty for none.
    """

    family: str
    name: str
    fixed: str
    random: str
    groups: tuple[str, ...]
    rows: int = 0
    n_groups: int = 0
    reml: bool = True
    correlation: str = ""
    weights: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether errors are independent and of one variance."""
        return not (self.correlation or self.weights)

    @property
    def bars(self) -> str:
        """The model in lme4's notation."""
        return f"{self.fixed} + ({self.random} | {'/'.join(self.groups)})"


def cases() -> list[Case]:
    """All of them."""
    hsb = ("id",)
    found = [
        Case("HSB", "empty", "mathach ~ 1", "1", hsb),
        Case("HSB", "means as outcomes", "mathach ~ meanses", "1", hsb),
        Case("HSB", "slopes", "mathach ~ cses", "cses", hsb),
        Case("HSB", "slopes as outcomes", "mathach ~ meanses * cses + sector * cses", "cses", hsb),
    ]
    found += [_simulated("rows", n, n // 10, 2) for n in (10_000, 100_000, 1_000_000, 10_000_000)]
    found += [_simulated("groups", 1_000_000, n, 2) for n in (100, 1_000, 10_000)]
    found += [_simulated("effects", 100_000, 2_000, q) for q in (1, 2, 3, 4, 5)]
    found += [_simulated("levels", 100_000, 200, 2, levels) for levels in (1, 2, 3)]
    found.append(_simulated("ML", 100_000, 10_000, 1, reml=False))
    ar1, strata = "corAR1(form = ~ t | a)", "varIdent(form = ~ 1 | s)"
    found += [_structured(n, 2, ar1) for n in (1_000, 2_000, 10_000, 100_000, 1_000_000)]
    found += [_structured(100_000, 10_000, ar1), _structured(100_000, 10_000, weights=strata)]
    return found


def _structured(rows: int, n_groups: int, correlation: str = "", weights: str = "") -> Case:
    what = (correlation or weights).split("(")[0]
    name = f"{rows:.0e} rows, {n_groups:.0e} groups, {what}".replace("e+0", "e")
    return Case(
        "structures", name, "y ~ x1", "1", ("a",), rows, n_groups, correlation=correlation, weights=weights
    )


def _simulated(family: str, rows: int, n_groups: int, q: int, levels: int = 1, reml: bool = True) -> Case:
    slopes = " + ".join(f"x{k}" for k in range(1, q)) or "1"
    fixed = f"y ~ {slopes if q > 1 else 'x1'}"
    what = f"{levels} levels, " if levels > 1 else ""
    name = f"{rows:.0e} rows, {n_groups:.0e} groups, {what}{q} effect{'s' * (q > 1)}".replace("e+0", "e")
    return Case(family, name, fixed, slopes, ("a", "b", "c")[:levels], rows, n_groups, reml)


def frame(case: Case) -> pd.DataFrame:
    """The data of a case; groups are labelled by text."""
    if not case.rows:
        hsb = pd.read_csv(HSB, dtype={"id": str})
        return hsb.assign(cses=hsb["ses"] - hsb.groupby("id")["ses"].transform("mean"))
    if not case.is_plain:
        return _frame_of_structure(case)
    rng = np.random.default_rng(case.rows + case.n_groups)
    slopes = [] if case.random == "1" else case.random.split(" + ")
    columns = {name: rng.normal(size=case.rows) for name in slopes or ["x1"]}
    y = 1 + 2 * sum(columns.values()) + rng.normal(size=case.rows)
    codes, count = np.zeros(case.rows, np.intp), 1
    groups = {}
    for depth, name in enumerate(case.groups):
        # Groups of different sizes, each cut into about five of the next level inwards.
        width = case.n_groups if depth == 0 else 5
        codes = np.sort(codes * width + rng.integers(0, width, case.rows))
        count *= width
        effects = rng.normal(size=(len(slopes) + 1, count)) * 0.8**depth
        y += effects[0][codes] + sum(
            0.5 * b[codes] * columns[x] for b, x in zip(effects[1:], slopes, strict=True)
        )
        labels = np.array([f"{name}{code:07d}" for code in range(count)], dtype=object)
        groups[name] = pd.Series(labels).astype("str").take(codes).reset_index(drop=True)
    return pd.DataFrame({**groups, **columns, "y": y})


def _frame_of_structure(case: Case) -> pd.DataFrame:
    """Groups of one size, with times t, strata s and errors as the structure has them."""
    from scipy.signal import lfilter

    rng = np.random.default_rng(case.rows + case.n_groups)
    length = case.rows // case.n_groups
    errors = rng.normal(size=(case.n_groups, length))
    if case.correlation:
        rest = np.sqrt(1 - 0.6**2)
        errors[:, 1:] *= rest
        errors = lfilter([1.0], [1.0, -0.6], errors, axis=1)
    strata = np.arange(case.rows) % 2
    if case.weights:
        errors = errors * np.where(strata, 2.0, 1.0).reshape(errors.shape)
    x1 = rng.normal(size=case.rows)
    codes = np.repeat(np.arange(case.n_groups), length)
    y = 1 + 2 * x1 + rng.normal(size=case.n_groups)[codes] + errors.ravel()
    labels = pd.Series([f"a{code:07d}" for code in range(case.n_groups)]).astype("str")
    return pd.DataFrame(
        {
            "a": labels.take(codes).reset_index(drop=True),
            "s": pd.Series(np.array(["m", "n"])[strata]).astype("str"),
            "t": np.tile(np.arange(1.0, length + 1), case.n_groups),
            "x1": x1,
            "y": y,
        }
    )
