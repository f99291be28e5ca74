"""The variogram of a fitted model: by the distances of its correlation structure, beside what that implies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pyimpl.arrays import Array
from pyimpl.correlation.spatial import SHAPES
from pyimpl.diagnostics.layout import layout_of, spatial_request
from pyimpl.diagnostics.variogram import ModelVariogram, Variogram, VariogramOptions, empirical_variogram
from pyimpl.estimates import Estimates
from pyimpl.model import Model

_POINTS = 50  # of the curve, as nlme's


def variogram_of(
    model: Model,
    estimates: Estimates,
    residuals: Array,
    form: object,
    res_type: str,
    options: VariogramOptions,
) -> Variogram:
    """The empirical variogram of residuals (N,), and the semivariances that a spatial correlation structure implies.

    Parameters
    ----------
    model : Model
    estimates : Estimates
    residuals : (N,) array
    form : str or None
        The coordinates; None for those of a spatial correlation structure, with its metric, or else the rows' places.
    res_type : {"pearson", "response", "normalized"}
        What the residuals are.
    options : VariogramOptions
    """
    spatial = spatial_request(model) if form is None else None
    if spatial is not None:
        form, options = spatial.form.text, replace(options, metric=spatial.metric)
    found = empirical_variogram(residuals, layout_of(model, form), options)
    return replace(found, model=_model_variogram(model, estimates, res_type, found.span))


def _model_variogram(
    model: Model, estimates: Estimates, res_type: str, span: tuple[float, float]
) -> ModelVariogram | None:
    """``s^2 (1 - r(d))``; None where there is no spatial structure, or its residuals have different variances."""
    within, request = model.within, spatial_request(model)
    if request is None or within is None or within.correlation is None or res_type == "normalized":
        return None
    if res_type == "response" and within.variance is not None:
        return None
    reach, *nugget = within.correlation.constrained(within.split(estimates.psi)[0]).tolist()
    distance = np.linspace(*span, _POINTS)
    correlation = (1 - sum(nugget)) * SHAPES[request.structure](distance / reach)
    unit = 1.0 if res_type == "pearson" else estimates.sigma**2
    return ModelVariogram(unit * (1 - correlation), distance)
