"""What the chapters of a report are made of: neutral blocks that HTML and Markdown each write in their way.

Tables are those of :mod:`crosscheck.report.blocks`, so that cells carry a tone and no colour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from ..report.blocks import Cell, Column, Table, Tone
from .results import Outcome

TONES: dict[Outcome, Tone] = {
    Outcome.PASS: "good",
    Outcome.DEVIATION: "warn",
    Outcome.FAIL: "bad",
    Outcome.NOT_APPLICABLE: "dim",
}
WORDS: dict[Outcome, str] = {
    Outcome.PASS: "Pass",
    Outcome.DEVIATION: "Pass with deviation",
    Outcome.FAIL: "FAIL",
    Outcome.NOT_APPLICABLE: "Not applicable",
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """Points, one below the other."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Names and what they stand for."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be taken literally."""

    text: str


@dataclass(frozen=True, slots=True)
class Banner:
    """The verdict, in large."""

    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as SVG, with what it shows in words for those who can't see it."""

    name: str
    caption: str
    alt: str
    svg: str


@dataclass(frozen=True, slots=True)
class Signatures:
    """Empty lines to be signed on paper, one for each role."""

    roles: tuple[str, ...]


Block = Paragraph | Items | Named | Code | Banner | Picture | Signatures | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section: blocks, then sections below it.

    Attributes
    ----------
    id : str
        Where links lead to.
    title : str
    blocks : tuple
    sections : tuple of Section
    """

    id: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = field(default=())


def numbered(sections: Sequence[Section], above: str = "") -> Iterator[tuple[str, int, Section]]:
    """Yield ``("3.1", 2, section)``: every section's number and depth, in reading order."""
    for position, section in enumerate(sections, start=1):
        number = f"{above}{position}"
        yield number, number.count(".") + 1, section
        yield from numbered(section.sections, f"{number}.")


_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Control characters and halves of characters, which neither HTML nor XML can carry."""


def printable(text: str) -> str:
    """Return text with a replacement character for each that can't be shown."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def captioned(*sections: Section) -> tuple[Section, ...]:
    """Return the sections with their tables and pictures numbered through."""
    tables, pictures = count(1), count(1)

    def block(one: Block) -> Block:
        if isinstance(one, Table):
            return replace(one, title=f"Table {next(tables)}. {one.title}")
        if isinstance(one, Picture):
            return replace(one, caption=f"Figure {next(pictures)}. {one.caption}")
        return one

    def whole(section: Section) -> Section:
        blocks = tuple(map(block, section.blocks))
        return replace(section, blocks=blocks, sections=tuple(map(whole, section.sections)))

    return tuple(map(whole, sections))


def outcome_cell(outcome: Outcome) -> Cell:
    """Return an outcome as a cell of a table."""
    return Cell(WORDS[outcome], TONES[outcome])


def table(
    caption: str,
    titles: Sequence[str],
    rows: Iterable[Iterable[Any]],
    right: Sequence[int] = (),
    notes: Sequence[str] = (),
) -> Table:
    """Return a table of cells or texts; `right` names the columns, from 0, whose numbers stand on the right."""
    columns = tuple(
        Column(title, "right" if position in right else "left") for position, title in enumerate(titles)
    )
    body = tuple(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows)
    return Table(caption, columns, body, tuple(notes))
