"""Autocorrelation and variogram of a fit: what R's lacks, held against the definitions, and bad requests."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, DataError, FormulaError, lme
from pyimpl.diagnostics import Layout, VariogramOptions, autocorrelation, empirical_variogram


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(20)
    n = 120
    dog = rng.integers(0, 8, n)
    side = rng.integers(0, 2, n)
    hour = rng.permutation(n)
    y = rng.normal(size=8)[dog] + np.sin(hour / 3) + rng.normal(size=n)
    frame = pd.DataFrame(
        {"dog": [f"d{k}" for k in dog], "side": np.where(side, "L", "R"), "hour": hour, "y": y}
    )
    frame["x"], frame["late"] = rng.normal(size=(2, n))
    frame["unit"] = frame["dog"] + frame["side"]
    frame.loc[3, "late"] = np.nan
    return frame


@pytest.fixture(scope="module")
def fit(data):
    return lme("y ~ x", data, "~ 1 | dog")


@pytest.fixture(scope="module")
def nested(data):
    return lme("y ~ x", data, "~ 1 | dog/side")


def definition(residuals, groups, times, lag):
    """Mean product of the residuals that are ``lag`` apart, and how many there are."""
    products = [
        residuals[i] * residuals[j]
        for i in range(len(residuals))
        for j in range(len(residuals))
        if groups[i] == groups[j] and times[j] - times[i] == lag
    ]
    return (np.mean(products) if products else np.nan), len(products)


def test_a_time_with_gaps_pairs_what_is_a_lag_apart(fit, data):
    found = fit.acf(max_lag=30, form="~ hour")
    r, groups, times = fit.residuals("pearson").to_numpy(), data["dog"].to_numpy(), data["hour"].to_numpy()
    by_definition = [definition(r, groups, times, lag) for lag in range(31)]
    assert found.n_used.tolist() == [n for _, n in by_definition]
    np.testing.assert_allclose(found.acf, [m / by_definition[0][0] for m, _ in by_definition], rtol=1e-12)


def test_times_far_apart_are_no_larger_problem_than_near_ones(fit, data):
    """The numbers are nanoseconds here: a grid of times would not fit into memory."""
    near = autocorrelation(
        np.arange(6.0), Layout(np.zeros(6, int), np.array([[0, 1, 2, 50, 51, 99.0]]).T, ("t",)), 2
    )
    far = np.array([[0, 1, 2, 9e15, 9e15 + 1, -9e15]]).T
    found = autocorrelation(np.arange(6.0), Layout(np.zeros(6, int), far, ("t",)), 2)
    assert found.n_used.tolist() == near.n_used.tolist() == [6, 3, 1]
    assert found.acf == pytest.approx(near.acf, rel=1e-14)


def test_groups_can_be_named_and_levels_chosen(nested, data):
    by_unit = nested.acf(form="~ 1 | unit", max_lag=4)
    assert str(by_unit) == str(nested.acf(form="~ 1 | dog/side", max_lag=4)) == str(nested.acf(max_lag=4))
    r = nested.residuals("response", level="dog").to_numpy()
    order = data.groupby("dog").cumcount().to_numpy()
    found = nested.acf(form="~ 1 | dog", level="dog", max_lag=3, res_type="response")
    wanted = [definition(r, data["dog"].to_numpy(), order, lag)[0] for lag in range(4)]
    np.testing.assert_allclose(found.acf, np.array(wanted) / wanted[0], rtol=1e-12)


def test_rows_that_the_fit_left_out_are_left_out_here(data):
    part = lme("y ~ x + late", data, "~ 1 | dog", na_action="exclude", subset="side == 'L'")
    rows = data[(data["side"] == "L") & data["late"].notna()]
    alone = lme("y ~ x + late", rows, "~ 1 | dog")
    assert str(part.acf(form="~ hour")) == str(alone.acf(form="~ hour"))
    assert str(part.variogram("~ x")) == str(alone.variogram("~ x"))


def test_the_variogram_of_all_pairs_is_the_definition(fit, data):
    frame = fit.variogram(
        "~ hour + x", collapse="none", metric="maximum", max_dist=20, res_type="response"
    ).to_frame()
    r = fit.residuals().to_numpy()
    wanted = []
    for dog in sorted(data["dog"].unique()):
        rows = np.flatnonzero(data["dog"] == dog)
        for i, j in combinations(rows, 2):
            distance = max(abs(data["hour"][i] - data["hour"][j]), abs(data["x"][i] - data["x"][j]))
            if distance <= 20:
                wanted.append(((r[i] - r[j]) ** 2 / 2, distance))
    np.testing.assert_allclose(frame.to_numpy(), wanted, rtol=1e-10)


def test_a_factor_is_as_far_away_as_its_dummy_columns(fit, data):
    frame = fit.variogram("~ side", collapse="none").to_frame()
    assert set(frame["dist"].round(12)) == {0.0, round(np.sqrt(2), 12)}


def test_a_long_group_costs_what_is_asked_of_it():
    """The matrix of distances of 200,000 rows would take 320 gigabytes."""
    n = 200_000
    rng = np.random.default_rng(0)
    time = rng.permutation(n).astype(float)
    layout = Layout(np.zeros(n, int), time[:, None], ("time",))
    found = empirical_variogram(rng.normal(size=n), layout, VariogramOptions(max_dist=4.0))
    assert found.dist.tolist() == [1, 2, 3, 4]
    assert found.n_pairs.tolist() == [n - 1, n - 2, n - 3, n - 4]
    # white noise: each semivariance is 1, with a standard error of about sqrt(3 / n)
    np.testing.assert_allclose(found.variog, 1.0, atol=5 * np.sqrt(3 / n))
    assert autocorrelation(rng.normal(size=n), layout).lag[-1] == 53


def test_objects_render_in_notebooks_and_as_frames(fit):
    acf, variogram = fit.acf(max_lag=2), fit.variogram(n_int=4)
    assert acf.to_frame().columns.tolist() == ["lag", "ACF", "n.used"]
    assert variogram.to_frame().columns.tolist() == ["variog", "dist", "n.pairs"]
    for shown in (acf, variogram, fit.variogram(collapse="none", max_dist=1)):
        assert shown._repr_html_().count("<tr>") == len(shown.to_frame()) + 1
        assert repr(shown) == str(shown)


@pytest.mark.parametrize(
    "ask, error, message",
    [
        (lambda f: f.acf(max_lag=-1), ArgumentError, "max_lag: expected a whole number"),
        (lambda f: f.acf(max_lag=2.5), ArgumentError, "max_lag: expected a whole number"),
        (lambda f: f.acf(max_lag=True), ArgumentError, "max_lag: expected a whole number"),
        (lambda f: f.acf(res_type="raw"), ArgumentError, "res_type: 'raw' is unknown"),
        (lambda f: f.acf(level="cat"), ArgumentError, "level: 'cat'"),
        (lambda f: f.acf(form="~ x"), DataError, "form: lags are whole numbers, but 'x' holds"),
        (
            lambda f: f.acf(form="~ hour + x"),
            DataError,
            r"form: autocorrelation needs one column .* \(hour, x\)",
        ),
        (lambda f: f.acf(form="~ I(hour - hour)"), DataError, "is 0 more than once in a group"),
        (lambda f: f.acf(form="~ time"), DataError, "form: the data have no column 'time'"),
        (lambda f: f.acf(form="~ late"), DataError, "form: column 'late' has 1 missing values"),
        (
            lambda f: f.acf(form="~ hour | side"),
            DataError,
            r"hold rows of different groups of 'dog'.*\| dog/side",
        ),
        (lambda f: f.acf(form="y ~ hour"), FormulaError, "form: .* has a left side"),
        (lambda f: f.acf(form="hour"), FormulaError, "form: .* has no `~`"),
        (lambda f: f.acf(form=3), FormulaError, "form: expected a formula such as '~ time', got int"),
        (lambda f: f.acf(form="~ system('x')"), FormulaError, "form: .*system"),
        (lambda f: f.variogram("~ offset(x)"), FormulaError, "holds an offset"),
        (lambda f: f.variogram("~ x", metric="cosine"), ArgumentError, "metric: 'cosine' is unknown"),
        (lambda f: f.variogram("~ x", collapse="all"), ArgumentError, "collapse: 'all' is unknown"),
        (lambda f: f.variogram("~ x", n_int=0), ArgumentError, "n_int: expected a whole number"),
        (lambda f: f.variogram("~ x", robust=1), ArgumentError, "robust: expected True or False"),
        (lambda f: f.variogram("~ x", max_dist=-1), ArgumentError, "max_dist: expected a positive number"),
        (lambda f: f.variogram("~ x", max_dist="far"), ArgumentError, "max_dist: expected a positive number"),
        (lambda f: f.variogram("~ x", max_dist=1e-9), DataError, "at most max_dist = 1e-09 apart"),
        (lambda f: f.variogram("~ x", breaks=[1]), ArgumentError, "breaks: expected two or more"),
        (lambda f: f.variogram("~ x", breaks="abc"), ArgumentError, "breaks: expected two or more"),
        (lambda f: f.variogram("~ x", breaks=[-2, -1]), DataError, "breaks: no pair's distance lies between"),
        (lambda f: f.variogram("~ 1 | unit/hour"), DataError, "no group has two rows"),
    ],
)
def test_bad_requests_give_one_clear_error(fit, ask, error, message):
    with pytest.raises(error, match=message):
        ask(fit)
