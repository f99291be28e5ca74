"""The grid of one covariate along which predictions are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError
from pyimpl.formula import parse_formula
from pyimpl.formula.variables import check_columns
from pyimpl.grouped_data import grouped_info


@dataclass(frozen=True, slots=True)
class Grid:
    """Where to predict: ``length_out`` equidistant values of a covariate.

    Attributes
    ----------
    primary : str or None
        The covariate's name; None for the one that the data's own formula names.
    minimum, maximum : float or None
        The ends; None for those of the data.
    length_out : int
    """

    primary: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    length_out: int = 51

    def __post_init__(self) -> None:
        for name, end in (("minimum", self.minimum), ("maximum", self.maximum)):
            if end is not None and not (_is_number(end) and np.isfinite(end)):
                raise ArgumentError(f"{name}: expected a finite number, got {end!r}")
        if not isinstance(self.length_out, int | np.integer) or isinstance(self.length_out, bool):
            raise ArgumentError(f"length_out: expected a whole number, got {self.length_out!r}")
        if self.length_out < 1:
            raise ArgumentError(f"length_out: at least one value is needed, got {self.length_out}")

    def values(self, observed: Array) -> Array:
        """The values, given those in the data."""
        low = np.nanmin(observed) if self.minimum is None else float(self.minimum)
        high = np.nanmax(observed) if self.maximum is None else float(self.maximum)
        if low > high:
            raise ArgumentError(f"minimum: {low:g} is above the maximum, {high:g}")
        return np.linspace(low, high, int(self.length_out))


def primary_covariate(primary: object, data: pd.DataFrame) -> str:
    """The name of the primary covariate: the given one, ``"age"`` or ``"~ age"``, or that of the data's own formula.

    Raises
    ------
    ArgumentError
        None is given and the data don't say, or it is not the name of one column.
    DataError
        It is not a numeric column of the data.
    """
    if primary is None:
        info = grouped_info(data)
        if info is None:
            raise ArgumentError(
                "primary: say which covariate to predict along, as in primary='age'; only grouped_data() know their own"
            )
        names = info.formula.right_variables
    elif isinstance(primary, str):
        text = primary if "~" in primary else "~ " + primary if primary not in data.columns else None
        names = (primary,) if text is None else parse_formula(text, argument="primary").right_variables
    else:
        raise ArgumentError(f"primary: expected the name of a column, got {primary!r}")
    if len(names) != 1:
        raise ArgumentError(f"primary: expected one covariate, got {', '.join(names) or 'none'}")
    check_columns(names, data, "primary")
    column = data[names[0]]
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        raise ArgumentError(f"primary: column {names[0]!r} is not numeric; a grid needs numbers")
    if not np.isfinite(observed_values(data, names[0])).any():
        raise ArgumentError(f"primary: column {names[0]!r} has no values; choose another covariate")
    return names[0]


def observed_values(data: pd.DataFrame, primary: str | None) -> Array:
    """A covariate's values, NaN where missing."""
    return data[primary].to_numpy(float, na_value=np.nan)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
