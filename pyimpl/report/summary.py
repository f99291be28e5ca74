"""``print(fit)`` and ``print(summary(fit))``, character for character as nlme 3.1-162."""

from pyimpl.report.pages import CoefficientTable, FitPage, SummaryPage
from pyimpl.report.parts import correlation_table, deparsed, heading, random_effects, sizes
from pyimpl.report.rformat import format_real
from pyimpl.report.rounding import r_round, zapsmall
from pyimpl.report.rprint import data_frame, named_numbers

COEFFICIENT_COLUMNS = ("Value", "Std.Error", "DF", "t-value", "p-value")
CRITERIA = ("AIC", "BIC", "logLik")
QUANTILE_NAMES = ("Min", "Q1", "Med", "Q3", "Max")

_P_VALUE_DECIMALS = 4


def coefficient_columns(table: CoefficientTable) -> tuple[str, ...]:
    """Return the names of the t-table's columns, those of gls without ``DF``."""
    return tuple(name for name in COEFFICIENT_COLUMNS if name != "DF" or table.df is not None)


def coefficient_cells(table: CoefficientTable) -> list[list[str]]:
    """Format the t-table, a list for each of :func:`coefficient_columns`.

    Each column is rounded to the place where its largest element has 7 digits; p-values to 4 decimals.
    """
    numbers = (table.value, table.std_error, table.df, table.t_value)
    columns = [format_real(zapsmall(c)) for c in numbers if c is not None]
    return [*columns, format_real(r_round(table.p_value, _P_VALUE_DECIMALS))]


def criteria_cells(page: SummaryPage) -> list[list[str]]:
    """Format AIC, BIC and the log-likelihood, each on its own."""
    return [format_real([v]) for v in (page.aic, page.bic, page.log_lik)]


def render_summary(page: SummaryPage) -> str:
    """Print a fit's summary.

    Parameters
    ----------
    page : SummaryPage

    Returns
    -------
    str
        What R prints for ``summary(fit)`` at width 80 and 7 digits, with its last newline.
    """
    table = page.coefficients
    return "".join(
        [
            heading(page.model),
            data_frame(criteria_cells(page), [" "], CRITERIA),
            "\n",
            random_effects(page.model),
            f"Fixed effects:  {deparsed(page.model.fixed)} \n",
            data_frame(coefficient_cells(table), table.names, COEFFICIENT_COLUMNS),
            correlation_table(page.correlation, table.names),
            "\nStandardized Within-Group Residuals:\n",
            _residuals(page),
            "\n",
            sizes(page.model),
        ]
    )


def _residuals(page: SummaryPage) -> str:
    if page.residual_names is None:
        return named_numbers(page.residuals, QUANTILE_NAMES)
    # R prints the few residuals whole, with the label they carry as an attribute
    text = named_numbers(page.residuals, page.residual_names)
    return text + 'attr(,"label")\n[1] "Standardized residuals"\n'


def render_fit(page: FitPage) -> str:
    """Print a fit.

    Parameters
    ----------
    page : FitPage

    Returns
    -------
    str
        What R prints for ``fit``, with its last newline.
    """
    restricted = "restricted-" if page.model.method == "REML" else ""
    return "".join(
        [
            heading(page.model),
            f"  Log-{restricted}likelihood: {format_real([page.log_lik])[0]}\n",
            f"  Fixed: {deparsed(page.model.fixed)} \n",
            named_numbers(page.fixed_effects, page.names),
            "\n",
            random_effects(page.model),
            sizes(page.model),
        ]
    )
