"""The pages of ``lmList``, ``compareFits`` and ``augPred``."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pyimpl.report.pages import FloatArray
from pyimpl.report.rformat import format_real
from pyimpl.report.rprint import data_frame, text_matrix

MISSING = "NA"


@dataclass(frozen=True, slots=True)
class SlicedTable:
    """A table of numbers for each of several coefficients; NaN where there is no number.

    Attributes
    ----------
    slices : tuple of str, length p
        The coefficients.
    rows : tuple of str, length G
        The groups.
    columns : tuple of str, length c
    values : ndarray, shape (p, G, c)
    """

    slices: tuple[str, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: FloatArray


@dataclass(frozen=True, slots=True)
class ListHeading:
    """What the pages of an ``lmList`` begin with.

    Attributes
    ----------
    formula : str
        With its groups, ``"distance ~ age | Subject"``.
    level : int or None
        The level of grouping, if it was asked for.
    data_name : str
    """

    formula: str
    level: int | None
    data_name: str


@dataclass(frozen=True, slots=True)
class Pooled:
    """The residual standard deviation over all groups, its degrees of freedom, and the number of observations."""

    sigma: float
    df: int
    n_obs: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """``print(lmList(...))``: `values`, shape (G, p), are the coefficients; `pooled` is None if nothing is pooled."""

    heading: ListHeading
    groups: tuple[str, ...]
    names: tuple[str, ...]
    values: FloatArray
    pooled: Pooled | None


@dataclass(frozen=True, slots=True)
class ListSummaryPage:
    """``print(summary(lmList(...)))``: for each coefficient its estimates, standard errors, t and p-values."""

    heading: ListHeading
    table: SlicedTable
    pooled: Pooled | None


def render_list(page: ListPage) -> str:
    """Print the coefficients of a list of regressions.

    Parameters
    ----------
    page : ListPage

    Returns
    -------
    str
        With its last newline.
    """
    columns = [format_real(column, nan=MISSING) for column in page.values.T]
    text = f"{_heading(page.heading)}Coefficients:\n{data_frame(columns, page.groups, page.names)}"
    if page.pooled is None:
        return text
    sizes = f"\nDegrees of freedom: {page.pooled.n_obs} total; {page.pooled.df} residual\n"
    return f"{text}{sizes}Residual standard error: {_sigma(page.pooled)}\n"


def render_list_summary(page: ListSummaryPage) -> str:
    """Print the summary of a list of regressions.

    Parameters
    ----------
    page : ListSummaryPage

    Returns
    -------
    str
        With its last newline, an empty line.
    """
    blocks = (
        f"   {name} \n{_tests(page.table, values)}"
        for name, values in zip(page.table.slices, page.table.values, strict=True)
    )
    text = f"{_heading(page.heading)}Coefficients:\n{''.join(blocks)}"
    if page.pooled is not None:
        text += f"\nResidual standard error: {_sigma(page.pooled)} on {page.pooled.df} degrees of freedom\n"
    return text + "\n"


def render_slices(table: SlicedTable) -> str:
    """Print an array as R does: ``, , (Intercept)`` above each slice, an empty line below.

    Parameters
    ----------
    table : SlicedTable

    Returns
    -------
    str
        With its last newline, an empty line.
    """
    return "".join(
        f", , {name}\n\n{_matrix(table, values)}\n"
        for name, values in zip(table.slices, table.values, strict=True)
    )


def render_predictions(
    columns: tuple[FloatArray, Sequence[str], FloatArray, Sequence[str]],
    rows: Sequence[str],
    names: Sequence[str],
) -> str:
    """Print a data frame of observations and predictions.

    Parameters
    ----------
    columns : tuple
        The primary covariate, the groups, the response, and what each row is.
    rows, names : sequence of str
        Names of the rows and of the columns.

    Returns
    -------
    str
        With its last newline.
    """
    x, groups, y, kinds = columns
    cells = [format_real(x, nan=MISSING), list(groups), format_real(y, nan=MISSING), list(kinds)]
    return data_frame(cells, rows, names)


def _heading(heading: ListHeading) -> str:
    level = "" if heading.level is None else f" Level: {heading.level} \n"
    return f"Call:\n  Model: {heading.formula} \n{level}   Data: {heading.data_name} \n\n"


def _tests(table: SlicedTable, values: FloatArray) -> str:
    """Print tests of one coefficient: NA where it is undetermined, NaN what can't be said of one that is."""
    undetermined = np.isnan(values[:, 0]).tolist()
    cells = [
        [MISSING if u else text for u, text in zip(undetermined, format_real(column), strict=True)]
        for column in values.T
    ]
    return text_matrix(list(zip(*cells, strict=True)), table.rows, table.columns, right=True)


def _matrix(table: SlicedTable, values: FloatArray) -> str:
    cells = [format_real(column, nan=MISSING) for column in values.T]
    return text_matrix(list(zip(*cells, strict=True)), table.rows, table.columns, right=True)


def _sigma(pooled: Pooled) -> str:
    return format_real([pooled.sigma], nan=MISSING)[0]
