"""Which points are labelled, and with what: R's arguments ``id`` and ``idLabels``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError
from pyimpl.formula import rows_where
from pyimpl.formula.values import level_name
from pyimpl.formula.variables import check_columns
from pyimpl.pictures.form import ModelTerm, parse_condition
from pyimpl.tails import ndtri

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Identify:
    """Which points are labelled, and how.

    Attributes
    ----------
    id : float, str or None
        A level, 0 < id < 1, beyond which a point is labelled, or a condition on the rows: ``"Subject == 'M13'"``.
    labels : str, sequence or None
        A column of the data, or one label a point; None is the name of the point's group.
    """

    id: float | str | None = None
    labels: str | Sequence[object] | None = None

    @property
    def wanted(self) -> bool:
        """Whether any point is to be labelled."""
        return self.id is not None


def is_level(id: object) -> TypeGuard[float]:
    """Whether points are labelled beyond a level (which must lie between 0 and 1) rather than by a condition."""
    if isinstance(id, str):
        return False
    if isinstance(id, bool) or not isinstance(id, int | float | np.number) or not 0 < id < 1:
        raise ArgumentError(
            f"id: expected a level between 0 and 1, or a condition such as \"Subject == 'M13'\", got {id!r}"
        )
    return True


def beyond(standardized: Array, level: float) -> Mask:
    """Values so far out that standard normal ones lie there with probability ``level``: R's rule."""
    return np.asarray(np.abs(standardized) > -ndtri(level / 2))


def where(condition: str, frame: pd.DataFrame, term: Callable[[ModelTerm], Array] | None = None) -> Mask:
    """The rows that a condition picks, such as ``"Subject == 'M13' | resid(.) > 4"``.

    Parameters
    ----------
    condition : str
    frame : DataFrame, n rows
    term : callable or None
        Gives the values, (n,), of what the condition takes from the fit; None where it can't take anything.
    """
    text, terms = parse_condition(condition, "id")
    lone = next((name for name, each in terms.items() if not each.one_a_row), None)
    if lone is not None:
        raise ArgumentError(
            f"id: {lone} has a value a group, not a row; name a grouping factor, as in \"g == 'a'\""
        )
    if terms and term is None:
        raise ArgumentError(
            f"id: {next(iter(terms))} has no place here; write a condition on columns of the data"
        )
    columns = {name: term(each) for name, each in terms.items()} if term is not None else {}
    return rows_where(text, frame.assign(**columns), "id")


def names_of(
    labels: str | Sequence[object] | None, frame: pd.DataFrame, default: Sequence[object]
) -> list[str]:
    """One label a row of the frame."""
    if labels is None:
        return [str(each) for each in default]
    if isinstance(labels, str):
        name = labels.strip().removeprefix("~").strip()
        check_columns([name], frame, "id_labels")
        return [level_name(each) for each in frame[name].tolist()]
    found = [level_name(each) for each in labels]
    if len(found) != len(frame):
        raise ArgumentError(
            f"id_labels: {len(found)} labels are given for {len(frame)} points; give a column's name, or one a point"
        )
    return found
