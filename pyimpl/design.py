"""The model as plain arrays, with the names that its rows, columns and groups go by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.containment import Containment, containment_of
from pyimpl.covariance import Blocked, CompoundSymmetry, Covariance, Diagonal, General, Identity
from pyimpl.errors import DataError, FormulaError, NotSupportedError
from pyimpl.formula import (
    ColumnSpec,
    Formula,
    RandomLevel,
    RandomPart,
    check_contrasts,
    learn_columns,
    response_column,
)
from pyimpl.formula.values import Value
from pyimpl.grouping import Grouping, group_rows
from pyimpl.moments import dependent_columns
from pyimpl.starts import starting_covariance

# The numerics square numbers, and multiply the squares of two columns.
_LARGEST = 1e75

_CLASSES: dict[str, type[Covariance]] = {
    "pdLogChol": General,
    "pdSymm": General,
    "pdNatural": General,
    "pdDiag": Diagonal,
    "pdIdent": Identity,
    "pdCompSymm": CompoundSymmetry,
}


@dataclass(frozen=True, slots=True)
class RandomBlock:
    """One covariance structure of random effects and the columns of Z that it governs.

    Attributes
    ----------
    formula : Formula
    columns : ColumnSpec
        Builds the columns, also for new data.
    structure : str
        The pdMat class.
    start : (q, q) array or None
        The covariance over sigma^2 that was given as starting value.
    """

    formula: Formula
    columns: ColumnSpec
    structure: str
    start: Array | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One level of grouping and its random effects; several blocks where the structure is pdBlocked."""

    grouping: Grouping
    blocks: tuple[RandomBlock, ...]
    covariance: Covariance

    @property
    def names(self) -> tuple[str, ...]:
        """The random effects, by R's names."""
        return tuple(name for block in self.blocks for name in block.columns.names)

    def build(self, frame: pd.DataFrame, read: dict[str, Value] | None = None) -> Array:
        """Columns of Z for the rows of a frame, (n, q); ``read`` are columns of it that have been read already."""
        built = [block.columns.build(frame, read) for block in self.blocks]
        return built[0] if len(built) == 1 else np.concatenate(built, axis=1)

    def part_of(self, spec: ColumnSpec, X: Array) -> Array | None:
        """The columns of Z as a view of X, where they are neighbours there; X has the columns of ``spec``."""
        places = self.blocks[0].columns.places_in(spec) if len(self.blocks) == 1 else None
        if places is None or places != list(range(places[0], places[0] + len(places))):
            return None
        return X[:, places[0] : places[-1] + 1]


@dataclass(frozen=True, slots=True)
class DesignRows:
    """The rows of a model as plain arrays, in the order of the rows of the frame.

    Attributes
    ----------
    y : (N,) array
        The response, as the formula asks for it.
    offset : (N,) array
        What the formula's ``offset()`` terms add to the fixed effects' part: the model is fitted to y - offset.
    X : (N, p) array
    Z : tuple of (N, q) arrays, outermost level first
    order : (N,) int array or None
        The rows sorted by group, stably; None where they are as they stand.
    """

    y: Array
    offset: Array
    X: Array
    Z: tuple[Array, ...]
    order: Indices | None = None


@dataclass(frozen=True, slots=True)
class Design:
    """Everything that the numerics need to know of the model, and the names of what they return.

    Attributes
    ----------
    fixed : ColumnSpec
        Names and builds the columns of X.
    levels : tuple of Level, outermost first
    n_obs : int
        How many rows there are.
    rows : DesignRows or None
        The rows, where they were kept; those of data too large for memory are not.
    contained : Containment or None
        Where the columns of X vary, where it can't be found from the sorted rows.
    """

    fixed: ColumnSpec
    levels: tuple[Level, ...]
    n_obs: int
    rows: DesignRows | None
    contained: Containment | None = None

    @property
    def kept(self) -> DesignRows:
        """The rows.

        Raises
        ------
        NotSupportedError
            They weren't kept.
        """
        if self.rows is None:
            raise NotSupportedError(
                "data: the rows were read in pieces and not kept, and this needs them all at once; fit a part that "
                "fits into memory, as a DataFrame"
            )
        return self.rows

    @property
    def y(self) -> Array:
        """The response, (N,)."""
        return self.kept.y

    @property
    def offset(self) -> Array:
        """What the offsets add, (N,)."""
        return self.kept.offset

    @property
    def X(self) -> Array:
        """Columns of the fixed effects, (N, p)."""
        return self.kept.X

    @property
    def Z(self) -> tuple[Array, ...]:
        """Columns of the random effects, outermost level first, each (N, q)."""
        return self.kept.Z

    @property
    def order(self) -> Indices:
        """The rows sorted by group, (N,)."""
        order = self.kept.order
        return np.arange(self.n_obs) if order is None else order

    @property
    def containment(self) -> Containment:
        """Where the columns of X vary."""
        return self.contained or containment_of(
            self.X.T if self.is_sorted else self.X[self.order].T, self.sorted_codes
        )

    @property
    def sorted_codes(self) -> list[Indices]:
        """Group codes of the sorted rows, outermost first."""
        codes = [level.grouping.codes for level in self.levels]
        return codes if self.is_sorted else [each[self.order] for each in codes]

    @property
    def starts(self) -> list[Indices]:
        """Where each group starts among the sorted rows, innermost level first."""
        return [
            np.flatnonzero(np.append(True, codes[1:] != codes[:-1])) for codes in reversed(self.sorted_codes)
        ]

    @property
    def is_sorted(self) -> bool:
        """Whether the rows are sorted by group as they stand."""
        return self.kept.order is None

    def columns(self) -> list[Array]:
        """Z innermost first, X, and y - offset: (N,) arrays, the same object where a column is there twice."""
        blocks = [(level.names, Z) for level, Z in zip(reversed(self.levels), reversed(self.Z), strict=True)]
        columns: list[Array] = []
        known: dict[str, Array] = {}
        for names, block in [*blocks, (self.fixed.names, self.X)]:
            for name, column in zip(names, block.T, strict=True):
                # Names alone don't tell: f1 may be a level's indicator here and a contrast there.
                same = name in known and _equal(known[name], column)
                columns.append(known[name] if same else known.setdefault(name, column))
        return [*columns, self.y - self.offset if self.fixed.terms.offsets else self.y]


def make_design(
    fixed: Formula,
    random: tuple[RandomLevel, ...],
    frame: pd.DataFrame,
    contrasts: Mapping[str, str] | None,
    drop_dependent: bool = False,
) -> Design:
    """Build the arrays of a model from complete rows; without random effects, those of a regression.

    With ``drop_dependent`` columns of X that are linear combinations of the columns before them are left out.

    Raises
    ------
    DataError
        A column can't be used as the formulas ask, there are too few rows, or a grouping factor has one level.
    """
    y, _ = response_column(fixed, frame)
    read: dict[str, Value] = {}
    argument = fixed.argument
    spec = learn_columns(fixed.terms, frame, contrasts=contrasts, argument=argument, read=read)
    groupings = group_rows(frame, tuple(level.group for level in random))
    levels = tuple(
        learn_level(grouping, level, frame, contrasts, read)
        for grouping, level in zip(groupings, random, strict=True)
    )
    check_contrasts(contrasts, [spec, *(block.columns for level in levels for block in level.blocks)])
    X = spec.build(frame, read)
    if drop_dependent:
        spec, X = _independent(spec, X)
    if not X.shape[1]:
        raise DataError(f"{argument}: the formula has no fixed effects; keep at least the intercept, 'y ~ 1'")
    if len(y) <= X.shape[1]:
        raise DataError(
            f"data: {len(y)} complete rows can't determine {X.shape[1]} fixed effects and a variance"
        )
    for level in levels:
        check_group_sizes(level, np.bincount(level.grouping.codes))
    parts = [level.part_of(spec, X) for level in levels]
    Z = tuple(
        level.build(frame, read) if part is None else part for level, part in zip(levels, parts, strict=True)
    )
    offset = spec.offset(frame, read)
    check_magnitudes(y[:, None], [fixed.response_text], argument)
    if spec.terms.offsets:
        check_magnitudes(offset[:, None], ["offset()"], argument)
    check_magnitudes(X, spec.names, argument)
    for level, own, part in zip(levels, Z, parts, strict=True):
        if part is None:
            check_magnitudes(own, level.names, "random")
    if not levels:
        contained = containment_of(X.T, [])
        return Design(spec, (), len(y), DesignRows(y, offset, X, ()), contained)
    innermost = groupings[-1].codes
    order = None if (innermost[1:] >= innermost[:-1]).all() else np.argsort(innermost, kind="stable")
    return Design(spec, levels, len(y), DesignRows(y, offset, X, Z, order))


def _equal(a: Array, b: Array) -> bool:
    """Whether two columns have the same values, as views of the same memory do without being looked at."""
    return (a.ctypes.data == b.ctypes.data and a.strides == b.strides) or np.array_equal(a, b)


def _independent(spec: ColumnSpec, X: Array) -> tuple[ColumnSpec, Array]:
    """Leave out the columns that depend on those before them."""
    R: Array = np.asarray(np.linalg.qr(X, mode="r"))
    dropped = dependent_columns(R)
    if not dropped.size:
        return spec, X
    Q, kept = np.linalg.qr(np.delete(R, dropped, axis=1))
    combinations = np.linalg.solve(kept, Q.T @ R[:, dropped])
    sizes = np.linalg.norm(R[:, dropped], axis=0) / np.sqrt(len(X))
    return spec.without(dropped, combinations, sizes), np.delete(X, dropped, axis=1)


def learn_level(
    grouping: Grouping,
    level: RandomLevel,
    frame: pd.DataFrame,
    contrasts: Mapping[str, str] | None,
    read: dict[str, Value] | None = None,
) -> Level:
    """Learn from the rows of a frame which columns one level's random effects have; ``read`` are those read already.

    Raises
    ------
    DataError, FormulaError
        There are none, or a starting value doesn't fit them.
    """
    parts: tuple[RandomLevel | RandomPart, ...] = level.blocks or (level,)
    specs = [
        learn_columns(part.formula.terms, frame, contrasts=contrasts, argument="random", read=read)
        for part in parts
    ]
    sizes = [len(spec.names) for spec in specs]
    if not all(sizes):
        raise DataError(
            f"random: the formula for '{level.group}' has no random effects; write '~ 1 | {level.group}'"
        )
    names = [name for spec in specs for name in spec.names]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FormulaError(
            f"random: the blocks of '{level.group}' have the effect '{twice}' twice; leave it out of one, as the "
            "intercept by '~ x - 1'"
        )
    covariances = tuple(
        _CLASSES[part.structure](size, part.structure) for part, size in zip(parts, sizes, strict=True)
    )
    starts = [
        None if part.value is None else starting_covariance(part.value, covariance, level.group)
        for part, covariance in zip(parts, covariances, strict=True)
    ]
    blocks = tuple(
        RandomBlock(part.formula, spec, part.structure, start)
        for part, spec, start in zip(parts, specs, starts, strict=True)
    )
    if not level.blocks:
        return Level(grouping, blocks, covariances[0])
    return Level(grouping, blocks, Blocked(sum(sizes), level.structure, covariances))


def check_group_sizes(level: Level, counts: Indices) -> None:
    """Refuse a level whose largest group has fewer rows than random effects; ``counts`` (G,) are the groups' rows."""
    largest = int(counts.max())
    q = level.covariance.q
    if largest < q:
        names = ", ".join(level.names[:6]) + (", ..." if q > 6 else "")
        raise DataError(
            f"random: fewer observations than random effects in all groups of '{level.grouping.name}': the largest "
            f"group has {largest} rows, but each has {q} random effects ({names}); drop some"
        )


def check_magnitudes(columns: Array, names: Sequence[str], argument: str) -> None:
    """Refuse columns whose squares overflow or vanish."""
    largest = np.maximum(columns.max(axis=0), -columns.min(axis=0))
    outside = np.flatnonzero((largest > _LARGEST) | ((largest < 1 / _LARGEST) & (largest > 0)))
    if outside.size:
        name, size = names[outside[0]], largest[outside[0]]
        raise DataError(
            f"{argument}: the values of '{name}' are of the order of {size:.0e}, too far from 1 to compute with; "
            "change its units"
        )
