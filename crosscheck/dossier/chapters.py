"""The chapters of a report, in order: what is said, in words and tables, from the facts of a dossier."""

from __future__ import annotations

from collections.abc import Sequence

from ..report.blocks import Cell
from .blocks import (
    Banner,
    Block,
    Code,
    Items,
    Named,
    Paragraph,
    Section,
    Signatures,
    captioned,
    outcome_cell,
    table,
)
from .document import Check, Dossier
from .findings import deviations_chapter, fits_chapter, performance_chapter
from .requirements import KINDS
from .results import Outcome, Performance

_PARTS = {
    "IQ": "Installation qualification: what has to be there is there, and unchanged",
    "OQ": "Operational qualification: the instruments measure what they should",
    "PQ": "Performance qualification: the candidate's answers against the reference's",
}
_VERDICTS = {
    Outcome.PASS: "meets every requirement",
    Outcome.DEVIATION: "meets every requirement, with deviations that are explained",
    Outcome.FAIL: "does not meet every requirement",
}


def chapters(dossier: Dossier) -> tuple[Section, ...]:
    """Return the whole report as numbered sections."""
    return captioned(
        _summary(dossier),
        _scope(dossier),
        _environment(dossier),
        _checks("iq", "Installation qualification (IQ)", _IQ, dossier.installation),
        _checks("oq", "Operational qualification (OQ)", _OQ, dossier.operation),
        _requirements(dossier.performance),
        performance_chapter(dossier),
        deviations_chapter(dossier.performance),
        _repeat(dossier),
        _approval(),
        fits_chapter(dossier),
    )


def verdict(dossier: Dossier) -> str:
    """Return the verdict in a sentence or two."""
    found = dossier.performance
    texts = [f"{name} {_VERDICTS[found.outcome_of(name)]}" for name in dossier.heading.candidates]
    said = f"{'; '.join(texts)}." if texts else "There is no candidate."
    failed = [part for part in ("IQ", "OQ") if dossier.parts[part] is Outcome.FAIL]
    return said + (f" Not every check of the {' and the '.join(failed)} passes." if failed else "")


# --- 1 and 2


def _summary(dossier: Dossier) -> Section:
    found = dossier.performance
    rows = [(part, _PARTS[part], outcome_cell(outcome)) for part, outcome in dossier.parts.items()]
    parts = table("Qualifications", ("Part", "What it shows", "Outcome"), rows)
    candidates = table(
        "Candidates", _CANDIDATES, [_candidate(dossier, one) for one in dossier.heading.candidates], (1, 2, 3)
    )
    points = Items(tuple(_figures(dossier, found)))
    blocks = (Banner(dossier.outcome, verdict(dossier)), parts, candidates, points)
    return Section("summary", "Summary", blocks)


_CANDIDATES = ("Candidate", "Fits", "Values", "Outside", "Requirements that aren't met", "Outcome")


def _candidate(dossier: Dossier, candidate: str) -> tuple[Cell | str, ...]:
    found = dossier.performance
    results = [one for one in found.results if one.candidate == candidate]
    fits = sum(one.candidate == candidate for one in found.fit_results)
    failed = ", ".join(one.requirement for one in results if one.outcome is Outcome.FAIL) or "none"
    counts = (f"{count:,}" for count in (fits, *found.counts(results)))
    return (candidate, *counts, failed, outcome_cell(found.outcome_of(candidate)))


def _figures(dossier: Dossier, found: Performance) -> list[str]:
    values, outside = found.counts(found.results)
    explained = sum(one.outcome is not Outcome.FAIL for one in found.deviations)
    texts = [
        f"{_count(len(found.fits), 'fit')}, {_count(values, 'comparison')} of a value with its reference, "
        f"{_count(outside, 'value')} outside the tolerances.",
        f"{_count(len(found.deviations), 'deviation')}: {explained} explained, "
        f"{len(found.deviations) - explained} held against the candidate.",
    ]
    for part, checks in (("IQ", dossier.installation), ("OQ", dossier.operation)):
        wrong = [check.id for check in checks if check.outcome is Outcome.FAIL]
        if wrong:
            texts.append(f"Checks of the {part} that fail: {', '.join(wrong)}.")
    if not found.fit_results:
        texts.append("Nothing was compared, which is a failure.")
    return texts


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _scope(dossier: Dossier) -> Section:
    heading, found = dossier.heading, dossier.performance
    purpose = heading.purpose or (
        "Fitting linear mixed-effects models of the kinds listed below, by REML and ML, and reading their estimates, "
        "tests, variance components and predictions. Whoever relies on the results for another purpose states it "
        "here (--purpose)."
    )
    source = "computed for this report" if heading.live else "read from the records listed under Files"
    reference = (
        f"The reference is {heading.reference}: R's fit that got furthest, nearly always its EM algorithm run until "
        f"it converges. Its answers were {source}."
    )
    kinds = sorted({fit.method for fit in found.fits}, reverse=True)
    data = sorted({fit.data for fit in found.fits})
    what = (
        f"{_count(len(found.fits), 'fit')} by {' and '.join(kinds)} on {', '.join(data)}"
        if data
        else "No fit"
    )
    return Section(
        "scope",
        "Scope and intended use",
        (
            Paragraph(f"Intended use: {purpose}"),
            Paragraph(
                f"Subject: {', '.join(heading.candidates)}. {reference} {heading.why_recorded}".strip()
            ),
            Paragraph(
                f"Covered: {what}, listed in the appendix. The report says nothing of models, options or data of "
                "another kind, of other versions than those listed, or of the speed of a fit."
            ),
            Named(_TERMS),
        ),
    )


_TERMS = (
    ("Digits", "The log relative error of the NIST StRD, -log10(|c - r| / |r|): the digits in which candidate c agrees "
     "with reference r, from 0 to 15."),
    ("Tolerance", "The largest difference that counts as agreement, in a unit of the quantity's own (a standard error, "
     "the value itself). It comes from how near R itself gets to its optimum, never from what happens to pass."),
    ("Reference evaluator", "A short program that shares no code with either side, writes the covariance matrix of "
     "every group down in full and evaluates the likelihood by its definition. It says which side is at the optimum."),
    ("Deviation", "A value outside its tolerance. It passes only if the cause lies with the reference or the question, "
     "shown by the reference evaluator; it is listed with its reason and impact either way."),
    ("Not applicable", "No fit has such a value, or the check doesn't concern this installation: it doesn't count."),
)  # fmt: skip


# --- 3 to 6

_IQ = "Each check names what was expected and what was found on the machine that made this report."
_OQ = (
    "The reference evaluator is held to closed forms and to the definition of a density. The comparison is given one "
    "error of each kind, which it has to find, and a right answer, in which it may not find any. Each candidate fits a "
    "layout whose exact answer can be written down, in which R has no part."
)


def _environment(dossier: Dossier) -> Section:
    sections = [
        Section(f"environment-{position}", facts.title, (Named(tuple(facts.items.items())),))
        for position, facts in enumerate(dossier.environment, start=1)
    ]
    rows = [(file.kind, file.name, file.note, Cell(file.sha256, "dim")) for file in dossier.files]
    files = table("Data and records of R's answers", ("Kind", "Name", "Note", "SHA-256"), rows)
    sections.append(Section("files", "Files that the report rests on", (files,)))
    return Section("environment", "Environment", (), tuple(sections))


def _checks(id: str, title: str, intro: str, checks: Sequence[Check]) -> Section:
    rows = [(one.id, one.title, one.expected, one.found, outcome_cell(one.outcome)) for one in checks]
    titles = ("Check", "What", "Expected", "Found", "Outcome")
    passed = sum(one.outcome is Outcome.PASS for one in checks)
    applicable = sum(one.outcome is not Outcome.NOT_APPLICABLE for one in checks)
    caption = f"{title.split(' (')[0]}: {passed} of {applicable} checks pass"
    return Section(id, title, (Paragraph(intro), table(caption, titles, rows)))


def _requirements(found: Performance) -> Section:
    rows = [(one.id, one.title, one.expected) for one in found.requirements]
    limits = [
        (
            limit.quantity,
            one.id,
            limit.unit,
            *(_limit(limit.by_kind.get(kind)) for kind in KINDS),
            limit.reason,
        )
        for one in found.requirements
        for limit in one.limits
    ]
    titles = (
        "Quantity",
        "Requirement",
        "In units",
        *(f"{kind.capitalize()} fit" for kind in KINDS),
        "Reason",
    )
    notes = tuple(f"{kind.capitalize()}: {what}." for kind, what in KINDS.items())
    return Section(
        "requirements",
        "Requirements and tolerances",
        (
            table("Requirements", ("Requirement", "Title", "What is expected"), rows),
            table("Tolerances and their reasons", titles, limits, range(3, 3 + len(KINDS)), notes),
        ),
    )


def _limit(limit: float | None) -> str:
    return "" if limit is None else f"{limit:g}" if limit else "identical"


# --- 9 and 10


def _repeat(dossier: Dossier) -> Section:
    if dossier.heading.command:
        text = (
            "With the versions and files listed under Environment the command gives the same numbers; its exit status "
            "is 0 only if every part passes, 1 if one doesn't, 2 if it couldn't be run."
        )
        how: tuple[Block, ...] = (Paragraph(text), Code(dossier.heading.command))
    else:
        how = (
            Paragraph("The report was made by a program of whoever prepared it, through crosscheck.dossier."),
        )
    forms = (
        "The same facts stand in report.html, report.md, report.json (for machines, its schema versioned) and "
        "report.xml (JUnit, for build servers)."
    )
    return Section("repeat", "How to repeat this report", (*how, Paragraph(forms)))


def _approval() -> Section:
    text = "The signatures below approve this report as it stands, with the deviations that it lists."
    return Section(
        "approval", "Approval", (Paragraph(text), Signatures(("Prepared by", "Reviewed by", "Approved by")))
    )
