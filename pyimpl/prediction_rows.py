"""The rows to predict for: the fit's own, or new ones, as columns of X and Z and groups of the fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.design import Level
from pyimpl.formula import ColumnSpec
from pyimpl.formula.values import level_name, select_column
from pyimpl.formula.variables import check_columns
from pyimpl.grouping import Grouping, Labels
from pyimpl.model import Model


@dataclass(frozen=True, slots=True)
class PredictionRows:
    """What predictions of some rows are made from. Entries that a row lacks are NaN, and -1 among the codes.

    Attributes
    ----------
    offset : (n,) array
    X : (n, p) array
    Z : tuple of (n, q) arrays, outermost level first
        For as many levels as were asked for.
    codes : tuple of (n,) int arrays, outermost level first
        Each row's group; -1 for a group that the data didn't have, or that isn't said.
    """

    offset: Array
    X: Array
    Z: tuple[Array, ...]
    codes: tuple[Indices, ...]


def rows_of_fit(model: Model) -> PredictionRows:
    """The rows that the model was fitted to, in their order."""
    codes = tuple(level.grouping.codes for level in model.levels)
    return PredictionRows(model.design.offset, model.design.X, model.design.Z, codes)


def rows_of_newdata(
    model: Model, newdata: pd.DataFrame, n_grouped: int, n_effects: int | None = None
) -> PredictionRows:
    """New rows, their columns built as those of the fit were.

    Parameters
    ----------
    model : Model
    newdata : DataFrame
    n_grouped : int
        For how many levels, from the outermost, the rows' groups are needed.
    n_effects : int, optional
        For how many the columns of Z are; as many if left out.

    Raises
    ------
    DataError
        A column that the model needs is missing, or holds a factor level that the data didn't have.
    """
    grouped = model.levels[:n_grouped]
    with_effects = model.levels[: n_grouped if n_effects is None else n_effects]
    fixed = of_newdata(model.design.fixed)
    of_fixed = model.fixed.right_variables
    of_effects = [
        [name for block in level.blocks for name in block.formula.right_variables] for level in with_effects
    ]
    needed = [*of_fixed, *(name for names in of_effects for name in names)]
    check_columns(dict.fromkeys([*needed, *(level.grouping.name for level in grouped)]), newdata, "newdata")
    return PredictionRows(
        where_complete(lambda frame: fixed.offset(frame)[:, None], newdata, of_fixed, 1)[:, 0],
        where_complete(fixed.build, newdata, of_fixed, len(fixed.names)),
        tuple(
            where_complete(_builder(level), newdata, names, len(level.names))
            for level, names in zip(with_effects, of_effects, strict=True)
        ),
        known_groups([level.grouping for level in grouped], newdata),
    )


def group_names(model: Model, newdata: pd.DataFrame, depth: int) -> Labels:
    """Each new row's group at a level, named as R names groups, ``A/1``; None where a label is missing."""
    names = np.full(len(newdata), "", object)
    missing = np.full(len(newdata), False)
    for k, level in enumerate(model.levels[:depth]):
        own, distinct = _labels(level.grouping, newdata)
        missing |= own < 0
        names += np.append("/" * (k > 0) + distinct, np.array([""], object))[own]
    names[missing] = None
    return names


def where_complete(
    build: Callable[[pd.DataFrame], Array], newdata: pd.DataFrame, names: Sequence[str], width: int
) -> Array:
    """Build columns, (n, width), for the rows that have a value in each of ``names``; NaN for the others."""
    missing = np.asarray(newdata[list(dict.fromkeys(names))].isna().to_numpy().any(axis=1))
    if not missing.any() and len(newdata):
        return build(newdata)
    columns = np.full((len(newdata), width), np.nan)
    if not missing.all():
        columns[~missing] = build(newdata.loc[~missing])
    return columns


def _builder(level: Level) -> Callable[[pd.DataFrame], Array]:
    specs = [of_newdata(block.columns) for block in level.blocks]
    return lambda frame: np.concatenate([spec.build(frame) for spec in specs], axis=1)


def of_newdata(columns: ColumnSpec) -> ColumnSpec:
    """The same columns, with ``newdata`` as the argument that errors are about."""
    return replace(columns, argument="newdata")


def known_groups(groupings: Sequence[Grouping], newdata: pd.DataFrame) -> tuple[Indices, ...]:
    """Each row's group codes at these levels, outermost first; -1 for groups that the data didn't have."""
    codes: list[Indices] = []
    for grouping in groupings:
        of_group, in_fit = pd.factorize(grouping.labels)
        own, distinct = _labels(grouping, newdata)
        # the last place is for rows without a label
        of_row = np.append(pd.Index(in_fit).get_indexer(pd.Index(distinct)), -1)[own]
        if codes:
            of_group = grouping.parents * len(in_fit) + of_group
            of_row = np.where((codes[-1] < 0) | (of_row < 0), -1, codes[-1] * len(in_fit) + of_row)
        codes.append(np.asarray(pd.Index(of_group).get_indexer(pd.Index(of_row))))
    return tuple(codes)


def _labels(grouping: Grouping, newdata: pd.DataFrame) -> tuple[Indices, Labels]:
    """Each row's own label as its place among the distinct ones (-1 if missing), and these as the fit spells them."""
    column = select_column(newdata, grouping.name, "newdata")
    own, distinct = pd.factorize(column)
    known = set(grouping.labels)
    return own, np.array([_name_in_fit(value, known) for value in distinct], object)


def _name_in_fit(value: object, known: set[str]) -> str:
    """The name of a group's label. A whole number may have been of another type in the fit, as after a merge."""
    names = [level_name(value)]
    if isinstance(value, int | float | np.number) and float(value).is_integer():
        names += [str(int(value)), level_name(float(value))]
    return next((name for name in names if name in known), names[0])
