"""What a hunt found, as blocks for people and as plain data for machines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..report.blocks import Block, Cell, Column, Lines, Table
from .hunt import Failure, Hunt
from .verdict import Result


def hunt_blocks(hunt: Hunt, engines: Sequence[str], seed: int, written: Sequence[Path]) -> list[Block]:
    """Return the report of a hunt: what designs had, how they ended, each failure, and one line of verdict.

    Parameters
    ----------
    hunt : Hunt
    engines : sequence of str
        The reference first.
    seed : int
    written : sequence of Path
        Where the failures' cases are, in order.
    """
    failures = [
        block
        for failure, path in zip(hunt.failures, written, strict=True)
        for block in _failure_blocks(failure, path)
    ]
    verdict = Cell(verdict_line(hunt, engines, seed), "good" if hunt.passed else "bad")
    return [_features(hunt), _causes(hunt), *failures, Lines((verdict,))]


def hunt_to_dict(hunt: Hunt, engines: Sequence[str], seed: int, written: Sequence[Path]) -> dict[str, Any]:
    """Return the same for machines."""
    return {
        "engines": list(engines),
        "seed": seed,
        "asked": hunt.asked,
        "tried": hunt.tried,
        "ended": hunt.ended,
        "passed": hunt.passed,
        "unexplained": hunt.unexplained,
        "causes": dict(hunt.causes),
        "features": dict(hunt.features),
        "failures": [
            {
                "cause": failure.outcome.cause,
                "model": failure.smallest.spec.to_dict(),
                "rows": len(failure.smallest.data),
                "case": str(path),
            }
            for failure, path in zip(hunt.failures, written, strict=True)
        ],
    }


def verdict_line(hunt: Hunt, engines: Sequence[str], seed: int) -> str:
    """Return what it comes to in one line."""
    who = f"{', '.join(engines[1:])} and {engines[0]}, seed {seed}"
    if hunt.passed:
        return f"EXPLAINED: {who}: {hunt.tried:,} random designs, nothing unexplained"
    if hunt.unexplained:
        return f"UNEXPLAINED: {who}: {hunt.unexplained:,} of {hunt.tried:,} random designs"
    return f"UNFINISHED: {who}: {hunt.tried:,} of {hunt.asked:,} random designs: {hunt.ended or 'nothing was tried'}"


def _features(hunt: Hunt) -> Table:
    columns = (Column("of the designs", "left"), Column("designs"))
    rows = tuple((Cell(name), Cell(f"{n:,}")) for name, n in sorted(hunt.features.items(), key=_by_number))
    return Table("what they had", columns, rows)


def _causes(hunt: Hunt) -> Table:
    columns = (Column("what came of them", "left"), Column("designs"))
    explained = {str(result) for result in Result if result.explained}
    rows = tuple(
        (Cell(cause, "" if cause in explained else "bad"), Cell(f"{n:,}"))
        for cause, n in sorted(hunt.causes.items(), key=_by_number)
    )
    return Table(f"{hunt.tried:,} random designs", columns, rows)


def _by_number(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def _failure_blocks(failure: Failure, path: Path) -> list[Block]:
    spec, data = failure.smallest.spec, failure.smallest.data
    first = Cell(f"{failure.outcome.cause}: {spec.fixed}, random {spec.random}, {spec.method}", "bad")
    options = [Cell(f"{name} = {value}") for name, value in spec.options.items()]
    evidence = [Cell(line) for line in failure.outcome.text.split("\n")[:6]]
    size = f"{len(data)} rows, shrunk from {len(failure.found.data)}; crosscheck replay {path}"
    return [Lines((first, *options, *evidence, Cell(size, "strong")), "failure")]
