"""R's recorded pictures (pictures.json, written by record_pictures.R), and how ours are read back."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from crosscheck.data import load_book
from pyimpl import lm_list, lme


@cache
def recorded() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("pictures.json").read_text(encoding="utf-8"))


@cache
def fits() -> dict[str, Any]:
    """The fits that the pictures were recorded of."""
    orthodont = load_book("Orthodont")
    return {
        "orth": lme("distance ~ I(age - 11)", orthodont, "~ I(age - 11) | Subject"),
        "level": lme("distance ~ I(age - 11)", orthodont, "~ 1 | Subject"),
        "machines": lme("score ~ 1", load_book("Machines"), "~ Machine - 1 | Worker"),
        "pixel": lme("pixel ~ day + I(day^2)", load_book("Pixel"), {"Dog": "~ day", "Side": "~ 1"}),
        "rats": lme("weight ~ Time * Diet", load_book("BodyWeight"), "~ Time | Rat"),
        "regressions": lm_list("distance ~ I(age - 11) | Subject", orthodont),
    }


def array(values: Any) -> np.ndarray:
    return np.array(values, dtype=float)


def panels(axes: Any) -> list[Any]:
    """All axes of a picture, as a list."""
    return list(np.ravel(np.array(axes, dtype=object)))


def dots(ax: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """The points of each series of an axes: what has markers and no line."""
    return [
        (array(line.get_xdata()), array(line.get_ydata()))
        for line in ax.get_lines()
        if line.get_linestyle() == "None" and line.get_marker() == "o"
    ]


def curves(ax: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """The curves of an axes: lines without markers that aren't lines of reference."""
    return [
        (array(line.get_xdata()), array(line.get_ydata()))
        for line in ax.get_lines()
        if line.get_linestyle() != "None"
        and len(line.get_xdata()) > 1
        and line.get_transform() == ax.transData
    ]


def texts(ax: Any) -> list[tuple[str, float, float]]:
    """The labels of points."""
    return [(each.get_text(), *map(float, each.xy)) for each in ax.texts]


def segments(ax: Any) -> list[np.ndarray]:
    """The segments of all collections of lines among the data, (k, 2, 2) each."""
    own = (each for each in ax.collections if each.get_transform() == ax.transData)
    return [np.array(each.get_segments(), dtype=float) for each in own]
