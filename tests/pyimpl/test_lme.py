"""Whole fits: closed forms, relations that must hold whatever the data, and the boundary."""

import pickle

import numpy as np
import pandas as pd
import pytest

from crosscheck.data import load_book
from pyimpl import ArgumentError, DataError, FormulaError, LmeWarning, lme


def pupils(seed=1, schools=30, sizes=(3, 12)):
    """A small world with a slope that varies by school, in random row order, under an index that isn't 0..n-1."""
    rng = np.random.default_rng(seed)
    size = rng.integers(*sizes, size=schools)
    school = np.repeat(np.arange(schools), size)
    ses = rng.normal(size=len(school)) + 0.3 * rng.normal(size=schools)[school]
    score = 12 + 2 * ses + 2 * rng.normal(size=schools)[school] + rng.normal(size=schools)[school] * ses
    frame = pd.DataFrame(
        {
            "school": [f"s{k:02d}" for k in school],
            "room": rng.integers(1, 3, len(school)),
            "ses": ses,
            "sex": pd.Categorical(rng.choice(["male", "female"], len(school)), ["male", "female"]),
            "score": score + 3 * rng.normal(size=len(school)),
        },
        index=rng.permutation(1000)[: len(school)],
    )
    return frame.sample(frac=1, random_state=seed)


@pytest.fixture(params=["REML", "ML"])
def method(request):
    return request.param


def numbers(fit):
    """All that a fit says in numbers, but for what has the response's units."""
    return np.concatenate(
        [fit.fixef(), fit.t_table().to_numpy().ravel(), fit.var_corr().to_frame()["std_dev"], [fit.sigma]]
    )


def std_devs(fit):
    return fit.var_corr().to_frame()["std_dev"].to_numpy()


def balanced(effects, seed=3, groups=12, rows=5):
    rng = np.random.default_rng(seed)
    y = 10 + effects * np.repeat(rng.normal(size=groups), rows) + rng.normal(size=groups * rows)
    return pd.DataFrame({"g": np.repeat(np.arange(groups), rows), "y": y})


def test_balanced_one_way_layout_is_the_analysis_of_variance():
    data = balanced(effects=2.0)
    fit = lme("y ~ 1", data, "~ 1 | g")
    means = data.groupby("g")["y"].mean()
    within = ((data["y"] - data["g"].map(means)) ** 2).sum() / (12 * 4)
    between = 5 * means.var()
    table = fit.var_corr().to_frame()["variance"]
    assert table.tolist() == pytest.approx([(between - within) / 5, within], rel=1e-12)
    assert fit.fixef().tolist() == pytest.approx([means.mean()], rel=1e-14)
    assert fit.t_table()["Std.Error"].tolist() == pytest.approx([np.sqrt(between / 60)], rel=1e-12)
    assert fit.t_table()["DF"].tolist() == [48]


def test_no_variance_between_groups_is_an_answer():
    data = balanced(effects=0.0, seed=4)
    data["y"] -= data.groupby("g")["y"].transform("mean") - 10  # group means all alike
    fit = lme("y ~ 1", data, "~ 1 | g")
    assert fit.convergence.converged
    assert fit.convergence.singular == ("g",)
    assert fit.warnings == ()
    assert fit.var_corr().to_frame()["std_dev"][0] == pytest.approx(0.0, abs=1e-8)
    assert fit.sigma == pytest.approx(data["y"].std(), rel=1e-12)
    assert fit.ranef().to_numpy() == pytest.approx(np.zeros((12, 1)), abs=1e-10)
    assert "(Intercept)" in str(fit.summary())


def test_without_variance_the_likelihood_is_that_of_the_regression(method):
    data = balanced(effects=0.0, seed=4)
    data["y"] -= data.groupby("g")["y"].transform("mean") - 10
    n, p = len(data), 1
    nu = n - p if method == "REML" else n
    rss = ((data["y"] - 10) ** 2).sum()
    expected = -(nu * (np.log(2 * np.pi) + 1 + np.log(rss / nu)) + (np.log(n) if method == "REML" else 0)) / 2
    assert lme("y ~ 1", data, "~ 1 | g", method=method).log_lik == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("factor", [1e9, 1e-9])
def test_units_of_the_response_change_units_only(factor, method):
    data = pupils()
    fit = lme("score ~ ses * sex", data, "~ ses | school", method=method)
    scaled = lme(
        "score ~ ses * sex", data.assign(score=factor * data["score"]), "~ ses | school", method=method
    )
    assert scaled.fixef().to_numpy() / factor == pytest.approx(fit.fixef().to_numpy(), rel=1e-9)
    assert scaled.t_table()["t-value"].to_numpy() == pytest.approx(
        fit.t_table()["t-value"].to_numpy(), rel=1e-9
    )
    assert std_devs(scaled) / factor == pytest.approx(std_devs(fit), rel=1e-9)
    nu = fit.likelihood.nu
    assert scaled.log_lik + nu * np.log(factor) == pytest.approx(fit.log_lik, rel=1e-9)


@pytest.mark.parametrize("factor, shift", [(1e6, 0.0), (1e-6, 0.0), (1.0, 100.0)])
def test_units_and_origin_of_a_covariate_change_nothing_else(factor, shift, method):
    """An unstructured covariance follows any linear change of its effects."""
    data = pupils()
    fit = lme("score ~ ses", data, "~ ses | school", method=method)
    moved = lme("score ~ ses", data.assign(ses=factor * data["ses"] + shift), "~ ses | school", method=method)
    assert moved.fixef().iloc[1] * factor == pytest.approx(fit.fixef().iloc[1], rel=1e-9)
    assert moved.sigma == pytest.approx(fit.sigma, rel=1e-9)
    assert moved.fitted().to_numpy() == pytest.approx(fit.fitted().to_numpy(), rel=1e-9)
    jacobian = np.log(factor) if method == "REML" else 0.0
    assert moved.log_lik + jacobian == pytest.approx(fit.log_lik, rel=1e-11)


def test_order_of_rows_and_names_of_groups_change_nothing(method):
    data = pupils()
    fit = lme("score ~ ses", data, "~ ses | school/room", method=method)
    renamed = data.sample(frac=1, random_state=9).assign(
        school=lambda d: 99 - d["school"].str[1:].astype(int)
    )
    other = lme("score ~ ses", renamed, "~ ses | school/room", method=method)
    assert numbers(other) == pytest.approx(numbers(fit), rel=1e-9)
    ours, theirs = fit.fitted().sort_index().to_numpy(), other.fitted().sort_index().to_numpy()
    assert theirs == pytest.approx(ours, rel=1e-9)
    assert other.ranef("school").iloc[::-1].to_numpy() == pytest.approx(
        fit.ranef("school").to_numpy(), rel=1e-7
    )


def test_likelihood_ratio_of_nested_structures_is_not_negative(method):
    data = pupils()
    fits = [
        lme("score ~ ses", data, {"school": f"{structure}(~ ses)"}, method=method)
        for structure in ("pdIdent", "pdDiag", "pdLogChol")
    ]
    log_liks = [fit.log_lik for fit in fits]
    assert log_liks == sorted(log_liks)
    assert [fit.estimates.n_parameters for fit in fits] == [4, 5, 6]


def test_unstructured_classes_are_one_model():
    data = pupils()
    fits = [
        lme("score ~ ses", data, {"school": f"{name}(~ ses)"})
        for name in ("pdLogChol", "pdSymm", "pdNatural")
    ]
    for other in fits[1:]:
        assert numbers(other) == pytest.approx(numbers(fits[0]), rel=1e-12)
    assert "matrix logarithm" not in str(fits[0].summary())


def test_boolean_covariate_is_a_factor_named_as_in_r():
    data = pupils().assign(poor=lambda d: d["ses"] < 0)
    assert lme("score ~ poor", data, "~ 1 | school").fixef().index.tolist() == ["(Intercept)", "poorTRUE"]


def test_outputs_follow_the_index_of_the_data():
    data = pupils()
    fit = lme("score ~ ses", data, "~ ses | school")
    assert fit.fitted().index.equals(data.index)
    assert (fit.fitted() + fit.residuals()).to_numpy() == pytest.approx(data["score"].to_numpy(), rel=1e-14)
    again = fit.predict(data.iloc[::-1]).loc[data.index]
    assert again.to_numpy() == pytest.approx(fit.fitted().to_numpy(), rel=1e-12)
    assert fit.fitted([0, 1]).columns.tolist() == ["fixed", "school"]


def test_missing_values_are_refused_left_out_or_padded():
    data = pupils()
    data.iloc[[2, 5], data.columns.get_loc("ses")] = np.nan
    data.iloc[[7], data.columns.get_loc("room")] = 9
    with pytest.raises(DataError, match=r"column 'ses' has 2.*na_action='omit'"):
        lme("score ~ ses", data, "~ 1 | school")
    omitted = lme("score ~ ses", data, "~ 1 | school", na_action="omit")
    assert omitted.n_obs == len(data) - 2
    assert omitted.fitted().index.equals(data.index[data["ses"].notna()])
    padded = lme("score ~ ses", data, "~ 1 | school", na_action="exclude")
    assert padded.fitted().index.equals(data.index)
    assert padded.fitted().isna().equals(data["ses"].isna())
    assert padded.fitted().dropna().equals(omitted.fitted())
    assert lme("score ~ sex", data, "~ 1 | school").n_obs == len(data)  # ses isn't used here


def test_the_fit_keeps_the_rows_of_its_data_with_all_columns():
    data = pupils()
    data.iloc[[2, 5], data.columns.get_loc("ses")] = np.nan
    for na_action, rows in {"omit": data["ses"].notna(), "exclude": data["ses"].notna() | True}.items():
        keep = data["sex"] == "male"
        fit = lme("score ~ ses", data, "~ 1 | school", na_action=na_action, subset=keep)
        pd.testing.assert_frame_equal(fit.get_data(), data[keep & rows])
        pd.testing.assert_frame_equal(fit.model.frame.all_columns(), data[keep & data["ses"].notna()])
        assert fit.get_data().index.equals(fit.fitted().index)


def test_subset_is_aligned_by_index():
    data = pupils()
    keep = (data["sex"] == "male").sort_index()
    fit = lme("score ~ ses", data, "~ 1 | school", subset=keep)
    direct = lme("score ~ ses", data[data["sex"] == "male"], "~ 1 | school")
    assert numbers(fit) == pytest.approx(numbers(direct), rel=1e-14)


def test_subset_as_text_is_r_s_condition():
    data = pupils()
    male, poor = data["sex"] == "male", data["ses"] < 0
    for text, mask in {
        "sex == 'male' & !(ses < 0)": male & ~poor,
        "school %in% c('s01', 's02', 's05') | room == 1": data["school"].isin(["s01", "s02", "s05"])
        | (data["room"] == 1),
        "room %in% 2": data["room"] == 2,
    }.items():
        fit = lme("score ~ 1", data, "~ 1 | school", subset=text)
        direct = lme("score ~ 1", data[mask], "~ 1 | school")
        assert numbers(fit) == pytest.approx(numbers(direct), rel=1e-14)


def test_a_subset_given_as_text_is_on_the_pages_as_in_r():
    data = pupils()
    fit = lme("score ~ 1", data, "~ 1 | school", subset="sex == 'male'")
    for page in (str(fit), str(fit.summary())):
        assert page.splitlines()[2] == '  Subset: sex == "male" '
    assert "Subset" not in str(lme("score ~ 1", data, "~ 1 | school", subset=data["sex"] == "male"))


def test_subset_with_missing_values_is_three_valued():
    """R: NA | TRUE is TRUE, NA & FALSE is FALSE, is.na() and %in% are never NA, and a row that stays NA is an error."""
    data = pupils()
    data.iloc[:3, data.columns.get_loc("ses")] = np.nan

    def rows(subset):
        return lme("score ~ 1", data, "~ 1 | school", subset=subset).n_obs

    n = len(data)
    assert rows("ses > 0 | room >= 1") == n
    assert rows("!(ses > 0 & room < 1)") == n
    assert rows("!is.na(ses)") == n - 3
    assert rows("!is.na(ses) & ses > 0") == int((data["ses"] > 0).sum())
    assert rows("!(ses %in% 99)") == n
    with pytest.raises(DataError, match=r"subset: 'ses > 0' is NA in 3 rows.*is\.na"):
        rows("ses > 0")


def test_ids_may_change_type_between_fit_and_prediction():
    """As they do in a merge that leaves gaps; 100000 is 1e+05 to R where it is a float."""
    data = pupils().assign(id=lambda d: 100000 * (1 + d["school"].str[1:].astype(int)))
    fit = lme("score ~ ses", data, "~ 1 | id")
    floats = lme("score ~ ses", data.assign(id=data["id"].astype(float)), "~ 1 | id")
    for new in (data, data.assign(id=data["id"].astype(float)), data.assign(id=data["id"].astype("Int64"))):
        assert fit.predict(new).to_numpy() == pytest.approx(fit.fitted().to_numpy(), rel=1e-12)
        assert floats.predict(new).to_numpy() == pytest.approx(fit.fitted().to_numpy(), rel=1e-12)


def test_what_a_fit_hands_out_is_the_reader_s_own():
    fit = lme("score ~ ses", pupils(), "~ ses | school")
    before = fit.fixef().tolist()
    for table in (fit.fixef(), fit.vcov(), fit.ranef(), fit.get_var_cov()):
        table.iloc[0] = 999.0
    assert fit.fixef().tolist() == before
    assert (fit.ranef().to_numpy() < 900).all()
    with pytest.raises(ValueError, match="read-only"):
        fit.estimates.beta[0] = 1.0
    with pytest.raises(AttributeError):
        fit.sigma = 3.0


def test_a_variance_of_zero_is_printed_as_zero():
    data = balanced(effects=0.0, seed=4)
    data["y"] -= data.groupby("g")["y"].transform("mean") - 10
    fit = lme("y ~ 1", data, "~ 1 | g")
    assert fit.var_corr().to_frame()["std_dev"][0] == 0.0
    assert "e-" not in str(fit.var_corr())


def test_new_groups_are_unknown_at_their_level_only():
    data = pupils()
    fit = lme("score ~ ses", data, "~ 1 | school/room")
    new = pd.DataFrame({"school": ["s01", "s01", "elsewhere"], "room": [1, 99, 1], "ses": 0.0})
    assert fit.predict(new, level=0).notna().tolist() == [True, True, True]
    assert fit.predict(new, level="school").notna().tolist() == [True, True, False]
    assert fit.predict(new).notna().tolist() == [True, False, False]


def test_missing_values_in_new_rows_predict_nan():
    data = pupils()
    fit = lme("score ~ ses", data, "~ 1 | school")
    new = data.iloc[:3].astype({"school": object})
    new.iloc[0, new.columns.get_loc("ses")] = np.nan
    new.iloc[1, new.columns.get_loc("school")] = None
    assert fit.predict(new).isna().tolist() == [True, True, False]
    assert fit.predict(new, level=0).isna().tolist() == [True, False, False]
    assert fit.predict(new.iloc[:0]).empty
    with pytest.raises(DataError, match=r"newdata: .*'ses'"):
        fit.predict(new.drop(columns="ses"))


def test_coefficients_are_fixed_plus_random_effects():
    data = pupils()
    fit = lme("score ~ sex", data, {"school": "~ ses", "room": "~ 1"})
    outer, inner = fit.coef("school"), fit.coef("room")
    assert outer.columns.tolist() == ["(Intercept)", "sexfemale", "ses"]
    assert outer.loc["s03", "ses"] == fit.ranef("school").loc["s03", "ses"]
    expected = outer.loc["s03", "(Intercept)"] + fit.ranef("room").loc["s03/1", "(Intercept)"]
    assert inner.loc["s03/1", "(Intercept)"] == pytest.approx(expected, rel=1e-14)


def test_a_fit_can_be_pickled():
    fit = lme("score ~ ses + sex", pupils(), {"school": "pdDiag(~ ses)"})
    again = pickle.loads(pickle.dumps(fit))
    assert str(again.summary()) == str(fit.summary())
    assert again.predict(pupils()).equals(fit.predict(pupils()))


def test_sigma_that_is_not_identified_is_warned_of():
    data = balanced(effects=1.0, rows=2)
    data["x"] = np.tile([0.0, 1.0], 12)
    with pytest.warns(LmeWarning, match="not identified"):
        fit = lme("y ~ x", data, "~ x | g")
    assert fit.warnings


BAD_CALLS = {
    "missing column": (dict(fixed="score ~ sess"), DataError, "'sess'.*'ses'"),
    "missing column in random": (dict(random="~ sess | school"), DataError, "random.*'sess'"),
    "missing grouping factor": (dict(random="~ 1 | skool"), DataError, "'skool'.*'school'"),
    "text response": (dict(fixed="school ~ ses"), DataError, "school.*numeric"),
    "categorical response": (dict(fixed="sex ~ ses"), DataError, "sex.*numeric"),
    "constant column": (dict(fixed="score ~ one"), DataError, "'one' is constant"),
    "dependent column": (dict(fixed="score ~ ses + twice"), DataError, "'twice' is a linear combination"),
    "one group": (dict(random="~ 1 | only"), DataError, "'only' has one level"),
    "more effects than rows": (
        dict(random="~ ses | row"),
        DataError,
        "fewer observations than random effects",
    ),
    "unknown method": (dict(method="MLE"), ArgumentError, "method: 'MLE'"),
    "infinite values": (dict(fixed="score ~ infinite"), DataError, "'infinite' has 1 infinite"),
    "formula that is none": (dict(fixed="score ses"), FormulaError, "fixed"),
    "formula that runs code": (dict(fixed="score ~ system('ls')"), FormulaError, "system"),
    "response that is fitted exactly": (dict(fixed="twice ~ ses"), DataError, "'twice' exactly"),
    "unknown control": (dict(control={"rel.tols": 1}), ArgumentError, "control: 'rel.tols'"),
    "unknown na_action": (dict(na_action="drop"), ArgumentError, "na_action: 'drop'"),
    "no random": (dict(random=None), ArgumentError, "random"),
    "correlation": (dict(correlation="corAR1(1.5)"), ArgumentError, "correlation.*initial value 1.5"),
    "subset of another length": (dict(subset=[True]), ArgumentError, "subset: has 1"),
    "subset of numbers": (dict(subset=[1, 2]), ArgumentError, "subset: expected booleans"),
    "subset of two dimensions": (dict(subset=[[True]] * 12), ArgumentError, "subset: expected booleans"),
    "subset that runs code": (dict(subset="system('ls') == 0"), FormulaError, "subset: .*system"),
    "subset without a condition": (dict(subset="ses + 1"), FormulaError, "is not a condition"),
    "subset of a missing column": (dict(subset="age > 8"), DataError, "subset: .*'age'"),
    "contrasts for no factor": (dict(contrasts={"ses": "contr.sum"}), ArgumentError, "contrasts: 'ses'"),
    "magnitudes": (dict(fixed="score ~ I(ses * 1e200)"), DataError, "change its units"),
    "method that is no text": (dict(method=["REML"]), ArgumentError, "method: "),
    "too many starting values": (dict(random={"room": "pdDiag(c(1, 2), ~ 1)"}), FormulaError, "1 parameters"),
    "no rows left": (dict(subset=[False] * 12), DataError, "subset has no rows"),
    "no fixed effects": (dict(fixed="score ~ 0"), DataError, "no fixed effects"),
    "data that is no frame": (dict(data={"score": [1]}), ArgumentError, "DataFrame"),
}


def test_pi_is_the_number_unless_the_data_make_it_doubtful():
    data = pupils()
    fit = lme("score ~ sin(2 * pi * ses)", data, "~ 1 | school")
    assert fit.fixef().index[1] == "sin(2 * pi * ses)"
    doubtful = data.assign(pi=data["ses"])
    with pytest.raises(FormulaError, match="column 'pi'"):
        lme("score ~ sin(2 * pi * ses)", doubtful, "~ 1 | school")
    assert lme("score ~ pi", doubtful, "~ 1 | school").fixef().index[1] == "pi"


def test_a_dot_is_all_other_columns():
    data = pupils()[["score", "ses", "sex", "school"]]
    fit = lme("score ~ . - school", data, "~ 1 | school")
    assert fit.fixef().index.tolist() == ["(Intercept)", "ses", "sexfemale"]
    with pytest.raises(FormulaError, match="is a column"):
        lme("score ~ .", data.rename(columns={"ses": "."}), "~ 1 | school")


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_input_gives_one_clear_error(case):
    given, error, message = BAD_CALLS[case]
    data = pupils().iloc[:12].assign(one=1.0, only="a", row=range(12), twice=lambda d: 2 * d["ses"] + 1)
    data["infinite"] = [np.inf, *data["ses"].iloc[1:]]
    call = dict(fixed="score ~ ses", data=data, random="~ 1 | room") | given
    with pytest.raises(error, match=message) as caught:
        lme(**call)
    assert caught.value.__cause__ is None
    assert len(str(caught.value)) < 300


def test_an_empty_frame_is_refused():
    with pytest.raises(DataError, match="no rows"):
        lme("score ~ ses", pupils().iloc[:0], "~ 1 | school")


def test_var_corr_has_as_many_decimals_as_asked_for() -> None:
    fit = lme("distance ~ age", load_book("Orthodont"), "~ age | Subject")
    r = fit.var_corr().corr().iloc[0, 1]
    assert f"{r:.3f}" in str(fit.var_corr()) and f"{r:.6f}" in str(fit.var_corr(rdig=6))
    with pytest.raises(ArgumentError, match="rdig"):
        fit.var_corr(rdig=16)
