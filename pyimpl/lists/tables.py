"""What is asked of a list of regressions: its summary and its intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.effects import EffectsFrame, cells
from pyimpl.lists.regressions import Regressions
from pyimpl.report import ListSummaryPage, SlicedTable, render_list_summary, render_slices, text_to_html
from pyimpl.report.frames import Cell
from pyimpl.slices import frame_of_slices
from pyimpl.tails import stdtr, stdtrit

SUMMARY_COLUMNS = ("Estimate", "Std. Error", "t value", "Pr(>|t|)")
INTERVAL_COLUMNS = ("lower", "est.", "upper")


class CoefficientsFrame(EffectsFrame):
    """A row a group; ``str()`` is R's print of it, where what is undetermined is NA rather than NaN."""

    @staticmethod
    def _cells(column: pd.Series) -> list[Cell]:
        return [None if cell != cell else cell for cell in cells(column)]


@dataclass(frozen=True, repr=False)
class LmListSummary:
    """Tests of each group's coefficients; ``str()`` is R's ``print(summary(lmList(...)))``.

    Attributes
    ----------
    page : report.ListSummaryPage
        All that the page shows, unformatted.
    """

    page: ListSummaryPage

    def to_frame(self) -> pd.DataFrame:
        """Columns ``term``, ``group``, ``Estimate``, ``Std. Error``, ``t value``, ``Pr(>|t|)``."""
        return frame_of_slices(self.page.table)

    def __str__(self) -> str:
        return render_list_summary(self.page).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return text_to_html(str(self))


@dataclass(frozen=True, repr=False)
class LmListIntervals:
    """Confidence intervals of each group's coefficients; ``str()`` is R's print of ``intervals(lmList(...))``.

    Attributes
    ----------
    table : report.SlicedTable
        Lower bound, estimate and upper bound, for each coefficient and each group.
    group_name : str
        What the groups are called: ``"Subject"``, ``"Dog/Side"``.
    level : float
        The confidence level.
    """

    table: SlicedTable
    group_name: str
    level: float

    def to_frame(self) -> pd.DataFrame:
        """Columns ``term``, ``group``, ``lower``, ``est.``, ``upper``."""
        return frame_of_slices(self.table)

    def plot(self, *, layout: tuple[int, int] | None = None, ax: Any = None, **style: Any) -> Any:
        """Draw the intervals as segments, a line a group, a panel a coefficient. Needs matplotlib.

        Parameters
        ----------
        layout, ax, **style
            As for :meth:`LmeFit.plot`; the style is that of the segments (``color``, ``linewidth``).

        Returns
        -------
        array of Axes
        """
        from pyimpl import pictures

        look = pictures.Look(layout=layout, ax=ax, style=style)
        return pictures.plot_intervals(self.table, self.group_name, look)

    def __str__(self) -> str:
        return render_slices(self.table).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return text_to_html(str(self))


def tests_of_coefficients(regressions: Regressions, pool: bool) -> Array:
    """Estimates, standard errors, t and p-values of each coefficient in each group, (p, G, 4)."""
    estimates = regressions.coefficients()
    errors, df = standard_errors(regressions, pool)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimates / errors
    p_values = 2 * stdtr(np.where(df > 0, df, np.nan)[:, None], -np.abs(t))
    return np.stack([estimates, errors, t, p_values], axis=-1).swapaxes(0, 1)


def interval_bounds(regressions: Regressions, pool: bool, level: float) -> Array:
    """Lower bound, estimate and upper bound of each coefficient in each group, (p, G, 3), by t."""
    estimates = regressions.coefficients()
    errors, df = standard_errors(regressions, pool)
    half = stdtrit(np.where(df > 0, df, np.nan), (1 + level) / 2)[:, None] * errors
    return np.stack([estimates - half, estimates, estimates + half], axis=-1).swapaxes(0, 1)


def standard_errors(regressions: Regressions, pool: bool) -> tuple[Array, Indices]:
    """Standard errors of the coefficients, (G, p), and the degrees of freedom of their sigma, (G,)."""
    unscaled = regressions.unscaled_errors()
    if pool:
        return unscaled * regressions.pooled_sigma, np.full(len(unscaled), regressions.df.sum())
    return unscaled * regressions.sigma[:, None], regressions.df
