"""Dense matrices of a plain model, built by formulaic and by none of the engines' own code."""

from __future__ import annotations

import re

import formulaic
import numpy as np
import pandas as pd

from ..errors import UsageError
from ..spec import ModelSpec
from .likelihood import Floats, Grouping, Problem

_PLAIN = re.compile(r"[\w.\s+*:]*")
"""Names, numbers and + * : only, so that nothing that formulaic is handed can run code."""


def dense_problem(spec: ModelSpec, data: pd.DataFrame) -> Problem:
    """Return the dense matrices of a model whose terms are plain columns and their interactions.

    Raises
    ------
    UsageError
        The model has a term, structure or option that this builder doesn't know.
    """
    if spec.options:
        raise UsageError(f"the reference evaluator doesn't know the options {sorted(spec.options)}")
    response, right = (part.strip() for part in spec.fixed.split("~"))
    random = {"": spec.random} if isinstance(spec.random, str) else spec.random
    levels: list[Grouping] = []
    for group, formula in random.items():
        terms, _, bar = formula.strip().removeprefix("~").partition("|")
        groups = [name.strip() for name in (bar or group).split("/")]
        Z = _columns(terms, data)
        for name in groups:
            outer = levels[-1].codes if levels else np.zeros(len(data), dtype=np.intp)
            codes = pd.DataFrame({"outer": outer, "inner": data[name].to_numpy()})
            codes_here = np.asarray(codes.groupby(["outer", "inner"]).ngroup(), dtype=np.intp)
            levels.append(Grouping(Z, codes_here))
    y = data[response].to_numpy(dtype=float)
    return Problem(y, _columns(right, data), tuple(levels), spec.method)


def _columns(terms: str, data: pd.DataFrame) -> Floats:
    if not _PLAIN.fullmatch(terms):
        raise UsageError(f"the reference evaluator knows plain terms only, not {terms.strip()!r}")
    return np.asarray(formulaic.model_matrix(terms.strip(), data), dtype=float)
