"""Which rows of the data a model uses: those of its ``subset`` that lack nothing."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ..errors import UsageError
from ..spec import ModelSpec

_CONDITION = re.compile(
    r"\s*([A-Za-z][\w.]*)\s*(==|!=|<=|>=|<|>)\s*(?:\"([^\"]*)\"|'([^']*)'|(-?\d+(?:\.\d+)?))\s*"
)
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def used_rows(spec: ModelSpec, data: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that a model uses, without levels that don't occur in them.

    Raises
    ------
    UsageError
        The condition isn't comparisons of columns with values, joined by ``&``.
    """
    frame = data
    if subset := spec.options.get("subset"):
        frame = frame[_where(str(subset), frame)]
    if spec.options.get("na_action") in ("omit", "exclude"):
        words = set(re.findall(r"[A-Za-z][\w.]*", f"{spec.fixed} {spec.random} {spec.options}"))
        frame = frame.dropna(subset=[name for name in frame if name in words])
    frame = frame.copy()
    for name in frame:
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            frame[name] = frame[name].cat.remove_unused_categories()
    return frame


def _where(condition: str, frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    kept = np.ones(len(frame), dtype=bool)
    for part in condition.split("&"):
        found = _CONDITION.fullmatch(part)
        if found is None or found[1] not in frame:
            raise UsageError(f"the reference evaluator doesn't know the subset {condition!r}")
        name, compare, *texts, number = found.groups()
        value: Any = float(number) if number is not None else next(t for t in texts if t is not None)
        column = frame[name].astype(float) if number is not None else frame[name].astype(str)
        kept &= np.asarray(_OPERATORS[compare](column, value))
    return kept
