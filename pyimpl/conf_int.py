"""``fit.conf_int()``: confidence limits of the fixed effects in the layout of R's ``confint``, which nlme lacks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd

from pyimpl.errors import ArgumentError
from pyimpl.report import IntervalTable
from pyimpl.report.rprint import number_matrix

_PERCENT_DIGITS = 3  # of the limits' names


class ConfidenceLimits(pd.DataFrame):
    """A row a coefficient, columns such as ``2.5 %`` and ``97.5 %``; ``str()`` is R's print of such a matrix."""

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def __str__(self) -> str:
        return number_matrix(self.to_numpy(dtype=float), list(self.index), list(self.columns)).removesuffix(
            "\n"
        )


def confidence_limits(table: IntervalTable, parm: object, level: float) -> ConfidenceLimits:
    """Take the limits of some coefficients, or of all if ``parm`` is None, from their intervals.

    Raises
    ------
    ArgumentError
        ``parm`` names something else than a coefficient.
    """
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    columns = _percentages((100 * tails).tolist())
    rows = [table.names.index(name) for name in _chosen(parm, table.names)]
    return ConfidenceLimits(
        table.values[rows][:, [0, 2]], index=[table.names[row] for row in rows], columns=columns
    )


def _percentages(values: list[float]) -> list[str]:
    """Write percentages as R does: never in scientific notation, with as many decimals as the longest needs."""
    shortest = [Decimal(f"{value:.{_PERCENT_DIGITS - 1}e}").normalize() for value in values]
    decimals = max(max(-int(each.as_tuple().exponent), 0) for each in shortest)
    return [f"{value:.{decimals}f} %" for value in values]


def _chosen(parm: object, names: tuple[str, ...]) -> list[str]:
    if parm is None:
        return list(names)
    several: list[object] = list(parm) if isinstance(parm, list | tuple | np.ndarray | pd.Index) else [parm]
    if not several:
        raise ArgumentError("parm: the list is empty; name at least one coefficient")
    unknown = [each for each in several if not isinstance(each, str) or each not in names]
    if unknown:
        known = ", ".join(map(repr, names))
        raise ArgumentError(f"parm: {unknown[0]!r} is not a fixed effect; choose from {known}")
    return [str(each) for each in several]
