"""The frame held against the model, column by column, before R sees any of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from rbridge import foreign
from rbridge.errors import ArgumentError, DataError
from rbridge.frames import Column, convert, convert_label


def check_frame(data: Any, argument: str = "data") -> pd.DataFrame:
    """Return ``data``, a pandas, polars or Arrow frame with rows, as a pandas one."""
    if foreign.is_foreign(data):
        data = foreign.to_pandas(data, argument)
    if not isinstance(data, pd.DataFrame):
        kind = "None" if data is None else type(data).__name__
        raise ArgumentError(
            f"{argument} must be a pandas DataFrame, not {kind}. Mend: pd.DataFrame({argument})"
        )
    if len(data) == 0:
        raise DataError(f"{argument} has no rows")
    return data


def check_columns(data: pd.DataFrame, variables: Mapping[str, Sequence[str]], argument: str = "data") -> None:
    """Check that each variable that an argument uses is one column of the frame.

    Raises
    ------
    DataError
        Naming the missing (or twice present) column, the argument that uses it, and the nearest names.
    """
    names = [name for name in data.columns if isinstance(name, str)]
    present = set(names)
    for using, wanted in variables.items():
        for name in wanted:
            if name not in present:
                raise DataError(_missing_column(name, using, argument, data, names))
            if names.count(name) > 1:
                raise DataError(
                    f"{argument} has {names.count(name)} columns called {name!r}; rename all but one"
                )


def _missing_column(name: str, using: str, argument: str, data: pd.DataFrame, names: Sequence[str]) -> str:
    start = f"{using} uses {name!r}, which is not a column of {argument}"
    if name in [str(column) for column in data.columns]:
        return f"{start}: that column's name isn't a string. Mend: data.columns = data.columns.astype(str)"
    close = get_close_matches(name, names, n=3, cutoff=0.6)
    close += [other for other in names if other.lower() == name.lower() and other not in close]
    if close:
        return f"{start}; did you mean {' or '.join(repr(other) for other in close)}?"
    if name in ("T", "F"):
        return f"{start}. Mend: write {'TRUE' if name == 'T' else 'FALSE'}"
    if not names:
        return f"{start}, which has no column with a text name. Mend: set data.columns"
    listed = ", ".join(repr(other) for other in names[:12])
    return f"{start}; its columns are {listed}{', ...' if len(names) > 12 else ''}"


def convert_columns(
    data: pd.DataFrame, names: Sequence[str], labels: Sequence[str] = ()
) -> dict[str, Column]:
    """Convert the used columns, in the order of their names; ``labels`` are those that only name groups."""
    return {name: (convert_label if name in labels else convert)(data[name], name) for name in names}


def split_columns(data: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the names of the columns that can be carried to R, and of those that can't."""
    carried, others = [], []
    for name in data.columns:
        try:
            if not isinstance(name, str) or not name.isprintable() or list(data.columns).count(name) > 1:
                raise DataError("R can't name it")
            convert(data[name], name)
            carried.append(name)
        except DataError:
            others.append(str(name))
    return carried, others


def check_values(
    columns: Mapping[str, Column], keep: np.ndarray | None = None, *, na_action: str, argument: str = "data"
) -> None:
    """Refuse infinite values, and missing ones under ``na_action="fail"``, in the rows that the model uses.

    Parameters
    ----------
    columns
        The model's columns by name, each of length n.
    keep
        The rows that a subset keeps, bool of shape (n,); all by default.

    Raises
    ------
    DataError
        Naming the column, how many values are bad, and the mend.
    """
    gaps = {name: column.is_missing() for name, column in columns.items() if column.missing}
    if na_action == "fail":
        _refuse_missing(gaps, keep, argument)
    rows = keep
    for missing in gaps.values():
        rows = ~missing if rows is None else rows & ~missing
    for name, column in columns.items():
        infinite = np.isinf(column.values) if column.kind == "double" else np.zeros(0, dtype=bool)
        if infinite.any() and (count := int(infinite.sum() if rows is None else infinite[rows].sum())):
            raise DataError(
                f"column {name!r} of {argument} has {_count(count, 'infinite value')}. "
                f"Mend: replace them, or leave those rows out with subset"
            )


def _refuse_missing(gaps: Mapping[str, np.ndarray], keep: np.ndarray | None, argument: str) -> None:
    """Refuse missing values in the rows kept, naming every column that has some."""
    kept = {name: missing if keep is None else missing[keep] for name, missing in gaps.items()}
    kept = {name: missing for name, missing in kept.items() if missing.any()}
    if not kept:
        return
    counts = ", ".join(f"column {name!r} has {int(missing.sum())}" for name, missing in kept.items())
    incomplete = int(np.logical_or.reduce(list(kept.values())).sum())
    raise DataError(
        f"{argument}: missing values in object: {counts}; fill them, or pass na_action='omit' to leave out the "
        f"{_count(incomplete, 'incomplete row')}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def check_response(column: Column, name: str) -> None:
    """Check that the response is a number for each row."""
    if column.kind == "factor":
        raise DataError(
            f"the response {name!r} is text or categorical, not numeric. Mend: use pd.to_numeric, or another response"
        )


def check_contrast_columns(contrasts: Mapping[str, str], covariates: Mapping[str, Column]) -> None:
    """Check that contrasts are asked only for factors among the variables of the fixed or random effects."""
    for name in contrasts:
        if name not in covariates:
            factors = [key for key, column in covariates.items() if column.kind == "factor"]
            listed = ", ".join(repr(key) for key in factors) or "none"
            raise ArgumentError(f"contrasts: {name!r} is not a factor of the model; its factors are {listed}")
        if covariates[name].kind != "factor":
            raise ArgumentError(
                f"contrasts: {name!r} is {covariates[name].kind}, not a factor. "
                f"Mend: data[{name!r}].astype('category')"
            )
