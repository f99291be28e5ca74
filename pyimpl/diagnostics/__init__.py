"""What the residuals say about a model that fits no correlation within groups: autocorrelation and variogram."""

from pyimpl.diagnostics.acf import ACF, autocorrelation, check_max_lag
from pyimpl.diagnostics.layout import Layout, layout_of, spatial_request
from pyimpl.diagnostics.of_model import variogram_of
from pyimpl.diagnostics.variogram import (
    ModelVariogram,
    Variogram,
    VariogramOptions,
    empirical_variogram,
)

__all__ = [
    "ACF",
    "Layout",
    "ModelVariogram",
    "Variogram",
    "VariogramOptions",
    "autocorrelation",
    "check_max_lag",
    "empirical_variogram",
    "layout_of",
    "spatial_request",
    "variogram_of",
]
