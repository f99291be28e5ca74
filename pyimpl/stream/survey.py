"""The first reading: what the columns hold, which levels factors have, which groups there are.

A survey of some rows can be added to that of others, in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.errors import DataError
from pyimpl.formula.factors import as_categories
from pyimpl.formula.values import Categories, Numeric, read_column, select_column

# Rows kept to learn from what the formulas make of the columns.
_EXAMPLES = 200


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels that a factor was seen to have.

    Attributes
    ----------
    kind : {"text", "number", "category", "ordered"}
    names : tuple of str
        Those that occur, in order: text by code point, numbers by value, categories as they were given.
    order : tuple
        What they are sorted by: the numbers, or all categories, also those that don't occur.
    """

    kind: str
    names: tuple[str, ...]
    order: tuple[object, ...] = ()

    def add(self, other: Levels, column: str) -> Levels:
        """The levels of both.

        Raises
        ------
        DataError
            They are of different kinds, or give categories different orders.
        """
        if self.kind != other.kind:
            raise DataError(
                f"data: column {column!r} holds {_WORDS[self.kind]} in one piece and {_WORDS[other.kind]} in another; "
                "write it with one type"
            )
        if self.names == other.names and self.order == other.order:
            return self
        if self.kind == "text":
            # Two ascending runs, which sorting merges in one pass.
            return Levels("text", tuple(dict.fromkeys(sorted([*self.names, *other.names]))))
        if self.kind == "number":
            both = {
                **dict(zip(self.names, self.order, strict=True)),
                **dict(zip(other.names, other.order, strict=True)),
            }
            names = sorted(both, key=lambda name: float(str(both[name])))
            return Levels("number", tuple(names), tuple(both[name] for name in names))
        order = _merged_order(self.order, other.order, column)
        used = {*self.names, *other.names}
        return Levels(self.kind, tuple(str(name) for name in order if name in used), order)

    def examples(self, n: int) -> pd.Series:
        """A column of n rows that has all of them, if n is large enough."""
        names = [self.names[k % len(self.names)] for k in range(n)]
        if self.kind == "text":
            return pd.Series(names, dtype=object)
        return pd.Series(pd.Categorical(names, categories=list(self.names), ordered=self.kind == "ordered"))


_WORDS = {"text": "text", "number": "numbers", "category": "categories", "ordered": "ordered categories"}


def _merged_order(a: tuple[object, ...], b: tuple[object, ...], column: str) -> tuple[object, ...]:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    places = [longer.index(name) if name in longer else -1 for name in shorter]
    if -1 in places or places != sorted(places):
        raise DataError(
            f"data: the categories of column {column!r} differ from piece to piece, so their order isn't known; write "
            "them with the same categories everywhere, or as text"
        )
    return longer


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of the columns that a model uses.

    Attributes
    ----------
    n_obs : int
        Complete rows.
    missing : dict of str to int
        Missing values by column, of those that have any.
    factors : dict of str to Levels
        The columns that are text or categories, and the grouping factors.
    groups : DataFrame of str
        The combinations of the grouping factors' levels that occur, outermost first.
    examples : DataFrame
        A few of the rows.
    """

    n_obs: int
    missing: dict[str, int]
    factors: dict[str, Levels]
    groups: pd.DataFrame
    examples: pd.DataFrame

    def add(self, other: Survey) -> Survey:
        """What is known from both."""
        missing = dict(self.missing)
        for name, count in other.missing.items():
            missing[name] = missing.get(name, 0) + count
        if not (self.n_obs and other.n_obs):
            full = self if self.n_obs else other
            return Survey(full.n_obs, missing, full.factors, full.groups, full.examples)
        one_sided = set(self.factors) ^ set(other.factors)
        if one_sided:
            raise DataError(
                f"data: column {min(one_sided)!r} holds numbers in one piece and text or categories in another; write "
                "it with one type"
            )
        factors = {name: levels.add(other.factors[name], name) for name, levels in self.factors.items()}
        groups = _combinations([self.groups, other.groups], factors)
        examples = pd.concat([self.examples, other.examples.head(_EXAMPLES - len(self.examples))])
        return Survey(self.n_obs + other.n_obs, missing, factors, groups, examples)


def _combinations(pieces: Sequence[pd.DataFrame], factors: Mapping[str, Levels]) -> pd.DataFrame:
    """The combinations that occur in any of the pieces; of one grouping factor they are its levels."""
    if pieces[0].shape[1] == 1:
        name = str(pieces[0].columns[0])
        return pd.DataFrame({name: pd.Series(factors[name].names, dtype=object)})
    return pd.concat(pieces).drop_duplicates(ignore_index=True)


def survey(
    frame: pd.DataFrame, groups: Sequence[str], counts: dict[str, int], keep_groups: bool = True
) -> Survey:
    """What a piece's complete rows say.

    Parameters
    ----------
    frame : DataFrame
        The complete rows, with the columns that the model uses.
    groups : sequence of str
        The grouping factors, outermost first.
    counts : dict of str to int
        How many values were missing, by column.
    keep_groups : bool
        Whether to find out which groups there are, and not just of what kind their labels are.
    """
    factors: dict[str, Levels] = {}
    labels: dict[str, pd.Categorical[Any]] = {}
    for name in dict.fromkeys([*groups, *frame.columns]):
        column = select_column(frame, name, "data")
        value = read_column(frame, name, "data")
        if name in groups:
            factor = as_categories(value, name, "random")
            if not keep_groups:
                factors[name] = Levels(_levels(column, factor, isinstance(value, Numeric)).kind, ())
                labels[name] = pd.Categorical(np.empty(0, object))
                continue
            factors[name] = _levels(column, factor, isinstance(value, Numeric))
            labels[name] = pd.Categorical.from_codes(factor.codes, pd.Index(list(factor.levels)))
        elif isinstance(value, Categories):
            factors[name] = _levels(column, value, False)
    found = pd.DataFrame(labels)
    if len(groups) > 1:
        found = found.drop_duplicates(ignore_index=True)
    found = _combinations([found], factors).astype(object)
    examples = frame.take(np.arange(min(_EXAMPLES, len(frame))))  # a slice would keep all the rows
    return Survey(len(frame), counts, factors, found, examples)


def _levels(column: pd.Series, factor: Categories, of_numbers: bool) -> Levels:
    if isinstance(column.dtype, pd.CategoricalDtype):
        kind = "ordered" if column.cat.ordered else "category"
        return Levels(kind, factor.levels, tuple(str(each) for each in column.cat.categories))
    if of_numbers:
        return Levels("number", factor.levels, tuple(float(each) for each in factor.levels))
    return Levels("text", factor.levels)


def complete_rows(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """The rows without missing values in these columns, and how many of those each column has."""
    missing = frame[list(columns)].isna()
    counts = {str(name): int(count) for name, count in missing.sum().items() if count}
    return (frame.loc[~missing.any(axis=1)] if counts else frame), counts


def group_codes(labels: pd.Index, frame: pd.DataFrame, name: str) -> np.ndarray:
    """Each row's place among the known labels of a grouping factor.

    Raises
    ------
    DataError
        A label that the first reading didn't find.
    """
    factor = as_categories(read_column(frame, name, "random"), name, "random")
    places = labels.get_indexer(pd.Index(list(factor.levels)))
    if (places < 0).any():
        unknown = factor.levels[int(np.argmin(places))]
        raise DataError(
            f"data: the group {unknown!r} of column {name!r} wasn't there at the first reading; the data changed "
            "meanwhile, fit them again"
        )
    return np.asarray(places[factor.codes])
