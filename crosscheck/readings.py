"""How each quantity is read off an answer, and how large one unit of it is.

A reader returns values by name, nothing where the answer doesn't say. A unit reader looks at the reference
answer only and returns the size of one unit by name; a name that is absent has the unit 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from .answer import Answer
from .grid import Grid

Value = float | str
Readings = Mapping[str, Value]
Units = Mapping[str, float]

NEGLIGIBLE = 1e-3
"""A standard deviation below this part of sigma counts as 0: nlme stops anywhere below it."""


def one(_: Answer) -> Units:
    """Return the unit 1 throughout: absolute differences."""
    return {}


def scalar(name: str) -> Callable[[Answer], Readings]:
    """Read one of :data:`~crosscheck.answer.SCALARS`, under the empty name."""

    def read(answer: Answer) -> Readings:
        return {"": answer.scalars[name]} if name in answer.scalars else {}

    return read


def column(name: str) -> Callable[[Answer], Readings]:
    """Read one column of the coefficient table, by term."""

    def read(answer: Answer) -> Readings:
        return answer.t_table.column(name) if answer.t_table is not None else {}

    return read


def own_size(read: Callable[[Answer], Readings]) -> Callable[[Answer], Units]:
    """Return the unit "the value itself": relative differences."""

    def units(answer: Answer) -> Units:
        return {name: abs(value) for name, value in read(answer).items() if isinstance(value, float)}

    return units


def method(answer: Answer) -> Readings:
    """Read the method, as text."""
    return {"": answer.method} if answer.method else {}


def group_counts(answer: Answer) -> Readings:
    """Read the number of groups by grouping factor."""
    return {level.group: level.n_groups for level in answer.levels}


def fixef(answer: Answer) -> Readings:
    """Read ``fixef()``, by term."""
    return answer.fixef.column("Value") if answer.fixef is not None else {}


def standard_errors(answer: Answer) -> Units:
    """Return the unit of a coefficient: its standard error."""
    return answer.t_table.column("Std.Error") if answer.t_table is not None else {}


def t_units(answer: Answer) -> Units:
    """Return 1 + abs(t): a coefficient off by e of its SE and an SE off by e, together."""
    return {name: 1 + abs(t) for name, t in floats(column("t-value")(answer)).items()}


def p_units(answer: Answer) -> Units:
    """Return p (1 + abs(t))^2: d log p / d t is at most 1 + abs(t), and t itself moves by 1 + abs(t).

    Probabilities below 1e-300 are at the end of double precision and count as that.
    """
    t = floats(column("t-value")(answer))
    p = floats(column("p-value")(answer))
    return {name: max(p[name], 1e-300) * (1 + abs(t.get(name, 0.0))) ** 2 for name in p}


def log_lik_units(answer: Answer) -> Units:
    """Return 1, or 1e-5 of a log-likelihood beyond 100,000, where double precision begins to tell."""
    return {"": max(1.0, 1e-5 * abs(answer.scalars.get("log_lik", 0.0)))}


def std_dev(answer: Answer) -> Readings:
    """Read the random effects' standard deviations, as ``"id: cses"``."""
    return {
        f"{level.group}: {term}": value
        for level in answer.levels
        if level.std_dev is not None
        for term, value in level.std_dev.column("std_dev").items()
    }


def corr(answer: Answer) -> Readings:
    """Return each pair's correlation once, whatever the order of the terms."""
    return {
        pair_name(level.group, row, column): value
        for level in answer.levels
        if level.corr is not None
        for row, column, value in _lower(level.corr)
    }


def pair_name(group: str, one_term: str, other_term: str) -> str:
    """Return the name of a correlation, the same whichever term comes first."""
    return f"{group}: {', '.join(sorted((one_term, other_term)))}"


def _lower(grid: Grid) -> list[tuple[str, str, float]]:
    return [
        (row, column, float(grid.values[i, j]))
        for i, row in enumerate(grid.rows)
        for j, column in enumerate(grid.columns[:i])
    ]


def cov(answer: Answer) -> Readings:
    """Read the random effects' covariances, every element."""
    return {
        cov_name(level.group, row, column): value
        for level in answer.levels
        if level.cov is not None
        for row, column, value in level.cov.cells()
    }


def cov_units(answer: Answer) -> Units:
    """Return the unit of a covariance: the product of its two standard deviations, none below 1e-3 sigma."""
    floor = _smallest_unit(answer)
    return {
        f"{level.group}: {name}": unit
        for level in answer.levels
        if level.cov is not None
        for name, unit in _product_of_sds(level.cov, floor).items()
    }


def cov_name(group: str, row: str, column: str) -> str:
    """Return the name of a random effects' covariance."""
    return f"{group}: {row}, {column}"


def _smallest_unit(answer: Answer) -> float:
    """Return what counts as no spread, so that no difference is measured in units of nothing."""
    return NEGLIGIBLE * answer.sigma if np.isfinite(answer.sigma) else 0.0


def vcov(answer: Answer) -> Readings:
    """Read the coefficients' covariances, every element."""
    return {f"{row}, {column}": value for row, column, value in answer.vcov.cells()} if answer.vcov else {}


def vcov_units(answer: Answer) -> Units:
    """Return the unit of a covariance: the product of its two standard errors."""
    return _product_of_sds(answer.vcov) if answer.vcov else {}


def _product_of_sds(cov: Grid, floor: float = 0.0) -> Units:
    sds = np.maximum(np.sqrt(np.abs(np.diag(cov.values))), floor).tolist()
    return {
        f"{row}, {column}": sds[i] * sds[j]
        for i, row in enumerate(cov.rows)
        for j, column in enumerate(cov.columns)
    }


def ranef(answer: Answer) -> Readings:
    """Read the BLUPs, as ``"id 1224: cses"``."""
    return {
        ranef_name(level.group, row, column): value
        for level in answer.levels
        if level.ranef is not None
        for row, column, value in level.ranef.cells()
    }


def ranef_units(answer: Answer) -> Units:
    """Return each effect's standard deviation, none below 1e-3 sigma."""
    sds, floor = floats(std_dev(answer)), _smallest_unit(answer)
    return {
        ranef_name(level.group, row, column): max(sds.get(f"{level.group}: {column}", 0.0), floor)
        for level in answer.levels
        if level.ranef is not None
        for row, column, _ in level.ranef.cells()
    }


def ranef_name(group: str, row: str, column: str) -> str:
    """Return the name of a BLUP."""
    return f"{group} {row}: {column}"


def fitted(answer: Answer) -> Readings:
    """Read the fitted values of every level and row."""
    if answer.fitted is None:
        return {}
    return {f"level {column}, row {row}": value for row, column, value in answer.fitted.cells()}


def fitted_units(answer: Answer) -> Units:
    """Return the unit of a fitted value: sigma."""
    return dict.fromkeys(fitted(answer), answer.sigma)


def structure(kind: str) -> Callable[[Answer], Readings]:
    """Read the parameters of the correlation (``"corr"``) or the variance function (``"var"``)."""

    def read(answer: Answer) -> Readings:
        return answer.structure[kind].column("value") if kind in answer.structure else {}

    return read


def correlation_units(answer: Answer) -> Units:
    """Return 1 for a correlation, and for what is larger, as a range may be, the value itself."""
    found = floats(structure("corr")(answer))
    return {name: max(1.0, abs(value)) for name, value in found.items()}


def page(name: str) -> Callable[[Answer], Readings]:
    """Read a printed page, as text."""

    def read(answer: Answer) -> Readings:
        return {"": answer.pages[name]} if name in answer.pages else {}

    return read


def floats(readings: Readings) -> dict[str, float]:
    """Keep the values that are numbers."""
    return {name: value for name, value in readings.items() if isinstance(value, float)}
