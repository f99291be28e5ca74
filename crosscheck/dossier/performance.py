"""Performance qualification: comparisons sorted by requirement, with every deviation and its cause."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from ..cause import Opinion
from ..compare import Comparison, Row, Verdict
from ..readings import log_lik_units
from ..reference import Certificate
from ..report import numbers
from ..spec import ModelSpec
from ..study import Checked, ModelCheck
from . import requirements as req
from .deviations import deviations, explained
from .evidence import Examined
from .results import Deviation, Fit, FitResult, Optimum, Outcome, Performance, Requirement, Result, overall
from .values import LEVEL, QUANTITY, digits_by_quantity, estimates, fewest_digits, worst_of

_GAPS = (Verdict.MISSING, Verdict.EXTRA, Verdict.NOT_A_NUMBER)


def performance(examined: Sequence[Examined]) -> Performance:
    """Return the performance qualification of some models."""
    asked = req.requirements()
    fit_results: list[FitResult] = []
    found: list[Deviation] = []
    for one in examined:
        for candidate, opinion in zip(one.check.candidates, one.opinions, strict=True):
            fit_results.append(_fit_result(one.check, candidate, opinion, asked))
            found += deviations(
                one.check.spec.key, candidate.engine, opinion, candidate.comparison, first=len(found) + 1
            )
    engines = dict.fromkeys(one.candidate for one in fit_results)
    return Performance(
        tuple(fit(one.check.spec) for one in examined),
        asked,
        tuple(_over_all(requirement, engine, fit_results) for engine in engines for requirement in asked),
        tuple(fit_results),
        {one.check.spec.key: _optima(one.check) for one in examined if one.check.certificates},
        tuple(found),
        LEVEL,
    )


def fit(spec: ModelSpec) -> Fit:
    """Return a model as the report names it."""
    random = spec.random if isinstance(spec.random, str) else _list(spec.random)
    options = ", ".join(f"{name} = {value}" for name, value in spec.options.items())
    title = spec.title or spec.name
    return Fit(spec.key, title, spec.fixed, random, spec.method, spec.data, spec.note, options)


def _list(random: Mapping[str, str]) -> str:
    return "list(" + ", ".join(f"{group} = {structure}" for group, structure in random.items()) + ")"


# --- one candidate on one fit


def _fit_result(
    check: ModelCheck, candidate: Checked, opinion: Opinion, asked: Sequence[Requirement]
) -> FitResult:
    causes = explained(opinion, candidate.comparison)
    if opinion.passes or opinion.fails:
        results = tuple(_result(requirement, check, candidate, opinion, causes) for requirement in asked)
        outcome = Outcome.FAIL if opinion.fails else overall(tuple(one.outcome for one in results))
    else:
        results = tuple(_none(requirement.id, candidate.engine, opinion.reason) for requirement in asked)
        outcome = Outcome.NOT_APPLICABLE
    return FitResult(
        check.spec.key,
        candidate.engine,
        outcome,
        str(opinion.cause),
        opinion.reason,
        results,
        digits_by_quantity(candidate.comparison),
        tuple(estimates(check.reference, candidate.answer)),
        tuple(_notes(check, candidate)),
    )


def _result(
    requirement: Requirement,
    check: ModelCheck,
    candidate: Checked,
    opinion: Opinion,
    causes: Mapping[tuple[str, str], bool],
) -> Result:
    if requirement.id == req.COMPLETE:
        return _completeness(check, candidate, opinion, causes)
    if requirement.id in (req.LIKELIHOOD, req.OPTIMUM):
        return _by_evaluator(requirement.id, check, candidate)
    compared = candidate.comparison
    rows = [row for key in requirement.quantities for row in compared.of(key)] if compared else []
    if not rows:
        return _none(requirement.id, candidate.engine, "no such value")
    outside = [row for row in rows if (row.quantity, row.name) in causes]
    return Result(
        requirement.id,
        candidate.engine,
        len(rows),
        len(outside),
        fewest_digits(rows),
        worst_of(rows, check.spec.key),
        _outcome(outside, causes),
    )


def _none(requirement: str, engine: str, why: str) -> Result:
    return Result(requirement, engine, 0, 0, math.nan, None, Outcome.NOT_APPLICABLE, why)


def _outcome(outside: Sequence[Row], causes: Mapping[tuple[str, str], bool]) -> Outcome:
    if not outside:
        return Outcome.PASS
    told = all(causes[row.quantity, row.name] for row in outside)
    return Outcome.DEVIATION if told else Outcome.FAIL


def _completeness(
    check: ModelCheck, candidate: Checked, opinion: Opinion, causes: Mapping[tuple[str, str], bool]
) -> Result:
    compared = candidate.comparison
    if compared is None or not compared.rows:
        alone = opinion.passes  # R gave no answer, and the candidate's is the certified optimum's
        found = (opinion.reason if alone else candidate.error or check.error) or "nothing to compare"
        outcome = Outcome.DEVIATION if alone else Outcome.FAIL
        return Result(req.COMPLETE, candidate.engine, 0, int(not alone), math.nan, None, outcome, found)
    gaps = [row for row in compared.rows if row.verdict in _GAPS]
    found = f"{len(gaps)} values are missing, too many or no numbers" if gaps else "every value is there"
    worst = worst_of(gaps, check.spec.key)
    n, outcome = len(compared.rows), _outcome(gaps, causes)
    return Result(req.COMPLETE, candidate.engine, n, len(gaps), math.nan, worst, outcome, found)


def _by_evaluator(requirement: str, check: ModelCheck, candidate: Checked) -> Result:
    made = _certificate(check, candidate)
    if made is None or check.reference is None:
        return _none(requirement, candidate.engine, check.error or "the reference evaluator can't say")
    if requirement == req.LIKELIHOOD:
        off = abs(made.reported - made.log_lik)
        ok = off <= QUANTITY["log_lik"].limit * log_lik_units(check.reference)[""]
        found = f"{numbers.small(off)} off its definition"
    else:
        ok = made.shortfall <= req.SHORTFALL
        found = f"{numbers.small(made.shortfall)} short, {numbers.small(made.distance)} SE away"
    outcome = Outcome.PASS if ok else Outcome.FAIL
    return Result(requirement, candidate.engine, 1, int(not ok), math.nan, None, outcome, found)


def _certificate(check: ModelCheck, candidate: Checked) -> Certificate | None:
    """Return what the evaluator says of a candidate's answer; an answer may bear another name than its engine."""
    answer = candidate.answer
    if answer is None:
        return None
    said = (answer.about.engine, answer.scalars.get("log_lik"))
    return next((one for one in check.certificates if (one.engine, one.reported) == said), None)


def _optima(check: ModelCheck) -> tuple[Optimum, ...]:
    made = check.certificates
    return tuple(Optimum(one.engine, one.reported, one.log_lik, one.distance, one.shortfall) for one in made)


def _notes(check: ModelCheck, candidate: Checked) -> Iterator[str]:
    if candidate.error:
        yield candidate.error
    if check.error:
        yield check.error
    if check.drift is not None and not check.drift.agree:
        yield f"R today isn't what was recorded, in {len(check.drift.failures):,} values; the answer of today counts"
    if candidate.answer is not None:
        yield from (f"warning: {text}" for text in candidate.answer.about.warnings)
        yield from (f"not given: {what}: {why}" for what, why in candidate.answer.about.problems.items())
    if candidate.comparison is not None:
        yield from _rules(candidate.comparison)


def _rules(comparison: Comparison) -> Iterator[str]:
    counts: dict[str, int] = {}
    for row in comparison.rows:
        if row.rule:
            counts[row.rule] = counts.get(row.rule, 0) + 1
    yield from (f"{count:,} values by a rule of their own: {rule}" for rule, count in counts.items())
    if comparison.not_compared:
        yield f"not compared, the reference lacks them: {', '.join(comparison.not_compared)}"


# --- one candidate over all fits


def _over_all(requirement: Requirement, engine: str, fits: Sequence[FitResult]) -> Result:
    """Return a requirement's result over every fit of one candidate: counts summed, the worst value kept."""
    of_engine = [one for made in fits if made.candidate == engine for one in made.results]
    parts = [one for one in of_engine if one.requirement == requirement.id]
    applicable = [one for one in parts if one.outcome is not Outcome.NOT_APPLICABLE]
    if not applicable:
        return _none(requirement.id, engine, parts[0].found if parts else "")
    worst = max(applicable, key=_badness)
    digits = (one.fewest_digits for one in applicable if not math.isnan(one.fewest_digits))
    return Result(
        requirement.id,
        engine,
        sum(one.values for one in applicable),
        sum(one.outside for one in applicable),
        min(digits, default=math.nan),
        worst.worst,
        overall(tuple(one.outcome for one in applicable)),
        worst.found,
    )


def _badness(result: Result) -> tuple[bool, bool, float, float]:
    """Order results: failures, deviations, then by how much of the tolerance the worst value uses."""
    failed, deviates = result.outcome is Outcome.FAIL, result.outcome is Outcome.DEVIATION
    worst = result.worst
    if worst is None:
        return (failed, deviates, 0.0, 0.0)
    return (failed, deviates, worst.used, -worst.digits)
