"""Every name of the contract, against what the same R computes when the model is typed there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rbridge

pytestmark = pytest.mark.needs_r

# fixed, data set, random, other arguments: as R text on both sides
MODELS = {
    "intercepts": ("distance ~ age", "Orthodont", "~ 1 | Subject", {}),
    "slopes": ("distance ~ age * Sex", "Orthodont", "~ age | Subject", {}),
    "ML": ("distance ~ age * Sex", "Orthodont", "~ age | Subject", {"method": "ML"}),
    "no intercept": ("distance ~ Sex - 1 + age", "Orthodont", "~ 1 | Subject", {}),
    "one coefficient": ("travel ~ 1", "Rail", "~ 1 | Rail", {}),
    "pdDiag": ("distance ~ age", "Orthodont", "list(Subject = pdDiag(~ age))", {}),
    "transformed": ("log(distance) ~ Sex + poly(age, 3)", "Orthodont", "~ I(age - 11) | Subject", {}),
    "nested": ("yield ~ ordered(nitro) * Variety", "Oats", "~ 1 | Block/Variety", {}),
    "nested list": ("pixel ~ day + I(day^2)", "Pixel", "list(Dog = ~ day, Side = ~ 1)", {}),
    "correlation": (
        "distance ~ age",
        "Orthodont",
        "~ 1 | Subject",
        {"correlation": "corAR1(form = ~ 1 | Subject)"},
    ),
    "weights": (
        "distance ~ age * Sex",
        "Orthodont",
        "~ 1 | Subject",
        {"weights": "varIdent(form = ~ 1 | Sex)"},
    ),
    "both": (
        "weight ~ Time * Diet",
        "BodyWeight",
        "~ Time | Rat",
        {"correlation": "corExp(form = ~ Time)", "weights": "varPower()"},
    ),
    "subset": ("distance ~ age", "Orthodont", "~ 1 | Subject", {"subset": 'Sex == "Male" & age > 8'}),
    "spline": ("distance ~ ns(age, 3)", "Orthodont", "~ 1 | Subject", {}),
    "contrasts": ("distance ~ age * Sex", "Orthodont", "~ 1 | Subject", {"contrasts": {"Sex": "contr.sum"}}),
}


class Pair:
    """A fit by rbridge, and the same call typed into R as ``m``."""

    def __init__(self, r, name: str) -> None:
        fixed, data, random, arguments = MODELS[name]
        self.r, self.data = r, r.frame(data)
        self.fit = rbridge.lme(fixed, self.data, random, **arguments)
        typed = {
            "method": '"REML"',
            **{key: value for key, value in arguments.items() if isinstance(value, str)},
        }
        if "method" in arguments:
            typed["method"] = f'"{arguments["method"]}"'
        if "contrasts" in arguments:
            typed["contrasts"] = (
                "list(" + ", ".join(f'{k} = "{v}"' for k, v in arguments["contrasts"].items()) + ")"
            )
        rest = ", ".join(f"{key} = {value}" for key, value in typed.items())
        r("library(splines)")
        r(f"m <- lme({fixed}, data = {data.lower()}, random = {random}, {rest})")
        self.levels = len(r("names(m$groups)"))


@pytest.fixture(params=MODELS)
def pair(request: pytest.FixtureRequest, r) -> Pair:
    return Pair(r, request.param)


def same_table(table: pd.DataFrame, r, code: str) -> None:
    np.testing.assert_array_equal(table.to_numpy(dtype=float).ravel(order="F"), r(f"c(as.matrix({code}))"))
    assert list(table.index) == r(f"rownames(as.matrix({code}))")
    assert list(table.columns) == r(f"colnames(as.matrix({code}))")


def test_scalars(pair: Pair) -> None:
    r, fit = pair.r, pair.fit
    assert fit.method == r("m$method")[0]
    assert fit.sigma == r("m$sigma")[0]
    assert fit.log_lik == r("as.numeric(logLik(m))")[0]
    assert fit.aic == r("summary(m)$AIC")[0]
    assert fit.bic == r("summary(m)$BIC")[0]
    assert fit.n_obs == r("m$dims$N")[0]
    assert list(fit.n_groups) == r("names(m$groups)")
    assert list(fit.n_groups.values()) == list(r("rev(m$dims$ngrps[1:m$dims$Q])"))
    assert fit.convergence.converged and fit.warnings == ()


def test_fixed_effects(pair: Pair) -> None:
    fit = pair.fit
    same_table(fit.fixef().to_frame("Value"), pair.r, "cbind(Value = fixef(m))")
    same_table(fit.vcov(), pair.r, "vcov(m)")
    same_table(fit.t_table(), pair.r, "summary(m)$tTable")
    assert fit.t_table()["DF"].dtype == np.int64


def test_random_effects(pair: Pair) -> None:
    r, fit = pair.r, pair.fit
    for k, name in enumerate(fit.n_groups, start=1):
        same_table(fit.ranef(k), r, f"as.data.frame(ranef(m, level = {k}))")
        same_table(fit.coef(name), r, f"as.data.frame(coef(m, level = {k}))")
        same_table(fit.get_var_cov(k), r, f"as.matrix(m$modelStruct$reStruct[['{name}']]) * m$sigma^2")
    if pair.levels == 1:
        same_table(fit.get_var_cov(), r, "unclass(getVarCov(m))[,, drop = FALSE]")
        assert isinstance(fit.ranef(), pd.DataFrame)
    else:
        assert list(fit.ranef()) == list(fit.coef()) == list(fit.n_groups)
        pd.testing.assert_frame_equal(fit.get_var_cov(), fit.get_var_cov(pair.levels))


def test_variance_components(pair: Pair) -> None:
    r, made = pair.r, pair.fit.var_corr()
    assert str(made) == pair.r.printed("VarCorr(m)")
    for rdig in (0, 1, 6):
        assert str(pair.fit.var_corr(rdig)) == pair.r.printed(f"VarCorr(m, rdig = {rdig})")
    frame = made.to_frame()
    assert list(frame.columns) == ["group", "term", "variance", "std_dev"]
    assert frame.iloc[-1].group == "Residual" and frame.iloc[-1].std_dev == r("m$sigma")[0]
    for group in pair.fit.n_groups:
        rows = frame[frame.group == group]
        variances = r(f"diag(as.matrix(m$modelStruct$reStruct[['{group}']])) * m$sigma^2")
        np.testing.assert_allclose(rows.variance, variances, rtol=1e-14)
        np.testing.assert_allclose(rows.std_dev**2, rows.variance, rtol=1e-14)
        assert list(rows.term) == r(f"rownames(as.matrix(m$modelStruct$reStruct[['{group}']]))")
        correlations = r(f"c(cov2cor(as.matrix(m$modelStruct$reStruct[['{group}']])))")
        np.testing.assert_allclose(made.corr(group).to_numpy().ravel(), correlations, rtol=1e-13, atol=1e-14)


def test_structure_parameters(pair: Pair) -> None:
    for part, made in (("corStruct", pair.fit.corr_params()), ("varStruct", pair.fit.var_params())):
        code = f"coef(m$modelStruct${part}, unconstrained = FALSE)"
        if pair.r(f"is.null(m$modelStruct${part})")[0]:
            assert made.empty
        else:
            assert list(made) == list(pair.r(f"c({code})"))
            assert list(made.index) == pair.r(f"names({code})")


def test_values_for_the_rows(pair: Pair) -> None:
    r, fit = pair.r, pair.fit
    rows = r("as.integer(rownames(m$fitted))") - 1
    for level in range(pair.levels + 1):
        made = fit.fitted(level)
        np.testing.assert_array_equal(made, r(f"as.numeric(fitted(m, level = {level}))"))
        assert list(made.index) == list(pair.data.index[rows])
        for kind in ("response", "pearson", "normalized"):
            code = f"as.numeric(residuals(m, level = {level}, type = '{kind}'))"
            np.testing.assert_array_equal(fit.residuals(kind, level), r(code))
        pd.testing.assert_series_equal(fit.predict(level=level), made)
    pd.testing.assert_series_equal(fit.fitted(), fit.fitted(pair.levels))
    both = fit.fitted([0, pair.levels])
    assert list(both.columns) == ["fixed", list(fit.n_groups)[-1]]
    np.testing.assert_array_equal(both.iloc[:, 1], fit.fitted())


def test_predictions_for_new_rows(pair: Pair) -> None:
    """The old rows, in another order, get their fitted values back (nlme itself may not manage: see below)."""
    fitted = pair.fit.fitted()
    some = fitted.index[::-1][: len(fitted) // 2]
    new = pair.data.loc[some].reset_index(drop=True)
    for level in range(pair.levels + 1):
        expected = pair.fit.fitted(level).loc[some].to_numpy()
        made = pair.fit.predict(new, level)
        np.testing.assert_allclose(made, expected, rtol=1e-12)
        assert list(made.index) == list(range(len(some)))


def test_pages(pair: Pair) -> None:
    r, fit = pair.r, pair.fit
    assert str(fit.summary()) == r.printed("summary(m)")
    assert str(fit) == r.printed("m")
    assert str(fit.anova()) == r.printed("anova(m)")
    assert str(fit.anova(type="marginal")) == r.printed("anova(m, type = 'marginal')")
    assert str(fit.intervals(which="fixed")) == r.printed("intervals(m, which = 'fixed')")


def test_intervals(pair: Pair) -> None:
    if pair.r("is.character(m$apVar)")[0]:
        with pytest.raises(rbridge.RError, match="confidence intervals on var-cov"):
            pair.fit.intervals()
        return
    made = pair.fit.intervals(0.9)
    assert str(made) == pair.r.printed("intervals(m, level = 0.9)")
    frame = made.to_frame()
    assert list(frame.columns) == ["part", "group", "term", "lower", "est.", "upper"]
    fixed = frame[frame.part == "fixed"]
    np.testing.assert_array_equal(
        fixed[["lower", "est.", "upper"]].to_numpy().ravel(order="F"),
        pair.r("c(intervals(m, level = 0.9)$fixed)"),
    )
    sigma = frame[frame.part == "sigma"].iloc[0]
    np.testing.assert_array_equal(
        sigma[["lower", "est.", "upper"]].astype(float), pair.r("c(intervals(m, .9)$sigma)")
    )
    assert set(frame[frame.part == "reStruct"].group) == set(pair.fit.n_groups)


def test_anova_tables(pair: Pair) -> None:
    for kind in ("sequential", "marginal"):
        same_table(pair.fit.anova(type=kind).to_frame(), pair.r, f"as.data.frame(anova(m, type = '{kind}'))")


def test_the_live_object(pair: Pair) -> None:
    assert "lme" in pair.fit.r.rclass
    assert pair.fit.r.rx2("sigma")[0] == pair.fit.sigma


def test_fits_are_compared(r) -> None:
    data = r.frame("Orthodont")
    fit1 = rbridge.lme("distance ~ age", data, "~ 1 | Subject")
    fit2 = rbridge.lme("distance ~ age", data, "~ age | Subject")
    r("fit1 <- lme(distance ~ age, data = orthodont, random = ~ 1 | Subject)")
    r("fit2 <- lme(distance ~ age, data = orthodont, random = ~ age | Subject)")
    made = fit1.anova(fit2)
    assert str(made) == r.printed("anova(fit1, fit2)")
    frame = made.to_frame()
    assert list(frame.columns) == ["Model", "df", "AIC", "BIC", "logLik", "Test", "L.Ratio", "p-value"]
    assert frame.loc["fit2", "L.Ratio"] == r("anova(fit1, fit2)$L.Ratio[2]")[0]
    assert list(frame.Test) == ["", "1 vs 2"]
    other = rbridge.lme("distance ~ age * Sex", data, "~ 1 | Subject")
    with pytest.warns(rbridge.RWarning, match="REML comparisons are not meaningful"):
        fit1.anova(other)


def test_terms_and_combinations_are_tested(r) -> None:
    fit = rbridge.lme("distance ~ age * Sex", r.frame("Orthodont"), "~ age | Subject")
    r("m <- lme(distance ~ age * Sex, data = orthodont, random = ~ age | Subject)")
    assert str(fit.anova(terms="Sex")) == r.printed("anova(m, Terms = 'Sex')")
    assert str(fit.anova(terms=["age", "age:Sex"])) == r.printed("anova(m, Terms = c(2, 4))")
    assert str(fit.anova(terms=[2, 4])) == r.printed("anova(m, Terms = c(2, 4))")
    assert str(fit.anova(L={"age": 1, "age:SexFemale": -1})) == r.printed(
        "anova(m, L = c(age = 1, `age:SexFemale` = -1))"
    )
    assert str(fit.anova(L=[0, 1, 0, -1])) == r.printed("anova(m, L = c(0, 1, 0, -1))")
    for wrong in (
        {"terms": "nothing"},
        {"terms": [9]},
        {"terms": 1.5},
        {"terms": []},
        {"L": {"nothing": 1}},
        {"L": "x"},
    ):
        with pytest.raises(rbridge.BridgeError):
            fit.anova(**wrong)


def test_changing_the_form_of_random_changes_nothing(r) -> None:
    data = r.frame("Pixel")

    class Structure:
        def __init__(self, text: str) -> None:
            self.text = text

        def __str__(self) -> str:
            return self.text

    expected = rbridge.lme("pixel ~ day", data, "list(Dog = ~ day, Side = pdDiag(~ 1))").fixef()
    for random in (
        {"Dog": "~ day", "Side": "pdDiag(~ 1)"},
        {"Dog": Structure("~ day"), "Side": Structure("pdDiag(~ 1)")},
        Structure("list(Dog = ~ day, Side = pdDiag(~ 1))"),
    ):
        pd.testing.assert_series_equal(rbridge.lme("pixel ~ day", data, random).fixef(), expected)


def test_structures_of_the_native_side_pass_as_they_are(r) -> None:
    from pyimpl.structures import pdDiag

    data = r.frame("Orthodont")
    pd.testing.assert_series_equal(
        rbridge.lme("distance ~ age", data, {"Subject": pdDiag("~ age")}).fixef(),
        rbridge.lme("distance ~ age", data, {"Subject": "pdDiag(~ age)"}).fixef(),
    )


def test_control_reaches_nlme(r) -> None:
    data = r.frame("Oxboys")
    default = rbridge.lme("height ~ age", data, "~ age | Subject")
    with pytest.warns(rbridge.RWarning, match="false convergence"):  # the floor of nlminb's tolerances
        tight = rbridge.lme("height ~ age", data, "~ age | Subject", control=rbridge.TIGHT_CONTROL)
    settings = (
        "rel.tol = 1e-13, sing.tol = 1e-20, x.tol = 1e-10, niterEM = 200, msMaxIter = 500, msMaxEval = 2000"
    )
    control = f"lmeControl({settings}, returnObject = TRUE)"
    r(f"tight <- lme(height ~ age, data = oxboys, random = ~ age | Subject, control = {control})")
    np.testing.assert_array_equal(tight.fixef(), r("fixef(tight)"))
    assert tight.log_lik == r("tight$logLik")[0]
    assert tight.sigma != default.sigma


def test_control_names_may_have_underscores(r) -> None:
    data = r.frame("Orthodont")
    fits = [
        rbridge.lme("distance ~ age", data, "~ age | Subject", control={name: 1e-3, "opt": "nlminb"})
        for name in ("rel_tol", "rel.tol")
    ]
    default = rbridge.lme("distance ~ age", data, "~ age | Subject")
    assert fits[0].sigma == fits[1].sigma != default.sigma


def test_answers_follow_the_order_of_the_data(r) -> None:
    data = r.frame("Oats")
    shuffled = data.sample(frac=1, random_state=4)
    shuffled.index = [f"row {i}" for i in shuffled.index]
    one, two = (rbridge.lme("yield ~ nitro", frame, "~ 1 | Block/Variety") for frame in (data, shuffled))
    back = two.fitted().set_axis([int(label.split()[1]) for label in shuffled.index]).sort_index()
    assert list(two.residuals().index) == list(shuffled.index)
    np.testing.assert_allclose(
        back, one.fitted(), rtol=1e-6
    )  # R's optimiser ends elsewhere in another row order
    np.testing.assert_allclose(two.fitted() + two.residuals(), shuffled["yield"], rtol=1e-12)


@pytest.mark.parametrize(
    "level",
    [
        *(-1, 3, 1.5, 1.0, "nothing", True, pd.NA, [], [9], [None], [pd.NA], [1.0], [0, [1]], {0, 1}),
        *(np.array(1), np.array([]), np.array([[0, 1]]), [np.array([1, 2])], pd.Series([0, 1])),
    ],
    ids=lambda level: " ".join(repr(level).split()),
)
def test_unknown_levels_are_refused(r, level: object) -> None:
    fit = rbridge.lme("yield ~ nitro", r.frame("Oats"), "~ 1 | Block/Variety")
    for ask in (fit.fitted, lambda level: fit.residuals(level=level), lambda level: fit.predict(level=level)):
        with pytest.raises(rbridge.ArgumentError, match="level"):
            ask(level)
    for ask in (fit.ranef, fit.coef, fit.get_var_cov):
        with pytest.raises(rbridge.ArgumentError, match="level"):
            ask(level)
        with pytest.raises(rbridge.ArgumentError, match="level 0 has no groups"):
            ask(0)


def test_bad_arguments_of_a_fit_are_refused(r) -> None:
    fit = rbridge.lme("distance ~ age", r.frame("Orthodont"), "~ 1 | Subject")
    for ask in (
        lambda: fit.residuals("deviance"),
        lambda: fit.residuals(None),
        lambda: fit.intervals(1.0),
        lambda: fit.intervals("0.95"),
        lambda: fit.intervals(which="random"),
        lambda: fit.anova(type="III"),
        lambda: fit.anova("m"),
        lambda: fit.anova(fit, terms="age"),
        lambda: fit.anova(terms="age", L={"age": 1}),
        lambda: fit.var_corr().corr("nothing"),
    ):
        with pytest.raises(rbridge.ArgumentError):
            ask()


@pytest.mark.parametrize(
    "value",
    [pd.NA, np.array([1, 2]), np.array(1), np.array(["ML", "REML"]), [0, [1]], np.nan, {}, object()],
    ids=lambda value: type(value).__name__,
)
def test_values_that_are_neither_true_nor_false_are_refused(r, value: object) -> None:
    """pandas' NA and arrays have no truth value: each argument still answers with its own error."""
    data = r.frame("Orthodont")
    fit = rbridge.lme("distance ~ age", data, "~ 1 | Subject")

    def refit(**changed: object) -> None:
        rbridge.lme(**{"fixed": "distance ~ age", "data": data, "random": "~ 1 | Subject", **changed})

    asks = {
        "type": lambda: fit.residuals(type=value),
        "level": lambda: fit.intervals(value),
        "which": lambda: fit.intervals(which=value),
        "newdata": lambda: fit.predict(value),
        "group": lambda: fit.var_corr().corr(value),
        "rdig": lambda: fit.var_corr(value),
        "control: 'maxIter'": lambda: refit(control={"maxIter": value}),
        "control: 'opt'": lambda: refit(control={"opt": value}),
        "control: 'returnObject'": lambda: refit(control={"returnObject": value}),
        "contrasts": lambda: refit(contrasts={"Sex": value}),
    }
    names = ("fixed", "data", "random", "correlation", "weights", "subset", "method", "na_action")
    asks |= {name: lambda name=name: refit(**{name: value}) for name in names}
    for name, ask in asks.items():
        with pytest.raises(rbridge.ArgumentError, match=f"^{name}"):
            ask()
    with pytest.raises(rbridge.ArgumentError, match="sequential"):
        fit.anova(type=value)
    with pytest.raises(rbridge.ArgumentError, match="compares fits"):
        fit.anova(value)


@pytest.mark.parametrize("terms", [[1, [2]], np.array(1.5), [True], pd.NA, [], {}, 10**30], ids=repr)
def test_terms_that_are_none_are_refused(r, terms: object) -> None:
    fit = rbridge.lme("distance ~ age", r.frame("Orthodont"), "~ 1 | Subject")
    with pytest.raises(rbridge.ArgumentError, match=r"^terms must be labels"):
        fit.anova(terms=terms)


def test_numbers_of_numpy_do_as_well(r) -> None:
    data = r.frame("Oats")
    plain = rbridge.lme(
        "yield ~ nitro", data, "~ 1 | Block/Variety", control={"maxIter": 5, "tolerance": 1e-5}
    )
    control = {"maxIter": np.int64(5), "tolerance": np.float32(1e-5), "returnObject": np.True_}
    fit = rbridge.lme("yield ~ nitro", data, "~ 1 | Block/Variety", control=control)
    pd.testing.assert_series_equal(fit.fixef(), plain.fixef(), check_exact=True)
    for level in (np.int64(1), np.int8(1), np.uint32(1)):
        pd.testing.assert_series_equal(fit.fitted(level), plain.fitted(1))
        pd.testing.assert_series_equal(fit.predict(data, level), plain.predict(data, 1))
        pd.testing.assert_frame_equal(fit.ranef(level), plain.ranef(1))
    for levels in (np.array([0, 1]), [0, 1], (0, 1), range(2), ["Block"], np.array(["Block", "Variety"])):
        expected = plain.fitted(list(levels))
        assert list(expected.columns) == (["fixed", "Block"] if levels[0] == 0 else list(levels))
        pd.testing.assert_frame_equal(fit.fitted(levels), expected)
        pd.testing.assert_frame_equal(fit.residuals(level=levels), plain.residuals(level=list(levels)))
    made = fit.intervals(np.float32(0.5)).to_frame()
    pd.testing.assert_frame_equal(made, plain.intervals(0.5).to_frame())


def test_a_fit_is_immutable(r) -> None:
    fit = rbridge.lme("distance ~ age", r.frame("Orthodont"), "~ 1 | Subject")
    with pytest.raises(AttributeError):
        fit.warnings = ("x",)
    fit.n_groups["Subject"] = 0
    frame = fit.var_corr().to_frame()
    frame["variance"] = 0.0
    assert fit.n_groups == {"Subject": 27}
    assert (fit.var_corr().to_frame().variance > 0).all()


def test_notebooks_get_html(r) -> None:
    data = r.frame("Orthodont").rename(columns={"age": "<b>"})
    fit = rbridge.lme("distance ~ `<b>`", data, "~ 1 | Subject")
    made = fit.summary()._repr_html_()
    assert "&lt;b&gt;" in made and "<b>`" not in made and "Number of Observations: 108" in made
    assert "<pre>" in fit.var_corr()._repr_html_()


def test_splines_in_random_are_found_and_leave_no_trace() -> None:
    import rpy2.rinterface as ri

    data = rbridge.r_data("Orthodont")
    before = list(ri.baseenv["search"]())
    fit = rbridge.lme("distance ~ ns(age, 2)", data, {"Subject": "pdDiag(~ ns(age, df = 2))"})
    assert fit.ranef().shape == (27, 3)
    # lme(distance ~ ns(age, 2), Orthodont, list(Subject = pdDiag(~ ns(age, df = 2)))) with splines attached
    assert fit.log_lik == pytest.approx(-220.820671757649, abs=1e-6)
    assert list(ri.baseenv["search"]()) == before
