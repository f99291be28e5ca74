"""The sections on correlations and variance functions, from the structures at R's parameters to R's own text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosscheck.data import load
from pyimpl import lme
from pyimpl.correlation import correlation_request
from pyimpl.grouping import nested_groups
from pyimpl.structured import Structures, WithinGroup, within_group
from pyimpl.variance import VarianceFunction, variance_request
from pyimpl.variance.functions import Combination
from pyimpl.within_pages import structure_sections

PAGES = json.loads((Path(__file__).parents[1] / "report" / "pages.json").read_text(encoding="utf-8"))["fits"]
FITS = {
    fit["name"]: fit
    for fit in PAGES
    if fit["data"] == "Orthodont" and (fit["correlation_structure"] or fit["variance_function"])
}


def argument(call: str, name: str) -> str | None:
    """The text of an argument of an R call."""
    found = re.search(rf"\b{name} = ", call)
    if found is None:
        return None
    depth, start = 0, found.end()
    for position in range(start, len(call)):
        depth += {"(": 1, ")": -1}.get(call[position], 0)
        if depth < 0 or (depth == 0 and call[position] == ","):
            return call[start:position]
    raise ValueError(call)


def with_values(text: str, values: list[float]) -> str:
    """R's parameters as a correlation structure's values, in the place of those it has."""
    function, rest = text.split("(", 1)
    rest = re.sub(r"^(c\([^)]*\)|[-0-9.]+),? *", "", rest)
    listed = f"c({', '.join(map(repr, values))})"
    return f"{function}({listed})" if rest == ")" else f"{function}({listed}, {rest}"


def free_parameters(variance: VarianceFunction, recorded: dict[str, Any]) -> np.ndarray:
    if isinstance(variance, Combination):
        pairs = zip(variance.parts, recorded["parts"], strict=True)
        return np.concatenate([free_parameters(*pair) for pair in pairs])
    values = np.array(recorded["values"], float).ravel()[variance.free]
    with np.errstate(invalid="ignore"):
        return np.where(variance.logarithmic, np.log(values), values)


def section(page: str) -> str:
    start = re.search(
        r"^(Correlation Structure|Variance function|Combination of variance)", page, re.MULTILINE
    )
    assert start is not None
    return page[start.start() : page.index("Number of Observations")]


@pytest.mark.parametrize("name", FITS)
def test_sections_are_rs(name: str) -> None:
    fit = FITS[name]
    frame = load("Orthodont")
    correlation, weights = (argument(fit["r"], part) for part in ("correlation", "weights"))
    psi: list[np.ndarray] = []
    asked = None
    if correlation is not None:
        asked = correlation_request(with_values(correlation, fit["correlation_structure"]["values"]))
    order = np.argsort(frame["Subject"].cat.codes.to_numpy(), kind="stable")
    variance = None if weights is None else variance_request(weights)
    within = within_group(asked, variance, frame, nested_groups(frame, ("Subject",), "random"), order)
    assert isinstance(within, WithinGroup)
    if within.correlation is not None:
        psi.append(within.correlation.start)
    if within.variance is not None:
        psi.append(free_parameters(within.variance, fit["variance_function"]))
    text = "".join(structure_sections(within, np.concatenate(psi), ["Subject"]))
    assert text == section(fit["pages"]["fit"])
    # of corARMA and corAR1 with gaps R prints the same in the summary
    assert text in fit["pages"]["summary"]


def test_all_kinds_are_among_them() -> None:
    kinds = {fit["correlation_structure"]["class"] for fit in FITS.values() if fit["correlation_structure"]}
    assert {"corAR1", "corCAR1", "corARMA", "corCompSymm", "corSymm", "corExp", "corGaus", "corLin"} <= kinds
    assert len(FITS) == 28


def test_each_correlation_by_itself_is_printed_as_the_general_one() -> None:
    """nlme's own print of a fit with corNatural is an error."""
    frame = load("Orthodont")
    values = "c(-0.1, 0.02, -0.3, -0.24, 0.18, 0.26)"
    pages = []
    for function in ("corNatural", "corSymm"):
        with pytest.warns(UserWarning, match="maxIter is 0"):
            fit = lme(
                "distance ~ age", frame, "~ 1 | Subject", f"{function}({values})", control={"maxIter": 0}
            )
        pages.append(str(fit))
    assert pages[0] == pages[1] and "Correlation Structure: General" in pages[0]
    assert isinstance(Structures.read(f"corNatural({values})", None), Structures)
