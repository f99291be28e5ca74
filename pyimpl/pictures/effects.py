"""What pictures of groups draw: random effects or coefficients, and what is known of each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.errors import DataError
from pyimpl.group_summary import group_summary
from pyimpl.model import LevelChoice
from pyimpl.pictures import outliers
from pyimpl.pictures.form import ModelTerm
from pyimpl.pictures.outliers import Identify

if TYPE_CHECKING:
    from pyimpl.fit import LmeFit


@dataclass(frozen=True, slots=True)
class Effects:
    """Random effects or coefficients of one level of grouping.

    Attributes
    ----------
    names : tuple of str
        The effects.
    values : (G, q) array
    groups : tuple of str
    rows : DataFrame
        The rows of the fit, with every column of the data.
    codes : (N,) int array
        Each row's group.
    label : str
        What the values are.
    grouping : str
        What the groups are: ``Subject``, or ``Side %in% Dog`` for an inner level.
    standard : bool
        Whether the values are divided by their standard deviations, so that all have the same units.
    """

    names: tuple[str, ...]
    values: Array
    groups: tuple[str, ...]
    rows: pd.DataFrame
    codes: Indices
    label: str
    grouping: str
    standard: bool = False

    def varying(self) -> Effects:
        """The effects that are not the same in all groups."""
        keep = [k for k in range(len(self.names)) if np.ptp(self.values[:, k]) > 0]
        return Effects(
            tuple(self.names[k] for k in keep),
            self.values[:, keep],
            self.groups,
            self.rows,
            self.codes,
            self.label,
            self.grouping,
            self.standard,
        )

    def summary(self, columns: list[str]) -> pd.DataFrame:
        """One row a group of some columns of the data, as R's ``gsummary``."""
        return group_summary(self.rows[columns], self.codes, len(self.groups))


def effects_of(fit: LmeFit, asked: ModelTerm) -> Effects:
    """The groups' random effects or coefficients that a form asks for."""
    depth = fit.model.grouping_depth(asked.level)
    names = [level.grouping.name for level in fit.model.levels[:depth]]
    grouping = fit.model.levels[depth - 1].grouping
    table = fit.ranef(depth) if asked.function == "ranef" else fit.coef(depth)
    assert isinstance(table, pd.DataFrame)
    values, label = table.to_numpy(dtype=float), "Coefficients"
    if asked.function == "ranef":
        label = "Random effects"
    if asked.function == "ranef" and asked.standard:
        values, label = standardized_effects(fit, depth), "Standardized random effects"
    return Effects(
        tuple(table.columns),
        values,
        tuple(str(name) for name in grouping.names),
        fit.model.frame.all_columns(),
        grouping.codes,
        label,
        " %in% ".join(reversed(names)),
        asked.function == "ranef" and asked.standard,
    )


def ranef_effects(fit: LmeFit, level: LevelChoice, standard: bool) -> Effects:
    """One level's random effects."""
    return effects_of(fit, ModelTerm("ranef", level, None, standard, "ranef(.)"))


def standardized_effects(fit: LmeFit, depth: int) -> Array:
    """Random effects over their standard deviations, (G, q); NaN where that is zero."""
    std_dev = np.sqrt(np.diag(fit.estimates.covariances[depth - 1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(std_dev > 0, fit.estimates.blups[depth - 1] / std_dev, np.nan))


def texts_of_groups(identify: Identify, effects: Effects, beyond: Array) -> tuple[str, ...]:
    """The label of each group, empty for those that get none; no texts if none is wanted.

    Parameters
    ----------
    beyond : (G,) bool array
        The groups that lie beyond the level, where one was asked for.
    """
    if identify.id is None:
        return ()
    chosen = beyond
    if isinstance(identify.id, str):
        mask = pd.DataFrame({"id": outliers.where(identify.id, effects.rows)})
        chosen = group_summary(mask, effects.codes, len(effects.groups))["id"].to_numpy(bool)
    names = _group_labels(identify, effects)
    return tuple(name if wanted else "" for name, wanted in zip(names, chosen.tolist(), strict=True))


def _group_labels(identify: Identify, effects: Effects) -> list[str]:
    """One label a group; labels given one a row are taken where a group has the same throughout."""
    if identify.labels is None:
        return list(effects.groups)
    if not isinstance(identify.labels, str) and len(identify.labels) == len(effects.groups):
        return [str(each) for each in identify.labels]
    rows = outliers.names_of(identify.labels, effects.rows, ())
    labels = group_summary(pd.DataFrame({"label": rows}), effects.codes, len(effects.groups))["label"]
    if labels.isna().any():
        raise DataError("id_labels: some groups have no label")
    return [str(each) for each in labels]
