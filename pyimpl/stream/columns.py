"""What the formulas make of the columns, learned from a few rows that have every level of every factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pyimpl.arrays import Indices
from pyimpl.covariance import Covariance
from pyimpl.design import Level, learn_level
from pyimpl.errors import DataError
from pyimpl.formula import ColumnSpec, Formula, RandomLevel, check_contrasts, learn_columns
from pyimpl.grouping import Grouping, check_nesting, nest
from pyimpl.stream.survey import Survey, group_codes


@dataclass(frozen=True, slots=True)
class Columns:
    """All that is needed to turn a piece's rows into columns.

    Attributes
    ----------
    formula : Formula
        The fixed effects.
    fixed : ColumnSpec
        Builds the columns of X.
    levels : tuple of Level, outermost first
        Their groupings have no rows.
    """

    formula: Formula
    fixed: ColumnSpec
    levels: tuple[Level, ...]

    @property
    def structures(self) -> tuple[Covariance, ...]:
        """The levels' covariance structures, innermost level first."""
        return tuple(level.covariance for level in reversed(self.levels))

    @property
    def sizes(self) -> list[int]:
        """How many random effects a group of each level has, innermost level first."""
        return [structure.q for structure in self.structures]


@dataclass(frozen=True, slots=True)
class Plan(Columns):
    """All that is needed to turn a piece's rows into columns and groups.

    Attributes
    ----------
    labels : tuple of Index
        The labels of each grouping factor, in the order of its levels.
    places : tuple of (G,) int arrays
        Each group of a level as its outer group times the number of labels, plus its own label's place; ascending.
    """

    labels: tuple[pd.Index, ...]
    places: tuple[Indices, ...]

    @property
    def parents(self) -> list[Indices]:
        """For each group of a level the group of the next level outwards, innermost level first."""
        return [level.grouping.parents for level in reversed(self.levels[1:])]

    def codes(self, frame: pd.DataFrame) -> list[Indices]:
        """The group of each row at each level, outermost first.

        Raises
        ------
        DataError
            A group that the first reading didn't find.
        """
        codes: list[Indices] = []
        for level, labels, places in zip(self.levels, self.labels, self.places, strict=True):
            own = group_codes(labels, frame, level.grouping.name)
            if codes:
                wanted = codes[-1] * len(labels) + own
                own = np.minimum(np.searchsorted(places, wanted), len(places) - 1)
                if not np.array_equal(places[own], wanted):
                    raise DataError(
                        f"data: a group of '{level.grouping.name}' wasn't there at the first reading; the data changed "
                        "meanwhile, fit them again"
                    )
            codes.append(own)
        return codes


def make_plan(
    formula: Formula,
    random: Sequence[RandomLevel],
    known: Survey,
    contrasts: Mapping[str, str] | None,
) -> Plan:
    """Learn the columns and number the groups.

    Raises
    ------
    DataError
        A grouping factor has one level only, they are named in the wrong order, or a transform needs to see all the
        data first.
    """
    names = [level.group for level in random]
    found: list[Grouping] = []
    for name in names:
        own = np.array(known.factors[name].names, dtype=object)
        found.append(nest(name, pd.Index(own).get_indexer(pd.Index(known.groups[name])), own, found))
    check_nesting(found)
    groupings = [replace(each, codes=np.empty(0, np.intp)) for each in found]
    columns = learn(formula, random, known, contrasts, groupings)
    labels = tuple(pd.Index(list(known.factors[name].names)) for name in names)
    places = tuple(
        np.arange(grouping.n_groups)
        if not k
        else grouping.parents * len(index) + index.get_indexer(pd.Index(grouping.labels))
        for k, (grouping, index) in enumerate(zip(groupings, labels, strict=True))
    )
    return Plan(formula, columns.fixed, columns.levels, labels, places)


def learn(
    formula: Formula,
    random: Sequence[RandomLevel],
    known: Survey,
    contrasts: Mapping[str, str] | None,
    groupings: Sequence[Grouping],
) -> Columns:
    """Learn the columns.

    Raises
    ------
    DataError
        A transform needs to see all the data first.
    """
    fixed, levels = _learned(formula, random, groupings, _prototype(known, len(known.examples)), contrasts)
    again, same = _learned(
        formula, random, groupings, _prototype(known, max(1, len(known.examples) // 2)), contrasts
    )
    _refuse_data_dependent([fixed, *_specs(levels)], [again, *_specs(same)])
    return Columns(formula, fixed, levels)


def _prototype(known: Survey, n_examples: int) -> pd.DataFrame:
    """Rows that have every level of every factor, and numbers from the first few examples."""
    in_formulas = {name: levels for name, levels in known.factors.items() if name not in known.groups.columns}
    n = max([len(known.examples), *(len(levels.names) for levels in in_formulas.values())])
    rows = np.arange(n) % n_examples
    columns = {}
    for name in known.examples.columns:
        if name in in_formulas:
            columns[name] = in_formulas[name].examples(n)
        else:
            columns[name] = known.examples[name].iloc[rows].reset_index(drop=True)
    return pd.DataFrame(columns)


def _learned(
    formula: Formula,
    random: Sequence[RandomLevel],
    groupings: Sequence[Grouping],
    frame: pd.DataFrame,
    contrasts: Mapping[str, str] | None,
) -> tuple[ColumnSpec, tuple[Level, ...]]:
    fixed = learn_columns(formula.terms, frame, contrasts=contrasts, argument="fixed")
    levels = tuple(
        learn_level(grouping, level, frame, contrasts)
        for grouping, level in zip(groupings, random, strict=True)
    )
    check_contrasts(contrasts, [fixed, *_specs(levels)])
    return fixed, levels


def _specs(levels: Sequence[Level]) -> list[ColumnSpec]:
    return [block.columns for level in levels for block in level.blocks]


def _refuse_data_dependent(specs: Sequence[ColumnSpec], others: Sequence[ColumnSpec]) -> None:
    """Refuse transforms that learned something else from other examples, such as a mean."""
    for spec, other in zip(specs, others, strict=True):
        for transform in spec.learned_otherwise(other):
            raise DataError(
                f"{spec.argument}: `{transform}` depends on all the data, which are read in pieces; make it a column "
                "of the data first, or give its numbers, as in scale(x, 10, 2) or bs(x, knots = c(1, 2), "
                "Boundary.knots = c(0, 3))"
            )
