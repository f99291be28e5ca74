"""The tables of one model: every quantity on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..compare import Comparison, Row, Verdict
from ..quantities import Quantity
from ..study import Checked, ModelCheck
from . import labels, numbers
from .blocks import Block, Cell, Column, Lines, Table

QUIET = frozenset({"method", "n_obs", "n_groups"})
"""Counts that the title shows; they get rows only where they don't agree."""

CAREFUL_DIGITS = 6.0
"""Fewer digits than a printed page shows: marked where R's default fit has no more of its own."""

LEGEND = (
    "R: nlme, its EM algorithm run until it converges; that is what candidates are held to.",
    "LRE: the digits of agreement with it, at most 15; tight and dflt: the LRE of nlme's tightened and of its "
    "default fit. What these two lack is R's own doing: its optimiser stops there.",
)


def model_blocks(check: ModelCheck, *, every_row: bool = False) -> list[Block]:
    """Return the tables of one model: one for each candidate."""
    if check.reference is None:
        return [Lines((Cell(f"R gave no answer: {check.error}", "bad"),), title(check))]
    return [_candidate(check, candidate, every_row) for candidate in check.candidates]


def title(check: ModelCheck) -> str:
    """Return what the model is, in one line."""
    spec = check.spec
    return ", ".join(filter(None, (spec.title or spec.name, spec.note, spec.method)))


def formulas(check: ModelCheck) -> str:
    """Return the model's formulas in one line."""
    return f"{check.spec.fixed},  random {check.spec.random}"


def _candidate(check: ModelCheck, candidate: Checked, every_row: bool) -> Block:
    if candidate.comparison is None:
        return Lines((Cell(f"{candidate.engine}: {candidate.error}", "bad"),), title(check))
    columns = (
        Column("", "left"),
        Column("", "left"),
        Column(labels.reference(check.reference.about.engine if check.reference else "nlme")),
        Column(candidate.engine),
        Column("diff."),
        Column("LRE"),
        *(Column(labels.column_of(own.engine)) for own in check.own),
        Column("verdict", "left"),
    )
    rows = tuple(_rows(candidate.comparison, check.own, every_row))
    notes = [f"could not be read: {problem}" for problem in candidate.comparison.problems]
    notes += [f"not compared, R's answer lacks it: {what}" for what in candidate.comparison.not_compared]
    for made in (candidate, *check.own):
        notes += [
            f"{made.engine} warns: {text}" for text in (made.answer.about.warnings if made.answer else ())
        ]
    notes += sorted({row.rule for row in candidate.comparison.rows if row.rule})
    return Table(title(check), columns, rows, tuple(notes), formulas(check))


def _rows(comparison: Comparison, own: Sequence[Checked], every_row: bool) -> Iterator[tuple[Cell, ...]]:
    owns = [
        {(row.quantity, row.name): row for row in made.comparison.rows} if made.comparison else {}
        for made in own
    ]
    for group in _grouped(comparison, every_row):
        for row, quantity, count in group:
            beside = [rows.get((row.quantity, row.name)) for rows in owns]
            yield _cells(row, quantity, count, beside)


def _grouped(comparison: Comparison, every_row: bool) -> Iterator[list[tuple[Row, Quantity, int]]]:
    """Yield the rows in reading order: the coefficient table term by term, then the rest."""
    by_key = {quantity.key: quantity for quantity in comparison.quantities}
    table = [key for key in ("coefficient", "std_error", "df", "t_value", "p_value") if key in by_key]
    terms = list(dict.fromkeys(row.name for key in table for row in comparison.of(key)))
    for term in terms:
        yield [(row, by_key[key], 0) for key in table for row in comparison.of(key) if row.name == term]
    for key, quantity in by_key.items():
        rows = comparison.of(key)
        if key in table or (key in QUIET and all(row.verdict.passes for row in rows)):
            continue
        if quantity.show == "worst" and not every_row:
            worst = comparison.worst(key)
            yield [(worst, quantity, len(rows))] if worst is not None else []
        else:
            yield [(row, quantity, 0) for row in rows]


def _cells(row: Row, quantity: Quantity, count: int, own: Sequence[Row | None]) -> tuple[Cell, ...]:
    reference, candidate = numbers.value(row.reference), numbers.value(row.candidate)
    if isinstance(row.reference, str) and "\n" in row.reference:
        reference = "R's page"
        candidate = "the same" if row.verdict.passes else "another"
    return (
        Cell(labels.name(row, quantity, count)),
        Cell(labels.what(quantity)),
        Cell(reference),
        Cell(candidate),
        Cell(numbers.raw_difference(row)),
        Cell(numbers.digits(row.digits)),
        *map(_own, own),
        labels.verdict(row),
    )


def _own(row: Row | None) -> Cell:
    """Return the digits of R's own other fits, marked where they are fewer than a page prints."""
    if row is None or row.verdict is Verdict.MISSING:
        return Cell("-", "dim")
    return Cell(numbers.digits(row.digits), "warn" if row.digits < CAREFUL_DIGITS else "dim")
