"""The columns that a picture draws: a form's expressions evaluated on the rows of a fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.errors import DataError, FormulaError
from pyimpl.formula.deparse import deparse, quote_name
from pyimpl.formula.evaluate import Evaluator
from pyimpl.formula.factors import as_categories
from pyimpl.formula.functions import data_names
from pyimpl.formula.nodes import Expr, Name, strip_parens
from pyimpl.formula.values import Basis, Categories, Logical, Numeric, String, level_name
from pyimpl.formula.variables import check_columns
from pyimpl.pictures.effects import Groups
from pyimpl.pictures.form import Form
from pyimpl.pictures.sources import Source


@dataclass(frozen=True, slots=True)
class Variable:
    """One drawn variable.

    Attributes
    ----------
    label : str
        What an axis calls it.
    values : (n,) array
        Numbers; of a factor the codes of its levels, from 0.
    levels : tuple of str or None
        The levels of a factor.
    """

    label: str
    values: Array
    levels: tuple[str, ...] | None = None

    def texts(self) -> list[str]:
        """Each value as text."""
        if self.levels is None:
            return [level_name(value) for value in self.values.tolist()]
        return [self.levels[code] for code in self.values]


@dataclass(frozen=True, slots=True)
class Drawn:
    """All that a form draws, from the rows that have every value.

    Attributes
    ----------
    rows : (n,) int array
        Which of the source's rows these are.
    response : Variable or None
    covariate : Variable
    conditions : tuple of Variable
    panels : (n,) int array
        Each row's panel.
    titles : tuple of str
        One a panel that has rows; a single empty one without conditions.
    """

    rows: Indices
    response: Variable | None
    covariate: Variable
    conditions: tuple[Variable, ...]
    panels: Indices
    titles: tuple[str, ...]


def evaluate_form(form: Form, source: Source) -> Drawn:
    """Evaluate a form on the rows of a source; rows that lack a value of anything it names are left out.

    Raises
    ------
    FormulaError, DataError
        A column doesn't exist or can't be drawn, or no row is complete.
    """
    frame, labels = _with_terms(form, source)
    return evaluate_on(form, frame, labels, [Name(name) for name in source.groupings])


def evaluate_on(
    form: Form, frame: pd.DataFrame, labels: Mapping[str, str], factors: Collection[Expr]
) -> Drawn:
    """As :func:`evaluate_form`, on a frame whose columns are all that the form names.

    Parameters
    ----------
    labels : mapping
        What axes call some of the expressions.
    factors : collection of Expr
        What is a factor whatever its type, on the left and among the conditions.
    """
    names = list(dict.fromkeys(name for e in form.expressions for name in data_names(e)))
    check_columns(names, frame, form.argument)
    complete = np.flatnonzero(frame[names].notna().all(axis=1)) if names else np.arange(len(frame))
    if not complete.size:
        raise DataError(f"{form.argument}: no row has a value of all of {', '.join(map(repr, names))}")
    evaluator = Evaluator(frame.iloc[complete], form.argument)
    conditions = tuple(_variable(evaluator, e, labels, factors) for e in form.conditions)
    panels, titles = panels_of(conditions, len(complete))
    return Drawn(
        complete,
        None if form.response is None else _variable(evaluator, form.response, labels, factors),
        _variable(evaluator, form.covariate, labels),
        conditions,
        panels,
        titles,
    )


def group_variables(form: Form, expressions: Sequence[Expr], groups: Groups) -> list[Variable]:
    """Evaluate expressions of the data's columns on one row a group.

    Raises
    ------
    FormulaError, DataError
        An expression takes something from the fit, or a column doesn't exist or lacks a group's value.
    """
    names = list(dict.fromkeys(name for each in expressions for name in data_names(each)))
    taken = next((name for name in names if name in form.terms), None)
    if taken is not None:
        raise FormulaError(f"{form.argument}: {taken} can't stand here; name columns of the data")
    check_columns(names, groups.rows, form.argument)
    evaluator = Evaluator(groups.summary(groups.rows[names]), form.argument)
    return [_variable(evaluator, each, {}) for each in expressions]


def _with_terms(form: Form, source: Source) -> tuple[pd.DataFrame, dict[str, str]]:
    """The source's frame with a column for each of the fit's terms, and the labels of all columns."""
    columns: dict[str, Array] = {}
    labels = dict(source.labels)
    for text, term in form.terms.items():
        if not term.one_a_row:
            raise FormulaError(
                f"{form.argument}: {text} has a value a group, not a row; qqnorm, pairs and plot_ranef draw it"
            )
        columns[text], labels[text] = source.term(term)
    for expr in form.expressions:
        spelled = deparse(expr)
        for text in form.terms:
            spelled = spelled.replace(quote_name(text), text)
        labels.setdefault(deparse(expr), spelled)
    return source.frame.assign(**columns), labels


def _variable(
    evaluator: Evaluator, expr: Expr, labels: Mapping[str, str], factors: Collection[Expr] = ()
) -> Variable:
    """One variable of a form; those among ``factors`` are factors, whatever their type."""
    expr = strip_parens(expr)
    text = deparse(expr)
    name = expr.name if isinstance(expr, Name) else text
    label = labels.get(name, name)
    value = evaluator.variable(expr)
    if expr in factors and not isinstance(value, Basis):
        value = as_categories(value, text, evaluator.argument)
    if isinstance(value, Categories):
        return Variable(label, value.codes, value.levels)
    if isinstance(value, Logical):
        return Variable(label, value.data.astype(np.intp), ("FALSE", "TRUE"))
    if isinstance(value, Basis | String):
        raise FormulaError(f"{evaluator.argument}: `{text[:60]}` is not one column; draw one at a time")
    assert isinstance(value, Numeric)
    return Variable(label, value.data)


def panels_of(conditions: Sequence[Variable], n: int) -> tuple[Indices, tuple[str, ...]]:
    """Each of n rows' panel, and the titles of those that have rows; the first condition varies fastest, as in R.

    Without conditions there is one panel, whose title is empty.
    """
    factors = [_as_factor(each) for each in conditions]
    panels, first = _combined(factors[::-1], n)
    return panels, tuple(", ".join(levels[codes[row]] for codes, levels in factors) for row in first)


def nested_groups(factors: Sequence[Variable], n: int) -> tuple[Indices, tuple[str, ...]]:
    """Each of n rows' group, and the groups' names, ``Dog/Side``; the last factor, the innermost, varies fastest."""
    coded = [_as_factor(each) for each in factors]
    codes, first = _combined(coded, n)
    return codes, tuple("/".join(levels[own[row]] for own, levels in coded) for row in first)


def _combined(factors: Sequence[tuple[Indices, tuple[str, ...]]], n: int) -> tuple[Indices, Indices]:
    """Each row's combination of factors, the last varying fastest, and a row of each that occurs."""
    code: Indices = np.zeros(n, np.intp)
    for codes, levels in factors:
        code = code * len(levels) + codes
    _, first, place = np.unique(code, return_index=True, return_inverse=True)
    return place.astype(np.intp), first


def _as_factor(variable: Variable) -> tuple[Indices, tuple[str, ...]]:
    """A condition's codes and levels; numbers have a level for each value."""
    if variable.levels is not None:
        return variable.values.astype(np.intp), variable.levels
    values, codes = np.unique(variable.values, return_inverse=True)
    return codes.astype(np.intp), tuple(f"{variable.label} = {level_name(v)}" for v in values.tolist())
