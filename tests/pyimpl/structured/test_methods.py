"""What is asked of fits with correlations and variance functions: against R (methods.json), and against definitions."""

from __future__ import annotations

import json
import pickle
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crosscheck.data import load
from pyimpl import NotSupportedError, lme
from pyimpl.fit import LmeFit

RECORDED = json.loads(Path(__file__).with_name("methods.json").read_text(encoding="utf-8"))
ORTHODONT, RATS = "distance ~ age", "weight ~ Time * Diet"
CALLS: dict[str, tuple[str, Any, str | None, str | None]] = {
    "ar1": (ORTHODONT, "~ 1 | Subject", "corAR1(form = ~ 1 | Subject)", "varIdent(form = ~ 1 | Sex)"),
    "arma": (
        "follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time)",
        {"Mare": "pdDiag(~ sin(2 * pi * Time))"},
        "corARMA(p = 1, q = 1)",
        None,
    ),
    "general": (ORTHODONT, {"Subject": "pdDiag(~ age - 1)"}, "corSymm(form = ~ 1 | Subject)", None),
    "compound": (
        "rate ~ pressure + I(pressure^2)",
        {"Subject": "pdDiag(~ pressure - 1)"},
        "corCompSymm(form = ~ 1 | Subject)",
        "varPower(form = ~ pressure)",
    ),
    "spatial": (RATS, "~ 1 | Rat", "corExp(form = ~ Time, nugget = TRUE)", None),
    "ratio": (RATS, "~ 1 | Rat", "corRatio(form = ~ Time)", None),
    "constant": ("rate ~ pressure", "~ 1 | Subject", None, "varConstPower(form = ~ pressure | QB)"),
}
each = pytest.mark.parametrize("name", CALLS)


@cache
def fit_of(name: str) -> LmeFit:
    fixed, random, correlation, weights = CALLS[name]
    recorded = RECORDED["fits"][name]
    return lme(fixed, load(recorded["data"]).iloc[recorded["order"]], random, correlation, weights)


def near(got: Any, wanted: Any, tolerance: float = 2e-5) -> None:
    """Within a part of the largest: R's tight fits end in finite differences."""
    wanted = np.asarray(wanted, float)
    assert np.asarray(got, float) == pytest.approx(wanted, abs=tolerance * np.abs(wanted).max())


@each
def test_standardized_residuals_are_rs(name: str) -> None:
    fit, recorded = fit_of(name), RECORDED["fits"][name]
    assert fit.log_lik == pytest.approx(recorded["log_lik"], abs=1e-7)
    near(fit.residuals("pearson"), recorded["pearson"])
    near(fit.residuals("normalized"), recorded["normalized"])
    near(fit.residuals("normalized", level=0), recorded["outer"])


@each
def test_covariances_of_responses_are_rs(name: str) -> None:
    fit, recorded = fit_of(name), RECORDED["fits"][name]
    for kind in ("conditional", "marginal"):
        near(fit.get_var_cov(type=kind, individuals=recorded["group"])[recorded["group"]], recorded[kind])


@each
def test_random_effects_are_rs(name: str) -> None:
    fit, recorded = fit_of(name), RECORDED["fits"][name]
    got = fit.ranef().loc[recorded["ranef_names"]].to_numpy()
    assert got == pytest.approx(np.array(recorded["ranef"]), abs=2e-5 * fit.sigma)


@each
def test_autocorrelations_and_variograms_are_rs(name: str) -> None:
    fit, recorded = fit_of(name), RECORDED["fits"][name]
    near(fit.acf(res_type="normalized").acf, recorded["acf"])
    variogram = fit.variogram()
    near(variogram.variog, recorded["variogram"])
    assert (variogram.model is None) == (recorded["curve"] is None)
    if variogram.model is not None:
        near(variogram.model.variog, recorded["curve"]["variog"])
        near(variogram.model.dist, recorded["curve"]["dist"], 1e-12)


@pytest.mark.parametrize("name", ["spatial", "ratio", "constant"])
def test_whatever_the_order_of_the_rows(name: str) -> None:
    """A factor of the correlations goes by some order of the rows, but what it makes of a group has one length."""
    fit = fit_of(name)
    data = fit.get_data()
    shuffled = fit.update(data=data.sample(frac=1, random_state=3))
    near(shuffled.residuals("pearson").loc[data.index], fit.residuals("pearson"), 1e-6)
    lengths = [
        (one.residuals("normalized") ** 2).groupby(one.get_groups(), observed=True).sum()
        for one in (fit, shuffled)
    ]
    near(lengths[1].loc[lengths[0].index], lengths[0], 1e-6)


@pytest.mark.parametrize("name", ["ar1", "general", "ratio"])
def test_normalized_residuals_are_of_their_own_group(name: str) -> None:
    """In any order of the rows; nlme's are right only where rows lie group by group."""
    fit = fit_of(name)
    data = fit.get_data()
    mixed = fit.update(data=data.iloc[np.argsort(np.arange(len(data)) % 4, kind="stable")])
    pearson, normalized = mixed.residuals("pearson"), mixed.residuals("normalized")
    for group, rows in enumerate(mixed.get_groups().cat.categories[:5]):
        own = (mixed.get_groups() == rows).to_numpy()
        R = mixed.get_var_cov(type="conditional", individuals=rows)[rows].to_numpy()
        deviations = np.sqrt(np.diag(R))
        expected = np.linalg.solve(np.linalg.cholesky(R / np.outer(deviations, deviations)), pearson[own])
        assert normalized[own].to_numpy() == pytest.approx(expected, abs=1e-8), (group, rows)


def test_comparisons_are_rs_page() -> None:
    ar1 = fit_of("ar1")
    m0, m1 = ar1.update(correlation=None, weights=None), ar1.update(weights=None)
    shown = str(m0.anova(m1, ar1)).splitlines()
    wanted = RECORDED["anova"].splitlines()
    assert [line.split()[1:] for line in shown[1:]] == [line.split()[1:] for line in wanted[1:]]


def test_parameters_by_name() -> None:
    fit = fit_of("ar1")
    assert list(fit.corr_params().index) == ["Phi"] and list(fit.var_params().index) == ["Female"]
    assert fit_of("constant").var_params().index[0].startswith("const.")
    assert list(fit_of("spatial").corr_params().index) == ["range", "nugget"]
    assert fit_of("spatial").var_params().empty and fit_of("constant").corr_params().empty


@pytest.mark.parametrize("name", ["ar1", "compound", "spatial"])
def test_simulated_responses_have_the_marginal_covariance(name: str) -> None:
    fit = fit_of(name)
    drawn = fit.simulate(4000, seed=7).to_numpy()
    group = RECORDED["fits"][name]["group"]
    rows = np.flatnonzero(fit.get_groups().to_numpy() == group)
    wanted = fit.get_var_cov(type="marginal", individuals=group)[group].to_numpy()
    got = np.cov(drawn[rows])
    scale = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    assert np.abs((got - wanted) / scale).max() < 0.08


@each
def test_a_fit_survives_pickling(name: str) -> None:
    fit = fit_of(name)
    again = pickle.loads(pickle.dumps(fit))
    assert str(again.summary()) == str(fit.summary())
    pd.testing.assert_series_equal(again.residuals("normalized"), fit.residuals("normalized"))


def test_intervals_of_new_observations_go_by_the_rows_variances() -> None:
    fit = fit_of("constant")
    new = load("Dialyzer").iloc[[0, 5, 90]]
    t = fit.predict(new, interval="confidence"), fit.predict(new, interval="prediction", se=True)
    half = (t[1]["upr"] - t[1]["fit"]) / (t[0]["upr"] - t[0]["fit"])
    const, power = (
        np.array([fit.var_params()[f"{kind}.{qb}"] for qb in new["QB"]]) for kind in ("const", "power")
    )
    noise = fit.sigma * (const + new["pressure"].to_numpy() ** power)
    se = t[1]["se.fit"].to_numpy()
    assert half.to_numpy() == pytest.approx(np.sqrt(se**2 + noise**2) / se, rel=1e-8)
    own = fit.predict(interval="prediction").loc[new.index, "upr"]
    assert own.to_numpy() == pytest.approx(t[1]["upr"].to_numpy(), rel=1e-10)


def test_a_new_stratum_or_a_missing_covariate_has_no_interval() -> None:
    fit = fit_of("constant")
    new = load("Dialyzer").iloc[[0, 1]].assign(QB=["250", "200"])
    new.iloc[1, new.columns.get_loc("pressure")] = np.nan
    found = fit.predict(new, level=0, interval="prediction")
    assert found["upr"].isna().tolist() == [True, True] and np.isfinite(found["fit"].iloc[0])


def test_variances_by_fitted_values_in_new_rows() -> None:
    fit = lme(RATS, load("BodyWeight"), "~ Time | Rat", weights="varPower()")
    new = load("BodyWeight").iloc[[3, 30]]
    found = fit.predict(new, interval="prediction", se=True)
    noise = fit.sigma * found["fit"].to_numpy() ** fit.var_params()["power"]
    confidence = fit.predict(new, interval="confidence")
    half = (found["upr"] - found["fit"]) / (confidence["upr"] - found["fit"])
    se = found["se.fit"].to_numpy()
    assert half.to_numpy() == pytest.approx(np.sqrt(se**2 + noise**2) / se, rel=1e-6)
    assert np.isfinite(fit.predict(new.drop(columns="Rat"), level=0, interval="prediction")["upr"]).all()


def test_studies_of_likelihood_ratios_say_what_they_cant() -> None:
    ar1 = fit_of("ar1")
    with pytest.raises(NotSupportedError, match="correlation, weights: a study"):
        ar1.update(correlation=None, weights=None).simulate_lr(ar1)
