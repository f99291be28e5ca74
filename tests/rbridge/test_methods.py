"""The rest of what an lme fit answers, each held against the same call typed into R."""

from __future__ import annotations

import pickle
import struct

import numpy as np
import pandas as pd
import pytest

import rbridge

pytestmark = pytest.mark.needs_r


@pytest.fixture
def one(r):
    """Slopes by child, and the same in R as ``m``."""
    r("library(nlme)")
    data = r.frame("Orthodont")
    r("m <- lme(distance ~ age, data = orthodont, random = ~ age | Subject)")
    return rbridge.lme("distance ~ age", data, "~ age | Subject")


@pytest.fixture
def two(r):
    """Two levels, and the same in R as ``m``."""
    data = r.frame("Oats")
    r("m <- lme(yield ~ nitro, data = oats, random = ~ 1 | Block/Variety)")
    return rbridge.lme("yield ~ nitro", data, "~ 1 | Block/Variety")


def same_columns(frame: pd.DataFrame, r, code: str) -> None:
    """Names, rows and numbers of an R data frame; factors by their text."""
    r(f"made <- as.data.frame({code})")
    assert list(frame.columns) == r("names(made)")
    for name in frame.columns:
        expected = r(f"if (is.factor(made[['{name}']])) as.character(made[['{name}']]) else made[['{name}']]")
        if isinstance(expected, list):
            assert frame[name].tolist() == expected
        else:
            np.testing.assert_array_equal(frame[name], expected)


# --- predictions


def test_predictions_at_several_levels_are_r_s_frame(r, two) -> None:
    new = r.frame("Oats").iloc[[5, 0, 70]].reset_index(drop=True)
    r("new <- oats[c(6, 1, 71), ]")
    for levels in ([0, 1, 2], [0, 1], [1, 2], ["Block"]):
        text = {"Block": "1"}.get(levels[0]) or f"c({', '.join(map(str, levels))})"
        made = two.predict(new, level=levels)
        if len(levels) > 1:
            same_columns(made, r, f"predict(m, new, level = {text})")
        else:
            np.testing.assert_array_equal(made["predict.Block"], r("predict(m, new, level = 1)"))
        assert list(made.index) == [0, 1, 2]
    same_columns(two.predict(level=[0, 2]), r, "predict(m, oats, level = c(0, 2))")


def test_unseen_groups_are_missing_at_their_level(r, two) -> None:
    new = r.frame("Oats").head(2).astype({"Block": str, "Variety": str})
    new.loc[0, "Variety"] = "unheard of"
    made = two.predict(new, level=[0, 1, 2])
    assert made.isna().to_numpy().tolist() == [[False] * 4 + [True], [False] * 5]


def test_what_nlme_lacks_is_refused(one) -> None:
    for ask in (
        lambda: one.predict(se=True),
        lambda: one.predict(interval="confidence"),
        lambda: one.acf(form="~ age"),
        lambda: one.acf(level=0),
        lambda: one.variogram(level=0),
    ):
        with pytest.raises(rbridge.ArgumentError, match="pyimpl"):
            ask()


# --- tables of groups


def test_random_effects_print_as_in_r(r, one, two) -> None:
    r("m1 <- lme(distance ~ age, data = orthodont, random = ~ age | Subject)")
    r("m2 <- lme(yield ~ nitro, data = oats, random = ~ 1 | Block/Variety)")
    assert str(one.ranef()) == r.printed("ranef(m1)")
    assert str(one.ranef(standardized=True)) == r.printed("ranef(m1, standard = TRUE)")
    assert str(one.coef()) == r.printed("coef(m1)")
    assert str(two.ranef()) == r.printed("ranef(m2)")
    assert str(two.ranef(1)) == r.printed("ranef(m2, level = 1)")
    assert str(two.ranef("Variety")) == r.printed("ranef(m2, level = 2)")
    assert r.printed("coef(m2, level = 1)") in str(two.coef())
    np.testing.assert_array_equal(
        one.ranef(standardized=True)["age"], r("as.data.frame(ranef(m1, standard = TRUE))$age")
    )


def test_augmented_tables(r, one, two) -> None:
    r("m1 <- lme(distance ~ age, data = orthodont, random = ~ age | Subject)")
    r("m2 <- lme(yield ~ nitro, data = oats, random = ~ 1 | Block/Variety)")
    for made, code in (
        (one.ranef(aug_frame=True), "ranef(m1, augFrame = TRUE)"),
        (one.coef(aug_frame=True), "coef(m1, augFrame = TRUE)"),
        (two.ranef(1, aug_frame=True), "ranef(m2, augFrame = TRUE, level = 1)"),
        (one.ranef(aug_frame=True, standardized=True), "ranef(m1, augFrame = TRUE, standard = TRUE)"),
    ):
        same_columns(made, r, code)
        assert list(made.index) == r(f"rownames({code})")
        assert str(made) == r.printed(code)
    with pytest.raises(rbridge.ArgumentError, match="name one level"):
        two.ranef(aug_frame=True)


def test_columns_that_r_cannot_hold_are_left_out_with_a_warning(r) -> None:
    data = r.frame("Orthodont")
    data["when"] = pd.Timestamp("2026-01-01")
    data["odd name"] = data["age"] * 2.0
    fit = rbridge.lme("distance ~ age", data, "~ 1 | Subject")
    with pytest.warns(rbridge.RWarning, match="'when'") as caught:
        made = fit.ranef(aug_frame=True)
    assert caught[0].filename == __file__
    assert list(made.columns) == ["(Intercept)", "distance", "age", "Sex", "odd name"]
    assert (made["odd name"] == 22).all()


def test_tables_stay_pandas(one) -> None:
    made = one.ranef()
    assert isinstance(made, pd.DataFrame)
    assert (
        type(made.head()) is pd.DataFrame
        and type(made[["age"]]) is pd.DataFrame
        and type(made * 2) is pd.DataFrame
    )
    again = pickle.loads(pickle.dumps(made))
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(made))
    assert str(again) == str(made)


def test_covariances_of_groups(r, one, two) -> None:
    assert str(one.get_var_cov()) == r.printed("getVarCov(lme(distance ~ age, orthodont, ~ age | Subject))")
    r("m1 <- lme(distance ~ age, orthodont, ~ age | Subject, correlation = corAR1(form = ~ 1 | Subject))")
    fit = one.update(correlation="corAR1(form = ~ 1 | Subject)")
    for kind in ("conditional", "marginal"):
        made = fit.get_var_cov(type=kind, individuals=["F03", "M01"])
        code = f"getVarCov(m1, type = '{kind}', individuals = c('F03', 'M01'))"
        assert list(made) == ["F03", "M01"]
        np.testing.assert_array_equal(made["F03"].to_numpy().ravel(order="F"), r(f"c({code}[[1]])"))
        assert str(made) == r.printed(code)
    first = fit.get_var_cov(type="marginal")
    pd.testing.assert_frame_equal(first["M01"], fit.get_var_cov(type="marginal", individuals=1)["M01"])
    assert fit.get_var_cov(type="random_effects").equals(fit.get_var_cov())
    with pytest.raises(rbridge.RError, match="multiple levels of nesting"):
        two.get_var_cov(type="marginal")
    for wrong in (
        {"type": "all"},
        {"type": "marginal", "individuals": ["nobody"]},
        {"individuals": [1]},
        {"type": "marginal", "individuals": [99]},
        {"type": "marginal", "individuals": [0]},
    ):
        with pytest.raises(rbridge.ArgumentError, match=r"type|individuals"):
            fit.get_var_cov(**wrong)


def test_summaries_without_the_adjustment(r) -> None:
    fit = rbridge.lme("distance ~ age", r.frame("Orthodont"), "~ age | Subject", method="ML")
    r("m <- lme(distance ~ age, data = orthodont, random = ~ age | Subject, method = 'ML')")
    assert str(fit.summary(adjust_sigma=False)) == r.printed("summary(m, adjustSigma = FALSE)")
    assert str(fit.summary()) == r.printed("summary(m)") != str(fit.summary(False))
    np.testing.assert_array_equal(fit.t_table(False)["Std.Error"], r("sqrt(diag(vcov(m)))"))


def test_confidence_limits(r, one) -> None:
    made = one.conf_int()
    assert list(made.columns) == ["2.5 %", "97.5 %"]
    np.testing.assert_array_equal(made.to_numpy().ravel(order="F"), r("c(intervals(m)$fixed[, c(1, 3)])"))
    assert list(one.conf_int("age", level=0.9).columns) == ["5 %", "95 %"]
    assert list(one.conf_int(["age"]).index) == ["age"]
    for wrong in ("nothing", [], 3, ["age", 1]):
        with pytest.raises(rbridge.ArgumentError, match="parm"):
            one.conf_int(wrong)


# --- diagnostics


def test_autocorrelation(r, one) -> None:
    for arguments, code in (
        ({}, ""),
        ({"max_lag": 2}, ", maxLag = 2"),
        ({"res_type": "response"}, ", resType = 'response'"),
    ):
        made = one.acf(**arguments)
        assert str(made) == r.printed(f"ACF(m{code})")
        np.testing.assert_array_equal(made.to_frame()["ACF"], r(f"ACF(m{code})$ACF"))
        np.testing.assert_array_equal(made.to_frame()["n.used"], r(f"attr(ACF(m{code}), 'n.used')"))
    for wrong in ({"max_lag": -1}, {"max_lag": 1.5}, {"res_type": "deviance"}):
        with pytest.raises(rbridge.ArgumentError, match=next(iter(wrong))):
            one.acf(**wrong)


def test_variogram(r, one) -> None:
    for arguments, code in (
        ({}, ""),
        ({"form": "~ age"}, ", form = ~ age"),
        (
            {"form": "~ age", "res_type": "response", "robust": True},
            ", form = ~ age, resType = 'response', robust = TRUE",
        ),
        ({"form": "~ age", "max_dist": 4}, ", form = ~ age, maxDist = 4"),
        ({"form": "~ age", "n_int": 2, "collapse": "fixed"}, ", form = ~ age, nint = 2, collapse = 'fixed'"),
        ({"form": "~ age", "collapse": "none"}, ", form = ~ age, collapse = 'none'"),
        ({"form": "~ age", "breaks": [1, 3, 7]}, ", form = ~ age, breaks = c(1, 3, 7)"),
    ):
        made = one.variogram(**arguments)
        same_columns(made.to_frame(), r, f"Variogram(m{code})")
        assert str(made) == r.printed(f"Variogram(m{code})")
    for wrong in (
        {"form": "~ nothing"},
        {"form": "age"},
        {"form": "~ age | Sex"},
        {"metric": "cosine"},
        {"n_int": 0},
        {"breaks": 3},
        {"breaks": []},
        {"robust": "yes"},
    ):
        with pytest.raises(rbridge.BridgeError, match=next(iter(wrong))):
            one.variogram(**wrong)


def test_a_variogram_may_use_a_column_that_the_model_does_not(r) -> None:
    data = r.frame("Orthodont")
    data["the age"] = data["age"] + 0.0
    fit = rbridge.lme("distance ~ Sex", data, "~ 1 | Subject", subset="age > 8")
    r("m <- lme(distance ~ Sex, data = subset(orthodont, age > 8), random = ~ 1 | Subject)")
    same_columns(fit.variogram("~ `the age`").to_frame(), r, "Variogram(m, form = ~ age)")


def test_curves_by_group(r, one, two) -> None:
    r("m1 <- lme(distance ~ age, data = orthodont, random = ~ age | Subject)")
    r("m2 <- lme(yield ~ nitro, data = oats, random = ~ 1 | Block/Variety)")
    made = one.aug_pred("age", length_out=3)
    same_columns(made.to_frame(), r, "augPred(m1, ~ age, length.out = 3)")
    assert str(made) == r.printed("augPred(m1, ~ age, length.out = 3)")
    same_columns(
        one.aug_pred("~ age", 6, 20, length_out=2, level=[0, 1]).to_frame(),
        r,
        "augPred(m1, ~ age, minimum = 6, maximum = 20, length.out = 2, level = 0:1)",
    )
    same_columns(two.aug_pred("nitro", level=1).to_frame(), r, "augPred(m2, ~ nitro, level = 1)")
    for wrong in ({}, {"primary": "nothing"}, {"primary": "Sex"}, {"primary": "age", "length_out": 0}):
        with pytest.raises(rbridge.BridgeError, match=r"primary|length_out"):
            one.aug_pred(**wrong)


def test_curves_of_two_fits(r, one) -> None:
    other = one.update(". ~ . + Sex", random="~ 1 | Subject")
    r("fit1 <- lme(distance ~ age, data = orthodont, random = ~ age | Subject)")
    r("fit2 <- lme(distance ~ age + Sex, data = orthodont, random = ~ 1 | Subject)")
    made = one.compare_pred(other, "age", length_out=4, level=1)
    r("assign('orthodont', orthodont, envir = globalenv())")  # where comparePred looks
    same_columns(made.to_frame(), r, "comparePred(fit1, fit2, ~ age, length.out = 4, level = 1)")
    r("rm(orthodont, envir = globalenv())")
    named = one.compare_pred(other, "age", length_out=2, names=("slopes", "sexes")).to_frame()
    assert list(named[".type"].cat.categories) == ["slopes", "sexes", "original"]
    with pytest.raises(rbridge.ArgumentError, match="compare_pred"):
        one.compare_pred("fit", "age")
    with pytest.raises(rbridge.ArgumentError, match="names"):
        one.compare_pred(other, "age", names=("a", "a"))


# --- simulation


def test_simulated_responses_have_the_model_s_moments(r) -> None:
    """Means and covariances of 4000 draws against nlme's own marginal covariance, within five standard errors."""
    data = r.frame("Orthodont").sample(frac=1, random_state=3)
    fit = rbridge.lme(
        "distance ~ age",
        data,
        "~ age | Subject",
        correlation="corAR1(form = ~ 1 | Subject)",
        weights="varIdent(form = ~ 1 | Sex)",
    )
    draws = fit.simulate(4000, seed=1)
    assert list(draws.index) == list(data.index)
    for child in ("M02", "F07"):
        rows = data.index[data["Subject"] == child]
        V = fit.get_var_cov(type="marginal", individuals=[child])[child].to_numpy()
        mean, cov = draws.loc[rows].mean(axis=1), np.cov(draws.loc[rows])
        assert (abs(mean - fit.fitted(0)[rows]) < 5 * np.sqrt(np.diag(V) / 4000)).all()
        assert (abs(cov - V) < 5 * np.sqrt((V**2 + np.outer(np.diag(V), np.diag(V))) / 4000)).all()
    between = np.corrcoef(
        draws.iloc[0], draws.loc[data.index[data["Subject"] != data["Subject"].iloc[0]][0]]
    )[0, 1]
    assert abs(between) < 5 / np.sqrt(4000)


def test_random_effects_may_be_held(two) -> None:
    """At the innermost level only errors are drawn; at the outer one the inner effects too."""
    inner, outer = (
        two.simulate(3000, seed=2, level=level).sub(two.fitted(level), axis=0) for level in (2, 1)
    )
    variety = two.get_var_cov("Variety").iloc[0, 0]
    for draws, expected in ((inner, two.sigma**2), (outer, two.sigma**2 + variety)):
        assert abs(draws.mean(axis=1)).max() < 5 * np.sqrt(expected / 3000)
        assert abs((draws**2).to_numpy().mean() / expected - 1) < 0.05


def test_groups_and_response_of_the_rows(r, two) -> None:
    data = r.frame("Oats").sample(frac=1, random_state=1)
    fit = rbridge.lme("log(yield) ~ nitro", data, "~ 1 | Block/Variety")
    assert list(fit.get_groups(1)) == list(data["Block"]) and list(fit.get_groups().index) == list(data.index)
    expected = data["Block"].astype(str) + "/" + data["Variety"].astype(str)
    assert list(fit.get_groups()) == list(expected) and isinstance(
        fit.get_groups().dtype, pd.CategoricalDtype
    )
    assert list(fit.get_groups([1, 2]).columns) == ["Block", "Variety"]
    np.testing.assert_allclose(fit.get_response(), np.log(data["yield"]), rtol=1e-13)
    data.loc[7, "yield"] = np.nan
    left = rbridge.lme("yield ~ nitro", data, "~ 1 | Block", na_action="exclude")
    assert (
        left.get_groups().isna().sum() == 1
        and pd.isna(left.get_groups()[7])
        and np.isnan(left.get_response()[7])
    )
    with pytest.raises(rbridge.ArgumentError, match="level 0 has no groups"):
        fit.get_groups(0)


def test_a_seed_repeats_and_leaves_r_s_own(r, one) -> None:
    r("set.seed(5)")
    before = list(r("as.numeric(.Random.seed)"))
    pd.testing.assert_frame_equal(one.simulate(2, seed=3), one.simulate(2, seed=3))
    assert not one.simulate(2, seed=3).equals(one.simulate(2, seed=4))
    assert not one.simulate(2).equals(one.simulate(2))
    assert list(r("as.numeric(.Random.seed)")) == before
    for wrong in ({"nsim": 0}, {"nsim": 2.5}, {"seed": "x"}, {"seed": 2**40}):
        with pytest.raises(rbridge.ArgumentError, match=next(iter(wrong))):
            one.simulate(**wrong)


def test_the_likelihood_ratio_study_is_r_s(r, one) -> None:
    null = one.update(random="~ 1 | Subject")
    made = null.simulate_lr(one, nsim=4, seed=11)
    r("fit1 <- lme(distance ~ age, data = orthodont, random = ~ 1 | Subject)")
    r("fit2 <- lme(distance ~ age, data = orthodont, random = ~ age | Subject)")
    r("study <- simulate(fit1, nsim = 4, seed = 11, m2 = fit2)")
    frame = made.to_frame()
    assert list(frame.columns) == ["method", "simulation", "null", "alternative", "L.Ratio", "converged"]
    for method in ("REML", "ML"):
        rows = frame[frame.method == method]
        np.testing.assert_array_equal(rows["null"], r(f"study$null${method}[, 'logLik']"))
        np.testing.assert_array_equal(rows["alternative"], r(f"study$alt${method}[, 'logLik']"))
        np.testing.assert_array_equal(
            rows["converged"], r(f"study$null${method}[, 1] == 0 & study$alt${method}[, 1] == 0")
        )
        assert (rows["L.Ratio"] == (2 * (rows["alternative"] - rows["null"])).clip(lower=0)).all()
    assert made.df == r("attr(study, 'df')")[0] and str(made) == r.printed("study")
    alone = null.simulate_lr(nsim=2, seed=1, method="ML").to_frame()
    assert list(alone.columns) == ["method", "simulation", "null", "converged"] and set(alone.method) == {
        "ML"
    }
    for wrong in ({"alternative": "fit"}, {"nsim": 0}, {"method": "MM"}, {"method": None}, {"method": []}):
        with pytest.raises(
            rbridge.ArgumentError, match=next(iter(wrong)) if "alt" not in str(wrong) else "fits"
        ):
            null.simulate_lr(**wrong)


# --- updates


def test_updates(r, one) -> None:
    other = one.update(". ~ . + Sex", method="ML")
    r("u <- update(m, . ~ . + Sex, method = 'ML')")
    np.testing.assert_array_equal(other.fixef(), r("fixef(u)"))
    assert other.method == "ML" and one.method == "REML"
    assert list(other.update("log(.) ~ .").fixef().index) == list(other.fixef().index)
    assert list(one.update("distance ~ 1").fixef().index) == ["(Intercept)"]
    assert one.update(data=one.get_data().head(40)).n_obs == 40
    for wrong in ({"nothing": 1}, {"fixed": "~ system('x')"}, {"fixed": 3}):
        with pytest.raises(rbridge.ArgumentError):
            one.update(**wrong)


def test_odd_names_survive_an_update(r) -> None:
    data = r.frame("Orthodont").rename(columns={"age": "the age", "distance": "if"})
    fit = rbridge.lme("`if` ~ `the age`", data, "~ 1 | Subject").update(". ~ . + I(`the age`^2) - 1")
    assert list(fit.fixef().index) == ["`the age`", "I(`the age`^2)"]


def test_the_data_of_a_fit(r) -> None:
    data = r.frame("Orthodont").assign(other="x")
    fit = rbridge.lme("distance ~ age", data, "~ 1 | Subject", subset=data.age > 8)
    pd.testing.assert_frame_equal(fit.get_data(), data[data.age > 8])
    data.loc[3, "distance"] = np.nan
    fit = rbridge.lme("distance ~ age", data, "~ 1 | Subject", na_action="omit")
    assert list(fit.get_data().index) == list(fit.fitted().index) and 3 not in fit.get_data().index
    fit = rbridge.lme("distance ~ age", data, "~ 1 | Subject", na_action="exclude")
    assert list(fit.get_data().index) == list(fit.fitted().index) and np.isnan(fit.fitted()[3])
    assert len(fit.simulate(1)) == 107 and len(fit.aug_pred("age", length_out=1).to_frame()) == 107 + 27


# --- pictures


def png_size(picture: rbridge.Picture) -> tuple[int, int]:
    assert picture.data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", picture.data[16:24])  # type: ignore[return-value]


def test_pictures(one, tmp_path, capfd) -> None:
    assert png_size(one.plot()) == (700, 500)
    assert png_size(
        one.plot("resid(., type = 'p') ~ fitted(.) | Sex", id=0.05, width=3, height=2, dpi=50)
    ) == (150, 100)
    svg = one.qqnorm("~ ranef(.)", format="svg")
    assert svg._repr_svg_().startswith("<?xml") and svg._repr_png_() is None
    assert png_size(one.pairs("~ ranef(.)", id="~ Sex == 'Female'")) == (700, 500)
    assert one.plot("Subject ~ resid(., level = 0)").data != one.plot("Subject ~ resid(.)").data
    saved = svg.save(tmp_path / "q.svg")
    assert saved.read_bytes() == svg.data
    with pytest.raises(rbridge.ArgumentError, match="path"):
        svg.save(tmp_path / "q.png")
    for wrong in (
        {"form": "~ nothing"},
        {"form": "resid(., level = x) ~ age"},
        {"id": "x"},
        {"width": 0},
        {"format": "pdf"},
        {"colour": "red"},
        {"form": "resid(.) ~ system('x')"},
    ):
        with pytest.raises(rbridge.BridgeError):
            one.plot(**wrong)
    assert capfd.readouterr().out == ""


def test_no_device_of_r_s_is_disturbed(r, one) -> None:
    r("grDevices::pdf(NULL)")
    before = r("grDevices::dev.cur()")[0]
    one.plot()
    with pytest.raises(rbridge.BridgeError):
        one.plot("~ age")
    assert r("grDevices::dev.cur()")[0] == before and len(r("grDevices::dev.list()")) == 1
    r("grDevices::dev.off()")


# --- pickles


def test_a_pickled_fit_is_the_same_fit(r, two) -> None:
    again = pickle.loads(pickle.dumps(two))
    assert str(again.summary()) == str(two.summary())
    pd.testing.assert_frame_equal(again.predict(level=[0, 2]), two.predict(level=[0, 2]))
    small = two.update("yield ~ 1", method="ML")
    assert again.update(method="ML").anova(small).to_frame()["df"].tolist() == [5, 4]
    assert list(again.update(". ~ 1").fixef().index) == ["(Intercept)"]
    spline = rbridge.lme("yield ~ ns(nitro, 2)", two.get_data(), "~ 1 | Block")
    new = two.get_data().head(3)
    pd.testing.assert_series_equal(pickle.loads(pickle.dumps(spline)).predict(new), spline.predict(new))
