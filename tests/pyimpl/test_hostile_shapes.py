"""Data of awkward shapes and kinds: each gives an answer, an answer with one warning, or one clear error."""

import numpy as np
import pandas as pd
import pytest

from pyimpl import DataError, LmeWarning, lme

N = 30


@pytest.fixture
def data():
    rng = np.random.default_rng(17)
    x = rng.normal(size=N)
    g = np.arange(N) // 5
    y = 1 + x + rng.normal(size=6)[g] + 0.5 * rng.normal(size=N)
    return pd.DataFrame({"y": y, "x": x, "z": rng.normal(size=N), "g": g})


def all_pages(fit):
    """Everything that prints, and that nothing of it raises or warns."""
    pages = [
        fit,
        fit.summary(),
        fit.var_corr(),
        fit.anova(),
        fit.anova(type="marginal"),
        fit.ranef(),
        fit.coef(),
    ]
    return [
        str(page) for page in [*pages, fit.intervals(which="fixed"), fit.predict(), fit.residuals("pearson")]
    ]


# --- an answer ---

SHAPES = {
    "two groups": (lambda d: d.assign(g=np.arange(N) % 2), "~ x | g"),
    "two groups of three": (lambda d: d.assign(g=np.arange(N) % 2, h=np.arange(N) % 6), "~ 1 | g/h"),
    "singletons but for one pair": (lambda d: d.assign(g=np.maximum(np.arange(N), 1)), "~ 1 | g"),
    "pairs, two effects": (lambda d: d.assign(g=np.arange(N) // 2), "~ x | g"),
    "threes, three effects": (lambda d: d.assign(g=np.arange(N) // 3), "~ x + z | g"),
    "nearly collinear effects": (lambda d: d.assign(z=d["x"] * (1 + 1e-7 * d["z"])), "~ x + z | g"),
    "whole numbers": (lambda d: d.assign(y=d["y"].round().astype(np.int8)), "~ 1 | g"),
    "truth values": (lambda d: d.assign(y=d["y"] > 1), "~ 1 | g"),
    "single precision": (lambda d: d.astype({"y": np.float32, "x": np.float32}), "~ x | g"),
    "numbers as objects": (lambda d: d.astype({"x": object, "g": object}), "~ x | g"),
    "nullable": (lambda d: d.convert_dtypes(), "~ x | g"),
    "sparse": (lambda d: d.assign(x=pd.arrays.SparseArray(d["x"])), "~ x | g"),
    "fractions name groups": (lambda d: d.assign(g=d["g"] + 0.5), "~ 1 | g"),
    "groups that don't occur": (lambda d: d.assign(g=pd.Categorical(d["g"], range(-3, 20))), "~ 1 | g"),
    "the index repeats": (lambda d: d.set_index(pd.Index([0] * N)), "~ x | g"),
    "the index has levels": (
        lambda d: d.set_index(["g", "z"], drop=False).rename_axis([None, None]),
        "~ 1 | g",
    ),
    "far from zero": (lambda d: d.assign(y=d["y"] + 1e9), "~ x | g"),
    "one wild value": (lambda d: d.assign(y=np.append(d["y"][:-1], 1e8)), "~ x | g"),
    "tiny units": (lambda d: d.assign(x=1e-60 * d["x"], y=1e-60 * d["y"]), "~ x | g"),
    "huge units": (lambda d: d.assign(x=1e60 * d["x"], y=1e60 * d["y"]), "~ x | g"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", SHAPES)
def test_awkward_shapes_are_fitted_and_printed(data, shape):
    change, random = SHAPES[shape]
    given = change(data)
    fit = lme("y ~ x", given, random)
    assert fit.convergence.converged
    assert fit.fitted().index.equals(given.index)
    assert all(all_pages(fit))


def test_levels_that_do_not_occur_make_no_columns(data):
    kind = pd.Categorical(np.array(["a", "b"])[np.arange(N) % 2], ["z", "a", "y", "b"])
    fit = lme("y ~ kind", data.assign(kind=kind), "~ kind | g")
    assert fit.fixef().index.tolist() == ["(Intercept)", "kindb"]
    assert fit.var_corr().to_frame()["term"].tolist()[:-1] == ["(Intercept)", "kindb"]


def test_years_are_as_good_as_years_since(data):
    """A slope in the year of observation, two thousand years from its origin."""
    rng = np.random.default_rng(3)
    g, year = np.repeat(np.arange(12), 12), np.tile(np.arange(2015, 2027), 12)
    b = rng.normal(size=(12, 2)) * [3, 0.4]
    y = 10 + 0.3 * (year - 2020) + b[g, 0] + b[g, 1] * (year - 2020) + rng.normal(size=144)
    frame = pd.DataFrame({"y": y, "year": year, "since": year - 2020, "g": g})
    far, near = lme("y ~ year", frame, "~ year | g"), lme("y ~ since", frame, "~ since | g")
    assert far.convergence.converged
    assert not far.convergence.on_boundary
    assert far.log_lik == pytest.approx(near.log_lik, rel=1e-12)
    assert far.t_table().loc["year"].tolist() == pytest.approx(near.t_table().loc["since"].tolist(), rel=1e-9)
    assert far.fitted().to_numpy() == pytest.approx(near.fitted().to_numpy(), rel=1e-11)


def test_very_many_groups_of_one_to_three_rows():
    rng = np.random.default_rng(0)
    g = np.repeat(np.arange(20_000), rng.integers(1, 4, 20_000))
    x = rng.normal(size=len(g))
    y = 1 + x + rng.normal(size=20_000)[g] + 0.5 * rng.normal(size=20_000)[g] * x + rng.normal(size=len(g))
    fit = lme("y ~ x", pd.DataFrame({"y": y, "x": x, "g": g}), "~ x | g")
    assert fit.convergence.converged
    assert fit.var_corr().to_frame()["std_dev"].tolist() == pytest.approx([1.0, 0.5, 1.0], abs=0.03)


# --- an answer and a warning ---

UNIDENTIFIED = {
    "a column of zeros": (lambda d: d.assign(z=0.0), "~ x + z | g"),
    "a second intercept": (lambda d: d.assign(z=3.0), "~ x + z | g"),
    "collinear effects": (lambda d: d.assign(z=2 * d["x"]), "~ x + z | g"),
    "two levels of the same groups": (lambda d: d.assign(h=d["g"] + 7), "~ 1 | g/h"),
    "one row a group": (lambda d: d.assign(g=np.arange(N)), "~ 1 | g"),
    "two times for everyone": (lambda d: d.assign(g=np.arange(N) // 2, x=np.arange(N) % 2), "~ x | g"),
}


@pytest.mark.parametrize("shape", UNIDENTIFIED)
def test_what_the_data_cannot_tell_apart_is_warned_of(data, shape):
    """On the boundary too, where the likelihood is flat in some directions of the factors even if all is well."""
    change, random = UNIDENTIFIED[shape]
    with pytest.warns(LmeWarning, match="not identified") as caught:
        fit = lme("y ~ x", change(data), random)
    assert len(caught) == 1
    assert all(all_pages(fit))


@pytest.mark.parametrize(
    "random, response", [("~ 1 | g", lambda d: d["g"]), ("~ x | g", lambda d: d["g"] * (1 + d["x"]))]
)
@pytest.mark.parametrize("fixed", ["y ~ x", "y ~ 1"])
def test_a_response_that_the_random_effects_fit_exactly(data, random, response, fixed):
    with pytest.warns(LmeWarning, match="fit the response exactly") as caught:
        fit = lme(fixed, data.assign(y=response(data) * 1.0), random)
    assert len(caught) == 1
    assert not fit.convergence.converged


# --- an error ---

REFUSED = {
    "dates": (
        lambda d: d.assign(x=pd.date_range("2020", periods=N)),
        r"column 'x' holds dates; use .*\.dt\.days",
    ),
    "dates as groups": (lambda d: d.assign(g=pd.date_range("2020", periods=N)), "column 'g' holds dates"),
    "time differences": (lambda d: d.assign(x=pd.to_timedelta(range(N), "D")), "'x' holds time differences"),
    "periods": (lambda d: d.assign(x=pd.period_range("2020", periods=N)), "column 'x' has dtype period"),
    "complex numbers": (lambda d: d.assign(x=d["x"] + 1j), "column 'x' holds complex numbers"),
    "lists": (lambda d: d.assign(x=[[1]] * N), "column 'x' mixes text"),
    "text and numbers": (lambda d: d.assign(x=["a", 1] * 15), "column 'x' mixes text"),
    "a column twice": (lambda d: pd.concat([d, d[["x"]]], axis=1), "2 columns called 'x'"),
    "a missing whole number": (
        lambda d: d.assign(x=pd.array([None, *range(N - 1)], dtype="Int64")),
        r"column 'x' has 1; .*na_action='omit'",
    ),
    "an infinite number": (lambda d: d.assign(x=np.append(d["x"][:-1], np.inf)), "column 'x' has 1 infinite"),
    "a constant response": (lambda d: d.assign(y=3.0), "fit the response 'y' exactly"),
    "fewer rows than effects": (lambda d: d.assign(g=np.arange(N)), "fewer observations than random effects"),
}


@pytest.mark.parametrize("shape", REFUSED)
def test_what_cannot_be_fitted_is_refused_by_name(data, shape):
    change, message = REFUSED[shape]
    with pytest.raises(DataError, match=message):
        lme("y ~ x", change(data), "~ x | g")
