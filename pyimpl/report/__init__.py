"""The printed pages of a fit, character for character as nlme prints them. Renders; computes nothing.

Fill in a page (:mod:`pyimpl.report.pages`) and pass it to its function: ``render_summary(SummaryPage(...))``.
"""

from pyimpl.report.pages import (
    CoefficientTable,
    CovarianceBlock,
    FitPage,
    Level,
    ModelDescription,
    SummaryPage,
    VarCorrPage,
)
from pyimpl.report.summary import render_fit, render_summary
from pyimpl.report.var_corr import render_var_corr

__all__ = [
    "CoefficientTable",
    "CovarianceBlock",
    "FitPage",
    "Level",
    "ModelDescription",
    "SummaryPage",
    "VarCorrPage",
    "render_fit",
    "render_summary",
    "render_var_corr",
]
