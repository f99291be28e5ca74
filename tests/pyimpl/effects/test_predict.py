"""Predictions at one and several levels, their standard errors and intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pyimpl import ArgumentError, DataError, lme


def table(written):
    return pd.DataFrame(dict(zip(written["names"], written["columns"], strict=True)))


@pytest.fixture(scope="module")
def nested():
    """Three levels with unequal groups, rows in random order under an index that isn't 0..n-1."""
    rng = np.random.default_rng(11)
    n = 150
    school, room, desk = rng.integers(0, 6, n), rng.integers(0, 3, n), rng.integers(0, 2, n)
    x, sex = rng.normal(2, 1, n), rng.choice(["f", "m"], n)
    y = (
        3
        + 2 * x
        + (sex == "m")
        + rng.normal(size=6)[school] * (1 + x)
        + rng.normal(size=18)[school * 3 + room]
    )
    y += 0.8 * rng.normal(size=36)[school * 6 + room * 2 + desk] + 0.7 * rng.normal(size=n)
    data = {"school": [f"s{k}" for k in school], "room": room, "desk": desk, "x": x, "sex": sex, "y": y}
    return pd.DataFrame(data, index=rng.permutation(500)[:n])


RANDOM = {"school": "~ x", "room": "pdDiag(~ x)", "desk": "~ 1"}


def dense(fit, new, depth):
    """Variance of each new row's error of prediction by formulas with the whole V, and that of an observation."""
    data = fit.get_data()
    levels = list(fit.n_groups)
    keys = {
        k: list(map(str, zip(*[d[name] for name in levels[:k]], strict=True)))
        for d in [data]
        for k in (1, 2, 3)
    }
    new_keys = {k: list(map(str, zip(*[new[name] for name in levels[:k]], strict=True))) for k in (1, 2, 3)}

    def fixed(d):
        return np.column_stack([np.ones(len(d)), d["x"], d["sex"] == "m"]).astype(float)

    def effects(d, k):
        return fixed(d)[:, : len(fit.get_var_cov(k))]

    def shared(k, left, right, left_keys, right_keys):
        same = np.array(left_keys[k])[:, None] == np.array(right_keys[k])[None]
        return effects(left, k) @ fit.get_var_cov(k).to_numpy() @ effects(right, k).T * same

    V = fit.sigma**2 * np.eye(len(data)) + sum(shared(k, data, data, keys, keys) for k in (1, 2, 3))
    W = np.linalg.inv(V)
    X, new_X = fixed(data), fixed(new)
    C = sum(
        (shared(k, new, data, new_keys, keys) for k in range(1, depth + 1)), np.zeros((len(new), len(data)))
    )
    own = sum(
        (shared(k, new, new, new_keys, new_keys) for k in range(1, depth + 1)), np.zeros((len(new), len(new)))
    )
    gap = new_X - C @ W @ X
    error = own - C @ W @ C.T + gap @ np.linalg.inv(X.T @ W @ X) @ gap.T
    deeper = sum((shared(k, new, new, new_keys, new_keys) for k in range(depth + 1, 4)), np.zeros_like(error))
    return np.diag(error), np.diag(error + deeper) + fit.sigma**2


@pytest.fixture(scope="module", params=["REML", "ML"])
def fit(nested, request):
    return lme("y ~ x + sex", nested, RANDOM, method=request.param)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_standard_errors_are_those_of_the_joint_posterior(fit, nested, depth):
    new = nested.sample(40, random_state=1).assign(x=lambda d: d["x"] + 1)
    of_mean, of_observation = dense(fit, new, depth)
    found = fit.predict(new, level=depth, se=True, interval="confidence", conf_level=0.9)
    assert list(found.columns) == ["fit", "se.fit", "lwr", "upr"]
    pd.testing.assert_series_equal(found["fit"], fit.predict(new, level=depth).rename("fit"))
    assert found["se.fit"].to_numpy() == pytest.approx(np.sqrt(of_mean), rel=1e-8)
    df = fit.t_table()["DF"].min()  # each row involves x, which has the smallest DF of all
    half = stats.t.ppf(0.95, df) * np.sqrt(of_mean)
    assert (found["upr"] - found["fit"]).to_numpy() == pytest.approx(half, rel=1e-8)
    assert (found["fit"] - found["lwr"]).to_numpy() == pytest.approx(half, rel=1e-8)
    wide = fit.predict(new, level=depth, interval="pred", conf_level=0.9)  # the beginning will do, as in R
    assert list(wide.columns) == ["fit", "lwr", "upr"]
    half = stats.t.ppf(0.95, df) * np.sqrt(of_observation)
    assert (wide["upr"] - wide["fit"]).to_numpy() == pytest.approx(half, rel=1e-8)


def test_no_variance_of_the_random_effects_leaves_the_regression(nested):
    """A singular fit: means within groups all alike, so that only beta and sigma are left."""
    flat = nested.sort_values(["school", "room"]).assign(y=lambda d: np.tile([-1.0, 1.0], len(d) // 2))
    fit = lme("y ~ x", flat, "~ 1 | school/room")
    assert set(fit.convergence.singular) == {"school", "room"}
    X = np.column_stack([np.ones(len(flat)), flat["x"]])
    se = fit.sigma * np.sqrt(np.einsum("ni,ij,nj->n", X, np.linalg.inv(X.T @ X), X))
    for level in (0, 1, 2):
        assert fit.predict(se=True, level=level)["se.fit"].to_numpy() == pytest.approx(se, rel=1e-8)


def test_the_interval_of_a_coefficient_is_a_row_s(nested):
    """x'beta with one coefficient: the same standard error, degrees of freedom and bounds as intervals() has."""
    fit = lme("y ~ sex - 1 + x", nested, "~ 1 | school")
    row = pd.DataFrame({"x": [0.0, 0.0], "sex": ["f", "m"]})
    found = fit.predict(row, level=0, interval="confidence")
    expected = fit.intervals(which="fixed").to_frame().iloc[:2]
    assert found[["lwr", "fit", "upr"]].to_numpy() == pytest.approx(
        expected[["lower", "est.", "upper"]].to_numpy(float), rel=1e-12
    )


def test_names_and_order_of_several_levels_are_r_s(recorded, children, oats):
    answers = recorded["predicted"]
    growth = lme("distance ~ age", children, "~ age | Subject")
    new = table(answers["growth"]["new"])
    for name, level in {"both": [0, 1], "reversed": ["Subject", 0]}.items():
        pd.testing.assert_frame_equal(growth.predict(new, level), table(answers["growth"][name]), rtol=1e-7)
    population = growth.predict(new, 0)
    assert population.to_numpy() == pytest.approx(
        np.array(answers["growth"]["population"]["columns"][0]), rel=1e-7
    )
    plots = lme("yield ~ nitro", oats, "~ 1 | Block/Variety")
    new = table(answers["plots"]["new"])
    for name, level in {"all": [0, 1, 2], "outer": (0, 1), "ends": [0, 2], "inner": range(1, 3)}.items():
        pd.testing.assert_frame_equal(plots.predict(new, level), table(answers["plots"][name]), rtol=1e-6)
    own = plots.predict(level=[0, 1, 2]).head(6)
    pd.testing.assert_frame_equal(own, table(answers["refitted"]), rtol=1e-6)
    pd.testing.assert_frame_equal(plots.fitted([0, 1, 2]).head(6), table(answers["fitted"]), rtol=1e-6)
    pd.testing.assert_frame_equal(
        plots.residuals("p", [0, 1, 2]).head(6), table(answers["residuals"]), rtol=1e-5
    )


@pytest.mark.parametrize("scale, origin, unit", [(1e9, 0.0, 1.0), (1.0, 2026.0, 1.0), (1.0, -5e4, 1e-6)])
def test_errors_follow_the_units_only(nested, scale, origin, unit):
    fits = []
    for data in (nested, nested.assign(y=scale * nested["y"], x=unit * (nested["x"] + origin))):
        fit = lme("y ~ x", data, {"school": "~ x", "room": "~ 1"})
        fits.append([fit.predict(level=k, se=True, interval="prediction") for k in (0, 1, 2)])
    for before, after in zip(*fits, strict=True):
        assert after["se.fit"].to_numpy() == pytest.approx(scale * before["se.fit"].to_numpy(), rel=1e-9)
        widths = [(each["upr"] - each["lwr"]).to_numpy() for each in (before, after)]
        assert widths[1] == pytest.approx(scale * widths[0], rel=1e-9)


def test_several_levels_have_their_own_errors(fit, nested):
    new = nested.head(7)
    found = fit.predict(new, [0, "room"], se=True, interval="prediction")
    assert list(found.columns) == ["school", "room"] + [
        f"{what}.{level}" for level in ("fixed", "room") for what in ("predict", "se.fit", "lwr", "upr")
    ]
    for level, name in ((0, "fixed"), (2, "room")):
        alone = fit.predict(new, level, se=True, interval="prediction")
        together = found[[f"{what}.{name}" for what in ("predict", "se.fit", "lwr", "upr")]]
        assert (together.to_numpy() == alone.to_numpy()).all()
    assert list(fit.predict(new, [0]).columns) == ["predict.fixed"]


def test_what_a_row_lacks_is_missing_where_it_is_needed(fit, nested):
    new = nested.head(5).copy()
    new["school"] = ["s1", "new", None, "s1", "s1"]
    new["room"] = [0.0, 0.0, 0.0, np.nan, 77.0]
    found = fit.predict(new, [0, 1, 2], se=True)
    assert found["room"].tolist()[:2] == ["s1/0", "new/0"]
    assert found["room"].isna().tolist() == [False, False, True, True, False]
    for column in ("predict", "se.fit"):
        assert found[f"{column}.fixed"].notna().all()
        assert found[f"{column}.school"].isna().tolist() == [False, True, True, False, False]
        assert found[f"{column}.room"].isna().tolist() == [False, True, True, True, True]
    lacking = nested.head(3).assign(x=[1.0, np.nan, 2.0])
    assert fit.predict(lacking, 0, interval="prediction").isna().all(axis=1).tolist() == [False, True, False]
    without_groups = nested.head(3).drop(columns=["school", "room", "desk"])
    assert fit.predict(without_groups, 0, interval="prediction").notna().all(axis=None)


def test_a_covariate_of_the_levels_further_in_matters_for_observations_only(nested):
    fit = lme("y ~ sex", nested, {"school": "~ 1", "room": "~ x"})
    new = nested.head(3).assign(x=[1.0, np.nan, 2.0])
    found = fit.predict(new, 1, se=True, interval="prediction")
    assert found[["fit", "se.fit"]].notna().all(axis=None)
    assert found["upr"].isna().tolist() == [False, True, False]
    assert fit.predict(new.drop(columns="x"), 1).notna().all()
    with pytest.raises(DataError, match="newdata: the data have no column 'x'"):
        fit.predict(new.drop(columns="x"), 1, interval="prediction")


def test_rows_left_out_are_padded_in_frames_too(nested):
    holes = nested.copy()
    holes.iloc[[3, 10], holes.columns.get_loc("x")] = np.nan
    fit = lme("y ~ x", holes, "~ 1 | school", na_action="exclude")
    found = fit.predict(level=[0, 1], se=True)
    assert found.index.equals(holes.index)
    assert found.isna().any(axis=1).to_numpy().nonzero()[0].tolist() == [3, 10]
    pd.testing.assert_series_equal(found["predict.school"], fit.fitted().rename("predict.school"))


def test_an_offset_moves_predictions_and_not_their_errors(nested):
    with_offset = lme("y ~ x + offset(3 * x)", nested, "~ 1 | school")
    without = lme("y ~ x", nested, "~ 1 | school")
    a, b = (fit.predict(nested.head(9), se=True, interval="prediction") for fit in (with_offset, without))
    assert a.to_numpy() == pytest.approx(b.to_numpy(), rel=1e-9)


def test_many_rows_at_once_are_the_rows_one_by_one(fit, nested, monkeypatch):
    whole = fit.predict(nested, se=True)
    monkeypatch.setattr("pyimpl.posterior._ROWS_AT_ONCE", 1)
    pd.testing.assert_frame_equal(fit.predict(nested, se=True), whole, rtol=1e-12)
    assert fit.predict(nested.iloc[:0], [0, 1], se=True, interval="prediction").shape == (0, 9)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"se": "yes"}, "se: expected True or False"),
        ({"interval": "credible"}, "interval: 'credible'"),
        ({"interval": True}, "interval: True"),
        (
            {"interval": "confidence", "conf_level": 95},
            "conf_level: the confidence level must lie between 0 and 1",
        ),
        ({"level": 4}, "level: 4 is not a level"),
        ({"level": []}, "level: the list is empty"),
        ({"level": [0, "cat"]}, "level: 'cat'"),
        ({"newdata": {"x": [1]}}, "newdata: expected a pandas DataFrame, got dict"),
    ],
)
def test_bad_requests_name_the_argument(fit, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        fit.predict(**arguments)


def test_an_unseen_level_of_a_factor_is_named(fit, nested):
    with pytest.raises(DataError, match=r"newdata: .*'sex'.*'other'"):
        fit.predict(nested.head(2).assign(sex=["f", "other"]))
