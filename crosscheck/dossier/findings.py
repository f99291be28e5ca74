"""The chapters on what was found: performance by requirement and by fit, deviations, and every fit in detail."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..quantities import NUMBERS
from ..report import labels, numbers
from ..report.blocks import Cell, Table
from . import figures
from .blocks import Block, Items, Named, Paragraph, Picture, Section, outcome_cell, table
from .document import Dossier
from .figures import NONE
from .results import Estimate, Fit, FitResult, Outcome, Performance, Result, Worst

ROUNDING = 1e-16
"""Half the square of 1e-8, the distance in standard errors that rounding hides from the reference evaluator."""

_COUNTS = frozenset({"method", "n_obs", "n_groups"})
PICTURED = {quantity.key: quantity.title for quantity in NUMBERS if quantity.key not in _COUNTS}
"""The quantities of which pictures show the digits."""


def performance_chapter(dossier: Dossier) -> Section:
    """Return the results by requirement, by fit and at the optimum, for each candidate."""
    found = dossier.performance
    candidates = dossier.heading.candidates
    sections = [
        section
        for number, candidate in enumerate(candidates, start=1)
        for section in _of_candidate(found, candidate, number, several=len(candidates) > 1)
    ]
    intro = Paragraph(
        "Every value of every fit is compared by name; a value that one side lacks, or that isn't a number, can't pass."
    )
    return Section("pq", "Performance qualification (PQ)", (intro,), (*sections, *_optimum_section(found)))


def _of_candidate(found: Performance, candidate: str, number: int, *, several: bool) -> Iterator[Section]:
    of = f" of {candidate}" if several else ""
    results = [one for one in found.results if one.candidate == candidate]
    fits = [one for one in found.fit_results if one.candidate == candidate]
    yield Section(f"pq-{number}", f"Results{of} by requirement", (_by_requirement(found, results),))
    yield Section(f"digits-{number}", f"Digits of agreement{of}", tuple(_digits(found, fits, number)))
    yield Section(f"fits-{number}", f"Results{of} by fit", (_by_fit(found, fits),))


def _by_requirement(found: Performance, results: list[Result]) -> Table:
    titles = {one.id: one.title for one in found.requirements}
    rows = [
        (
            one.requirement,
            titles[one.requirement],
            f"{one.values:,}" if one.values else NONE,
            f"{one.outside:,}" if one.values or one.outside else NONE,
            _number(one.fewest_digits),
            _worst(one.worst, _names(found)) or one.found,
            outcome_cell(one.outcome),
        )
        for one in results
    ]
    head = (
        "Requirement",
        "Title",
        "Values",
        "Outside",
        "Digits",
        "Nearest to its limit, or beyond",
        "Outcome",
    )
    notes = (
        "Values: how many were compared. Digits: the fewest of any value. The next column shows that value.",
    )
    return table("Every requirement over all fits", head, rows, (2, 3, 4), notes)


def _names(found: Performance) -> dict[str, str]:
    """Return what a fit is called in a table."""
    several = len({fit.method for fit in found.fits}) > 1
    return {fit.key: f"{_short(fit)}, {fit.method}" if several else _short(fit) for fit in found.fits}


def _short(fit: Fit) -> str:
    """Return a fit's key without its method, which stands beside it."""
    return fit.key.removesuffix(f"-{fit.method.lower()}")


def _worst(worst: Worst | None, names: dict[str, str]) -> str:
    """Return a value, where it stands and what part of its tolerance it uses."""
    if worst is None:
        return ""
    where = ", ".join(filter(None, (worst.name, names.get(worst.fit, worst.fit))))
    if isinstance(worst.reference, str) or isinstance(worst.candidate, str):
        return f"{worst.verdict} ({where})"
    if math.isnan(worst.difference):
        return f"{numbers.value(worst.reference)} against {numbers.value(worst.candidate)}, {worst.verdict} ({where})"
    if worst.difference == 0:
        return "identical throughout"
    if worst.rule and worst.used <= 1 and abs(worst.difference) > worst.limit:
        return f"{worst.rule} ({where})"
    if abs(worst.difference) > worst.limit:
        return f"{numbers.value(worst.reference)} against {numbers.value(worst.candidate)} ({where})"
    unit = f" {worst.unit}" if worst.unit else ""
    return f"{numbers.small(worst.difference)}{unit}, limit {numbers.small(worst.limit)} ({where})"


def _by_fit(found: Performance, fits: list[FitResult]) -> Table:
    names = _names(found)
    rows = [
        (
            names[one.fit],
            *(f"{count:,}" for count in found.counts(one.results)),
            _number(min((d for d in one.digits.values() if not math.isnan(d)), default=math.nan)),
            one.cause + (f": {one.reason}" if one.reason and one.outcome is not Outcome.PASS else ""),
            outcome_cell(one.outcome),
        )
        for one in fits
    ]
    return table("Every fit", ("Fit", "Values", "Outside", "Digits", "Finding", "Outcome"), rows, (1, 2, 3))


def _digits(found: Performance, fits: list[FitResult], candidate: int) -> Iterator[Block]:
    measured = [one for one in fits if one.digits]
    if not measured:
        yield Paragraph("Nothing could be compared.")
        return
    titles = {key: title for key, title in PICTURED.items() if any(key in one.digits for one in measured)}
    fewest = {
        key: [d for one in measured if not math.isnan(d := one.digits.get(key, math.nan))] for key in titles
    }
    alt = "; ".join(f"{titles[key]} {min(d):.1f}" for key, d in fewest.items() if d)
    yield Picture(
        f"picture-digits-{candidate}",
        "Digits of agreement by quantity",
        f"The fewest digits of each quantity over all fits: {alt}.",
        figures.dots(measured, titles, f"dots-{candidate}"),
    )
    for number, svg in enumerate(
        figures.heat_maps(measured, titles, _names(found), f"heat-{candidate}"), start=1
    ):
        yield Picture(
            f"picture-digits-by-fit-{candidate}-{number}",
            "Fewest digits of agreement by fit and quantity (darker is more; a dash where none is defined)",
            "A table of digits, fits down and quantities along; the same numbers stand in report.json.",
            svg,
        )


def _optimum_section(found: Performance) -> Iterator[Section]:
    """Yield the reference evaluator's findings, where it could say."""
    engines = list(dict.fromkeys(one.engine for optima in found.optima.values() for one in optima))
    if not engines:
        return
    names, rows = _names(found), []
    for key, optima in found.optima.items():
        by_engine = {one.engine: one for one in optima}
        cells = [_short_by(by_engine[e].shortfall) if e in by_engine else NONE for e in engines]
        rows.append((names[key], f"{max(one.log_lik for one in optima):.7f}", *cells))
    text = Paragraph(
        "The reference evaluator's log-likelihood at the best of the answers, and what each answer is short of it, by "
        "its gradient there. An answer that is short by less than 1e-8 is at the optimum."
    )
    head = ("Fit", "Log-likelihood", *(f"{labels.engine(engine)}, short by" for engine in engines))
    grid = table("What each answer is short of the highest log-likelihood", head, rows, range(1, len(head)))
    yield Section("optimum", "Who is at the optimum", (text, grid))


def _short_by(shortfall: float) -> str:
    """Return what is missing; below the rounding of the evaluator's gradient there is nothing to tell."""
    return f"<{ROUNDING:g}" if shortfall < ROUNDING else numbers.small(shortfall)


def deviations_chapter(found: Performance) -> Section:
    """Return every deviation with its cause, reason and impact."""
    if not found.deviations:
        return Section("deviations", "Deviations", (Paragraph("There are none."),))
    names, sections = _names(found), []
    rows = [
        (one.id, one.candidate, names[one.fit], one.cause, f"{one.values:,}", _EXPLAINED[one.outcome])
        for one in found.deviations
    ]
    titles = ("Deviation", "Candidate", "Fit", "Cause", "Values", "Outcome")
    overview = table("Every deviation", titles, rows, (4,))
    for one in found.deviations:
        items = [
            ("Candidate", one.candidate),
            ("Fit", names[one.fit]),
            ("Outcome", _EXPLAINED[one.outcome].text),
            ("Concerns", ", ".join(one.quantities) or "the whole fit"),
            ("Values", f"{one.values:,}"),
            ("Largest", described(one.worst)),
            ("Cause", one.cause),
            ("Reason", one.reason),
            ("Impact", one.impact),
        ]
        named = Named(tuple((name, text) for name, text in items if text))
        sections.append(Section(one.id.lower(), f"{one.id}: {names[one.fit]}", (named,)))
    return Section("deviations", "Deviations", (overview,), tuple(sections))


_EXPLAINED = {
    Outcome.DEVIATION: Cell("explained: passes", "warn"),
    Outcome.FAIL: Cell("held against the candidate", "bad"),
}


def described(worst: Worst | None) -> str:
    """Return a value with both sides, its difference and its limit."""
    if worst is None:
        return ""
    what = " ".join(filter(None, (worst.quantity, worst.name)))
    if isinstance(worst.reference, str) or isinstance(worst.candidate, str):
        return f"{what}: {worst.verdict}"
    both = f"reference {numbers.value(worst.reference)}, candidate {numbers.value(worst.candidate)}"
    unit = f" {worst.unit}" if worst.unit else ""
    difference = f"; difference {numbers.small(worst.difference)}{unit}, limit {numbers.small(worst.limit)}"
    return f"{what}: {both}" + (difference if not math.isnan(worst.difference) else "")


# --- every fit


def fits_chapter(dossier: Dossier) -> Section:
    """Return the appendix: every fit as it was asked for, with its results and paired estimates."""
    found = dossier.performance
    sections = []
    for position, fit in enumerate(found.fits, start=1):
        asked = [("Fixed effects", fit.fixed), ("Random effects", fit.random), ("Method", fit.method)]
        asked += [("Data", fit.data), ("Options", fit.options), ("Source", fit.note)]
        blocks: list[Block] = [Named(tuple((name, text) for name, text in asked if text))]
        for number, candidate in enumerate(dossier.heading.candidates, start=1):
            for one in found.fit_results:
                if (one.fit, one.candidate) == (fit.key, candidate):
                    blocks += _fit_blocks(found, one, f"{position}-{number}")
        sections.append(Section(f"fit-{position}", _heading_of(fit), tuple(blocks)))
    return Section("appendix", "Appendix: every fit", (), tuple(sections))


def _heading_of(fit: Fit) -> str:
    name = f"{_short(fit)}, {fit.method}"
    return name if fit.title in (fit.key, _short(fit)) else f"{name}: {fit.title}"


def _fit_blocks(found: Performance, one: FitResult, number: str) -> Iterator[Block]:
    titles = {requirement.id: requirement.title for requirement in found.requirements}
    rows = [
        (
            result.requirement,
            titles[result.requirement],
            f"{result.values:,}",
            f"{result.outside:,}",
            _number(result.fewest_digits),
            outcome_cell(result.outcome),
        )
        for result in one.results
        if result.outcome is not Outcome.NOT_APPLICABLE
    ]
    head = ("Requirement", "Title", "Values", "Outside", "Digits", "Outcome")
    if rows:
        yield table(f"{one.candidate}: {one.cause}", head, rows, (2, 3, 4))
    else:
        yield Paragraph(f"{one.candidate}: {one.cause}. {one.reason}".strip())
    if one.notes:
        yield Items(one.notes)
    if one.estimates:
        yield _estimates(one, found.level)
        svg = figures.paired(one.estimates, "R", one.candidate, f"pair-{number}")
        caption = f"Fixed effects with {found.level:.0%} intervals, R and {one.candidate} side by side"
        yield Picture(f"picture-estimates-{number}", caption, "The numbers of the table above, drawn.", svg)


def _estimates(one: FitResult, level: float) -> Table:
    rows = [(e.term, *_interval(e, "reference"), *_interval(e, "candidate")) for e in one.estimates]
    ends = (f"{level:.0%} from", "to")
    head = ("Fixed effect", "R", *(f"R, {end}" for end in ends))
    head += (one.candidate, *(f"{one.candidate}, {end}" for end in ends))
    return table("Estimates with their intervals", head, rows, range(1, 7))


def _interval(estimate: Estimate, side: str) -> tuple[Cell, ...]:
    interval = estimate.reference if side == "reference" else estimate.candidate
    if interval is None:
        return (Cell(NONE),) * 3
    return tuple(Cell(numbers.value(x)) for x in (interval.estimate, interval.low, interval.high))


def _number(digits: float) -> str:
    return NONE if math.isnan(digits) else numbers.digits(digits)
