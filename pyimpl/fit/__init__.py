"""A fit: its methods orchestrate, other modules compute and render."""

from pyimpl.fit.core import FittedModel
from pyimpl.fit.predictions import RESIDUAL_TYPES
from pyimpl.fit.result import LmeFit

__all__ = ["RESIDUAL_TYPES", "FittedModel", "LmeFit"]
