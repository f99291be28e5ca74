"""The report as data: JSON under a versioned schema (``report.schema.json``)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from .document import Dossier

SCHEMA = "crosscheck-report/1"
"""The version of the form: it changes when a name is taken away or means something else, not when one is added."""


def to_json(dossier: Dossier) -> str:
    """Return the report as JSON; numbers that aren't finite are null."""
    plain = {
        "schema": SCHEMA,
        "outcome": dossier.outcome,
        "parts": dossier.parts,
        **{field.name: getattr(dossier, field.name) for field in fields(dossier)},
    }
    return json.dumps(_plain(plain), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
