"""Dense matrices of a plain model, built by formulaic and by none of the engines' own code."""

from __future__ import annotations

import re

import formulaic
import numpy as np
import pandas as pd

from ..errors import UsageError
from ..spec import ModelSpec
from .likelihood import Floats, Grouping, Problem

_TERMS = re.compile(r"[\w.\s+*:()^-]*")
"""Names, numbers, operators and brackets only ..."""
_CALL = re.compile(r"([\w.]+)\s*\(")
_FUNCTIONS = {"I": None, "sin": np.sin, "cos": np.cos}
"""... and of functions these only, so that nothing that formulaic is handed can run code."""
_ONE_SIDED = re.compile(r"~((?:[^()]|\([^()]*\))*)")
"""The formulas in a structure, as in ``pdBlocked(list(pdIdent(~ 1), pdDiag(~ I(x^2) - 1)))``."""


def dense_problem(spec: ModelSpec, data: pd.DataFrame) -> Problem:
    """Return the dense matrices of a model whose terms are columns, ``I()``, ``sin()``, ``cos()`` and interactions.

    The structure of a covariance is left aside: a likelihood is that of the matrix, whatever form it has.

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
    for group, structure in random.items():
        formula, _, bar = structure.partition("|")
        Z = np.hstack([_columns(terms, data) for terms in _ONE_SIDED.findall(formula)])
        for name in [one.strip() for one in (bar or group).split("/")]:
            outer = levels[-1].codes if levels else np.zeros(len(data), dtype=np.intp)
            codes = pd.DataFrame({"outer": outer, "inner": data[name].to_numpy()})
            codes_here = np.asarray(codes.groupby(["outer", "inner"]).ngroup(), dtype=np.intp)
            levels.append(Grouping(Z, codes_here))
    y = data[response].to_numpy(dtype=float)
    return Problem(y, _columns(right, data), tuple(levels), spec.method)


def _columns(terms: str, data: pd.DataFrame) -> Floats:
    known = set(_CALL.findall(terms)) <= _FUNCTIONS.keys() and not re.search(r"\)\s*\(", terms)
    if not known or not _TERMS.fullmatch(terms):
        raise UsageError(f"the reference evaluator knows plain terms only, not {terms.strip()!r}")
    formula = re.sub(r"\bpi\b", repr(np.pi), terms.strip()).replace("^", "**")
    formula = re.sub(r"\b[A-Za-z]\w*(?:\.\w+)+", r"`\g<0>`", formula)  # IQ.ver.cen is a name in R
    context = {name: function for name, function in _FUNCTIONS.items() if function is not None}
    return np.asarray(formulaic.model_matrix(formula, data, context=context), dtype=float)
