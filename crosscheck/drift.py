"""Drift: does today's R still give the recorded answers, and if not, what moved, by how much, since which versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from . import recordfile
from .answer import Answer
from .best import best
from .compare import Comparison, Row, compare
from .engines import NlmeEngine, answer_of
from .errors import EngineUnavailableError, RecordedFailureError
from .quantities import QUANTITIES
from .spec import Control, ModelSpec


@dataclass(frozen=True, slots=True)
class Drift:
    """One model: R's answers as recorded, and today's.

    Attributes
    ----------
    spec : ModelSpec
    held : str
        The control whose answer candidates are held to.
    comparisons : mapping
        Today's answer against the recorded one, by control, where there are both.
    errors : mapping
        By control, what R said then and says now where one is an error and the other isn't.
    then, now : mapping
        The versions of R, nlme, the BLAS, ...
    """

    spec: ModelSpec
    held: Control
    comparisons: Mapping[Control, Comparison]
    errors: Mapping[Control, str]
    then: Mapping[str, str]
    now: Mapping[str, str]

    @property
    def moved(self) -> tuple[Control, ...]:
        """The controls under which R's answer isn't the recorded one."""
        differ = [control for control, found in self.comparisons.items() if not found.agree]
        return (*differ, *self.errors)

    @property
    def agree(self) -> bool:
        """Whether the answer that candidates are held to is still R's: how far its early stops go may vary."""
        return self.held not in self.moved and self.held in self.comparisons

    @property
    def versions(self) -> dict[str, tuple[str, str]]:
        """What isn't the version that it was: then, now."""
        names = [name for name in (*self.then, *self.now) if name != "data sha256"]
        pairs = {name: (self.then.get(name, "none"), self.now.get(name, "none")) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def worst(self) -> Row | None:
        """Return the row that moved most under the control that candidates are held to."""
        found = self.comparisons.get(self.held)
        return found.worst() if found is not None else None


def drift(
    spec: ModelSpec,
    frame: pd.DataFrame,
    folder: Path | None = None,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Drift:
    """Fit a recorded model on R again, under each of its controls, and compare with the record.

    Parameters
    ----------
    spec : ModelSpec
    frame : DataFrame
        Its data.
    folder : Path, optional
        Where the record is, if not among the fixtures.
    progress : callable
        Told what is being done.

    Raises
    ------
    EngineUnavailableError
        R can't be reached.
    NotRecordedError, RecordError
        There is no record, or it can't be read.
    """
    if reason := NlmeEngine().why_not():
        raise EngineUnavailableError(f"R can't be reached: {' '.join(reason.split())}")
    recorded: dict[Control, Answer | str] = {}
    today: dict[Control, Answer | str] = {}
    for control in spec.controls:
        progress(f"{spec.key}: nlme, {control} control")
        recorded[control] = _recorded(spec, control, folder)
        today[control] = answer_of(NlmeEngine(control), spec, frame)
    return drift_between(spec, recorded, today)


def drift_between(
    spec: ModelSpec, recorded: Mapping[Control, Answer | str], today: Mapping[Control, Answer | str]
) -> Drift:
    """Return what moved between two sets of R's answers by control; text is the error that R stopped with."""
    comparisons: dict[Control, Comparison] = {}
    errors: dict[Control, str] = {}
    for control, then in recorded.items():
        now = today[control]
        if isinstance(then, Answer) and isinstance(now, Answer):
            comparisons[control] = compare(then, now, QUANTITIES)
        elif isinstance(then, Answer) or isinstance(now, Answer):
            errors[control] = f"then {_said(then)}; now {_said(now)}"
    held = best(recorded, fixed_point=spec.goes_by_fitted) or spec.controls[0]
    return Drift(spec, held, comparisons, errors, _versions(recorded), _versions(today))


def _recorded(spec: ModelSpec, control: Control, folder: Path | None) -> Answer | str:
    try:
        return recordfile.read(spec, control, f"recorded, {control}", folder)
    except RecordedFailureError as error:
        return str(error)


def _said(answer: Answer | str) -> str:
    return "an answer" if isinstance(answer, Answer) else f"the error {str(answer)!r}"


def _versions(answers: Mapping[Control, Answer | str]) -> Mapping[str, str]:
    return next((one.about.provenance for one in answers.values() if isinstance(one, Answer)), {})
