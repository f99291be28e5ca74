"""What pictures of groups draw: random effects or coefficients, and what is known of each group."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.errors import DataError
from pyimpl.group_summary import group_summary
from pyimpl.pictures import outliers
from pyimpl.pictures.outliers import Identify, Mask
from pyimpl.tails import chdtri

_SINGULAR = 1e-9  # a variance, of standardized effects, below which a direction has none


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one level, and the rows that lie in them.

    Attributes
    ----------
    names : tuple of str
    rows : DataFrame
        The rows of the fit, with every column of the data.
    codes : (N,) int array
        Each row's group.
    label : str
        What the groups are: ``Subject``, or ``Side %in% Dog`` for an inner level.
    """

    names: tuple[str, ...]
    rows: pd.DataFrame
    codes: Indices
    label: str

    def summary(self, frame: pd.DataFrame) -> pd.DataFrame:
        """One row a group of some columns, given a row a row, as R's ``gsummary``."""
        return group_summary(frame, self.codes, len(self.names))


@dataclass(frozen=True, slots=True)
class Effects:
    """Random effects or coefficients of one level of grouping.

    Attributes
    ----------
    names : tuple of str
        The effects.
    values : (G, q) array
    groups : Groups
    label : str
        What the values are.
    standard : bool
        Whether they are divided by their standard deviations, so that all have the same units.
    random : (G, r) array
        The level's random effects, by which outlying groups are found.
    covariance : (r, r) array
        Their covariance matrix.
    """

    names: tuple[str, ...]
    values: Array
    groups: Groups
    label: str
    standard: bool
    random: Array
    covariance: Array

    def varying(self) -> Effects:
        """The effects that are not the same in all groups."""
        spread = np.nanmax(self.values, axis=0) - np.nanmin(self.values, axis=0)
        keep = [k for k in range(len(self.names)) if spread[k] > 0]
        return replace(self, names=tuple(self.names[k] for k in keep), values=self.values[:, keep])

    def outlying(self, level: float) -> Mask:
        """Each group's each random effect that lies beyond a level of the normal distribution, (G, r)."""
        return outliers.beyond(np.nan_to_num(standardized(self.random, self.covariance)), level)

    def distant(self, level: float) -> Mask:
        """Groups whose random effects b have b' D^-1 b beyond the chi-squared quantile, (G,).

        Of a singular D the inverse is taken where there is variance, and its rank are the degrees of freedom.
        """
        D, scale = (
            self.covariance,
            np.sqrt(np.where(np.diag(self.covariance) > 0, np.diag(self.covariance), 1.0)),
        )
        values, vectors = np.linalg.eigh(D / np.outer(scale, scale))
        keep = values > _SINGULAR
        if not keep.any():
            return np.zeros(len(self.random), bool)
        whitened = (self.random / scale) @ vectors[:, keep] / np.sqrt(values[keep])
        return np.asarray((whitened**2).sum(axis=1) > chdtri(int(keep.sum()), level))

    def texts(self, identify: Identify, beyond: Mask) -> tuple[str, ...]:
        """The label of each group, empty for those that get none; no texts at all if none is wanted.

        Parameters
        ----------
        identify : Identify
        beyond : (G,) bool array
            The groups beyond the level, where one was asked for.
        """
        if identify.id is None:
            return ()
        chosen = beyond
        if isinstance(identify.id, str):
            mask = pd.DataFrame({"id": outliers.where(identify.id, self.groups.rows)})
            chosen = self.groups.summary(mask)["id"].to_numpy(bool)
        names = self._labels(identify)
        return tuple(name if wanted else "" for name, wanted in zip(names, chosen.tolist(), strict=True))

    def _labels(self, identify: Identify) -> list[str]:
        """One label a group: a column, or labels given one a row, by their most frequent value."""
        if identify.labels is None:
            return list(self.groups.names)
        if not isinstance(identify.labels, str) and len(identify.labels) == len(self.groups.names):
            return [str(each) for each in identify.labels]
        rows = outliers.names_of(identify.labels, self.groups.rows, ())
        labels = self.groups.summary(pd.DataFrame({"label": rows}))["label"]
        if labels.isna().any():
            raise DataError("id_labels: some groups have no label")
        return [str(each) for each in labels]


def standardized(random: Array, covariance: Array) -> Array:
    """Random effects over their standard deviations, (G, q); NaN where that is zero."""
    std_dev = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(std_dev > 0, random / std_dev, np.nan))
