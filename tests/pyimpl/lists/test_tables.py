"""Predictions on grids and comparisons, against predictions and tables asked for one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pyimpl import compare_fits, compare_pred, grouped_data, lm_list, lme


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"g": rng.permutation(np.repeat(list("abcdefgh"), 6))})
    n = len(frame)
    frame["x"], frame["w"], frame["unused"], noise = rng.normal(size=(4, n))
    frame["f"] = pd.Categorical(rng.choice(["u", "v", "v"], n), categories=["v", "u"])
    frame["y"] = frame["x"] + (frame["f"] == "u") + frame["g"].map(ord) / 5 + noise
    frame.attrs["name"] = "frame"
    return frame


def test_other_covariates_have_their_groups_values(data: pd.DataFrame) -> None:
    fit = lme("y ~ x * f + w", data, "~ x | g")
    table = fit.aug_pred("x", length_out=5).to_frame().iloc[len(data) :]
    groups = data.groupby("g")
    new = pd.DataFrame({"g": table[".groups"].astype(str), "x": table["x"]})
    new["w"] = new["g"].map(groups["w"].mean())
    # of equally frequent levels the first as text, "u", though it is the second of the factor
    modes = groups["f"].agg(lambda f: f.astype(str).value_counts().sort_index().idxmax())
    new["f"] = new["g"].map(modes)
    assert table["y"].to_numpy() == pytest.approx(fit.predict(new).to_numpy(), rel=1e-12)
    for level in (0, "g"):
        of_level = fit.aug_pred("x", length_out=5, level=level).to_frame().iloc[len(data) :]
        assert of_level["y"].to_numpy() == pytest.approx(fit.predict(new, level=level).to_numpy(), rel=1e-12)


def test_the_grid_runs_over_the_rows_of_the_fit(data: pd.DataFrame) -> None:
    fit = lme("y ~ x", data, "~ 1 | g", subset=data["x"] < 0.5)
    found = fit.aug_pred("x", length_out=3)
    used = data["x"][data["x"] < 0.5]
    grid = found.to_frame().query("`.type` == 'predicted'")["x"].unique()
    assert grid == pytest.approx([used.min(), (used.min() + used.max()) / 2, used.max()], rel=1e-15)
    assert (found.table[".type"] == "original").sum() == len(used)
    assert (found.primary, found.group_name, found.response) == ("x", ".groups", "y")


def test_a_covariate_that_the_model_lacks_gives_level_lines(data: pd.DataFrame) -> None:
    fit = lme("y ~ 1", data, "~ 1 | g")
    table = fit.aug_pred("unused", length_out=2).to_frame()
    lines = table[table[".type"] == "predicted"].groupby(".groups", observed=True)["y"]
    assert (lines.nunique() == 1).all()
    assert lines.first().to_dict() == pytest.approx(fit.coef()["(Intercept)"].to_dict(), rel=1e-12)


def test_the_second_fit_is_drawn_on_the_first_one_s_grid(data: pd.DataFrame) -> None:
    first = lme("y ~ x", data, "~ 1 | g", subset=data["x"] > 0)
    second = lm_list("y ~ x | g", data)
    table = compare_pred(first, second, "x", length_out=4, names=("one", "two")).to_frame()
    assert list(table[".type"].cat.categories) == ["one", "two", "original"]
    grids = table.groupby(".type", observed=True)["x"].unique()
    assert grids["one"].tolist() == grids["two"].tolist()
    rows = table[table[".type"] == "two"]
    new = pd.DataFrame({"x": rows["x"], "g": rows[".groups"].astype(str)})
    assert rows["y"].to_numpy() == pytest.approx(second.predict(new).to_numpy(), rel=1e-12)
    assert (table[".type"] == "original").sum() == (data["x"] > 0).sum()
    assert table.index.tolist() == list(range(len(table)))


def test_coefficients_that_one_fit_lacks_are_missing(data: pd.DataFrame) -> None:
    first, second = lme("y ~ x", data, "~ 1 | g").coef(), lm_list("y ~ x + w | g", data).coef()
    found = compare_fits(first, second[::-1])
    assert found.table.slices == ("(Intercept)", "x", "w")
    frame = found.to_frame().set_index(["term", "group"])
    assert frame.loc["w", "fit1"].isna().all()
    for term in ("(Intercept)", "x"):
        assert frame.loc[term, "fit1"].tolist() == first[term].tolist()
        assert frame.loc[term, "fit2"].tolist() == second[term].tolist()
    chosen = compare_fits(first, second, which=["w", 1])
    assert chosen.table.slices == ("w", "(Intercept)")
    assert str(chosen).startswith(", , w\n\n  fit1 ")


def test_pages_in_notebooks(data: pd.DataFrame) -> None:
    fit = lme("y ~ x", data, "~ 1 | g")
    assert fit.aug_pred("x")._repr_html_().startswith("<pre>")
    assert ", , x" in compare_fits(fit.coef(), fit.coef())._repr_html_()


def test_grouped_data_know_their_covariate_labels_and_units(data: pd.DataFrame) -> None:
    grouped = grouped_data("y ~ x | g", data, labels={"x": "Age"}, units={"x": "(yr)"})
    fit = lme("y ~ x * f", grouped, "~ 1 | g")
    found, asked = fit.aug_pred(length_out=7), fit.aug_pred("x", length_out=7)
    pd.testing.assert_frame_equal(found.to_frame(), asked.to_frame())
    assert found.labels == {"x": "Age", "y": "y"}
    assert found.units == {"x": "(yr)", "y": ""}
    # the groups are an ordered factor then, and keep its order
    assert list(found.table[".groups"].cat.categories) == list(grouped["g"].cat.categories)
    for fits in (lm_list(grouped), lm_list("y ~ x", grouped), lm_list("y ~ x | g", grouped)):
        assert str(fits).startswith("Call:\n  Model: y ~ x | g \n   Data: frame \n")
        assert list(fits.coef().index) == list(grouped["g"].cat.categories)
        assert fits.aug_pred(length_out=2).primary == "x"
