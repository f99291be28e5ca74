"""What a name in a formula stands for: a column, the number pi, or with a dot all other columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rbridge

pytestmark = pytest.mark.needs_r


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({"x": rng.normal(size=60), "w": rng.normal(size=60)})
    frame["y"] = 9 + frame.x + np.repeat(rng.normal(size=10), 6) + rng.normal(size=60)
    frame["school"] = np.repeat(np.arange(10), 6)
    return frame


def refused(kind: type[Exception], *arguments: object, **named: object) -> str:
    with pytest.raises(rbridge.BridgeError) as caught:
        rbridge.lme(*arguments, **named)
    assert type(caught.value) is kind
    return str(caught.value)


# --- pi


def test_pi_is_the_number_in_the_model_of_ovary(r) -> None:
    """The first model of Pinheiro and Bates's section 5.4.1."""
    frame = r.frame("Ovary")
    fixed = "follicles ~ sin(2*pi*Time) + cos(2*pi*Time)"
    fit = rbridge.lme(fixed, frame, {"Mare": "pdDiag(~ sin(2*pi*Time))"})
    r(f"m <- lme({fixed}, data = ovary, random = list(Mare = pdDiag(~ sin(2*pi*Time))))")
    np.testing.assert_array_equal(fit.fixef(), r("c(fixef(m))"))
    assert list(fit.fixef().index) == ["(Intercept)", "sin(2 * pi * Time)", "cos(2 * pi * Time)"]
    assert fit.log_lik == r("as.numeric(logLik(m))")[0]
    assert str(fit.summary()) == r.printed("summary(m)")
    for level in (0, 1):
        np.testing.assert_array_equal(
            fit.predict(frame.head(9), level), r(f"c(predict(m, ovary[1:9, ], level = {level}))")
        )


@pytest.mark.parametrize(
    ("with_pi", "with_number"),
    [
        ({"fixed": "log(y + pi) ~ x"}, {"fixed": "log(y + 3.141592653589793) ~ x"}),
        (
            {"weights": "varPower(form = ~ I(pi + x^2))"},
            {"weights": "varPower(form = ~ I(3.141592653589793 + x^2))"},
        ),
        ({"subset": "x < pi / 6"}, {"subset": "x < 3.141592653589793 / 6"}),
        ({"subset": "x > -1 & (w < pi | w > 9)"}, {"subset": "x > -1"}),
    ],
)
def test_pi_is_the_number_in_any_expression(data: pd.DataFrame, with_pi: dict, with_number: dict) -> None:
    plain = {"fixed": "y ~ x", "data": data, "random": "~ 1 | school"}
    made, expected = rbridge.lme(**{**plain, **with_pi}), rbridge.lme(**{**plain, **with_number})
    np.testing.assert_array_equal(made.fixef(), expected.fixef())
    assert made.n_obs == expected.n_obs


def test_a_column_called_pi_is_a_term_but_never_both(data: pd.DataFrame) -> None:
    frame = data.rename(columns={"w": "pi"})
    expected = rbridge.lme("y ~ x + w", data, "~ w | school")
    fit = rbridge.lme("y ~ x + pi", frame, "~ pi | school")
    np.testing.assert_array_equal(fit.fixef(), expected.fixef())
    for arguments in (
        {"fixed": "y ~ x + sin(pi)"},
        {"fixed": "y ~ pi + sin(pi * x)"},
        {"fixed": "pi + y ~ x"},
        {"random": "~ I(pi) | school"},
        {"subset": "pi > 0"},
    ):
        call = {"fixed": "y ~ x", "data": frame, "random": "~ 1 | school", **arguments}
        message = refused(rbridge.FormulaError, **call)
        assert message.startswith(f"{next(iter(arguments))}: 'pi' is the number") and "rename" in message


@pytest.mark.parametrize("name", ["T", "F", "letters", "LETTERS", "month.name", "month.abb", ".Machine"])
def test_no_other_global_of_r_is_seen(data: pd.DataFrame, name: str) -> None:
    for fixed in (f"y ~ {name}", f"y ~ I({name} + x)", f"y ~ ifelse(x > 0, {name}, x)"):
        message = refused(rbridge.DataError, fixed, data, "~ 1 | school")
        assert f"fixed uses '{name}', which is not a column" in message
    assert "fixed uses 'pi', which is not" in refused(rbridge.DataError, "y ~ x * pi", data, "~ 1 | school")


def test_true_and_false_are_constants(data: pd.DataFrame) -> None:
    made = rbridge.lme("y ~ ns(x, 2, intercept = FALSE)", data, "~ 1 | school", subset="TRUE & x < 9")
    np.testing.assert_array_equal(made.fixef(), rbridge.lme("y ~ ns(x, 2)", data, "~ 1 | school").fixef())


# --- the dot

DOTS = {
    "y ~ .": "y ~ x + w + school",
    "log(y) ~ .": "log(y) ~ x + w + school",
    "y ~ . - school": "y ~ (x + w + school) - school",
    "y ~ .^2 - school": "y ~ (x + w + school)^2 - school",
    "y ~ . + I(x^2)": "y ~ x + w + school + I(x^2)",
    "y ~ x + .": "y ~ x + (x + w + school)",
    "y ~ w:.": "y ~ w:(x + w + school)",
    "y ~ (.)": "y ~ (x + w + school)",
    "y ~ -1 + .": "y ~ -1 + (x + w + school)",
    "y + x ~ .": "y + x ~ w + school",
}


@pytest.mark.parametrize(("fixed", "written"), DOTS.items())
def test_a_dot_is_all_other_columns(r, data: pd.DataFrame, fixed: str, written: str) -> None:
    """R's terms() expands to the same terms, in the same order."""
    made, expected = rbridge.lme(fixed, data, "~ 1 | school"), rbridge.lme(written, data, "~ 1 | school")
    pd.testing.assert_series_equal(made.fixef(), expected.fixef(), check_exact=True)
    assert f"Fixed effects:  {written} \n" in str(made.summary())
    names = "x = 1, w = 1, y = 1, school = 1"
    labels = r(f"labels(terms({fixed}, data = data.frame({names})))")
    assert [name for name in made.fixef().index if name != "(Intercept)"] == labels
    pd.testing.assert_series_equal(made.predict(data.head(5)), made.fitted().head(5), rtol=1e-12)


def test_a_dot_takes_columns_of_any_name_and_factors(data: pd.DataFrame) -> None:
    frame = data.rename(columns={"w": "my w", "x": "pi"}).assign(sex=list("FMM") * 20)
    frame[7] = "a column whose name is no text is left out"
    made = rbridge.lme("y ~ . - school", frame, "~ 1 | school")
    assert list(made.fixef().index) == ["(Intercept)", "pi", "`my w`", "sexM"]


def test_a_dot_where_it_cannot_stand(data: pd.DataFrame) -> None:
    def message(frame: pd.DataFrame, fixed: str = "y ~ .", random: str = "~ 1 | school", **named: str) -> str:
        return refused(rbridge.FormulaError, fixed, frame, random, **named)

    assert "but there are none" in message(data[["y"]])
    assert "the data have a column '.' too" in message(data.rename(columns={"w": "."}))
    assert message(data, random="~ . | school").startswith("random uses '.', which stands for")
    assert message(data, "y ~ log(.)").startswith("fixed uses '.', which stands for")
    assert message(data, ". ~ x").startswith("fixed uses '.'")
    assert message(data, subset=". > 1").startswith("subset uses '.'")
    wide = pd.concat([data, pd.DataFrame(0.0, data.index, [f"c{i}" for i in range(2000)])], axis=1)
    assert "2003 columns; at most 900" in message(wide)
    assert "more than 2000 terms" in message(wide.iloc[:, :100], "y ~ .^3")


@pytest.mark.parametrize(
    "name", ["", "n" * 10_001, "a\0", "\ud800"], ids=["empty", "long", "NUL", "surrogate"]
)
def test_a_dot_over_a_name_that_r_cannot_hold(data: pd.DataFrame, name: str) -> None:
    try:
        frame = data.rename(columns={"w": name})
    except UnicodeEncodeError:
        pytest.skip("pandas on Arrow can't hold such a name either")
    refused(rbridge.DataError, "y ~ .", frame, "~ 1 | school")
    expected = rbridge.lme("y ~ x", data, "~ 1 | school").fixef()
    np.testing.assert_array_equal(rbridge.lme("y ~ x", frame, "~ 1 | school").fixef(), expected)
