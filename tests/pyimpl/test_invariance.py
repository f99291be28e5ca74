"""What a change of units, origin, order, names or coding must not change, to nine digits, singular fits included."""

import numpy as np
import pandas as pd
import pytest

from pyimpl import lme

RELATIVE = 1e-9


def world(seed, schools, sizes, spread, slope):
    """Pupils in rooms in schools; ``slope`` is how much the schools differ in the effect of x."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), rng.integers(*sizes, schools))
    n = len(school)
    room = rng.integers(0, 3, n)
    x, z = rng.normal(size=n), rng.normal(size=schools)[school]
    y = 5 + 0.7 * x + 0.4 * z + spread * rng.normal(size=schools)[school] + rng.normal(size=n)
    y = (
        y
        + slope * rng.normal(size=schools)[school] * x
        + spread * rng.normal(size=(schools, 3))[school, room]
    )
    kind = pd.Categorical(np.array(["p", "q", "r"])[rng.integers(0, 3, n)])
    frame = pd.DataFrame({"school": school, "room": room, "x": x, "z": z, "kind": kind, "y": y})
    return frame.set_index(pd.Index(rng.permutation(5 * n)[:n]))


# name: data, random part, whether the optimum is singular
WORLDS = {
    "slopes": (world(1, 25, (5, 12), 1.0, 1.0), "~ x | school", False),
    "independent slopes": (world(2, 25, (5, 12), 1.0, 1.0), {"school": "pdDiag(~ x)"}, False),
    "nested": (world(3, 20, (9, 20), 1.5, 1.0), {"school": "~ x", "room": "~ 1"}, False),
    "slopes, singular": (world(4, 7, (3, 6), 0.4, 0.0), "~ x | school", True),
    "independent slopes, singular": (world(5, 8, (3, 6), 0.5, 0.0), {"school": "pdDiag(~ x)"}, True),
    "nested, singular": (world(12, 8, (6, 9), 0.0, 0.7), {"school": "~ x", "room": "~ 1"}, True),
}


@pytest.fixture(params=WORLDS, ids=lambda name: name.replace(" ", "-"))
def case(request):
    return WORLDS[request.param]


@pytest.fixture(params=["REML", "ML"])
def method(request):
    return request.param


def outer(tables):
    return tables if isinstance(tables, pd.DataFrame) else next(iter(tables.values()))


def numbers(fit, new):
    """All that a fit says, by name: each a plain array. Random effects and covariances are the outermost level's."""
    said = {
        "log_lik": fit.log_lik,
        "criteria": np.array([fit.aic - fit.bic]),
        "sigma": fit.sigma,
        "fixef": fit.fixef().to_numpy(copy=True),
        "vcov": fit.vcov().to_numpy(copy=True),
        "t": fit.t_table()[["DF", "t-value", "p-value"]].to_numpy(),
        "sd": fit.var_corr().to_frame()["std_dev"].to_numpy(copy=True),
        "covariance": np.array(fit.get_var_cov(1)),
        "ranef": np.array(outer(fit.ranef())),
        "ranef_se": np.array(outer(fit.ranef_se())),
        "coef": np.array(outer(fit.coef())),
        "fitted": fit.fitted([0, 1]).sort_index().to_numpy(),
        "residuals": fit.residuals("pearson").sort_index().to_numpy(),
        "predicted": np.asarray(fit.predict(new)),
        "population": np.asarray(fit.predict(new, level=0)),
        "errors": fit.predict(new, se=True)["se.fit"].to_numpy(copy=True),
        "prediction intervals": fit.predict(new, interval="prediction").to_numpy(copy=True),
        "sequential": fit.anova().to_frame()[["numDF", "denDF", "F-value"]].to_numpy(float),
        "marginal": fit.anova(type="marginal").to_frame()[["numDF", "denDF", "F-value"]].to_numpy(float),
        "fixed intervals": fit.intervals(which="fixed")
        .to_frame()[["lower", "est.", "upper"]]
        .to_numpy(copy=True),
    }
    if not fit.convergence.on_boundary:
        table = fit.intervals(which="var-cov").to_frame()
        said["intervals"] = table[["lower", "est.", "upper"]].to_numpy(copy=True)
        said["is sd"] = (~table["term"].str.startswith("cor")).to_numpy()
    return said


def assert_same(found, expected, names=None, rel=RELATIVE):
    """Nine digits of the largest number of each kind."""
    for name in names or expected:
        size = np.abs(expected[name]).max()
        assert found[name] == pytest.approx(expected[name], rel=rel, abs=rel * size), name


def fit_and_numbers(data, random, method, fixed="y ~ x + kind + z", new=None):
    fit = lme(fixed, data, random, method=method)
    return fit, numbers(fit, data.iloc[::3] if new is None else new)


WITHOUT_UNITS = ["t", "sequential", "marginal", "residuals", "criteria"]


@pytest.mark.parametrize("factor", [1e9, 1e-9])
def test_units_of_the_response(case, method, factor):
    data, random, singular = case
    fit, expected = fit_and_numbers(data, random, method)
    assert fit.convergence.on_boundary == singular
    other, found = fit_and_numbers(data.assign(y=factor * data["y"]), random, method)
    assert other.convergence.singular == fit.convergence.singular
    for name in expected.keys() - {*WITHOUT_UNITS, "log_lik", "is sd", "intervals"}:
        found[name] = found[name] / factor ** (2 if name in ("vcov", "covariance") else 1)
    found["log_lik"] = other.log_lik + fit.likelihood.nu * np.log(factor)
    if not singular:
        found["intervals"][expected["is sd"]] /= factor
    assert_same(found, expected)


@pytest.mark.parametrize("factor", [1e9, 1e-9])
def test_units_of_a_covariate(case, method, factor):
    data, random, singular = case
    fit, expected = fit_and_numbers(data, random, method)
    other, found = fit_and_numbers(data.assign(x=factor * data["x"]), random, method)
    assert other.convergence.singular == fit.convergence.singular
    unit = np.where(fit.fixef().index == "x", factor, 1.0)
    found["fixef"] *= unit
    found["vcov"] *= np.outer(unit, unit)
    found["covariance"] *= np.outer([1, factor], [1, factor])
    found["ranef"] *= [1, factor]
    found["ranef_se"] *= [1, factor]
    found["coef"] *= np.append(unit, np.ones(found["coef"].shape[1] - len(unit)))
    found["fixed intervals"] *= unit[:, None]
    found["sd"][1] *= factor
    found["log_lik"] += np.log(factor) if method == "REML" else 0.0
    if not singular:
        slope = other.intervals(which="var-cov").to_frame()["term"] == "sd(x)"
        found["intervals"][slope] *= factor
    assert_same(found, expected)


@pytest.mark.parametrize("shift", [1e3, 1e6])
def test_origin_of_a_covariate_under_an_unstructured_covariance(method, shift):
    """As the year of an observation is; a million standard deviations away x itself has ten digits left."""
    for name in ("slopes", "nested", "slopes, singular"):
        data, random, _ = WORLDS[name]
        moved = data.assign(x=data["x"] + shift)
        data = data.assign(x=moved["x"] - shift)  # what the shift has left of x
        fit, expected = fit_and_numbers(data, random, method)
        other, found = fit_and_numbers(moved, random, method, new=moved.iloc[::3])
        assert other.convergence.converged
        assert other.convergence.singular == fit.convergence.singular
        names = ["log_lik", "sigma", "fitted", "residuals", "predicted", "population", "sequential"]
        assert_same(found, expected, names)
        for one in ("fixef", "t"):
            assert found[one][1:] == pytest.approx(expected[one][1:], rel=1e-8)
        assert found["covariance"][1, 1] == pytest.approx(expected["covariance"][1, 1], rel=1e-8)


def test_order_of_rows_order_of_groups_and_their_names(case, method):
    data, random, _ = case
    _, expected = fit_and_numbers(data, random, method)
    rng = np.random.default_rng(0)
    mixed = data.iloc[rng.permutation(len(data))].assign(
        school=lambda d: [f"{chr(122 - k)}{7 * k % 5}" for k in d["school"]], room=lambda d: 9 - d["room"]
    )
    _, found = fit_and_numbers(mixed, random, method, new=mixed.loc[data.index[::3]])
    for one in ("ranef", "ranef_se", "coef"):
        found[one] = found[one][::-1]  # the names are in the reverse order
    assert_same(found, expected)


def test_a_response_plus_x_gamma(case, method):
    """The fixed effects move by gamma, and nothing else does."""
    data, random, _ = case
    fit, expected = fit_and_numbers(data, random, method)
    moved = data.assign(y=data["y"] + 50 - 30 * data["x"] + 20 * data["z"])
    _, found = fit_and_numbers(moved, random, method)
    gamma = np.select([fit.fixef().index == name for name in ("(Intercept)", "x", "z")], [50.0, -30.0, 20.0])
    assert found["fixef"] - gamma == pytest.approx(expected["fixef"], abs=1e-10)
    names = ["log_lik", "sigma", "vcov", "sd", "covariance", "ranef", "ranef_se", "residuals", "errors"]
    names += [] if fit.convergence.on_boundary else ["intervals"]
    assert_same(found, expected, names)


def test_a_second_copy_of_the_data_in_other_groups(case):
    """ML: the same estimates and predictions, half the covariance of the fixed effects, twice the log-likelihood."""
    data, random, _ = case
    _, expected = fit_and_numbers(data, random, "ML")
    copy = data.assign(school=data["school"] + 1000).set_index(data.index + 10**6)
    twice = pd.concat([data, copy])
    _, found = fit_and_numbers(twice, random, "ML", new=data.iloc[::3])
    assert_same(found, expected, ["sigma", "fixef", "sd", "covariance", "predicted", "population"])
    assert found["vcov"] == pytest.approx(expected["vcov"] / 2, rel=RELATIVE, abs=1e-12)
    assert found["log_lik"] == pytest.approx(2 * expected["log_lik"], rel=RELATIVE)
    half = len(found["ranef"]) // 2
    assert found["ranef"][:half] == pytest.approx(expected["ranef"], rel=RELATIVE, abs=RELATIVE)
    assert found["ranef"][half:] == pytest.approx(expected["ranef"], rel=RELATIVE, abs=RELATIVE)


@pytest.mark.parametrize("contrasts", ["contr.sum", "contr.helmert", "contr.poly"])
def test_coding_of_a_factor(case, method, contrasts):
    """Another basis of the same column space; REML, as nlme has it, changes by the determinant of the change."""
    data, random, _ = case
    fit, expected = fit_and_numbers(data, random, method)
    other = lme("y ~ x + kind + z", data, random, method=method, contrasts={"kind": contrasts})
    change = np.linalg.lstsq(other.model.design.X, fit.model.design.X, rcond=None)[0]
    found = numbers(other, data.iloc[::3])
    found["log_lik"] += -np.log(np.abs(np.linalg.det(change))) if method == "REML" else 0.0
    found["vcov"] = np.linalg.inv(change) @ found["vcov"] @ np.linalg.inv(change).T
    names = [
        "log_lik",
        "sigma",
        "vcov",
        "sd",
        "covariance",
        "ranef",
        "fitted",
        "predicted",
        "sequential",
        "errors",
    ]
    assert_same(found, expected, names)


@pytest.mark.parametrize("spread", [1.5, 0.0])
@pytest.mark.parametrize(
    "one, another",
    [("~ kind", "~ kind - 1"), ("~ x", "~ I(2 * x - 3)"), ("~ poly(x, 2)", "~ x + I(x^2)")],
    ids=["factor", "line", "parabola"],
)
def test_basis_of_the_random_effects_under_an_unstructured_covariance(one, another, spread, method):
    data = world(21, 18, (7, 14), spread, spread)
    fits = [
        lme("y ~ poly(x, 2) + kind", data, {"school": f"pdSymm({form})"}, method=method)
        for form in (one, another)
    ]
    assert fits[1].log_lik == pytest.approx(fits[0].log_lik, rel=1e-11)
    assert fits[1].sigma == pytest.approx(fits[0].sigma, rel=RELATIVE)
    assert fits[1].fitted().to_numpy() == pytest.approx(fits[0].fitted().to_numpy(), rel=RELATIVE)
    assert fits[1].vcov().to_numpy() == pytest.approx(fits[0].vcov().to_numpy(), rel=RELATIVE, abs=1e-11)


@pytest.mark.parametrize("structure", ["pdCompSymm", "pdIdent", "pdDiag", "pdSymm"])
def test_order_of_the_levels_of_a_factor_in_the_random_part(structure, method):
    data = world(22, 15, (8, 14), 1.5, 0.5)
    fit = lme("y ~ x", data, {"school": f"{structure}(~ kind - 1)"}, method=method)
    reordered = data.assign(kind=data["kind"].cat.reorder_categories(["r", "p", "q"]))
    other = lme("y ~ x", reordered, {"school": f"{structure}(~ kind - 1)"}, method=method)
    assert other.log_lik == pytest.approx(fit.log_lik, rel=1e-11)
    D = fit.get_var_cov().loc[["kindr", "kindp", "kindq"], ["kindr", "kindp", "kindq"]]
    assert np.asarray(other.get_var_cov()) == pytest.approx(np.asarray(D), rel=RELATIVE)
