"""The rows that a list of regressions predicts for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.formula import ColumnSpec, Formula
from pyimpl.formula.variables import check_columns
from pyimpl.grouping import Grouping
from pyimpl.prediction_rows import known_groups, of_newdata, where_complete


def rows_of_newdata(
    formula: Formula, columns: ColumnSpec, groupings: Sequence[Grouping], newdata: pd.DataFrame
) -> tuple[Array, Array, Indices]:
    """What predictions of new rows are made from; NaN where a row lacks a value.

    Returns
    -------
    offset : (n,) array
    X : (n, p) array
    codes : (n,) int array
        The rows' groups, -1 for those that the data didn't have.

    Raises
    ------
    DataError
        A column that the formula needs is missing, or holds a factor level that the data didn't have.
    """
    used = formula.right_variables
    check_columns([*used, *(grouping.name for grouping in groupings)], newdata, "newdata")
    spec = of_newdata(columns)
    X = where_complete(spec.build, newdata, used, len(spec.names))
    offset = where_complete(lambda frame: spec.offset(frame)[:, None], newdata, used, 1)[:, 0]
    codes = np.asarray(known_groups(groupings, newdata)[-1])
    return offset, X, codes
