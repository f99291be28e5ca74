"""The printed pages of a fit, character for character as nlme prints them. Renders; computes nothing.

Fill in a page (:mod:`pyimpl.report.pages`, :mod:`pyimpl.report.tables`) and pass it to its function:
``render_summary(SummaryPage(...))``.
"""

from pyimpl.report.anova import render_anova, render_comparison
from pyimpl.report.diagnostics import render_acf, render_variogram
from pyimpl.report.estimates import render_covariance, render_effects, render_fixef, render_intervals
from pyimpl.report.html import summary_to_html, table_to_html, text_to_html, var_corr_to_html
from pyimpl.report.lists import (
    ListHeading,
    ListPage,
    ListSummaryPage,
    Pooled,
    SlicedTable,
    render_list,
    render_list_summary,
    render_predictions,
    render_slices,
)
from pyimpl.report.pages import (
    CoefficientTable,
    CovarianceBlock,
    FitPage,
    Level,
    ModelDescription,
    SummaryPage,
    VarCorrPage,
)
from pyimpl.report.simulation import LikelihoodRatioPage, render_likelihood_ratio_study
from pyimpl.report.summary import render_fit, render_summary
from pyimpl.report.tables import (
    AnovaPage,
    ComparisonPage,
    Contrast,
    CovariancePage,
    EffectsTable,
    IntervalsPage,
    IntervalTable,
)
from pyimpl.report.var_corr import render_var_corr

__all__ = [
    "AnovaPage",
    "CoefficientTable",
    "ComparisonPage",
    "Contrast",
    "CovarianceBlock",
    "CovariancePage",
    "EffectsTable",
    "FitPage",
    "IntervalTable",
    "IntervalsPage",
    "Level",
    "LikelihoodRatioPage",
    "ListHeading",
    "ListPage",
    "ListSummaryPage",
    "ModelDescription",
    "Pooled",
    "SlicedTable",
    "SummaryPage",
    "VarCorrPage",
    "render_acf",
    "render_anova",
    "render_comparison",
    "render_covariance",
    "render_effects",
    "render_fit",
    "render_fixef",
    "render_intervals",
    "render_likelihood_ratio_study",
    "render_list",
    "render_list_summary",
    "render_predictions",
    "render_slices",
    "render_summary",
    "render_var_corr",
    "render_variogram",
    "summary_to_html",
    "table_to_html",
    "text_to_html",
    "var_corr_to_html",
]
