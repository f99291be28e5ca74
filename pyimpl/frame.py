"""The rows and columns of the data that a model uses, checked before anything is computed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.errors import ArgumentError, DataError
from pyimpl.foreign import to_pandas
from pyimpl.formula import rows_where

NA_ACTIONS = ("fail", "omit", "exclude")

_SYNTACTIC_NAME = re.compile(r"((([A-Za-z]|[.][._A-Za-z])[._A-Za-z0-9]*)|[.])")


@dataclass(frozen=True, slots=True)
class ModelFrame:
    """The complete rows of the columns that a model uses.

    Attributes
    ----------
    rows : DataFrame
        Only the used columns and rows, in the order of the data.
    index : Index
        What fitted values and residuals are aligned with: the rows' own, or under ``na_action="exclude"`` the one
        that also has the incomplete rows.
    kept : (len(index),) bool array
        Which entries of ``index`` are rows of the model.
    name : str
        What printed pages call the data.
    source : DataFrame
        The data as given, with all its columns. A shallow copy: under pandas 3 later changes don't reach it.
    chosen : (len(index),) int array, optional
        Where in ``source`` the entries of ``index`` are; None where they are all there is.
    subset : str or None
        The condition that chose the rows, if it was given as text: R's pages show it.
    """

    rows: pd.DataFrame
    index: pd.Index
    kept: np.ndarray
    name: str
    source: pd.DataFrame
    chosen: Indices | None = None
    subset: str | None = None

    @property
    def positions(self) -> Indices:
        """Where in ``source`` the entries of ``index`` are, (len(index),)."""
        return np.arange(len(self.source)) if self.chosen is None else self.chosen

    def all_columns(self) -> pd.DataFrame:
        """The rows of the model with every column of the data, also those that the model doesn't use."""
        kept: Indices = self.positions[self.kept]
        return self.source.iloc[kept]

    def series(self, values: Array, name: str | None = None) -> pd.Series:
        """Values in the order of the rows, as a Series aligned with the data's index (NaN for excluded rows)."""
        if len(values) < len(self.index):
            padded = np.full(len(self.index), np.nan)
            padded[self.kept] = values
            values = padded
        return pd.Series(values, index=self.index, name=name)


def model_frame(
    data: pd.DataFrame, columns: Sequence[str], keep: np.ndarray | None, na_action: str
) -> ModelFrame:
    """Select the used columns and the rows to fit.

    Parameters
    ----------
    data : DataFrame
    columns : sequence of str
        The columns that the model uses; all exist.
    keep : (len(data),) bool array or None
        The subset asked for.
    na_action : {"fail", "omit", "exclude"}
        What to do about rows with missing values in a used column.

    Raises
    ------
    DataError
        The frame or what is left of it is empty, a used column has missing values under "fail" or infinite ones.
    """
    rows = data[list(dict.fromkeys(columns))]
    chosen = None
    if keep is not None:
        rows, chosen = rows[keep], np.flatnonzero(keep)
    if not len(rows):
        what = "the subset" if keep is not None and len(data) else "the frame"
        raise DataError(f"data: {what} has no rows; a model needs some")
    index, complete = rows.index, np.ones(len(rows), bool)
    if not all(_is_complete(column) for _, column in rows.items()):
        missing = rows.isna()
        if na_action == "fail" and missing.to_numpy().any():
            raise DataError(_missing_message(missing))
        complete = np.asarray(~missing.to_numpy().any(axis=1))
        rows = rows[complete]
        if not len(rows):
            raise DataError(f"data: no row is complete in the used columns; {_counts(missing)}")
        _refuse_infinite(rows)
    if na_action != "exclude" and len(rows) < len(index):
        chosen = np.flatnonzero(complete) if chosen is None else chosen[complete]
        index, complete = rows.index, np.ones(len(rows), bool)
    return ModelFrame(rows, index, complete, data_name(data), data.copy(deep=False), chosen)


def data_name(data: pd.DataFrame) -> str:
    """The frame's name on printed pages: ``data.attrs["name"]`` where that is a name in R, else ``data``."""
    name = data.attrs.get("name", "data")
    return name if isinstance(name, str) and _SYNTACTIC_NAME.fullmatch(name) else "data"


def check_frame(data: object, argument: str = "data") -> pd.DataFrame:
    """Return ``data`` if it is a DataFrame that rows can be taken from; an eager polars or Arrow frame as one."""
    if isinstance(data, pd.DataFrame):
        return data
    frame = to_pandas(data)
    if frame is None:
        raise ArgumentError(f"{argument}: expected a pandas DataFrame, got {type(data).__name__}")
    return frame


def check_na_action(na_action: object) -> str:
    """Return ``na_action`` if it is one of the three."""
    if not isinstance(na_action, str) or na_action not in NA_ACTIONS:
        raise ArgumentError(
            f"na_action: {na_action!r} is unknown; choose one of 'fail', 'omit' and 'exclude'"
        )
    return str(na_action)


def subset_rows(subset: object, data: pd.DataFrame) -> np.ndarray:
    """Turn a condition as text, a boolean Series (aligned by index) or sequence (by position) into a mask of the rows.

    Missing entries count as False, as R's ``subset`` has it.
    """
    if isinstance(subset, str):
        return rows_where(subset, data)
    if isinstance(subset, pd.Series) and not subset.index.equals(data.index):
        if not (subset.index.is_unique and data.index.isin(subset.index).all()):
            raise ArgumentError(
                "subset: its index doesn't cover the data's; pass a mask with the data's own index"
            )
        subset = subset.reindex(data.index)
    try:
        if np.ndim(np.asarray(subset)) != 1 or np.asarray(subset).dtype.kind in "iuf":
            raise TypeError
        mask = pd.array(subset, dtype="boolean")  # type: ignore[call-overload]
    except (TypeError, ValueError):
        raise ArgumentError(
            "subset: expected booleans, one a row of the data, such as data['ses'] > 0"
        ) from None
    if len(mask) != len(data):
        raise ArgumentError(f"subset: has {len(mask)} entries, but the data has {len(data)} rows")
    return np.asarray(mask.to_numpy(bool, na_value=False))


def _is_complete(column: pd.Series) -> bool:
    """Whether a column has neither missing nor infinite values."""
    if pd.api.types.is_float_dtype(column.dtype):
        return bool(np.isfinite(column.to_numpy(float, na_value=np.nan)).all())
    return not column.hasnans


def _missing_message(missing: pd.DataFrame) -> str:
    return (
        f"data: missing values in object: {_counts(missing)}; fill them, or pass na_action='omit' to leave out the "
        f"{int(missing.to_numpy().any(axis=1).sum())} incomplete rows"
    )


def _counts(missing: pd.DataFrame) -> str:
    counts = missing.sum()
    return ", ".join(f"column '{name}' has {count}" for name, count in counts[counts > 0].items())


def _refuse_infinite(rows: pd.DataFrame) -> None:
    for name in rows.columns:
        column = rows[name]
        if pd.api.types.is_float_dtype(column.dtype):
            infinite = int(np.isinf(column.to_numpy(dtype=float)).sum())
            if infinite:
                raise DataError(
                    f"data: column '{name}' has {infinite} infinite values; replace them, or make them missing and "
                    "pass na_action='omit'"
                )
