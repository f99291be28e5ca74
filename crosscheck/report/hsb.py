"""The report of ``crosscheck hsb``, part by part."""

from __future__ import annotations

from collections.abc import Iterator

from ..study import Study
from . import summary
from .blocks import Block, Cell, Lines
from .models import LEGEND, model_blocks
from .published import published_blocks, unexplained
from .tutorial import tutorial_blocks


def hsb_report(study: Study, *, brief: bool = False, verbose: bool = False) -> Iterator[Block]:
    """Yield the blocks of the report.

    Parameters
    ----------
    study : Study
    brief : bool
        Leave out the table of each model; those that disagree are shown all the same.
    verbose : bool
        Show every BLUP and covariance, and the reason of every tolerance.
    """
    yield _head(study)
    for check in study.checks:
        if not brief or not check.agree:
            yield from model_blocks(check, every_row=verbose)
    yield from tutorial_blocks(study)
    yield from published_blocks(study)
    optima = summary.optima(study)
    if optima is not None:
        yield optima
    for engine in dict.fromkeys(c.engine for check in study.checks for c in check.candidates):
        yield summary.by_quantity(study, engine)
    if verbose:
        yield summary.reasons()
    yield Lines((*_unexplained(study), summary.verdict(study)), page=True)


def _head(study: Study) -> Block:
    models = len({check.spec.name for check in study.checks})
    methods = " and ".join(dict.fromkeys(check.spec.method for check in study.checks))
    lines = [
        Cell(f"7,185 pupils in 160 schools; {models} {'model' if models == 1 else 'models'} by {methods}"),
        _r_line(study),
    ]
    if study.why_recorded:
        lines.append(Cell(study.why_recorded, "warn"))
    for check in study.checks[:1]:
        for candidate in check.candidates:
            versions = candidate.answer.about.provenance if candidate.answer else {}
            text = ", ".join(f"{name} {version}" for name, version in versions.items())
            lines.append(Cell(f"{candidate.engine}: {text or 'no versions given'}"))
    lines += [Cell(line, "dim") for line in LEGEND]
    return Lines(tuple(lines), "crosscheck hsb: does a native lme give R's answers on High School & Beyond?")


def _r_line(study: Study) -> Cell:
    """Say which R answers, and where it only did when it was recorded, how to have it live."""
    reference = next((check.reference for check in study.checks if check.reference), None)
    about = reference.about.provenance if reference else {}
    r = f"R {about.get('R', '?')}, nlme {about.get('nlme', '?')}, {about.get('os', '?')}"
    if study.live:
        drifts = [check.drift for check in study.checks if check.drift is not None]
        if not drifts:
            return Cell(f"R: live, {r}")
        same = sum(drift.agree for drift in drifts)
        tail = f"its recorded answers agree with {same} of {len(drifts)} of today's"
        return Cell(f"R: live, {r}; {tail}", "" if same == len(drifts) else "warn")
    return Cell(f"R: RECORDED, not run now; the answers of {r}", "warn")


def _unexplained(study: Study) -> Iterator[Cell]:
    for figure in unexplained(study):
        yield Cell(f"{figure.model}: {figure.label} isn't what was published, {figure.printed}", "bad")
