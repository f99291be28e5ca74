"""Operational qualification: the instruments measure what they should, before anything is measured with them.

The reference evaluator is held to closed forms and to the definition of a density, the comparison is given one error
of each kind, which it has to find, and right answers, which it may not blame, and each candidate fits a layout whose
exact answer can be written down.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from .. import data as data_sets
from ..answer import Answer
from ..attribution import opinion
from ..book import book
from ..compare import Verdict, compare
from ..engines import Engine, RecordedEngine, answer_of
from ..engines.isolated import Isolated
from ..grid import Grid
from ..ladder import METHODS
from ..quantities import NUMBERS, QUANTITIES
from ..reference import Grouping, Problem, Referee, dense_problem, log_likelihood
from ..report import numbers
from ..spec import Method, ModelSpec
from ..study import Study, run_study
from .broken import Dies, Hangs, Nothing, NotNumbers, Raises
from .closed_form import one_way
from .document import Check
from .results import Outcome
from .seeded import SEEDS

_RAIL = ModelSpec("Rail", "travel ~ 1", "~ 1 | Rail", data="Rail")
"""A balanced one-way layout: six rails, three rows each."""

_SLOPES = "ch04-fm2Orth.lme"
"""A model with random slopes: growth of 27 children, by sex."""

PATIENCE = 5.0
"""Seconds that an implementation that hangs is given, the start of its process included."""

_TITLES = {quantity.key: quantity.title for quantity in QUANTITIES}

EXACT = 1e-10
"""How near the reference evaluator's log-likelihood has to be to a closed form."""


def operation(candidates: Sequence[Engine]) -> tuple[Check, ...]:
    """Return the checks of the reference evaluator, the comparison and each candidate's functions."""
    return (
        *_evaluator(),
        *_comparison(),
        *_broken_engines(),
        *_stray_engines(),
        *(check for candidate in candidates for check in _candidate(candidate)),
    )


def _exact(method: Method) -> tuple[ModelSpec, pd.DataFrame, Answer]:
    frame = data_sets.load(_RAIL.data)
    return _RAIL.by(method), frame, one_way(frame, "travel", "Rail", method)


# --- the reference evaluator


def _evaluator() -> Iterator[Check]:
    for method in METHODS:
        spec, frame, exact = _exact(method)
        problem = dense_problem(spec, frame)
        tau, sigma = float(_first(exact.levels[0].std_dev)), exact.sigma
        error = log_likelihood(problem, [np.array([[tau**2]])], sigma) - exact.scalars["log_lik"]
        yield Check.of(
            f"OQ-REFERENCE-{method}",
            f"Reference evaluator: log-likelihood by {method}",
            f"the closed form of a balanced one-way layout to {EXACT:g}",
            f"difference {numbers.small(error)}",
            abs(error) <= EXACT,
        )
    yield _optimum()
    yield _search()
    yield _displaced()
    yield _density()


def _optimum() -> Check:
    spec, frame, exact = _exact("REML")
    found = Referee.of(spec, frame, [exact]).certificate(exact)
    return Check.of(
        "OQ-REFERENCE-OPTIMUM",
        "Reference evaluator: the exact answer is at the optimum",
        "distance below 1e-7 of a standard error",
        f"{found.distance:.1e}",
        found.distance < 1e-7,
    )


def _search() -> Check:
    """Begin 10 % off: the optimum that is found has to be the exact one."""
    spec, frame, exact = _exact("REML")
    away = replace(exact, scalars={**exact.scalars, "sigma": 1.1 * exact.sigma})
    found = Referee.of(spec, frame, [away]).certified
    difference = abs(found.sigma / exact.sigma - 1)
    return Check.of(
        "OQ-REFERENCE-SEARCH",
        "Reference evaluator: the optimum, sought from 10 % off",
        "the exact sigma to 1e-7",
        f"difference {difference:.1e}",
        difference < 1e-7,
    )


def _displaced() -> Check:
    """Move sigma by 1 %: what the answer is short of is known from the likelihood."""
    spec, frame, exact = _exact("REML")
    off = replace(exact, scalars={**exact.scalars, "sigma": 1.01 * exact.sigma})
    referee = Referee.of(spec, frame, [exact])
    made = referee.certificate(off)
    loss = exact.scalars["log_lik"] - made.log_lik
    return Check.of(
        "OQ-REFERENCE-SHORT",
        "Reference evaluator: an answer short of the optimum",
        "the log-likelihood that is lost, within 5 %",
        f"lost {loss:.3e}, told {made.shortfall:.3e}",
        abs(made.shortfall / loss - 1) < 0.05,
    )


def _density() -> Check:
    """Hold nested groups with a slope to scipy's density of the multivariate normal distribution."""
    rng = np.random.default_rng(1)
    outer, inner = np.repeat(np.arange(3), 8), np.repeat(np.arange(6), 4)
    Z = np.column_stack((np.ones(24), rng.normal(size=24)))
    y, X = rng.normal(size=24), np.column_stack((np.ones(24), rng.normal(size=24)))
    psi, tau2, sigma = np.array([[2.0, 0.3], [0.3, 0.5]]), np.array([[0.7]]), 1.3
    problem = Problem(y, X, (Grouping(Z, outer), Grouping(Z[:, :1], inner)), "ML")
    same = [codes[:, None] == codes[None, :] for codes in (outer, inner)]
    V = sigma**2 * np.eye(24) + (Z @ psi @ Z.T) * same[0] + tau2 * same[1]
    inverse = np.linalg.inv(V)
    beta = np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ y)
    error = log_likelihood(problem, [psi, tau2], sigma) - stats.multivariate_normal.logpdf(y, X @ beta, V)
    return Check.of(
        "OQ-REFERENCE-DENSITY",
        "Reference evaluator: two nested levels, a random slope",
        f"the density of the multivariate normal distribution to {EXACT:g}",
        f"difference {numbers.small(float(error))}",
        abs(float(error)) <= EXACT,
    )


def _first(grid: Grid | None) -> float:
    return math.nan if grid is None else float(grid.values[0, 0])


# --- the comparison


def _comparison() -> Iterator[Check]:
    """Give the comparison right and wrong answers, of a model with random slopes as R's record has it."""
    (case,) = book([_SLOPES])
    right = RecordedEngine("converged").fit(case.spec, pd.DataFrame())
    same = compare(right, right, QUANTITIES)
    found = f"{len(same.rows):,} values, {len(same.failures)} blamed"
    yield Check.of("OQ-COMPARE-RIGHT", "Comparison: a right answer", "no value is blamed", found, same.agree)
    for number, seed in enumerate(SEEDS, start=1):
        failures = compare(right, seed.spoil(right), QUANTITIES).failures
        found = ", ".join(dict.fromkeys(_TITLES[row.quantity] for row in failures)) or "nothing"
        ok = seed.quantity in {row.quantity for row in failures}
        expected = f"{_TITLES[seed.quantity]} is found wrong"
        yield Check.of(
            f"OQ-COMPARE-{number:02d}", f"Comparison: {seed.title}", expected, f"{found} found wrong", ok
        )
    nothing = compare(Answer(""), Answer(""), NUMBERS).agree or Study((), live=False).agree
    yield Check.of(
        "OQ-COMPARE-NOTHING",
        "Comparison of nothing",
        "doesn't agree",
        "agrees" if nothing else "doesn't agree",
        not nothing,
    )


def _broken_engines() -> Iterator[Check]:
    yield from _asked((Raises(), Nothing(), NotNumbers()), first=1)


def _stray_engines() -> Iterator[Check]:
    """Ask engines that only another process survives."""
    engines = (Isolated(Hangs(), PATIENCE), Isolated(Dies(), 60.0))
    try:
        yield from _asked(engines, first=4)
    finally:
        for engine in engines:
            engine.close()


def _asked(engines: Sequence[Engine], first: int) -> Iterator[Check]:
    (case,) = book(["ch01-fm1Rail.lme"])
    study = run_study([case.spec], engines, live=False, certificates=False)
    for number, made in enumerate(study.checks[0].candidates, start=first):
        found = "agrees" if made.agree else made.error or "doesn't agree"
        yield Check.of(
            f"OQ-ENGINE-{number:02d}",
            f"An implementation that {made.engine}",
            "a verdict of its own, no pass and no crash",
            found,
            not made.agree,
        )


# --- the candidates


def _candidate(engine: Engine) -> Iterator[Check]:
    """Hold a candidate to the exact answer of a balanced one-way layout: R has no part in it."""
    for method in METHODS:
        spec, frame, exact = _exact(method)
        answer = answer_of(engine, spec, frame)
        id, title = (
            f"OQ-CANDIDATE-{engine.name}-{method}",
            f"{engine.name}: a balanced one-way layout by {method}",
        )
        expected = "the closed form, every value within its tolerance"
        if isinstance(answer, str):
            yield Check(id, title, expected, answer, Outcome.FAIL)
            continue
        yield _of_answer(engine, answer, exact, spec, frame, Check(id, title, expected, "", Outcome.FAIL))


def _of_answer(
    engine: Engine, answer: Answer, exact: Answer, spec: ModelSpec, frame: pd.DataFrame, asked: Check
) -> Check:
    """Return the check with what was found; other definitions pass where they reproduce the values."""
    compared = compare(exact, answer, NUMBERS)
    digits = min((row.digits for row in compared.rows if row.verdict is Verdict.AGREE), default=0.0)
    text = f"{len(compared.rows)} values, {len(compared.failures)} outside"
    if compared.agree:
        return replace(asked, found=f"{text}; at least {digits:.1f} digits", outcome=Outcome.PASS)
    declared = tuple(getattr(engine, "definitions", ()))
    said = opinion(spec, frame, exact, answer, comparison=compared, definitions=declared)
    outcome = Outcome.DEVIATION if said.passes else Outcome.FAIL
    return replace(asked, found=f"{text}: {said.cause}: {said.reason}", outcome=outcome)
