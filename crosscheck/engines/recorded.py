"""R's recorded answers as an engine, for where R isn't."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .. import recordfile
from ..answer import Answer
from ..spec import ModelSpec


class RecordedEngine:
    """Answers that R gave when they were recorded.

    Parameters
    ----------
    tight : bool
        Those of the tightened control instead of the default one.
    folder : Path, optional
        Where the records are, if not among the package's fixtures.
    """

    def __init__(self, *, tight: bool = False, folder: Path | None = None) -> None:
        self.tight = tight
        self.folder = folder

    @property
    def name(self) -> str:
        """``recorded`` or ``recorded-tight``."""
        return "recorded-tight" if self.tight else "recorded"

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Answer:
        """Return what is recorded for `spec`; `data` isn't looked at."""
        return recordfile.read(spec, "tight" if self.tight else "default", self.folder)
