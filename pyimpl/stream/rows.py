"""Reading the rows of a model: the columns it uses, the subset asked for, without missing values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd

from pyimpl.errors import DataError
from pyimpl.frame import subset_rows
from pyimpl.stream.sources import DaskPieces, Pieces
from pyimpl.stream.survey import complete_rows

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reader:
    """The rows that a model uses.

    Attributes
    ----------
    pieces : Pieces
    columns : tuple of str
        The columns that the model uses.
    subset : str or None
        The condition that chooses rows.
    also : tuple of str
        The columns that the condition uses besides.
    """

    pieces: Pieces
    columns: tuple[str, ...]
    subset: str | None = None
    also: tuple[str, ...] = ()

    def rows_of(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
        """A piece's complete rows, and how many missing values its columns have."""
        if self.subset is not None:
            frame = frame[subset_rows(self.subset, frame)]
        return complete_rows(frame[list(self.columns)], self.columns)

    def __iter__(self) -> Iterator[tuple[pd.DataFrame, dict[str, int]]]:
        for frame in self.pieces.read([*self.columns, *self.also]):
            yield self.rows_of(frame)

    def here(self, function: Callable[[pd.DataFrame], T]) -> Iterator[T]:
        """What a function makes of each piece's rows, one after the other."""
        for frame, _ in self:
            if len(frame):
                yield function(frame)

    def each(self, function: Callable[[pd.DataFrame], Any]) -> Any:
        """What a function makes of each piece's rows: an iterator, or a Dask frame where the pieces are Dask's."""
        if isinstance(self.pieces, DaskPieces):
            frame = self.pieces.frame[[*self.columns, *self.also]]
            return frame.map_partitions(lambda piece: function(self.rows_of(piece)[0]))
        return self.here(function)


def refuse_missing(missing: dict[str, int]) -> None:
    """Raise DataError if anything is missing."""
    if missing:
        counts = ", ".join(f"column '{name}' has {count}" for name, count in missing.items())
        raise DataError(
            f"data: missing values in object: {counts}; fill them, or pass na_action='omit' to leave out the "
            "incomplete rows"
        )
