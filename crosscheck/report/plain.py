"""Blocks as plain text: what is shown without rich, in a pipe, and with ``--plain``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from .blocks import Block, Lines, Table

GAP = "  "


def render(blocks: Iterable[Block], width: int) -> str:
    """Return the blocks as text, an empty line between them; tables keep their width, prose is wrapped."""
    return "\n\n".join(
        "\n".join(_table(block, width) if isinstance(block, Table) else _lines(block, width))
        for block in blocks
    )


def _lines(block: Lines, width: int) -> list[str]:
    lines = _title(block.title)
    for cell in block.lines:
        lines += [cell.text.rstrip()] if block.page else _wrapped(cell.text, width)
    return lines


def _table(table: Table, width: int) -> list[str]:
    grid = [[column.title for column in table.columns], *([cell.text for cell in row] for row in table.rows)]
    widths = [max(len(row[j]) for row in grid if row) for j in range(len(table.columns))]
    rule = "-" * (sum(widths) + len(GAP) * (len(widths) - 1))
    body = [_row(row, widths, table) if row else rule for row in grid[1:]]
    notes = [line for note in table.notes for line in _wrapped(note, width)]
    subtitle = [table.subtitle] if table.subtitle else []
    return [*_title(table.title), *subtitle, _row(grid[0], widths, table), rule, *body, *notes]


def _row(texts: list[str], widths: list[int], table: Table) -> str:
    padded = [
        text.ljust(width) if column.align == "left" else text.rjust(width)
        for text, width, column in zip(texts, widths, table.columns, strict=True)
    ]
    return GAP.join(padded).rstrip()


def _title(title: str) -> list[str]:
    return [f"== {title}"] if title else []


def _wrapped(text: str, width: int) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()) + 2)
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False) or [""]
