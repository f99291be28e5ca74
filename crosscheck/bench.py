"""The bench that a candidate's rows come before: the certified answer, and what its own variances imply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from .answer import Answer
from .cause import Cause
from .compare import Comparison, Row, compare
from .definitions import Evidence, other_definition
from .errors import CrosscheckError
from .printed import same_but_last_digits, same_words
from .quantities import NUMBERS, Quantity, at_fixed_point
from .reference import Certificate, Referee
from .spec import ModelSpec

UNSETTLED = 1e-3
"""The largest error of a log-likelihood that nlme's tolerance of 1e-6 for an iteration's coefficients leaves."""

SHORT = 1e-8
"""What R is short of its optimum is told in figures from here on: below, log-likelihoods are the same."""

EXACT = 1e-10
"""So near to the optimum, in standard errors, no digit on a page hangs on where exactly R ended."""

OTHER_CRITERION = (
    "with a known sigma nlme's REML maximises another criterion; the reference evaluator "
    "finds these values at the optimum of the restricted likelihood"
)

Rows = dict[tuple[str, str], Row]


@dataclass(frozen=True)
class Bench:
    """One candidate's answer to one model, R's, and the third opinion, which is formed when it is first asked for.

    Attributes
    ----------
    spec : ModelSpec
    frame : DataFrame
    reference : Answer or str
        R's answer, or why there is none.
    candidate : Answer
    others : tuple of Answer
        More points from which the optimum may be searched.
    definitions : tuple of str
        What the engine declares to define otherwise.
    shared : callable, optional
        Gives the referee where several candidates share one.
    """

    spec: ModelSpec
    frame: pd.DataFrame
    reference: Answer | str
    candidate: Answer
    others: tuple[Answer, ...] = ()
    definitions: tuple[str, ...] = ()
    shared: Callable[[], Referee] | None = None

    @cached_property
    def referee(self) -> Referee:
        """The reference evaluator's view of the model; raises CrosscheckError where it has none."""
        if self.shared is not None:
            return self.shared()
        named = [] if isinstance(self.reference, str) else [self.reference]
        return Referee.of(self.spec, self.frame, [*named, self.candidate, *self.others])

    @property
    def was_asked(self) -> bool:
        """Whether the evaluator was needed so far, and could say something."""
        return "referee" in self.__dict__

    @cached_property
    def certified(self) -> Answer:
        """The answer at the certified optimum."""
        return self.referee.certified

    @cached_property
    def own(self) -> Answer:
        """What the candidate's own variances imply."""
        return self.referee.implied(self.candidate)

    @cached_property
    def ours(self) -> Certificate | None:
        """How far the candidate is from the optimum, None where it doesn't give its variances."""
        return self._certificate(self.candidate)

    @cached_property
    def theirs(self) -> Certificate | None:
        """The same of R's answer."""
        return None if isinstance(self.reference, str) else self._certificate(self.reference)

    def _certificate(self, answer: Answer) -> Certificate | None:
        try:
            return self.referee.certificate(answer)
        except CrosscheckError:
            return None

    def against_both(self, row: Row) -> tuple[Cause, str]:
        """Return the cause of a number that isn't R's, and the evidence."""
        try:
            ours, theirs = _row(self._candidate_at_certified, row), _row(self._reference_at_certified, row)
        except CrosscheckError as doubt:
            return Cause.UNDECIDED, str(doubt)
        if ours is not None and ours.verdict.passes:
            if theirs is not None and theirs.verdict.passes:
                return Cause.AGREES, "both are within the limit of the certified optimum's"
            if self.spec.known_sigma is not None and self.spec.method == "REML":
                return Cause.BY_DEFINITION, OTHER_CRITERION
            return Cause.R_STOPPED_SHORT, self._r_is_short(theirs)
        return self.against_certified(row)

    def against_certified(self, row: Row) -> tuple[Cause, str]:
        """Return the cause of a number that isn't the certified optimum's, and the evidence."""
        try:
            own = _row(self._candidate_at_own, row)
        except CrosscheckError as doubt:
            return Cause.WRONG, f"it isn't the certified optimum's, and {doubt}"
        if own is None or not own.verdict.passes:
            return self._by_definition_or_wrong(row, own)
        if not self._is_consistent and self.spec.goes_by_fitted and self._log_lik_is_near:
            return (
                Cause.ENGINE_STOPPED_SHORT,
                "its log-likelihood is that of weights by earlier fitted values",
            )
        if not self._is_consistent:
            return Cause.WRONG, "the answer's log-likelihood isn't that of its own variances"
        made = self.ours
        assert made is not None
        short = self.referee.optimum.log_lik - made.log_lik
        if self.referee.optimum.n_flat and short <= 1e-8 * max(1.0, abs(made.log_lik) * 1e-5):
            return Cause.NOT_IDENTIFIED, "the log-likelihood is flat in this direction, and the same"
        return (
            Cause.ENGINE_STOPPED_SHORT,
            f"follows from its variances, {made.distance:.1e} standard errors from the {self._optimum}, "
            f"{max(short, made.shortfall):.2g} of the log-likelihood short",
        )

    def page(self, row: Row, held: Comparison) -> tuple[Cause, str]:
        """Return the cause of a printed page that isn't R's."""
        if not isinstance(row.reference, str) or not isinstance(row.candidate, str):
            return Cause.WRONG, "there is no page"
        if not same_words(row.reference, row.candidate):
            return Cause.WRONG, "the page's words aren't R's"
        if any(not one.verdict.passes and isinstance(one.candidate, float) for one in held.rows):
            return Cause.AGREES, "its numbers have findings of their own"
        ours, theirs = self.ours, self.theirs
        if ours is None or theirs is None:
            return Cause.UNDECIDED, "its numbers differ, and nobody can say whose are the optimum's"
        if theirs.distance <= EXACT:
            return Cause.WRONG, "its numbers aren't R's, which are the optimum's to every digit"
        nearer = ours.distance < theirs.distance
        same_point = max(ours.shortfall, theirs.shortfall) <= SHORT
        at_boundary = held.singular and nearer  # where R doesn't get however long it searches
        by_fitted = self.spec.goes_by_fitted
        last_digits = same_but_last_digits(row.reference, row.candidate, by_fitted=by_fitted)
        if same_point and last_digits and not at_boundary:
            return Cause.AGREES, (
                f"last digits differ, as R's search ends {theirs.distance:.1e} standard errors from the "
                f"{self._optimum}, and this engine's {ours.distance:.1e}: the log-likelihood is the same to {SHORT:g}"
            )
        if nearer:
            return Cause.R_STOPPED_SHORT, (
                f"its numbers are those of a point {ours.distance:.1e} standard errors from the {self._optimum}, "
                f"R's of one {theirs.distance:.1e} away"
            )
        return Cause.WRONG, "its numbers aren't R's, which are nearer to the optimum"

    def _r_is_short(self, theirs: Row | None) -> str:
        made = self.theirs
        if theirs is None or made is None:
            return f"it is the {self._optimum}'s"
        short = max(self.referee.optimum.log_lik - made.log_lik, made.shortfall)
        return (
            f"it is the {self._optimum}'s, and R's is off by {abs(theirs.difference):.1e} (limit {theirs.limit:g}): "
            f"R is {short:.1e} of the log-likelihood short"
        )

    def _by_definition_or_wrong(self, row: Row, own: Row | None) -> tuple[Cause, str]:
        if own is None:
            return Cause.WRONG, "no definition has such a value"
        definition = other_definition(self.definitions, row, self._evidence)
        if definition is not None:
            return Cause.BY_DEFINITION, definition.title
        return (
            Cause.WRONG,
            f"it is {row.candidate!r}, and the answer's own variances imply {own.reference!r}",
        )

    @property
    def _quantities(self) -> tuple[Quantity, ...]:
        return at_fixed_point(NUMBERS) if self.spec.goes_by_fitted else NUMBERS

    @property
    def _optimum(self) -> str:
        return "certified optimum" if self.referee.optimum.certified else "best point known"

    @cached_property
    def _evidence(self) -> Evidence:
        return Evidence(self.referee, self.candidate, self.own)

    @cached_property
    def _is_consistent(self) -> bool:
        """Whether the log-likelihood that the answer reports is that of its variances, by a definition it declares."""
        row = self._candidate_at_own.get(("log_lik", ""))
        if row is None or row.verdict.passes or row.candidate is None:
            return True  # none reported: the coefficients, which follow from the variances, are held to them
        return other_definition(self.definitions, row, self._evidence) is not None

    @property
    def _log_lik_is_near(self) -> bool:
        """Whether an iteration of weights by fitted values that hasn't settled explains the reported log-likelihood."""
        row = self._candidate_at_own.get(("log_lik", ""))
        return row is not None and abs(row.difference) < UNSETTLED

    @cached_property
    def _candidate_at_certified(self) -> Rows:
        return _by_name(compare(self.certified, self.candidate, self._quantities))

    @cached_property
    def _reference_at_certified(self) -> Rows:
        return (
            {}
            if isinstance(self.reference, str)
            else _by_name(compare(self.certified, self.reference, self._quantities))
        )

    @cached_property
    def _candidate_at_own(self) -> Rows:
        return _by_name(compare(self.own, self.candidate, self._quantities))


def _by_name(comparison: Comparison) -> Rows:
    return {(row.quantity, row.name): row for row in comparison.rows}


def _row(rows: Rows, row: Row) -> Row | None:
    return rows.get((row.quantity, row.name))
