"""R's own mixed models, ``nlme`` and ``lme4``, called from Python through rpy2.

Importing this module neither imports rpy2 nor starts R: that happens with the first fit.
"""

from rbridge.arguments import TIGHT_CONTROL
from rbridge.base import Convergence
from rbridge.embedded import console
from rbridge.errors import (
    ArgumentError,
    BridgeError,
    DataError,
    FormulaError,
    RError,
    RTimeoutError,
    RUnavailableError,
    RWarning,
    WorkerError,
)
from rbridge.fit import LmeFit
from rbridge.gls import GlsFit, gls
from rbridge.lm_list import LmList, lm_list
from rbridge.lmer import LmerFit, lmer
from rbridge.model import lme
from rbridge.pictures import Picture
from rbridge.rcall import rcall
from rbridge.rframes import RFrame, r_data, read_rds, to_r
from rbridge.session import Availability, available, r_version_info

__all__ = [
    "TIGHT_CONTROL",
    "ArgumentError",
    "Availability",
    "BridgeError",
    "Convergence",
    "DataError",
    "FormulaError",
    "GlsFit",
    "LmList",
    "LmeFit",
    "LmerFit",
    "Picture",
    "RError",
    "RFrame",
    "RTimeoutError",
    "RUnavailableError",
    "RWarning",
    "WorkerError",
    "available",
    "console",
    "gls",
    "lm_list",
    "lme",
    "lmer",
    "r_data",
    "r_version_info",
    "rcall",
    "read_rds",
    "to_r",
]
