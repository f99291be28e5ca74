"""R's ``factor(x, levels, labels)``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pyimpl.errors import DataError, FormulaError
from pyimpl.formula.constants import Value as ConstantArgument
from pyimpl.formula.values import Categories, Logical, Numeric, Value, drop_unused, level_name


def as_categories(value: Value, label: str, argument: str) -> Categories:
    """Turn a column into a factor: numbers by ascending value, FALSE before TRUE, unused levels dropped.

    Raises
    ------
    FormulaError
        When `value` is a constant or a basis.
    """
    if isinstance(value, Categories):
        return drop_unused(value)
    if not isinstance(value, (Numeric, Logical)) or value.data.ndim == 0:
        raise FormulaError(f"{argument}: `{label[:60]}` needs one column of the data")
    if isinstance(value, Numeric) and not np.isfinite(value.data).all():
        raise DataError(f"{argument}: `{label[:60]}` is made of values that are not finite")
    codes, found = pd.factorize(value.data, sort=True)
    whole = isinstance(value, Numeric) and value.integer
    names = [str(int(level)) if whole else level_name(level) for level in found.tolist()]
    return merge_levels(Categories(np.asarray(codes, dtype=np.intp), tuple(names)))


def merge_levels(value: Categories) -> Categories:
    """Return `value` with levels of the same name made one, as R does with numbers equal to 15 digits."""
    distinct = list(dict.fromkeys(value.levels))
    if len(distinct) == len(value.levels):
        return value
    recode = np.array([distinct.index(level) for level in value.levels], dtype=np.intp)
    return replace(value, codes=recode[value.codes], levels=tuple(distinct))


def with_levels(
    value: Categories, levels: ConstantArgument, labels: ConstantArgument, label: str, argument: str
) -> Categories:
    """Put the levels in the order given, drop those that don't occur, and rename them by `labels`."""
    where = f"{argument}: `{label[:60]}`"
    wanted = _names(levels)
    if wanted is None:
        wanted = value.levels
    if len(set(wanted)) < len(wanted):
        raise FormulaError(f"{where}: a level is named twice")
    left_out = [level for level in value.levels if level not in wanted]
    if left_out:
        raise DataError(f"{where}: the data hold {left_out[0]!r}, which is not among the levels given")
    recode = np.array([wanted.index(level) for level in value.levels], dtype=np.intp)
    shown = _names(labels) or wanted
    if len(shown) == 1 and len(wanted) > 1:
        shown = tuple(f"{shown[0]}{i}" for i in range(1, len(wanted) + 1))
    if len(shown) != len(wanted) or len(set(shown)) < len(shown):
        raise FormulaError(f"{where}: labels must be {len(wanted)} different names, one for each level")
    codes = recode[value.codes] if recode.size else value.codes
    return drop_unused(replace(value, codes=codes, levels=shown))


def _names(constant: ConstantArgument) -> tuple[str, ...] | None:
    if constant is None:
        return None
    several = constant if isinstance(constant, tuple) else (constant,)
    return tuple(level_name(one) for one in several)
