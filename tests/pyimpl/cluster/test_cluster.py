"""Fits on Dask equal those in memory, on any number of workers and with the groups left on them."""

import pickle

import numpy as np
import pandas as pd
import pytest

from crosscheck import load_hsb
from pyimpl import lme
from pyimpl.cluster import likelihood
from pyimpl.curvature import second_derivatives
from pyimpl.errors import ArgumentError, DataError, NotSupportedError
from pyimpl.stream import tasks

dask = pytest.importorskip("dask")
frames = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

DISTRIBUTED = {"distributed": True}


@pytest.fixture(scope="module")
def hsb():
    data = load_hsb(labelled=True).sample(frac=1.0, random_state=1)
    data["school"] = "s" + data["id"].astype(str)
    data["id"] = data["id"].astype(int)
    data["sector"] = data["sector"].astype(object)
    data.attrs = {}
    return data


@pytest.fixture(scope="module")
def partitions(hsb):
    """The rows in random order: every school lies in every partition."""
    return frames.from_pandas(hsb, npartitions=5, sort=False)


@pytest.fixture(autouse=True)
def threads():
    with dask.config.set(scheduler="threads"):
        yield


MODELS = {
    "slopes": ("mathach ~ meanses * cses + sector * cses", "~ cses | school"),
    "nested": ("mathach ~ ses * minority", "~ 1 | sector/school"),
    "diagonal": ("mathach ~ ses + I(ses^2)", {"school": "pdDiag(~ ses + minority)"}),
    "numbers as groups": ("log(mathach + 10) ~ offset(ses / 100) + cses", "~ 1 | id"),
}


def by_name(table):
    return table.compute().sort_index() if hasattr(table, "compute") else table.sort_index()


def assert_same(ours, whole, index):
    assert ours.log_lik == pytest.approx(whole.log_lik, abs=1e-9)
    pd.testing.assert_frame_equal(ours.t_table(), whole.t_table(), rtol=1e-9)
    assert str(ours.summary()) == str(whole.summary())
    assert str(ours.intervals()) == str(whole.intervals())
    for depth in range(1, len(whole.n_groups) + 1):
        for table in ("ranef", "coef"):
            pd.testing.assert_frame_equal(
                pd.DataFrame(by_name(getattr(ours, table)(depth))),
                pd.DataFrame(by_name(getattr(whole, table)(depth))),
                rtol=1e-9,
                atol=1e-9,
            )
    for values in ("fitted", "residuals"):
        found = getattr(ours, values)(level=[0, 1]).compute().reindex(index)
        expected = getattr(whole, values)(level=[0, 1])
        pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("model", MODELS)
def test_groups_dealt_out_are_fitted_as_the_frame(hsb, partitions, model, method):
    fixed, random = MODELS[model]
    whole = lme(fixed, hsb, random, method=method)
    ours = lme(fixed, partitions, random, method=method, control=DISTRIBUTED)
    assert len(ours.likelihood.hands) == 5
    assert_same(ours, whole, hsb.index)


@pytest.mark.parametrize("n", [1, 2, 11])
def test_any_number_of_partitions_will_do(hsb, n):
    fixed, random = MODELS["slopes"]
    parts = frames.from_pandas(hsb, npartitions=n, sort=False)
    whole = lme(fixed, hsb, random)
    assert_same(lme(fixed, parts, random, control=DISTRIBUTED), whole, hsb.index)
    here = lme(fixed, parts, random)
    assert here.log_lik == pytest.approx(whole.log_lik, abs=1e-9)
    assert str(here.summary()) == str(whole.summary())


def test_more_hands_than_groups(hsb):
    """Some hands stay empty."""
    few = hsb[hsb["id"] < 1500]
    parts = frames.from_pandas(few, npartitions=17, sort=False)
    whole = lme("mathach ~ ses", few, "~ 1 | school")
    ours = lme("mathach ~ ses", parts, "~ 1 | school", control=DISTRIBUTED)
    assert_same(ours, whole, few.index)


def test_children_of_the_same_name_in_different_schools(hsb):
    """The inner groups' labels are used again in each outer group."""
    data = hsb.assign(room=hsb.index % 4)
    data["mathach"] += (data["id"] * 4 + data["room"]) * 7919 % 11
    parts = frames.from_pandas(data, npartitions=6, sort=False)
    whole = lme("mathach ~ ses", data, "~ 1 | school/room")
    assert whole.n_groups["room"] > 500
    assert_same(lme("mathach ~ ses", parts, "~ 1 | school/room", control=DISTRIBUTED), whole, data.index)


def test_predictions_fetch_the_groups_they_need(hsb, partitions):
    fixed, random = MODELS["slopes"]
    whole, ours = lme(fixed, hsb, random), lme(fixed, partitions, random, control=DISTRIBUTED)
    new = pd.concat([hsb.head(20), hsb.head(3).assign(school=["s1", "new", None])], ignore_index=True)
    pd.testing.assert_frame_equal(
        ours.predict(new, level=[0, 1]), whole.predict(new, level=[0, 1]), rtol=1e-9
    )
    with pytest.raises(
        NotSupportedError, match="with distributed=True standard errors of predictions need all"
    ):
        ours.predict(new, se=True)
    with pytest.raises(NotSupportedError, match="with distributed=True the posterior covariances"):
        ours.ranef_cov()


def test_a_singular_fit_and_a_given_start(hsb, partitions):
    shuffled = hsb.assign(mathach=hsb["mathach"].to_numpy()[np.random.default_rng(3).permutation(len(hsb))])
    parts = frames.from_pandas(shuffled, npartitions=4, sort=False)
    whole = lme("mathach ~ ses", shuffled, "~ ses | school")
    ours = lme("mathach ~ ses", parts, "~ ses | school", control=DISTRIBUTED)
    assert ours.convergence.singular == whole.convergence.singular
    assert ours.log_lik == pytest.approx(whole.log_lik, abs=1e-9)
    given = lme("mathach ~ ses", partitions, {"school": "pdDiag(c(1, 0), ~ ses)"}, control=DISTRIBUTED)
    expected = lme("mathach ~ ses", hsb, {"school": "pdDiag(~ ses)"})
    assert given.log_lik == pytest.approx(expected.log_lik, abs=1e-9)


def test_missing_values_subsets_and_empty_partitions(hsb):
    holes = hsb.assign(ses=hsb["ses"].where(hsb.index % 7 > 0))
    parts = frames.from_pandas(holes, npartitions=4, sort=False)
    some_empty = frames.concat([parts[parts["id"] < 0], parts, parts[parts["id"] < 0]])
    with pytest.raises(DataError, match=r"missing values in object: column 'ses' has 1027"):
        lme("mathach ~ ses", some_empty, "~ 1 | school", control=DISTRIBUTED)
    options = {"na_action": "omit", "subset": "sector == 'Public' & meanses > -0.5"}
    whole = lme("mathach ~ ses", holes, "~ 1 | school", **options)
    for control in (None, DISTRIBUTED):
        ours = lme("mathach ~ ses", some_empty, "~ 1 | school", control=control, **options)
        assert (ours.n_obs, ours.n_groups) == (whole.n_obs, whole.n_groups)
        assert str(ours.summary()) == str(whole.summary())
        residuals = ours.residuals("pearson").compute()
        np.testing.assert_allclose(
            residuals.reindex(whole.residuals().index), whole.residuals("pearson"), atol=1e-9
        )


@pytest.mark.parametrize("control", [None, DISTRIBUTED])
def test_bad_data_are_refused_where_they_lie(hsb, partitions, control):
    def fit(fixed, data, random="~ 1 | school"):
        return lme(fixed, data, random, control=control)

    def parts(*pieces):
        return frames.from_delayed(
            [dask.delayed(piece) for piece in pieces], meta=pieces[0].iloc[:0], verify_meta=False
        )

    half = hsb.iloc[3000:]
    with pytest.raises(DataError, match=r"column 'ses' holds numbers in one piece and text"):
        fit("mathach ~ ses", parts(hsb.iloc[:3000], half.assign(ses=half["ses"].astype(str))))
    with pytest.raises(DataError, match=r"column 'id' holds .* in one piece and .* in another"):
        fit("mathach ~ ses", parts(hsb.iloc[:3000], half.assign(id=half["id"].astype(str))), "~ 1 | id")
    with pytest.raises(DataError, match=r"depends on all the data, which are read in pieces"):
        fit("mathach ~ poly(ses, 2)", partitions)
    with pytest.raises(DataError, match=r"the grouping factor 'one' has one level only \('1'\)"):
        fit("mathach ~ ses", partitions.assign(one=1), "~ 1 | one")
    with pytest.raises(DataError, match="the column 'twice' is a linear combination"):
        fit("mathach ~ ses + twice", partitions.assign(twice=2 * partitions["ses"]))
    with pytest.raises(DataError, match="fit the response 'twice' exactly"):
        fit("twice ~ ses", partitions.assign(twice=2 * partitions["ses"]))
    with pytest.raises(DataError, match=r"there are no rows|no complete row is left"):
        fit("mathach ~ ses", partitions[partitions["id"] < 0])
    with pytest.raises(DataError, match="fewer observations than random effects in all groups"):
        fit("mathach ~ ses", parts(hsb.drop_duplicates("school")), "~ ses | school")


def test_distributed_is_for_dask_frames(hsb, tmp_path):
    with pytest.raises(ArgumentError, match=r"control: distributed=True is for data= a Dask DataFrame"):
        lme("mathach ~ ses", hsb, "~ 1 | school", control=DISTRIBUTED)
    hsb.to_parquet(tmp_path / "hsb.parquet")
    with pytest.raises(ArgumentError, match=r"control: distributed=True is for data= a Dask DataFrame"):
        lme("mathach ~ ses", tmp_path / "hsb.parquet", "~ 1 | school", control=DISTRIBUTED)
    with pytest.raises(ArgumentError, match="distributed must be True or False"):
        lme("mathach ~ ses", hsb, "~ 1 | school", control={"distributed": "yes"})


@pytest.mark.parametrize(
    "method",
    ["plot", "qqnorm", "pairs", "acf", "variogram", "simulate", "get_data", "aug_pred", "get_groups"],
)
def test_what_needs_all_rows_at_once_is_refused(partitions, method):
    fit = lme("mathach ~ ses", partitions, "~ 1 | school", control=DISTRIBUTED)
    with pytest.raises(NotSupportedError, match="the rows were read in pieces and not kept"):
        getattr(fit, method)()


@pytest.mark.parametrize("control", [None, DISTRIBUTED])
def test_data_that_change_between_the_readings_are_refused(hsb, control):
    readings = []

    def half():
        readings.append(1)
        return hsb if len(readings) < 2 else hsb.replace({"sector": {"Catholic": "Other"}})

    part = dask.delayed(half, pure=False)()
    data = frames.from_delayed([part], meta=hsb.iloc[:0], verify_meta=False)
    with pytest.raises(DataError, match="Other"):
        lme("mathach ~ sector", data, "~ 1 | school", control=control)


def test_an_evaluation_moves_kilobytes(monkeypatch):
    """Whatever the number of groups is."""
    moved = []

    def recorded(wanted):
        result = tasks.result(wanted)
        moved.append(len(pickle.dumps(result)))
        return result

    monkeypatch.setattr(likelihood, "result", recorded)
    sent = []
    rng = np.random.default_rng(1)
    for n_groups in (50, 5000):
        g = np.repeat(np.arange(n_groups), 4)
        x = rng.normal(size=len(g))
        data = pd.DataFrame({"y": rng.normal(size=n_groups)[g] + x + rng.normal(size=len(g)), "x": x, "g": g})
        fit = lme("y ~ x", frames.from_pandas(data, npartitions=4), "~ x | g", control=DISTRIBUTED)
        moved.clear()
        evaluation = fit.likelihood.evaluate(fit.optimum.evaluation.theta)
        second_derivatives(fit.likelihood, evaluation)
        assert len(moved) == 3
        assert sum(moved) < 3000
        sent.append(len(pickle.dumps(evaluation.up.fixed)))
    assert sent[0] == sent[1] < 1000
