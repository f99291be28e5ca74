"""A native Python ``lme``: linear mixed-effects models as R's nlme fits and prints them.

>>> from pyimpl import lme
>>> fit = lme("mathach ~ cses", data=hsb, random="~ cses | id")  # doctest: +SKIP
"""

from pyimpl.errors import (
    ArgumentError,
    DataError,
    FormulaError,
    LmeError,
    LmeWarning,
    MissingLibraryError,
    NotSupportedError,
)
from pyimpl.fit import LmeFit
from pyimpl.lme import lme
from pyimpl.structures import pdBlocked, pdCompSymm, pdDiag, pdIdent, pdLogChol, pdNatural, pdSymm

__all__ = [
    "ArgumentError",
    "DataError",
    "FormulaError",
    "LmeError",
    "LmeFit",
    "LmeWarning",
    "MissingLibraryError",
    "NotSupportedError",
    "lme",
    "pdBlocked",
    "pdCompSymm",
    "pdDiag",
    "pdIdent",
    "pdLogChol",
    "pdNatural",
    "pdSymm",
]
