"""Wrong answers made on purpose, one for each kind of error: a comparison that misses one isn't worth having.

Each spoils an answer in one place, by as little as matters: the seventh digit of a log-likelihood, one group's DF,
two groups' BLUPs exchanged.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..answer import Answer, Level
from ..grid import Grid

Spoil = Callable[[Answer], Answer]


@dataclass(frozen=True, slots=True)
class Seed:
    """One kind of error.

    Attributes
    ----------
    title : str
    quantity : str
        The key of the quantity that has to be found wrong.
    spoil : callable
        Takes the right answer, which has its pages and two random effects or more, and returns the wrong one.
    """

    title: str
    quantity: str
    spoil: Spoil


def _scalar(name: str, change: Callable[[float, Answer], float]) -> Spoil:
    def spoil(answer: Answer) -> Answer:
        return replace(answer, scalars={**answer.scalars, name: change(answer.scalars[name], answer)})

    return spoil


def _in_table(column: str, change: Callable[[float], float]) -> Spoil:
    """Change the last row of one column of the coefficient table."""

    def spoil(answer: Answer) -> Answer:
        table = _there(answer.t_table)
        at = (len(table.rows) - 1, table.columns.index(column))
        return replace(answer, t_table=_changed(table, at, change(float(table.values[at]))))

    return spoil


def _in_level(name: str, change: Callable[[Grid], Grid]) -> Spoil:
    """Change one grid of the innermost level."""

    def spoil(answer: Answer) -> Answer:
        *outer, level = answer.levels
        parts = {part: getattr(level, part) for part in ("std_dev", "corr", "cov", "ranef")}
        parts[name] = change(_there(parts[name]))
        return replace(answer, levels=(*outer, Level(level.group, level.n_groups, **parts)))

    return spoil


def _in_grid(name: str, change: Callable[[Grid], Grid]) -> Spoil:
    def spoil(answer: Answer) -> Answer:
        changed: dict[str, Any] = {name: change(_there(getattr(answer, name)))}
        return replace(answer, **changed)

    return spoil


def _there(grid: Grid | None) -> Grid:
    if grid is None:
        raise ValueError("errors are seeded into complete answers only")
    return grid


def _changed(grid: Grid, at: tuple[int, int], value: float) -> Grid:
    values = grid.values.copy()
    values[at] = value
    return Grid(grid.rows, grid.columns, values)


def _times(factor: float, at: tuple[int, int] = (0, 0)) -> Callable[[Grid], Grid]:
    return lambda grid: _changed(grid, at, factor * float(grid.values[at]))


def _symmetric(change: Callable[[float], float]) -> Callable[[Grid], Grid]:
    """Change the correlation or covariance of the first two on both sides of the diagonal."""

    def both(grid: Grid) -> Grid:
        value = change(float(grid.values[1, 0]))
        return _changed(_changed(grid, (1, 0), value), (0, 1), value)

    return both


def _two_exchanged(grid: Grid) -> Grid:
    """Exchange the first two rows' values, their names staying where they are."""
    order = np.array([1, 0, *range(2, len(grid.rows))])
    return Grid(grid.rows, grid.columns, grid.values[order])


def _without_last(grid: Grid) -> Grid:
    return Grid(grid.rows[:-1], grid.columns, grid.values[:-1])


def _renamed(grid: Grid) -> Grid:
    return Grid((*grid.rows[:-1], f"{grid.rows[-1]}1"), grid.columns, grid.values)


def _one_group_less(answer: Answer) -> Answer:
    *outer, level = answer.levels
    return replace(answer, levels=(*outer, replace(level, n_groups=level.n_groups - 1)))


def _one_more(answer: Answer) -> Answer:
    table = _there(answer.t_table)
    more = Grid((*table.rows, "of another model"), table.columns, np.vstack((table.values, table.values[-1])))
    return replace(answer, t_table=more)


def _misprinted(answer: Answer) -> Answer:
    """Change the last digit on the summary page."""
    page = answer.pages["summary"]
    at = max(page.rfind(digit) for digit in "0123456789")
    other = str((int(page[at]) + 1) % 10)
    return replace(answer, pages={**answer.pages, "summary": page[:at] + other + page[at + 1 :]})


def _ml_sigma(sigma: float, answer: Answer) -> float:
    p = len(_there(answer.fixef).rows)
    n = answer.scalars["n_obs"]
    return sigma * math.sqrt((n - p) / n)


def _bic_of_all_rows(bic: float, answer: Answer) -> float:
    """Return the BIC that counts N observations where REML has N - p, nearly the same."""
    aic, log_lik = answer.scalars["aic"], answer.scalars["log_lik"]
    parameters = (aic + 2 * log_lik) / 2
    return -2 * log_lik + parameters * math.log(answer.scalars["n_obs"])


SEEDS: tuple[Seed, ...] = (
    Seed("the fit is another's: ML where REML was asked", "method", lambda a: replace(a, method="ML")),
    Seed("one observation is lost", "n_obs", _scalar("n_obs", lambda n, _: n - 1)),
    Seed("one group is lost", "n_groups", _one_group_less),
    Seed("a coefficient has the other sign", "coefficient", _in_table("Value", lambda x: -x)),
    Seed("a coefficient is off by 1e-3 of itself", "coefficient", _in_table("Value", lambda x: x * 1.001)),
    Seed("a coefficient is missing", "coefficient", _in_grid("t_table", _without_last)),
    Seed("a coefficient too many", "coefficient", _one_more),
    Seed("a coefficient under another name", "coefficient", _in_grid("t_table", _renamed)),
    Seed("a coefficient isn't a number", "coefficient", _in_table("Value", lambda x: math.nan)),
    Seed("fixef() isn't what the table says", "fixef", _in_grid("fixef", _times(1.001))),
    Seed("a standard error is off in its fifth digit", "std_error", _in_table("Std.Error", lambda x: x * 1.00005)),
    Seed("DF are wrong in one row", "df", _in_table("DF", lambda x: x + 1)),
    Seed("a t value has the other sign", "t_value", _in_table("t-value", lambda x: -x)),
    Seed("a p value is one-sided", "p_value", _in_table("p-value", lambda x: x / 2)),
    Seed("a standard deviation is off in its fifth digit", "std_dev", _in_level("std_dev", _times(1.00005, (1, 0)))),
    Seed("a correlation has the other sign", "corr", _in_level("corr", _symmetric(lambda r: -r))),
    Seed("a covariance of random effects has the other sign", "var_cov", _in_level("cov", _symmetric(lambda c: -c))),
    Seed("sigma is ML's", "sigma", _scalar("sigma", _ml_sigma)),
    Seed("logLik is off in its seventh digit", "log_lik", _scalar("log_lik", lambda x, _: x * (1 + 1e-7))),
    Seed("AIC counts a parameter too many", "aic", _scalar("aic", lambda x, _: x + 2)),
    Seed("BIC counts N rows where REML has N - p", "bic", _scalar("bic", _bic_of_all_rows)),
    Seed("a covariance of coefficients is missing its sign", "vcov", _in_grid("vcov", _symmetric(lambda c: -c))),
    Seed("two groups' BLUPs are exchanged", "ranef", _in_level("ranef", _two_exchanged)),
    Seed("one group's BLUP is off by 1e-3 of itself", "ranef", _in_level("ranef", _times(1.001))),
    Seed("one group is missing from the BLUPs", "ranef", _in_level("ranef", _without_last)),
    Seed("one fitted value is off by 1e-3 of itself", "fitted", _in_grid("fitted", _times(1.001, (0, 1)))),
    Seed("two rows' fitted values are exchanged", "fitted", _in_grid("fitted", _two_exchanged)),
    Seed("one digit of a printed page is another", "summary", _misprinted),
)  # fmt: skip
"""Every kind of error that is seeded, in the order of the quantities."""
