"""Data files as frames: CSV, Parquet and R's RDS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import CrosscheckError, EngineUnavailableError, UsageError

MISSING = ("", "NA")
"""What a missing value is in a CSV file: nothing, or NA. ``None``, ``null`` and ``-`` are text, as they are to R."""

_DELIMITERS = {";": "';'", "\t": "tabs ('\\t')", "|": "'|'", ",": "','"}
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".rds": "rds",
}


def read_data(
    path: str | os.PathLike[str], *, delimiter: str | None = None, decimal: str = "."
) -> pd.DataFrame:
    """Return the data in a file.

    Parameters
    ----------
    path : str or path
        A CSV file (``.csv``, ``.tsv``, ``.txt``, also with ``.gz``; UTF-8; the first line names the columns), a Parquet
        file (``.parquet``, ``.pq``), or what R's ``saveRDS`` wrote (``.rds``; needs R, and can run code of its author).
    delimiter : str, optional
        What separates the columns of a CSV file; by default ``","``, and a tab in ``.tsv``.
    decimal : str
        The decimal mark of a CSV file.

    Returns
    -------
    DataFrame
        Numbers of a CSV file are read to the last bit; ``attrs["name"]`` is the file's name without its ending.

    Raises
    ------
    UsageError
        There is no such file, its kind isn't known, or it can't be read as one.
    EngineUnavailableError
        It takes R or pyarrow, which is missing.
    """
    file = Path(path)
    suffixes = [suffix.lower() for suffix in file.suffixes]
    kind = _SUFFIXES.get(
        suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else "".join(suffixes[-1:])
    )
    if not file.is_file():
        raise UsageError(
            f"data: there is no file {str(file)!r}" + (" (it is a folder)" if file.is_dir() else "")
        )
    if kind is None:
        raise UsageError(f"data: {file.name} is of no kind that is known; use {', '.join(_SUFFIXES)}")
    if kind == "rds":
        frame = _read_rds(file)
    elif kind == "parquet":
        frame = _read_parquet(file)
    else:
        frame = _read_csv(file, delimiter or ("\t" if kind == "tsv" else ","), decimal)
    if frame.empty:
        raise UsageError(f"data: {file.name} has no rows")
    frame.attrs["name"] = file.name.split(".")[0]
    return frame


def _read_csv(file: Path, delimiter: str, decimal: str) -> pd.DataFrame:
    options: dict[str, Any] = {"sep": delimiter, "decimal": decimal, "encoding": "utf-8-sig"}
    if tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1):  # from then on reading is exact anyway
        options["float_precision"] = "round_trip"
    try:
        frame = pd.read_csv(file, keep_default_na=False, na_values=list(MISSING), **options)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"data: {file.name} isn't UTF-8 (byte {error.object[error.start]:#x}); convert it, e.g. by "
            "iconv -f latin1 -t utf-8"
        ) from None
    except (ValueError, OSError, EOFError) as error:  # pandas' ParserError and EmptyDataError are ValueErrors
        raise UsageError(f"data: {file.name} can't be read as CSV: {' '.join(str(error).split())}") from None
    if len(frame.columns) == 1:
        header = str(frame.columns[0])
        for other, called in _DELIMITERS.items():
            if other != delimiter and other in header:
                raise UsageError(
                    f"data: {file.name} has a single column, {header[:60]!r}; its columns seem to be separated by "
                    f"{called}: pass that as the delimiter"
                )
    return _with_logicals(frame)


def _with_logicals(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns of true, false and missing are logical."""
    kinds = {name: pd.api.types.infer_dtype(frame[name], skipna=True) for name in frame.columns}
    return frame.astype(
        {name: "boolean" for name, kind in kinds.items() if kind == "boolean" and frame[name].hasnans}
    )


def _read_parquet(file: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(file)
    except ImportError:
        raise EngineUnavailableError(
            "data: reading Parquet needs pyarrow; install it with: pip install 'lmebridge[stream]'"
        ) from None
    except (ValueError, OSError) as error:
        raise UsageError(
            f"data: {file.name} can't be read as Parquet: {' '.join(str(error).split())}"
        ) from None


def _read_rds(file: Path) -> pd.DataFrame:
    import rbridge

    if not (there := rbridge.available()):
        raise EngineUnavailableError(
            f"data: reading {file.name} needs R, and it can't be reached: {there.reason}"
        )
    try:
        made: pd.DataFrame = rbridge.read_rds(file)
        return made
    except rbridge.ArgumentError as error:
        raise UsageError(f"data: {str(error).removeprefix('path: ')}") from None
    except rbridge.DataError as error:
        raise CrosscheckError(f"data: {file.name}: {error}") from None
