"""A frame's fingerprint, by which a record knows the data it was made from."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd


def fingerprint(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of a frame's columns: their names, values and levels, not their order, index or dtypes.

    Numbers count to the last bit, but a whole number is the same as integer and as float; so a frame has the same
    fingerprint when it is read from CSV, Parquet or RDS.
    """
    digest = sha256()
    for name in sorted(map(str, frame.columns)):
        for part in (name.encode(), *_parts(frame[name])):
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
    return digest.hexdigest()


def _parts(column: pd.Series[Any]) -> list[bytes]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        levels = "\0".join(map(str, column.cat.categories)) + ("\0<" if column.cat.ordered else "")
        return [b"factor", levels.encode(), np.asarray(column.cat.codes, "<i4").tobytes()]
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(dtype="<f8", na_value=np.nan) + 0.0  # -0 is 0
        return [b"number", np.where(np.isnan(values), np.nan, values).tobytes()]  # R's NA is a NaN, too
    return [b"text", "\0".join("" if pd.isna(value) else f"={value}" for value in column).encode()]
