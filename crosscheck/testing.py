"""What a test asks for: an engine's answer to a model, held to R's, live or as recorded.

The pytest fixture ``crosscheck`` is a :class:`Checker`; it can be used without pytest as well.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from . import recordfile
from .agreement import Held, Tolerances, hold
from .answer import Answer
from .best import ORDER, best
from .compare import Comparison, compare
from .engines import Engine, NlmeEngine, NoAnswer, answer_of, engine
from .errors import CannotFitError, EngineUnavailableError, NotRecordedError
from .own import Prepared, own_model, prepare
from .own.prepare import Factors, name_of
from .own.records import Source, record_own
from .own.references import live_references, recorded_references
from .quantities import Quantity
from .run import MOST_ROWS, largest_group
from .spec import Control, ModelSpec
from .study import quantities_of

Where = Literal["either", "live", "recorded"]
"""Where R's answer comes from; ``either``: from R where it is, else from a record."""


class NoReferenceError(EngineUnavailableError):
    """R isn't here, and nothing is recorded: the test can't be decided."""


class ExplainedWarning(UserWarning):
    """An answer differs from R's, and the reference evaluator says that R's is the one that is off."""


class DriftWarning(UserWarning):
    """R's answer today isn't the recorded one."""


@dataclass(frozen=True)
class Checker:
    """Fits models on an engine and asserts that the answers are R's.

    Attributes
    ----------
    engine : str or Engine
        What is tested: a name, ``module:Class``, or an engine.
    where : {"either", "live", "recorded"}
        Where R's answer comes from.
    records : Path
        The folder of R's recorded answers.
    record : bool
        Record R's answers there, anew.
    test : str
        What records are called after if a model has no name.
    """

    engine: str | Engine = "pyimpl"
    where: Where = "either"
    records: Path = Path("crosscheck-records")
    record: bool = False
    test: str = "model"

    def __call__(
        self,
        fixed: str,
        random: str | Mapping[str, str],
        data: Any,
        *,
        method: str = "REML",
        engine: str | Engine | None = None,
        quantities: Iterable[str | Quantity] | None = None,
        tolerances: Tolerances | None = None,
        factors: Factors = (),
        name: str | None = None,
        em_steps: int = 5000,
        **options: Any,
    ) -> Comparison:
        """Fit a model on R and on the engine, and assert that they agree.

        Parameters
        ----------
        fixed, random, data, method, factors, em_steps, **options
            As for :func:`crosscheck.run.run`.
        engine : str or Engine, optional
            Instead of the checker's own.
        quantities, tolerances
            As for :func:`~crosscheck.agreement.assert_agree`, but by default the printed pages are compared too if the
            engine has R's, and what it declares that it lacks is left out.
        name : str, optional
            What the model's record is called, if not after the test.

        Returns
        -------
        Comparison

        Raises
        ------
        AssertionError
            They don't agree, and R isn't to blame; or one of them has no answer.
        NoReferenceError
            R isn't here, and nothing is recorded.
        CannotFitError
            The engine declares that it has no such model.
        UsageError
            An argument or a column can't be used.
        NotRecordedError
            The record is of another model, or of other data.

        Warns
        -----
        ExplainedWarning
            They don't agree, and the reference evaluator says that R stopped short, or that the answer isn't defined.
        DriftWarning
            R's answer today isn't the recorded one.
        """
        __tracebackhide__ = True  # pytest shows the line of the test
        spec = own_model(fixed, random, method=method, data=name_of(data), em_steps=em_steps, **options)
        spec = replace(spec, name=name or _named_after(self.test, spec))
        prepared = prepare(data, spec, factors)
        reference, others = self._reference(spec, prepared)
        asked = self.engine if engine is None else engine
        candidate = _engine_of(asked)
        answer = answer_of(candidate, spec, prepared.frame)
        if isinstance(answer, NoAnswer) and answer.kind == "cannot":
            raise CannotFitError(f"{candidate.name}: {answer}")
        if not isinstance(answer, Answer):
            raise AssertionError(f"{candidate.name} gave no answer to {spec.fixed}, {spec.random}: {answer}")
        wanted = quantities_of(candidate, spec) if quantities is None else quantities
        held = hold(reference, answer, wanted, tolerances)
        if not held.agree:
            definitions = tuple(getattr(candidate, "definitions", ()))
            _explain(held, spec, prepared.frame, reference, answer, others, definitions)
        return held.comparison

    def _reference(self, spec: ModelSpec, prepared: Prepared) -> tuple[Answer, list[Answer]]:
        """Return R's best answer, and its others."""
        __tracebackhide__ = True
        live = self._asks_r(spec)
        if live and self.record:
            record_own(spec, prepared, self.records, Source(), anew=True)
        references = (
            live_references(spec)
            if live and not self.record
            else recorded_references(spec, prepared.frame, self.records)
        )
        answers = {control: answer_of(one, spec, prepared.frame) for control, one in references.items()}
        furthest = best(answers)
        if furthest is None:
            said = "; ".join(f"{control}: {answer}" for control, answer in answers.items())
            raise AssertionError(f"R gave no answer to {spec.fixed}, {spec.random}: {said}")
        found = {control: answer for control, answer in answers.items() if isinstance(answer, Answer)}
        reference = found.pop(furthest)
        if live and recordfile.path_of(spec, self.records).exists():
            _warn_of_drift(spec, furthest, reference, self.records)
        return reference, [found[control] for control in ORDER if control in found]

    def _asks_r(self, spec: ModelSpec) -> bool:
        """Return whether R is to be asked now."""
        __tracebackhide__ = True
        if self.where == "recorded" and not self.record:
            return False
        reason = " ".join(NlmeEngine().why_not().split())
        if not reason:
            return True
        path = recordfile.path_of(spec, self.records)
        if self.where == "live" or self.record or not path.exists():
            also = "" if self.where == "live" or self.record else f", and there is no record {path}"
            raise NoReferenceError(f"R can't be reached ({reason}){also}")
        return False


def _engine_of(asked: str | Engine) -> Engine:
    return engine(asked) if isinstance(asked, str) else asked


def _named_after(test: str, spec: ModelSpec) -> str:
    """Return a name that is the test's and the model's own, and can be a file's."""
    digest = sha256(repr(sorted(spec.to_dict().items())).encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_.]+', '-', test).strip('-_.') or 'model'}-{digest}"


def _explain(
    held: Held,
    spec: ModelSpec,
    frame: pd.DataFrame,
    reference: Answer,
    answer: Answer,
    others: Sequence[Answer],
    definitions: Sequence[str],
) -> None:
    """Raise what the test fails with, or warn where the third opinion puts the difference down to R."""
    __tracebackhide__ = True
    from .attribution import opinion

    if held.lacking or largest_group(spec, frame) > MOST_ROWS:
        raise AssertionError(held.failure())
    made = opinion(
        spec,
        frame,
        reference,
        answer,
        comparison=held.comparison,
        others=others,
        definitions=definitions,
    )
    if not made.passes:
        raise AssertionError(f"{held.failure()}\n\nWho is right, by the reference evaluator:\n{made}")
    warnings.warn(f"{spec.fixed}, {spec.random}: {made}", ExplainedWarning, stacklevel=4)


def _warn_of_drift(spec: ModelSpec, control: Control, live: Answer, folder: Path) -> None:
    try:
        recorded = recordfile.read(spec, control, "recorded", folder)
    except NotRecordedError as error:
        warnings.warn(f"drift: {error}", DriftWarning, stacklevel=5)
        return
    found = compare(recorded, live)
    if not found.agree:
        versions = (f"R {a.about.provenance.get('R', '?')}" for a in (recorded, live))
        moved = str(found).partition("\n")[2]
        warnings.warn(
            f"drift: {spec.key}: {' then, '.join(versions)} now:\n{moved}", DriftWarning, stacklevel=5
        )
