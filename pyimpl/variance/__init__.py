"""nlme's variance functions: asked for, initialised on data, and giving each row's standard deviation over sigma.

``variance_request`` reads an argument, ``initialise`` binds it to covariates and strata, and the
:class:`VarianceFunction` that comes of it gives the logarithms of the multipliers at any parameters.
"""

from pyimpl.variance.functions import VarianceFunction
from pyimpl.variance.initialise import VarianceColumns, initialise
from pyimpl.variance.objects import (
    varComb,
    varConstPower,
    varConstProp,
    varExp,
    varFixed,
    varIdent,
    varPower,
)
from pyimpl.variance.request import VarianceRequest, variance_request

__all__ = [
    "VarianceColumns",
    "VarianceFunction",
    "VarianceRequest",
    "initialise",
    "varComb",
    "varConstPower",
    "varConstProp",
    "varExp",
    "varFixed",
    "varIdent",
    "varPower",
    "variance_request",
]
