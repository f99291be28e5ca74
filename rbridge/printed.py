"""Tables that print as R prints them: pandas objects whose ``str()`` is R's page."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rbridge import decode
from rbridge.arguments import shown
from rbridge.errors import ArgumentError

Text = str | Callable[[], str] | None


class PrintedFrame(pd.DataFrame):
    """A DataFrame whose ``str()`` is R's print of it; whatever pandas makes of it is a plain DataFrame."""

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def __str__(self) -> str:
        return _text(self.__dict__.get("_page")) or self.__repr__()

    def __reduce__(self) -> tuple[Any, ...]:
        return frame, (pd.DataFrame(self), _text(self.__dict__.get("_page")))


class PrintedDict(dict[str, pd.DataFrame]):
    """A dict of tables whose ``str()`` is R's print of them all."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], page: Text) -> None:
        super().__init__(tables)
        self._page = page

    def __str__(self) -> str:
        return _text(self._page) or super().__str__()

    def __reduce__(self) -> tuple[Any, ...]:
        return PrintedDict, (dict(self), _text(self._page))


def frame(made: pd.DataFrame, page: Text) -> pd.DataFrame:
    """Return a frame whose ``str()`` is ``page``, R's text or a function that asks for it."""
    with_page = PrintedFrame(made)
    object.__setattr__(with_page, "_page", page)
    return with_page


def _text(page: Text) -> str | None:
    return page() if callable(page) else page


def decode_matrices(value: Any) -> tuple[dict[str, pd.DataFrame], str]:
    """Decode a list of matrices by name, and R's print of them."""
    parts = decode.items(value)
    return decode.matrices(parts["tables"]), str(parts["text"][0])


def decode_printed_frame(value: Any) -> tuple[pd.DataFrame, str]:
    """Decode a data frame, and R's print of it."""
    parts = decode.items(value)
    made = decode.frame(parts["frame"], decode.strings(parts["rows"]), categorical=True)
    return made, str(parts["text"][0])


def decode_printed_matrix(value: Any) -> tuple[pd.DataFrame, str]:
    """Decode a matrix, and R's print of it."""
    parts = decode.items(value)
    return decode.matrix(parts["table"]), str(parts["text"][0])


@dataclass(frozen=True, eq=False, repr=False)
class GroupTables:
    """A table with a row a group for each coefficient; ``str()`` is R's print of them.

    Attributes
    ----------
    tables
        By coefficient.
    """

    _text: str
    tables: dict[str, pd.DataFrame]

    def to_frame(self) -> pd.DataFrame:
        """Return all tables under each other, with ``term`` and ``group`` as first columns."""
        return pd.concat(self.tables, names=["term", "group"]).reset_index()

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self._text)}</pre>"


def decode_group_tables(value: Any) -> GroupTables:
    """Decode a table for each coefficient, and R's print of them."""
    parts = decode.items(value)
    return GroupTables(str(parts["text"][0]), decode.matrices(parts["slices"]))


def limits(frame: pd.DataFrame, parm: Any, level: float) -> pd.DataFrame:
    """Return confidence limits under the column names of R's ``confint``, of all or some coefficients."""
    if parm is not None:
        wanted = [parm] if isinstance(parm, str) else list(parm) if isinstance(parm, list | tuple) else None
        if not wanted or not all(isinstance(name, str) and name in frame.index for name in wanted):
            listed = ", ".join(repr(name) for name in frame.index)
            raise ArgumentError(f"parm must name coefficients ({listed}), not {shown(parm)}")
        frame = frame.loc[wanted]
    shares = ((1 - level) / 2, (1 + level) / 2)
    return frame.set_axis([f"{100 * share:.3g} %" for share in shares], axis=1).rename_axis(None)
