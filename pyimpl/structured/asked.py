"""The arguments ``correlation`` and ``weights``, read."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pyimpl.correlation import CorrelationRequest, correlation_request
from pyimpl.design import Design
from pyimpl.formula.variables import check_columns
from pyimpl.structured.within import WithinGroup, within_group
from pyimpl.variance import VarianceRequest, variance_request
from pyimpl.within_group import columns_of


@dataclass(frozen=True, slots=True)
class Structures:
    """What was asked for: a correlation structure, a variance function, both or neither."""

    correlation: CorrelationRequest | None
    variance: VarianceRequest | None

    @classmethod
    def read(cls, correlation: object, weights: object) -> Structures:
        """Read the two arguments.

        Raises
        ------
        ArgumentError, FormulaError
            They are not structures that nlme has.
        """
        return cls(
            None if correlation is None else correlation_request(correlation),
            None if weights is None else variance_request(weights),
        )

    def columns(self, frame: pd.DataFrame) -> list[str]:
        """The columns of a frame that they use, all of which exist."""
        names: list[str] = []
        for argument, request in (("correlation", self.correlation), ("weights", self.variance)):
            if request is not None:
                own = columns_of(request)
                check_columns(own, frame, argument)
                names += own
        return names

    def on(self, frame: pd.DataFrame, design: Design) -> WithinGroup | None:
        """The structures on the complete rows that a design is made of; None where there are none."""
        groups = [level.grouping for level in design.levels]
        order = None if design.is_sorted else design.order
        return within_group(self.correlation, self.variance, frame, groups, order)
