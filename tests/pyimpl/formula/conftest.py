"""R's recorded answers, and the data that they were given for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

HERE = Path(__file__).parent


def _frame(columns: dict[str, list[Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    frame["a"] = pd.Categorical(frame["a"], ["u", "v", "w"])
    frame["b"] = pd.Categorical(frame["b"], ["lo", "hi"])
    frame["o"] = pd.Categorical(frame["o"], ["p", "q", "r", "s"], ordered=True)
    return frame


@pytest.fixture(scope="session")
def answers() -> dict[str, Any]:
    """What record.R wrote."""
    return dict(json.loads((HERE / "r_answers.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def data(answers: dict[str, Any]) -> pd.DataFrame:
    return _frame(answers["data"])


@pytest.fixture(scope="session")
def new(answers: dict[str, Any]) -> pd.DataFrame:
    """Data that a fit has not seen; two values of x lie far outside."""
    return _frame(answers["new"])
