"""Numbers by coefficient, group and column, as one data frame."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pyimpl.report import SlicedTable


def frame_of_slices(table: SlicedTable) -> pd.DataFrame:
    """The slices below each other, with columns ``term`` and ``group`` before the numbers."""
    p, n_groups, _ = table.values.shape
    numbers = pd.DataFrame(np.concatenate(list(table.values)), columns=list(table.columns))
    numbers.insert(0, "term", np.repeat(np.array(table.slices, object), n_groups))
    numbers.insert(1, "group", np.tile(np.array(table.rows, object), p))
    return numbers
