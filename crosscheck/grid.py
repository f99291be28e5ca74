"""A small immutable table of numbers with named rows and columns: what an answer is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Numbers under row and column names, both as text so that engines' index types don't matter.

    Attributes
    ----------
    rows, columns : tuple of str
    values : ndarray, shape (len(rows), len(columns))
        Read-only; NaN where the engine gave none.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        shape = (len(self.rows), len(self.columns))
        values = np.array(self.values, dtype=float).reshape(shape)
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Grid):
            return NotImplemented
        return (
            self.rows == other.rows
            and self.columns == other.columns
            and np.array_equal(self.values, other.values, equal_nan=True)
        )

    def __hash__(self) -> int:
        return hash((self.rows, self.columns))

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> Grid:
        """Return a data frame's numbers; its labels become text, and a repeated label is told apart."""
        numbers = frame.to_numpy(dtype=float, na_value=np.nan)
        return cls(_names(frame.index), _names(frame.columns), numbers)

    @classmethod
    def of_series(cls, series: pd.Series[Any], column: str) -> Grid:
        """Return a series' numbers as one column."""
        return cls.of_frame(pd.DataFrame({column: series}))

    def column(self, name: str) -> dict[str, float]:
        """Return one column by row name; empty when there is no such column."""
        if name not in self.columns:
            return {}
        numbers = self.values[:, self.columns.index(name)].tolist()
        return dict(zip(self.rows, numbers, strict=True))

    def cells(self) -> Iterator[tuple[str, str, float]]:
        """Yield ``(row, column, value)``, row by row."""
        for row, numbers in zip(self.rows, self.values.tolist(), strict=True):
            for column, number in zip(self.columns, numbers, strict=True):
                yield row, column, number

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; rows named 0, 1, 2, ... are stored as their number."""
        counted = self.rows == tuple(map(str, range(len(self.rows))))
        return {
            "rows": len(self.rows) if counted else list(self.rows),
            "values": {name: self.values[:, j].tolist() for j, name in enumerate(self.columns)},
        }

    @classmethod
    def of_dict(cls, plain: Mapping[str, Any]) -> Grid:
        """Return what :meth:`to_dict` stored."""
        rows = plain["rows"]
        names = tuple(map(str, range(rows))) if isinstance(rows, int) else tuple(rows)
        columns = plain["values"]
        values = [[np.nan if x is None else x for x in column] for column in columns.values()]
        return cls(names, tuple(columns), np.array(values, dtype=float).reshape(len(columns), len(names)).T)


def _names(labels: Iterable[Any]) -> tuple[str, ...]:
    """Return labels as text: 1224.0 as 1224, the second "x" as "x (2)" so that it can't hide the first."""
    seen: dict[str, int] = {}
    names = []
    for label in labels:
        whole = isinstance(label, float) and label.is_integer()
        name = str(int(label)) if whole else str(label)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)
