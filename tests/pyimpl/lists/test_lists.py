"""Lists of regressions against one regression at a time, and where R's lmList has no answer or a wrong one."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from pyimpl import DataError, lm_list
from pyimpl.lists.regressions import regress


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """Twelve groups of 1 to 12 rows, mixed up, with an index of its own."""
    rng = np.random.default_rng(7)
    sizes = np.arange(1, 13)
    g = rng.permutation(np.repeat(np.arange(12), sizes))
    n = len(g)
    frame = pd.DataFrame({"g": [f"g{k:02d}" for k in g], "x": rng.normal(30, 4, n), "z": rng.normal(size=n)})
    frame["f"] = pd.Categorical(rng.choice(list("abc"), n))
    frame["y"] = 1 + 0.2 * g * frame["x"] + rng.normal(size=n)
    frame.index = pd.Index(rng.permutation(n) + 100)
    return frame


def one_by_one(data: pd.DataFrame, columns: list[str]) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    """Coefficients, unscaled standard errors and residual sum of squares of each group with rows enough."""
    found = {}
    for name, rows in data.groupby("g"):
        X = np.column_stack([np.ones(len(rows)), rows[columns]])
        if len(X) >= X.shape[1]:
            q, r = np.linalg.qr(X)
            inverse = np.linalg.inv(r)
            y = rows["y"].to_numpy()
            found[str(name)] = (
                inverse @ q.T @ y,
                np.sqrt((inverse**2).sum(axis=1)),
                ((y - q @ q.T @ y) ** 2).sum(),
            )
    return found


def test_the_same_as_one_regression_at_a_time(data: pd.DataFrame) -> None:
    fit = lm_list("y ~ x + z | g", data)
    coef = fit.coef()
    errors = pd.DataFrame(fit.summary().page.table.values[:, :, 1].T, index=coef.index)
    rss = fit.residuals().pow(2).groupby(data["g"]).sum()
    for name, (beta, unscaled, own_rss) in one_by_one(data, ["x", "z"]).items():
        assert coef.loc[name].to_numpy() == pytest.approx(beta, rel=1e-10)
        assert errors.loc[name].to_numpy() == pytest.approx(unscaled * fit.sigma, rel=1e-10)
        assert rss[name] == pytest.approx(own_rss, rel=1e-10, abs=1e-20)
    assert coef.isna().any(axis=1).sum() == 2  # of one and two rows


def test_degrees_of_freedom_count_what_is_determined(data: pd.DataFrame) -> None:
    fit = lm_list("y ~ x + z | g", data)
    sizes = data.groupby("g").size()
    df = np.maximum(sizes - 3, 0)
    assert fit.regressions.df.tolist() == df.tolist()
    assert fit.df_residual == df.sum()
    rss = sum(own for _, _, own in one_by_one(data, ["x", "z"]).values())
    assert fit.sigma == pytest.approx(np.sqrt(rss / df.sum()), rel=1e-12)
    assert fit.sigmas().isna().tolist() == (df == 0).tolist()


def test_the_order_of_rows_and_the_units_change_nothing_but_units(data: pd.DataFrame) -> None:
    fit = lm_list("y ~ x + z | g", data)
    mixed = lm_list("y ~ x + z | g", data.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(fit.coef(), mixed.coef(), rtol=1e-10)
    pd.testing.assert_series_equal(fit.fitted(), mixed.fitted()[data.index], rtol=1e-12)
    large = lm_list("y ~ x + z | g", data.assign(y=data["y"] * 1e12, x=data["x"] * 1e-9))
    pd.testing.assert_series_equal(large.coef()["x"] / 1e21, fit.coef()["x"], rtol=1e-10)
    assert large.coef().isna().to_numpy().tolist() == fit.coef().isna().to_numpy().tolist()


def test_a_constant_covariate_is_undetermined_in_its_group_alone(data: pd.DataFrame) -> None:
    changed = data.assign(x=data["x"].where(data["g"] != "g09", 0.1 + 0.2))
    coef = lm_list("y ~ x + z | g", changed).coef()
    rows = changed[changed["g"] == "g09"]
    slope, mean = np.polyfit(rows["z"], rows["y"], 1)
    assert coef.loc["g09"].to_numpy() == pytest.approx([mean, np.nan, slope], rel=1e-10, nan_ok=True)
    assert coef.loc["g10"].notna().all()


def test_a_factor_means_the_same_in_every_group(data: pd.DataFrame) -> None:
    changed = data[(data["g"] >= "g09") & ~((data["g"] == "g09") & (data["f"] == "b"))]
    coef = lm_list("y ~ f | g", changed).coef()
    means = changed.groupby(["g", "f"], observed=True)["y"].mean().unstack()
    assert means.drop("g09").notna().all(axis=None)
    assert coef["(Intercept)"].to_numpy() == pytest.approx(means["a"].to_numpy(), rel=1e-12)
    assert coef["fc"].to_numpy() == pytest.approx((means["c"] - means["a"]).to_numpy(), rel=1e-10)
    assert coef["fb"].isna().tolist() == [name == "g09" for name in coef.index]


def test_a_basis_means_the_same_in_every_group(data: pd.DataFrame) -> None:
    large = data[data["g"] >= "g05"]
    fit, plain = lm_list("y ~ poly(x, 2) | g", large), lm_list("y ~ x + I(x^2) | g", large)
    pd.testing.assert_series_equal(fit.fitted(), plain.fitted(), rtol=1e-8)
    every = lm_list("y ~ poly(x, 2) | one", large.assign(one="all"))
    bases = every.columns.build(large)
    own = (large["g"] == "g11").to_numpy()
    beta = np.linalg.lstsq(bases[own], large["y"][own], rcond=None)[0]
    assert fit.coef().loc["g11"].to_numpy() == pytest.approx(beta, rel=1e-9)


def test_an_offset_is_subtracted_and_added_back(data: pd.DataFrame) -> None:
    fit = lm_list("y ~ z + offset(2 * x) | g", data)
    by_hand = lm_list("d ~ z | g", data.assign(d=data["y"] - 2 * data["x"]))
    pd.testing.assert_frame_equal(fit.coef(), by_hand.coef(), rtol=1e-9)
    pd.testing.assert_series_equal(fit.fitted(), by_hand.fitted() + 2 * data["x"], rtol=1e-12)
    pd.testing.assert_series_equal(fit.predict(data), fit.fitted(), rtol=1e-10)


def test_missing_rows_are_left_out_or_padded(data: pd.DataFrame) -> None:
    gaps = data.assign(y=data["y"].where(data.index != data.index[5]))
    with pytest.raises(DataError, match="column 'y' has 1"):
        lm_list("y ~ x | g", gaps)
    omit, exclude = (lm_list("y ~ x | g", gaps, na_action=action) for action in ("omit", "exclude"))
    assert list(omit.fitted().index) == list(data.index.delete(5))
    assert list(exclude.fitted().index) == list(data.index)
    assert np.flatnonzero(exclude.residuals("pooled.pearson").isna()).tolist() == [5]
    assert exclude.predict(se=True).isna().sum().tolist() == [1, 1]
    assert omit.n_obs == len(data) - 1


def test_predictions_are_nan_where_the_data_are_silent(data: pd.DataFrame) -> None:
    fit = lm_list("y ~ x | g", data)
    alone = data[data["g"] == "g00"].iloc[0]
    new = pd.DataFrame(
        {"x": [alone["x"], alone["x"] + 1, 30.0, np.nan, 31.0], "g": ["g00", "g00", "new", "g05", "g05"]},
        index=list("abcde"),
    )
    found = fit.predict(new, se=True)
    assert list(found.index) == list(new.index)
    assert found["fit"].isna().tolist() == [False, True, True, True, False]
    assert found["se.fit"].isna().tolist() == [False, True, True, True, False]
    assert found.loc["a"].to_numpy() == pytest.approx([alone["y"], fit.sigma], rel=1e-12)
    assert found.loc["e", "fit"] == pytest.approx(fit.coef().loc["g05"] @ [1, 31], rel=1e-12)


def test_own_and_pooled_standard_errors(data: pd.DataFrame) -> None:
    pooled, own = lm_list("y ~ x | g", data), lm_list("y ~ x | g", data, pool=False)
    ratio = own.summary().page.table.values[:, :, 1] / pooled.summary().page.table.values[:, :, 1]
    expected = (own.sigmas() / pooled.sigma).to_numpy()
    assert ratio[0] == pytest.approx(expected, rel=1e-12, nan_ok=True)
    assert str(own.summary(pool=True)) == str(pooled.summary())
    assert str(pooled.intervals(pool=False)) == str(own.intervals())
    wide, narrow = (own.intervals(level).to_frame().set_index(["term", "group"]) for level in (0.99, 0.5))
    known = wide["lower"].notna()
    assert (wide["upper"] - wide["lower"] > narrow["upper"] - narrow["lower"])[known].all()
    assert own.n_parameters == pooled.n_parameters + 11


def test_nothing_left_to_estimate_a_variance_from() -> None:
    data = pd.DataFrame({"y": [1.0, 2, 4, 8], "x": [0.0, 1, 0, 1], "g": list("aabb")})
    fit = lm_list("y ~ x | g", data)
    assert np.isnan(fit.sigma)
    assert fit.df_residual == 0
    assert fit.coef().to_numpy() == pytest.approx(np.array([[1, 1], [4, 4]]), rel=1e-14)
    assert "Residual standard error: NA" in str(fit)
    assert fit.intervals().to_frame()[["lower", "upper"]].isna().all(axis=None)


def test_one_group_is_one_regression(data: pd.DataFrame) -> None:
    fit = lm_list("y ~ x | g", data, subset="g == 'g11'")
    rows = data[data["g"] == "g11"]
    assert fit.coef().to_numpy()[0, ::-1] == pytest.approx(np.polyfit(rows["x"], rows["y"], 1), rel=1e-10)


def test_residuals_by_their_own_standard_deviation(data: pd.DataFrame) -> None:
    fit = lm_list("y ~ x | g", data)
    expected = fit.residuals() / data["g"].map(fit.sigmas())
    pd.testing.assert_series_equal(fit.residuals("pearson"), expected, check_names=False)


def test_a_list_can_be_pickled_and_shown(data: pd.DataFrame) -> None:
    fit = lm_list("y ~ x | g", data)
    again = pickle.loads(pickle.dumps(fit))
    assert str(again) == str(fit)
    assert again._repr_html_() == fit._repr_html_()
    assert fit._repr_html_().startswith("<pre>Call:")
    assert "Pr(&gt;|t|)" in fit.summary()._repr_html_()
    assert ", , x" in fit.intervals()._repr_html_()


def test_columns_that_hardly_differ_are_told_apart_as_in_a_fit() -> None:
    year = np.tile(np.arange(2000.0, 2005.0), 3)
    X = np.column_stack([np.ones(15), year, year**2])
    codes = np.repeat(np.arange(3), 5)
    regressions, residuals = regress(X, (year - 2002) ** 2 + codes, codes)
    assert regressions.rank.tolist() == [3, 3, 3]  # lm, with its tolerance of 1e-7, drops the square
    assert np.abs(residuals).max() < 1e-8
    twice = np.column_stack([X, X[:, 1] - X[:, 0]])
    assert regress(twice, year, codes)[0].determined[3].tolist() == [False] * 3
