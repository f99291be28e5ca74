"""Grouping factors: from columns of labels to integer codes, one set a level, outermost first."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pyimpl.arrays import Indices
from pyimpl.errors import DataError
from pyimpl.formula.factors import as_categories
from pyimpl.formula.values import read_column

#: Names of groups.
Labels: TypeAlias = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of one level.

    Attributes
    ----------
    name : str
        The grouping factor, a column of the data.
    codes : (N,) int array
        Each row's group, in the order of the data. Group codes of an inner level count on through the outer groups.
    names : (G,) array of str
        Each group's name; an inner group's begins with its outer group's, ``A/1``.
    parents : (G,) int array
        The code of the group one level further out; empty at the outermost level.
    labels : (G,) array of str
        Each group's own label, without those of the groups it lies in.
    """

    name: str
    codes: Indices
    names: Labels
    parents: Indices
    labels: Labels

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
        A grouping factor has a single level, or the factors are named in the wrong order.
    """
    groupings = nested_groups(frame, names, "random")
    check_nesting(groupings)
    return groupings


def check_nesting(groupings: Sequence[Grouping]) -> None:
    """Refuse groups that no variance can be estimated of; errors as for :func:`group_rows`."""
    for each in groupings:
        refuse_one_label(each.name, each.labels)
    for outer, inner in itertools.pairwise(groupings):
        if inner.n_groups == outer.n_groups and len(np.unique(inner.labels)) < len(np.unique(outer.labels)):
            raise DataError(
                f"random: the groups of '{inner.name}' don't divide those of '{outer.name}', of which each lies in one "
                f"of them; name the outermost first, '{inner.name}' before '{outer.name}'"
            )


def refuse_one_label(name: str, labels: Sequence[object] | Labels) -> None:
    """Refuse a grouping factor whose labels are all the same."""
    if all(label == labels[0] for label in labels):
        raise DataError(
            f"random: the grouping factor '{name}' has one level only ('{labels[0]}'), so no "
            "variance between groups can be estimated; use a column with two groups or more"
        )


def nested_groups(frame: pd.DataFrame, names: tuple[str, ...], argument: str) -> tuple[Grouping, ...]:
    """As :func:`group_rows`, with any number of groups; errors are about ``argument``."""
    groupings: list[Grouping] = []
    for name in names:
        groupings.append(nest(name, *_factor_codes(frame, name, argument), groupings))
    return tuple(groupings)


def nest(name: str, codes: Indices, labels: Labels, outer: list[Grouping]) -> Grouping:
    """Place one factor's codes inside those of the levels further out."""
    if not outer:
        return Grouping(name, codes, labels, np.empty(0, np.intp), labels)
    parent = outer[-1]
    combined, dense = np.unique(parent.codes * np.intp(len(labels)) + codes, return_inverse=True)
    parents, own = np.divmod(combined, len(labels))
    joined = parent.names[parents] + np.array(["/"], object) + labels[own]
    return Grouping(name, dense.astype(np.intp), joined, parents.astype(np.intp), labels[own])


def _factor_codes(frame: pd.DataFrame, name: str, argument: str) -> tuple[Indices, Labels]:
    """Codes and level names of a column taken as a factor."""
    categories = as_categories(read_column(frame, name, argument), name, argument)
    return categories.codes, np.array(categories.levels, dtype=object)
