"""A native Python ``lme``: linear mixed-effects models as R's nlme fits and prints them.

>>> from pyimpl import lme
>>> fit = lme("mathach ~ cses", data=hsb, random="~ cses | id")  # doctest: +SKIP
"""

from pyimpl.compare_fits import compare_fits
from pyimpl.compare_pred import compare_pred
from pyimpl.correlation import (
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
from pyimpl.gls import GlsFit, gls
from pyimpl.grouped_data import GroupedInfo, grouped_data, grouped_info
from pyimpl.lists import LmList, lm_list
from pyimpl.lme import lme
from pyimpl.pictures import plot_grouped
from pyimpl.structures import pdBlocked, pdCompSymm, pdDiag, pdIdent, pdLogChol, pdNatural, pdSymm
from pyimpl.variance import (
    varComb,
    varConstPower,
    varConstProp,
    varExp,
    varFixed,
    varIdent,
    varPower,
)

__all__ = [
    "ArgumentError",
    "DataError",
    "FormulaError",
    "GlsFit",
    "GroupedInfo",
    "LmList",
    "LmeError",
    "LmeFit",
    "LmeWarning",
    "MissingLibraryError",
    "NotSupportedError",
    "compare_fits",
    "compare_pred",
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
    "gls",
    "grouped_data",
    "grouped_info",
    "lm_list",
    "lme",
    "pdBlocked",
    "pdCompSymm",
    "pdDiag",
    "pdIdent",
    "pdLogChol",
    "pdNatural",
    "pdSymm",
    "plot_grouped",
    "varComb",
    "varConstPower",
    "varConstProp",
    "varExp",
    "varFixed",
    "varIdent",
    "varPower",
]
