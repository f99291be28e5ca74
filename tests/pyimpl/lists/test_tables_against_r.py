"""augPred, comparePred and compareFits: R's tables, rows in R's order, and R's pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from pyimpl import lme
from pyimpl.aug_pred import AugPred
from pyimpl.compare_fits import CompareFits, compare_fits
from pyimpl.compare_pred import compare_pred
from pyimpl.lists import lm_list
from pyimpl.report import SlicedTable, render_predictions, render_slices

from .conftest import array, data_of, frame_of, recorded

FITS: dict[str, Callable[[], Any]] = {
    "slopes": lambda: lme("distance ~ age * Sex", data_of("Orthodont"), "~ age | Subject"),
    "shuffled": lambda: lme("distance ~ age * Sex", data_of("Shuffled"), "~ age | Subject"),
    "linear": lambda: lme("distance ~ age", data_of("Shuffled"), "~ age | Subject"),
    "constant": lambda: lme("distance ~ age", data_of("Shuffled"), "~ 1 | Subject"),
    "pixel": lambda: lme("pixel ~ day + I(day^2)", data_of("Pixel"), {"Dog": "~ day", "Side": "~ 1"}),
    "oats": lambda: lme("yield ~ nitro", data_of("Oats"), "~ 1 | Block/Variety"),
    "list_shuffled": lambda: lm_list("distance ~ age | Subject", data_of("Shuffled")),
    "list_grouped": lambda: lm_list("distance ~ age | Subject", data_of("Orthodont")),
    "list_dogs": lambda: lm_list("pixel ~ day | Dog/Side", data_of("Pixel")),
}


@cache
def fit(name: str) -> Any:
    return FITS[name]()


TABLES: dict[str, Callable[[], AugPred]] = {
    "own": lambda: fit("slopes").aug_pred("age", length_out=4),
    "named": lambda: fit("shuffled").aug_pred("~ age", length_out=3),
    "ends": lambda: fit("shuffled").aug_pred("age", minimum=5, maximum=6, length_out=2),
    "population": lambda: fit("shuffled").aug_pred("age", length_out=3, level=0),
    "both": lambda: fit("shuffled").aug_pred("age", length_out=2, level=[0, 1]),
    "dog": lambda: fit("pixel").aug_pred("day", length_out=3, level=1),
    "side": lambda: fit("pixel").aug_pred("day", length_out=3),
    "plots": lambda: fit("oats").aug_pred("nitro", length_out=2),
    "blocks": lambda: fit("oats").aug_pred("nitro", length_out=2, level="Block"),
    "all": lambda: fit("pixel").aug_pred("day", length_out=2, level=[0, "Dog", 2]),
    "list": lambda: fit("list_grouped").aug_pred("age", length_out=3),
    "list_nested": lambda: fit("list_dogs").aug_pred("day", length_out=2),
    "compare": lambda: compare_pred(
        fit("shuffled"), fit("constant"), "age", length_out=3, names=("shuffled", "constant")
    ),
    "compare_population": lambda: fit("shuffled").compare_pred(
        fit("constant"), "age", length_out=3, level=0, names=("shuffled", "constant")
    ),
    "compare_list": lambda: compare_pred(
        fit("shuffled"), fit("list_shuffled"), "age", length_out=2, names=("shuffled", "list_shuffled")
    ),
}


def test_every_recorded_table_is_tested() -> None:
    assert list(recorded()["tables"]) == list(TABLES)
    assert list(recorded()["coefficients"]) == list(COEFFICIENTS)


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_those_of_r(name: str) -> None:
    found, wanted = TABLES[name](), recorded()["tables"][name]
    table, of_r = found.to_frame(), frame_of(wanted["table"])
    assert list(table.columns) == list(of_r.columns)
    for column in (1, 3):
        assert list(table.iloc[:, column].astype(str)) == list(of_r.iloc[:, column].astype(str))
        assert list(table.iloc[:, column].cat.categories) == list(of_r.iloc[:, column].cat.categories)
        assert table.iloc[:, column].cat.ordered
    np.testing.assert_allclose(table.iloc[:, 0], of_r.iloc[:, 0], rtol=1e-15)
    # R's EM iterations end, converged, 8 digits from the optimum
    np.testing.assert_allclose(table.iloc[:, 2], of_r.iloc[:, 2], rtol=1e-12 if name[:4] == "list" else 1e-7)


@pytest.mark.parametrize("name", TABLES)
def test_numbers_of_r_give_pages_of_r(name: str) -> None:
    wanted = recorded()["tables"][name]
    of_r = frame_of(wanted["table"])
    x, groups, y, kind = (of_r.iloc[:, k] for k in range(4))
    columns = (x.to_numpy(float), list(groups.astype(str)), y.to_numpy(float), list(kind.astype(str)))
    assert render_predictions(columns, wanted["rows"], list(of_r.columns)) == wanted["page"] + "\n"


@pytest.mark.parametrize("name", TABLES)
def test_pages_are_those_of_r(name: str) -> None:
    assert str(TABLES[name]()) == recorded()["tables"][name]["page"]


def test_observations_stay_with_their_groups_in_whatever_order_they_come() -> None:
    data = data_of("Shuffled")
    table = fit("list_shuffled").aug_pred("age").to_frame().iloc[: len(data)]
    for column in ("age", "distance"):
        assert table[column].tolist() == data[column].tolist()
    assert table["Subject"].tolist() == data["Subject"].tolist()


COEFFICIENTS: dict[str, Callable[[], CompareFits]] = {
    "same": lambda: compare_fits(
        fit("constant").coef(),
        fit("list_shuffled").coef(),
        names=("coef(constant)", "coef(list_shuffled)"),
    ),
    "one": lambda: compare_fits(
        fit("linear").coef(), fit("constant").coef(), which="age", names=("coef(linear)", "coef(constant)")
    ),
    "two": lambda: compare_fits(
        fit("linear").ranef(),
        fit("list_shuffled").ranef(),
        which=[2, 1],
        names=("ranef(linear)", "ranef(list_shuffled)"),
    ),
}


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_comparisons_of_coefficients_are_those_of_r(name: str) -> None:
    found, wanted = COEFFICIENTS[name](), recorded()["coefficients"][name]
    table = SlicedTable(
        tuple(wanted["slices"]), tuple(wanted["groups"]), tuple(wanted["names"]), array(wanted["values"])
    )
    assert (found.table.slices, found.table.rows, found.table.columns) == (
        table.slices,
        table.rows,
        table.columns,
    )
    np.testing.assert_allclose(found.table.values, table.values, rtol=1e-6, atol=1e-7)
    assert render_slices(table) == wanted["page"] + "\n"
    assert str(found) == wanted["page"]
