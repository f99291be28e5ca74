"""Degrees of freedom, F and likelihood-ratio tests, and intervals from exact derivatives."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pyimpl import ArgumentError, LmeWarning, lme
from pyimpl.containment import containment_of, denominator_df, term_denominator_df


@pytest.fixture
def data():
    rng = np.random.default_rng(8)
    dog = np.repeat(np.arange(14), 12)
    side = np.tile(np.repeat([0, 1], 6), 14)
    day = np.tile(np.arange(6.0), 28)
    breed = np.where(dog < 7, "collie", "poodle")
    unit = dog * 2 + side
    y = 5 + 0.4 * day + rng.normal(size=14)[dog] * 2 + rng.normal(size=14)[dog] * day * 0.5
    y = y + rng.normal(size=28)[unit] + 0.7 * rng.normal(size=len(dog))
    return pd.DataFrame(
        {
            "dog": [f"d{k:02d}" for k in dog],
            "side": np.where(side, "L", "R"),
            "day": day,
            "breed": breed,
            "y": y,
        }
    )


@pytest.fixture(params=["REML", "ML"])
def method(request):
    return request.param


def test_containment_counts_groups_where_a_column_varies(data):
    """14 dogs, 28 sides, 168 rows: day varies within a side, side within a dog, breed between dogs."""
    fit = lme("y ~ day + side + breed", data, "~ 1 | dog/side")
    df = fit.t_table()["DF"]
    assert df["day"] == 168 - 28 - 1
    assert df["sideR"] == 28 - 14 - 1
    assert df["breedpoodle"] == 14 - 1 - 1
    assert df["(Intercept)"] == 168 - 28 - 1


def test_without_intercept_the_inner_strata_gain_one(data):
    """As R's Orthodont `Sex - 1 + age` has 25, 25, 81 where `Sex + age` has 25, 80."""
    df = lme("y ~ breed - 1 + day", data, "~ 1 | dog").t_table()["DF"]
    assert df.tolist() == [14 - 2, 14 - 2, 168 - 14 - 1 + 1]


@pytest.mark.parametrize("sizes, df", [((2, 1), 2), ((2, 2, 1, 1, 1), 5), ((3, 3, 3, 3, 3), 10)])
def test_an_intercept_alone_takes_no_degree_of_freedom(sizes, df):
    """summary(lme(y ~ 1, random = ~ 1 | g))$tTable of nlme 3.1-162 for groups of these sizes."""
    codes = np.repeat(np.arange(len(sizes)), sizes)
    contained = containment_of(np.ones((1, len(codes))), [codes])
    assert denominator_df(contained).tolist() == [df]
    assert term_denominator_df(contained, np.array([0])).tolist() == [df]


def test_a_term_is_tested_where_its_innermost_column_varies():
    codes = np.repeat(np.arange(4), 3)
    between, within = np.repeat([0.0, 1.0, 1.0, 0.0], 3), np.tile([0.0, 1.0, 2.0], 4)
    columns = np.array([np.ones(12), between, within])
    assert denominator_df(containment_of(columns, [codes])).tolist() == [7, 2, 7]
    assert term_denominator_df(containment_of(columns, [codes]), np.array([0, 1, 1])).tolist() == [6, 6]


def test_one_column_terms_have_f_equal_to_t_squared(data, method):
    fit = lme("y ~ day * breed", data, "~ day | dog", method=method)
    marginal = fit.anova(type="marginal").to_frame()
    table = fit.t_table()
    assert marginal["F-value"].to_numpy() == pytest.approx(table["t-value"].to_numpy() ** 2, rel=1e-10)
    assert marginal["p-value"].to_numpy() == pytest.approx(table["p-value"].to_numpy(), rel=1e-8)


def test_sigma_is_adjusted_under_ml_only_and_on_request(data, method):
    """nlme's summary(adjustSigma = FALSE): the standard errors are those of vcov."""
    fit = lme("y ~ day * breed", data, "~ day | dog", method=method)
    plain = fit.t_table(adjust_sigma=False)
    assert plain["Std.Error"].to_numpy() == pytest.approx(np.sqrt(np.diag(fit.vcov())), rel=1e-12)
    assert plain["t-value"].to_numpy() == pytest.approx(
        (plain["Value"] / plain["Std.Error"]).to_numpy(), rel=1e-12
    )
    larger = np.sqrt(fit.n_obs / (fit.n_obs - 4)) if method == "ML" else 1.0
    assert fit.t_table()["Std.Error"].to_numpy() == pytest.approx(
        larger * plain["Std.Error"].to_numpy(), rel=1e-12
    )
    assert (str(fit.summary(adjust_sigma=False)) == str(fit.summary())) == (method == "REML")


def test_sequential_tests_add_up_to_the_joint_one(data, method):
    fit = lme("y ~ day + I(day^2) + breed", data, "~ day | dog", method=method)
    sequential = fit.anova().to_frame()["F-value"].to_numpy()
    V = fit.vcov().to_numpy() * (1 if method == "REML" else fit.n_obs / (fit.n_obs - 4))
    beta = fit.fixef().to_numpy()
    assert sequential.sum() == pytest.approx(beta @ np.linalg.solve(V, beta), rel=1e-10)
    assert sequential[-1] == pytest.approx(
        fit.anova(type="marginal").to_frame()["F-value"].iloc[-1], rel=1e-10
    )


def test_terms_and_their_contrast_give_one_test(data):
    fit = lme("y ~ day + I(day^2)", data, "~ 1 | dog")
    joint = fit.anova(terms=["day", "I(day^2)"]).to_frame()
    contrast = fit.anova(L=[[0, 1, 0], [0, 0, 1]]).to_frame()
    assert contrast.to_numpy() == pytest.approx(joint.to_numpy(), rel=1e-12)
    named = fit.anova(L={"day": 1.0}).to_frame()["F-value"].iloc[0]
    assert named == pytest.approx(fit.t_table()["t-value"]["day"] ** 2, rel=1e-12)


def test_likelihood_ratio_between_nested_fits(data, method):
    small = lme("y ~ day", data, "~ 1 | dog", method=method)
    large = lme("y ~ day", data, "~ day | dog", method=method)
    table = large.anova(small).to_frame()
    ratio = 2 * (large.log_lik - small.log_lik)
    assert table["L.Ratio"].iloc[1] == pytest.approx(ratio, rel=1e-12)
    assert table["p-value"].iloc[1] == pytest.approx(stats.chi2.sf(ratio, 2), rel=1e-10)
    assert table["Test"].tolist() == ["", "1 vs 2"]
    assert table["df"].tolist() == [6, 4]


def test_reml_fits_with_different_fixed_effects_are_warned_of(data):
    a, b = lme("y ~ day", data, "~ 1 | dog"), lme("y ~ day + breed", data, "~ 1 | dog")
    with pytest.warns(LmeWarning, match="REML comparisons are not meaningful"):
        a.anova(b)


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda fit, other: fit.anova(other), "REML and by ML"),
        (lambda fit, other: fit.anova("fit"), "one argument is a str"),
        (lambda fit, other: fit.anova(terms="nope"), "'nope' is not a term"),
        (
            lambda fit, other: fit.anova(terms=["day", "breed"]),
            r"same denominator DF, these have \d+, \d+; test",
        ),
        (lambda fit, other: fit.anova(L=[1, 0]), r"L: has 2 columns, but there are \d coefficients"),
        (lambda fit, other: fit.anova(L={"nope": 1}), "'nope' is not a coefficient"),
        (lambda fit, other: fit.anova(L="x"), "L: expected numbers"),
        (lambda fit, other: fit.anova(L=[[0, 1, 0], [0, 2, 0]]), "linearly dependent"),
        (lambda fit, other: fit.anova(terms="day", L=[[0, 1, 0]]), "either terms or L"),
        (lambda fit, other: fit.anova(type="III"), "type: 'III'"),
        (lambda fit, other: fit.intervals(level=95), "between 0 and 1"),
        (lambda fit, other: fit.intervals(which="random"), "which: 'random'"),
        (lambda fit, other: fit.ranef("cat"), "level: 'cat'"),
        (lambda fit, other: fit.fitted(3), "level: 3"),
        (lambda fit, other: fit.residuals("deviance"), "type: 'deviance'"),
    ],
)
def test_bad_requests_give_one_clear_error(data, ask, message):
    fit = lme("y ~ day + breed", data, "~ 1 | dog")
    other = lme("y ~ day + breed", data, "~ 1 | dog", method="ML")
    with pytest.raises(ArgumentError, match=message):
        ask(fit, other)


def test_intervals_of_fixed_effects_are_by_t(data, method):
    fit = lme("y ~ day", data, "~ 1 | dog", method=method)
    table = fit.intervals(level=0.9, which="fixed").to_frame()
    half = stats.t.ppf(0.95, fit.t_table()["DF"]) * np.sqrt(np.diag(fit.vcov()))
    assert table["upper"].to_numpy() == pytest.approx(fit.fixef().to_numpy() + half, rel=1e-10)


@pytest.mark.parametrize(
    "structure, effects", [("pdLogChol", 3), ("pdDiag", 2), ("pdIdent", 1), ("pdCompSymm", 2)]
)
def test_variance_intervals_are_those_of_the_dense_likelihood(data, method, structure, effects):
    """The observed information by central differences of the definition, whole V, sigma a parameter of its own."""
    fit = lme("y ~ day", data, {"dog": f"{structure}(~ day)"}, method=method)
    table = fit.intervals(which="var-cov").to_frame()
    estimates = table["est."].to_numpy()
    assert len(estimates) == effects + 1
    to_natural, from_natural = natural_scale(structure)
    here = to_natural(estimates)
    information = hessian(lambda eta: minus_log_likelihood(data, structure, from_natural(eta), method), here)
    half = 1.959963984540054 * np.sqrt(np.diag(np.linalg.inv(information)))
    assert to_natural(table["upper"].to_numpy()) - here == pytest.approx(half, rel=2e-5)
    assert here - to_natural(table["lower"].to_numpy()) == pytest.approx(half, rel=2e-5)


def natural_scale(structure):
    """Logs of standard deviations, log((1 + r) / (1 - r)) of correlations (two effects: so for pdCompSymm too)."""
    at = {"pdLogChol": 2, "pdCompSymm": 1}.get(structure)

    def forward(values):
        eta = np.log(np.where(values > 0, values, 1.0))
        if at is not None:
            eta[at] = np.log((1 + values[at]) / (1 - values[at]))
        return eta

    def backward(eta):
        values = np.exp(eta)
        if at is not None:
            values[at] = np.tanh(eta[at] / 2)
        return values

    return forward, backward


def minus_log_likelihood(data, structure, values, method):
    *own, sigma = values
    if structure == "pdLogChol":
        sd, r = np.array(own[:2]), own[2]
    else:
        sd = np.array([own[0], own[1] if structure == "pdDiag" else own[0]])
        r = own[1] if structure == "pdCompSymm" else 0.0
    D = np.outer(sd, sd) * np.array([[1, r], [r, 1]])
    X = np.column_stack([np.ones(len(data)), data["day"]])
    same = data["dog"].to_numpy()[:, None] == data["dog"].to_numpy()[None]
    V = (X @ D @ X.T) * same + sigma**2 * np.eye(len(data))
    W = np.linalg.inv(V)
    XWX = X.T @ W @ X
    y = data["y"].to_numpy()
    residual = y - X @ np.linalg.solve(XWX, X.T @ W @ y)
    value = np.linalg.slogdet(V)[1] + residual @ W @ residual
    return (value + (np.linalg.slogdet(XWX)[1] if method == "REML" else 0.0)) / 2


def hessian(function, at, step=1e-4):
    n = len(at)
    E = step * np.eye(n)
    H = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            corners = [function(at + a * E[i] + b * E[j]) * a * b for a in (-1, 1) for b in (-1, 1)]
            H[i, j] = sum(corners) / (4 * step**2)
    return H


def test_a_singular_fit_has_no_variance_intervals_and_says_so(data):
    flat = data.assign(y=np.tile(np.arange(12.0), 14) * 0.3)
    fit = lme("y ~ day", flat, "~ 1 | dog")
    assert fit.convergence.on_boundary
    with pytest.raises(ArgumentError, match="which='fixed'"):
        fit.intervals()
    assert len(fit.intervals(which="fixed").to_frame()) == 2
