"""The report as Markdown, for a wiki or a pull request; pictures are files beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..report.blocks import Table
from .blocks import (
    WORDS,
    Banner,
    Block,
    Code,
    Items,
    Named,
    Paragraph,
    Picture,
    Section,
    Signatures,
    numbered,
    printable,
)
from .chapters import verdict
from .document import Dossier
from .html import about

PICTURES = "pictures"
"""The folder of the pictures, beside the page."""

_SPECIAL = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_|<>[]#~"})


def markdown(dossier: Dossier, sections: Sequence[Section]) -> str:
    """Return the page."""
    lines = [f"# {_escaped(dossier.heading.title)}", ""]
    lines += [
        f"- {_escaped(name)}: {_escaped(text)}" for name, text in about(dossier.heading, verdict(dossier))
    ]
    for number, depth, section in numbered(sections):
        lines += ["", f"{'#' * (depth + 1)} {number} {_escaped(section.title)}"]
        for block in section.blocks:
            lines += ["", *_lines(block)]
    return "\n".join(lines) + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield _escaped(block.text)
        case Items():
            yield from (f"- {_escaped(text)}" for text in block.texts)
        case Named():
            yield from (f"- **{_escaped(name)}**: {_escaped(text)}" for name, text in block.items)
        case Code():
            yield from ("```", block.text, "```")
        case Banner():
            yield f"**{WORDS[block.outcome]}**: {_escaped(block.text)}"
        case Picture():
            yield f"![{_escaped(block.caption)}. {_escaped(block.alt)}]({PICTURES}/{block.name}.svg)"
        case Signatures():
            yield from ("| Role | Name | Signature | Date |", "| --- | --- | --- | --- |")
            yield from (f"| {role} | | | |" for role in block.roles)
        case Table():
            yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    yield from (f"**{_escaped(table.title)}**", "")
    yield _row([_escaped(column.title) for column in table.columns])
    yield _row(["---:" if column.align == "right" else "---" for column in table.columns])
    yield from (_row([_escaped(cell.text) for cell in row]) for row in table.rows)
    for note in table.notes:
        yield from ("", _escaped(note))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it stands, on one line."""
    return " ".join(printable(text).split()).translate(_SPECIAL)
