"""Who is right: every difference from R's answer is put down to one cause, by a third opinion and never by a vote.

The third opinion is the reference evaluator's (:mod:`crosscheck.reference`). It gives two more answers to the same
model, and a row that differs from R's is held against both:

1. the *certified* answer, at the optimum that Newton's steps on the dense likelihood reach from the best point anyone
   found. A candidate that agrees with it where R doesn't is right, and R stopped short.
2. what the candidate's *own* variances imply by definition. Where the row is that, the variances are to blame: the
   candidate stopped short. Where it isn't, the row is another quantity under a name that the engine declares
   (:mod:`crosscheck.definitions`), or it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache

import pandas as pd

from . import data as data_sets
from .answer import Answer
from .bench import Bench
from .cause import Cause, Finding, Opinion
from .compare import Comparison, Row, Verdict, compare
from .confounded import RULE as CONFOUNDED
from .engines.outcome import NoAnswer
from .errors import CrosscheckError
from .quantities import NUMBERS, QUANTITIES
from .reference import Referee
from .singular import undefined_correlations
from .spec import ModelSpec
from .study import Checked, ModelCheck

__all__ = ["Cause", "Finding", "Opinion", "opinion", "opinions"]

_NO_ANSWER = {
    "raised": Cause.RAISED,
    "not recorded": Cause.RAISED,
    "timed out": Cause.TIMED_OUT,
    "died": Cause.DIED,
    "cannot": Cause.CANNOT,
    "not a fit": Cause.NOT_A_FIT,
}
_TEXT = frozenset(quantity.key for quantity in QUANTITIES if quantity not in NUMBERS)


def opinions(check: ModelCheck, frame: pd.DataFrame | None = None) -> tuple[Opinion, ...]:
    """Return what is to be thought of each candidate of a study's check, in order.

    Parameters
    ----------
    check : ModelCheck
    frame : DataFrame, optional
        The data, if they aren't those that the model names.
    """
    data = data_sets.load(check.spec.data) if frame is None else frame
    others = [one.answer for one in check.own if one.answer is not None]
    reference: Answer | str = check.reference if check.reference is not None else check.error
    own = [] if check.reference is None else [check.reference]
    answers = [*own, *(one.answer for one in check.candidates if one.answer is not None), *others]

    @cache
    def referee() -> Referee:
        return Referee.of(check.spec, data, answers)

    return tuple(_of(checked, check.spec, data, reference, referee) for checked in check.candidates)


def _of(
    checked: Checked,
    spec: ModelSpec,
    data: pd.DataFrame,
    reference: Answer | str,
    referee: Callable[[], Referee],
) -> Opinion:
    candidate = checked.answer if checked.answer is not None else checked.error
    made = opinion(
        spec,
        data,
        reference,
        candidate,
        comparison=checked.comparison,
        definitions=checked.definitions,
        referee=referee,
    )
    return Opinion(checked.engine, made.cause, made.findings, made.certificate, made.reference, made.reason)


def opinion(
    spec: ModelSpec,
    frame: pd.DataFrame,
    reference: Answer | str,
    candidate: Answer | str,
    *,
    comparison: Comparison | None = None,
    others: Sequence[Answer] = (),
    definitions: Collection[str] = (),
    referee: Callable[[], Referee] | None = None,
) -> Opinion:
    """Return what is to be thought of a candidate's answer.

    Parameters
    ----------
    spec : ModelSpec
    frame : DataFrame
        The data that both fitted.
    reference, candidate : Answer, or str
        R's answer and the engine's; a text says why there is none (see :class:`~crosscheck.engines.outcome.NoAnswer`).
    comparison : Comparison, optional
        Of the two, if it is there already.
    others : sequence of Answer
        More points from which the optimum may be searched, e.g. R's other fits.
    definitions : collection of str
        What the engine declares to define otherwise (:data:`~crosscheck.definitions.DEFINITIONS`).
    referee : callable, optional
        Gives the third opinion, where candidates share one.

    Notes
    -----
    The reference evaluator is asked only where something needs it.
    """
    if isinstance(candidate, str):
        return _without_answer(candidate, reference)
    bench = Bench(spec, frame, reference, candidate, tuple(others), tuple(definitions), referee)
    if isinstance(reference, str):
        return _without_reference(bench, reference, candidate)
    held = comparison if comparison is not None else compare(reference, candidate)
    if not held.rows:
        return Opinion(
            candidate.about.engine, Cause.NOTHING_COMPARED, reason="an empty comparison is a failure"
        )
    findings = [_finding(row, held, bench) for row in held.rows if _needs_a_word(row)]
    return _judged(bench, candidate, findings)


def _without_answer(candidate: str, reference: Answer | str) -> Opinion:
    cause = _NO_ANSWER[candidate.kind] if isinstance(candidate, NoAnswer) else Cause.RAISED
    if isinstance(reference, str) and cause is Cause.RAISED and not _is_unrecorded(reference):
        return Opinion("", Cause.BOTH_RAISED, reason=f"R: {reference}; the engine: {candidate}")
    return Opinion("", cause, reason=str(candidate))


def _is_unrecorded(error: str) -> bool:
    return isinstance(error, NoAnswer) and error.kind == "not recorded"


def _without_reference(bench: Bench, error: str, candidate: Answer) -> Opinion:
    """Return the opinion on an answer to a model that R gives none to: it is held to the certified optimum alone."""
    try:
        held = compare(bench.certified, candidate)
    except CrosscheckError as doubt:
        return Opinion(candidate.about.engine, Cause.UNDECIDED, reason=f"R: {error}; {doubt}")
    findings = [Finding(row.quantity, row.name, *bench.against_certified(row), row) for row in held.failures]
    if findings:
        return _judged(bench, candidate, findings)
    if _is_unrecorded(error):
        reason = f"{error}; the answer is the certified optimum's"
        return Opinion(candidate.about.engine, Cause.NO_REFERENCE, (), bench.ours, None, reason)
    reason = f"R stopped with an error ({error}); the answer is the certified optimum's"
    return Opinion(candidate.about.engine, Cause.R_STOPPED_SHORT, (), bench.ours, None, reason)


def _judged(bench: Bench, candidate: Answer, findings: Sequence[Finding]) -> Opinion:
    name = candidate.about.engine
    told = [found for found in findings if found.cause is not Cause.AGREES]
    if not told:
        return Opinion(name, Cause.AGREES, reason=findings[0].reason if findings else "")
    worst = max(told, key=lambda found: found.cause.severity)
    asked = bench.was_asked
    ours = bench.ours if asked else None
    theirs = bench.theirs if asked else None
    return Opinion(name, worst.cause, tuple(told), ours, theirs, worst.reason)


def _needs_a_word(row: Row) -> bool:
    """Whether a row fails, or passes by a rule that the third opinion can confirm."""
    if not row.verdict.passes:
        return True
    free = row.rule == CONFOUNDED and row.verdict is Verdict.UNDEFINED
    return (free and not abs(row.difference) <= row.limit) or "higher is no error" in row.rule


def _finding(row: Row, held: Comparison, bench: Bench) -> Finding:
    """Return what a row comes from."""

    def found(cause: Cause, reason: str) -> Finding:
        return Finding(row.quantity, row.name, cause, reason, row)

    if row.verdict in (Verdict.MISSING, Verdict.EXTRA):
        return found(*_names(row, held))
    if row.rule == CONFOUNDED and row.verdict.passes:
        return found(Cause.NOT_IDENTIFIED, CONFOUNDED)
    undefined = row.quantity == "corr" and row.name in undefined_correlations(bench.candidate)
    if row.verdict is Verdict.NOT_A_NUMBER and not _is_finite(row.candidate) and not undefined:
        return found(Cause.NOT_A_NUMBER, f"it is {row.candidate}, and R's is {row.reference}")
    if row.quantity in _TEXT:
        return found(*bench.page(row, held))
    if isinstance(row.reference, str) or isinstance(row.candidate, str):
        return found(Cause.WRONG, f"it says {row.candidate!r}, and R {row.reference!r}")
    return found(*bench.against_both(row))


def _names(row: Row, held: Comparison) -> tuple[Cause, str]:
    """Return the cause of a row that only one side has."""
    rows = held.of(row.quantity)
    missing = sum(one.verdict is Verdict.MISSING for one in rows)
    extra = sum(one.verdict is Verdict.EXTRA for one in rows)
    if missing == len(rows):
        why = next((text for text in held.problems if text.startswith(row.quantity)), "the answer hasn't any")
        return Cause.NOT_GIVEN, why
    if missing != extra:
        return Cause.OTHER_NUMBER, f"{len(rows) - missing} values, R has {len(rows) - extra}"
    return Cause.OTHER_NAMES, f"{missing} of R's names aren't there, and as many others are"


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and value - value == 0
