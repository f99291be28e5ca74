"""What pictures take from a fit: its rows, its residuals and fitted values, and what axes call them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError
from pyimpl.pictures.form import ModelTerm

if TYPE_CHECKING:
    from pyimpl.fit import LmeFit

_LABELS = {
    "response": "Residuals",
    "pearson": "Standardized residuals",
    "normalized": "Normalized residuals",
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
    standardized : callable
        Gives the residuals, (n,), by which outlying rows are found.
    names : callable
        Gives each row's name: its innermost group.
    groupings : tuple of str
        The grouping factors: columns that are factors in pictures, also where their labels are numbers.
    default : str
        The form that is drawn where none is given.
    labels : dict of str to str
        What axes call some of the columns, with units.
    """

    frame: pd.DataFrame
    term: Callable[[ModelTerm], tuple[Array, str]]
    standardized: Callable[[], Array]
    names: Callable[[], Sequence[str]]
    groupings: tuple[str, ...]
    default: str
    labels: dict[str, str]


def fit_source(fit: LmeFit, id_res_type: str = "pearson") -> Source:
    """The rows of a mixed-effects fit, and its terms on them.

    Raises
    ------
    ArgumentError
        Outlying rows can't be found by residuals of the type ``id_res_type``.
    """
    if id_res_type not in ("pearson", "normalized"):
        raise ArgumentError(f"id_res_type: {id_res_type!r} is unknown; choose 'pearson' or 'normalized'")
    kept = fit.model.frame.kept
    grouping = fit.model.levels[-1].grouping

    def term(asked: ModelTerm) -> tuple[Array, str]:
        if asked.function == "fitted":
            return np.asarray(fit.fitted(asked.level))[kept], "Fitted values"
        kind = residual_type(asked.type)
        return np.asarray(fit.residuals(kind, asked.level))[kept], _LABELS[kind]

    return Source(
        frame=fit.model.frame.all_columns(),
        term=term,
        standardized=lambda: np.asarray(fit.residuals(id_res_type))[kept],
        names=lambda: [str(name) for name in grouping.names[grouping.codes]],
        groupings=tuple(level.grouping.name for level in fit.model.levels),
        default='resid(., type = "pearson") ~ fitted(.)',
        labels={},
    )


def residual_type(given: str | None) -> str:
    """The type of residuals, which may be abbreviated as in R; the response's own units if left out."""
    matches = [kind for kind in _LABELS if kind.startswith("response" if given is None else given)]
    if given == "" or len(matches) != 1:
        raise ArgumentError(f"form: type = {given!r} is unknown; choose one of {', '.join(_LABELS)}")
    return matches[0]
