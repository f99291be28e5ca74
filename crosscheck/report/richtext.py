"""Blocks on a terminal through rich."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from .blocks import Block, Cell, Lines, Table, Tone

STYLES: dict[Tone, str] = {
    "": "",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "dim": "dim",
    "strong": "bold",
}


def _raise_broken_pipe() -> None:
    """Leave a closed output to the caller; rich itself would end the program with status 1."""
    raise BrokenPipeError


def write(blocks: Iterable[Block], stream: TextIO, width: int) -> None:
    """Write the blocks to a terminal."""
    console = Console(file=stream, width=width, highlight=False, emoji=False, markup=False)
    console.on_broken_pipe = _raise_broken_pipe
    for position, block in enumerate(blocks):
        if position:
            console.print()
        if block.title:
            console.print(Text(block.title, "bold cyan"))
        if isinstance(block, Table):
            if block.subtitle:
                console.print(Text(block.subtitle, "cyan"))
            _table(console, block)
        else:
            _lines(console, block)


def _table(console: Console, table: Table) -> None:
    drawn = RichTable(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True, show_edge=False)
    for column in table.columns:
        drawn.add_column(column.title, justify=column.align, no_wrap=True)
    for row in table.rows:
        if row:
            drawn.add_row(*map(_text, row))
        else:
            drawn.add_section()
    console.print(drawn)
    for note in table.notes:
        console.print(Text(note, "dim"))


def _lines(console: Console, block: Lines) -> None:
    for cell in block.lines:
        if block.page:
            console.print(_text(cell), no_wrap=True, crop=False, overflow="ignore")
        else:
            indent = len(cell.text) - len(cell.text.lstrip())
            console.print(Padding(_text(Cell(cell.text.strip(), cell.tone)), (0, 0, 0, indent)))


def _text(cell: Cell) -> Text:
    return Text(cell.text, STYLES[cell.tone])
