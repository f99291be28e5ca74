"""The report of ``crosscheck run``: one's own model on one's own data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..own.outcome import Outcome
from ..study import Study
from . import labels, numbers, summary
from .blocks import Block, Cell, Lines
from .machine import model_to_dict
from .models import LEGEND, model_blocks

_HELD_TO = {
    "R tight": "R: nlme with its tolerances tightened; that is what candidates are held to.",
    "R default": "R: nlme as it is called, which got furthest; that is what candidates are held to.",
}


def own_report(run: Outcome, *, verbose: bool = False) -> Iterator[Block]:
    """Yield the blocks of the report.

    Parameters
    ----------
    run : Outcome
    verbose : bool
        Show every BLUP and covariance.
    """
    yield _head(run)
    yield from model_blocks(run.check, every_row=verbose)
    study = Study((run.check,), run.source == "live")
    optima = summary.optima(study)
    if optima is not None:
        yield optima
    elif run.check.error:
        yield Lines((Cell(run.check.error, "warn"),))
    doubts = [one for one in run.opinions if one.findings or not one.passes]
    if doubts:
        lines = [line for one in doubts for line in str(one).splitlines()]
        yield Lines(tuple(map(Cell, lines)), "Why they differ")
    yield Lines((verdict(run),), page=True)


def run_to_dict(run: Outcome, *, verbose: bool = False) -> dict[str, Any]:
    """Return a run as data that JSON can carry."""
    return {
        "agree": run.agree,
        "reference": run.source,
        "data": {
            "name": run.check.spec.data,
            "rows": len(run.prepared.frame),
            "columns": list(map(str, run.prepared.frame.columns)),
            "sha256": run.sha256,
            "levels": {name: list(levels) for name, levels in run.prepared.levels.items()},
            "missing": dict(run.prepared.missing),
        },
        "model": model_to_dict(run.check, verbose),
        "opinions": [
            {
                "engine": one.engine,
                "passes": one.passes,
                "cause": one.cause.value,
                "reason": one.reason,
                "findings": [
                    {"quantity": f.quantity, "name": f.name, "cause": f.cause.value, "reason": f.reason}
                    for f in one.findings
                ],
            }
            for one in run.opinions
        ],
    }


def verdict(run: Outcome) -> Cell:
    """Return the one line of verdict."""
    check = run.check
    reference = check.reference.about.engine if check.reference else "the reference"
    engines = ", ".join(one.engine for one in check.candidates)
    against = f"{engines} and {reference} ({run.source})"
    if check.reference is None:
        return Cell(f"DISAGREE: {against}: the reference gave no answer: {check.error}", "bad")
    compared = [one.comparison for one in check.candidates if one.comparison is not None]
    values = sum(len(one.rows) for one in compared)
    outside = sum(len(one.failures) for one in compared)
    if not run.agree:
        return Cell(f"DISAGREE: {against}: {outside:,} of {values:,} values", "bad")
    if outside:
        return Cell(
            f"AGREE: {against}: {outside:,} of {values:,} values differ, for the reasons above", "good"
        )
    strain = max(row.strain for one in compared if (row := one.worst()))
    return Cell(
        f"AGREE: {against}: {values:,} values, the worst at {numbers.percent(strain)} of its limit", "good"
    )


def _head(run: Outcome) -> Block:
    spec, frame = run.check.spec, run.prepared.frame
    options = ", ".join(f"{name} = {value}" for name, value in spec.options.items())
    lines = [
        Cell(f"{spec.fixed},  random {spec.random},  {spec.method}" + (f",  {options}" if options else "")),
        Cell(f"data {spec.data}: {len(frame):,} rows, columns {', '.join(map(str, frame.columns))}"),
        Cell(f"sha256 of these columns: {run.sha256}", "dim"),
    ]
    for name, levels in run.prepared.levels.items():
        shown = ", ".join(levels[:12]) + (", ..." if len(levels) > 12 else "")
        lines.append(Cell(f"{name}: {shown}; the reference level is {levels[0]}"))
    if run.prepared.missing:
        counts = ", ".join(f"{name} {count}" for name, count in run.prepared.missing.items())
        lines.append(Cell(f"missing values, whose rows are left out: {counts}", "warn"))
    answers = [run.check.reference, *(one.answer for one in run.check.candidates)]
    for answer in filter(None, answers):
        versions = ", ".join(f"{name} {version}" for name, version in answer.about.provenance.items())
        lines.append(Cell(f"{answer.about.engine}: {versions or 'no versions given'}", "dim"))
    if run.source == "recorded":
        lines.append(Cell("R: RECORDED, not run now", "warn"))
    if run.check.own and run.check.reference is not None:
        held = labels.engine(run.check.reference.about.engine)
        legend = (_HELD_TO.get(held, LEGEND[0]), LEGEND[1])
        lines += [Cell(line, "dim") for line in legend]
    return Lines(tuple(lines), f"crosscheck run: {spec.name}")
