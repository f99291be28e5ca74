"""Bad requests: one clear error that names the argument or the column, and the mend."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, DataError, FormulaError, LmeError, compare_fits, compare_pred, lm_list, lme


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({"g": np.repeat(list("abcdef"), 5), "h": np.tile([1, 1, 2, 2, 2], 6)})
    frame["x"], frame["w"], noise = rng.normal(size=(3, 30))
    frame["f"] = pd.Categorical(np.tile(list("uvuvv"), 6))
    frame["y"] = frame["x"] + noise + np.repeat(rng.normal(size=6), 5)
    frame["log_y"] = frame["y"] + 10
    return frame


@pytest.fixture(scope="module")
def fit(data: pd.DataFrame) -> Any:
    return lme("y ~ x + w + f", data, "~ 1 | g")


LISTS: list[tuple[dict[str, Any], type[LmeError], str]] = [
    ({"formula": "y ~ x"}, FormulaError, "formula: .*which groups.*'y ~ x | group'"),
    ({"formula": "~ x | g"}, FormulaError, "formula: .*has no response; write 'y ~ x | g'"),
    ({"formula": 3}, ArgumentError, "formula: expected an R formula as text.*int"),
    ({"formula": "y ~ x | k"}, DataError, "formula: the data have no column 'k'"),
    ({"formula": "y ~ q | g"}, DataError, "formula: the data have no column 'q'"),
    ({"formula": "f ~ x | g"}, DataError, "formula: the response 'f' holds text or categories"),
    ({"formula": "y ~ 0 | g"}, DataError, "formula: it has no coefficients; keep at least the intercept"),
    ({"formula": "y ~ system('ls') | g"}, FormulaError, "formula: .*system"),
    ({"data": [1, 2]}, ArgumentError, "data: expected a pandas DataFrame, got list"),
    ({"data": None}, ArgumentError, "data: expected a pandas DataFrame"),
    ({"formula": "y ~ x | g/h", "level": 3}, ArgumentError, "level: 3 is not .*; choose 1 or 'g', 2 or 'h'"),
    ({"formula": "y ~ x | g/h", "level": 0}, ArgumentError, "level: 0 is not a level"),
    ({"formula": "y ~ x | g/h", "level": True}, ArgumentError, "level: True is not a level"),
    ({"subset": "x > 100"}, DataError, "data: the subset has no rows"),
    ({"na_action": "pass"}, ArgumentError, "na_action: 'pass' is unknown"),
    ({"pool": "yes"}, ArgumentError, "pool: expected True or False, got 'yes'"),
]


@pytest.mark.parametrize(("change", "kind", "message"), LISTS)
def test_lists(data: pd.DataFrame, change: dict[str, Any], kind: type[LmeError], message: str) -> None:
    with pytest.raises(kind, match=message):
        lm_list(**{"formula": "y ~ x | g", "data": data, **change})


def test_data_that_know_their_groups_are_given_once(data: pd.DataFrame) -> None:
    with pytest.raises(ArgumentError, match="data: formula is a DataFrame already"):
        lm_list(data, data)
    with pytest.raises(ArgumentError, match=r"formula: these data don't say.*grouped_data\(\)"):
        lm_list(data)


def test_numbers_too_large_to_square(data: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"formula: the values of 'y' are of the order of 1e\+99.*units"):
        lm_list("y ~ x | g", data.assign(y=np.where(data["x"] > 0, 1e99, 1.0)))


def test_methods_of_a_list(data: pd.DataFrame) -> None:
    fits = lm_list("y ~ x + f | g", data)
    for ask, message in (
        (lambda: fits.residuals("normalized"), "type: 'normalized' is unknown; choose one of response"),
        (lambda: fits.intervals(95), "level: the confidence level must lie between 0 and 1"),
        (lambda: fits.intervals(pool=1), "pool: expected True or False"),
        (lambda: fits.summary(pool="no"), "pool: expected True or False"),
        (lambda: fits.predict([1]), "data: expected a pandas DataFrame"),
        (lambda: fits.predict(data.drop(columns="g")), "newdata: the data have no column 'g'"),
        (lambda: fits.predict(data.drop(columns="x")), "newdata: the data have no column 'x'"),
        (lambda: fits.predict(data.assign(f="z")), "newdata: .*'f'.*'z'"),
    ):
        with pytest.raises((ArgumentError, DataError), match=message):
            ask()


GRIDS: list[tuple[dict[str, Any], str]] = [
    ({"primary": None}, "primary: say which covariate to predict along"),
    ({"primary": 3}, "primary: expected the name of a column, got 3"),
    ({"primary": "age"}, "primary: the data have no column 'age'"),
    ({"primary": "f"}, "primary: column 'f' is not numeric"),
    ({"primary": "~ x + w"}, "primary: expected one covariate, got x, w"),
    ({"primary": "~ 1"}, "primary: expected one covariate, got none"),
    ({"primary": "x", "minimum": 2, "maximum": 1}, "minimum: 2 is above the maximum, 1"),
    ({"primary": "x", "minimum": "low"}, "minimum: expected a finite number, got 'low'"),
    ({"primary": "x", "maximum": np.inf}, "maximum: expected a finite number, got inf"),
    ({"primary": "x", "length_out": 2.5}, "length_out: expected a whole number, got 2.5"),
    ({"primary": "x", "length_out": 0}, "length_out: at least one value is needed"),
]


@pytest.mark.parametrize(
    ("request_", "message"), [*GRIDS, ({"primary": "x", "level": 2}, "level: 2 is not a level")]
)
def test_grids(fit: Any, request_: dict[str, Any], message: str) -> None:
    with pytest.raises((ArgumentError, DataError), match=message):
        fit.aug_pred(**request_)


def test_comparisons_of_predictions(data: pd.DataFrame, fit: Any) -> None:
    other = lme("log_y ~ x", data, "~ 1 | g")
    fewer = lm_list("y ~ x | g", data[data["g"] != "a"])
    same = lm_list("y ~ x | g", data)
    for second, extra, message in (
        (other, {}, "fit2: its response is 'log_y', that of fit1 'y'"),
        (fewer, {}, "fit2: its groups are not those of fit1"),
        (data, {}, "fit2: expected a fit of lme or lm_list, got DataFrame"),
        (same, {"names": ("a", "a")}, "names: expected two different names"),
        (same, {"names": ("original", "b")}, "names: 'original' is what the observations are called"),
        (same, {"names": "ab"}, "names: expected two different names"),
        (same, {"level": [0, 1]}, r"level: fits are compared at one level, got \[0, 1\]"),
        (same, {"level": 5}, "level: 5 is not a level"),
    ):
        with pytest.raises(ArgumentError, match=message):
            compare_pred(fit, second, "x", **extra)
    with pytest.raises(ArgumentError, match="fit1: expected a fit of lme or lm_list, got str"):
        compare_pred("fit", fit, "x")


def test_comparisons_of_coefficients(data: pd.DataFrame, fit: Any) -> None:
    coef, nested = fit.coef(), lme("y ~ x", data, "~ 1 | g/h")
    for first, second, which, message in (
        (coef, nested.coef(), None, "coef2: these are tables of several levels"),
        (fit, coef, None, r"coef1: expected a table of coefficients, fit.coef\(\), got LmeFit"),
        (coef, coef.iloc[1:], None, "coef2: has no group 'a'; both tables need the same groups"),
        (coef, fit.coef(aug_frame=True), None, "coef2: column 'f' is not a coefficient"),
        (coef.iloc[[0, 0]], coef, None, "coef1: its groups must have different names"),
        (coef, coef, "v", r"which: 'v' is not a coefficient; choose from '\(Intercept\)', 'x'"),
        (coef, coef, [0], "which: 0 is not a coefficient"),
        (coef, coef, [], "which: name at least one coefficient"),
    ):
        with pytest.raises(ArgumentError, match=message):
            compare_fits(first, second, which)
    with pytest.raises(
        ArgumentError, match=re.escape("names: expected two different names for the fits, got (1, 2)")
    ):
        compare_fits(coef, coef, names=(1, 2))
