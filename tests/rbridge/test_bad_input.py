"""Bad input: one clear error that names the argument or the column, what is wrong, and the mend."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rbridge

pytestmark = pytest.mark.needs_r


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    n = 60
    frame = pd.DataFrame(
        {"x": rng.normal(size=n), "w": rng.normal(size=n), "school": np.repeat(np.arange(10), 6)}
    )
    frame["y"] = frame.x + np.repeat(rng.normal(size=10), 6) + rng.normal(size=n)
    frame["sex"] = rng.choice(["F", "M"], n)
    frame.index = [f"row {i}" for i in range(n)]
    return frame


def error(kind: type[Exception], *arguments: object, **named: object) -> str:
    with pytest.raises(kind) as caught:
        rbridge.lme(*arguments, **named)
    assert type(caught.value) is kind
    return str(caught.value)


def test_a_missing_column_is_named_with_its_neighbours(data: pd.DataFrame) -> None:
    message = error(rbridge.DataError, "y ~ x", data, "~ 1 | scool")
    assert message == "random uses 'scool', which is not a column of data; did you mean 'school'?"
    assert "fixed uses 'X'" in error(rbridge.DataError, "y ~ X", data, "~ 1 | school")
    assert "did you mean 'x'" in error(rbridge.DataError, "y ~ X", data, "~ 1 | school")
    assert "weights uses" in error(
        rbridge.DataError, "y ~ x", data, "~ 1 | school", weights="varPower(form = ~ age)"
    )


@pytest.mark.parametrize("name", ["T", "F", "pi", "letters", "mtcars", "lm", "data", "hsb"])
def test_names_that_r_would_find_elsewhere_are_missing_columns(data: pd.DataFrame, name: str) -> None:
    data.attrs["name"] = "hsb"
    assert f"fixed uses '{name}', which is not a column" in error(
        rbridge.DataError, f"y ~ {name}", data, "~ 1 | school"
    )


def test_missing_values_are_counted(data: pd.DataFrame) -> None:
    data.loc[["row 3", "row 9"], "x"] = np.nan
    message = error(rbridge.DataError, "y ~ x", data, "~ 1 | school")
    assert message == (
        "data: missing values in object: column 'x' has 2; fill them, or pass na_action='omit' to leave out the "
        "2 incomplete rows"
    )
    data.loc[["row 3", "row 4", "row 5"], "sex"] = None
    message = error(rbridge.DataError, "y ~ x + sex", data, "~ 1 | school")
    assert "column 'x' has 2, column 'sex' has 3; fill them" in message and "the 4 incomplete rows" in message
    data["x"] = data.x.fillna(0)
    data["w"] = np.nan
    assert rbridge.lme("y ~ x", data, "~ 1 | school").n_obs == 60  # an unused column may miss


def test_omit_and_exclude_keep_the_index(data: pd.DataFrame) -> None:
    data.loc[["row 3", "row 9"], "x"] = np.nan
    data.loc["row 5", "sex"] = None
    used = data.drop(["row 3", "row 9", "row 5"])
    expected = rbridge.lme("y ~ x + sex", used, "~ 1 | school")
    omit = rbridge.lme("y ~ x + sex", data, "~ 1 | school", na_action="omit")
    exclude = rbridge.lme("y ~ x + sex", data, "~ 1 | school", na_action="exclude")
    for ask in (lambda fit: fit.fitted(), lambda fit: fit.residuals("pearson", 0), lambda fit: fit.predict()):
        pd.testing.assert_series_equal(ask(omit), ask(expected))
        pd.testing.assert_series_equal(ask(exclude), ask(expected).reindex(data.index))
    assert omit.n_obs == exclude.n_obs == 57
    assert omit.predict(data).isna().sum() == 3


def test_shuffled_rows_with_missing_values(data: pd.DataFrame) -> None:
    data.loc[["row 3", "row 9"], "x"] = np.nan
    shuffled = data.sample(frac=1, random_state=1)
    for action in ("omit", "exclude"):
        fit = rbridge.lme("y ~ x", shuffled, "~ 1 | school", na_action=action, subset="w > -1")
        made = (fit.fitted() + fit.residuals()).dropna()
        pd.testing.assert_series_equal(made, shuffled.y.loc[made.index], check_names=False)
        assert len(made) == fit.n_obs == int(((data.w > -1) & data.x.notna()).sum())


def test_no_row_left(data: pd.DataFrame) -> None:
    data["x"] = np.nan
    assert "no row of the data is complete" in error(
        rbridge.DataError, "y ~ x", data, "~ 1 | school", na_action="omit"
    )
    assert error(rbridge.DataError, "y ~ x", data.head(0), "~ 1 | school") == "data has no rows"


def test_subset_by_rows_and_by_text_agree(data: pd.DataFrame) -> None:
    keep = data.sex == "F"
    text = rbridge.lme("y ~ x", data, "~ 1 | school", subset='sex == "F"')
    assert '  Subset: sex == "F" \n' in str(text.summary())
    for subset in (keep, keep.to_numpy(), list(keep), keep.astype("boolean")):
        fit = rbridge.lme("y ~ x", data, "~ 1 | school", subset=subset)
        pd.testing.assert_series_equal(fit.fixef(), text.fixef())
        pd.testing.assert_series_equal(fit.fitted(), text.fitted())
        assert "Subset" not in str(fit.summary())
    data.loc["row 3", "sex"] = None
    message = error(rbridge.DataError, "y ~ x", data, "~ 1 | school", subset='sex == "F"')
    assert "subset is missing for 1 rows" in message
    assert (
        rbridge.lme("y ~ x", data, "~ 1 | school", subset='sex == "F" & !is.na(sex)').n_obs
        == (data.sex == "F").sum()
    )


def test_subset_is_aligned_by_its_index_and_false_where_missing(data: pd.DataFrame) -> None:
    keep = data.x > 0
    expected = rbridge.lme("y ~ x", data, "~ 1 | school", subset=keep)
    wider = pd.concat([keep, pd.Series([True], index=["elsewhere"])])
    gaps = [True if flag else None for flag in keep]
    for subset in (keep.sample(frac=1, random_state=3), wider, gaps, pd.array(gaps, dtype="boolean")):
        fit = rbridge.lme("y ~ x", data, "~ 1 | school", subset=subset)
        pd.testing.assert_series_equal(fit.fitted(), expected.fitted())
    twice = pd.Series([True] * 120, index=[*data.index, *data.index])
    for subset in (keep.reset_index(drop=True), keep.head(30), twice):
        assert "index" in error(rbridge.ArgumentError, "y ~ x", data, "~ 1 | school", subset=subset)


def test_anova_names_what_it_does_not_know(data: pd.DataFrame) -> None:
    fit = rbridge.lme("y ~ x", data, "~ 1 | school")
    for terms, shown in ((99, "99"), (0, "0"), ([1, -1], "-1"), ("zz", "'zz'"), (["x", "zz"], "'zz'")):
        with pytest.raises(rbridge.ArgumentError) as caught:
            fit.anova(terms=terms)
        assert (
            str(caught.value) == f"terms: {shown} is not a term of the fit; its terms are '(Intercept)', 'x'"
        )
    for L, words in (
        ({"zz": 1}, "'zz' is not a coefficient; the coefficients are '(Intercept)', 'x'"),
        ([1, 2, 3], "has 3 columns for 2 coefficients"),
        ([0, 0], "linearly dependent"),
        ([[1, 1], [2, 2]], "linearly dependent"),
    ):
        with pytest.raises(rbridge.ArgumentError, match="L") as caught:
            fit.anova(L=L)
        assert words in str(caught.value)
    one = fit.anova(terms=2).to_frame()
    pd.testing.assert_frame_equal(one, fit.anova(terms="x").to_frame())
    np.testing.assert_allclose(one, fit.anova(L={"x": 1}).to_frame(), rtol=1e-12)


def test_a_fit_cannot_be_changed(data: pd.DataFrame) -> None:
    fit = rbridge.lme("y ~ x", data, "~ 1 | school")
    for held, name in (
        (fit, "sigma"),
        (fit, "warnings"),
        (fit, "new"),
        (fit.convergence, "message"),
        (fit.summary(), "t_table"),
    ):
        with pytest.raises(AttributeError, match=f"cannot assign to field '{name}'"):
            setattr(held, name, 1)


def test_only_the_rows_used_are_checked(data: pd.DataFrame) -> None:
    data.loc["row 3", "x"], data.loc["row 4", "w"] = np.nan, np.inf
    assert "'x' has 1;" in error(rbridge.DataError, "y ~ x + w", data, "~ 1 | school")
    assert "'x' has 1;" in error(
        rbridge.DataError, "y ~ x + w", data, "~ 1 | school", subset="is.na(x) | w < 9"
    )
    assert "1 infinite" in error(rbridge.DataError, "y ~ x + w", data, "~ 1 | school", subset="!is.na(x)")
    assert "1 infinite" in error(rbridge.DataError, "y ~ x + w", data, "~ 1 | school", na_action="omit")
    assert rbridge.lme("y ~ x + w", data, "~ 1 | school", subset="!is.na(x) & w < 9").n_obs == 58
    keep = data.x.notna() & (data.w < 9)
    assert rbridge.lme("y ~ x + w", data, "~ 1 | school", subset=keep).n_obs == 58


def test_a_response_must_be_numeric(data: pd.DataFrame) -> None:
    assert "the response 'sex' is text" in error(rbridge.DataError, "sex ~ x", data, "~ 1 | school")
    data["sex"] = data.sex.astype("category")
    assert "the response 'sex' is text or categorical" in error(
        rbridge.DataError, "sex ~ x", data, "~ 1 | school"
    )


def test_rank_deficiency_names_the_column(data: pd.DataFrame) -> None:
    data["one"], data["both"] = 1.0, data.x + 2 * data.w
    assert "column 'one' is constant" in error(rbridge.DataError, "y ~ x + one", data, "~ 1 | school")
    message = error(rbridge.DataError, "y ~ x + w + both", data, "~ 1 | school")
    assert "column 'both' is a linear combination of x, w." in message
    data["cell"] = np.where(data.sex == "F", "a", "b")
    assert "'cellb'" in error(rbridge.DataError, "y ~ sex + cell", data, "~ 1 | school")
    data["f"] = pd.Categorical(["a"] * 60, ["a", "b"])
    assert "column 'f' has only one level" in error(rbridge.DataError, "y ~ f", data, "~ 1 | school")
    assert "column 'my one'" not in error(rbridge.DataError, "y ~ x + one", data, "~ 1 | school")
    odd = data.rename(columns={"one": "my one"})
    assert "column '`my one`' is constant" in error(
        rbridge.DataError, "y ~ x + `my one`", odd, "~ 1 | school"
    )


def test_group_trouble(data: pd.DataFrame) -> None:
    data["all"] = "a"
    assert "the grouping column 'all' has only one group" in error(
        rbridge.DataError, "y ~ x", data, "~ 1 | all"
    )
    data["own"] = np.arange(60)
    message = error(rbridge.DataError, "y ~ x", data, "~ x | own")
    assert "fewer observations than random effects in every group of 'own'" in message


def test_infinite_values_name_the_column(data: pd.DataFrame) -> None:
    data.loc["row 3", "x"] = np.inf
    assert "column 'x' of data has 1 infinite value." in error(
        rbridge.DataError, "y ~ x", data, "~ 1 | school"
    )
    message = error(rbridge.DataError, "y ~ log(w)", data, "~ 1 | school")
    assert message.startswith(f"log(w) isn't finite in {(data.w <= 0).sum()} rows")
    assert "log(w)" in error(rbridge.DataError, "y ~ 1", data, "~ log(w) | school")
    assert "log(y)" in error(rbridge.DataError, "log(y) ~ 1", data, "~ 1 | school")


def test_a_transformation_is_checked_only_on_the_rows_used(data: pd.DataFrame) -> None:
    fit = rbridge.lme("y ~ log(w)", data, "~ 1 | school", subset="w > 0")
    assert fit.n_obs == (data.w > 0).sum()


def test_an_unknown_method(data: pd.DataFrame) -> None:
    message = error(rbridge.ArgumentError, "y ~ x", data, "~ 1 | school", method="reml")
    assert message == "method must be one of 'REML', 'ML', not 'reml'"


def test_a_formula_that_r_cannot_parse(data: pd.DataFrame) -> None:
    assert "fixed isn't R syntax: unexpected" in error(rbridge.FormulaError, "y ~ x +", data, "~ 1 | school")
    assert "random isn't R syntax" in error(rbridge.FormulaError, "y ~ x", data, {"school": "~ 1 )"})


def test_a_function_that_is_not_allowed_is_named(data: pd.DataFrame) -> None:
    message = error(rbridge.FormulaError, "y ~ lag(x)", data, "~ 1 | school")
    assert "fixed uses 'lag'" in message and "log1p" in message and "pandas" in message


def test_new_rows_are_checked(data: pd.DataFrame) -> None:
    data["kind"] = [1, 2, 3] * 20
    fit = rbridge.lme("y ~ x + sex + factor(school > 4) + factor(kind)", data, "~ x | school")

    def refused(new: object, match: str, level: int | None = None) -> None:
        with pytest.raises(rbridge.BridgeError, match=match):
            fit.predict(new, level)

    refused(data.drop(columns="x"), "newdata")
    refused(data.drop(columns="school"), "'school'")
    refused(data.assign(sex="X"), "level 'X'")
    refused(data.assign(sex=1), "column 'sex' is numeric")
    refused(data.assign(x="a"), "column 'x' is a factor")
    refused(data.assign(x=np.inf), "infinite")
    refused(data.assign(kind=4), "factor\\(kind\\) has the level '4'")
    refused(data.head(0), "no rows")
    refused({"x": 1}, "DataFrame")
    some = data.assign(x=data.x.where(data.x < 1), school=data.school.where(data.school < 9, 77))
    made = fit.predict(some)
    assert (made.isna() == (some.x.isna() | (some.school == 77))).all()
    assert (fit.predict(some, 0).isna() == some.x.isna()).all()
    assert fit.predict(data.assign(sex=pd.Categorical(data.sex, ["M", "F"])).head(3)).equals(
        fit.fitted().head(3)
    )


def test_level_order_decides_the_reference(data: pd.DataFrame) -> None:
    data["sex"] = pd.Categorical(data.sex, ["M", "F", "none"])
    assert list(rbridge.lme("y ~ sex", data, "~ 1 | school").fixef().index) == ["(Intercept)", "sexF"]
    data["sex"] = np.resize(["b", "B", "a", "A"], 60)
    assert list(rbridge.lme("y ~ sex", data, "~ 1 | school").fixef().index)[1:] == ["sexB", "sexa", "sexb"]
    data["flag"] = data.w > 0
    assert list(rbridge.lme("y ~ flag", data, "~ 1 | school").fixef().index)[1] == "flagTRUE"


def test_groups_come_in_order(data: pd.DataFrame) -> None:
    data["school"] = data.school.map({i: 9 + i for i in range(10)})
    assert list(rbridge.lme("y ~ x", data, "~ 1 | school").ranef().index) == [str(i) for i in range(9, 19)]
    data["text"] = data.school.map({9 + i: name for i, name in enumerate("bBaA_éZz10")})
    assert list(rbridge.lme("y ~ x", data, "~ 1 | text").ranef().index) == sorted("bBaA_éZz10")
    data["inner"] = np.resize(["b", "B"], 60)
    inner = list(rbridge.lme("y ~ x", data, "~ 1 | text/inner").ranef("inner").index)
    assert inner == [f"{text}/{name}" for text in sorted("bBaA_éZz10") for name in "Bb"]


def test_contrasts_are_checked(data: pd.DataFrame) -> None:
    fit = rbridge.lme("y ~ sex", data, "~ 1 | school", contrasts={"sex": "contr.sum"})
    assert list(fit.fixef().index) == ["(Intercept)", "sex1"]
    odd = rbridge.lme(
        "y ~ `my sex`",
        data.rename(columns={"sex": "my sex"}),
        "~ 1 | school",
        contrasts={"my sex": "contr.sum"},
    )
    np.testing.assert_array_equal(fit.fixef(), odd.fixef())


@pytest.mark.parametrize("name", ["typo", "x", "w", "school", "kind", "tag", "y"])
def test_contrasts_for_what_is_no_factor_of_the_model_are_refused(data: pd.DataFrame, name: str) -> None:
    """R only warns, or says nothing: of a column of the subset, a group, a factor inside a call."""
    data["kind"], data["tag"] = np.resize(["a", "b", "c"], 60), np.repeat(list("abcde"), 12)
    call = {
        "fixed": "y ~ x + sex + I(kind == 'a')",
        "random": {"tag": "~ 1", "school": "~ 1"},
        "subset": "w < 9",
    }
    message = error(rbridge.ArgumentError, data=data, **call, contrasts={name: "contr.sum"})
    assert message.startswith(f"contrasts: {name!r} is ") and "factor" in message


def test_contrasts_of_a_factor_of_the_random_effects(data: pd.DataFrame) -> None:
    call = ("y ~ x", data, {"school": "pdDiag(~ sex)"})
    made = rbridge.lme(*call, contrasts={"sex": "contr.sum"})
    assert list(made.ranef().columns) == ["(Intercept)", "sex1"]


@pytest.mark.parametrize(
    "random", ["pdIdent(~ track - 1)", "pdBlocked(list(pdIdent(~ 1), pdIdent(~ track - 1)))"]
)
def test_new_rows_need_only_what_their_level_uses(data: pd.DataFrame, random: str) -> None:
    """A factor of the random effects alone; R's predict warns of it at levels that don't use it."""
    data["track"] = pd.Categorical(np.resize(["a", "b", "c"], 60), ["c", "b", "a"])
    data["town"] = np.repeat(np.arange(5), 12)
    one = rbridge.lme("y ~ x", data, {"school": random})
    two = rbridge.lme("y ~ x", data, {"town": "~ 1", "school": random})
    few = data.iloc[[3, 40, 7]]
    for fit, level, columns in (
        (one, 0, ["x"]),
        (one, 1, ["x", "track", "school"]),
        (two, 0, ["x"]),
        (two, 1, ["x", "town"]),
        (two, 2, ["x", "track", "town", "school"]),
    ):
        expected = fit.fitted(level).loc[few.index]
        pd.testing.assert_series_equal(fit.predict(few[columns], level), expected, rtol=1e-10)
        for column in columns:
            with pytest.raises(rbridge.DataError, match=f"predict uses '{column}'"):
                fit.predict(few[columns].drop(columns=column).assign(other=1), level)
