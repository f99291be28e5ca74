"""Random effects, coefficients, their posterior covariances, and getVarCov: numbers and pages are R's."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, lme
from pyimpl.covariance_tables import CovarianceFrame, CovariancesOfGroups
from pyimpl.effects import EffectsByLevel, EffectsFrame

LEVELS = {
    "growth": ["Subject"],
    "growth_ml": ["Subject"],
    "plots": ["Block", "Variety"],
    "sides": ["Dog", "Side"],
}
each_fit = pytest.mark.parametrize("name", LEVELS)


@pytest.fixture
def fits(children, oats, dogs):
    def make(name):
        if name == "plots":
            return lme("yield ~ nitro", oats, "~ 1 | Block/Variety")
        if name == "sides":
            return lme("pixel ~ day + I(day^2)", dogs, {"Dog": "~ day", "Side": "~ 1"})
        return lme(
            "distance ~ age", children, "~ age | Subject", method="ML" if name.endswith("ml") else "REML"
        )

    return make


def table(written):
    columns = dict(zip(written["names"], written["columns"], strict=True))
    return pd.DataFrame(columns, index=written["rows"])


def same(found, written, scale=None):
    """The same names in the same order, the same text, and numbers within 1e-6 of the column's size."""
    expected = table(written)
    assert list(found.columns) == list(expected.columns)
    assert list(found.index) == list(expected.index)
    for name in expected:
        column = found[name]
        if pd.api.types.is_numeric_dtype(column.dtype):
            size = np.abs(expected[name].to_numpy(float)).max()
            assert column.to_numpy(float) == pytest.approx(expected[name].to_numpy(float), abs=2e-6 * size)
        else:
            assert list(map(str, column)) == list(expected[name])


def by_level(found):
    return list(found.values()) if isinstance(found, dict) else [found]


@each_fit
@pytest.mark.parametrize("standardized", [False, True])
def test_random_effects_are_r_s(recorded, fits, name, standardized):
    written = recorded["effects"][name]["standardized" if standardized else "ranef"]
    found = fits(name).ranef(standardized=standardized)
    for own, expected in zip(by_level(found), written["levels"], strict=True):
        same(own, expected)
    assert isinstance(found, dict) == (len(LEVELS[name]) > 1)
    if isinstance(found, dict):
        assert list(found) == LEVELS[name]


@each_fit
@pytest.mark.parametrize("kind", ["ranef", "coef"])
@pytest.mark.parametrize("aug_frame", [False, True])
def test_tables_of_one_level_are_r_s(recorded, fits, name, kind, aug_frame):
    answers, fit = recorded["effects"][name], fits(name)
    for k, level in enumerate(LEVELS[name]):
        found = getattr(fit, kind)(level, aug_frame=aug_frame)
        if kind == "ranef":
            same(found, answers["augmented"][k] if aug_frame else answers["ranef"]["levels"][k])
        else:
            same(found, answers["coef_augmented" if aug_frame else "coef"][k])


@each_fit
def test_r_s_numbers_print_as_r_s_page(recorded, name):
    answers = recorded["effects"][name]
    for what in ("ranef", "standardized"):
        tables = [EffectsFrame(table(written)) for written in answers[what]["levels"]]
        labels = (
            LEVELS[name] if len(tables) == 1 else [LEVELS[name][0], " %in% ".join(reversed(LEVELS[name]))]
        )
        whole = EffectsByLevel(dict(zip(LEVELS[name], tables, strict=True)), tuple(labels))
        assert str(whole) + "\n" == answers[what]["page"]
        for own, written in zip(tables, answers[what]["levels"], strict=True):
            assert str(own) + "\n" == written["page"]
    for what in ("augmented", "coef", "coef_augmented"):
        for written in answers[what]:
            assert str(EffectsFrame(table(written))) + "\n" == written["page"]


def test_the_pages_of_a_fit_are_r_s(recorded, fits):
    """Where R's converged numbers and these agree to all printed digits."""
    answers = recorded["effects"]
    fit = fits("sides")
    assert str(fit.ranef()) + "\n" == answers["sides"]["ranef"]["page"]
    assert str(fit.ranef("Dog", aug_frame=True)) + "\n" == answers["sides"]["augmented"][0]["page"]
    assert str(fits("growth").coef(aug_frame=True)) + "\n" == answers["growth"]["coef_augmented"][0]["page"]


def test_frames_of_any_columns_print_as_in_r():
    """As R prints data.frame(x = c(1.5, NA), i = c(1L, NA), f = factor(c("a", NA)), l = c(TRUE, NA))."""
    frame = EffectsFrame(
        pd.DataFrame(
            {
                "x": pd.array([1.5, None], "Float64"),
                "i": pd.array([1, None], "Int64"),
                "f": pd.Categorical(["a", None]),
                "l": pd.array([True, None], "boolean"),
                "n": [np.nan, 22.5],
            },
            index=["A/1", "B"],
        )
    )
    assert str(frame) == "      x  i    f    l    n\nA/1 1.5  1    a TRUE  NaN\nB    NA NA <NA>   NA 22.5"


def test_tables_stay_pandas(fits):
    for made in (fits("growth").ranef(), fits("growth").get_var_cov()):
        assert isinstance(made, pd.DataFrame)
        for derived in (made.head(1), made[["age"]], made * 2, made.copy(), made.T, made.loc[:, "age":]):
            assert type(derived) is pd.DataFrame
        assert type(made["age"]) is pd.Series
        again = pickle.loads(pickle.dumps(made))
        assert type(again) is type(made)
        assert str(again) == str(made)
        pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(made))
    levels = fits("plots").ranef()
    assert str(pickle.loads(pickle.dumps(levels))) == str(levels)
    assert "Level: Block" in levels._repr_html_()
    matrices = fits("plots").get_var_cov(type="marginal")
    assert str(pickle.loads(pickle.dumps(matrices))) == str(matrices)
    assert "Variety I/Victory" in matrices._repr_html_()


def test_what_is_handed_out_is_the_reader_s_own(fits):
    fit = fits("growth")
    for ask in (fit.ranef, fit.coef, fit.get_var_cov, fit.ranef_se):
        table = ask()
        table.iloc[:, :] = 0.0
        assert (ask().to_numpy() != 0).all()


def test_without_variance_standardized_effects_are_undefined():
    y = np.tile([1.0, 2.0, 4.0, 8.0], 6)
    fit = lme("y ~ 1", pd.DataFrame({"g": np.repeat(range(6), 4), "y": y}), "~ 1 | g")
    assert fit.ranef(standardized=True).isna().all(axis=None)
    assert (fit.ranef_cov() == 0).all(axis=None)
    assert str(fit.ranef(standardized=True)).splitlines()[1].split() == ["0", "NaN"]


@each_fit
def test_given_the_fixed_effects_it_is_lme4_s_conditional_variance(recorded, fits, name):
    fit = fits(name)
    for level, written in recorded["conditional_variances"][name].items():
        inner, *outer = level.split(":")
        found = fit.ranef_cov(inner, fixed_known=True)
        for group, expected in zip(written["groups"], written["covariances"], strict=True):
            own = found.loc["/".join(reversed(group.split(":"))) if outer else group]
            assert own.to_numpy() == pytest.approx(np.atleast_2d(expected), rel=2e-5)


@each_fit
def test_posterior_and_blups_share_out_the_variance(fits, name):
    """Under REML Var(b) = Var(b-hat) + Var(b-hat - b); with beta known less is left open than with beta estimated."""
    fit = fits(name)
    for level in LEVELS[name]:
        D = fit.get_var_cov(level).to_numpy()
        for group in fit.ranef(level).index:
            whole = fit.ranef_cov(level).loc[group].to_numpy()
            known = fit.ranef_cov(level, fixed_known=True).loc[group].to_numpy()
            for smaller, larger in ((known, whole), (whole, D)):
                assert np.linalg.eigvalsh(larger - smaller)[0] > -1e-9 * D.max()
        se = fit.ranef_se(level)
        assert se.loc[group].to_numpy() == pytest.approx(np.sqrt(np.diag(whole)), rel=1e-12)
        assert list(se.columns) == list(fit.ranef_cov(level).columns) == list(fit.ranef(level).columns)
    assert isinstance(fit.ranef_cov(), dict) == (len(LEVELS[name]) > 1)


def test_prediction_errors_of_a_balanced_layout_have_a_closed_form():
    """One way, m groups of n: Var(b-hat - b) = (s2/n) w + v (1 - w)^2 / m + ..., by the textbook's Var(mu-hat)."""
    rng = np.random.default_rng(2)
    m, n = 9, 5
    y = np.repeat(rng.normal(size=m), n) * 2 + rng.normal(size=m * n)
    fit = lme("y ~ 1", pd.DataFrame({"g": np.repeat(range(m), n), "y": y}), "~ 1 | g")
    D, s2 = fit.get_var_cov().iloc[0, 0], fit.sigma**2
    w = n * D / (n * D + s2)
    assert fit.ranef_cov(fixed_known=True).to_numpy() == pytest.approx(
        np.full((m, 1), D * (1 - w)), rel=1e-12
    )
    of_mean = (D + s2 / n) / m
    assert fit.ranef_cov().to_numpy() == pytest.approx(
        np.full((m, 1), D * (1 - w) + w**2 * of_mean), rel=1e-12
    )


def test_covariances_of_responses_are_r_s(recorded, fits):
    fit, answers = fits("growth"), recorded["responses"]
    asked = {
        "conditional": {"type": "conditional"},
        "marginal": {"type": "m"},
        "chosen": {"type": "marginal", "individuals": ["M02", "F03"]},
        "random": {},
        "whole": {"type": "random_effects"},
    }
    for name, arguments in asked.items():
        found, written = fit.get_var_cov(**arguments), answers[name]
        assert str(found) + "\n" == written["page"]
        if isinstance(found, CovarianceFrame):
            matrices = written["matrices"]
            made = [found]
        else:
            assert isinstance(found, CovariancesOfGroups)
            assert list(found) == list(written["matrices"])
            matrices, made = list(written["matrices"].values()), list(found.values())
        for own, expected in zip(made, matrices, strict=True):
            assert list(own.index) == list(own.columns) == expected["names"]
            assert own.to_numpy() == pytest.approx(np.array(expected["values"]), rel=1e-6)
    by_position = fit.get_var_cov(type="marginal", individuals=[2, 19])
    assert list(by_position) == ["M02", "F03"]


def test_with_nesting_what_lies_further_in_is_left_given_a_level(fits, oats):
    fit = fits("plots")
    block, variety = (fit.get_var_cov(k).iloc[0, 0] for k in (1, 2))
    s2 = fit.sigma**2
    same_variety = np.kron(np.eye(3), np.ones((4, 4)))
    conditional = fit.get_var_cov("Block", "conditional", "II")["II"].to_numpy()
    assert conditional == pytest.approx(variety * same_variety + s2 * np.eye(12), rel=1e-12)
    marginal = fit.get_var_cov("Block", "marginal", "II")["II"].to_numpy()
    assert marginal == pytest.approx(conditional + block, rel=1e-12)
    assert fit.get_var_cov("Variety", "conditional")["I/Victory"].to_numpy() == pytest.approx(s2 * np.eye(4))
    inner = fit.get_var_cov(type="marginal", individuals="II/Victory")["II/Victory"].to_numpy()
    assert inner == pytest.approx(marginal[:4, :4], rel=1e-12)


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda fit: fit.ranef(standardized="no"), "standardized: expected True or False, got 'no'"),
        (lambda fit: fit.coef(aug_frame=1), "aug_frame: expected True or False, got 1"),
        (lambda fit: fit.ranef_se(fixed_known="no"), "fixed_known: expected True or False"),
        (lambda fit: fit.t_table(adjust_sigma="no"), "adjust_sigma: expected True or False"),
        (lambda fit: fit.ranef(aug_frame=True), "level: aug_frame=True is for one level at a time"),
        (lambda fit: fit.coef([1], aug_frame=True), "level: aug_frame=True is for one level at a time"),
        (lambda fit: fit.ranef([]), "level: the list is empty"),
        (lambda fit: fit.ranef([0, 1]), "the population"),
        (lambda fit: fit.ranef_cov("cat"), "level: 'cat'"),
        (lambda fit: fit.get_var_cov(0), "the population"),
        (lambda fit: fit.get_var_cov(type="all"), "type: 'all'"),
        (lambda fit: fit.get_var_cov(individuals="I"), "individuals: name groups with"),
        (
            lambda fit: fit.get_var_cov(type="marginal", individuals=["I"]),
            "individuals: 'I' is not a group of",
        ),
        (lambda fit: fit.get_var_cov(type="marginal", individuals=19), "positions from 1 to 18"),
        (lambda fit: fit.get_var_cov(type="marginal", individuals=True), "individuals: True"),
        (lambda fit: fit.get_var_cov(type="marginal", individuals=[]), "individuals: the list is empty"),
        (lambda fit: fit.residuals(""), "type: ''"),
    ],
)
def test_bad_requests_name_the_argument(fits, ask, message):
    with pytest.raises(ArgumentError, match=message):
        ask(fits("plots"))


def test_levels_may_be_listed(fits):
    fit = fits("plots")
    assert list(fit.ranef(["Variety", 1])) == ["Block", "Variety"]
    assert str(fit.ranef([1, 2])) == str(fit.ranef())
    inner = fit.ranef(["Variety"])
    assert list(inner) == ["Variety"]
    pd.testing.assert_frame_equal(inner["Variety"], fit.ranef("Variety"))
    assert str(inner) == str(fit.ranef("Variety"))


def test_three_levels_are_headed_as_r_heads_them():
    """R's ranef(lme(y ~ 1, d, ~ 1 | a/b/c)) has `Level: a`, `Level: b %in% a`, `Level: c %in% b %in% a`."""
    rng = np.random.default_rng(1)
    codes = np.arange(48)
    data = pd.DataFrame({"a": codes // 12, "b": codes // 6, "c": codes // 3, "y": rng.normal(size=48)})
    data["y"] += 2 * rng.normal(size=4)[data["a"]] + rng.normal(size=8)[data["b"]]
    fit = lme("y ~ 1", data, "~ 1 | a/b/c")
    headings = [line for line in str(fit.ranef()).splitlines() if line.startswith("Level")]
    assert headings == ["Level: a ", "Level: b %in% a ", "Level: c %in% b %in% a "]
    assert str(fit.ranef(["c", "b"])) == str(fit.ranef()).split("\n\n", 1)[1]
