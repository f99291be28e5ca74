"""A study: some models, R's answers to them, and every candidate held against R's.

What candidates are held to is R's best answer (:mod:`crosscheck.best`), nearly always its *converged* one
(:class:`~crosscheck.engines.NlmeEngine`). R's other fits are held to it as well, which shows how much of a
difference is R's own doing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from . import data as data_sets
from .answer import Answer
from .best import ORDER, best
from .compare import Comparison, compare
from .engines import Engine, NlmeEngine, RecordedEngine, answer_of
from .errors import CrosscheckError
from .quantities import NUMBERS, QUANTITIES, Quantity, at_fixed_point
from .reference import Certificate, Referee, has_variances
from .spec import Control, ModelSpec

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """One engine on one model: its answer and the comparison with R's, or why it has none.

    Attributes
    ----------
    engine : str
    answer : Answer or None
    comparison : Comparison or None
    error : str
        A :class:`~crosscheck.engines.NoAnswer` where the engine gave no answer.
    definitions : tuple of str
        What the engine declares to define otherwise than nlme (:mod:`crosscheck.definitions`).
    """

    engine: str
    answer: Answer | None = None
    comparison: Comparison | None = None
    error: str = ""
    definitions: tuple[str, ...] = ()

    @property
    def agree(self) -> bool:
        """Whether the engine answered and agrees with R's best fit."""
        return self.comparison is not None and self.comparison.agree


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """One model by one method.

    Attributes
    ----------
    spec : ModelSpec
    reference : Answer or None
        R's best answer; None where R raised throughout.
    candidates : tuple of Checked
    own : tuple of Checked
        R's other fits: tightened, then default, ... No verdict hangs on them.
    drift : Comparison or None
        R's live answer against the recorded one, where both are there. No verdict hangs on it.
    certificates : tuple of Certificate
        What the reference evaluator says of each answer, R's first; empty where it can't say.
    error : str
        What R raised, or why the reference evaluator can't say.
    """

    spec: ModelSpec
    reference: Answer | None
    candidates: tuple[Checked, ...]
    own: tuple[Checked, ...] = ()
    drift: Comparison | None = None
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
    certificates: bool = True,
) -> Study:
    """Fit every model on R under each of its controls and on every candidate, and compare.

    Candidates, and R's other fits, are held to R's best answer.

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
    certificates : bool
        Ask the reference evaluator how far every answer is from the optimum.
    """
    side = NlmeEngine if live else RecordedEngine
    checks = []
    for spec in specs:
        frame = data_sets.load(spec.data)
        rs = {control: side(control) for control in spec.controls}
        check = check_model(spec, frame, rs, candidates, progress=progress, certificates=certificates)
        checks.append(replace(check, drift=_drift(spec, frame, check.reference)) if live else check)
    return Study(tuple(checks), live, why_recorded)


def check_model(
    spec: ModelSpec,
    frame: pd.DataFrame,
    references: Mapping[Control, Engine],
    candidates: Sequence[Engine],
    *,
    progress: Progress = lambda _: None,
    certificates: bool = True,
) -> ModelCheck:
    """Fit one model on the references and on every candidate, and hold all to the best of the references.

    Parameters
    ----------
    spec : ModelSpec
    frame : DataFrame
        Its data; ``spec.data`` is only what reports call them.
    references : mapping
        R under each of its controls, or another engine as ``"default"``.
    candidates : sequence of Engine
    progress : callable
        Told what is being done.
    certificates : bool
        Ask the reference evaluator how far every answer is from the optimum.
    """

    def ask(engine: Engine) -> Answer | str:
        progress(f"{spec.name}, {spec.method}: {engine.name}")
        return answer_of(engine, spec, frame)

    by_nearness = sorted(references, key=lambda control: (*ORDER, "symm").index(control))
    rs = {control: ask(references[control]) for control in by_nearness}
    furthest = best(rs, fixed_point=spec.goes_by_fitted) or by_nearness[0]
    answer = rs.pop(furthest)
    reference = None if isinstance(answer, str) else answer
    error = answer if isinstance(answer, str) else ""
    checked = tuple(_checked(spec, engine, ask(engine), reference) for engine in candidates)
    own = tuple(_checked(spec, references[control], one, reference) for control, one in rs.items())
    answers = [reference, *(made.answer for made in (*checked, *own))] if certificates else []
    progress(f"{spec.name}, {spec.method}: reference evaluator" if certificates else "")
    signed, doubt = _certificates(spec, frame, [a for a in answers if a is not None and has_variances(a)])
    return ModelCheck(spec, reference, checked, own, certificates=signed, error=error or doubt)


def _checked(spec: ModelSpec, engine: Engine, answer: Answer | str, reference: Answer | None) -> Checked:
    if isinstance(answer, str):
        return Checked(engine.name, error=answer)
    if reference is None:
        return Checked(engine.name, answer, error="R gave no answer to compare with")
    declared = tuple(getattr(engine, "definitions", ()))
    compared = compare(reference, answer, quantities_of(engine, spec))
    return Checked(engine.name, answer, compared, definitions=declared)


def quantities_of(engine: Engine, spec: ModelSpec) -> tuple[Quantity, ...]:
    """Return what an engine's answer to a model is compared on: all but what it declares to have no number for."""
    quantities = QUANTITIES if getattr(engine, "prints_r_pages", False) else NUMBERS
    if spec.goes_by_fitted:
        quantities = at_fixed_point(quantities)
    lacks = frozenset(getattr(engine, "lacks", ()))
    return tuple(quantity for quantity in quantities if quantity.key not in lacks)


def _certificates(
    spec: ModelSpec, frame: pd.DataFrame, answers: Sequence[Answer]
) -> tuple[tuple[Certificate, ...], str]:
    """Return the certificates, or none and why not: they inform, and no verdict hangs on them."""
    if not answers:
        return (), ""
    try:
        referee = Referee.of(spec, frame, answers)
        return tuple(referee.certificate(answer) for answer in answers), ""
    except CrosscheckError as error:
        return (), f"no certificate: {error}"


def _drift(spec: ModelSpec, frame: pd.DataFrame, reference: Answer | None) -> Comparison | None:
    if reference is None:
        return None
    recorded = answer_of(RecordedEngine("converged"), spec, frame)
    return None if isinstance(recorded, str) else compare(recorded, reference, QUANTITIES)
