"""The likelihood-ratio study: each refit is lme's, the distribution is R's, the p-values are those that R plots."""

import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, LmeWarning, lme
from pyimpl.simulation import LikelihoodRatioStudy, refit, responses
from pyimpl.simulation.replicates import replicate
from pyimpl.simulation.study import Ratios
from pyimpl.simulation.sweep import deviances


@cache
def recorded() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("study.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def orthodont():
    return pd.DataFrame(recorded()["data"])


@pytest.fixture(scope="module")
def ragged():
    """Two levels, unequal groups, rows in no order."""
    rng = np.random.default_rng(12)
    n = 130
    school = rng.integers(0, 9, n)
    room = rng.integers(0, 4, n)
    x = rng.normal(2, 1, n)
    y = 3 + x + rng.normal(size=9)[school] + 0.5 * rng.normal(size=36)[school * 4 + room] + rng.normal(size=n)
    return pd.DataFrame({"school": school, "room": room, "x": x, "y": y, "f": rng.choice(list("abc"), n)})


def test_many_deviances_are_those_of_one_by_one(problem, reml, rng):
    """Each structure and depth of nesting, at random theta."""
    likelihood = problem.likelihood(reml)
    responses = problem.y + rng.normal(size=(5, len(problem.y)))
    codes = [code for _, code, _ in reversed(problem.levels)]
    design = SimpleNamespace(
        X=problem.X,
        Z=[Z for Z, _, _ in reversed(problem.levels)],
        offset=np.zeros(len(problem.y)),
        order=np.arange(len(problem.y)),
        sorted_codes=codes,
    )
    replicates = replicate(design, likelihood.moments, responses)
    m = sum(structure.n_parameters for structure in problem.structures)
    which, theta = rng.integers(0, 5, 12), rng.normal(size=(12, m))
    found = deviances(replicates, problem.structures, reml, which, theta)
    for value, s, at in zip(found, which, theta, strict=True):
        own = type(likelihood)(replicates.moments(s), problem.structures, reml)
        assert value == pytest.approx(own.evaluate(at).deviance, rel=1e-11)
        moved = type(problem)(responses[s], problem.X, problem.levels).likelihood(reml)
        assert value == pytest.approx(moved.evaluate(at).deviance, rel=1e-9)


@pytest.mark.parametrize(
    "small, large",
    [
        ("~ 1 | school", "~ x | school"),
        ("~ 1 | school", "~ 1 | school/room"),
        ({"school": "pdDiag(~ x)"}, {"school": "pdLogChol(~ x)", "room": "pdDiag(~ 1)"}),
        ({"school": "pdIdent(~ f - 1)"}, {"school": "pdCompSymm(~ f - 1)"}),
    ],
)
def test_refits_are_what_lme_finds(ragged, small, large):
    """The log-likelihood of every response, by both models and methods, singular optima included."""
    null, alternative = lme("y ~ x", ragged, small), lme("y ~ x", ragged, large)
    study = null.simulate_lr(alternative, nsim=4, seed=3)
    simulated = null.simulate(4, seed=3)
    frame = study.to_frame().set_index(["method", "simulation"])
    assert frame["converged"].all()
    for method in ("REML", "ML"):
        for k in range(4):
            data = ragged.assign(y=simulated[f"sim_{k + 1}"])
            for name, random in (("null", small), ("alternative", large)):
                alone = lme("y ~ x", data, random, method=method)
                assert frame.loc[(method, k + 1), name] == pytest.approx(alone.log_lik, abs=1e-8)


def test_with_few_groups_no_hill_is_missed_that_lme_finds():
    """Five groups of three to six rows: most optima are singular, and some likelihoods have several hills."""
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(5), [3, 6, 4, 5, 3])
    x, z, y = rng.normal(size=(3, len(g)))
    data = pd.DataFrame({"g": g, "x": x, "z": z, "y": y + rng.normal(size=5)[g]})
    fit = lme("y ~ x", data, "~ x + z | g", method="ML")
    values = np.concatenate(list(responses.response_sampler(fit.model, fit.estimates).draw(rng, 16)))
    replicates = replicate(fit.model.design, fit.likelihood.moments, values)
    problems = refit._Problems(replicates, fit.likelihood.structures, False)
    together = refit.refit(replicates, fit.likelihood.structures, False)
    apart = refit._one_by_one(problems, refit.starting_point(fit.likelihood), np.arange(16))
    assert (together.log_lik >= apart.log_lik - 1e-8).all()
    assert together.converged.all()


def test_problems_too_large_to_lay_side_by_side_give_the_same(orthodont, monkeypatch):
    null, alternative = (lme("distance ~ age", orthodont, f"~ {x} | Subject") for x in ("1", "age"))
    together = null.simulate_lr(alternative, nsim=4, seed=5).to_frame()
    monkeypatch.setattr(refit, "_MANY", 0)
    apart = null.simulate_lr(alternative, nsim=4, seed=5).to_frame()
    np.testing.assert_allclose(together[["null", "alternative"]], apart[["null", "alternative"]], rtol=1e-12)


def test_portions_make_no_difference(orthodont, monkeypatch):
    null, alternative = (lme("distance ~ age", orthodont, f"~ {x} | Subject") for x in ("1", "age"))
    whole = null.simulate_lr(alternative, nsim=7, seed=5, method="ML")
    monkeypatch.setattr(responses, "_PORTION", 300)
    parts = null.simulate_lr(alternative, nsim=7, seed=np.random.default_rng(5), method=["ML"])
    pd.testing.assert_frame_equal(whole.to_frame(), parts.to_frame(), rtol=1e-12)


def test_the_distribution_is_that_of_rs_study(orthodont):
    """Kolmogorov and Smirnov's distance to R's 1000 ratios, which with another 250 is below 0.14 but once in 1000."""
    null, alternative = (lme("distance ~ age", orthodont, f"~ {x} | Subject") for x in ("1", "age"))
    study = null.simulate_lr(alternative, nsim=250, seed=20)
    for each in study.ratios:
        theirs = np.array(recorded()["ratios"][each.method])
        points = np.concatenate([theirs, each.l_ratio])[:, None]
        distance = np.abs((theirs <= points).mean(axis=1) - (each.l_ratio <= points).mean(axis=1))
        # R stops short by up to 0.02, even below zero; there the distributions can't be compared
        assert distance[points[:, 0] > 0.05].max() < 0.14
    table = study.tests()
    assert table.loc["REML", "L.Ratio"] == pytest.approx(
        null.anova(alternative).to_frame()["L.Ratio"].iloc[1]
    )
    assert table.loc["REML", "nominal"] == pytest.approx(
        null.anova(alternative).to_frame()["p-value"].iloc[1]
    )
    for method, row in table.iterrows():
        by_r = (np.array(recorded()["ratios"][method]) >= row["L.Ratio"]).mean()
        assert abs(row["simulated"] - by_r) < 4 * np.sqrt(by_r * (1 - by_r) * (1 / 250 + 1 / 1000))


def study_of_r() -> LikelihoodRatioStudy:
    null, alternative = recorded()["null"], recorded()["alternative"]
    parts = []
    for method in ("REML", "ML"):
        ok = np.array(null[f"{method}.info"]) + np.array(alternative[f"{method}.info"]) == 0
        logs = [np.array(part[f"{method}.logLik"]) for part in (null, alternative)]
        parts.append(Ratios(method, *logs, ok, np.array([-223.5, -221.3])))
    return LikelihoodRatioStudy("small", "large", int(recorded()["df"][0]), tuple(parts))


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("default", {}),
        ("one", {"df": 1}),
        ("two", {"df": [1, 2]}),
        ("weighted", {"df": [2, 1], "weights": [0.65, 0.35]}),
        ("three", {"df": (0, 1, 2)}),
        ("apart", {"df": [1, 2], "weights": False}),
    ],
)
def test_p_values_are_those_that_r_plots(name, arguments):
    frame = study_of_r().p_values(**arguments)
    theirs = pd.DataFrame(recorded()["plots"][name])
    assert frame["df"].unique().tolist() == theirs["df"].unique().tolist()
    for key, wanted in theirs.groupby(["df", "method"]):
        found = frame[(frame["df"] == key[0]) & (frame["method"] == key[1])]
        np.testing.assert_allclose(found["empirical"], wanted["empirical"], rtol=1e-14)
        np.testing.assert_allclose(found["nominal"], wanted["nominal"], rtol=1e-11)


def test_the_simulated_p_value_counts_the_data_too():
    gains = np.array([0.5, 1.0, 2.0, 9.0])
    part = Ratios("ML", np.zeros(4), gains, np.array([True, True, True, False]), np.array([0, 0.9]))
    table = LikelihoodRatioStudy("small", "large", 1, (part,)).tests()
    assert table.loc["ML", ["L.Ratio", "simulated", "n"]].tolist() == [1.8, 0.75, 3]


def test_the_page_says_what_was_compared():
    study = study_of_r()
    assert str(study).splitlines()[:3] == [
        "Likelihood-ratio study: 60 responses simulated from the null model",
        "  Null:        small",
        "  Alternative: large",
    ]
    assert study._repr_html_().count("<tr>") == 3
    assert repr(study) == str(study)


def test_reml_with_different_fixed_effects_is_warned_of(orthodont):
    null, alternative = (
        lme("distance ~ 1", orthodont, "~ 1 | Subject"),
        lme("distance ~ age", orthodont, "~ 1 | Subject"),
    )
    with pytest.warns(LmeWarning, match="REML comparisons are not meaningful"):
        null.simulate_lr(alternative, nsim=2, seed=1)
    study = null.simulate_lr(alternative, nsim=2, seed=1, method="ML")
    assert study.df == 1


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda a, b, d: a.simulate_lr("b"), "alternative: expected a fit of pyimpl, got str"),
        (lambda a, b, d: b.simulate_lr(a), "alternative: it has 4 parameters, but this model has 6"),
        (lambda a, b, d: a.simulate_lr(a), "alternative: it has 4 parameters, but this model has 4"),
        (lambda a, b, d: a.simulate_lr(b, nsim=0), "nsim: expected a whole number"),
        (lambda a, b, d: a.simulate_lr(b, seed="x"), "seed: expected"),
        (lambda a, b, d: a.simulate_lr(b, method="EM"), "method: expected 'REML', 'ML' or both, got 'EM'"),
        (lambda a, b, d: a.simulate_lr(b, method=[]), "method: expected 'REML', 'ML' or both"),
        (lambda a, b, d: a.simulate_lr(lme("distance ~ age", d[:80], "~ age | Subject")), "the same rows"),
        (
            lambda a, b, d: a.simulate_lr(lme("age ~ distance", d, "~ distance | Subject")),
            "the same response",
        ),
        (lambda a, b, d: study_of_r().p_values(df=-1), "df: expected degrees of freedom"),
        (lambda a, b, d: study_of_r().p_values(df="two"), "df: expected degrees of freedom"),
        (lambda a, b, d: study_of_r().p_values(df=0), "df: with 0 alone"),
        (lambda a, b, d: study_of_r().p_values(df=[1, 2], weights=[1]), "weights: expected 2 numbers"),
        (lambda a, b, d: study_of_r().p_values(df=[1, 2], weights=[1, 1]), "weights: .* add up to 1"),
    ],
)
def test_bad_requests_give_one_clear_error(orthodont, ask, message):
    null, alternative = (lme("distance ~ age", orthodont, f"~ {x} | Subject") for x in ("1", "age"))
    with pytest.raises(ArgumentError, match=message):
        ask(null, alternative, orthodont)
