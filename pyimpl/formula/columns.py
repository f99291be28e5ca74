"""Model-matrix columns: learned once from the data of the fit, built again for any other data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arrays import Indices
from pyimpl.errors import ArgumentError, DataError
from pyimpl.formula.codings import Coding, contrast, dummy
from pyimpl.formula.deparse import deparse, shortened
from pyimpl.formula.dropped import Dropped
from pyimpl.formula.evaluate import Evaluator, State
from pyimpl.formula.nodes import Expr, children
from pyimpl.formula.terms import Terms
from pyimpl.formula.values import Basis, Categories, FloatArray, Logical, Numeric, Value

_TRUTH_LEVELS = ("FALSE", "TRUE")


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSpec:
    """The columns of a model matrix, ready to be built from any data.

    Attributes
    ----------
    names : tuple of str
        R's column names: ``(Intercept)``, ``sectorCatholic``, ``poly(x, 2)1``.
    assign : tuple of int
        For each column the number of its term, 0 for the intercept, as R's ``attr(X, "assign")``.
    terms : Terms
        The terms that the columns come from.
    codings : tuple of tuple of (Coding or None)
        For each term, for each of its variables, the coding; None for a numeric variable.
    contrasts : tuple of (str, str)
        The factors among the variables, by R's label, each with the name of its contrasts.
    dropped : Dropped or None
        The columns that are left out of the matrix, `names` and `assign`, because others imply them.
    """

    names: tuple[str, ...]
    assign: tuple[int, ...]
    terms: Terms
    codings: tuple[tuple[Coding | None, ...], ...]
    contrasts: tuple[tuple[str, str], ...]
    argument: str
    _states: Mapping[Expr, State]
    dropped: Dropped | None = None

    @property
    def term_labels(self) -> tuple[str, ...]:
        """R's ``term.labels``."""
        return self.terms.labels

    def build(self, frame: pd.DataFrame, read: dict[str, Value] | None = None) -> FloatArray:
        """Build the model matrix from `frame`.

        Parameters
        ----------
        frame : pandas.DataFrame
            Data with the columns that the terms use; none of them may have missing values.
        read : dict, optional
            Columns of `frame` that have been read already; what is read now is added.

        Returns
        -------
        array of float64, shape (n, p), Fortran order
            The columns, in the order of `names`.

        Raises
        ------
        DataError
            Naming the column, when it is missing, of another type than in the fit, not finite, or has a
            level that the fit has not seen.
        """
        evaluator = self._evaluator(frame, read)
        values = [evaluator.variable(variable) for variable in self.terms.variables]
        if self.dropped is None:
            return _fill(values, self, len(frame), len(self.names))
        full = _fill(values, self, len(frame), len(self.names) + len(self.dropped.names))
        return self.dropped.take_out(full, frame.index, self.argument)

    def learned_otherwise(self, other: ColumnSpec) -> list[str]:
        """The transforms and factors, as R spells them, that learned something else in `other`."""
        return [
            deparse(each)
            for each, state in self._states.items()
            if repr(state) != repr(other._states.get(each))
        ]

    def without(self, columns: Indices, combinations: FloatArray, sizes: FloatArray) -> ColumnSpec:
        """Leave out some `columns`; `combinations` of those kept imply them, see :class:`Dropped`."""
        kept = [k for k in range(len(self.names)) if k not in columns]
        return replace(
            self,
            names=tuple(self.names[k] for k in kept),
            assign=tuple(self.assign[k] for k in kept),
            dropped=Dropped(
                tuple(self.names[k] for k in columns), tuple(columns.tolist()), combinations, sizes
            ),
        )

    def offset(self, frame: pd.DataFrame, read: dict[str, Value] | None = None) -> FloatArray:
        """Add up the offsets of the terms for the rows of `frame`, shape (n,); read-only zeros where there are none.

        Raises
        ------
        DataError
            As for :meth:`build`; or an offset is not one numeric column.
        """
        return _sum_of_offsets(self.terms.offsets, self._evaluator(frame, read))

    def places_in(self, other: ColumnSpec) -> list[int] | None:
        """Where `other` has the same columns, by what they are made of; None unless it surely has them all.

        Columns of factors don't count: under one name they can be indicators here and contrasts there.
        """
        known = {name: k for k, name in enumerate(other.names) if other._is_numeric(k)}
        places = [known.get(name) if self._is_numeric(k) else None for k, name in enumerate(self.names)]
        found = [place for place in places if place is not None]
        return found if len(found) == len(places) else None

    def _is_numeric(self, column: int) -> bool:
        term = self.assign[column]
        return term == 0 or all(coding is None for coding in self.codings[term - 1])

    def _evaluator(self, frame: pd.DataFrame, read: dict[str, Value] | None) -> Evaluator:
        read = {} if read is None else read
        return Evaluator(frame, self.argument, dict(self._states), learning=False, read=read)

    def __reduce__(self) -> tuple[Any, ...]:
        # A read-only view of a dict doesn't pickle; the dict does.
        plain = (self.names, self.assign, self.terms, self.codings, self.contrasts, self.argument)
        return _restored, (plain, dict(self._states), self.dropped)


def _restored(
    plain: tuple[Any, Any, Any, Any, Any, Any], states: dict[Expr, State], dropped: Dropped | None
) -> ColumnSpec:
    return ColumnSpec(*plain, MappingProxyType(states), dropped)


def learn_columns(
    terms: Terms,
    frame: pd.DataFrame,
    *,
    contrasts: Mapping[str, str] | None = None,
    argument: str,
    read: dict[str, Value] | None = None,
) -> ColumnSpec:
    """Learn from the data which columns the terms have, as R's ``model.matrix``.

    Parameters
    ----------
    terms : Terms
        The expanded right side of a formula.
    frame : pandas.DataFrame
        The data of the fit, without missing values in the columns used.
    contrasts : mapping of str to str, optional
        For a factor (R's label of the variable) the name of its contrasts, such as ``"contr.sum"``; the
        default is ``contr.treatment``, and ``contr.poly`` for ordered factors. Names of factors that are not
        among these terms are left alone.
    argument : str
        The argument that the terms come from, for error messages.
    read : dict, optional
        Columns of `frame` that have been read already; what is read now is added.

    Returns
    -------
    ColumnSpec
        The names of the columns and all that is needed to build them, here or on new data.

    Raises
    ------
    DataError
        When a column can't be used as the terms ask, or a factor has only one level.
    ArgumentError
        When `contrasts` names contrasts that don't exist, or a variable that is not a factor.
    """
    if not len(frame):
        raise DataError(f"{argument}: the data have no rows")
    evaluator = Evaluator(frame, argument, read={} if read is None else read)
    values = [evaluator.variable(variable) for variable in terms.variables]
    labels = terms.variable_labels
    chosen = _choose_contrasts(labels, values, _asked_contrasts(contrasts), argument)
    coded = _contrast_pattern(terms, [label in chosen for label in labels])
    codings = tuple(
        tuple(
            _coding(values[i], labels[i], chosen.get(labels[i]), full)
            for i, full in zip(term, flags, strict=True)
        )
        for term, flags in zip(terms.factors, coded, strict=True)
    )
    names, assign = _name_columns(terms, values, codings)
    _sum_of_offsets(terms.offsets, evaluator)
    states = MappingProxyType(evaluator.states)
    return ColumnSpec(names, assign, terms, codings, tuple(chosen.items()), argument, states)


def _sum_of_offsets(offsets: tuple[Expr, ...], evaluator: Evaluator) -> FloatArray:
    if not offsets:
        return np.broadcast_to(0.0, len(evaluator.frame))  # which takes no memory
    total = np.zeros(len(evaluator.frame))
    for offset in offsets:
        value = evaluator.variable(children(offset)[0])
        if not isinstance(value, Numeric):
            kind = "several columns" if isinstance(value, Basis) else _kind(value)
            raise DataError(
                f"{evaluator.argument}: `{shortened(offset)}` is {kind}; an offset must be one numeric column"
            )
        total += value.data
    return total


def _name_columns(
    terms: Terms, values: list[Value], codings: tuple[tuple[Coding | None, ...], ...]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return R's name of every column and the number of its term."""
    labels = terms.variable_labels
    names: list[str] = ["(Intercept)"] if terms.intercept else []
    assign: list[int] = [0] if terms.intercept else []
    for number, (term, term_codings) in enumerate(zip(terms.factors, codings, strict=True), start=1):
        parts = [
            [labels[i] + suffix for suffix in _suffixes(values[i], coding)]
            for i, coding in zip(term, term_codings, strict=True)
        ]
        # R lets the first factor of an interaction vary fastest; itertools.product the last.
        names += [":".join(reversed(combination)) for combination in product(*reversed(parts))]
        assign += [number] * (len(names) - len(assign))
    return tuple(names), tuple(assign)


def check_contrasts(contrasts: Mapping[str, str] | None, specs: Iterable[ColumnSpec]) -> None:
    """Check that everything that `contrasts` names is a factor of one of the `specs`.

    Raises
    ------
    ArgumentError
        Naming what is not, with the factors that there are.
    """
    factors = {label: None for spec in specs for label, _ in spec.contrasts}
    for label in _asked_contrasts(contrasts):
        if label not in factors:
            known = f"the factors are {', '.join(map(repr, factors))}" if factors else "there is none"
            raise ArgumentError(f"contrasts: {label!r} is not a factor of the model; {known}")


def _asked_contrasts(contrasts: object) -> dict[str, str]:
    """Return the argument ``contrasts`` as a dict, or raise ArgumentError when it is not one of text to text."""
    if contrasts is None:
        return {}
    if not isinstance(contrasts, Mapping) or not all(
        isinstance(key, str) and isinstance(value, str) for key, value in contrasts.items()
    ):
        raise ArgumentError(
            "contrasts: give a dict from factors to names of contrasts, as in {'f': 'contr.sum'}"
        )
    return dict(contrasts)


def _levels(value: Value) -> tuple[str, ...] | None:
    """Return the levels of a variable that R codes as a factor, None for a numeric one."""
    if isinstance(value, Categories):
        return value.levels
    return _TRUTH_LEVELS if isinstance(value, Logical) else None


def _choose_contrasts(
    labels: tuple[str, ...], values: list[Value], asked: dict[str, str], argument: str
) -> dict[str, str]:
    """Return the name of the contrasts of each factor among the variables."""
    chosen: dict[str, str] = {}
    for label, value in zip(labels, values, strict=True):
        levels = _levels(value)
        if levels is None:
            if label in asked:
                raise ArgumentError(
                    f"contrasts: {label!r} is numeric, not a factor; leave it out or use factor()"
                )
            continue
        if len(levels) < 2:
            only = f" ({levels[0]!r})" if levels else ""
            raise DataError(
                f"{argument}: {label!r} has only one level{only}; a factor needs at least two, so drop it"
            )
        ordered = isinstance(value, Categories) and value.ordered
        chosen[label] = asked.get(label, "contr.poly" if ordered else "contr.treatment")
    return chosen


def _contrast_pattern(terms: Terms, is_factor: list[bool]) -> list[list[bool]]:
    """Say for each term and each of its variables whether a factor needs its full set of dummy columns.

    R's rule: contrasts suffice where the term without that factor is within the model, that is part of an
    earlier term (the empty term always is). A model without intercept gives its first factor all columns.
    """
    masks = [sum(1 << i for i in term) for term in terms.factors]
    pattern = []
    for number, (term, mask) in enumerate(zip(terms.factors, masks, strict=True)):
        flags = []
        for i in term:
            margin = mask & ~(1 << i)
            covered = margin == 0 or any(margin & earlier == margin for earlier in masks[:number])
            flags.append(not covered)
        pattern.append(flags)
    if not terms.intercept:
        for term, flags in zip(terms.factors, pattern, strict=True):
            first = next((k for k, i in enumerate(term) if is_factor[i]), None)
            if first is not None:
                flags[first] = True
                break
    return pattern


def _coding(value: Value, label: str, contrasts: str | None, full: bool) -> Coding | None:
    levels = _levels(value)
    if levels is None or contrasts is None:
        return None
    return dummy(levels) if full else contrast(contrasts, levels, label)


def _suffixes(value: Value, coding: Coding | None) -> tuple[str, ...]:
    if coding is not None:
        return coding.suffixes
    if isinstance(value, Basis) and len(value.suffixes) > 1:
        return value.suffixes
    return ("",)


def _fill(values: list[Value], spec: ColumnSpec, n: int, p: int) -> FloatArray:
    """Write the columns of every term into one Fortran-ordered matrix of shape (n, p)."""
    matrix = np.empty((n, p), order="F")
    position = 0
    if spec.terms.intercept:
        matrix[:, 0] = 1.0
        position = 1
    for term, codings in zip(spec.terms.factors, spec.codings, strict=True):
        parts = [_columns(values[i], coding, spec, i) for i, coding in zip(term, codings, strict=True)]
        for combination in product(*reversed(parts)):
            column = matrix[:, position]
            column[:] = combination[-1]
            for factor in reversed(combination[:-1]):
                column *= factor
            position += 1
    return matrix


def _columns(value: Value, coding: Coding | None, spec: ColumnSpec, variable: int) -> list[FloatArray]:
    """Return the columns of one variable within one term, each of shape (n,)."""
    if coding is None:
        if isinstance(value, Numeric):
            return [value.data]
        if isinstance(value, Basis):
            return list(value.data.T)
    elif _levels(value) == coding.levels and isinstance(value, (Categories, Logical)):
        codes = value.codes if isinstance(value, Categories) else value.data.astype(np.intp)
        # Codes are within the levels by construction; mode="clip" spares take its slow checked path.
        return [np.take(column, codes, mode="clip") for column in np.ascontiguousarray(coding.matrix.T)]
    raise DataError(
        f"{spec.argument}: {spec.terms.variable_labels[variable]!r} is {_kind(value)} here but was "
        f"{'numeric' if coding is None else 'a factor or true/false'} in the fit; give it the same type"
    )


def _kind(value: Value) -> str:
    names = {Categories: "a factor", Logical: "true/false"}
    return names.get(type(value), "numeric")
