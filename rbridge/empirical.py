"""What an empirical semivariogram may be asked for, of any fit; each option under R's own name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from rbridge.arguments import check_choice, check_flag, check_number, check_whole, shown
from rbridge.errors import ArgumentError

RESIDUAL_TYPES: Final = ("pearson", "response", "normalized")


def variogram_options(
    res_type: str,
    max_dist: float | None,
    n_int: int,
    collapse: str,
    breaks: Sequence[float] | None,
    robust: bool,
    metric: str,
) -> dict[str, Any]:
    """Check the options of ``variogram``; see :meth:`rbridge.fit.LmeFit.variogram`."""
    options: dict[str, Any] = {
        "resType": check_choice(res_type, "res_type", RESIDUAL_TYPES),
        "collapse": check_choice(collapse, "collapse", ("quantiles", "fixed", "none")),
        "metric": check_choice(metric, "metric", ("euclidean", "maximum", "manhattan")),
        "robust": check_flag(robust, "robust"),
    }
    if breaks is None:
        options["nint"] = check_whole(n_int, "n_int", 1)
    else:
        listed = isinstance(breaks, list | tuple | np.ndarray | pd.Series) and len(breaks) > 0
        if not listed:
            raise ArgumentError(f"breaks must be a list of numbers, not {shown(breaks)}")
        options["breaks"] = [check_number(value, "breaks") for value in breaks]
    if max_dist is not None:
        options["maxDist"] = check_number(max_dist, "max_dist")
    return options
