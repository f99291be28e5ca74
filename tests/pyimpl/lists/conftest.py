"""R's recorded lists and tables (lists.json, written by record_lists.R)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


@cache
def recorded() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("lists.json").read_text(encoding="utf-8"))


def frame_of(columns: dict[str, Any]) -> pd.DataFrame:
    """A recorded data frame; factors as Categoricals."""
    return pd.DataFrame({name: _column(values) for name, values in columns.items()})


def data_of(name: str) -> pd.DataFrame:
    frame = frame_of(recorded()["data"][name])
    frame.attrs["name"] = name
    return frame


def array(values: Any) -> np.ndarray:
    return np.array(values, dtype=float)


def _column(values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    return pd.Categorical.from_codes(values["codes"], categories=values["levels"], ordered=values["ordered"])
