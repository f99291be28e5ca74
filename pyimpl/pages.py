"""From a fit to the plain page objects that :mod:`pyimpl.report` prints."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.design import Level
from pyimpl.estimates import Estimates
from pyimpl.model import Model
from pyimpl.report import CoefficientTable, CovarianceBlock, FitPage, ModelDescription, SummaryPage
from pyimpl.report import Level as LevelOfPage
from pyimpl.tables import correlations
from pyimpl.within_pages import structure_sections

# Values, and their groups' names where each residual is shown.
ShownResiduals = tuple[Array, tuple[str, ...] | None]
QUARTILES = np.array([0, 0.25, 0.5, 0.75, 1])

_WITHOUT_CORRELATIONS = ("pdDiag", "pdIdent")


def level_of_page(level: Level, covariance: Array) -> LevelOfPage:
    """One level's random effects as the pages show them."""
    blocks = []
    row = 0
    for block in level.blocks:
        names = block.columns.names
        part = covariance[row : row + len(names), row : row + len(names)]
        corr = None
        if len(names) > 1 and block.structure not in _WITHOUT_CORRELATIONS:
            corr = correlations(part)
        text = block.formula.text_without_groups
        blocks.append(CovarianceBlock(text, block.structure, names, np.sqrt(np.diag(part)), corr))
        row += len(names)
    blocked = level.covariance.name == "pdBlocked"
    return LevelOfPage(level.grouping.name, level.grouping.n_groups, tuple(blocks), blocked)


def levels_of_page(model: Model, estimates: Estimates) -> tuple[LevelOfPage, ...]:
    """All levels, outermost first."""
    return tuple(
        level_of_page(level, c) for level, c in zip(model.levels, estimates.covariances, strict=True)
    )


def description(model: Model, estimates: Estimates) -> ModelDescription:
    """What every page says about the model."""
    return ModelDescription(
        method=model.method,
        data_name=model.frame.name,
        fixed=model.fixed.text,
        levels=levels_of_page(model, estimates),
        sigma=estimates.sigma,
        n_obs=model.n_obs,
        subset=model.frame.subset,
        extra_blocks=_sections(model, estimates),
    )


def _sections(model: Model, estimates: Estimates) -> tuple[str, ...]:
    """The sections on the errors' correlations and variances."""
    if model.within is None:
        return ()
    groups = [level.grouping.name for level in model.levels]
    return structure_sections(model.within, estimates.psi, groups)


def summary_page(
    model: Model,
    estimates: Estimates,
    table: pd.DataFrame,
    criteria: tuple[float, float],
    residuals: ShownResiduals,
) -> SummaryPage:
    """The page of ``summary(fit)``; ``criteria`` are AIC and BIC, ``residuals`` as :func:`shown_residuals` has them."""
    coefficients = CoefficientTable(
        tuple(table.index),
        *(table[name].to_numpy(float) for name in ("Value", "Std.Error", "DF", "t-value", "p-value")),
    )
    return SummaryPage(
        model=description(model, estimates),
        aic=criteria[0],
        bic=criteria[1],
        log_lik=estimates.log_lik,
        coefficients=coefficients,
        correlation=correlations(estimates.vcov),
        residuals=residuals[0],
        residual_names=residuals[1],
    )


def shown_residuals(model: Model, pearson: Array) -> ShownResiduals:
    """What a summary shows of the innermost standardized residuals: their quartiles, or all if they are few."""
    if len(pearson) > 5:
        return np.quantile(pearson, QUARTILES), None
    return pearson, _innermost_groups(model)


def _innermost_groups(model: Model) -> tuple[str, ...]:
    """The name of each row's innermost group."""
    grouping = model.levels[-1].grouping
    return tuple(grouping.names[grouping.codes])


def fit_page(model: Model, estimates: Estimates) -> FitPage:
    """The page of the fit itself."""
    names = model.design.fixed.names
    return FitPage(description(model, estimates), estimates.log_lik, names, estimates.beta)
