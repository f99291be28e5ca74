"""Reading the rows of a model: the columns it uses, the subset asked for, without missing values."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import pandas as pd

from pyimpl.errors import DataError
from pyimpl.frame import subset_rows
from pyimpl.stream.sources import DaskPieces, Pieces
from pyimpl.stream.survey import complete_rows
from pyimpl.stream.tasks import result, task, tree

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows and columns a model uses.

    Attributes
    ----------
    columns : tuple of str
        The columns that the model uses.
    subset : str or None
        The condition that chooses rows.
    also : tuple of str
        The columns that the condition uses besides.
    """

    columns: tuple[str, ...]
    subset: str | None = None
    also: tuple[str, ...] = ()

    @property
    def read(self) -> list[str]:
        """The columns that have to be read."""
        return [*self.columns, *self.also]

    def rows_of(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
        """A piece's complete rows, and how many missing values its columns have."""
        if self.subset is not None:
            frame = frame[subset_rows(self.subset, frame)]
        return complete_rows(frame[list(self.columns)], self.columns)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the rows that a model uses, as often as it takes."""

    pieces: Pieces
    selection: Selection

    @property
    def partitioned(self) -> bool:
        """Whether the pieces are a Dask DataFrame's partitions, to be worked on where they lie."""
        return isinstance(self.pieces, DaskPieces)

    def __iter__(self) -> Iterator[tuple[pd.DataFrame, dict[str, int]]]:
        for frame in self.pieces.read(self.selection.read):
            yield self.selection.rows_of(frame)

    def here(self, function: Callable[[pd.DataFrame], T]) -> Iterator[T]:
        """What a function makes of each piece's rows, one after the other."""
        for frame, _ in self:
            if len(frame):
                yield function(frame)

    def each(self, function: Callable[[pd.DataFrame], Any], like: Any) -> Any:
        """What a function makes of each piece's rows: an iterator, or a Dask frame where the pieces are Dask's.

        ``like`` is a frame or Series without rows that says which columns come out.
        """
        if not isinstance(self.pieces, DaskPieces):
            return self.here(function)
        frame = self.pieces.frame[self.selection.read]
        return frame.map_partitions(
            _of_rows, self.selection, function, like, meta=with_index(like, frame._meta.index)
        )

    def joined(self, function: Callable[[pd.DataFrame], T], join: Callable[[Sequence[T]], T]) -> T:
        """What a function makes of each piece's rows, joined."""
        if self.partitioned:
            tasks = [task(_of_rows, part, self.selection, function, None) for part in self.partitions()]
            return cast(T, result(tree(join, tasks)))
        return functools.reduce(lambda before, more: join([before, more]), self.here(function))

    def partitions(self) -> list[Any]:
        """The partitions of a Dask DataFrame, delayed."""
        assert isinstance(self.pieces, DaskPieces)
        return list(self.pieces.frame[self.selection.read].to_delayed())


def _of_rows(
    frame: pd.DataFrame, selection: Selection, function: Callable[[pd.DataFrame], Any], otherwise: Any
) -> Any:
    """What a function makes of a partition's complete rows, if there are any."""
    rows, _ = selection.rows_of(frame)
    if len(rows) or otherwise is None:
        return function(rows) if len(rows) else None
    return with_index(otherwise, rows.index)


def with_index(like: Any, index: pd.Index) -> Any:
    """A frame or Series without rows, with an index of this type."""
    return like.set_axis(index[:0])


def refuse_missing(missing: dict[str, int]) -> None:
    """Raise DataError if anything is missing."""
    if missing:
        counts = ", ".join(f"column '{name}' has {count}" for name, count in missing.items())
        raise DataError(
            f"data: missing values in object: {counts}; fill them, or pass na_action='omit' to leave out the "
            "incomplete rows"
        )
