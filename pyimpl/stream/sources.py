"""Where the pieces come from: Parquet files, Arrow data sets, polars' and Dask's lazy frames."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pyimpl.errors import ArgumentError, DataError
from pyimpl.foreign import from_polars

# Rows of a piece: enough that numpy's calls cost nothing, few enough that ten columns are less than 100 MB.
_ROWS = 1 << 20
# Pieces, or files, that Arrow may read ahead: by default it is 16, which is a gigabyte.
_AHEAD = 2


class Pieces(ABC):
    """Data that can be read, piece by piece, as often as it takes."""

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""

    @abstractmethod
    def read(self, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """The pieces in their order, with these columns, rows numbered on from piece to piece."""


def in_pieces(data: object) -> Pieces | None:
    """Take data of a kind that is read in pieces; None for anything else.

    Raises
    ------
    ArgumentError
        There is no such file, or the library that reads it is missing.
    DataError
        The file isn't Parquet or is cut off, or the files of a data set differ.
    """
    kind = f"{type(data).__module__.split('.')[0]}.{type(data).__name__}"
    if isinstance(data, Pieces):
        return data
    if isinstance(data, str | Path) or (isinstance(data, list | tuple) and _are_paths(data)):
        return _parquet(data)
    if kind.startswith("pyarrow.") and kind.endswith("Dataset"):
        return ArrowPieces(data, "data")
    if kind == "polars.LazyFrame":
        return PolarsPieces(data)
    if kind in ("dask.DataFrame", "dask_expr.DataFrame"):
        return DaskPieces(data)
    return None


def _are_paths(data: Sequence[object]) -> bool:
    return bool(data) and all(isinstance(each, str | Path) for each in data)


def _needed(module: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ArgumentError(
            f'data: reading it needs {module.split(".")[0]}; install it with: pip install "lmebridge[{extra}]"'
        ) from None


def _parquet(data: Any) -> Pieces:
    paths = [data] if isinstance(data, str | Path) else list(data)
    for path in paths:
        if not Path(path).exists():
            raise ArgumentError(
                f"data: {str(path)!r} is neither a DataFrame nor a Parquet file or folder that exists"
            )
    dataset = _needed("pyarrow.dataset", "stream")
    try:
        sources: Any = str(paths[0]) if len(paths) == 1 else [str(path) for path in paths]
        return ArrowPieces(
            dataset.dataset(sources, format="parquet"), ", ".join(Path(p).name for p in paths[:3])
        )
    except (OSError, ValueError) as error:
        raise DataError(f"data: {str(paths[0])!r} can't be read as Parquet: {error}") from None


@dataclass(frozen=True)
class ArrowPieces(Pieces):
    """An Arrow data set, such as one or many Parquet files."""

    dataset: Any
    name: str

    def __post_init__(self) -> None:
        """Refuse files whose columns differ: Arrow would fill what is missing with nulls."""
        fragments = list(self.dataset.get_fragments())
        if not fragments:
            raise DataError(f"data: {self.name} holds no Parquet file")
        for fragment in fragments:
            try:
                schema = fragment.physical_schema
            except (OSError, ValueError) as error:
                raise DataError(f"data: {_file(fragment)} can't be read: {error}") from None
            for field in self.dataset.schema:
                own = schema.field(field.name).type if field.name in schema.names else None
                in_path = own is None and field.name not in fragments[0].physical_schema.names
                if own != field.type and not in_path:
                    what = "is missing" if own is None else f"has type {own}"
                    raise DataError(
                        f"data: column {field.name!r} {what} in {_file(fragment)}, but has type {field.type} in the "
                        "first file; write them alike"
                    )

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the schema."""
        return tuple(self.dataset.schema.names)

    def read(self, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Record batches as frames."""
        first = 0
        try:
            for batch in self.dataset.to_batches(
                columns=list(columns),
                batch_size=_ROWS,
                batch_readahead=_AHEAD,
                fragment_readahead=_AHEAD,
                fragment_scan_options=_without_buffer(self.dataset),
            ):
                if len(batch):
                    frame = batch.to_pandas()
                    frame.index = pd.RangeIndex(first, first + len(frame))
                    first += len(frame)
                    yield frame
        except (OSError, ValueError) as error:
            raise DataError(f"data: {self.name} can't be read to its end: {error}") from None


def _without_buffer(dataset: Any) -> Any:
    """How to scan Parquet files: their raw bytes aren't read ahead either, which would be all of a file at once."""
    parquet = importlib.import_module("pyarrow.dataset")
    if isinstance(getattr(dataset, "format", None), parquet.ParquetFileFormat):
        return parquet.ParquetFragmentScanOptions(pre_buffer=False)
    return None


def _file(fragment: Any) -> str:
    return repr(Path(getattr(fragment, "path", "a file")).name)


@dataclass(frozen=True)
class PolarsPieces(Pieces):
    """A polars LazyFrame, run by polars' streaming engine."""

    frame: Any

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the schema."""
        return tuple(self.frame.collect_schema().names())

    def read(self, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Batches of the collected frame."""
        _needed("pyarrow", "stream")
        first = 0
        for batch in self.frame.select(list(columns)).collect_batches(chunk_size=_ROWS, maintain_order=True):
            if len(batch):
                frame = from_polars(batch)
                frame.index = pd.RangeIndex(first, first + len(frame))
                first += len(frame)
                yield frame


@dataclass(frozen=True)
class DaskPieces(Pieces):
    """A Dask DataFrame: its partitions, with their own index."""

    frame: Any

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(self.frame.columns)

    def read(self, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """One partition after the other, computed here."""
        for partition in self.frame[list(columns)].to_delayed():
            frame = partition.compute()
            if len(frame):
                yield frame
