"""The residuals' covariance within groups, as the reference evaluator writes it down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import UsageError
from .likelihood import Problem, Within

Floats = NDArray[Any]


@dataclass(frozen=True, slots=True)
class WithinModel:
    """Independent residuals of one variance: Lambda is the identity and has no parameters."""

    @classmethod
    def of(cls, correlation: Any, weights: Any, problem: Problem, data: pd.DataFrame) -> WithinModel:
        """Return what a model's ``correlation`` and ``weights`` ask for.

        Raises
        ------
        UsageError
            The structure isn't known here.
        """
        for name, asked in {"correlation": correlation, "weights": weights}.items():
            if asked is not None:
                raise UsageError(f"the reference evaluator doesn't know the option {name} = {asked!s}")
        return cls()

    @property
    def n_parameters(self) -> int:
        """How many parameters are estimated."""
        return 0

    def theta(self, corr: Floats, var: Floats) -> Floats:
        """Return the parameters as numbers that may be anything."""
        return np.empty(0)

    def values(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return the correlation's and the variance function's parameters as R reports them."""
        return np.empty(0), np.empty(0)

    def at(self, corr: Floats, var: Floats) -> Within | None:
        """Return the map from a group's rows to its Lambda, None where that is the identity."""
        return None
