"""The tables of what differs between two answers: what a failing test shows."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from ..compare import Comparison, Row
from ..quantities import Quantity
from . import labels, numbers
from .blocks import Block, Cell, Column, Lines, Table, cells

MOST_OF_ONE = 6
"""How many failing values of one quantity are listed; the rest are counted."""

MOST_LINES = 12
"""How many differing lines of a printed page are shown."""

COLUMNS = (
    Column("", "left"),
    Column("", "left"),
    Column("expected"),
    Column("found"),
    Column("difference"),
    Column("LRE"),
    Column("limit"),
    Column("of what", "left"),
    Column("verdict", "left"),
)


def differences(comparison: Comparison) -> Iterator[Block]:
    """Yield a line that counts, a table of the values that differ, and the lines in which pages differ."""
    yield Lines((Cell(_head(comparison)),))
    rows, rest = _rows(comparison)
    notes = [f"{title}: {count:,} more like these" for title, count in rest]
    notes += [f"could not be read: {problem}" for problem in comparison.problems]
    notes += [f"not compared, {comparison.reference} lacks it: {what}" for what in comparison.not_compared]
    log_lik = comparison.of("log_lik")
    if log_lik and log_lik[0].verdict.passes:
        notes.append(f"logLik agrees: {numbers.value(log_lik[0].reference)} on both sides")
    if rows:
        yield Table("What differs", COLUMNS, tuple(rows), tuple(notes))
    elif notes:
        yield Lines(cells(notes))
    yield from _pages(comparison)


def _head(comparison: Comparison) -> str:
    pair = f"{comparison.candidate} against {comparison.reference}"
    if not comparison.rows:
        return f"{pair}: there was nothing to compare, which is a failure"
    failing = len(comparison.failures)
    values = f"{len(comparison.rows):,} value{'s' * (len(comparison.rows) != 1)}"
    return f"{pair}: {values} compared, " + (f"{failing:,} differ" if failing else "all agree")


def _rows(comparison: Comparison) -> tuple[list[tuple[Cell, ...]], list[tuple[str, int]]]:
    """Return the rows of the table, the worst of each quantity first, and how many more each quantity has."""
    shown: list[tuple[Cell, ...]] = []
    rest: list[tuple[str, int]] = []
    for quantity in comparison.quantities:
        failing = [row for row in comparison.of(quantity.key) if not row.verdict.passes and not _is_page(row)]
        failing.sort(key=lambda row: -row.strain)
        shown += [_cells(row, quantity) for row in failing[:MOST_OF_ONE]]
        if len(failing) > MOST_OF_ONE:
            rest.append((quantity.title, len(failing) - MOST_OF_ONE))
    return shown, rest


def _cells(row: Row, quantity: Quantity) -> tuple[Cell, ...]:
    return (
        Cell(quantity.title),
        Cell(labels.name(row, quantity)),
        Cell(numbers.value(row.reference)),
        Cell(numbers.value(row.candidate)),
        Cell(numbers.raw_difference(row)),
        Cell(numbers.digits(row.digits)),
        Cell(numbers.small(row.limit) if row.limit else "same"),
        Cell(quantity.unit if row.limit else ""),
        labels.verdict(row),
    )


def _is_page(row: Row) -> bool:
    return any(isinstance(side, str) and "\n" in side for side in (row.reference, row.candidate))


def _pages(comparison: Comparison) -> Iterator[Lines]:
    for quantity in comparison.quantities:
        for row in comparison.of(quantity.key):
            if not row.verdict.passes and _is_page(row):
                expected, found = (str(side or "").splitlines() for side in (row.reference, row.candidate))
                changed = list(difflib.unified_diff(expected, found, "expected", "found", lineterm="", n=0))
                more = (
                    [f"... and {len(changed) - MOST_LINES} more lines"] if len(changed) > MOST_LINES else []
                )
                yield Lines(cells([*changed[:MOST_LINES], *more]), f"The {quantity.title}", page=True)
