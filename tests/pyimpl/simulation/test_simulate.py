"""Simulated responses have the mean and covariance that the model says, within Monte-Carlo error."""

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, lme

# The largest of some hundred standardised errors; beyond it with probability below 1e-4 if all is right.
_BOUND = 5.0


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    n = 40
    school = np.repeat(np.arange(5), 8)
    child = np.tile(np.repeat([0, 1, 2], [3, 3, 2]), 5)
    x = rng.normal(size=n)
    unit = school * 3 + child
    y = (
        1
        + x
        + rng.normal(size=(5, 2))[school] @ [2, 0]
        + rng.normal(size=15)[unit] * (1 + x)
        + rng.normal(size=n)
    )
    frame = pd.DataFrame({"school": school, "child": child, "x": x, "y": y})
    return frame.sample(frac=1, random_state=1)


def dense_covariance(fit, depth):
    """sigma^2 I plus Z D Z' of every level whose effects are drawn."""
    design = fit.model.design
    V = fit.sigma**2 * np.eye(fit.n_obs)
    for k, level in enumerate(fit.model.levels):
        if k >= depth:
            same = level.grouping.codes[:, None] == level.grouping.codes[None]
            V += design.Z[k] @ fit.estimates.covariances[k] @ design.Z[k].T * same
    return V


@pytest.mark.parametrize("level, depth", [(0, 0), ("school", 1), (2, 2)])
@pytest.mark.parametrize(
    "random", [{"school": "~ 1", "child": "~ x"}, {"school": "~ x", "child": "pdDiag(~ x)"}]
)
def test_moments_are_those_of_the_dense_covariance(data, level, depth, random):
    fit = lme("y ~ x", data, random)
    n = 20_000
    values = fit.simulate(n, seed=7, level=level).to_numpy()
    V = dense_covariance(fit, depth)
    errors = values.mean(axis=1) - fit.fitted(level=level).to_numpy()
    assert np.abs(errors / np.sqrt(np.diag(V) / n)).max() < _BOUND
    centred = values - fit.fitted(level=level).to_numpy()[:, None]
    spread = np.sqrt((np.outer(np.diag(V), np.diag(V)) + V**2) / n)
    assert np.abs((centred @ centred.T / n - V) / spread).max() < _BOUND


def test_effects_without_variance_are_not_drawn(data):
    flat = data.assign(y=np.tile([0.0, 1.0, 0.0, -1.0], 10) + 0.5 * data["x"])
    fit = lme("y ~ x", flat, "~ x | school")
    assert fit.convergence.on_boundary
    values = fit.simulate(4000, seed=0).to_numpy() - fit.fitted(level=0).to_numpy()[:, None]
    V = dense_covariance(fit, 0)
    assert np.diag(values @ values.T / 4000) == pytest.approx(np.diag(V), rel=_BOUND * np.sqrt(2 / 4000))


def test_the_seed_says_which_responses_come(data):
    fit = lme("y ~ x", data, "~ 1 | school/child")
    five = fit.simulate(5, seed=11)
    pd.testing.assert_frame_equal(five[["sim_1", "sim_2"]], fit.simulate(2, seed=11))
    generator = np.random.default_rng(11)
    again = pd.concat([fit.simulate(2, seed=generator), fit.simulate(3, seed=generator)], axis=1)
    assert np.array_equal(five.to_numpy(), again.to_numpy())
    assert not np.array_equal(fit.simulate().to_numpy(), fit.simulate().to_numpy())


def test_rows_are_those_of_the_data(data):
    holes = data.copy()
    holes.loc[holes.index[[2, 9]], "x"] = np.nan
    fit = lme("y ~ x", holes, "~ 1 | school", na_action="exclude")
    frame = fit.simulate(2, seed=1)
    assert frame.index.equals(data.index)
    assert frame.isna().all(axis=1).to_numpy().nonzero()[0].tolist() == [2, 9]


def test_an_offset_is_part_of_the_response(data):
    fit = lme("y ~ x + offset(1000 * x)", data, "~ 1 | school")
    values = fit.simulate(2000, seed=2)
    assert np.abs(values.mean(axis=1) - fit.fitted(level=0)).max() < 1


def test_a_million_rows_are_one_call():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(100_000), 10)
    frame = pd.DataFrame({"g": group, "y": rng.normal(size=100_000)[group] + rng.normal(size=len(group))})
    fit = lme("y ~ 1", frame, "~ 1 | g")
    values = fit.simulate(2, seed=1)
    means = values.groupby(group).mean()
    wanted = fit.get_var_cov().to_numpy()[0, 0] + fit.sigma**2 / 10
    assert means.var().to_numpy() == pytest.approx([wanted] * 2, rel=_BOUND * np.sqrt(2 / 100_000))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"nsim": 0}, "nsim: expected a whole number from 1 on, got 0"),
        ({"nsim": 2.0}, "nsim: expected a whole number"),
        ({"nsim": True}, "nsim: expected a whole number"),
        ({"seed": -1}, "seed: expected a whole number from 0 on, or a numpy Generator"),
        ({"seed": "today"}, "seed: expected a whole number from 0 on"),
        ({"level": "class"}, "level: 'class' is not a level"),
    ],
)
def test_bad_requests_give_one_clear_error(data, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        lme("y ~ x", data, "~ 1 | school").simulate(**arguments)
