"""nlme's within-group correlation structures: asked for, initialised on data, and whitening rows at linear cost.

``correlation_request`` reads an argument, ``initialise`` binds it to groups and covariates, and the
:class:`Correlation` that comes of it whitens columns at any parameters.
"""

from pyimpl.correlation.base import Correlation
from pyimpl.correlation.initialise import initialise
from pyimpl.correlation.objects import (
    corAR1,
    corARMA,
    corCAR1,
    corCompSymm,
    corExp,
    corGaus,
    corLin,
    corNatural,
    corRatio,
    corSpher,
    corSymm,
)
from pyimpl.correlation.request import CorrelationRequest, correlation_request

__all__ = [
    "Correlation",
    "CorrelationRequest",
    "corAR1",
    "corARMA",
    "corCAR1",
    "corCompSymm",
    "corExp",
    "corGaus",
    "corLin",
    "corNatural",
    "corRatio",
    "corSpher",
    "corSymm",
    "correlation_request",
    "initialise",
]
