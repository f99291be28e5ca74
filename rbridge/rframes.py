"""Data frames of R's: sent there and kept, or brought here, with R's types.

===========================  =====================================================================
R                            pandas
===========================  =====================================================================
logical                      ``bool``; ``boolean`` where some are missing
integer                      ``int64``; ``Int64`` where some are missing
double                       ``float64``, bit for bit; NA and NaN are NaN
character                    text
factor                       categorical, with R's levels in R's order; ordered ones as ordered
``Date``                     ``datetime64[s]``, at midnight
``POSIXct``, ``POSIXlt``     ``datetime64[us]`` in the column's time zone (UTC where it names none)
``difftime``                 ``timedelta64[us]``
complex, raw, lists, matrix  refused, by the column's name
===========================  =====================================================================
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rbridge import checks, decode, frames, session
from rbridge.arguments import shown
from rbridge.errors import ArgumentError, DataError
from rbridge.handles import Handle


@dataclass(frozen=True, eq=False, repr=False)
class RFrame:
    """A data frame that lives in R; made by :func:`to_r`."""

    _handle: Handle

    @property
    def r(self) -> Any:
        """The live R object, an ``rpy2.robjects`` data frame."""
        return session.live(self._handle)

    def to_pandas(self) -> pd.DataFrame:
        """Return a copy here, with R's types."""
        made: pd.DataFrame = self._handle.call("rb_columns", decode=_decode_columns).value
        return made

    def __repr__(self) -> str:
        return str(self._handle.call("rb_glimpse", decode=decode.scalar).value)


def to_r(data: Any) -> RFrame:
    """Copy a pandas, polars or Arrow frame into R; :mod:`rbridge.frames` says how each dtype arrives.

    Raises
    ------
    DataError
        A column can't be carried exactly; the message names it and the mend.
    """
    frame = checks.check_frame(data)
    names = list(frame.columns)
    checks.check_columns(frame, {"the frame": [name for name in names if isinstance(name, str)]})
    for name in names:
        if not isinstance(name, str) or not name or "\0" in name:
            raise DataError(f"the column {shown(name)} has no name that R can hold. Mend: rename it")
    columns = checks.convert_columns(frame, names)
    with session.home() as home:
        return RFrame(frames.to_r(list(columns.values()), names, len(frame), home))


def r_data(name: str, package: str = "nlme") -> pd.DataFrame:
    """Return a data set of an installed R package.

    Parameters
    ----------
    name
        Such as ``"Orthodont"``.
    package
        Such as ``"nlme"`` or ``"lme4"``.

    Returns
    -------
    DataFrame
        With R's types; ``attrs["name"]`` is the data set's name. Of grouped data, ``attrs["formula"]`` is R's display
        formula, and ``labels``, ``units``, ``outer`` and ``inner`` are as ``pyimpl.grouped_data`` has them.
    """
    for value, argument in ((name, "name"), (package, "package")):
        plain = (
            isinstance(value, str) and value.isascii() and value.replace(".", "").replace("_", "").isalnum()
        )
        if not plain:
            raise ArgumentError(f"{argument} must be a plain name, not {shown(value)}")
    with session.home() as home:
        made: pd.DataFrame = home.call("rb_dataset", name, package, decode=_decode_dataset).value
    made.attrs["name"] = name
    return made


def read_rds(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Return the data frame in a file that R's ``saveRDS`` wrote.

    Parameters
    ----------
    path
        The file. Reading one can run code that its author put there: read those only that you trust.

    Returns
    -------
    DataFrame
        With R's types, as :func:`r_data` gives them; ``attrs["name"]`` is the file's name without its ending.

    Raises
    ------
    ArgumentError
        There is no such file, R can't read it, or it holds no data frame.
    """
    file = Path(path)
    if not file.is_file():
        raise ArgumentError(f"path: there is no file {str(file)!r}")
    with session.home() as home:
        made: pd.DataFrame = home.call("rb_read_rds", str(file.resolve()), decode=_decode_dataset).value
    made.attrs["name"] = file.stem
    return made


def _decode_dataset(value: Any) -> pd.DataFrame:
    parts = decode.items(value)
    made = _decode_columns(parts["columns"])
    for key in ("formula", "outer", "inner"):
        if text := decode.strings(parts[key]):
            made.attrs[key] = text[0]
    for key in ("labels", "units"):
        if not decode.is_null(parts[key]):
            made.attrs[key] = dict(zip(decode.names(parts[key]), decode.strings(parts[key]), strict=True))
    return made


def _decode_columns(value: Any) -> pd.DataFrame:
    parts = decode.items(value)
    names = decode.strings(parts["names"])
    kinds, zones = decode.strings(parts["kinds"]), decode.strings(parts["zones"])
    made = [
        _column(kind, zone, parts["columns"][i], parts["levels"][i])
        for i, (kind, zone) in enumerate(zip(kinds, zones, strict=True))
    ]
    frame = (
        pd.concat([pd.Series(column) for column in made], axis=1, keys=range(len(made)))
        if made
        else pd.DataFrame()
    )
    return frame.set_axis(names, axis=1)


def _column(kind: str, zone: str, value: Any, levels: Any) -> Any:
    if kind in ("factor", "ordered"):
        codes = np.array(value, dtype=np.int64)
        codes = np.where(codes < 0, 0, codes) - 1
        dtype = pd.CategoricalDtype(decode.strings(levels), ordered=kind == "ordered")
        return pd.Categorical.from_codes(codes, dtype=dtype)
    if kind == "character":
        return pd.Series([item if isinstance(item, str) else None for item in value])
    values = decode.floats(value)
    missing = np.isnan(values)
    if kind in ("logical", "integer"):
        if not missing.any():
            return values.astype(bool if kind == "logical" else np.int64)
        filled = np.where(missing, 0, values)
        if kind == "logical":
            return pd.arrays.BooleanArray(filled.astype(bool), missing)
        return pd.arrays.IntegerArray(filled.astype(np.int64), missing)
    if kind == "double":
        return values
    return _times(kind, zone, values, missing)


def _times(kind: str, zone: str, values: np.ndarray, missing: np.ndarray) -> Any:
    """Return days, or seconds, as times."""
    unit = "s" if kind == "Date" else "us"
    size = 86400 if kind == "Date" else 1_000_000
    whole = np.rint(np.where(missing, 0, values) * size).astype(np.int64)
    if kind == "difftime":
        return pd.Series(_with_gaps(whole.astype(f"timedelta64[{unit}]"), missing))
    times = _with_gaps(whole.astype(f"datetime64[{unit}]"), missing)
    made = pd.Series(times)
    return made if kind == "Date" else made.dt.tz_localize("UTC").dt.tz_convert(zone or "UTC")


def _with_gaps(times: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Put NaT, whose bits are those of the smallest integer in every unit, where a time is missing."""
    times.view(np.int64)[missing] = np.iinfo(np.int64).min
    return times
