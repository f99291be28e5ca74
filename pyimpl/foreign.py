"""Eager frames of polars and Arrow as pandas frames; factors get the levels that the bridge to R gives them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pyimpl.errors import MissingLibraryError


def to_pandas(data: Any) -> pd.DataFrame | None:
    """The same rows as pandas holds them, numbered from 0; None for what is no eager polars or Arrow frame.

    Raises
    ------
    MissingLibraryError
        A polars frame goes through pyarrow, which isn't installed.
    """
    kind = f"{type(data).__module__.split('.')[0]}.{type(data).__name__}"
    if kind == "polars.DataFrame":
        return from_polars(data)
    return data.to_pandas() if kind in ("pyarrow.Table", "pyarrow.RecordBatch") else None


def from_polars(frame: Any) -> pd.DataFrame:
    """A polars frame as pandas holds it.

    An ``Enum`` says what its levels are, in their order, but not that the order means something: it is no ordered
    factor. The order of a ``Categorical`` is that in which its values were met, anywhere: it is text.
    """
    kinds = {name: type(kind).__name__ for name, kind in frame.schema.items()}
    enums = [name for name, kind in kinds.items() if kind == "Enum"]
    texts = [name for name, kind in kinds.items() if kind == "Categorical"]
    rest = frame.drop(enums).with_columns([frame[name].cast(str) for name in texts])
    try:
        table = rest.to_arrow().to_pandas() if rest.width else pd.DataFrame(index=range(len(frame)))
    except ImportError:
        raise MissingLibraryError(
            'data: reading a polars frame needs pyarrow; install it with: pip install "lmebridge[stream]"'
        ) from None
    for name in enums:
        codes = frame[name].to_physical().cast(int).fill_null(-1).to_numpy()
        table[name] = pd.Categorical.from_codes(codes, pd.Index(list(frame.schema[name].categories)))
    return table[list(frame.columns)]
