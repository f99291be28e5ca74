"""What a fit was made from, row by row: the responses, and the groups the rows lie in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pyimpl.model import LevelChoice, Model, is_sequence


def responses(model: Model) -> pd.Series:
    """The response as the formula asks for it, aligned with the data's index; its name is R's spelling of it."""
    return model.frame.series(model.design.y, model.fixed.response_text)


def groups_of_rows(model: Model, level: LevelChoice | Sequence[int | str]) -> pd.Series | pd.DataFrame:
    """Each row's group at one level, as a Categorical; a frame with a column for each of several levels.

    An inner group's name begins with its outer group's, ``A/1``; rows that ``na_action="exclude"`` left out have none.
    """
    columns = [_groups(model, model.grouping_depth(depth)) for depth in model.depths(level)]
    return pd.concat(columns, axis=1) if is_sequence(level) else columns[0]


def _groups(model: Model, depth: int) -> pd.Series:
    grouping = model.levels[depth - 1].grouping
    codes = np.full(len(model.frame.index), -1)
    codes[model.frame.kept] = grouping.codes
    ordered = depth == 1 and model.frame.rows[grouping.name].dtype == "category"
    ordered = ordered and bool(model.frame.rows[grouping.name].cat.ordered)
    names = pd.Categorical.from_codes(codes, pd.Index(grouping.names), ordered=ordered)
    return pd.Series(names, index=model.frame.index, name=grouping.name)
