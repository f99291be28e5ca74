"""gls, lmList and lmer: each answer against the same call typed into R."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import rbridge

pytestmark = pytest.mark.needs_r


def same(values, r, code: str) -> None:
    np.testing.assert_array_equal(np.asarray(values, dtype=float).ravel(order="F"), r(f"as.numeric({code})"))


# --- gls


@pytest.fixture
def gls(r):
    data = r.frame("Orthodont")
    r(
        "m <- gls(distance ~ age * Sex, data = orthodont, correlation = corAR1(form = ~ 1 | Subject),"
        " weights = varIdent(form = ~ 1 | Sex))"
    )
    return rbridge.gls(
        "distance ~ age * Sex", data, "corAR1(form = ~ 1 | Subject)", "varIdent(form = ~ 1 | Sex)"
    )


def test_gls(r, gls) -> None:
    assert str(gls) == r.printed("m") and str(gls.summary()) == r.printed("summary(m)")
    assert str(gls.anova()) == r.printed("anova(m)") and str(gls.intervals()) == r.printed("intervals(m)")
    same(gls.fixef(), r, "coef(m)")
    same(gls.vcov(), r, "vcov(m)")
    same(gls.t_table(), r, "summary(m)$tTable")
    same(gls.conf_int(), r, "intervals(m)$coef[, c(1, 3)]")
    same(gls.corr_params(), r, "coef(m$modelStruct$corStruct, unconstrained = FALSE)")
    same(gls.var_params(), r, "coef(m$modelStruct$varStruct, unconstrained = FALSE)")
    same(gls.fitted(), r, "fitted(m)")
    for kind in ("response", "pearson", "normalized"):
        same(gls.residuals(kind), r, f"residuals(m, type = '{kind}')")
    assert (gls.log_lik, gls.sigma, gls.n_obs) == (r("m$logLik")[0], r("m$sigma")[0], 108)
    assert (gls.aic, gls.bic) == (r("summary(m)$AIC")[0], r("summary(m)$BIC")[0]) and gls.n_groups == {}
    same(gls.get_var_cov("F03"), r, "unclass(getVarCov(m, individual = 'F03'))")
    assert str(gls.get_var_cov()) == r.printed("getVarCov(m)")
    assert "Residual standard error" in gls.summary()._repr_html_()


def test_gls_predicts_and_is_updated(r, gls) -> None:
    data = r.frame("Orthodont")
    new = data.iloc[[5, 0, 100]].reset_index(drop=True)
    same(gls.predict(new), r, "predict(m, orthodont[c(6, 1, 101), ])")
    new.loc[1, "age"] = np.nan
    assert gls.predict(new).isna().tolist() == [False, True, False]
    small = gls.update(". ~ . - age:Sex", method="ML")
    same(small.fixef(), r, "coef(update(m, . ~ . - age:Sex, method = 'ML'))")
    both = rbridge.lme("distance ~ age * Sex", data, "~ 1 | Subject")
    r("fit1 <- m; fit2 <- lme(distance ~ age * Sex, data = orthodont, random = ~ 1 | Subject)")
    assert str(gls.anova(both)) == r.printed("anova(fit1, fit2)")
    assert pickle.loads(pickle.dumps(gls)).sigma == gls.sigma


def test_gls_leaves_out_what_is_asked(r) -> None:
    data = r.frame("Orthodont").sample(frac=1, random_state=1)
    data.loc[[3, 50], "distance"] = np.nan
    with pytest.raises(rbridge.DataError, match="missing values"):
        rbridge.gls("distance ~ age", data)
    omit = rbridge.gls("distance ~ age", data, "corAR1(form = ~ 1 | Subject)", na_action="omit")
    exclude = rbridge.gls("distance ~ age", data, "corAR1(form = ~ 1 | Subject)", na_action="exclude")
    assert list(omit.fitted().index) == list(data.index[data.distance.notna()])
    assert list(exclude.fitted().index) == list(data.index)
    assert list(exclude.fitted().index[exclude.fitted().isna()]) == [i for i in data.index if i in (3, 50)]
    pd.testing.assert_series_equal(exclude.fitted().dropna(), omit.fitted())
    np.testing.assert_allclose(omit.fitted() + omit.residuals(), data.distance.dropna(), rtol=1e-12)
    male = rbridge.gls("distance ~ age", data, subset="Sex == 'Male'", na_action="omit")
    np.testing.assert_allclose(
        male.fitted() + male.residuals(), data.distance[male.fitted().index], rtol=1e-12
    )


def test_bad_calls_of_gls() -> None:
    data = rbridge.r_data("Orthodont")
    for arguments, word in (
        ({"model": "distance ~ nothing"}, "nothing"),
        ({"model": "distance ~ system('x')"}, "system"),
        ({"correlation": "~ 1"}, "correlation"),
        ({"method": "MM"}, "method"),
        ({"control": {"nothing": 1}}, "control"),
    ):
        with pytest.raises(rbridge.BridgeError, match=word):
            rbridge.gls(**{"model": "distance ~ age", "data": data, **arguments})


# --- lmList


def test_lm_list(r) -> None:
    data = r.frame("Orthodont")
    fit = rbridge.lm_list("distance ~ age | Subject", data)
    r("m <- nlme::lmList(distance ~ age | Subject, data = orthodont)")
    assert str(fit) == r.printed("m") and str(fit.coef()) == r.printed("coef(m)")
    assert str(fit.summary()) == r.printed("summary(m)") and str(fit.intervals()) == r.printed("intervals(m)")
    assert str(fit.intervals(0.9)) == r.printed("intervals(m, level = 0.9)")
    assert str(fit.summary(pool=False)) == r.printed("summary(m, pool = FALSE)")
    same(fit.coef(), r, "as.matrix(coef(m))")
    same(fit.ranef(), r, "as.matrix(ranef(m))")
    same(fit.fixef(), r, "fixef(m)")
    same(fit.fitted(), r, "fitted(m)")
    same(fit.residuals("pearson"), r, "residuals(m, type = 'pearson')")
    same(fit.summary().tables["age"], r, "summary(m)$coefficients[, , 'age']")
    assert (fit.sigma, fit.df_residual) == (r("as.numeric(pooledSD(m))")[0], 54)
    assert fit.n_groups == {"Subject": 27} and fit.log_lik == r("as.numeric(logLik(m))")[0]
    new = data.iloc[[5, 0]].astype({"Subject": str}).reset_index(drop=True)
    same(fit.predict(new), r, "predict(m, orthodont[c(6, 1), ])")
    new.loc[0, "Subject"] = "nobody"
    assert fit.predict(new).isna().tolist() == [True, False]
    assert list(fit.summary().to_frame().columns[:2]) == ["term", "group"]
    with pytest.raises(rbridge.ArgumentError, match="summary"):
        fit.vcov()
    again = pickle.loads(pickle.dumps(fit))
    pd.testing.assert_frame_equal(again.coef(), fit.coef())


def test_values_of_a_list_follow_the_data(r) -> None:
    """nlme lists them group by group; here they are aligned, whatever the order of the rows."""
    data = r.frame("Oats").sample(frac=1, random_state=1)
    data.loc[data.index[5], "yield"] = np.nan
    fit = rbridge.lm_list("yield ~ nitro | Block", data, na_action="omit", subset="nitro < 0.5")
    used = data[(data["nitro"] < 0.5) & data["yield"].notna()]
    assert list(fit.fitted().index) == list(used.index) == list(fit.get_data().index)
    np.testing.assert_allclose(fit.fitted(), fit.predict(used), rtol=1e-12)
    np.testing.assert_allclose(fit.fitted() + fit.residuals(), used["yield"], rtol=1e-12)
    scaled = fit.residuals("pooled.pearson") * fit.sigma
    np.testing.assert_allclose(scaled, fit.residuals(), rtol=1e-12, atol=1e-12)


def test_a_list_of_one_of_several_levels(r) -> None:
    data = r.frame("Oats")
    for level in (1, 2):
        fit = rbridge.lm_list("yield ~ nitro | Block/Variety", data, level=level)
        code = f"coef(nlme::lmList(yield ~ nitro | Block/Variety, data = oats, level = {level}))"
        same(fit.coef(), r, f"as.matrix({code})")
        assert list(fit.coef().index) == r(f"rownames({code})")
        np.testing.assert_allclose(fit.predict(data), fit.fitted(), rtol=1e-12)
    for wrong in (
        "yield ~ nitro",
        "~ nitro | Block",
        "yield ~ nitro | nothing",
        "yield ~ nitro | Block + Variety",
    ):
        with pytest.raises(rbridge.BridgeError, match=r"formula|nothing"):
            rbridge.lm_list(wrong, data)


# --- lmer

LMER = {
    "sleepstudy": ("Reaction ~ Days + (Days | Subject)", "lme4"),
    "Pastes": ("strength ~ 1 + (1 | batch/cask)", "lme4"),
    "Penicillin": ("diameter ~ 1 + (1 | plate) + (1 | sample)", "lme4"),
    "Orthodont": ("distance ~ age * Sex + (age || Subject)", "nlme"),
}


@pytest.fixture(params=LMER)
def lmer(request, r):
    formula, package = LMER[request.param]
    data = rbridge.r_data(request.param, package)
    r(f"{request.param} <- as.data.frame({package}::{request.param})")
    r(f"m <- lme4::lmer({formula}, data = {request.param})")
    return rbridge.lmer(formula, data), data


def test_lmer(r, lmer) -> None:
    fit, data = lmer
    assert str(fit) == r.printed("m") and str(fit.var_corr()) == r.printed("VarCorr(m)")
    assert str(fit.summary("none")) == r.printed("summary(m)").replace("\u2018", "'").replace("\u2019", "'")
    same(fit.fixef(), r, "fixef(m)")
    same(fit.vcov(), r, "as.matrix(vcov(m))")
    same(fit.t_table("none")[["Value", "Std.Error", "t-value"]], r, "coef(summary(m))")
    assert fit.t_table("none")["DF"].isna().all()
    same(fit.fitted(), r, "fitted(m)")
    same(fit.residuals(), r, "residuals(m)")
    same(fit.residuals("pearson"), r, "residuals(m, scaled = TRUE)")
    same(fit.fitted(0), r, "predict(m, re.form = NA)")
    np.testing.assert_allclose(fit.predict(data), fit.fitted(), rtol=1e-12)
    assert (fit.log_lik, fit.aic, fit.bic) == tuple(r("c(logLik(m), AIC(m), BIC(m))"))
    assert list(fit.n_groups.values()) == list(r("lme4::ngrps(m)"))
    frame = fit.var_corr().to_frame()
    np.testing.assert_allclose(frame["variance"].iloc[-1], r("sigma(m)^2"))
    several = len(fit.n_groups) > 1
    for table, code in ((fit.ranef(), "ranef(m)"), (fit.coef(), "coef(m)")):
        parts = table if several else {next(iter(fit.n_groups)): table}
        assert list(parts) == r(f"names({code})")
        for k, made in enumerate(parts.values(), start=1):
            same(made, r, f"as.matrix({code}[[{k}]])")
            assert list(made.index) == r(f"rownames({code}[[{k}]])")
    same(fit.intervals(method="Wald"), r, "confint(m, method = 'Wald')")


def test_lmer_has_lmertest_s_degrees_of_freedom(r) -> None:
    pytest.importorskip("rpy2")
    if not rbridge.r_version_info()["lmerTest"]:
        pytest.skip("lmerTest isn't installed")
    data = rbridge.r_data("sleepstudy", "lme4")
    fit = rbridge.lmer("Reaction ~ Days + (Days | Subject)", data)
    r("m <- lmerTest::lmer(Reaction ~ Days + (Days | Subject), data = lme4::sleepstudy)")
    same(fit.t_table(), r, "coef(summary(m))[, c(1, 2, 3, 4, 5)]")
    same(fit.anova().to_frame(), r, "as.matrix(as.data.frame(anova(m)))")
    same(fit.anova(type="I").to_frame(), r, "as.matrix(as.data.frame(anova(m, type = 'I')))")
    assert "Satterthwaite" in str(fit.summary())
    if not r("as.character(nzchar(system.file(package = 'pbkrtest')))")[0] == "TRUE":
        with pytest.raises(rbridge.RUnavailableError, match="r-cran-pbkrtest"):
            fit.t_table("Kenward-Roger")
    else:
        same(fit.t_table("Kenward-Roger"), r, "coef(summary(m, ddf = 'Kenward-Roger'))")


def test_lmer_is_compared_simulated_updated_and_pickled(r) -> None:
    data = rbridge.r_data("sleepstudy", "lme4")
    fit = rbridge.lmer("Reaction ~ Days + (Days | Subject)", data, method="ML")
    small = fit.update(". ~ . - Days")
    r("fit1 <- lme4::lmer(Reaction ~ Days + (Days | Subject), lme4::sleepstudy, REML = FALSE)")
    r("fit2 <- lme4::lmer(Reaction ~ 1 + (Days | Subject), lme4::sleepstudy, REML = FALSE)")
    same(
        fit.anova(small).to_frame()[["npar", "AIC", "logLik", "Chisq"]],
        r,
        "as.matrix(as.data.frame(anova(fit1, fit2))[, c('npar', 'AIC', 'logLik', 'Chisq')])",
    )
    same(fit.simulate(2, seed=4), r, "as.matrix(simulate(fit1, 2, seed = 4))")
    again = pickle.loads(pickle.dumps(fit))
    assert str(again.summary()) == str(fit.summary()) and again.update(method="REML").method == "REML"
    new = pd.DataFrame({"Days": [0.0, 3.0, np.nan], "Subject": ["308", "nobody", "308"]})
    assert fit.predict(new).isna().tolist() == [False, True, True]
    assert fit.predict(new, level=0).isna().tolist() == [False, False, True]
    control = {"optimizer": "bobyqa", "maxfun": 1e5, "calc.derivs": False}
    assert fit.update(control=control).log_lik == pytest.approx(fit.log_lik, abs=1e-6)
    with pytest.raises(rbridge.ArgumentError, match="anova"):
        fit.anova(rbridge.lme("Reaction ~ Days", data, "~ 1 | Subject"))


def test_a_singular_fit_says_so(r) -> None:
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {"y": rng.normal(size=60), "x": rng.normal(size=60), "g": np.repeat(np.arange(10), 6)}
    )
    data["y"] -= data.groupby("g")["y"].transform("mean")
    fit = rbridge.lmer("y ~ x + (1 | g)", data)
    assert fit.singular and fit.get_var_cov().iloc[0, 0] == pytest.approx(0, abs=1e-8)
    assert any("singular" in message for message in fit.messages)


def test_odd_names_in_lmer() -> None:
    data = rbridge.r_data("sleepstudy", "lme4").rename(
        columns={"Reaction": "my y", "Days": "a b", "Subject": "the g"}
    )
    fit = rbridge.lmer("`my y` ~ `a b` + (`a b` | `the g`)", data)
    plain = rbridge.lmer("Reaction ~ Days + (Days | Subject)", rbridge.r_data("sleepstudy", "lme4"))
    assert list(fit.fixef().index) == ["(Intercept)", "`a b`"] and list(fit.n_groups) == ["the g"]
    np.testing.assert_array_equal(fit.ranef(), plain.ranef())
    np.testing.assert_array_equal(fit.predict(data.head(3)), plain.fitted().head(3))
    for page in (str(fit), str(fit.summary()), str(fit.var_corr()), str(fit.anova())):
        assert "rb.." not in page and "a b" in page


@pytest.mark.parametrize(
    ("formula", "word"),
    [
        ("y ~ x", "no random effects"), ("y ~ x + z | g", "parentheses"), ("y ~ x + log((1 | g))", "term of their own"),
        ("~ (1 | g)", "response"), ("y ~ (1 | nothing)", "nothing"), ("y ~ (1 | factor(g))", "column names"),
        ("y ~ x + (x | system('x'))", "system"), ("y ~ system('x') + (1 | g)", "system"), ("", "empty"),
        ("y ~ x * (1 | g)", "term of their own"), ("y ~ (1 | g) + (1 | one)", "only one group"), (3, "string"),
        ("y ~ x + I(2 * x) + (1 | g)", None), ("y ~ log(x - 10) + (1 | g)", "finite"),
    ],
)  # fmt: skip
def test_bad_formulas_of_lmer(formula: str, word: str | None) -> None:
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {"x": rng.normal(size=60), "z": rng.normal(size=60), "g": np.repeat(np.arange(10), 6)}
    )
    data = data.assign(y=data.x + np.repeat(rng.normal(size=10), 6) + rng.normal(size=60), one=1)
    if word is None:  # lme4 drops the column, and says so
        assert any("rank deficient" in message for message in rbridge.lmer(formula, data).messages)
        return
    with pytest.raises(rbridge.BridgeError, match=word):
        rbridge.lmer(formula, data)


def test_other_models_in_workers() -> None:
    data = rbridge.r_data("sleepstudy", "lme4")
    there = rbridge.lmer("Reaction ~ Days + (Days | Subject)", data, isolated=True, timeout=60)
    here = rbridge.lmer("Reaction ~ Days + (Days | Subject)", data)
    assert str(there.summary()) == str(here.summary())
    assert str(there.anova(here.update(". ~ . - Days"))) == str(here.anova(here.update(". ~ . - Days")))
    assert (
        rbridge.gls("Reaction ~ Days", data, isolated=True).sigma
        == rbridge.gls("Reaction ~ Days", data).sigma
    )
    one = rbridge.lm_list("Reaction ~ Days | Subject", data, isolated=True).coef()
    pd.testing.assert_frame_equal(one, rbridge.lm_list("Reaction ~ Days | Subject", data).coef())


def test_values_of_lmer_follow_the_data() -> None:
    data = rbridge.r_data("sleepstudy", "lme4").sample(frac=1, random_state=2)
    data.index = [f"row {k}" for k in data.index]
    data.iloc[[4, 100], 0] = np.nan
    known = data["Reaction"].notna()
    formula = "Reaction ~ Days + (Days | Subject)"
    omit, exclude = (rbridge.lmer(formula, data, na_action=action) for action in ("omit", "exclude"))
    assert list(omit.fitted().index) == list(data.index[known]) and omit.n_obs == 178
    assert list(exclude.fitted().index) == list(data.index) and list(exclude.fitted().notna()) == list(known)
    for fit in (omit, exclude):
        values = (fit.fitted() + fit.residuals()).dropna()
        np.testing.assert_allclose(values, data["Reaction"][known], rtol=1e-12)
        np.testing.assert_allclose(fit.fitted().dropna(), fit.predict(data[known]), rtol=1e-12)
        assert list(fit.fitted(0).index) == list(fit.fitted().index)
        assert list(fit.simulate(1, seed=1).index) == list(fit.fitted().index)
    with pytest.raises(rbridge.DataError, match="missing values"):
        rbridge.lmer(formula, data, na_action="fail")
    some = rbridge.lmer(formula, data, subset="Days > 3")
    assert list(some.fitted().index) == list(data.index[known & (data["Days"] > 3)])
