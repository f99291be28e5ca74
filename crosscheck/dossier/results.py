"""What was required and what was found: outcomes, requirements, results, deviations, and all of a candidate's fits.

Facts only; :mod:`.performance` fills them in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..readings import Value


class Outcome(StrEnum):
    """What came of a check, a requirement or a fit."""

    PASS = "pass"
    DEVIATION = "pass with deviation"  # something differs, and for a reason that isn't the candidate's doing
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"

    @property
    def passes(self) -> bool:
        """Whether it is no reason to reject."""
        return self is not Outcome.FAIL


def overall(outcomes: tuple[Outcome, ...]) -> Outcome:
    """Return the worst of some outcomes; of none at all, or where none applies, a failure."""
    applicable = [one for one in outcomes if one is not Outcome.NOT_APPLICABLE]
    if not applicable or Outcome.FAIL in applicable:
        return Outcome.FAIL
    return Outcome.DEVIATION if Outcome.DEVIATION in applicable else Outcome.PASS


@dataclass(frozen=True, slots=True)
class Fit:
    """One model by one method, as it was asked for."""

    key: str
    title: str
    fixed: str
    random: str
    method: str
    data: str
    note: str = ""
    options: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """The tolerances of one quantity.

    Attributes
    ----------
    quantity : str
        Its title.
    unit : str
    by_kind : mapping
        The limit, in units, for each kind of fit; 0 means identical.
    reason : str
    """

    quantity: str
    unit: str
    by_kind: Mapping[str, float]
    reason: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something that a candidate has to do.

    Attributes
    ----------
    id : str
        Stable from version to version, e.g. ``"R-FIX-01"``.
    title, expected : str
    quantities : tuple of str
        Keys of the quantities it is about; empty where it isn't about values.
    limits : tuple of Limit
    """

    id: str
    title: str
    expected: str
    quantities: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Worst:
    """The value that is nearest to its limit, or furthest beyond.

    Attributes
    ----------
    fit, quantity, name : str
        Where it stands.
    reference, candidate : float, str or None
    difference : float
        In the quantity's units.
    unit : str
    digits : float
        LRE: the digits of agreement.
    limit : float
    used : float
        The part of the tolerance that it takes; 1 is the limit.
    verdict : str
        The comparison's own word.
    rule : str
        The rule of its own that was applied, if any.
    """

    fit: str
    quantity: str
    name: str
    reference: Value | None
    candidate: Value | None
    difference: float
    unit: str
    digits: float
    limit: float
    used: float
    verdict: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one requirement, for one candidate, over all fits or on one."""

    requirement: str
    candidate: str
    values: int
    outside: int
    fewest_digits: float
    worst: Worst | None
    outcome: Outcome
    found: str = ""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that differs, and why.

    Attributes
    ----------
    id : str
        ``"D-01"``, ... in the order of the report.
    candidate, fit : str
    cause : str
        R stopped short, different by definition, ...
    quantities : tuple of str
        Titles.
    values : int
    worst : Worst or None
    reason, impact : str
    outcome : Outcome
        ``DEVIATION`` where it is explained, ``FAIL`` where it isn't.
    """

    id: str
    candidate: str
    fit: str
    cause: str
    quantities: tuple[str, ...]
    values: int
    worst: Worst | None
    reason: str
    impact: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the ends of its interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """One fixed effect on both sides; `unit` is the reference's standard error."""

    term: str
    unit: float
    reference: Interval
    candidate: Interval | None


@dataclass(frozen=True, slots=True)
class Optimum:
    """What the reference evaluator says of one answer."""

    engine: str
    reported: float
    log_lik: float
    distance: float
    shortfall: float


@dataclass(frozen=True, slots=True)
class FitResult:
    """One candidate on one fit.

    Attributes
    ----------
    fit, candidate : str
    outcome : Outcome
    cause, reason : str
        What the third opinion says of it.
    results : tuple of Result
        By requirement.
    digits : mapping
        The fewest digits of agreement by quantity; NaN where nothing is defined.
    estimates : tuple of Estimate
    notes : tuple of str
        Warnings, what couldn't be read, special rules.
    """

    fit: str
    candidate: str
    outcome: Outcome
    cause: str
    reason: str
    results: tuple[Result, ...] = ()
    digits: Mapping[str, float] = field(default_factory=dict)
    estimates: tuple[Estimate, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Performance:
    """The performance qualification: every candidate on every fit, by requirement.

    Attributes
    ----------
    fits : tuple of Fit
    requirements : tuple of Requirement
    results : tuple of Result
        One for each requirement and candidate.
    fit_results : tuple of FitResult
    optima : mapping
        By fit.
    deviations : tuple of Deviation
    level : float
        Of the intervals.
    """

    fits: tuple[Fit, ...]
    requirements: tuple[Requirement, ...]
    results: tuple[Result, ...]
    fit_results: tuple[FitResult, ...]
    optima: Mapping[str, tuple[Optimum, ...]]
    deviations: tuple[Deviation, ...]
    level: float = 0.95

    def counts(self, results: Iterable[Result]) -> tuple[int, int]:
        """Return how many values some results compared, and how many are outside; requirements about none count not."""
        about_values = {one.id for one in self.requirements if one.quantities}
        counted = [one for one in results if one.requirement in about_values]
        return sum(one.values for one in counted), sum(one.outside for one in counted)

    def outcome_of(self, candidate: str) -> Outcome:
        """Return the worst of one candidate; of no fit at all a failure."""
        made: list[Result | FitResult] = [*self.results, *self.fit_results]
        return overall(tuple(one.outcome for one in made if one.candidate == candidate))

    @property
    def outcome(self) -> Outcome:
        """The worst of every candidate; of none at all a failure."""
        candidates = dict.fromkeys(one.candidate for one in self.fit_results)
        return overall(tuple(self.outcome_of(candidate) for candidate in candidates))
