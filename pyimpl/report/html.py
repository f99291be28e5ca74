"""The pages as HTML for notebooks: plain tables with captions and header cells, everything escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from pyimpl.report.pages import (
    CoefficientTable,
    CovarianceBlock,
    FloatArray,
    Level,
    ModelDescription,
    SummaryPage,
    VarCorrPage,
)
from pyimpl.report.parts import correlation_cells, level_labels, method_title
from pyimpl.report.rformat import format_real
from pyimpl.report.summary import (
    CRITERIA,
    QUANTILE_NAMES,
    coefficient_cells,
    coefficient_columns,
    criteria_cells,
)
from pyimpl.report.var_corr import moment_cells


def text_to_html(text: str) -> str:
    """Wrap a printed page as it stands.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        A ``<pre>`` element.
    """
    return f"<pre>{escape(text)}</pre>"


def table_to_html(
    caption: str, header: Sequence[str], rows: Iterable[tuple[Sequence[str], Sequence[str]]]
) -> str:
    """Write one table.

    Parameters
    ----------
    caption : str
    header : sequence of str
        Names of all columns, those of the row headers included.
    rows : iterable of (headers, cells)
        The row's header cells, then its numbers, as text.

    Returns
    -------
    str
        A ``<table>`` element; numbers are right-aligned.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join(
        "<tr>"
        + "".join(f'<th scope="row" style="text-align:left">{escape(h)}</th>' for h in headers)
        + "".join(f'<td style="text-align:right">{escape(c.strip())}</td>' for c in cells)
        + "</tr>"
        for headers, cells in rows
    )
    return (
        f'<table><caption style="text-align:left">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def summary_to_html(page: SummaryPage) -> str:
    """Write a fit's summary as tables, with the very numbers of the printed page.

    Parameters
    ----------
    page : SummaryPage

    Returns
    -------
    str
        A ``<div>`` element.
    """
    names = page.coefficients.names
    residual_names = page.residual_names or QUANTILE_NAMES
    parts = [
        _heading(page.model),
        table_to_html("Fit", CRITERIA, [((), [column[0] for column in criteria_cells(page)])]),
        _variance_table(page.model.levels, page.model.sigma),
        "".join(map(text_to_html, page.model.extra_blocks)),
        coefficients_to_html(f"Fixed effects: {page.model.fixed}", page.coefficients),
        correlation_to_html("Correlation of the fixed effects' estimates", names, page.correlation),
        table_to_html(
            "Standardized within-group residuals", residual_names, [((), format_real(page.residuals))]
        ),
        _sizes(page.model),
    ]
    return f"<div>{''.join(parts)}</div>"


def coefficients_to_html(caption: str, table: CoefficientTable) -> str:
    """Write a t-table."""
    rows = zip(table.names, zip(*coefficient_cells(table), strict=True), strict=True)
    return table_to_html(
        caption, ("", *coefficient_columns(table)), (((name,), cells) for name, cells in rows)
    )


def correlation_to_html(caption: str, names: Sequence[str], corr: FloatArray) -> str:
    """Write the lower triangle of a correlation matrix; nothing of a single name."""
    if len(names) < 2:
        return ""
    rows = (((name,), row[:-1]) for name, row in zip(names[1:], correlation_cells(corr)[1:], strict=True))
    return table_to_html(caption, ("", *names[:-1]), rows)


def var_corr_to_html(page: VarCorrPage) -> str:
    """Write the variance components as a table.

    Parameters
    ----------
    page : VarCorrPage

    Returns
    -------
    str
        A ``<table>`` element.
    """
    return _variance_table(page.levels, page.sigma)


def _heading(model: ModelDescription) -> str:
    subset = "" if model.subset is None else f", subset <code>{escape(model.subset)}</code>"
    return f"<p>{escape(method_title(model.method))}, data <code>{escape(model.data_name)}</code>{subset}</p>"


def _variance_table(levels: Sequence[Level], sigma: float) -> str:
    """Write one row a random effect, with its correlations to those before it in its block."""
    blocks = [
        (label, b) for level, label in zip(levels, level_labels(levels), strict=True) for b in level.blocks
    ]
    moments = iter(moment_cells([b for _, b in blocks], sigma))
    n_corr = max(_n_correlations(b) for _, b in blocks)
    rows = []
    for label, block in blocks:
        for name, corr in zip(block.names, _correlations(block), strict=True):
            rows.append(((label, name), [*next(moments), *corr, *[""] * (n_corr - len(corr))]))
    rows.append((("", "Residual"), [*next(moments), *[""] * n_corr]))
    header = ("Group", "Effect", "Variance", "Std. dev.", *(f"Corr. {k}" for k in range(1, n_corr + 1)))
    return table_to_html("Random effects", header, rows)


def _n_correlations(block: CovarianceBlock) -> int:
    return 0 if block.corr is None else len(block.names) - 1


def _correlations(block: CovarianceBlock) -> list[list[str]]:
    if block.corr is None:
        return [[] for _ in block.names]
    return [row[:-1] for row in correlation_cells(block.corr)]


def _sizes(model: ModelDescription) -> str:
    groups = zip(level_labels(model.levels), (level.n_groups for level in model.levels), strict=True)
    rows = [(("Observations",), [str(model.n_obs)]), *((("Groups: " + g,), [str(n)]) for g, n in groups)]
    return table_to_html("Sizes", ("", "Number"), rows)
