"""``print(anova(...))``: tests of one fit's terms, and comparisons of several fits."""

import numpy as np

from pyimpl.report.html import table_to_html, text_to_html
from pyimpl.report.pages import FloatArray
from pyimpl.report.rformat import format_real
from pyimpl.report.rounding import r_round, zapsmall
from pyimpl.report.rprint import data_frame, named_numbers, number_matrix
from pyimpl.report.tables import AnovaPage, ComparisonPage, Contrast

_P_VALUE_DECIMALS = 4
_TINY_P_VALUE = "<.0001"


def render_anova(page: AnovaPage) -> str:
    """Print the F tests of one fit.

    Parameters
    ----------
    page : AnovaPage

    Returns
    -------
    str
        With its last newline.
    """
    columns = _anova_columns(page)
    return _above(page) + data_frame(list(columns.values()), page.names, list(columns))


def anova_to_html(page: AnovaPage | ComparisonPage) -> str:
    """Write F tests or the comparison of several fits as a table, with the very numbers of the printed page.

    Parameters
    ----------
    page : AnovaPage or ComparisonPage

    Returns
    -------
    str
        A ``<table>`` element, with what the page has above the table before it.
    """
    if isinstance(page, AnovaPage):
        columns, above = _anova_columns(page), _above(page)
    else:
        columns, above = _comparison_cells(page), ""
    rows = [((name,), cells) for name, *cells in zip(page.names, *columns.values(), strict=True)]
    return (text_to_html(above) if above else "") + table_to_html(
        "Analysis of variance", ("", *columns), rows
    )


def _anova_columns(page: AnovaPage) -> dict[str, list[str]]:
    den_df = {} if page.one_den_df else {"denDF": format_real(page.den_df)}
    return {
        "numDF": format_real(page.num_df),
        **den_df,
        "F-value": format_real(zapsmall(page.f_value)),
        "p-value": _p_values(page.p_value),
    }


def _above(page: AnovaPage) -> str:
    """What is printed above the table: what is tested, if it is not each term."""
    label = "" if page.label is None else page.label + "\n"
    if page.one_den_df:
        label = f"Denom. DF: {format_real(page.den_df[:1])[0]} \n" + (f" {label}" if label else "")
    return label if page.contrast is None else label + _contrast(page.contrast)


def _contrast(contrast: Contrast) -> str:
    values = zapsmall(contrast.values)
    if values.size == 1:  # R drops the name of a single number
        return f"[1] {format_real(values.ravel())[0]}\n"
    if len(contrast.rows) == 1:
        return named_numbers(values[0], contrast.names)
    return number_matrix(values, contrast.rows, contrast.names)


def _p_values(p_value: FloatArray) -> list[str]:
    """Round p-values to 4 decimals; what is then zero is said to be below .0001."""
    rounded = r_round(p_value, _P_VALUE_DECIMALS)
    texts = format_real(rounded)
    return [_TINY_P_VALUE if v == 0 else t for v, t in zip(rounded.tolist(), texts, strict=True)]


def render_comparison(page: ComparisonPage) -> str:
    """Print the comparison of several fits.

    Parameters
    ----------
    page : ComparisonPage

    Returns
    -------
    str
        With its last newline.
    """
    columns = _comparison_cells(page)
    return data_frame(list(columns.values()), page.names, list(columns))


def _comparison_cells(page: ComparisonPage) -> dict[str, list[str]]:
    columns = {
        "Model": format_real(np.arange(1, len(page.names) + 1)),
        "df": format_real(page.df),
        "AIC": _known(page.aic),
        "BIC": _known(page.bic),
        "logLik": _known(page.log_lik),
    }
    if page.test is not None and page.l_ratio is not None and page.p_value is not None:
        columns["Test"] = list(page.test)
        columns["L.Ratio"] = _known(page.l_ratio)
        columns["p-value"] = _known_p_values(page.p_value)
    return columns


def _known(values: FloatArray) -> list[str]:
    """Format a column in which NaN stands for nothing: it is formatted as a zero, then left blank."""
    missing = np.isnan(values)
    texts = format_real(np.where(missing, 0.0, zapsmall(values)))
    return ["" if m else t for m, t in zip(missing.tolist(), texts, strict=True)]


def _known_p_values(p_value: FloatArray) -> list[str]:
    known = iter(_p_values(p_value[~np.isnan(p_value)]))
    return ["" if m else next(known) for m in np.isnan(p_value).tolist()]
