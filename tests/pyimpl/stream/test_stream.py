"""Fits to data in pieces equal those in memory, whatever the pieces are."""

import numpy as np
import pandas as pd
import pytest

from crosscheck import load_hsb
from pyimpl import lme
from pyimpl.errors import ArgumentError, DataError, FormulaError, NotSupportedError
from pyimpl.stream import sources

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def hsb():
    data = load_hsb(labelled=True).sample(frac=1.0, random_state=1)
    data["school"] = "s" + data["id"].astype(str)
    data["id"] = data["id"].astype(int)
    data.attrs = {}
    return data


@pytest.fixture
def parquet(hsb, tmp_path, monkeypatch):
    """The rows in random order, in two files, read 700 at a time: every school lies in many pieces."""
    monkeypatch.setattr(sources, "_ROWS", 700)
    hsb.iloc[:3000].to_parquet(tmp_path / "a.parquet")
    hsb.iloc[3000:].to_parquet(tmp_path / "b.parquet")
    return tmp_path


MODELS = {
    "slopes": ("mathach ~ meanses * cses + sector * cses", "~ cses | school"),
    "nested": ("mathach ~ ses * minority", "~ 1 | sector/school"),
    "diagonal": ("mathach ~ ses + I(ses^2)", {"school": "pdDiag(~ ses + minority)"}),
    "blocked": ("mathach ~ ses", {"id": "pdBlocked(list(~ 1, pdIdent(~ minority - 1)))"}),
    "numbers as groups": ("log(mathach + 10) ~ offset(ses / 100) + cses", "~ 1 | id"),
}


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("model", MODELS)
def test_parquet_is_fitted_as_the_frame(hsb, parquet, model, method):
    fixed, random = MODELS[model]
    whole = lme(fixed, hsb, random, method=method)
    ours = lme(fixed, parquet, random, method=method)
    assert ours.log_lik == pytest.approx(whole.log_lik, abs=1e-9)
    pd.testing.assert_frame_equal(ours.t_table(), whole.t_table(), rtol=1e-9)
    pd.testing.assert_frame_equal(ours.anova().to_frame(), whole.anova().to_frame(), rtol=1e-8)
    assert str(ours.summary()) == str(whole.summary())
    assert str(ours.intervals()) == str(whole.intervals())
    assert str(ours.ranef()) == str(whole.ranef())
    for method_name in ("fitted", "residuals"):
        pieces = list(getattr(ours, method_name)())
        assert len(pieces) > 8
        expected = getattr(whole, method_name)()
        assert pd.concat(pieces).to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9)


def test_polars_and_dask_frames_are_read_in_pieces_too(hsb):
    polars = pytest.importorskip("polars")
    dask = pytest.importorskip("dask.dataframe")
    fixed, random = MODELS["slopes"]
    whole = lme(fixed, hsb, random)
    lazy = polars.from_pandas(hsb.astype({"sector": object, "minority": object})).lazy()
    in_partitions = dask.from_pandas(hsb, npartitions=7, sort=False)
    # Text is sorted by code point: Catholic comes first, so the reference level is another one
    relevelled = lme(fixed, hsb.astype({"sector": object}), random)
    assert lme(fixed, lazy, random).log_lik == pytest.approx(relevelled.log_lik, abs=1e-9)
    ours = lme(fixed, in_partitions, random)
    assert ours.fixef().to_numpy() == pytest.approx(whole.fixef().to_numpy(), rel=1e-9)
    residuals = ours.residuals("pearson", level=0)
    assert type(residuals).__module__.startswith("dask")
    computed = residuals.compute().reindex(hsb.index)
    assert computed.to_numpy() == pytest.approx(whole.residuals("pearson", level=0).to_numpy(), abs=1e-9)


def test_missing_values_are_refused_or_left_out(hsb, tmp_path):
    holes = hsb.assign(ses=hsb["ses"].where(hsb.index % 7 > 0))
    holes.to_parquet(tmp_path / "holes.parquet")
    with pytest.raises(DataError, match=r"missing values in object: column 'ses' has 1027"):
        lme("mathach ~ ses", tmp_path / "holes.parquet", "~ 1 | school")
    whole = lme("mathach ~ ses", holes, "~ 1 | school", na_action="omit")
    ours = lme("mathach ~ ses", tmp_path / "holes.parquet", "~ 1 | school", na_action="omit")
    assert ours.n_obs == whole.n_obs
    assert ours.log_lik == pytest.approx(whole.log_lik, abs=1e-9)


def test_a_subset_as_text_chooses_rows(hsb, parquet):
    condition = "sector == 'Public' & meanses > -0.5"
    whole = lme("mathach ~ ses", hsb, "~ 1 | school", subset=condition)
    ours = lme("mathach ~ ses", parquet, "~ 1 | school", subset=condition)
    assert str(ours.summary()) == str(whole.summary())
    with pytest.raises(ArgumentError, match=r"subset: of data in pieces, choose rows by a condition as text"):
        lme("mathach ~ ses", parquet, "~ 1 | school", subset=hsb["ses"] > 0)


def test_update_reads_the_pieces_again(hsb, parquet):
    ours = lme("mathach ~ ses", parquet, "~ 1 | school").update(fixed=". ~ . + sector", method="ML")
    whole = lme("mathach ~ ses + sector", hsb, "~ 1 | school", method="ML")
    assert ours.log_lik == pytest.approx(whole.log_lik, abs=1e-9)


def test_predictions_for_new_rows_are_as_ever(hsb, parquet):
    ours, whole = (lme("mathach ~ ses", data, "~ ses | school") for data in (parquet, hsb))
    pd.testing.assert_frame_equal(
        ours.predict(hsb.head(20), se=True), whole.predict(hsb.head(20), se=True), rtol=1e-9
    )


@pytest.mark.parametrize("transform", ["poly(ses, 2)", "scale(ses)", "ns(ses, df = 3)", "factor(size)"])
def test_transforms_that_need_all_the_data_are_refused_by_name(parquet, transform):
    with pytest.raises(DataError, match=r"depends on all the data, which are read in pieces") as refused:
        lme(f"mathach ~ {transform}", parquet, "~ 1 | school")
    assert f"`{transform}`" in str(refused.value)


@pytest.mark.parametrize("method", ["plot", "qqnorm", "acf", "simulate", "get_data", "get_groups"])
def test_what_needs_all_rows_at_once_is_refused(parquet, method):
    fit = lme("mathach ~ ses", parquet, "~ 1 | school")
    with pytest.raises(NotSupportedError, match="the rows were read in pieces and not kept"):
        getattr(fit, method)()
    with pytest.raises(NotSupportedError, match="the rows were read in pieces and not kept"):
        fit.get_var_cov(type="conditional")


def test_files_that_differ_are_refused_by_column(hsb, tmp_path):
    hsb.iloc[:3000].to_parquet(tmp_path / "a.parquet")
    hsb.iloc[3000:].astype({"ses": str}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(
        DataError, match=r"column 'ses' has type .*string in 'b.parquet', but has type double"
    ):
        lme("mathach ~ ses", tmp_path, "~ 1 | school")
    hsb.iloc[3000:].drop(columns="ses").to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"column 'ses' is missing in 'b.parquet'"):
        lme("mathach ~ ses", tmp_path, "~ 1 | school")


def test_partitions_that_differ_are_refused_by_column(hsb):
    dask = pytest.importorskip("dask")
    frames = pytest.importorskip("dask.dataframe")
    text = hsb.iloc[3000:].assign(ses=lambda data: data["ses"].astype(str))
    parts = [dask.delayed(part) for part in (hsb.iloc[:3000], text)]
    mixed = frames.from_delayed(parts, meta=hsb.iloc[:0], verify_meta=False)
    with pytest.raises(DataError, match=r"column 'ses' holds numbers in one piece and text"):
        lme("mathach ~ ses", mixed, "~ 1 | school")
    backwards = hsb.iloc[3000:].assign(
        sector=lambda data: data["sector"].cat.reorder_categories(["Catholic", "Public"])
    )
    parts = [dask.delayed(part) for part in (hsb.iloc[:3000], backwards)]
    mixed = frames.from_delayed(parts, meta=hsb.iloc[:0], verify_meta=False)
    with pytest.raises(DataError, match=r"categories of column 'sector' differ from piece to piece"):
        lme("mathach ~ sector", mixed, "~ 1 | school")


def test_a_file_that_is_cut_off_is_refused(parquet):
    file = parquet / "b.parquet"
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"data: .* can't be read"):
        lme("mathach ~ ses", parquet, "~ 1 | school")


def test_empty_partitions_do_no_harm(hsb):
    frames = pytest.importorskip("dask.dataframe")
    partitions = frames.from_pandas(hsb, npartitions=5, sort=False)
    some_empty = partitions[partitions["id"] > 5000]
    whole = lme("mathach ~ ses", hsb[hsb["id"] > 5000], "~ 1 | school")
    assert lme("mathach ~ ses", some_empty, "~ 1 | school").log_lik == pytest.approx(whole.log_lik, abs=1e-9)


def test_no_rows_and_no_such_file(hsb, tmp_path):
    hsb.iloc[:0].to_parquet(tmp_path / "none.parquet")
    with pytest.raises(DataError, match="there are no rows"):
        lme("mathach ~ ses", tmp_path / "none.parquet", "~ 1 | school")
    with pytest.raises(ArgumentError, match="neither a DataFrame nor a Parquet file"):
        lme("mathach ~ ses", "missing.parquet", "~ 1 | school")


def test_dependent_columns_and_perfect_fits_are_named(hsb, tmp_path):
    hsb.assign(twice=2 * hsb["ses"], flat=1.0).to_parquet(tmp_path / "bad.parquet")
    with pytest.raises(DataError, match="the column 'twice' is a linear combination"):
        lme("mathach ~ ses + twice", tmp_path / "bad.parquet", "~ 1 | school")
    with pytest.raises(DataError, match="the column 'flat' is constant"):
        lme("mathach ~ flat", tmp_path / "bad.parquet", "~ 1 | school")
    with pytest.raises(DataError, match="fit the response 'twice' exactly"):
        lme("twice ~ ses", tmp_path / "bad.parquet", "~ 1 | school")


@pytest.mark.parametrize("n", [1, 2, 5, 1000, 4001])
def test_quantiles_are_exact(n):
    from pyimpl.stream.quantiles import quantiles

    rng = np.random.default_rng(n)
    values = np.concatenate(
        [rng.normal(size=n), np.zeros(n // 3), -np.zeros(n // 5), 1e300 * rng.normal(size=n // 7)]
    )
    pieces = np.array_split(values, 7)
    wanted = np.array([0, 0.1, 0.25, 0.5, 0.75, 1])

    def over(function, join):
        return join([function(piece) for piece in pieces])

    assert quantiles(over, wanted) == pytest.approx(np.quantile(values, wanted), rel=1e-14, abs=0)


def test_models_that_are_refused_of_frames_are_refused_of_pieces(hsb, parquet):
    refusals = {
        "the response mathach is among the effects of 'school'": ("mathach ~ ses", "~ mathach | school"),
        "the groups 'school' are the response": ("school ~ ses", "~ 1 | school"),
        "name the outermost first, 'sector' before 'school'": ("mathach ~ ses", "~ 1 | school/sector"),
    }
    for message, (fixed, random) in refusals.items():
        for data in (hsb, parquet):
            with pytest.raises((DataError, FormulaError), match=message):
                lme(fixed, data, random)
