"""The end of a report: by quantity, who is at the optimum, and the line of verdict."""

from __future__ import annotations

from collections.abc import Sequence

from ..compare import Row, Verdict
from ..quantities import NUMBERS, QUANTITIES, Quantity
from ..study import ModelCheck, Study
from . import labels, numbers
from .blocks import Cell, Column, Table


def by_quantity(study: Study, engine: str) -> Table:
    """Return, for each quantity, the candidate's worst agreement over all models beside R's own."""
    rows = []
    for quantity in QUANTITIES:
        pairs = _pairs(study, quantity, engine)
        if pairs:
            rows.append(_quantity_row(quantity, pairs, study))
    owns = _own_engines(study)
    columns = (
        Column("quantity", "left"),
        Column("values"),
        Column("limit"),
        Column("unit", "left"),
        Column("used"),
        Column("LRE"),
        *(Column(f"{_short(own)}") for own in owns),
        Column("worst at", "left"),
        Column("verdict", "left"),
    )
    notes = [
        "used: the part of the tolerance that the worst value uses. LRE, tight, dflt: the fewest digits.",
        *(_own_failures(study, own) for own in owns),
        "The reason of every tolerance: crosscheck hsb --verbose",
    ]
    return Table(f"All of {engine} against R, by quantity", columns, tuple(rows), tuple(notes))


def reasons() -> Table:
    """Return every tolerance with its reason."""
    columns = (Column("quantity", "left"), Column("limit"), Column("unit", "left"), Column("reason", "left"))
    rows = tuple(
        (Cell(q.title), Cell(numbers.small(q.limit)), Cell(q.unit), Cell(q.reason)) for q in QUANTITIES
    )
    return Table("Tolerances and their reasons", columns, rows)


def optima(study: Study) -> Table | None:
    """Return how far every answer is from the optimum, by the reference evaluator; None if it can't say."""
    certified = [check for check in study.checks if check.certificates]
    if not certified:
        return None
    engines = list(dict.fromkeys(c.engine for check in certified for c in check.certificates))
    rows = []
    for check in certified:
        certificates = {c.engine: c for c in check.certificates}
        best = max(certificates.values(), key=lambda c: c.log_lik)
        shortfalls = (
            (numbers.small(certificates[e].distance) if e in certificates else "-") for e in engines
        )
        worst = max(certificates.values(), key=lambda c: c.distance)
        rows.append(
            (
                Cell(f"{check.spec.name}, {check.spec.method}"),
                Cell(f"{best.log_lik:.7f}"),
                *(Cell(text, "warn" if float(text) > 1e-4 else "") for text in shortfalls),
                Cell(f"{worst.engine}: {numbers.small(worst.shortfall)}"),
            )
        )
    columns = (
        Column("model", "left"),
        Column("logLik, dense"),
        *(Column(engine) for engine in engines),
        Column("logLik left, at most", "left"),
    )
    notes = (
        "Distance to the optimum in standard errors of the variance parameters, from the gradient of a dense",
        "likelihood that shares no code with either side; its differences resolve about 1e-8.",
    )
    return Table("Who is at the optimum: a third opinion", columns, tuple(rows), notes)


def verdict(study: Study) -> Cell:
    """Return the one line of verdict."""
    comparisons = [c.comparison for check in study.checks for c in check.candidates if c.comparison]
    engines = ", ".join(dict.fromkeys(c.engine for check in study.checks for c in check.candidates))
    values = sum(len(comparison.rows) for comparison in comparisons)
    fits = len(study.checks)
    source = "R's" if study.live else "R's recorded"
    if study.agree:
        worst = max((row for c in comparisons if (row := c.worst())), key=lambda row: row.strain)
        text = (
            f"AGREE: {engines} gives {source} answers on all {fits} fits: {values:,} values, "
            f"the worst at {numbers.percent(worst.strain)} of its tolerance"
        )
        return Cell(text, "good")
    failed = sum(not check.agree for check in study.checks)
    outside = sum(len(comparison.failures) for comparison in comparisons)
    text = f"DISAGREE: {engines} against {source} answers: {failed} of {fits} fits, {outside:,} of {values:,} values"
    return Cell(text, "bad")


def _pairs(study: Study, quantity: Quantity, engine: str) -> list[tuple[ModelCheck, Row]]:
    """Return every row of a quantity that an engine was compared on, R's own other fits included."""
    return [
        (check, row)
        for check in study.checks
        for made in (*check.candidates, *check.own)
        if made.engine == engine and made.comparison is not None
        for row in made.comparison.of(quantity.key)
        if row.verdict is not Verdict.MISSING or made in check.candidates
    ]


def _own_engines(study: Study) -> list[str]:
    return list(dict.fromkeys(made.engine for check in study.checks for made in check.own))


def _short(engine: str) -> str:
    return engine.partition("-")[2] or "dflt"


def _own_failures(study: Study, engine: str) -> str:
    """Say on how many values one of R's own other fits is outside the tolerances itself."""
    pairs = [pair for quantity in NUMBERS for pair in _pairs(study, quantity, engine)]
    outside = [pair for pair in pairs if not pair[1].verdict.passes]
    fits = len({check.spec.key for check, _ in outside})
    return f"{engine} is itself outside these limits on {len(outside):,} of {len(pairs):,} values, in {fits} fits."


def _quantity_row(
    quantity: Quantity, pairs: Sequence[tuple[ModelCheck, Row]], study: Study
) -> tuple[Cell, ...]:
    where, worst = max(pairs, key=lambda pair: (not pair[1].verdict.passes, pair[1].strain, -pair[1].digits))
    owns = [_pairs(study, quantity, engine) for engine in _own_engines(study)]
    fewest = [min((row.digits for _, row in own), default=None) for own in owns]
    place = f"{where.spec.name}, {where.spec.method}"
    return (
        Cell(quantity.title),
        Cell(f"{len(pairs):,}"),
        Cell(numbers.small(quantity.limit)),
        Cell(quantity.unit),
        Cell(numbers.percent(worst.strain)),
        Cell(numbers.digits(min(row.digits for _, row in pairs))),
        *(Cell("-" if few is None else numbers.digits(few), "dim") for few in fewest),
        Cell(place if worst.strain else "", "dim"),
        labels.verdict(worst),
    )
