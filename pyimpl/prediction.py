"""Fitted and predicted values at each level: the population's, and with the groups' random effects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.design import Level
from pyimpl.estimates import Estimates
from pyimpl.formula import ColumnSpec
from pyimpl.formula.values import level_name, select_column
from pyimpl.formula.variables import check_columns
from pyimpl.model import Model


def fitted_values(model: Model, estimates: Estimates, depth: int) -> Array:
    """Offset + X beta plus the random effects of the first ``depth`` levels, (N,), in the order of the rows."""
    values = model.design.X @ estimates.beta + model.design.offset
    for level, Z, effects in zip(model.levels[:depth], model.design.Z, estimates.blups, strict=False):
        values += np.einsum("nq,nq->n", Z, effects[level.grouping.codes])
    return np.asarray(values)


def predicted_values(model: Model, estimates: Estimates, newdata: pd.DataFrame, depth: int) -> Array:
    """Predictions for new rows; NaN where a value is missing, or a group at a level asked for was not in the data.

    Raises
    ------
    DataError
        A column that the model needs is missing, or holds a factor level that the data didn't have.
    """
    needed = list(model.fixed.right_variables)
    for level in model.levels[:depth]:
        needed += [name for block in level.blocks for name in block.formula.right_variables]
        needed.append(level.grouping.name)
    needed = list(dict.fromkeys(needed))
    check_columns(needed, newdata, "newdata")
    complete = np.asarray(newdata[needed].notna().all(axis=1)) if needed else np.full(len(newdata), True)
    values = np.full(len(newdata), np.nan)
    if complete.any():
        values[complete] = _of_complete_rows(model, estimates, newdata[complete], depth)
    return values


def _of_complete_rows(model: Model, estimates: Estimates, newdata: pd.DataFrame, depth: int) -> Array:
    fixed = _of_newdata(model.design.fixed)
    values = fixed.build(newdata) @ estimates.beta + fixed.offset(newdata)
    codes: Indices | None = None
    for k, level in enumerate(model.levels[:depth]):
        codes = _known_groups(level, newdata, codes)
        effects = estimates.blups[k]
        Z = np.concatenate([_of_newdata(block.columns).build(newdata) for block in level.blocks], axis=1)
        own = np.einsum("nq,nq->n", Z, effects[codes])
        values = values + np.where(codes < 0, np.nan, own)
    return np.asarray(values)


def _of_newdata(columns: ColumnSpec) -> ColumnSpec:
    """The same columns, with ``newdata`` as the argument that errors are about."""
    return replace(columns, argument="newdata")


def _known_groups(level: Level, newdata: pd.DataFrame, outer: Indices | None) -> Indices:
    """Each row's group code, -1 for groups that the data didn't have."""
    column = select_column(newdata, level.grouping.name, "newdata")
    known = set(level.grouping.labels)
    names = {value: _name_in_fit(value, known) for value in column.unique()}
    labels = pd.Index(column.astype(object).map(names))
    if outer is None:
        return np.asarray(pd.Index(level.grouping.names).get_indexer(labels))
    own = pd.MultiIndex.from_arrays([level.grouping.parents, level.grouping.labels])
    return np.asarray(own.get_indexer(pd.MultiIndex.from_arrays([outer, labels])))


def _name_in_fit(value: object, known: set[str]) -> str:
    """The name of a group's label. A whole number may have been of another type in the fit, as after a merge."""
    names = [level_name(value)]
    if isinstance(value, int | float | np.number) and float(value).is_integer():
        names += [str(int(value)), level_name(float(value))]
    return next((name for name in names if name in known), names[0])
