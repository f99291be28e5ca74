"""R's recorded answers as an engine, for where R isn't."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .. import recordfile
from ..answer import Answer
from ..spec import Control, ModelSpec
from .base import named


class RecordedEngine:
    """Answers that R gave when they were recorded.

    Parameters
    ----------
    control : {"default", "tight", "converged", "symm"}
        How far nlme was made to go; see :class:`~crosscheck.engines.NlmeEngine`.
    folder : Path, optional
        Where the records are, if not among the package's fixtures.
    """

    prints_r_pages = True

    def __init__(self, control: Control = "default", folder: Path | None = None) -> None:
        self.control = control
        self.folder = folder

    @property
    def name(self) -> str:
        """``recorded``, ``recorded-tight`` or ``recorded-converged``."""
        return named("recorded", self.control)

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Answer:
        """Return what is recorded for `spec`; `data` isn't looked at."""
        return recordfile.read(spec, self.control, self.name, self.folder)
