"""What one's own model is held to: R live, R as recorded in a folder, or any other engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from .. import recordfile
from ..engines import Engine, NlmeEngine, RecordedEngine, why_not
from ..engines import engine as engine_called
from ..errors import EngineUnavailableError, NotRecordedError, RecordedFailureError
from ..spec import Control, ModelSpec
from .fingerprint import fingerprint

FINGERPRINT = "data sha256"
"""What a record's provenance calls the fingerprint of its data."""


def live_references(spec: ModelSpec, engine: str | Engine = "nlme") -> dict[Control, Engine]:
    """Return R under each control that suits the model, or another engine.

    Raises
    ------
    EngineUnavailableError
        It can't run here; the message says why.
    """
    made: dict[Control, Engine] = (
        {control: NlmeEngine(control) for control in spec.controls}
        if engine == "nlme"
        else {"default": engine_called(engine) if isinstance(engine, str) else engine}
    )
    for one in made.values():
        if reason := why_not(one):
            raise EngineUnavailableError(f"engine {one.name!r} can't run here: {' '.join(reason.split())}")
        break
    return made


def recorded_references(spec: ModelSpec, frame: pd.DataFrame, folder: Path) -> dict[Control, Engine]:
    """Return R's answers as `folder` has them.

    Raises
    ------
    NotRecordedError
        There is no record of this model there, or it is of other data.
    RecordError
        The file isn't a record.
    """
    here: Mapping[str, str] = {}
    for control in spec.controls:
        try:
            here = recordfile.read(spec, control, folder=folder).about.provenance
        except RecordedFailureError:  # R's error is its answer under this control
            continue
    there = here.get(FINGERPRINT, "")
    if here and there != fingerprint(frame):
        raise NotRecordedError(
            f"{recordfile.path_of(spec, folder)} is of other data ({there[:12]}...) than these "
            f"({fingerprint(frame)[:12]}...); record R's answers anew if the change is meant"
        )
    return {control: RecordedEngine(control, folder) for control in spec.controls}
