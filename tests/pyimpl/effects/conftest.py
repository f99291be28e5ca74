"""Data that R's answers about effects and predictions are about, beside those that every folder has."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ..conftest import frame


@pytest.fixture
def oats(recorded: dict[str, Any]) -> pd.DataFrame:
    """Four plots of each of three varieties in each of six blocks."""
    return frame(recorded["data"]["oats"])
