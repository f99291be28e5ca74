"""The columns of the data that a model uses."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pyimpl.errors import FormulaError
from pyimpl.formula.formula import Formula
from pyimpl.formula.random import RandomLevel
from pyimpl.formula.variables import check_columns, check_variables


def used_columns(formula: Formula, levels: Sequence[RandomLevel], frame: pd.DataFrame) -> list[str]:
    """Return the columns that the fixed effects, the random effects and the groups use, each once.

    Parameters
    ----------
    formula : Formula
        The fixed effects.
    levels : sequence of RandomLevel
    frame : DataFrame
        The data, or a frame without rows that has its columns.

    Raises
    ------
    DataError
        A column doesn't exist, or exists twice.
    FormulaError
        The response is among the random effects, or the groups are the response.
    """
    check_variables(formula, frame, formula.argument)
    columns = list(formula.variables)
    for level in levels:
        for part in level.blocks or (level,):
            check_variables(part.formula, frame, "random")
            if formula.response in part.formula.terms.variables:
                raise FormulaError(
                    f"random: the response {formula.response_text} is among the effects of '{level.group}'; "
                    "drop it there"
                )
            columns += part.formula.variables
        check_columns([level.group], frame, "random")
        if level.group in formula.response_variables:
            raise FormulaError(f"random: the groups '{level.group}' are the response; name a grouping factor")
        columns.append(level.group)
    return list(dict.fromkeys(columns))
