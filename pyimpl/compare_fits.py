"""``compare_fits``: the groups' coefficients in two fits, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.errors import ArgumentError
from pyimpl.report import SlicedTable, render_slices, text_to_html
from pyimpl.slices import frame_of_slices


@dataclass(frozen=True, repr=False)
class CompareFits:
    """Coefficients by group in two fits, as R's ``compareFits``; ``str()`` is R's print.

    Attributes
    ----------
    table : report.SlicedTable
        A slice for each coefficient, a row for each group, a column for each fit.
    """

    table: SlicedTable

    def to_frame(self) -> pd.DataFrame:
        """Columns ``term``, ``group``, and one for each fit."""
        return frame_of_slices(self.table)

    def plot(
        self,
        *,
        mark: Sequence[float] | None = None,
        key: bool = True,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw the coefficients as dots, a line a group, a panel a coefficient. Needs matplotlib.

        Parameters
        ----------
        mark : sequence of float
            Where to draw a vertical line in each panel, such as the fixed effects.
        key : bool
            Whether to say which dots are which fit's.
        layout, ax, **style
            As for :meth:`LmeFit.plot`.

        Returns
        -------
        array of Axes
        """
        from pyimpl import pictures

        look = pictures.Look(layout=layout, ax=ax, style=style)
        return pictures.plot_comparison(self.table, look, mark, key)

    def pairs(self, *, key: bool = True, grid: bool = True, ax: Any = None, **style: Any) -> Any:
        """Draw the coefficients against each other, each group's two points joined. Needs matplotlib.

        Parameters
        ----------
        key, grid, ax, **style
            As for :meth:`plot`.

        Returns
        -------
        Axes, or a matrix of them for more than two coefficients
        """
        from pyimpl import pictures

        return pictures.pairs_of_comparison(self.table, pictures.Look(None, grid, None, ax, style), key)

    def __str__(self) -> str:
        return render_slices(self.table).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return text_to_html(str(self))


def compare_fits(
    coef1: pd.DataFrame,
    coef2: pd.DataFrame,
    which: Sequence[int | str] | int | str | None = None,
    names: tuple[str, str] = ("fit1", "fit2"),
) -> CompareFits:
    """Put the coefficients of two fits side by side, as R's ``compareFits``.

    Parameters
    ----------
    coef1, coef2 : DataFrame
        A row a group, a column a coefficient: ``fit.coef()``, ``fit.ranef()``, of :func:`lme` or :func:`lm_list`. A
        coefficient that only one of them has is NaN in the other.
    which : sequence of str or int, optional
        The coefficients to compare, by name or by position from 1: those of ``coef1``, then those that only ``coef2``
        has. All if left out.
    names : pair of str
        What to call the fits.

    Returns
    -------
    CompareFits

    Raises
    ------
    ArgumentError
        The groups differ, or there is no such coefficient.
    """
    first, second = _check_table(coef1, "coef1"), _check_table(coef2, "coef2")
    first_name, second_name = check_names(names)
    _check_groups(first, second)
    columns = [*first.columns, *(name for name in second.columns if name not in first.columns)]
    chosen = columns if which is None else _choose(which, columns)
    values = np.stack(
        [table.reindex(index=first.index, columns=chosen).to_numpy(float).T for table in (first, second)],
        axis=-1,
    )
    groups = tuple(map(str, first.index))
    return CompareFits(SlicedTable(tuple(chosen), groups, (first_name, second_name), values))


def check_names(names: object) -> tuple[str, str]:
    """Return the names of two fits, if they are two different ones."""
    if (
        not isinstance(names, list | tuple)
        or len(names) != 2
        or not all(isinstance(name, str) and name for name in names)
        or names[0] == names[1]
    ):
        raise ArgumentError(f"names: expected two different names for the fits, got {names!r}")
    return names[0], names[1]


def _check_table(table: object, argument: str) -> pd.DataFrame:
    if isinstance(table, dict):
        raise ArgumentError(
            f"{argument}: these are tables of several levels ({', '.join(map(str, table))}); choose one, as in "
            "fit.coef(level=1)"
        )
    if not isinstance(table, pd.DataFrame):
        raise ArgumentError(
            f"{argument}: expected a table of coefficients, fit.coef(), got {type(table).__name__}"
        )
    for what, labels in (("groups", table.index), ("coefficients", table.columns)):
        if not len(labels) or not labels.is_unique:
            raise ArgumentError(f"{argument}: its {what} must have different names, and there must be some")
    for name in table.columns:
        if not isinstance(name, str) or not pd.api.types.is_numeric_dtype(table[name].dtype):
            raise ArgumentError(f"{argument}: column {name!r} is not a coefficient; leave it out")
    return table


def _check_groups(first: pd.DataFrame, second: pd.DataFrame) -> None:
    lone = first.index.symmetric_difference(second.index)
    if len(lone):
        where = "coef2" if lone[0] in first.index else "coef1"
        raise ArgumentError(
            f"{where}: has no group {lone[0]!r}; both tables need the same groups, that is fits of the same data at "
            "the same level"
        )


def _choose(which: Sequence[int | str] | int | str, columns: list[str]) -> list[str]:
    listed = [which] if isinstance(which, str | int | np.integer) else list(which)
    chosen = []
    for each in listed:
        if isinstance(each, str) and each in columns:
            chosen.append(each)
        elif isinstance(each, int | np.integer) and not isinstance(each, bool) and 1 <= each <= len(columns):
            chosen.append(columns[each - 1])
        else:
            raise ArgumentError(
                f"which: {each!r} is not a coefficient; choose from {', '.join(map(repr, columns))}, or positions "
                f"from 1 to {len(columns)}"
            )
    if not chosen:
        raise ArgumentError("which: name at least one coefficient")
    return list(dict.fromkeys(chosen))
