"""Models that can't be fitted, in formula or in data: one error that says why, where nlme has only its own words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import rbridge

pytestmark = pytest.mark.needs_r


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(10), 6)
    frame = pd.DataFrame({"x": rng.normal(size=60), "g": g, "h": g // 2, "s": rng.choice(["a", "b"], 60)})
    frame["y"] = frame.x + rng.normal(size=10)[g] + rng.normal(size=60)
    return frame.assign(
        one=1.0, exact=2 + 3 * frame.x, big=frame.x * 1e300, tiny=frame.x * 1e-300, **{"odd y": frame.y}
    )


def refusal(kind: type[Exception], data: pd.DataFrame, fixed: Any, random: Any = "~ 1 | g") -> str:
    with pytest.raises(kind) as caught:
        rbridge.lme(fixed, data, random)
    assert type(caught.value) is kind
    return str(caught.value)


@pytest.mark.parametrize(
    "random", ["~ -1 | g", "~ 0 | g", "~ x - x - 1 | g", {"g": "pdDiag(~ 0)"}, "list(g = ~ -1)"]
)
def test_no_random_effects(data: pd.DataFrame, random: Any) -> None:
    message = refusal(rbridge.DataError, data, "y ~ x", random)
    assert message.startswith("random: the formula ~") and "no random effects; write '~ 1 | g'" in message


@pytest.mark.parametrize("right", ["0", "-1", "x - x - 1", "0 + offset(x)"])
def test_no_fixed_effects(data: pd.DataFrame, right: str) -> None:
    message = refusal(rbridge.DataError, data, f"y ~ {right}")
    assert message == "fixed: the formula has no fixed effects; keep at least the intercept, 'y ~ 1'"


@pytest.mark.parametrize("fixed", ["y ~ y", "y ~ x + y", "y ~ x * y", "log(x) ~ log(x)", "`odd y` ~ `odd y`"])
def test_the_response_on_both_sides(data: pd.DataFrame, fixed: str) -> None:
    assert "is on the right side too; drop it there" in refusal(rbridge.FormulaError, data, fixed)


def test_a_response_that_explains_itself_only_in_another_form_is_fitted(data: pd.DataFrame) -> None:
    assert list(rbridge.lme("y ~ x - y", data, "~ 1 | g").fixef().index) == ["(Intercept)", "x"]
    assert list(rbridge.lme("exp(y) ~ y", data, "~ 1 | g").fixef().index) == ["(Intercept)", "y"]


@pytest.mark.parametrize("random", ["~ 1 | g | h", "~ (x | g)", "~ 1 + (x | g) | h"])
def test_one_bar_only(data: pd.DataFrame, random: str) -> None:
    assert "more than one '|'" in refusal(rbridge.FormulaError, data, "y ~ x", f"{random} | g")


@pytest.mark.parametrize("term", ['"x"', 'x + "x"', "2", "x:3", "TRUE", '("x")'])
def test_constants_are_no_terms(data: pd.DataFrame, term: str) -> None:
    assert "is not a term; name a column" in refusal(rbridge.FormulaError, data, f"y ~ {term}")
    assert "is not a term; name a column" in refusal(rbridge.FormulaError, data, "y ~ x", f"~ {term} | g")


def test_powers_and_numbers_inside_expressions_are_terms(data: pd.DataFrame) -> None:
    fit = rbridge.lme("y ~ 1 + (x + s)^2 + I(x * 3)^2 - x:s - I(x * 3)", data, "~ 1 | g")
    assert list(fit.fixef().index)[:3] == ["(Intercept)", "x", "sb"]


@pytest.mark.parametrize("term", ["poly(s, 2)", "log(s)", "I(s + 1)", "I(x * s)", "scale(s)", "abs(s)"])
def test_text_where_numbers_are_needed(data: pd.DataFrame, term: str) -> None:
    for message in (
        refusal(rbridge.DataError, data, f"y ~ {term}"),
        refusal(rbridge.DataError, data, "y ~ x", f"~ {term} | g"),
    ):
        assert message == (
            "'s' holds text or categories where numbers are needed; convert the column with astype(float) "
            f"(in `{term}`)"
        )
    assert rbridge.lme("y ~ ifelse(s == 'a', x, 0)", data, "~ 1 | g").n_obs == 60


@pytest.mark.parametrize("response", ["one", "exact", "I(2 * exact)"])
def test_a_response_without_variance(data: pd.DataFrame, response: str) -> None:
    message = refusal(rbridge.DataError, data, f"{response} ~ x")
    assert f"fixed effects fit the response '{response}' exactly" in message


@pytest.mark.parametrize(
    ("fixed", "random", "words"),
    [
        ("y ~ big", "~ 1 | g", "fixed: the values of 'big' are of the order of 2e+300"),
        ("y ~ tiny", "~ 1 | g", "fixed: the values of 'tiny' are of the order of 2e-300"),
        ("big ~ x", "~ 1 | g", "fixed: the values of 'big'"),
        ("tiny ~ x", "~ 1 | g", "fixed: the values of 'tiny'"),
        ("y ~ I(x * 1e300)", "~ 1 | g", "fixed: the values of 'I(x * 1e+300)'"),
        ("y ~ x", "~ big | g", "random: the values of 'big'"),
    ],
)
def test_values_far_from_one(data: pd.DataFrame, fixed: str, random: str, words: str) -> None:
    message = refusal(rbridge.DataError, data, fixed, random)
    assert message.startswith(words) and message.endswith("too far from 1 to compute with; change its units")


@pytest.mark.parametrize("fixed", [None, b"y ~ x", 3, 3.5, ["y ~ x"]], ids=ascii)
def test_a_formula_is_text(data: pd.DataFrame, fixed: Any) -> None:
    assert "must be a formula as a string" in refusal(rbridge.FormulaError, data, fixed)


def test_random_of_another_type_is_no_formula_error(data: pd.DataFrame) -> None:
    for random in (None, 3, b"~ 1 | g", {}):
        assert "random" in refusal(rbridge.ArgumentError, data, "y ~ x", random)


@pytest.mark.parametrize(
    ("random", "words"),
    [
        ("~ 1", "names no grouping factor"),
        ("pdDiag(~ x)", "names no grouping factor"),
        ("~ 1 | g/g", "names the group 'g' twice"),
        ("list(g = ~ 1, g = ~ x)", "names the group 'g' twice"),
    ],
)
def test_groups_that_are_missing_or_named_twice(data: pd.DataFrame, random: str, words: str) -> None:
    assert words in refusal(rbridge.FormulaError, data, "y ~ x", random)


def test_newdata_without_the_groups_says_so(data: pd.DataFrame) -> None:
    fit = rbridge.lme("y ~ x", data, "~ 1 | g")
    with pytest.raises(rbridge.DataError, match="predict uses 'g', which is not a column of newdata"):
        fit.predict(data[["x"]])
    pd.testing.assert_series_equal(fit.predict(data[["x"]], level=0), fit.fitted(0))
