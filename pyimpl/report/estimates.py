"""Prints of ``intervals(fit)``, ``ranef(fit)``, ``coef(fit)``, ``fixef(fit)`` and ``getVarCov(fit)``."""

from collections.abc import Sequence

import numpy as np

from pyimpl.report.html import table_to_html
from pyimpl.report.pages import FloatArray
from pyimpl.report.rformat import format_real
from pyimpl.report.rounding import signif
from pyimpl.report.rprint import data_frame, named_numbers, number_matrix
from pyimpl.report.tables import CovariancePage, EffectsTable, IntervalsPage, IntervalTable

BOUNDS = ("lower", "est.", "upper")

_LEVEL_DIGITS = 15  # R pastes a number with 15 digits
_COVARIANCE_DIGITS = 5  # print.VarCov rounds to these


def render_intervals(page: IntervalsPage) -> str:
    """Print confidence intervals.

    Parameters
    ----------
    page : IntervalsPage

    Returns
    -------
    str
        With its last newline.
    """
    text = f"Approximate {format_real([page.level * 100], _LEVEL_DIGITS)[0]}% confidence intervals\n"
    if page.fixed is not None:
        text += _titled(f"{page.fixed_title}:", page.fixed)
    if page.random:
        text += "\n Random Effects:\n"
        text += "".join(f"  Level: {group} \n{_table(table)}" for group, table in page.random)
    if page.correlation is not None:
        text += _titled("Correlation structure:", page.correlation)
    if page.variance is not None:
        text += _titled("Variance function:", page.variance)
    if page.sigma is not None:
        text += f"\n {page.sigma_title}:\n" + named_numbers(page.sigma, BOUNDS)
    return text


def _titled(title: str, table: IntervalTable) -> str:
    return f"\n {title}\n{_table(table)}"


def _table(table: IntervalTable) -> str:
    return number_matrix(table.values, table.names, BOUNDS)


def intervals_to_html(page: IntervalsPage) -> str:
    """Write confidence intervals as tables.

    Parameters
    ----------
    page : IntervalsPage

    Returns
    -------
    str
        A ``<table>`` for each part.
    """
    parts: list[tuple[str, IntervalTable | None]] = [(page.fixed_title, page.fixed)]
    parts += [(f"Random effects, level: {group}", table) for group, table in page.random]
    parts += [("Correlation structure", page.correlation), ("Variance function", page.variance)]
    if page.sigma is not None:
        parts.append((page.sigma_title, IntervalTable(("sigma",), page.sigma[None])))
    level = format_real([page.level * 100], _LEVEL_DIGITS)[0]
    tables = []
    for caption, table in parts:
        if table is not None:
            columns = [format_real(column) for column in table.values.T]
            rows = [((name,), cells) for name, *cells in zip(table.names, *columns, strict=True)]
            tables.append(table_to_html(f"{caption}: {level}% intervals", ("", *BOUNDS), rows))
    return "".join(tables)


def render_effects(tables: Sequence[EffectsTable]) -> str:
    """Print the random effects of each level, outermost first; of one level alone, without a heading.

    Parameters
    ----------
    tables : sequence of EffectsTable

    Returns
    -------
    str
        With its last newline.
    """
    if len(tables) == 1:
        return _effects(tables[0])
    return "\n".join(f"Level: {table.label} \n{_effects(table)}" for table in tables)


def _effects(table: EffectsTable) -> str:
    columns = [format_real(column) for column in table.values.T]
    return data_frame(columns, table.groups, table.names)


def render_fixef(names: Sequence[str], values: FloatArray) -> str:
    """Print the fixed effects as a named vector.

    Parameters
    ----------
    names : sequence of str, length p
    values : ndarray, shape (p,)

    Returns
    -------
    str
        With its last newline.
    """
    return named_numbers(values, names)


def render_covariance(page: CovariancePage) -> str:
    """Print a covariance matrix and the standard deviations on its diagonal, to 5 digits.

    Parameters
    ----------
    page : CovariancePage

    Returns
    -------
    str
        With its last newline.
    """
    head = "" if page.group is None else f"{page.group} \n"
    return head + covariance_text(page.covariance, page.names, page.names, page.kind)


def covariance_text(
    covariance: FloatArray, row_names: Sequence[str], col_names: Sequence[str], kind: str
) -> str:
    """Print a covariance matrix (q, q) under its names, and its standard deviations."""
    matrix = number_matrix(signif(covariance, _COVARIANCE_DIGITS), row_names, col_names)
    deviations = signif(np.sqrt(np.diag(covariance)), _COVARIANCE_DIGITS)
    # R's cat writes each number on its own, to 7 digits
    listed = " ".join(format_real([v])[0] for v in deviations.tolist())
    return f"{kind} variance covariance matrix\n{matrix}  Standard Deviations: {listed} \n"
