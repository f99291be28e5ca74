"""R's answers as numpy and pandas objects.

All of it is called while R's lock is held (see :meth:`rbridge.session.Here.call`).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

_NA_INTEGER: Final = -(2**31)


def floats(value: Any) -> np.ndarray:
    """Return an R vector of numbers as float64, a matrix in two dimensions; NA is NaN."""
    array = np.array(value, dtype=np.float64)
    if type(value).__name__ in ("IntSexpVector", "BoolSexpVector"):
        array[array == _NA_INTEGER] = np.nan
    dim = attribute(value, "dim")
    if dim is not None:
        array = array.reshape(tuple(dim), order="F")
    return array


def flags(value: Any) -> np.ndarray:
    """Return an R logical vector without NA as bool."""
    return np.array(value, dtype=bool)


def strings(value: Any) -> list[str]:
    """Return an R character vector (or NULL) as a list of strings; NA is the empty string."""
    if is_null(value):
        return []
    return [item if isinstance(item, str) else "" for item in value]


def attribute(value: Any, name: str) -> Any:
    """Return an attribute of an R object, or None."""
    if name not in list(value.list_attrs()):
        return None
    return value.do_slot(name)


def is_null(value: Any) -> bool:
    """Say whether an R object is NULL."""
    return type(value).__name__ == "NULLType"


def names(value: Any) -> list[str]:
    """Return the names of an R vector."""
    found = attribute(value, "names")
    return [] if found is None else strings(found)


def items(value: Any) -> dict[str, Any]:
    """Return a named R list as a dict of R objects (unnamed elements under their position)."""
    keys = names(value) or [""] * len(value)
    return {key or str(i): value[i] for i, key in enumerate(keys)}


def texts(value: Any) -> dict[str, list[str]]:
    """Return a named list of character vectors as a dict of lists."""
    return {key: strings(item) for key, item in items(value).items()}


def columns_to_send(value: Any) -> tuple[list[str], list[str], list[str]]:
    """Return the columns that predictions need: their names, those they cross under, and which only name groups."""
    parts = items(value)
    return strings(parts["original"]), strings(parts["crossing"]), strings(parts["labels"])


def series(value: Any) -> pd.Series:
    """Return a named numeric vector."""
    return pd.Series(floats(value), index=names(value), dtype=np.float64)


def matrix(value: Any) -> pd.DataFrame:
    """Return a numeric matrix with its row and column names."""
    dimnames = attribute(value, "dimnames")
    rows, columns = (strings(dimnames[0]), strings(dimnames[1])) if dimnames is not None else ([], [])
    array = floats(value)
    return pd.DataFrame(
        array,
        index=rows or None,
        columns=columns or None,
    )


def matrices(value: Any) -> dict[str, pd.DataFrame]:
    """Return a named list of matrices as a dict of frames, in the list's order."""
    return {key: matrix(item) for key, item in items(value).items()}


def frame(value: Any, rows: list[str], *, categorical: bool = False) -> pd.DataFrame:
    """Return an R data frame of numbers, text and factors; these as text or, if asked, as categoricals."""
    columns: dict[str, Any] = {}
    for key, column in items(value).items():
        if attribute(column, "levels") is not None:
            made = factor(column)
            columns[key] = made if categorical else ["" if text is None else text for text in _texts_of(made)]
        elif type(column).__name__ == "StrSexpVector":
            columns[key] = strings(column)
        else:
            columns[key] = _numbers(column)
    return whole_counts(pd.DataFrame(columns, index=rows))


def factor(value: Any) -> pd.Categorical:
    """Return an R factor, with its levels in R's order."""
    codes = np.array(value, dtype=np.int64)
    classes = attribute(value, "class")
    ordered = classes is not None and "ordered" in strings(classes)
    dtype = pd.CategoricalDtype(strings(attribute(value, "levels")), ordered=ordered)
    return pd.Categorical.from_codes(np.where(codes < 0, -1, codes - 1), dtype=dtype)


def _texts_of(made: pd.Categorical) -> list[str | None]:
    levels = list(made.categories)
    return [None if code < 0 else levels[code] for code in made.codes]


def _numbers(value: Any) -> np.ndarray:
    """Return a column of numbers: integers of R's stay so where none is missing, logical ones become bool."""
    made = floats(value)
    kinds = {"IntSexpVector": np.int64, "BoolSexpVector": np.bool_}
    whole = kinds.get(type(value).__name__)
    return made if whole is None or np.isnan(made).any() else made.astype(whole)


def whole_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Make degrees of freedom and model numbers integers, where they are whole (R holds them as doubles)."""
    counts = [name for name in ("DF", "numDF", "denDF", "df", "Model") if name in table.columns]
    whole = [name for name in counts if np.array_equal(table[name], np.rint(table[name]))]
    return table.astype(dict.fromkeys(whole, np.int64))


def scalar(value: Any) -> Any:
    """Return an R vector of one element as a Python scalar."""
    item = value[0]
    return item if isinstance(item, str) else float(item) if isinstance(item, float) else item
