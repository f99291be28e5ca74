"""What axes call the response, the covariate, residuals and fitted values: grouped data have labels and units."""

from __future__ import annotations

import pandas as pd

from pyimpl.grouped_data import GroupedInfo, grouped_info


def axis_labels(info: GroupedInfo | None) -> dict[str, str]:
    """Labels with units by column, of those that grouped data label."""
    if info is None:
        return {}
    covariate = info.formula.text_without_groups.partition("~")[2].strip()
    columns = {"y": info.formula.response_text, "x": covariate}
    return {
        columns[axis]: with_unit(info.labels[axis], info.units.get(axis))
        for axis in columns
        if axis in info.labels
    }


def response_unit(data: pd.DataFrame) -> str:
    """The unit of grouped data's response; empty where there is none."""
    info = grouped_info(data)
    return "" if info is None else info.units.get("y", "")


def with_unit(label: str, unit: str | None) -> str:
    """``Age (yr)``."""
    return f"{label} {unit or ''}".strip()
