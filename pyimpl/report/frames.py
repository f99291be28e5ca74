"""R's ``print`` of a data frame whose columns are of any kind."""

from __future__ import annotations

from collections.abc import Sequence

from pyimpl.report.rformat import format_integers, format_real
from pyimpl.report.rprint import data_frame

MISSING = "<NA>"

Cell = float | int | bool | str | None


def render_frame(columns: Sequence[Sequence[Cell]], rows: Sequence[str], names: Sequence[str]) -> str:
    """Print a data frame.

    Parameters
    ----------
    columns : sequence of columns
        Each of numbers, truth values or text; None is a missing value.
    rows, names : sequence of str
        Names of the rows and of the columns.

    Returns
    -------
    str
        With its last newline.
    """
    return data_frame([_cells(column) for column in columns], rows, names)


def _cells(column: Sequence[Cell]) -> list[str]:
    present = [value for value in column if value is not None]
    if any(isinstance(value, str) for value in present):
        return [MISSING if value is None else str(value) for value in column]
    if any(isinstance(value, float) for value in present):
        numbers = [float("nan") if value is None else float(value) for value in column]
        return format_real(numbers, nan="NA" if None in column else "NaN")
    if all(isinstance(value, bool) for value in present):
        texts = [str(value).upper() for value in present]
    else:
        texts = format_integers(int(value) for value in present)
    filled = iter(texts)
    return ["NA" if value is None else next(filled) for value in column]
