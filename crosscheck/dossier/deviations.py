"""Deviations: what differs on a fit, put together by cause, with what it means for whoever uses the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..cause import Cause, Finding, Opinion
from ..compare import Comparison, Row
from ..quantities import QUANTITIES
from .results import Deviation, Outcome
from .values import is_text, worst_of

_TITLES = {quantity.key: quantity.title for quantity in QUANTITIES}

_IMPACT: Mapping[Cause, str] = {
    Cause.AGREES: "None: no value is further from the optimum than its tolerance.",
    Cause.R_STOPPED_SHORT: "None on the candidate, which is at the optimum or nearer to it than R. R's digits beyond "
    "what is shown here aren't to be relied on.",
    Cause.NOT_IDENTIFIED: "None: the data don't tell these values apart, on either side. What is identified agrees.",
    Cause.BY_DEFINITION: "The number answers another question than R's: say which definition is meant wherever it is "
    "reported, and don't compare it with R's.",
    Cause.CANNOT: "The model can't be used with this implementation, which says so.",
    Cause.BOTH_RAISED: "Neither side answers: nothing is known of this model.",
    Cause.ENGINE_STOPPED_SHORT: "Every number of this fit may be off by as much as is shown here: whether that matters "
    "is to be judged against the intended use.",
    Cause.NO_REFERENCE: "The answer is held to the reference evaluator alone: record R's before it is relied on.",
    Cause.UNDECIDED: "Which side is right isn't known: not to be used for this model until it is.",
}
_BOTH = (
    "both sides are within the tolerance of the certified optimum's, though not of each other's: the difference is R's "
    "and the candidate's together"
)
_PAGES = (
    "the pages' words are R's; what differs are digits of numbers within their tolerances, or that this fit's other "
    "deviations are about"
)
_FATAL = "The value, or the whole fit where there is no answer, mustn't be used."


def explained(opinion: Opinion, comparison: Comparison | None) -> dict[tuple[str, str], bool]:
    """Return, for each value that needs a word, by quantity and name, whether it may pass.

    A number that differs and has no finding is within its tolerance of the certified optimum on both sides. A page
    that differs and has none follows numbers that have findings of their own.
    """
    told = {(one.quantity, one.name): one.cause.passes for one in opinion.findings}
    asked = opinion.passes or bool(opinion.findings)
    for row in comparison.failures if comparison is not None else ():
        told.setdefault((row.quantity, row.name), opinion.passes if is_text(row) else asked)
    return told


def deviations(
    fit: str, engine: str, opinion: Opinion, comparison: Comparison | None, first: int
) -> Iterator[Deviation]:
    """Yield the deviations of one candidate on one fit, a cause each, numbered from `first`."""
    passes = explained(opinion, comparison)
    for number, (cause, word, reason, rows) in enumerate(_by_cause(opinion, comparison), start=first):
        unexplained = cause.fails or not all(passes[row.quantity, row.name] for row in rows)
        yield Deviation(
            f"D-{number:02d}",
            engine,
            fit,
            word,
            tuple(dict.fromkeys(_TITLES[row.quantity] for row in rows)),
            len(rows),
            worst_of(rows, fit),
            reason,
            _IMPACT.get(cause, _FATAL),
            Outcome.FAIL if unexplained else Outcome.DEVIATION,
        )


def _by_cause(
    opinion: Opinion, comparison: Comparison | None
) -> Iterator[tuple[Cause, str, str, tuple[Row, ...]]]:
    """Yield each cause, its name, its reason and its rows, the worst first, then what differs and has no finding."""
    found = opinion.by_cause()
    for cause, findings in found.items():
        yield cause, str(cause), _reason(findings), tuple(one.row for one in findings)
    if not found and opinion.cause is not Cause.AGREES:
        yield opinion.cause, str(opinion.cause), opinion.reason, ()
    told = {(one.quantity, one.name) for one in opinion.findings}
    failures = comparison.failures if comparison is not None else ()
    left = [row for row in failures if (row.quantity, row.name) not in told]
    for text, word, reason in (
        (False, "neither side's", _BOTH),
        (True, "follows from other numbers", _PAGES),
    ):
        if rows := tuple(row for row in left if is_text(row) is text):
            yield Cause.AGREES, word, reason, rows


def _reason(findings: tuple[Finding, ...]) -> str:
    """Return the reasons that differ, the first three of them."""
    reasons = list(dict.fromkeys(one.reason for one in findings if one.reason))
    more = f"; and {len(reasons) - 3} more of the kind" if len(reasons) > 3 else ""
    return "; ".join(reasons[:3]) + more
