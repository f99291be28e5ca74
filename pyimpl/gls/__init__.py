"""``gls``: regressions whose errors are correlated or of different variances; nlme's ``gls``."""

from pyimpl.gls.fitting import gls
from pyimpl.gls.result import GlsFit

__all__ = ["GlsFit", "gls"]
