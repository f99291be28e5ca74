"""Whether the data show the reason that an engine gives for refusing a model.

An engine that refuses says why. Each kind of reason is looked up in the model's dense matrices, which none of the
engines made; a reason that can't be found there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import CrosscheckError
from ..reference.design import DenseModel, dense_model
from ..reference.likelihood import Floats
from ..spec import ModelSpec
from .unbounded import weights_run_off

DEPENDENT = 1e-9
"""A column counts as a combination of others where less than this part of its length lies outside their span."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A kind of reason.

    Attributes
    ----------
    words : pattern
        What engines say.
    text : str
        What the data then have to show.
    shown : callable
        Whether they do.
    """

    words: re.Pattern[str]
    text: str
    shown: Callable[[DenseModel], bool]


def refusal(said: str, spec: ModelSpec, data: pd.DataFrame) -> str:
    """Return what the data show of an engine's reason to refuse a model, "" for nothing."""
    if _ONE_LEVEL.search(said):
        return "a factor has one level" if _one_level(spec, data) else ""
    if _TOO_DIFFERENT.search(said):
        there = weights_run_off(spec, data)
        return "the likelihood grows without end as the errors' variances are set apart" if there else ""
    kinds = [reason for reason in REASONS if reason.words.search(said)]
    if not kinds:
        return ""
    try:
        model = dense_model(replace(spec, options=_without_structures(spec)), data)
    except (CrosscheckError, ValueError, np.linalg.LinAlgError):
        return ""
    return next((reason.text for reason in kinds if reason.shown(model)), "")


def _without_structures(spec: ModelSpec) -> dict[str, Any]:
    """Return a model's options but for those within groups: no reason here hangs on them."""
    return {name: value for name, value in spec.options.items() if name not in ("correlation", "weights")}


_ONE_LEVEL = re.compile(r"has only one level", re.I)
_TOO_DIFFERENT = re.compile(r"variances become so different", re.I)


def _one_level(spec: ModelSpec, data: pd.DataFrame) -> bool:
    """Whether a factor of the formulas has one level; such a model has no matrices to look at."""
    named = set(re.findall(r"\w+", f"{spec.fixed} {spec.random}"))
    factors = [name for name in named & set(data) if not pd.api.types.is_numeric_dtype(data[name])]
    return any(data[name].nunique() == 1 for name in factors)


def _dependent(model: DenseModel) -> bool:
    return _is_dependent(model.problem.X)


def _is_dependent(columns: Floats) -> bool:
    lengths = np.linalg.norm(columns, axis=0)
    if not lengths.all() or columns.shape[1] > columns.shape[0]:
        return True
    diagonal = np.abs(np.diag(np.linalg.qr(columns / lengths, mode="r")))
    return bool(diagonal.min(initial=1.0) < DEPENDENT)


def _too_few_rows(model: DenseModel) -> bool:
    rows, columns = model.problem.X.shape
    return bool(rows <= columns)


def _small_groups(model: DenseModel) -> bool:
    return any(level.Z.shape[1] > np.bincount(level.codes).max() for level in model.problem.levels)


def _one_group(model: DenseModel) -> bool:
    return any(level.codes.max(initial=0) == 0 for level in model.problem.levels)


def _same_groups(model: DenseModel) -> bool:
    counts = [int(level.codes.max(initial=0)) for level in model.problem.levels]
    return len(set(counts)) < len(counts)


def _singletons(model: DenseModel) -> bool:
    return bool(np.bincount(model.problem.levels[-1].codes).max() < 2)


def _constant_response(model: DenseModel) -> bool:
    y, X = model.problem.y, model.problem.X
    left = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return bool(np.linalg.norm(left) <= 1e-8 * np.linalg.norm(y))


REASONS: Sequence[Reason] = (
    Reason(
        re.compile(r"linear combination|is constant|zero in every row|not estimable|backsolve", re.I),
        "a column of the fixed effects is a linear combination of others",
        _dependent,
    ),
    Reason(
        re.compile(r"can't determine|at least \d+ coefficients from", re.I),
        "there are no more rows than fixed effects",
        _too_few_rows,
    ),
    Reason(
        re.compile(r"fewer observations than random effects", re.I),
        "no group of a level has as many rows as random effects",
        _small_groups,
    ),
    Reason(
        re.compile(r"no group of .* has two rows", re.I),
        "each group is a single row",
        _singletons,
    ),
    Reason(
        re.compile(r"one level only|only one group", re.I),
        "a grouping factor has one group",
        _one_group,
    ),
    Reason(
        re.compile(r"groups of '.*' don't divide those of", re.I),
        "a level's groups are those of the level outside it",
        _same_groups,
    ),
    Reason(
        re.compile(r"fit the response ('.*' )?exactly|no residual|response is constant", re.I),
        "the fixed effects fit the response exactly",
        _constant_response,
    ),
)
