"""One row a group of a data frame: what R's ``gsummary`` makes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from pyimpl.arrays import Indices
from pyimpl.errors import DataError
from pyimpl.formula.values import level_name


def group_summary(frame: pd.DataFrame, codes: Indices, n_groups: int) -> pd.DataFrame:
    """Summarise each column of a frame by group.

    A column that is constant in every group keeps its value and its type. Of one that varies, numbers (and times)
    are averaged without the missing ones; of anything else the most frequent value is taken, of equally frequent
    ones that which comes first as text, as R's ``table`` has it. (R fails on text and truth values that vary; here
    they count as factors.)

    Parameters
    ----------
    frame : DataFrame, n rows
    codes : (n,) int array
        Each row's group, 0 to ``n_groups - 1``; each occurs.
    n_groups : int

    Returns
    -------
    DataFrame
        The same columns, one row a group in the order of the codes, indexed 0, 1, ...; NaN where a group has no value.

    Raises
    ------
    DataError
        A column holds objects that can't be told apart, such as lists.
    """
    first = np.full(n_groups, len(codes))
    np.minimum.at(first, codes, np.arange(len(codes)))
    columns = [_summary(column, codes, first) for _, column in frame.items()]
    if not columns:
        return pd.DataFrame(index=range(n_groups))
    summary = pd.concat(columns, axis=1)
    summary.columns = frame.columns
    return summary


def _summary(column: pd.Series, codes: Indices, first: Indices) -> pd.Series:
    """One column by group; ``first`` holds each group's first row."""
    try:
        found, distinct = pd.factorize(column)
    except TypeError:
        raise DataError(
            f"data: column {column.name!r} holds objects that can't be told apart, such as lists; leave it out"
        ) from None
    if (found == found[first][codes]).all():
        return column.iloc[first].reset_index(drop=True)
    if _averages(column):
        return column.reset_index(drop=True).groupby(codes).mean()
    return _modes(column, found, distinct, codes, len(first))


def _averages(column: pd.Series) -> bool:
    """Whether R would call the column numeric."""
    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype):
        return False
    kinds = pd.api.types
    times = kinds.is_datetime64_any_dtype(dtype) or kinds.is_timedelta64_dtype(dtype)
    return kinds.is_numeric_dtype(dtype) or times


def _modes(
    column: pd.Series, found: Indices, distinct: Iterable[object], codes: Indices, n_groups: int
) -> pd.Series:
    """The most frequent value in each group; ``found`` is each row's place in ``distinct``, -1 if missing."""
    values = list(distinct)
    order = sorted(range(len(values)), key=lambda k: level_name(values[k]))
    rank = np.empty(len(values), np.intp)
    rank[order] = np.arange(len(values))
    counts = np.zeros((n_groups, len(values)), np.intp)
    known = found >= 0
    np.add.at(counts, (codes[known], rank[found[known]]), 1)
    best = np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), -1)
    modes = [values[order[k]] if k >= 0 else None for k in best.tolist()]
    summary = pd.Series(modes, dtype=object)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return summary.astype(column.dtype).cat.remove_unused_categories()
    return summary if summary.isna().any() else summary.astype(column.dtype)


def augment(
    table: pd.DataFrame, data: pd.DataFrame, codes: Indices, grouping_factors: Collection[str]
) -> pd.DataFrame:
    """A table with a row a group, and beside it the groups' summary of the data's columns.

    Columns called as one of the table's or as a grouping factor are left out.
    """
    taken = {*table.columns, *grouping_factors}
    others = data.loc[:, [name not in taken for name in data.columns]]
    return pd.concat([table, group_summary(others, codes, len(table)).set_index(table.index)], axis=1)
