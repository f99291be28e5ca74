"""The end of a report: by quantity, who is at the optimum, and the line of verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..compare import Row, Verdict
from ..quantities import NUMBERS, QUANTITIES, Quantity
from ..study import ModelCheck, Study
from . import labels, numbers
from .blocks import Cell, Column, Lines, Table

CLEARLY_SHORT = 1e-6
"""A distance in standard errors from which on it is marked: printed digits begin to hang on it."""


def by_quantity(study: Study, engine: str) -> Table:
    """Return, for each quantity, the candidate's worst agreement over all models beside R's own."""
    rows = []
    for quantity in QUANTITIES:
        pairs = _candidate_rows(study, quantity.key, engine)
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
        *(Column(labels.column_of(own)) for own in owns),
        Column("worst at", "left"),
        Column("verdict", "left"),
    )
    notes = [
        "used: the part of the tolerance that the worst value uses. LRE, tight, dflt: the fewest digits.",
        *(_own_failures(study, own) for own in owns),
        "The reason of every tolerance: crosscheck hsb --verbose",
    ]
    return Table(f"All of {engine} against R, by quantity", columns, tuple(rows), tuple(notes))


def reasons() -> Lines:
    """Return every tolerance with its reason."""
    lines = []
    for quantity in QUANTITIES:
        limit = f"within {numbers.small(quantity.limit)} {quantity.unit}" if quantity.limit else "identical"
        lines.append(Cell(f"{quantity.title}: {limit}. {quantity.reason[0].upper()}{quantity.reason[1:]}."))
    return Lines(tuple(lines), "Tolerances and their reasons")


def optima(study: Study) -> Table | None:
    """Return how far every answer is from the optimum, by the reference evaluator; None if it can't say."""
    certified = [check for check in study.checks if check.certificates]
    if not certified:
        return None
    engines = list(dict.fromkeys(c.engine for check in certified for c in check.certificates))
    columns = (
        Column("model", "left"),
        Column("logLik, dense"),
        *(Column(labels.engine(engine)) for engine in engines),
        Column("logLik left, at most", "left"),
    )
    notes = (
        "Distance to the optimum in standard errors of the variance parameters, by the gradient of a dense "
        "likelihood that shares no code with either side. It can't tell distances below about 1e-8 from 0.",
    )
    rows = tuple(_optimum_row(check, engines) for check in certified)
    return Table("Who is at the optimum: a third opinion", columns, rows, notes)


def _optimum_row(check: ModelCheck, engines: Sequence[str]) -> tuple[Cell, ...]:
    found = {certificate.engine: certificate for certificate in check.certificates}
    best = max(certificate.log_lik for certificate in found.values())
    worst = max(found.values(), key=lambda certificate: certificate.distance)
    distances = [found[engine].distance if engine in found else math.nan for engine in engines]
    return (
        Cell(f"{check.spec.name}, {check.spec.method}"),
        Cell(f"{best:.7f}"),
        *(Cell(numbers.small(x) or "-", "warn" if x > CLEARLY_SHORT else "") for x in distances),
        Cell(f"{labels.engine(worst.engine)}: {numbers.small(worst.shortfall)}", "dim"),
    )


def verdict(study: Study) -> Cell:
    """Return the one line of verdict."""
    comparisons = [c.comparison for check in study.checks for c in check.candidates if c.comparison]
    engines = ", ".join(dict.fromkeys(c.engine for check in study.checks for c in check.candidates))
    values = sum(len(comparison.rows) for comparison in comparisons)
    against = f"{engines} and R ({'live' if study.live else 'recorded'})"
    if study.agree:
        strain = max(row.strain for comparison in comparisons if (row := comparison.worst()))
        fits = f"{len(study.checks)} fit{'s' * (len(study.checks) != 1)}"
        text = f"{fits}, {values:,} values, the worst at {numbers.percent(strain)} of its limit"
        return Cell(f"AGREE: {against}: {text}", "good")
    failed = sum(not check.agree for check in study.checks)
    outside = sum(len(comparison.failures) for comparison in comparisons)
    text = f"{failed} of {len(study.checks)} fits, {outside:,} of {values:,} values"
    return Cell(f"DISAGREE: {against}: {text}", "bad")


def _candidate_rows(study: Study, key: str, engine: str) -> list[tuple[ModelCheck, Row]]:
    """Return every row of a quantity that a candidate was compared on, with where."""
    return [
        (check, row)
        for check in study.checks
        for made in check.candidates
        if made.engine == engine and made.comparison is not None
        for row in made.comparison.of(key)
    ]


def _own_rows(study: Study, key: str, engine: str) -> list[tuple[ModelCheck, Row]]:
    """Return those of one of R's own other fits; what isn't recorded of it is left out."""
    return [
        (check, row)
        for check in study.checks
        for made in check.own
        if made.engine == engine and made.comparison is not None
        for row in made.comparison.of(key)
        if row.verdict is not Verdict.MISSING
    ]


def _own_engines(study: Study) -> list[str]:
    return list(dict.fromkeys(made.engine for check in study.checks for made in check.own))


def _own_failures(study: Study, engine: str) -> str:
    """Say on how many values one of R's own other fits is outside the tolerances itself."""
    pairs = [pair for quantity in NUMBERS for pair in _own_rows(study, quantity.key, engine)]
    outside = [pair for pair in pairs if not pair[1].verdict.passes]
    fits = len({check.spec.key for check, _ in outside})
    where = f"{len(outside):,} of {len(pairs):,} values, in {fits} of {len(study.checks)} fits"
    text = f"{labels.engine(engine)} is itself outside these limits on {where}."
    spread = [(check, row) for check, row in outside if row.quantity == "std_dev"]
    if spread:
        check, row = min(spread, key=lambda pair: pair[1].digits)
        text += (
            f" In {check.spec.name}, {check.spec.method}, it gives the sd of {row.name} as {row.candidate:.7g}, "
            f"where R converges to {row.reference:.7g}."
        )
    return text


def _quantity_row(
    quantity: Quantity, pairs: Sequence[tuple[ModelCheck, Row]], study: Study
) -> tuple[Cell, ...]:
    where, worst = max(pairs, key=lambda pair: (not pair[1].verdict.passes, pair[1].strain, -pair[1].digits))
    owns = [_own_rows(study, quantity.key, engine) for engine in _own_engines(study)]
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
