"""Frames that aren't pandas (polars, Arrow, ...) as pandas, through narwhals: no value changes on the way."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd

from rbridge.errors import ArgumentError


def is_foreign(data: Any) -> bool:
    """Say whether ``data`` may be a frame of another library than pandas."""
    library = type(data).__module__.partition(".")[0]
    return library not in ("builtins", "numpy", "pandas") and hasattr(type(data), "columns")


def to_pandas(data: Any, argument: str) -> pd.DataFrame:
    """Return an eager frame of any library that narwhals knows, with the same values in a range index.

    Integers and truth values with gaps become pandas' nullable ones, text stays text, an ordered or enumerated
    categorical keeps its order; a categorical without one is as text. A null of a float is NaN: R has one NA for both.

    Raises
    ------
    ArgumentError
        narwhals isn't installed, doesn't know the frame, or the frame is lazy.
    """
    try:
        import narwhals.stable.v2 as nw
    except ImportError:
        raise ArgumentError(
            f"{argument} is a {type(data).__name__}; to take it rbridge needs narwhals. Mend: pip install narwhals, "
            "or pass a pandas DataFrame"
        ) from None
    try:
        frame = nw.from_native(data, eager_only=True)
    except TypeError:
        lazy = "; collect it first" if hasattr(data, "collect") else ""
        raise ArgumentError(
            f"{argument} must be a pandas DataFrame, or an eager polars or Arrow one, not {type(data).__name__}{lazy}"
        ) from None
    made = {name: _column(frame[name], nw) for name in frame.columns}
    return pd.DataFrame(made, index=pd.RangeIndex(len(frame)), copy=False)


def _column(column: Any, nw: Any) -> Any:
    """Return one column as something that pandas holds without changing a value."""
    kind = column.dtype
    if kind in (nw.Int8, nw.Int16, nw.Int32, nw.Int64, nw.UInt8, nw.UInt16, nw.UInt32, nw.UInt64):
        return _masked(column, pd.arrays.IntegerArray, column.fill_null(0))
    if kind == nw.Boolean:
        return _masked(column, pd.arrays.BooleanArray, column.fill_null(False))
    if kind.is_float():
        return np.asarray(column.fill_null(float("nan")).to_numpy())
    if kind == nw.String:
        return pd.array(column.to_list(), dtype="string")
    if kind in (nw.Categorical, nw.Enum):
        return _categorical(column, nw)
    return pd.Series(column.to_list(), dtype=object)  # refused by name, with the mend, if the model uses it


def _masked(column: Any, array: Any, filled: Any) -> Any:
    missing = np.asarray(column.is_null().to_numpy(), dtype=bool)
    values = np.asarray(filled.to_numpy())
    return array(values.copy(), missing.copy()) if missing.any() else values


def _categorical(column: Any, nw: Any) -> Any:
    native = column.to_native()
    texts = column.cast(nw.String).to_list()
    dictionary = getattr(
        native, "type", None
    )  # Arrow: a dictionary's order may mean something, and be said to
    if column.dtype == nw.Enum or dictionary is not None:
        levels = (
            column.cat.get_categories().to_list()
            if column.dtype != nw.Enum
            else list(column.dtype.categories)
        )
        return pd.Categorical(texts, categories=levels, ordered=bool(getattr(dictionary, "ordered", False)))
    return pd.array(texts, dtype="string")


def plain_values(values: Any) -> Any:
    """Return a polars or Arrow column as a list, anything else as it is."""
    library = type(values).__module__.partition(".")[0]
    if library in sys.modules and library in ("polars", "pyarrow"):
        return values.to_list() if hasattr(values, "to_list") else values.to_pylist()
    return values
