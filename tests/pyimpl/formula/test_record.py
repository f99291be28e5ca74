"""The stored answers are what R says today."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def differences(stored: Any, fresh: Any, where: str = "") -> list[str]:
    if isinstance(stored, dict) and isinstance(fresh, dict) and stored.keys() == fresh.keys():
        return [d for key in stored for d in differences(stored[key], fresh[key], f"{where}/{key}")]
    if isinstance(stored, list) and isinstance(fresh, list) and len(stored) == len(fresh):
        return [
            d
            for i, (a, b) in enumerate(zip(stored, fresh, strict=True))
            for d in differences(a, b, f"{where}/{i}")
        ]
    if isinstance(stored, float) and isinstance(fresh, (float, int)):
        return [] if abs(stored - fresh) <= 1e-12 * max(1.0, abs(stored)) else [f"{where}: {stored} {fresh}"]
    return [] if stored == fresh else [f"{where}: {stored!r} {fresh!r}"]


@pytest.mark.needs_r
def test_stored_answers_are_r_s(tmp_path: Path, answers: dict[str, Any]) -> None:
    out = tmp_path / "answers.json"
    subprocess.run(["Rscript", str(HERE / "record.R"), str(HERE), str(out)], check=True, capture_output=True)
    fresh = json.loads(out.read_text(encoding="utf-8"))
    stored = {key: value for key, value in answers.items() if key != "provenance"}
    assert not differences(stored, {key: value for key, value in fresh.items() if key != "provenance"})
