"""What ``ranef`` and ``coef`` return: pandas frames, a row a group, that print as nlme's do.

``str()`` of them is R's page; to pandas they are ordinary frames, and what pandas makes of them is one too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError
from pyimpl.estimates import Estimates
from pyimpl.formula.values import level_name
from pyimpl.group_summary import augment
from pyimpl.model import LevelChoice, Model, is_sequence
from pyimpl.posterior import Posterior, covariance_of_effects
from pyimpl.report import EffectsTable, render_effects
from pyimpl.report.frames import Cell, render_frame


class EffectsFrame(pd.DataFrame):
    """A row a group; ``str()`` is R's print of it."""

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def __str__(self) -> str:
        columns = [self._cells(self.iloc[:, k]) for k in range(self.shape[1])]
        return render_frame(columns, list(map(str, self.index)), list(map(str, self.columns))).removesuffix(
            "\n"
        )

    @staticmethod
    def _cells(column: pd.Series) -> list[Cell]:
        return cells(column)


class EffectsByLevel(dict[str, pd.DataFrame]):
    """The frames of several levels by grouping factor, outermost first; ``str()`` is R's print of them.

    Attributes
    ----------
    labels : tuple of str
        What each level is headed by, ``child %in% school``.
    """

    def __init__(self, tables: dict[str, pd.DataFrame], labels: tuple[str, ...]) -> None:
        super().__init__(tables)
        self.labels = labels

    def __reduce__(self) -> tuple[type[EffectsByLevel], tuple[dict[str, pd.DataFrame], tuple[str, ...]]]:
        return EffectsByLevel, (dict(self), self.labels)

    def __str__(self) -> str:
        pages = [
            EffectsTable(label, tuple(table.index), tuple(table.columns), table.to_numpy(dtype=float))
            for label, table in zip(self.labels, self.values(), strict=True)
        ]
        return render_effects(pages).removesuffix("\n")

    def _repr_html_(self) -> str:
        """All levels' tables, for notebooks."""
        return "".join(f"<p>Level: {name}</p>{table.to_html()}" for name, table in self.items())


def cells(column: pd.Series) -> list[Cell]:
    """The values of one column as R's ``print`` takes them."""
    dtype, missing = column.dtype, column.isna().tolist()
    if isinstance(dtype, np.dtype) and dtype.kind == "f":
        return list(map(float, column))
    if pd.api.types.is_bool_dtype(dtype):
        convert: Callable[[object], Cell] = bool
    elif pd.api.types.is_integer_dtype(dtype):
        convert = lambda value: int(str(value))  # noqa: E731
    elif pd.api.types.is_float_dtype(dtype):
        convert = lambda value: float(str(value))  # noqa: E731
    else:
        convert = level_name
    return [None if gone else convert(value) for value, gone in zip(column, missing, strict=True)]


def printed_by_level(
    model: Model, found: pd.DataFrame | dict[str, pd.DataFrame]
) -> pd.DataFrame | EffectsByLevel:
    """One level's frame as it is; a dict of them so that it prints as R does."""
    if isinstance(found, pd.DataFrame):
        return found
    names = [level.grouping.name for level in model.levels]
    return EffectsByLevel(found, tuple(" %in% ".join(names[names.index(each) :: -1]) for each in found))


def check_one_level(model: Model, level: LevelChoice | Sequence[int | str], aug_frame: bool) -> None:
    """Refuse to add the data's columns to the effects of several levels at once, as R does."""
    if aug_frame and (is_sequence(level) or (level is None and len(model.levels) > 1)):
        known = ", ".join(repr(each.grouping.name) for each in model.levels)
        raise ArgumentError(f"level: aug_frame=True is for one level at a time; choose one of {known}")


def random_effects(
    model: Model, estimates: Estimates, depth: int, *, standardized: bool = False, aug_frame: bool = False
) -> EffectsFrame:
    """BLUPs of one level's random effects, a row a group.

    Parameters
    ----------
    model : Model
    estimates : Estimates
    depth : int
        1 for the outermost level.
    standardized : bool
        Whether to divide each effect by its standard deviation; NaN where that is zero.
    aug_frame : bool
        Whether to add the groups' values of the data's columns.
    """
    level, effects = model.levels[depth - 1], estimates.blups[depth - 1]
    if standardized:
        with np.errstate(invalid="ignore", divide="ignore"):
            effects = effects / np.sqrt(np.diag(estimates.covariances[depth - 1]))
    table = pd.DataFrame(effects.copy(), index=list(level.grouping.names), columns=list(level.names))
    return EffectsFrame(_augmented(model, table, depth) if aug_frame else table)


def coefficients(model: Model, estimates: Estimates, depth: int, *, aug_frame: bool = False) -> EffectsFrame:
    """Fixed effects plus the random effects of this level and those further out, a row a group."""
    groups = model.levels[depth - 1].grouping
    names = list(
        dict.fromkeys([*model.design.fixed.names, *(n for k in model.levels[:depth] for n in k.names)])
    )
    values = np.zeros((groups.n_groups, len(names)))
    values[:, : len(estimates.beta)] = estimates.beta
    ancestors = np.arange(groups.n_groups)
    for k in range(depth - 1, -1, -1):
        level = model.levels[k]
        for name, effect in zip(level.names, estimates.blups[k].T, strict=True):
            values[:, names.index(name)] += effect[ancestors]
        ancestors = level.grouping.parents[ancestors] if k else ancestors
    table = pd.DataFrame(values, index=list(groups.names), columns=names)
    return EffectsFrame(_augmented(model, table, depth) if aug_frame else table)


def _augmented(model: Model, table: pd.DataFrame, depth: int) -> pd.DataFrame:
    """Add the groups' values of all columns of the data but the grouping factors and those named as the table's."""
    factors = [level.grouping.name for level in model.levels]
    return augment(table, model.frame.all_columns(), model.levels[depth - 1].grouping.codes, factors)


def effects_covariances(model: Model, posterior: Posterior, depth: int) -> pd.DataFrame:
    """Posterior covariance matrix of each group's effects: rows (group, effect), a column an effect."""
    level = model.levels[depth - 1]
    values = covariance_of_effects(posterior, depth)
    index = pd.MultiIndex.from_product(
        [list(level.grouping.names), list(level.names)], names=[level.grouping.name, "effect"]
    )
    return pd.DataFrame(values.reshape(-1, values.shape[2]), index=index, columns=list(level.names))


def effects_errors(model: Model, posterior: Posterior, depth: int) -> pd.DataFrame:
    """Posterior standard deviations of each group's effects, a row a group."""
    level = model.levels[depth - 1]
    variances: Array = np.diagonal(covariance_of_effects(posterior, depth), axis1=1, axis2=2)
    return pd.DataFrame(np.sqrt(variances), index=list(level.grouping.names), columns=list(level.names))
