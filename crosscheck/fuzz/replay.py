"""What a replay says, as blocks for people and as plain data for machines; Hypothesis isn't needed for it."""

from __future__ import annotations

from typing import Any

from ..report.blocks import Block, Cell, Lines
from .case import Case
from .verdict import Outcome


def replay_blocks(case: Case, outcome: Outcome) -> list[Block]:
    """Return what a case is, what was found then, and what comes of it now."""
    random = case.spec.random if isinstance(case.spec.random, str) else dict(case.spec.random)
    model = [f"{case.spec.fixed}, random {random}, {case.spec.method}", f"{len(case.data)} rows"]
    model += [f"{name} = {value}" for name, value in case.spec.options.items()]
    then = [*filter(None, (case.note, case.cause)), *case.found.split("\n")]
    now = Cell(outcome.cause, "good" if outcome.explained else "bad")
    return [
        Lines(tuple(map(Cell, model)), "model"),
        Lines(tuple(Cell(line) for line in then if line), "found then"),
        Lines((now, *(Cell(line) for line in outcome.text.split("\n") if line)), f"now, by {outcome.engine}"),
    ]


def replay_to_dict(case: Case, outcome: Outcome) -> dict[str, Any]:
    """Return the same for machines."""
    return {
        "model": case.spec.to_dict(),
        "rows": len(case.data),
        "then": {"cause": case.cause, "text": case.found.split("\n")},
        "now": {
            "engine": outcome.engine,
            "cause": outcome.cause,
            "text": outcome.text.split("\n"),
            "explained": outcome.explained,
        },
    }
