"""The book's verdicts: every number within its tolerance, and every page R's own or another for a stated reason.

A page shows seven digits. R's are those of the optimum where it gets there; where the optimum is singular it stops
on the way, and prints 1.6e-06 for a variance that is zero. Correlation structures and variance functions are beyond
its EM algorithm, and its differences leave six to eight digits of their parameters. Such a page can only differ in
its numbers, and by what R is short of. Where nlme maximises something else than the likelihood it is the reference
evaluator that a candidate is held to. Anything else that differs is a disagreement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import data as data_sets
from .answer import Answer
from .attribution import opinion
from .bench import OTHER_CRITERION, SHORT
from .book import Case
from .compare import Comparison
from .confounded import RULE as CONFOUNDED
from .confounded import confounded_level
from .engines import Engine
from .printed import furthest, same_but_last_digits, same_words
from .quantities import PAGES
from .study import Checked, ModelCheck, Progress, run_study

EXPLAINED: Mapping[str, str] = {
    "ch04-fm1Assay": "R short: for pdBlocked its best is the tightened fit, whose standard deviations are off by up to "
    "3e-8, as the closed form of this balanced design shows; and the residuals' median, 0, is printed as 1e-15",
}
"""Models whose pages differ though both sides are at the optimum, to the digits that R has."""

LOG_LIK_BELOW = 1e-6
"""How far below the highest log-likelihood that R reached, ``pdSymm`` included, is still the same optimum."""

_PAGE_KEYS = tuple(page.key for page in PAGES)


@dataclass(frozen=True, slots=True)
class Judged:
    """One model of the book, fitted by one candidate.

    Attributes
    ----------
    case : Case
    check : ModelCheck
        R's answers, and the candidates'.
    candidate : Checked
        The one that is judged.
    other_pages : tuple of str
        The pages that aren't R's, character for character: ``fit``, ``summary``, ``var_corr``, ``anova``.
    reason : str
        Why they aren't; empty where nothing explains it.
    definition : str
        Why R's answer is no yardstick, where it isn't and the reference evaluator says that the candidate is right.
    """

    case: Case
    check: ModelCheck
    candidate: Checked
    other_pages: tuple[str, ...] = ()
    reason: str = ""
    definition: str = ""

    @property
    def comparison(self) -> Comparison | None:
        """The comparison with R's best answer, None where one side has no answer."""
        return self.candidate.comparison

    @property
    def numbers_agree(self) -> bool:
        """Whether every number is within its tolerance, and the log-likelihood not below any that R reached.

        Where R's answer is no yardstick, whether the numbers are the reference evaluator's.
        """
        if self.definition:
            return True
        found = self.comparison
        if found is None or not self.gain >= -LOG_LIK_BELOW:
            return False
        return all(row.quantity in _PAGE_KEYS for row in found.failures)

    @property
    def same_pages(self) -> bool:
        """Whether every page is R's, character for character."""
        return self.comparison is not None and not self.other_pages

    @property
    def is_regular(self) -> bool:
        """Whether the optimum is one point in the inside of the parameters' range."""
        reference, found = self.check.reference, self.comparison
        return not (found is not None and found.singular) and not (
            reference is not None and confounded_level(reference) is not None
        )

    @property
    def agree(self) -> bool:
        """Whether the numbers agree and each page is R's or explained."""
        return self.numbers_agree and (self.same_pages or bool(self.reason))

    @property
    def gain(self) -> float:
        """The candidate's log-likelihood above the highest that R reached anyhow; NaN where one side has none.

        Of a fixed point the one that R got nearest to it with.
        """
        others = [] if self.case.spec.goes_by_fitted else self.check.own
        answers = [self.check.reference, *(made.answer for made in others)]
        reached = [a.scalars["log_lik"] for a in answers if a is not None and "log_lik" in a.scalars]
        ours = self.candidate.answer.scalars.get("log_lik") if self.candidate.answer else None
        return ours - max(reached) if reached and ours is not None else math.nan


def judge(
    cases: Sequence[Case],
    candidates: Sequence[Engine],
    *,
    live: bool,
    progress: Progress = lambda _: None,
) -> tuple[Judged, ...]:
    """Fit the book's models on R, or read its recorded answers, and on every candidate, and judge these.

    Parameters
    ----------
    cases : sequence of Case
    candidates : sequence of Engine
    live : bool
        Fit on R now instead of reading its recorded answers.
    progress : callable
        Told what is being done.
    """
    study = run_study(
        [case.spec for case in cases], candidates, live=live, progress=progress, certificates=False
    )
    return tuple(
        _judged(case, check, candidate)
        for case, check in zip(cases, study.checks, strict=True)
        for candidate in check.candidates
    )


def _judged(case: Case, check: ModelCheck, candidate: Checked) -> Judged:
    answer, reference, comparison = candidate.answer, check.reference, candidate.comparison
    if answer is None or reference is None or comparison is None:
        return Judged(case, check, candidate)
    printed = {quantity.key for quantity in comparison.quantities}
    others = tuple(
        key for key in _PAGE_KEYS if key in printed and answer.pages.get(key) != reference.pages.get(key)
    )
    definition = _definition(case, check, candidate)
    reason = definition or (_reason(case, comparison, answer, reference, others) if others else "")
    return Judged(case, check, candidate, others, reason, definition)


def _definition(case: Case, check: ModelCheck, candidate: Checked) -> str:
    """Return why R's answer is no yardstick, or "" where it is one or the reference evaluator doesn't say so."""
    spec = case.spec
    if spec.known_sigma is None or spec.method != "REML" or candidate.agree:
        return ""
    assert check.reference is not None and candidate.answer is not None
    found = opinion(
        spec,
        data_sets.load(spec.data),
        check.reference,
        candidate.answer,
        comparison=candidate.comparison,
        others=[made.answer for made in check.own if made.answer is not None],
    )
    return f"different by definition: {OTHER_CRITERION}" if found.cause.passes else ""


def _reason(
    case: Case, comparison: Comparison, answer: Answer, reference: Answer, others: Sequence[str]
) -> str:
    """Return why pages differ, or "" where nothing explains it."""
    if not all(same_words(reference.pages.get(key, ""), answer.pages.get(key, "")) for key in others):
        return ""
    if case.spec.name in EXPLAINED:
        return EXPLAINED[case.spec.name]
    if confounded_level(reference) is not None:
        return CONFOUNDED
    if comparison.singular:
        short = answer.scalars["log_lik"] - reference.scalars["log_lik"]
        by = f"by {short:.0e}" if short >= SHORT else f"by less than {SHORT:.0e}"
        return f"singular: R stops short of the boundary, {by} of the log-likelihood"
    if case.spec.options.keys() & {"correlation", "weights"}:
        pairs = [(reference.pages[key], answer.pages[key]) for key in others]
        if all(same_but_last_digits(*pair, by_fitted=case.spec.goes_by_fitted) for pair in pairs):
            off = max(furthest(*pair) for pair in pairs)
            return f"R's digits: its differences leave printed numbers off by {_rounded_up(off)}"
    return ""


def _rounded_up(value: float) -> str:
    """Return a power of ten that a value doesn't exceed, in words."""
    return f"up to {10.0 ** math.ceil(math.log10(value)):.0e}" if value > 1e-12 else "a last digit"
