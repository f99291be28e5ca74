"""Direct access to the R that rbridge uses: what a user's R script would print and compute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rbridge import embedded, session


class DirectR:
    """Evaluates R code in an environment of its own, as Rscript would."""

    def __init__(self) -> None:
        with session.locked() as ri:
            self._env = ri.baseenv["new.env"](parent=ri.globalenv)
        self("library(nlme); options(width = 80, digits = 7)")

    def __call__(self, code: str) -> Any:
        """Return the value as numpy array, list of strings, or None for anything else."""
        with session.locked() as ri, embedded.quiet_console(embedded.running().callbacks):
            value = ri.baseenv["eval"](
                ri.baseenv["parse"](text=ri.StrSexpVector([f"suppressWarnings({{{code}}})"])), envir=self._env
            )
            kind = type(value).__name__
            if kind == "StrSexpVector":
                return list(value)
            if kind in ("FloatSexpVector", "IntSexpVector", "BoolSexpVector"):
                return np.array(value)
        return None

    def printed(self, code: str) -> str:
        return "\n".join(self(f"capture.output(print({code}))"))

    def frame(self, name: str, columns: str | None = None) -> pd.DataFrame:
        """Make the nlme data set a plain data frame in R, under its name in lower case; return it as pandas."""
        r_name = name.lower()
        self(
            f"{r_name} <- as.data.frame(nlme::{name}); class({r_name}) <- 'data.frame'; rownames({r_name}) <- NULL"
        )
        data = {}
        for column in self(f"names({r_name})"):
            values = self(f"unclass({r_name}[['{column}']])")
            levels = self(f"levels({r_name}[['{column}']])")
            if levels is not None:
                ordered = bool(self(f"is.ordered({r_name}[['{column}']])")[0])
                data[column] = pd.Categorical.from_codes(values - 1, levels, ordered=ordered)
            else:
                data[column] = values
        made = pd.DataFrame(data)
        made.attrs["name"] = r_name
        return made


@pytest.fixture
def r() -> Iterator[DirectR]:
    yield DirectR()
