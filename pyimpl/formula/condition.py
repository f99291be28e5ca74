"""A condition on the rows, as R's ``subset``: ``"sex == 'F' & age > 8"``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from pyimpl.errors import FormulaError
from pyimpl.formula.evaluate import Evaluator
from pyimpl.formula.functions import check_allowed, data_names
from pyimpl.formula.parser import parse_expression
from pyimpl.formula.values import Logical
from pyimpl.formula.variables import check_columns


def rows_where(text: str, frame: pd.DataFrame, argument: str = "subset") -> npt.NDArray[np.bool_]:
    """Evaluate a condition to a mask of the rows; nothing but the allow-list is ever called.

    Rows with a missing value in a column of the condition don't fulfil it, as in R.

    Raises
    ------
    FormulaError, DataError
        When the text is no condition, or a column is missing or can't be compared.
    """
    expr = parse_expression(text, argument)
    check_allowed(expr, argument)
    names = list(dict.fromkeys(data_names(expr)))
    check_columns(names, frame, argument)
    complete = np.asarray(frame[names].notna().all(axis=1)) if names else np.full(len(frame), True)
    mask = np.full(len(frame), False)
    if complete.any():
        value = Evaluator(frame[complete], argument).value(expr)
        if not isinstance(value, Logical):
            raise FormulaError(f"{argument}: {text[:60]!r} is not a condition; write one such as 'age > 8'")
        mask[complete] = value.data
    return mask
