"""The one module that carries pandas columns to R, with a rule for every dtype.

A column arrives exactly, or it is refused by name with the mend; nothing turns into text silently.

=============================================  ==========================================================
pandas                                         R
=============================================  ==========================================================
``bool``, nullable ``boolean``                 logical
integers of any width, nullable ones           integer; double if beyond 32 bits and exactly representable
``float16``, ``float32``, ``float64``, ``Float64``  double
strings (any storage), object columns of str   factor, levels sorted by code point
categorical of strings, numbers or booleans    factor, levels in the categories' order; numbers named as R's
                                               ``as.character`` names them; ordered ones as ordered factor
object columns of numbers or booleans, None    double, integer or logical
sparse                                         as its dense values
integers beyond 32 bits that only name groups  factor, in numeric order, named in full
dates, times, periods, intervals, complex,     refused
bytes, decimals, mixed objects
=============================================  ==========================================================

A missing value (None, NaN, NA, NaT) arrives as R's NA of that type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from pandas.api import types

from rbridge.errors import DataError
from rbridge.handles import Handle, Home

_NA_INTEGER: Final = -(2**31)
_NA_REAL: Final = np.uint64(0x7FF00000000007A2)  # R's NA_real_: a NaN whose low word is 1954

_MENDS: Final = {
    "datetime": "subtract a start and take .dt.total_seconds(), or make it text with .astype(str) for a factor",
    "timedelta": "use .dt.total_seconds()",
    "complex": "use its real or imaginary part",
    "mixed": "make it one type with .astype(float), .astype(str) or .astype('category')",
    "bytes": "use .str.decode('utf-8')",
    "decimal": "use .astype(float)",
    "interval": "name its categories with .astype(str), or use its midpoints",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column ready to cross.

    Attributes
    ----------
    kind
        R's type: ``logical``, ``integer``, ``double`` or ``factor``.
    values
        int32 of shape (n,) for logical, integer and factor (codes from 1), float64 for double; with R's NA.
    levels
        The factor's levels: text, or numbers that R itself will name.
    ordered
        Whether the factor is ordered.
    missing
        How many values are missing.
    """

    kind: Literal["logical", "integer", "double", "factor"]
    values: np.ndarray
    levels: tuple[str, ...] | np.ndarray | None = None
    ordered: bool = False
    missing: int = 0

    def is_missing(self) -> np.ndarray:
        """Return which values are missing, bool of shape (n,)."""
        missing: np.ndarray = np.isnan(self.values) if self.kind == "double" else self.values == _NA_INTEGER
        return missing


def convert(column: pd.Series, name: str) -> Column:
    """Convert one pandas column.

    Raises
    ------
    DataError
        The column can't be carried exactly; the message names it and the mend.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        column = pd.Series(np.asarray(column), index=column.index)
        dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical(column, name)
    if types.is_bool_dtype(dtype):
        return _logical(column)
    if types.is_integer_dtype(dtype):
        return _integer(column, name)
    if types.is_float_dtype(dtype):
        return _double(column, name)
    if types.is_object_dtype(dtype):
        return _object(column, name)
    if types.is_string_dtype(dtype):
        return _text(column, name)
    raise _refusal(name, str(dtype), _family(dtype))


def convert_label(column: pd.Series, name: str) -> Column:
    """Convert a column that only names groups.

    Whole numbers too wide for R's integers become a factor, in numeric order and named in full: as doubles, R
    would name 3000000000 "3e+09".
    """
    made = convert(column, name)
    if made.kind != "double" or not _are_integers(column):
        return made
    missing = made.is_missing()
    codes, numbers = pd.factorize(np.where(missing, np.nan, made.values), sort=True)
    values = np.where(missing, _NA_INTEGER, codes + 1).astype(np.int32)
    return Column("factor", values, tuple(str(int(number)) for number in numbers), missing=made.missing)


def _are_integers(column: pd.Series) -> bool:
    dense = np.asarray(column) if isinstance(column.dtype, pd.SparseDtype) else column.dropna()
    return types.infer_dtype(dense, skipna=True) == "integer"


def _logical(column: pd.Series) -> Column:
    missing = column.isna().to_numpy()
    if missing.any():
        values = column.to_numpy(dtype=object, na_value=False).astype(bool).astype(np.int32)
    else:
        values = column.to_numpy(dtype=bool).astype(np.int32)
    values[missing] = _NA_INTEGER
    return Column("logical", values, missing=int(missing.sum()))


def _integer(column: pd.Series, name: str) -> Column:
    missing = column.isna().to_numpy()
    unsigned = getattr(column.dtype, "kind", "i") == "u"
    wide = np.uint64 if unsigned else np.int64
    values = column.to_numpy(dtype=wide, na_value=0) if missing.any() else column.to_numpy(dtype=wide)
    return _whole_numbers(values, missing, name)


def _whole_numbers(values: np.ndarray, missing: np.ndarray, name: str) -> Column:
    """Carry int64 or uint64 values as R integers where they fit, as doubles where those hold them exactly."""
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    count = int(missing.sum())
    if -(2**31) < low and high < 2**31:
        small = values.astype(np.int32)
        small[missing] = _NA_INTEGER
        return Column("integer", small, missing=count)
    if low < -(2**53) or high > 2**53:
        raise DataError(
            f"column {name!r} holds whole numbers beyond 2**53, which R can't hold exactly. "
            f"Mend: rescale it, or make it a label with .astype(str) or .astype('category')"
        )
    return _marked_double(values.astype(np.float64), missing)


def _marked_double(values: np.ndarray, missing: np.ndarray) -> Column:
    values.view(np.uint64)[missing] = _NA_REAL
    return Column("double", values, missing=int(missing.sum()))


def _double(column: pd.Series, name: str) -> Column:
    if getattr(column.dtype, "itemsize", 8) > 8:
        raise _refusal(name, str(column.dtype), "longdouble", "use .astype('float64')")
    values = np.array(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64, order="C")
    return _marked_double(values, np.isnan(values))


def _text(column: pd.Series, name: str) -> Column:
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    texts = [str(value) for value in uniques]
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.empty(len(texts) + 1, dtype=np.int32)
    rank[order] = np.arange(1, len(texts) + 1, dtype=np.int32)
    rank[-1] = _NA_INTEGER  # code -1 means missing
    levels = _checked_levels([texts[i] for i in order], name)
    return Column("factor", rank[codes], levels, missing=int((codes < 0).sum()))


def _checked_levels(texts: Sequence[str], name: str) -> tuple[str, ...]:
    for text in texts:
        if "\0" in text:
            raise DataError(
                f"column {name!r} holds text with a NUL character, which R can't hold. Mend: replace it"
            )
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise DataError(
                f"column {name!r} holds text that isn't valid Unicode ({text!r}). Mend: replace it"
            ) from None
    if len(set(texts)) < len(texts):
        raise DataError(f"column {name!r} has categories that are written alike. Mend: rename them apart")
    return tuple(texts)


def _categorical(column: pd.Series, name: str) -> Column:
    categories = column.cat.categories
    codes = column.cat.codes.to_numpy()
    values = codes.astype(np.int32) + np.int32(1)
    missing = codes < 0
    values[missing] = _NA_INTEGER
    return Column(
        "factor",
        values,
        _category_levels(categories, name),
        bool(column.cat.ordered),
        int(missing.sum()),
    )


def _category_levels(categories: pd.Index, name: str) -> tuple[str, ...] | np.ndarray:
    kind = types.infer_dtype(categories, skipna=False)
    if kind in ("string", "empty"):
        return _checked_levels([str(value) for value in categories], name)
    if kind == "boolean":
        return tuple("TRUE" if value else "FALSE" for value in categories)
    if kind == "integer":
        return _checked_levels([str(int(value)) for value in categories], name)
    if kind in ("floating", "mixed-integer-float"):
        numbers = np.array(categories, dtype=np.float64)
        # R will write them with 15 significant digits
        _checked_levels([f"{number:.15g}" for number in numbers], name)
        return numbers
    family = "datetime" if "date" in kind else "interval" if kind == "interval" else "mixed"
    mend = "name its categories with .cat.rename_categories(lambda value: str(value))"
    raise _refusal(name, f"category of {kind}", family, mend)


def _object(column: pd.Series, name: str) -> Column:
    kind = types.infer_dtype(column, skipna=True)
    missing = column.isna().to_numpy()
    if kind == "string":
        return _text(column, name)
    if kind == "empty":
        return Column("logical", np.full(len(column), _NA_INTEGER, dtype=np.int32), missing=len(column))
    if kind == "boolean":
        return _logical(column)
    if kind == "integer":
        return _object_integer(column, missing, name)
    if kind in ("floating", "mixed-integer-float", "integer-na"):
        return _object_double(column, missing, name)
    family = next(
        (
            word
            for word in ("datetime", "date", "timedelta", "complex", "bytes", "decimal", "interval")
            if word in kind
        ),
        "",
    )
    raise _refusal(name, f"object ({kind})", {"date": "datetime", "": "mixed"}.get(family, family))


def _object_integer(column: pd.Series, missing: np.ndarray, name: str) -> Column:
    filled = np.where(missing, 0, column.to_numpy(dtype=object))
    try:
        values = filled.astype(np.int64)
    except (OverflowError, TypeError, ValueError):
        raise DataError(
            f"column {name!r} holds whole numbers that R can't hold exactly. "
            f"Mend: rescale it, or use .astype(float)"
        ) from None
    return _whole_numbers(values, missing, name)


def _object_double(column: pd.Series, missing: np.ndarray, name: str) -> Column:
    filled = np.where(missing, np.nan, column.to_numpy(dtype=object))
    try:
        values = filled.astype(np.float64)
    except (OverflowError, TypeError, ValueError):
        raise DataError(f"column {name!r} holds numbers that a double can't hold. Mend: rescale it") from None
    return _marked_double(values, np.isnan(values))


def _family(dtype: Any) -> str:
    text = str(dtype)
    for word, family in (
        ("timedelta", "timedelta"),
        ("duration", "timedelta"),
        ("date", "datetime"),
        ("time", "datetime"),
    ):
        if word in text:
            return family
    for word in ("complex", "interval", "decimal"):
        if word in text:
            return word
    return "datetime" if text.startswith("period") else "mixed"


def _refusal(name: str, dtype: str, family: str, mend: str | None = None) -> DataError:
    return DataError(
        f"column {name!r} has dtype {dtype}, which a mixed model can't use as it is. "
        f"Mend: {mend or _MENDS[family]}"
    )


def to_r(columns: Sequence[Column], names: Sequence[str], n_rows: int, home: Home) -> Handle:
    """Build the R data frame: one memory copy a column, no loop over rows.

    Parameters
    ----------
    columns, names
        The columns and the names that they get in R.
    n_rows
        Their common length.
    home
        The R that it is built in.
    """
    levels = tuple(_sent_levels(column) for column in columns)
    handle: Handle = home.call("rb_frame", tuple(columns), list(names), n_rows, levels).value
    return handle


def _sent_levels(column: Column) -> dict[str, Any] | None:
    if column.kind != "factor":
        return None
    levels = column.levels
    return {
        "labels": levels if isinstance(levels, np.ndarray) else list(levels or ()),
        "ordered": column.ordered,
    }
