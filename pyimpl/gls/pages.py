"""From a gls fit to the plain page objects that :mod:`pyimpl.report.gls` prints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.estimates import Estimates
from pyimpl.gls.predictions import residual_values
from pyimpl.model import Model
from pyimpl.pages import QUARTILES
from pyimpl.report import CoefficientTable
from pyimpl.report.gls import (
    GlsDescription,
    GlsPage,
    GlsSummaryPage,
    gls_summary_to_html,
    render_gls_summary,
)
from pyimpl.tables import correlations
from pyimpl.within_errors import errors_of
from pyimpl.within_pages import structure_sections

_FEW = 5  # residuals, which are shown one by one


@dataclass(frozen=True, repr=False)
class GlsSummary:
    """The summary of a gls fit; ``str()`` is R's ``print(summary(fit))``, character for character.

    Attributes
    ----------
    page : report.gls.GlsSummaryPage
        All that the page shows, unformatted.
    """

    page: GlsSummaryPage

    def __str__(self) -> str:
        return render_gls_summary(self.page).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return gls_summary_to_html(self.page)


def gls_description(model: Model, estimates: Estimates) -> GlsDescription:
    """What every page says about the model."""
    return GlsDescription(
        method=model.method,
        data_name=model.frame.name,
        model=model.fixed.text,
        n_obs=model.n_obs,
        n_coefficients=len(estimates.beta),
        sigma=estimates.sigma,
        subset=model.frame.subset,
        extra_blocks=() if model.within is None else structure_sections(model.within, estimates.psi, ()),
    )


def gls_page(model: Model, estimates: Estimates) -> GlsPage:
    """The page of the fit itself."""
    description = gls_description(model, estimates)
    return GlsPage(description, estimates.log_lik, model.design.fixed.names, estimates.beta)


def gls_summary_page(
    model: Model, estimates: Estimates, table: pd.DataFrame, aic: float, bic: float
) -> GlsSummaryPage:
    """The page of ``summary(fit)``; ``table`` is the t-table."""
    numbers = {name: table[name].to_numpy(float) for name in table}
    coefficients = CoefficientTable(
        tuple(table.index),
        numbers["Value"],
        numbers["Std.Error"],
        None,
        numbers["t-value"],
        numbers["p-value"],
    )
    errors = errors_of(model, estimates)
    pearson = residual_values(model, estimates, "pearson")
    few = len(pearson) <= _FEW
    return GlsSummaryPage(
        model=gls_description(model, estimates),
        aic=aic,
        bic=bic,
        log_lik=estimates.log_lik,
        coefficients=coefficients,
        correlation=correlations(estimates.vcov),
        residuals=pearson if few else np.quantile(pearson, QUARTILES),
        residual_names=_row_names(model) if few else None,
        std_dev=errors.std_dev() if few else None,
    )


def _row_names(model: Model) -> tuple[str, ...]:
    """The rows' names in R, where they are numbered from 1."""
    return tuple(str(k + 1) for k in model.frame.positions[model.frame.kept])
