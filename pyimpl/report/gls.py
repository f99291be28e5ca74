"""Pages of a generalised least squares fit, character for character as nlme 3.1-162 prints them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyimpl.report.estimates import covariance_text
from pyimpl.report.html import coefficients_to_html, correlation_to_html, table_to_html, text_to_html
from pyimpl.report.pages import CoefficientTable, FloatArray
from pyimpl.report.parts import correlation_table, deparsed
from pyimpl.report.rformat import format_real, format_strings
from pyimpl.report.rprint import data_frame, named_numbers
from pyimpl.report.summary import CRITERIA, QUANTILE_NAMES, coefficient_cells, coefficient_columns

CRITERION_ROW = " "


@dataclass(frozen=True, slots=True)
class GlsDescription:
    """What every page of a gls fit says about the model.

    Attributes
    ----------
    method : {"REML", "ML"}
    data_name : str
        What R's page shows after ``Data:``.
    model : str
        Two-sided formula on one line, spaced as R deparses it.
    n_obs, n_coefficients : int
    sigma : float
        Residual standard error.
    subset : str or None
        The subset expression, if one was given.
    extra_blocks : tuple of str
        Text of the correlation structure and of the variance function, in that order, where the model has them.
    """

    method: str
    data_name: str
    model: str
    n_obs: int
    n_coefficients: int
    sigma: float
    subset: str | None = None
    extra_blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GlsPage:
    """``print(fit)``: the model, its log-likelihood, and the coefficients, shape (p,), under their names."""

    model: GlsDescription
    log_lik: float
    names: tuple[str, ...]
    coefficients: FloatArray


@dataclass(frozen=True, slots=True)
class GlsSummaryPage:
    """``print(summary(fit))``.

    Attributes
    ----------
    model : GlsDescription
    aic, bic, log_lik : float
        As nlme defines them.
    coefficients : CoefficientTable
        Without ``df``.
    correlation : ndarray, shape (p, p)
        Correlations of the estimates; only the strict lower triangle is read.
    residuals : ndarray
        Standardized residuals: their five quantiles (0, 25, 50, 75, 100 %), or where there are at most five
        observations, the residuals themselves.
    residual_names : tuple of str or None
        None for quantiles; else the name of each residual's row.
    std_dev : ndarray or None
        The standard deviation of each of those rows, which R prints with them.
    """

    model: GlsDescription
    aic: float
    bic: float
    log_lik: float
    coefficients: CoefficientTable
    correlation: FloatArray
    residuals: FloatArray
    residual_names: tuple[str, ...] | None = None
    std_dev: FloatArray | None = None


def render_gls(page: GlsPage) -> str:
    """Print a fit: what R prints for ``fit``, with its last newline."""
    model = page.model
    restricted = "restricted-" if model.method == "REML" else ""
    return "".join(
        [
            _heading(model),
            f"  Log-{restricted}likelihood: {format_real([page.log_lik])[0]}\n",
            "\nCoefficients:\n",
            named_numbers(page.coefficients, page.names),
            "\n",
            *model.extra_blocks,
            _degrees_of_freedom(model),
            _sigma(model),
        ]
    )


def render_gls_summary(page: GlsSummaryPage) -> str:
    """Print a fit's summary: what R prints for ``summary(fit)`` at width 80 and 7 digits, with its last newline."""
    model, table = page.model, page.coefficients
    return "".join(
        [
            _heading(model),
            data_frame(_criteria(page), [CRITERION_ROW], CRITERIA),
            "\n" if model.extra_blocks else "",
            *model.extra_blocks,
            "\nCoefficients:\n",
            data_frame(coefficient_cells(table), table.names, coefficient_columns(table)),
            correlation_table(page.correlation, table.names, "\n Correlation:"),
            "\nStandardized residuals:\n",
            _residuals(page),
            "\n",
            _sigma(model),
            _degrees_of_freedom(model),
        ]
    )


def gls_summary_to_html(page: GlsSummaryPage) -> str:
    """Write a fit's summary as tables, with the very numbers of the printed page: a ``<div>`` element."""
    model = page.model
    sizes = [
        ("Observations", model.n_obs),
        ("Residual degrees of freedom", model.n_obs - model.n_coefficients),
    ]
    parts = [
        text_to_html(_heading(model)),
        table_to_html("Fit", CRITERIA, [((), [column[0] for column in _criteria(page)])]),
        "".join(map(text_to_html, model.extra_blocks)),
        coefficients_to_html(f"Coefficients: {model.model}", page.coefficients),
        correlation_to_html(
            "Correlation of the coefficients' estimates", page.coefficients.names, page.correlation
        ),
        table_to_html(
            "Standardized residuals",
            page.residual_names or QUANTILE_NAMES,
            [((), format_real(page.residuals))],
        ),
        table_to_html(
            "Residual standard error and sizes",
            ("", "Value"),
            [
                (("Residual standard error",), format_real([model.sigma])),
                *(((name,), [str(size)]) for name, size in sizes),
            ],
        ),
    ]
    return f"<div>{''.join(parts)}</div>"


def _heading(model: GlsDescription) -> str:
    method = "REML" if model.method == "REML" else "maximum likelihood"
    text = f"Generalized least squares fit by {method}\n  Model: {deparsed(model.model)} \n  Data: {model.data_name} \n"
    if model.subset is not None:
        text += f"  Subset: {deparsed(model.subset)} \n"
    return text


def _criteria(page: GlsSummaryPage) -> list[list[str]]:
    return [format_real([value]) for value in (page.aic, page.bic, page.log_lik)]


def _residuals(page: GlsSummaryPage) -> str:
    if page.residual_names is None or page.std_dev is None:
        return named_numbers(page.residuals, QUANTILE_NAMES)
    # R prints the few residuals whole, with what they carry as attributes
    text = named_numbers(page.residuals, page.residual_names)
    return text + f'attr(,"std")\n{_numbers(page.std_dev)}attr(,"label")\n[1] "Standardized residuals"\n'


def _numbers(values: Sequence[float] | FloatArray) -> str:
    """Print a few numbers as R prints a vector without names."""
    return f"[1] {' '.join(format_real(values))}\n"


def _sigma(model: GlsDescription) -> str:
    return f"Residual standard error: {format_real([model.sigma])[0]} \n"


def _degrees_of_freedom(model: GlsDescription) -> str:
    return f"Degrees of freedom: {model.n_obs} total; {model.n_obs - model.n_coefficients} residual\n"


def render_gls_covariance(covariance: FloatArray) -> str:
    """Print the covariance matrix (n, n) of one group's responses: with its last newline."""
    places = range(1, len(covariance) + 1)
    rows = format_strings([f"[{i},]" for i in places], "right")
    return covariance_text(covariance, rows, [f"[,{j}]" for j in places], "Marginal")
