"""Deviations: what differs on a fit, put together by cause, with what it means for whoever uses the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..cause import Cause, Finding, Opinion
from ..quantities import QUANTITIES
from .document import Deviation, Outcome
from .values import worst_of

_TITLES = {quantity.key: quantity.title for quantity in QUANTITIES}

_IMPACT: Mapping[Cause, str] = {
    Cause.R_STOPPED_SHORT: "None on the candidate, which is at the optimum or nearer to it than R. R's digits beyond "
    "what is shown here aren't to be relied on.",
    Cause.NOT_IDENTIFIED: "None: the data don't tell these values apart, on either side. What is identified agrees.",
    Cause.BY_DEFINITION: "The number answers another question than R's: say which definition is meant wherever it is "
    "reported, and don't compare it with R's.",
    Cause.CANNOT: "The model can't be used with this implementation, which says so.",
    Cause.BOTH_RAISED: "Neither side answers: nothing is known of this model.",
    Cause.ENGINE_STOPPED_SHORT: "Every number of this fit may be off in the digits shown: not to be used.",
    Cause.UNDECIDED: "Which side is right isn't known: not to be used for this model until it is.",
}
_FATAL = "The value, or the whole fit where there is no answer, mustn't be used."


def explained(opinion: Opinion) -> dict[tuple[str, str], bool]:
    """Return, for each value that differs, by quantity and name, whether its cause lets it pass."""
    return {(one.quantity, one.name): one.cause.passes for one in opinion.findings}


def deviations(fit: str, opinion: Opinion, first: int) -> Iterator[Deviation]:
    """Yield the deviations of one candidate on one fit, a cause each, numbered from `first`."""
    by_cause = opinion.by_cause() or ({} if opinion.cause is Cause.AGREES else {opinion.cause: ()})
    for number, (cause, findings) in enumerate(by_cause.items(), start=first):
        rows = [one.row for one in findings]
        outcome = Outcome.FAIL if cause.fails else Outcome.DEVIATION
        yield Deviation(
            f"D-{number:02d}",
            opinion.engine,
            fit,
            str(cause),
            tuple(dict.fromkeys(_TITLES.get(one.quantity, one.quantity) for one in findings)),
            len(findings),
            worst_of(rows, fit),
            _reason(findings) or opinion.reason,
            _IMPACT.get(cause, _FATAL),
            outcome,
        )


def _reason(findings: tuple[Finding, ...]) -> str:
    """Return the reasons that differ, the first three of them."""
    reasons = list(dict.fromkeys(one.reason for one in findings if one.reason))
    more = f"; and {len(reasons) - 3} more of the kind" if len(reasons) > 3 else ""
    return "; ".join(reasons[:3]) + more
