"""Data that know their grouping, what a model of them needs not say, and models of grouped data or of a list."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, DataError, FormulaError, LmeFit, grouped_data, grouped_info, lm_list, lme


@pytest.fixture
def kids(children: pd.DataFrame) -> pd.DataFrame:
    children.attrs["name"] = "kids"
    return grouped_data("distance ~ age | Subject", children)


@pytest.fixture
def pups(dogs: pd.DataFrame) -> pd.DataFrame:
    dogs.attrs["name"] = "pups"
    return grouped_data("pixel ~ day | Dog/Side", dogs)


ORDERS: dict[str, dict[str, Any]] = {
    "max": {},
    "mean": {"fun": np.mean},
    "outer": {"outer": "~ Sex"},
    "outer_two": {"outer": "~ Sex + Sex"},
    "kept": {"order_groups": False},
}


@pytest.mark.parametrize("name", ORDERS)
def test_groups_are_ordered_as_in_r(name: str, children: pd.DataFrame, recorded: dict[str, Any]) -> None:
    data = grouped_data("distance ~ age | Subject", children, **ORDERS[name])
    assert list(data["Subject"].cat.categories) == recorded["orders"][name]
    assert data["Subject"].cat.ordered == (name != "kept")
    assert data["Subject"].astype(str).tolist() == children["Subject"].astype(str).tolist()
    assert "formula" not in children.attrs


def test_groups_by_a_transformed_response_numbers_and_nested_ones(
    children: pd.DataFrame, dogs: pd.DataFrame, recorded: dict[str, Any]
) -> None:
    girls = children[children["Sex"] == "Female"]
    data = grouped_data("log(distance) ~ age | Subject", girls, fun=np.min)
    assert list(data["Subject"].cat.categories) == recorded["orders"]["logged"]
    numbers = pd.DataFrame({"y": [3.0, 1, 2, 9, 1, 1], "x": range(6), "g": [10, 9, 8, 10, 9, 2]})
    assert list(grouped_data("y ~ x | g", numbers)["g"].cat.categories) == recorded["orders"]["numbers"]
    nested = grouped_data("pixel ~ day | Dog/Side", dogs)
    assert list(nested["Dog"].cat.categories) == recorded["orders"]["nested"]


def test_an_ordered_factor_keeps_its_order(children: pd.DataFrame) -> None:
    order = sorted(children["Subject"].unique(), reverse=True)
    children["Subject"] = pd.Categorical(children["Subject"], order, ordered=True)
    assert list(grouped_data("distance ~ age | Subject", children)["Subject"].cat.categories) == order


def test_missing_responses_don_t_count(children: pd.DataFrame) -> None:
    first = children["Subject"].iloc[0]
    data = children.assign(distance=children["distance"].where(children["Subject"] != first))
    levels = list(grouped_data("distance ~ age | Subject", data)["Subject"].cat.categories)
    assert levels[0] == first
    whole = list(grouped_data("distance ~ age | Subject", children)["Subject"].cat.categories)
    assert levels[1:] == [level for level in whole if level != first]


def test_the_description_can_be_read_off(children: pd.DataFrame) -> None:
    data = grouped_data(
        "distance ~ age | Subject",
        children,
        outer="~Sex",
        inner="~ visit",
        labels={"x": "Age", "y": "Distance"},
        units={"x": "(yr)"},
    )
    info = grouped_info(pickle.loads(pickle.dumps(data)).query("age > 8").assign(z=1))
    assert info is not None
    assert (info.formula.text, info.fixed, info.groups) == (
        "distance ~ age | Subject",
        "distance ~ age",
        ("Subject",),
    )
    assert (info.labels, info.units) == ({"x": "Age", "y": "Distance"}, {"x": "(yr)"})
    assert (info.outer, info.inner) == ("~Sex", "~visit")
    assert grouped_info(children) is None


def fits(kids: pd.DataFrame, pups: pd.DataFrame, name: str) -> LmeFit:
    calls = {
        "missing": lambda: lme("distance ~ age", kids),
        "missing_other": lambda: lme("distance ~ log(age)", kids),
        "whole": lambda: lme(kids),
        "formula": lambda: lme("distance ~ age * Sex", kids, "~ 1"),
        "structure": lambda: lme("distance ~ age * Sex", kids, "pdDiag(~ age)"),
        "list": lambda: lme(lm_list("distance ~ age | Subject", kids)),
        "nested_missing": lambda: lme("pixel ~ 1", pups),
        "nested_formula": lambda: lme("pixel ~ day + I(day^2)", pups, "~ 1"),
    }
    return calls[name]()


@pytest.mark.parametrize(
    "name",
    ["missing", "missing_other", "whole", "formula", "structure", "list", "nested_missing", "nested_formula"],
)
def test_models_and_pages_are_r_s(
    name: str, kids: pd.DataFrame, pups: pd.DataFrame, recorded: dict[str, Any]
) -> None:
    fit = fits(kids, pups, name)
    theirs = recorded["grouped"][name]
    assert fit.log_lik == pytest.approx(theirs["log_lik"], abs=1e-7)
    assert str(fit).rstrip("\n") == theirs["page"].rstrip("\n")


def test_lists_of_structures_go_to_the_levels_in_turn(pups: pd.DataFrame) -> None:
    fit = lme("pixel ~ day + I(day^2)", pups, "list(pdDiag(~ day), ~ 1)")
    named = lme("pixel ~ day + I(day^2)", pups, "list(Dog = pdDiag(~ day), Side = ~ 1)")
    assert str(fit) == str(named)
    same = lme("pixel ~ day + I(day^2)", pups, "list(~ 1)")
    assert str(same) == str(lme("pixel ~ day + I(day^2)", pups, "~ 1 | Dog/Side"))


def test_groups_may_be_named_all_the_same(kids: pd.DataFrame) -> None:
    assert lme("distance ~ age", kids, "~ 1 | Sex").n_groups == {"Sex": 2}
    assert lme(lm_list("distance ~ age | Subject", kids), random="~ 1").n_groups == {"Subject": 27}


def test_offsets_are_no_random_effects(kids: pd.DataFrame) -> None:
    named = lme("distance ~ age + offset(base)", kids, "~ age | Subject")
    for fit in (
        lme("distance ~ age + offset(base)", kids),
        lme(lm_list("distance ~ age + offset(base) | Subject", kids)),
    ):
        assert fit.log_lik == pytest.approx(named.log_lik, rel=1e-12)
        assert list(fit.ranef().columns) == ["(Intercept)", "age"]


def test_a_list_begins_the_search_at_its_spread(kids: pd.DataFrame) -> None:
    fit = lme(lm_list("distance ~ age | Subject", kids))
    plain = lme("distance ~ age", kids, "~ age | Subject")
    assert fit.convergence.starts == plain.convergence.starts + 1
    start = np.array(fit.model.call.random["Subject"].value)
    assert (start > 0).sum() == 2  # relative variances of intercept and slope
    assert fit.log_lik == pytest.approx(plain.log_lik, rel=1e-12)


def test_attrs_that_are_no_description_are_left_alone(children: pd.DataFrame) -> None:
    for other in ("whatever", 3, "y ~ x", "~ x | g"):
        children.attrs["formula"] = other
        assert lme("distance ~ age", children, "~ 1 | Subject").n_obs == 108
        with pytest.raises(ArgumentError, match="random: the grouping is missing"):
            lme("distance ~ age", children)
        with pytest.raises(FormulaError, match=r"data: attrs\['formula'\]"):
            lme(children)


@pytest.mark.parametrize(
    ("formula", "options", "error", "message"),
    [
        ("distance ~ age", {}, FormulaError, "formula: .* must name response, covariate and groups"),
        ("~ age | Subject", {}, FormulaError, "must name response"),
        ("distance ~ . | Subject", {}, FormulaError, "must name response"),
        (3, {}, FormulaError, "formula: expected text"),
        (
            "distance ~ age | Subjekt",
            {},
            DataError,
            "formula: the data have no column 'Subjekt'; did you mean",
        ),
        (
            "distance ~ age | Subject",
            {"order_groups": "yes"},
            ArgumentError,
            "order_groups: expected True or",
        ),
        ("distance ~ age | Subject", {"fun": lambda y: y}, ArgumentError, "fun: expected a function"),
        ("distance ~ age | Subject", {"outer": "~ age"}, DataError, "outer: '~age' varies within groups"),
        ("distance ~ age | Subject", {"outer": "Sex"}, FormulaError, "outer: "),
        ("distance ~ age | Subject", {"outer": "y ~ Sex"}, FormulaError, "outer: .* must be one-sided"),
        ("distance ~ age | Subject", {"inner": 3}, ArgumentError, "inner: expected a formula"),
        ("distance ~ age | Subject", {"inner": "~ nothing"}, DataError, "inner: .*'nothing'"),
        ("distance ~ age | Subject", {"labels": {"z": "Age"}}, ArgumentError, "labels: expected a dict"),
        ("distance ~ age | Subject", {"units": ["yr"]}, ArgumentError, "units: expected a dict"),
        ("Sex ~ age | Subject", {}, DataError, "the response 'Sex' holds text"),
    ],
)
def test_what_is_no_description_is_refused(
    formula: Any, options: dict[str, Any], error: type[Exception], message: str, children: pd.DataFrame
) -> None:
    with pytest.raises(error, match=message):
        grouped_data(formula, children, **options)


def test_calls_that_say_too_much_or_too_little_are_refused(
    children: pd.DataFrame, kids: pd.DataFrame
) -> None:
    with pytest.raises(ArgumentError, match=r"fixed: a DataFrame will do only if grouped_data\(\) made it"):
        lme(children)
    with pytest.raises(ArgumentError, match="data: fixed is DataFrame and brings its data"):
        lme(kids, kids)
    with pytest.raises(ArgumentError, match="data: expected a pandas DataFrame, got NoneType"):
        lme("distance ~ age", random="~ 1 | Subject")
    with pytest.raises(ArgumentError, match="fixed: only a list with one grouping factor"):
        lme(lm_list("distance ~ age | Sex/Subject", children))
    with pytest.raises(FormulaError, match=r"random: `~1` in the list has no group"):
        lme("distance ~ age", kids, "list(~ 1, ~ age)")
