"""What an expression evaluates to, and how a pandas column becomes such a value: one rule for every dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pyimpl.errors import DataError
from pyimpl.formula.deparse import format_number

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
CodeArray = npt.NDArray[np.intp]

_EXACT_INTEGERS = 2**53
# Rows looked at to see whether equal texts follow each other, and how often they may change if they do.
_MANY = 1000
_FEW_RUNS = 0.5


@dataclass(frozen=True, slots=True)
class Numeric:
    """Numbers: an array of shape (n,), or of shape () for a constant; `integer` is the column's own type."""

    data: FloatArray
    integer: bool = False


@dataclass(frozen=True, slots=True)
class Logical:
    """Truth values: an array of shape (n,), or of shape () for a constant."""

    data: BoolArray


@dataclass(frozen=True, slots=True)
class Categories:
    """A factor or a character vector.

    Attributes
    ----------
    codes : array of shape (n,)
        The index of each row's level.
    levels : tuple of str
        The levels, all of which occur when the value was read from data.
    ordered : bool
        Whether R would call it an ordered factor.
    text : bool
        Whether R would call it a character vector.
    """

    codes: CodeArray
    levels: tuple[str, ...]
    ordered: bool = False
    text: bool = False


@dataclass(frozen=True, slots=True)
class Basis:
    """Several columns from one variable, such as ``poly(x, 2)``: shape (n, k), and the k suffixes of its name."""

    data: FloatArray
    suffixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class String:
    """One string constant."""

    value: str


Value = Numeric | Logical | Categories | Basis | String


def read_column(frame: pd.DataFrame, name: str, argument: str) -> Numeric | Logical | Categories:
    """Read one column of the data.

    Parameters
    ----------
    frame : pandas.DataFrame
        The data, with unique labels for the columns that are used.
    name : str
        The column.
    argument : str
        The argument that uses it, for error messages.

    Returns
    -------
    Numeric, Logical or Categories
        Numbers as float64; booleans; categoricals and text as levels and codes. The levels of a categorical
        keep their order, those of text are sorted by code point; levels that don't occur are dropped.

    Raises
    ------
    DataError
        Naming the column, when it is missing, duplicated, holds missing values, or has a dtype that no model
        can use.
    """
    column = select_column(frame, name, argument)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _from_categorical(column, name, argument)
    if isinstance(column.dtype, pd.SparseDtype):
        column = pd.Series(np.asarray(column), index=column.index)
    if isinstance(column.dtype, pd.StringDtype):
        return _from_text(column, name, argument)
    _refuse_missing(column, name, argument)
    kind = _kind(column)
    if kind == "boolean":
        return Logical(np.asarray(column, dtype=np.bool_))
    if kind in ("integer", "floating"):
        return Numeric(_numbers(column, kind, name, argument), kind == "integer")
    if kind in ("string", "empty"):  # no rows: pandas can't tell an object column without any from text
        return _from_text(column, name, argument)
    raise DataError(f"{argument}: column {name!r} {_refusal(column, kind)}")


def select_column(frame: pd.DataFrame, name: str, argument: str) -> pd.Series[Any]:
    """Return the one column called `name`, or raise DataError when there is none or more than one."""
    if name not in frame.columns:
        raise DataError(f"{argument}: the data have no column {name!r}")
    column = frame[name]
    if not isinstance(column, pd.Series):
        raise DataError(
            f"{argument}: the data have {column.shape[1]} columns called {name!r}; rename all but one of them"
        )
    return column


def _kind(column: pd.Series[Any]) -> str:
    """Return pandas' word for what the column holds, looking into object columns."""
    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_integer_dtype(dtype):
        return "integer"
    if pd.api.types.is_float_dtype(dtype):
        return "floating"
    if isinstance(dtype, pd.StringDtype):
        return "string"
    kind = str(pd.api.types.infer_dtype(column, skipna=False))
    return "floating" if kind == "mixed-integer-float" else kind


def _refusal(column: pd.Series[Any], kind: str) -> str:
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or kind in ("datetime", "date", "datetime64"):
        return "holds dates; use numbers, for example (d - d.min()).dt.days, or text for a factor"
    if kind in ("timedelta", "timedelta64"):
        return "holds time differences; use numbers, for example column.dt.total_seconds()"
    if kind.startswith("complex"):
        return "holds complex numbers, which no model takes; use its real or imaginary part"
    if kind.startswith("mixed"):
        return "mixes text, numbers or other objects; convert it with astype(float) or astype(str)"
    if kind == "decimal":
        return "holds decimals; convert it with astype(float)"
    return f"has dtype {column.dtype} ({kind}), which no model takes; use astype(float) or astype(str)"


def _refuse_missing(column: pd.Series[Any], name: str, argument: str) -> None:
    missing = np.asarray(column.isna())
    if missing.any():
        rows = column.index[missing]
        raise DataError(
            f"{argument}: column {name!r} has {int(missing.sum())} missing values (rows {_rows(rows)}); "
            + ("drop those rows" if argument == "newdata" else "drop those rows or use na_action='omit'")
        )


def _rows(labels: pd.Index[Any]) -> str:
    return ", ".join(str(label) for label in labels[:3]) + (", ..." if len(labels) > 3 else "")


def _numbers(column: pd.Series[Any], kind: str, name: str, argument: str) -> FloatArray:
    try:
        numbers = np.ascontiguousarray(column.to_numpy(dtype=np.float64))
    except (OverflowError, TypeError, ValueError) as error:
        raise DataError(f"{argument}: column {name!r} can't be turned into numbers: {error}") from None
    if kind == "integer" and numbers.size and np.abs(numbers).max() > _EXACT_INTEGERS:
        raise DataError(
            f"{argument}: column {name!r} holds integers beyond 2^53, which no float holds exactly; "
            "rescale them, or use text for labels"
        )
    if not np.isfinite(numbers).all():
        rows = column.index[~np.isfinite(numbers)]
        raise DataError(
            f"{argument}: column {name!r} holds values that are not finite (rows {_rows(rows)}); remove them"
        )
    return numbers


def _from_categorical(column: pd.Series[Any], name: str, argument: str) -> Categories:
    _refuse_missing(column, name, argument)
    codes = np.asarray(column.cat.codes, dtype=np.intp)
    labels = [level_name(value) for value in column.cat.categories]
    if len(set(labels)) < len(labels):
        raise DataError(
            f"{argument}: two categories of column {name!r} have the same name as text; rename one"
        )
    return drop_unused(Categories(codes, tuple(labels), bool(column.cat.ordered)))


def _from_text(column: pd.Series[Any], name: str, argument: str) -> Categories:
    codes, levels = text_codes(column)
    if codes.size and codes.min() < 0:
        _refuse_missing(column, name, argument)
    return sort_levels(codes, levels)


def text_codes(column: pd.Series[Any]) -> tuple[CodeArray, list[str]]:
    """Return the code of each row's text, -1 where it is missing, and the texts in the order of their appearance.

    Where equal texts mostly follow each other, as in sorted data, one of each run is looked up; not even that where
    the runs ascend.
    """
    values: Any = column.array
    dtype = column.dtype
    in_arrow = (
        isinstance(dtype, pd.StringDtype) and dtype.storage == "pyarrow"
    )  # it compares where the text lies
    if not in_arrow:
        if isinstance(dtype, pd.StringDtype) and dtype.na_value is pd.NA:  # which can't be compared
            column = column.astype(object).mask(column.isna(), None)
        values = column.to_numpy(dtype=object)
    if len(values) < _MANY or _changes(values[:_MANY]).mean() > _FEW_RUNS:
        return _looked_up(values)
    changes = np.append(True, _changes(values))
    runs = values[changes]
    run = np.cumsum(changes)
    run -= 1
    if in_arrow and _ascend(runs):
        return run, list(runs.to_numpy(dtype=object))
    codes, levels = _looked_up(runs)
    return codes[run], levels


def _looked_up(values: Any) -> tuple[CodeArray, list[str]]:
    codes, found = pd.factorize(values)
    return np.asarray(codes, dtype=np.intp), list(map(str, np.asarray(found, dtype=object)))


def _changes(values: Any) -> BoolArray:
    """Return where a value isn't the one before it; a missing one may count as a change or not."""
    return _booleans(values[1:] != values[:-1], missing=True)


def _ascend(values: Any) -> bool:
    """Return whether each text is greater than the one before it, and none is missing."""
    return not values.isna().any() and bool(_booleans(values[1:] > values[:-1], missing=False).all())


def _booleans(compared: Any, missing: bool) -> BoolArray:
    if isinstance(compared, pd.api.extensions.ExtensionArray):
        compared = compared.to_numpy(dtype=np.bool_, na_value=missing)
    return np.asarray(compared, dtype=np.bool_)


def sort_levels(codes: CodeArray, levels: list[str]) -> Categories:
    """Return text as a factor whose `levels` are sorted by code point."""
    if sorted(levels) == levels:
        return Categories(codes, tuple(levels), text=True)
    order = sorted(range(len(levels)), key=levels.__getitem__)
    rank = np.empty(len(levels), dtype=np.intp)
    rank[order] = np.arange(len(levels))
    return Categories(rank[codes], tuple(levels[i] for i in order), text=True)


def drop_unused(value: Categories) -> Categories:
    """Return `value` without the levels that no row has."""
    counts = np.bincount(value.codes, minlength=len(value.levels))
    if counts.size == 0 or counts.all():
        return value
    renumber = np.cumsum(counts > 0) - 1
    levels = tuple(level for level, count in zip(value.levels, counts, strict=True) if count)
    return Categories(renumber[value.codes], levels, value.ordered, value.text)


def level_name(value: object) -> str:
    """Return the name of a factor level as R's ``as.character``: ``1`` for 1.0, ``TRUE`` for True."""
    if isinstance(value, (bool, np.bool_)):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (float, np.floating)):
        return format_number(float(value))
    return str(value)
