"""What must hold of any gls fit: the definition, the order of rows, units, draws, and one clear error for bad input."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from pyimpl import ArgumentError, DataError, FormulaError, GlsFit, LmeWarning, gls
from pyimpl.correlation import corAR1
from pyimpl.variance import varIdent

from .conftest import CASES, data_of, dense_covariance, fit_of

DENSE = [name for name in CASES if name not in ("sphere", "cows", "strata")]


def shuffled(data: pd.DataFrame) -> pd.DataFrame:
    return data.sample(frac=1, random_state=np.random.RandomState(3))


@pytest.mark.parametrize("name", DENSE)
def test_the_definition(name: str) -> None:
    """The log-likelihood, coefficients and standard errors by the whole covariance matrix."""
    fit = fit_of(name)
    V, X, y = dense_covariance(fit), fit.model.design.X, fit.model.design.y
    n, p = X.shape
    W = np.linalg.inv(V)
    information = X.T @ W @ X
    beta = np.linalg.solve(information, X.T @ W @ y)
    r, reml = y - X @ beta, fit.method == "REML"
    nu = n - p if reml else n
    whole = nu * np.log(2 * np.pi) + np.linalg.slogdet(V)[1] + r @ W @ r
    whole += np.linalg.slogdet(information)[1] if reml else 0.0
    np.testing.assert_allclose(fit.log_lik, -whole / 2, rtol=1e-9)
    np.testing.assert_allclose(fit.fixef(), beta, rtol=1e-6)
    np.testing.assert_allclose(fit.vcov(), np.linalg.inv(information) * nu / (n - p), rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("name", DENSE)
def test_normalized_residuals_are_whitened(name: str) -> None:
    """R'V^-1 R is the sum of their squares over any factor, group by group."""
    fit = fit_of(name)
    r = fit.residuals().to_numpy()
    np.testing.assert_allclose(
        (fit.residuals("normalized") ** 2).sum(), r @ np.linalg.solve(dense_covariance(fit), r), rtol=1e-7
    )


@pytest.mark.parametrize(
    "name", ["ar1", "arma11", "general", "compound", "combined", "field", "trees", "held"]
)
def test_the_order_of_the_rows_doesn_t_matter(name: str) -> None:
    case = CASES[name]
    data = data_of(case["data"])
    if "~ 1 |" in (case["correlation"] or ""):  # the order within groups means something there
        data = data.assign(
            t=data.groupby(
                case["correlation"].split("| ")[1].split(",")[0].rstrip(")"), observed=True
            ).cumcount()
            + 1
        )
        correlation = case["correlation"].replace("~ 1 |", "~ t |")
    else:
        correlation = case["correlation"]
    given: dict[str, Any] = {"correlation": correlation, "weights": case["weights"], "method": case["method"]}
    one, other = (gls(case["model"], rows, **given) for rows in (data, shuffled(data)))
    np.testing.assert_allclose(one.log_lik, other.log_lik, rtol=1e-10)
    np.testing.assert_allclose(one.log_lik, fit_of(name).log_lik, rtol=1e-10)
    for kind in ("response", "pearson"):
        np.testing.assert_allclose(
            one.residuals(kind), other.residuals(kind).loc[data.index], rtol=1e-4, atol=1e-6
        )
    if name in ("ar1", "arma11", "combined"):  # the other structures' factors go by the order of the rows
        np.testing.assert_allclose(
            one.residuals("normalized"), other.residuals("normalized").loc[data.index], rtol=1e-4, atol=1e-5
        )
    np.testing.assert_allclose(one.fixef(), other.fixef(), rtol=1e-5)


def test_without_structure_it_is_a_regression() -> None:
    data = data_of("Orthodont")
    fit = gls("distance ~ age", data, method="ML")
    X = np.column_stack([np.ones(len(data)), data["age"]])
    beta, rss, *_ = np.linalg.lstsq(X, data["distance"].to_numpy(), rcond=None)
    np.testing.assert_allclose(fit.fixef(), beta, rtol=1e-12)
    np.testing.assert_allclose(fit.sigma, np.sqrt(rss[0] / len(data)), rtol=1e-12)
    np.testing.assert_allclose(fit.vcov(), np.linalg.inv(X.T @ X) * rss[0] / (len(data) - 2), rtol=1e-11)
    assert fit.n_groups == {} and fit.corr_params().empty and fit.var_params().empty
    assert fit.residuals("normalized").equals(fit.residuals("pearson"))


def test_units_of_the_response() -> None:
    data = data_of("Ovary")
    formula, correlation = CASES["ar1"]["model"], CASES["ar1"]["correlation"]
    fits = [gls(formula, data.assign(follicles=data["follicles"] * scale), correlation) for scale in (1, 1e8)]
    np.testing.assert_allclose(fits[1].sigma, fits[0].sigma * 1e8, rtol=1e-8)
    np.testing.assert_allclose(fits[1].corr_params(), fits[0].corr_params(), rtol=1e-8)


def test_standard_errors_and_intervals_of_predictions() -> None:
    fit = fit_of("compound")
    new = pd.DataFrame({"Sex": ["Female", "Male"], "age": [10.0, 13.0]})
    table = fit.predict(new, se=True, interval="confidence", conf_level=0.9)
    X = np.array([[1, 1, -1, -1], [1, 0, 2, 0]])
    np.testing.assert_allclose(table["se.fit"], np.sqrt(np.diag(X @ fit.vcov() @ X.T)), rtol=1e-12)
    np.testing.assert_allclose(
        table["upr"] - table["fit"], 1.6596374 * table["se.fit"], rtol=1e-6
    )  # qt(.95, 104)
    own = fit.predict(interval="prediction")
    deviations = fit.residuals() / fit.residuals("pearson")
    half = 1.9830375 * np.sqrt(fit.predict(se=True)["se.fit"] ** 2 + deviations**2)  # qt(.975, 104)
    np.testing.assert_allclose(own["upr"] - own["fit"], half, rtol=1e-6)
    # the females' errors are of another size
    sizes = np.array([fit.sigma * fit.var_params()["Female"], fit.sigma])
    wide = fit.predict(new, se=True, interval="prediction")
    half = 1.9830375 * np.sqrt(wide["se.fit"] ** 2 + sizes**2)
    np.testing.assert_allclose(wide["upr"] - wide["fit"], half, rtol=1e-6)


def test_simulated_responses_have_the_model_s_covariance() -> None:
    fit = fit_of("compound")
    drawn = fit.simulate(4000, seed=1)
    assert drawn.shape == (108, 4000) and fit.simulate(2, seed=1).equals(drawn.iloc[:, :2])
    rows = np.flatnonzero(fit.get_groups() == "F03")
    np.testing.assert_allclose(np.cov(drawn.to_numpy()[rows]), fit.get_var_cov("F03"), rtol=0.15)
    np.testing.assert_allclose(drawn.mean(axis=1), fit.fitted(), atol=0.2)


def test_covariances_of_groups() -> None:
    fit = fit_of("combined")
    V, groups = dense_covariance(fit), fit.get_groups()
    rows = np.flatnonzero(groups == "11")
    np.testing.assert_allclose(fit.get_var_cov("11"), V[np.ix_(rows, rows)], rtol=1e-10)
    first = groups.cat.categories[0]
    assert fit.get_var_cov(1).equals(fit.get_var_cov(first)) and fit.get_var_cov().equals(
        fit.get_var_cov(first)
    )
    assert fit_of("ungrouped").get_var_cov().shape == (108, 108)
    for wrong in ("999", 0, 99, True, 1.5):
        with pytest.raises(ArgumentError, match="individual: "):
            fit.get_var_cov(wrong)
    with pytest.raises(ArgumentError, match="errors of this fit are independent"):
        fit_of("plain").get_var_cov()
    with pytest.raises(ArgumentError, match="correlation: the fit has no groups"):
        fit_of("plain").get_groups()


def test_missing_values() -> None:
    data = data_of("Orthodont").copy()
    data.loc[[3, 50], "distance"] = np.nan
    given = ("distance ~ age", data, "corCAR1(form = ~ age | Subject)")
    with pytest.raises(DataError, match="missing values in object: column 'distance' has 2"):
        gls(*given)
    omit, exclude = gls(*given, na_action="omit"), gls(*given, na_action="exclude")
    assert omit.n_obs == exclude.n_obs == 106
    assert len(omit.fitted()) == 106 and exclude.residuals("normalized").isna().sum() == 2
    assert exclude.get_groups().isna().sum() == 2 and exclude.simulate(1, 1).isna().sum().item() == 2
    assert len(omit.get_data()) == 106 and omit.log_lik == exclude.log_lik


def test_fits_are_updated_saved_and_frozen() -> None:
    fit = fit_of("plain")
    assert fit.update(". ~ . - Sex:I(age - 11)").fixef().size == 3
    both = fit.update(correlation=corAR1("~ 1 | Subject"), weights=varIdent("~ 1 | Sex"), method="ML")
    assert isinstance(both, GlsFit) and both.corr_params().index.tolist() == ["Phi"]
    assert both.update(correlation=None, weights=None, method="REML").log_lik == fit.log_lik
    again = pickle.loads(pickle.dumps(both))
    assert str(again.summary()) == str(both.summary()) and again.update().log_lik == both.log_lik
    with pytest.raises(FrozenInstanceError):
        fit.warnings = ()  # type: ignore[misc]
    with pytest.raises(ArgumentError, match="update: 'fixed' is not an argument of gls"):
        fit.update(fixed="y ~ 1")


def test_a_polars_frame_will_do() -> None:
    data = data_of("Orthodont")
    plain = data[["distance", "age"]]
    assert gls("distance ~ age", pl.from_pandas(plain)).log_lik == gls("distance ~ age", plain).log_lik


def test_dependent_columns() -> None:
    data = data_of("Orthodont").assign(double=lambda d: 2 * d["age"])
    with pytest.raises(DataError, match="model: the column 'double' is a linear combination"):
        gls("distance ~ age + double", data)
    with pytest.warns(LmeWarning, match="model: rank-deficient"):
        fit = gls("distance ~ age + double", data, control={"singular.ok": True})
    # nlme counts the column that it left out among the degrees of freedom
    assert fit.t_table().equals(gls("distance ~ age", data).t_table())


def test_an_offset() -> None:
    data = data_of("Orthodont").assign(known=lambda d: d["age"] / 2)
    fit = gls("distance ~ age + offset(known)", data, "corAR1(form = ~ 1 | Subject)")
    other = gls("distance ~ age", data, "corAR1(form = ~ 1 | Subject)")
    np.testing.assert_allclose(fit.fixef(), other.fixef() - [0, 0.5], rtol=1e-8)
    np.testing.assert_allclose(fit.fitted(), other.fitted(), rtol=1e-10)


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"model": 3}, ArgumentError, "model: expected a formula"),
        ({"model": "~ age"}, FormulaError, "model: `~age` has no response"),
        ({"model": "distance ~ age | Subject"}, FormulaError, "model: groups .* write correlation="),
        ({"model": "distance ~ height"}, DataError, "model: .*height"),
        ({"model": "distance ~ system('x')"}, FormulaError, "system"),
        ({"data": [1, 2]}, ArgumentError, "data: expected a pandas DataFrame"),
        ({"correlation": 3}, ArgumentError, "correlation: a value of type int"),
        ({"correlation": "corFoo(form = ~ 1)"}, FormulaError, "correlation: `corFoo`"),
        ({"correlation": "corAR1(form = ~ 1 | Pupil)"}, DataError, "correlation: .*Pupil"),
        ({"correlation": "corCAR1(form = ~ Sex | Subject)"}, DataError, "correlation: the covariate `Sex`"),
        (
            {"correlation": "corCAR1(form = ~ age)"},
            DataError,
            "correlation: ~age has 8 twice in the group of all rows",
        ),
        (
            {"correlation": "corAR1(1.5, form = ~ 1 | Subject)"},
            ArgumentError,
            "correlation: the initial value 1.5",
        ),
        ({"weights": "varPower(form = ~ zero)"}, DataError, "weights: the covariate of ~zero is zero"),
        ({"weights": "varFoo(~ age)"}, FormulaError, "weights: `varFoo`"),
        ({"method": "MLE"}, ArgumentError, "method: 'MLE' is unknown"),
        ({"na_action": "pass"}, ArgumentError, "na_action: 'pass' is unknown"),
        ({"subset": "age >"}, FormulaError, "subset"),
        ({"control": {"sigma": -1}}, ArgumentError, "control: sigma must be a positive number"),
        ({"control": {"maxiter": 3}}, ArgumentError, "control: 'maxiter' is not a setting of glsControl"),
        ({"control": {"singular.ok": 1}}, ArgumentError, "control: singular.ok must be True or False"),
        ({"control": {"distributed": True}}, ArgumentError, "control: distributed=True is for lme"),
        ({"contrasts": {"Age": "contr.sum"}}, ArgumentError, "contrasts"),
    ],
    ids=lambda value: " ".join(map(str, value.items())) if isinstance(value, dict) else None,
)
def test_bad_input_gives_one_clear_error(changed: dict[str, Any], error: type[Exception], words: str) -> None:
    data = data_of("Orthodont").assign(zero=0.0)
    with pytest.raises(error, match=words):
        gls(**{"model": "distance ~ age", "data": data, **changed})


def test_wrong_questions() -> None:
    fit = fit_of("plain")
    for ask, words in (
        (lambda: fit.residuals("deviance"), "type: 'deviance' is unknown"),
        (lambda: fit.intervals(which="fixed"), "which: 'fixed' is unknown; choose one of all, var-cov, coef"),
        (lambda: fit.intervals(level=95), "level: the confidence level must lie between 0 and 1"),
        (lambda: fit.get_groups(1), "level: a fit of gls has no levels"),
        (lambda: fit.anova("other"), "others: anova compares fits of pyimpl"),
        (lambda: fit.anova(terms="Age"), "terms: 'Age' is not a term of the fit"),
        (lambda: fit_of("strata").intervals(), "which: cannot get confidence intervals .* which='coef'"),
    ):
        with pytest.raises(ArgumentError, match=words):
            ask()
