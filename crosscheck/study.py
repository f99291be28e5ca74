"""A study: some models, R's answers to them both ways, and every candidate held against R's tightened one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from . import data as data_sets
from .answer import Answer
from .compare import Comparison, compare
from .engines import Engine, NlmeEngine, RecordedEngine, answer_of
from .errors import CrosscheckError
from .quantities import NUMBERS, QUANTITIES
from .reference import Certificate, certify, dense_problem
from .spec import ModelSpec

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class CandidateCheck:
    """One candidate on one model: its answer and the comparison, or the error it raised."""

    engine: str
    answer: Answer | None = None
    comparison: Comparison | None = None
    error: str = ""

    @property
    def agree(self) -> bool:
        """Whether the candidate answered and agrees with R's tightened fit."""
        return self.comparison is not None and self.comparison.agree


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """One model by one method.

    Attributes
    ----------
    spec : ModelSpec
    reference, default : Answer or None
        R's answers with the tightened control and with its default one; None where R raised.
    distance : Comparison or None
        R's default answer against its tightened one: how far R's own default is off. No verdict hangs on it.
    drift : Comparison or None
        R's live tightened answer against the recorded one, where both are there. No verdict hangs on it.
    candidates : tuple of CandidateCheck
    certificates : tuple of Certificate
        What the reference evaluator says of each answer, candidates first; empty where it can't say.
    error : str
        What R raised, or why the reference evaluator can't say.
    """

    spec: ModelSpec
    reference: Answer | None
    default: Answer | None
    distance: Comparison | None
    drift: Comparison | None
    candidates: tuple[CandidateCheck, ...]
    certificates: tuple[Certificate, ...] = ()
    error: str = ""

    @property
    def agree(self) -> bool:
        """Whether R answered and every candidate agrees with it."""
        return self.reference is not None and all(candidate.agree for candidate in self.candidates)


@dataclass(frozen=True, slots=True)
class Study:
    """What came of it all.

    Attributes
    ----------
    checks : tuple of ModelCheck
    live : bool
        Whether R's answers were computed now; otherwise they are the recorded ones.
    why_recorded : str
        Why they are, where R can't be reached.
    """

    checks: tuple[ModelCheck, ...]
    live: bool
    why_recorded: str = ""

    @property
    def agree(self) -> bool:
        """Whether every candidate agrees on every model; a study of nothing agrees on nothing."""
        return bool(self.checks) and all(check.candidates and check.agree for check in self.checks)


def run_study(
    specs: Sequence[ModelSpec],
    candidates: Sequence[Engine],
    *,
    live: bool,
    why_recorded: str = "",
    progress: Progress = lambda _: None,
) -> Study:
    """Fit every model on R, both ways, and on every candidate, and compare.

    Parameters
    ----------
    specs : sequence of ModelSpec
    candidates : sequence of Engine
    live : bool
        Fit on R now instead of reading its recorded answers.
    why_recorded : str
        Kept on the study for its report.
    progress : callable
        Told what is being done.
    """
    checks = tuple(_check(spec, candidates, live, progress) for spec in specs)
    return Study(checks, live, why_recorded)


def _check(spec: ModelSpec, candidates: Sequence[Engine], live: bool, progress: Progress) -> ModelCheck:
    frame = data_sets.load(spec.data)
    sides: tuple[Engine, Engine] = (
        (NlmeEngine(tight=True), NlmeEngine()) if live else (RecordedEngine(tight=True), RecordedEngine())
    )
    answers = []
    for engine in sides:
        progress(f"{spec.name}, {spec.method}: {engine.name}")
        answers.append(answer_of(engine, spec, frame))
    errors = [answer for answer in answers if isinstance(answer, str)]
    reference, default = (None if isinstance(answer, str) else answer for answer in answers)
    checked = []
    for engine in candidates:
        progress(f"{spec.name}, {spec.method}: {engine.name}")
        checked.append(_candidate(engine, spec, frame, reference))
    progress(f"{spec.name}, {spec.method}: reference evaluator")
    found = [candidate.answer for candidate in checked]
    certificates, doubt = _certificates(spec, frame, [*found, reference, default])
    return ModelCheck(
        spec=spec,
        reference=reference,
        default=default,
        distance=compare(reference, default, QUANTITIES) if reference and default else None,
        drift=_drift(spec, frame, reference) if live and reference else None,
        candidates=tuple(checked),
        certificates=certificates,
        error="; ".join([*errors, *doubt]),
    )


def _candidate(
    engine: Engine, spec: ModelSpec, frame: pd.DataFrame, reference: Answer | None
) -> CandidateCheck:
    answer = answer_of(engine, spec, frame)
    if isinstance(answer, str):
        return CandidateCheck(engine.name, error=answer)
    if reference is None:
        return CandidateCheck(engine.name, answer, error="R gave no answer to compare with")
    quantities = QUANTITIES if getattr(engine, "prints_r_pages", False) else NUMBERS
    return CandidateCheck(engine.name, answer, compare(reference, answer, quantities))


def _certificates(
    spec: ModelSpec, frame: pd.DataFrame, answers: Sequence[Answer | None]
) -> tuple[tuple[Certificate, ...], list[str]]:
    """Return the certificates, or none and why not: they inform, and no verdict hangs on them."""
    there = [answer for answer in answers if answer is not None]
    try:
        return certify(dense_problem(spec, frame), there), []
    except CrosscheckError as error:
        return (), [f"no certificate: {error}"]


def _drift(spec: ModelSpec, frame: pd.DataFrame, reference: Answer) -> Comparison | None:
    recorded = answer_of(RecordedEngine(tight=True), spec, frame)
    return None if isinstance(recorded, str) else compare(recorded, reference, QUANTITIES)
