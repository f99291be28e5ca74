"""The report of ``crosscheck drift``: what moved between R's recorded answers and today's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..drift import Drift
from . import numbers
from .blocks import Block, Cell, Column, Lines, Table
from .differences import differences
from .machine import comparison_to_dict

SAME_DIGITS = 12.0
"""Digits from which on two answers are called the same: below, something moved, if within the limits."""


def drift_report(drifts: Sequence[Drift]) -> Iterator[Block]:
    """Yield the blocks of the report: a line a record, what moved in each, the versions, the verdict."""
    columns = (
        Column("record", "left"),
        Column("held to", "left"),
        Column("values"),
        Column("moved"),
        Column("LRE"),
        Column("worst", "left"),
        Column("verdict", "left"),
    )
    notes = (
        "LRE: the digits that today's answer has in common with the record where they agree least, at most 15.",
        "Candidates are held to the answer under the control named; its early stops, under the others, may vary.",
    )
    yield Table("R's recorded answers against today's", columns, tuple(map(_row, drifts)), notes)
    for one in drifts:
        yield from _what_moved(one)
    versions = dict.fromkeys(
        f"{name}: {then} then, {now} now" for one in drifts for name, (then, now) in one.versions.items()
    )
    if versions:
        yield Lines(tuple(map(Cell, versions)), "What isn't the version that it was")
    yield Lines((verdict(drifts),), page=True)


def drift_to_dict(drifts: Sequence[Drift]) -> dict[str, Any]:
    """Return the drifts as data that JSON can carry."""
    return {
        "agree": bool(drifts) and all(one.agree for one in drifts),
        "records": [
            {
                "model": one.spec.to_dict(),
                "agree": one.agree,
                "held_to": one.held,
                "moved": list(one.moved),
                "errors": dict(one.errors),
                "versions_then": dict(one.then),
                "versions_now": dict(one.now),
                "comparisons": {
                    control: comparison_to_dict(found, False) for control, found in one.comparisons.items()
                },
            }
            for one in drifts
        ],
    }


def verdict(drifts: Sequence[Drift]) -> Cell:
    """Return the one line of verdict."""
    moved = [one for one in drifts if not one.agree]
    then, now = (
        ", ".join(dict.fromkeys(_r(getattr(one, when)) for one in drifts)) for when in ("then", "now")
    )
    records = f"{len(drifts)} record{'s' * (len(drifts) != 1)}"
    if not moved:
        return Cell(f"NO DRIFT: {records} of {then}; {now} says the same", "good")
    return Cell(f"DRIFT: {len(moved)} of {records} of {then}; {now} says otherwise", "bad")


def _row(one: Drift) -> tuple[Cell, ...]:
    found = one.comparisons.get(one.held)
    if found is None:
        return (Cell(one.spec.key), Cell(one.held), *map(Cell, ("-", "-", "-", "")), Cell("MOVED", "bad"))
    worst = min(found.rows, key=lambda row: row.digits)
    place = " ".join(filter(None, (worst.quantity, worst.name))) if worst.digits < 15 else ""
    same = "the same" if worst.digits >= SAME_DIGITS else "within its limit"
    early = f" (early stops: {', '.join(one.moved)})" if one.agree and one.moved else ""
    return (
        Cell(one.spec.key),
        Cell(one.held),
        Cell(f"{len(found.rows):,}"),
        Cell(f"{len(found.failures):,}"),
        Cell(numbers.digits(worst.digits)),
        Cell(place),
        Cell(same + early, "good") if one.agree else Cell("MOVED", "bad"),
    )


def _what_moved(one: Drift) -> Iterator[Block]:
    found = one.comparisons.get(one.held)
    if found is not None and not found.agree:
        yield Lines((Cell(f"{one.spec.fixed},  random {one.spec.random},  {one.spec.method}"),), one.spec.key)
        yield from differences(found)
    if one.errors:
        lines = tuple(Cell(f"{control} control: {text}") for control, text in one.errors.items())
        yield Lines(lines, f"{one.spec.key}: errors")


def _r(versions: Any) -> str:
    return f"R {versions.get('R', '?')} with nlme {versions.get('nlme', '?')}"
