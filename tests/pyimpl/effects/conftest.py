"""R's recorded answers about effects and predictions, and the data they are about; record.R beside them made both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def recorded() -> dict[str, Any]:
    """Everything that record.R wrote."""
    return dict(json.loads(Path(__file__).with_name("answers.json").read_text(encoding="utf-8")))


def frame(columns: dict[str, dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Categorical(column["values"], column["levels"])
            if "levels" in column
            else column["values"]
            for name, column in columns.items()
        }
    )


def table(written: dict[str, Any]) -> pd.DataFrame:
    """One of R's data frames."""
    return pd.DataFrame(
        dict(zip(written["names"], written["columns"], strict=True)), index=written.get("rows")
    )


@pytest.fixture
def children(recorded: dict[str, Any]) -> pd.DataFrame:
    """Four visits each of 27 children."""
    return frame(recorded["data"]["children"])


@pytest.fixture
def oats(recorded: dict[str, Any]) -> pd.DataFrame:
    """Four plots of each of three varieties in each of six blocks."""
    return frame(recorded["data"]["oats"])


@pytest.fixture
def dogs(recorded: dict[str, Any]) -> pd.DataFrame:
    """Two sides of each of ten dogs, measured on several days."""
    return frame(recorded["data"]["dogs"])
