"""The neutral parts of a report: lines of text and tables of cells, each cell with a tone instead of a colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "good", "bad", "warn", "dim", "strong"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text and how it is meant."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title and on which side its cells stand."""

    title: str
    align: Literal["left", "right"] = "right"


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; every row has one cell a column, and a row of no cells is a rule between rows."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    subtitle: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of text under an optional title; long ones are wrapped unless they are a printed page."""

    lines: tuple[Cell, ...]
    title: str = ""
    page: bool = False


Block = Table | Lines


def cells(texts: Sequence[str], tone: Tone = "") -> tuple[Cell, ...]:
    """Return a row of cells of one tone."""
    return tuple(Cell(text, tone) for text in texts)
