"""What pictures take from a fit: its rows, its residuals and fitted values, its groups' effects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.errors import ArgumentError
from pyimpl.grouped_data import grouped_info
from pyimpl.pictures.effects import Effects, Groups, standardized
from pyimpl.pictures.form import ModelTerm
from pyimpl.pictures.labels import axis_labels, response_unit, with_unit
from pyimpl.pictures.outliers import Identify, beyond, is_level, names_of, where

if TYPE_CHECKING:
    from pyimpl.fit.pictured import Pictured
    from pyimpl.lists import LmList

FIT_LABELS = {
    "response": "Residuals",
    "pearson": "Standardized residuals",
    "normalized": "Normalized residuals",
}
_LIST_LABELS = {
    "response": "Residuals",
    "pearson": "Standardized residuals",
    "pooled.pearson": "Standardized residuals",
}


@dataclass(frozen=True, slots=True)
class Source:
    """What forms are evaluated on.

    Attributes
    ----------
    frame : DataFrame
        The rows, with every column of the data.
    term : callable
        Gives the values of one of the fit's terms, (n,), and its label.
    effects : callable
        Gives the groups' effects that a term asks for.
    standardized : callable
        Gives the residuals, (n,), that outlying rows are found by, where the drawn ones are of the given type.
    names : callable
        Gives each row's name: its innermost group.
    groupings : tuple of str
        The grouping factors: columns that are factors in pictures, also where their labels are numbers.
    residuals : str
        The residuals that are drawn where no form is given.
    labels : dict of str to str
        What axes call some of the columns, with units.
    """

    frame: pd.DataFrame
    term: Callable[[ModelTerm], tuple[Array, str]]
    effects: Callable[[ModelTerm], Effects]
    standardized: Callable[[str | None], Array]
    names: Callable[[], Sequence[str]]
    groupings: tuple[str, ...]
    residuals: str
    labels: dict[str, str]

    def texts(self, identify: Identify, kind: str | None, rows: Indices) -> tuple[str, ...]:
        """The label of each of some rows, empty for those that get none; no texts at all if none is wanted.

        Parameters
        ----------
        identify : Identify
        kind : str or None
            The type of the residuals that are drawn.
        rows : (n,) int array
        """
        if identify.id is None:
            return ()
        if is_level(identify.id):
            chosen = beyond(self.standardized(kind), identify.id)
        else:
            chosen = where(str(identify.id), self.frame, lambda asked: self.term(asked)[0])
        names = names_of(identify.labels, self.frame, self.names())
        return tuple(names[row] if chosen[row] else "" for row in rows)


def fit_source(fit: Pictured, id_res_type: str | None = None) -> Source:
    """The rows of a mixed-effects fit, its terms on them, and its groups.

    Parameters
    ----------
    fit : Pictured
    id_res_type : {"pearson", "normalized"}, optional
        The residuals that outlying rows are found by; normalized for normalized ones if left out, else pearson.
    """
    if id_res_type not in (None, "pearson", "normalized"):
        raise ArgumentError(f"id_res_type: {id_res_type!r} is unknown; choose 'pearson' or 'normalized'")
    kept, data = fit.model.frame.kept, fit.model.frame.source
    unit = response_unit(data)
    grouping = fit.model.levels[-1].grouping
    correlated = not fit.corr_params().empty

    def residuals(kind: str, level: int | str | None) -> Array:
        return np.asarray(np.asarray(fit.residuals(kind, level))[kept])

    def term(asked: ModelTerm) -> tuple[Array, str]:
        if asked.function == "fitted":
            return np.asarray(fit.fitted(asked.level))[kept], with_unit("Fitted values", unit)
        kind = type_of_fit(asked.type, correlated)
        return residuals(kind, asked.level), residual_label(FIT_LABELS[kind], kind, unit)

    def outlying(kind: str | None) -> Array:
        same = type_of_fit(kind, correlated) == "normalized"
        return residuals(id_res_type or ("normalized" if same else "pearson"), None)

    return Source(
        frame=fit.model.frame.all_columns(),
        term=term,
        effects=lambda asked: _effects_of_fit(fit, asked),
        standardized=outlying,
        names=lambda: [str(name) for name in grouping.names[grouping.codes]],
        groupings=tuple(level.grouping.name for level in fit.model.levels),
        residuals='resid(., type = "pearson")',
        labels=axis_labels(grouped_info(data)),
    )


def list_source(lists: LmList) -> Source:
    """The rows of separate regressions, their terms on them, and their groups."""
    kept, data = lists.frame.kept, lists.frame.source
    unit = response_unit(data)

    def term(asked: ModelTerm) -> tuple[Array, str]:
        if asked.level is not None:
            raise ArgumentError("form: a list of regressions has one level; leave level out")
        if asked.function == "fitted":
            return np.asarray(lists.fitted())[kept], with_unit("Fitted values", unit)
        kind = residual_type(asked.type, tuple(_LIST_LABELS))
        return np.asarray(lists.residuals(kind))[kept], residual_label(_LIST_LABELS[kind], kind, unit)

    return Source(
        frame=lists.frame.all_columns(),
        term=term,
        effects=lambda asked: _effects_of_list(lists, asked),
        standardized=lambda kind: np.asarray(lists.residuals("pooled.pearson"))[kept],
        names=lambda: [str(name) for name in lists.grouping.names[lists.grouping.codes]],
        groupings=tuple(grouping.name for grouping in lists.groupings),
        residuals='resid(., type = "pool")',
        labels=axis_labels(grouped_info(data)),
    )


def type_of_fit(given: str | None, correlated: bool) -> str:
    """The type of a fit's residuals; without a correlation structure normalized ones are pearson's."""
    kind = residual_type(given, tuple(FIT_LABELS))
    return "pearson" if kind == "normalized" and not correlated else kind


def residual_label(label: str, kind: str, unit: str) -> str:
    """What an axis calls residuals: those in units of the response have its unit."""
    return with_unit(label, unit) if kind == "response" else label


def residual_type(given: str | None, known: Sequence[str]) -> str:
    """The type of residuals, which may be abbreviated as in R; in the response's units if left out."""
    given = "response" if given is None else given
    matches = [kind for kind in known if kind == given] or [kind for kind in known if kind.startswith(given)]
    if not given or len(matches) != 1:
        raise ArgumentError(f"form: type = {given!r} is unknown; choose one of {', '.join(known)}")
    return matches[0]


def _effects_of_fit(fit: Pictured, asked: ModelTerm) -> Effects:
    depth = fit.model.grouping_depth(asked.level)
    factors = [level.grouping.name for level in fit.model.levels[:depth]]
    grouping = fit.model.levels[depth - 1].grouping
    names = tuple(str(name) for name in grouping.names)
    groups = Groups(names, fit.model.frame.all_columns(), grouping.codes, " %in% ".join(reversed(factors)))
    random, covariance = fit.estimates.blups[depth - 1], fit.estimates.covariances[depth - 1]
    table = fit.ranef(depth) if asked.function == "ranef" else fit.coef(depth)
    assert isinstance(table, pd.DataFrame)
    values = table.to_numpy(dtype=float)
    if asked.function == "ranef" and asked.standard:
        values = standardized(random, covariance)
    return _effects(asked, tuple(table.columns), values, groups, (random, covariance))


def _effects_of_list(lists: LmList, asked: ModelTerm) -> Effects:
    if asked.level is not None:
        raise ArgumentError("form: a list of regressions has one level; leave level out")
    names = tuple(str(name) for name in lists.grouping.names)
    label = " %in% ".join(grouping.name for grouping in reversed(lists.groupings))
    groups = Groups(names, lists.frame.all_columns(), lists.grouping.codes, label)
    random = lists.ranef()
    table = lists.ranef(standardized=asked.standard) if asked.function == "ranef" else lists.coef()
    spread = (random.to_numpy(), random.dropna().cov().to_numpy())
    return _effects(asked, tuple(table.columns), table.to_numpy(), groups, spread)


def _effects(
    asked: ModelTerm, names: tuple[str, ...], values: Array, groups: Groups, spread: tuple[Array, Array]
) -> Effects:
    """Effects with their label; ``spread`` are the level's random effects and their covariance matrix."""
    standard = asked.function == "ranef" and asked.standard
    label = {"ranef": "Random effects", "coef": "Coefficients"}[asked.function]
    if standard:
        label = "Standardized random effects"
    return Effects(names, values, groups, label, standard, *spread)
