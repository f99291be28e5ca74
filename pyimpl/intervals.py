"""Confidence intervals: t for the fixed effects; for variance parameters see :mod:`pyimpl.variance_intervals`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.choices import choose
from pyimpl.errors import ArgumentError
from pyimpl.estimates import Estimates
from pyimpl.report import IntervalsPage, IntervalTable, render_intervals
from pyimpl.report.estimates import intervals_to_html
from pyimpl.tails import stdtrit

WHICH = ("all", "var-cov", "fixed")


@dataclass(frozen=True, repr=False)
class Intervals:
    """Confidence intervals; ``str()`` is R's print of ``intervals(fit)``.

    Attributes
    ----------
    page : report.IntervalsPage
        All that the page shows, unformatted.
    """

    page: IntervalsPage

    def to_frame(self) -> pd.DataFrame:
        """Columns ``part``, ``group``, ``term``, ``lower``, ``est.``, ``upper``.

        The parts are nlme's: ``fixed``, ``reStruct``, ``corStruct``, ``varStruct``, ``sigma``.
        """
        rows: list[tuple[object, ...]] = []
        if self.page.fixed is not None:
            rows += [("fixed", "", *row) for row in _rows(self.page.fixed)]
        for group, table in self.page.random:
            rows += [("reStruct", group, *row) for row in _rows(table)]
        for part, within in (("corStruct", self.page.correlation), ("varStruct", self.page.variance)):
            if within is not None:
                rows += [(part, "", *row) for row in _rows(within)]
        if self.page.sigma is not None:
            rows.append(("sigma", "", "sigma", *self.page.sigma.tolist()))
        return pd.DataFrame(rows, columns=["part", "group", "term", "lower", "est.", "upper"])

    def __str__(self) -> str:
        return render_intervals(self.page).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return intervals_to_html(self.page)


def _rows(table: IntervalTable) -> list[tuple[object, ...]]:
    return [(name, *values) for name, values in zip(table.names, table.values.tolist(), strict=True)]


def check_intervals(level: object, which: object) -> tuple[float, str]:
    """Return the confidence level and what is asked for, if both arguments can be used."""
    return check_conf_level(level, "level"), choose(which, WHICH, "which")


def check_conf_level(level: object, argument: str) -> float:
    """Return a confidence level, if it is one."""
    if isinstance(level, bool) or not isinstance(level, int | float | np.number) or not 0 < level < 1:
        raise ArgumentError(f"{argument}: the confidence level must lie between 0 and 1, got {level!r}")
    return float(level)


def fixed_intervals(estimates: Estimates, df: Array, names: tuple[str, ...], level: float) -> IntervalTable:
    """Intervals of the fixed effects by t, with the standard errors of ``vcov`` as nlme takes them."""
    half = stdtrit(df, (1 + level) / 2) * np.sqrt(np.diag(estimates.vcov))
    return IntervalTable(
        names, np.column_stack([estimates.beta - half, estimates.beta, estimates.beta + half])
    )
