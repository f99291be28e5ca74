"""What came of one design: whether the engines agree, and if not, what explains it.

The opinion on an answer is that of :mod:`crosscheck.attribution`. What is added here is what random designs have more
of than anyone's models: data that allow no answer. An engine that refuses has to be right to: each reason that it gives
is looked up in the data (:mod:`.refusals`), whatever R does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import pandas as pd

from ..answer import Answer
from ..attribution import opinion
from ..best import SAME
from ..cause import Cause, Opinion
from ..compare import compare
from ..confounded import RULE as CONFOUNDED
from ..engines import Engine, answer_of
from ..readings import log_lik_units
from ..singular import is_singular
from ..spec import ModelSpec
from .evidence import evidence
from .refusals import refusal
from .sources import Answers, Source, best_of
from .unbounded import is_unbounded


class Result(StrEnum):
    """What came of a design; those that explain it come first."""

    AGREE = "agree"
    AGREE_SINGULAR = "agree at a singular optimum"
    SHORT = "the reference stopped short"
    NO_ANSWER = "the reference gives no answer, the candidate's is the certified optimum"
    NOT_IDENTIFIED = "not identified by the data"
    NO_MAXIMUM = "the likelihood has no maximum"
    NO_SIGMA = "sigma is zero at the optimum: both are on the way to it"
    NOBODY = "nobody converges: the candidate says so, and is above the reference"
    BY_DEFINITION = "different by definition"
    REFUSED = "refused, and the data show why"
    CANNOT = "declared: the candidate can't fit such a model"
    CANDIDATE_SHORT = "THE CANDIDATE STOPPED SHORT"
    NOT_REFUSED = "THE CANDIDATE RAISED WITHOUT A REASON THAT THE DATA SHOW"
    UNDECIDED = "UNDECIDED"
    WRONG = "WRONG"

    @property
    def explained(self) -> bool:
        """Whether nothing is left to be looked into."""
        return self not in _UNEXPLAINED


_UNEXPLAINED = frozenset({Result.CANDIDATE_SHORT, Result.NOT_REFUSED, Result.UNDECIDED, Result.WRONG})

_RESULTS: Mapping[Cause, Result] = {
    Cause.AGREES: Result.AGREE,
    Cause.R_STOPPED_SHORT: Result.SHORT,
    Cause.NOT_IDENTIFIED: Result.NOT_IDENTIFIED,
    Cause.BY_DEFINITION: Result.BY_DEFINITION,
    Cause.CANNOT: Result.CANNOT,
    Cause.ENGINE_STOPPED_SHORT: Result.CANDIDATE_SHORT,
    Cause.UNDECIDED: Result.UNDECIDED,
}


LOG_LIK_SCATTER = 1e-6
"""Log-likelihoods of a reference's answers further apart than this are those of several points."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one design.

    Attributes
    ----------
    result : Result
        The worst, if there are several candidates.
    engine : str
        Whose it is.
    text : str
        The evidence.
    answers : mapping
        The reference's answers, by name.
    """

    result: Result
    engine: str
    text: str = ""
    answers: Mapping[str, Answer | str] = field(default_factory=dict)

    @property
    def explained(self) -> bool:
        """Whether nothing is left to be looked into."""
        return self.result.explained

    @property
    def cause(self) -> str:
        """The result in words."""
        return str(self.result)


def outcome_of(
    source: Source, candidates: tuple[Engine, ...], spec: ModelSpec, data: pd.DataFrame
) -> Outcome:
    """Fit one model on a reference and on candidates, and say what came of it.

    The reference is asked for more answers until what it says so far explains everything.
    """
    given = [(engine, answer_of(engine, spec, data)) for engine in candidates]
    refused = [_refused(engine, spec, data, answer) for engine, answer in given]
    if all(refused):
        return next(one for one in refused if one)
    worst = Outcome(Result.UNDECIDED, source.name, "the reference was never asked")
    for answers in source.rounds(spec, data):
        outcomes = [
            _agreement(engine, answers, answer) or _outcome(engine, spec, data, answers, answer)
            for engine, answer in given
        ]
        worst = max(outcomes, key=_severity)
        if worst.explained:
            break
    return worst


def _severity(outcome: Outcome) -> int:
    return list(Result).index(outcome.result)


def _agreement(engine: Engine, answers: Answers, answer: Answer | str) -> Outcome | None:
    """Return the outcome where the engines agree by the tolerances alone, else None."""
    reference = best_of(answers)
    if isinstance(reference, str) or isinstance(answer, str):
        return None
    held = compare(reference, answer)
    gain = answer.scalars.get("log_lik", np.nan) - reference.scalars.get("log_lik", np.nan)
    free = any(row.rule == CONFOUNDED and not abs(row.difference) <= row.limit for row in held.rows)
    if not held.agree or free or not gain <= SAME * log_lik_units(reference)[""]:
        return None
    return Outcome(Result.AGREE_SINGULAR if held.singular else Result.AGREE, engine.name, answers=answers)


def _outcome(
    engine: Engine, spec: ModelSpec, data: pd.DataFrame, answers: Answers, answer: Answer | str
) -> Outcome:
    if refused := _refused(engine, spec, data, answer):
        return refused
    reference = best_of(answers)
    if isinstance(answer, Answer) and (shown := _as_a_maximum(spec, data, answers, answer)):
        return replace(shown, engine=engine.name)
    others = [one for one in _all(answers) if one is not reference]
    held = opinion(
        spec,
        data,
        reference,
        answer,
        others=others,
        definitions=getattr(engine, "definitions", ()),
    )
    result = _result(held, reference, answer)
    if not result.explained and isinstance(answer, Answer):
        result = _no_optimum(spec, data, answers, held, answer) or result
    return Outcome(result, engine.name, str(held), answers)


def _as_a_maximum(spec: ModelSpec, data: pd.DataFrame, answers: Answers, answer: Answer) -> Outcome | None:
    """Return the outcome where the candidate is at a maximum, none lower than any that the reference reached."""
    shown = evidence(spec, data, answer)
    if shown is None or not shown.is_maximum:
        return None
    reached = [one.scalars.get("log_lik", -np.inf) for one in _all(answers)]
    if not reached:
        return Outcome(
            Result.NO_ANSWER, "", f"{next(iter(answers.values()), '')}; the candidate: {shown}", answers
        )
    gain = answer.scalars["log_lik"] - max(reached)
    same = SAME * log_lik_units(answer)[""]
    if not gain >= -same:
        return None
    result = Result.NOT_IDENTIFIED if gain <= same and shown.n_flat else Result.SHORT
    return Outcome(
        result, "", f"{gain:.2g} of the log-likelihood above the reference's best; {shown}", answers
    )


def _refused(engine: Engine, spec: ModelSpec, data: pd.DataFrame, answer: Answer | str) -> Outcome | None:
    """Return the outcome where the candidate refuses and the data show why, else None."""
    reason = refusal(answer, spec, data) if isinstance(answer, str) else ""
    return Outcome(Result.REFUSED, engine.name, reason) if reason else None


def _all(answers: Answers) -> list[Answer]:
    return [one for one in answers.values() if isinstance(one, Answer)]


def _no_optimum(
    spec: ModelSpec, data: pd.DataFrame, answers: Answers, held: Opinion, answer: Answer
) -> Result | None:
    """Return the result where there is no optimum that any engine could reach, None where there is."""
    if is_unbounded(spec, data, [answer, *_all(answers)]):
        return Result.NO_MAXIMUM
    if held.cause is not Cause.ENGINE_STOPPED_SHORT:
        return None
    if _sigma_vanishes(held, answer):
        return Result.NO_SIGMA
    return Result.NOBODY if answer.about.warnings and _is_best_of_a_poor_lot(answers, answer) else None


def _is_best_of_a_poor_lot(answers: Answers, answer: Answer) -> bool:
    """Whether the reference errs or contradicts itself, and never gets as high as an answer."""
    reached = [one.scalars.get("log_lik", np.nan) for one in _all(answers)]
    errs = len(reached) < len(answers)
    scattered = bool(reached) and max(reached) - min(reached) > LOG_LIK_SCATTER
    return (errs or scattered) and all(answer.scalars["log_lik"] > value for value in reached)


def _sigma_vanishes(held: Opinion, answer: Answer) -> bool:
    """Whether an answer's log-likelihood is the optimum's, within its tolerance, and its sigma next to nothing."""
    made = held.certificate
    if made is None or not made.optimum - made.log_lik <= SAME * log_lik_units(answer)[""]:
        return False
    sds = [sd for level in answer.levels if level.std_dev is not None for sd in level.std_dev.values[:, 0]]
    sizes = np.abs(answer.fitted.values).max(initial=0.0) if answer.fitted is not None else 0.0
    return bool(answer.sigma < 1e-3 * max([*sds, 1e-3 * sizes]))


def _result(held: Opinion, reference: Answer | str, answer: Answer | str) -> Result:
    if isinstance(answer, str) and held.cause is not Cause.CANNOT:
        return Result.NOT_REFUSED
    if held.cause is Cause.R_STOPPED_SHORT and isinstance(reference, str):
        return Result.NO_ANSWER
    result = _RESULTS.get(held.cause, Result.WRONG)
    if result is Result.AGREE and isinstance(reference, Answer) and is_singular(reference):
        return Result.AGREE_SINGULAR
    return result
