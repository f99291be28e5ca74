"""Grouping factors: from columns of labels to integer codes, one set a level, outermost first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Indices
from pyimpl.errors import DataError


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of one level.

    Attributes
    ----------
    name : str
        The grouping factor, a column of the data.
    label : str
        As R prints it: ``child %in% school`` for an inner level.
    codes : (N,) int array
        Each row's group, in the order of the data. Group codes of an inner level count on through the outer groups.
    names : (G,) array of str
        Each group's name; an inner group's begins with its outer group's, ``A/1``.
    parents : (G,) int array
        The code of the group one level further out; empty at the outermost level.
    """

    name: str
    label: str
    codes: Indices
    names: np.ndarray[tuple[int], np.dtype[np.object_]]
    parents: Indices

    @property
    def n_groups(self) -> int:
        """How many groups the level has."""
        return len(self.names)


def group_rows(frame: pd.DataFrame, names: tuple[str, ...]) -> tuple[Grouping, ...]:
    """Code the rows of ``frame`` by nested grouping factors, outermost first.

    Levels are ordered as any factor's are: a Categorical's own order, otherwise by value. A group of an inner level
    is a combination that occurs, so that children may be numbered anew in each school.

    Raises
    ------
    DataError
        A grouping factor has a single level.
    """
    groupings: list[Grouping] = []
    for name in names:
        codes, labels = _factor_codes(frame[name])
        if len(labels) < 2:
            raise DataError(
                f"random: the grouping factor '{name}' has one level only ('{labels[0]}'), so no variance between "
                "groups can be estimated; use a column with two groups or more"
            )
        groupings.append(_nest(name, codes, labels, groupings))
    return tuple(groupings)


def _nest(name: str, codes: Indices, labels: np.ndarray, outer: list[Grouping]) -> Grouping:
    """Place one factor's codes inside those of the levels further out."""
    if not outer:
        return Grouping(name, name, codes, labels, np.empty(0, np.intp))
    parent = outer[-1]
    combined, dense = np.unique(parent.codes * np.intp(len(labels)) + codes, return_inverse=True)
    parents, own = np.divmod(combined, len(labels))
    joined = parent.names[parents] + np.array(["/"], object) + labels[own]
    label = " %in% ".join([name, *[level.name for level in reversed(outer)]])
    return Grouping(name, label, dense.astype(np.intp), joined, parents.astype(np.intp))


def _factor_codes(column: pd.Series) -> tuple[Indices, np.ndarray]:
    """Codes and level names of a column taken as a factor, levels that don't occur dropped."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        used, codes = np.unique(column.cat.codes.to_numpy(), return_inverse=True)
        levels = column.cat.categories[used]
    else:
        codes, levels = pd.factorize(column, sort=True)
    return np.asarray(codes, np.intp), np.array([level_name(value) for value in levels], dtype=object)


def level_name(value: object) -> str:
    """The name R gives a factor level: whole numbers without a point, others to 15 digits."""
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | np.floating):
        return f"{float(value):.15g}"
    return str(value)
