"""Frames there and back: pandas, polars and Arrow, and R's own data sets."""

from __future__ import annotations

import datetime
import pickle

import numpy as np
import pandas as pd
import pytest

import rbridge
from rbridge import frames

pytestmark = pytest.mark.needs_r
NA = None

ROUND = {
    "bool": pd.Series([True, False]),
    "boolean": pd.Series([True, NA, False], dtype="boolean"),
    "int": pd.Series([1, -(2**31) + 1, 2**31 - 1]),
    "int8": pd.Series([-128, 127], dtype="int8"),
    "uint16": pd.Series([0, 65535], dtype="uint16"),
    "Int64": pd.Series([1, NA, 3], dtype="Int64"),
    "Int8": pd.Series([NA, -128, 127], dtype="Int8"),
    "wide int": pd.Series([1, 2**53]),
    "wide Int64": pd.Series([2**40 + 1, NA], dtype="Int64"),
    "object int": pd.Series([1, NA], dtype=object),
    "float16": pd.Series([0.5, np.nan], dtype="float16"),
    "float32": pd.Series([0.1, np.nan, np.inf], dtype="float32"),
    "float64": pd.Series([0.1, np.nan, 5e-324, -0.0, -np.inf, 1.7976931348623157e308]),
    "Float64": pd.Series([0.1, NA], dtype="Float64"),
    "object float": pd.Series([0.1, NA], dtype=object),
    "str": pd.Series(["b", "a", "é", "_x", "", "NA"]),
    "str missing": pd.Series(["b", NA, "NA"]),
    "string": pd.Series(["b", NA], dtype="string"),
    "category": pd.Series(pd.Categorical(["b", NA, "a"], ["b", "c", "a"])),
    "ordered": pd.Series(pd.Categorical(["lo", NA, "hi"], ["lo", "hi"], ordered=True)),
    "int category": pd.Series([10, 9, 100000]).astype("category"),
    "all missing": pd.Series([np.nan, np.nan]),
}
BACK = {  # the dtype that R's type has here
    **dict.fromkeys(("int8", "uint16"), "int64"),
    **dict.fromkeys(("Int8", "object int"), "Int64"),
    **dict.fromkeys(("wide int", "wide Int64", "float16", "float32", "Float64", "object float"), "float64"),
}


@pytest.mark.parametrize("name", ROUND)
def test_every_dtype_comes_back_bit_for_bit(name: str) -> None:
    column = ROUND[name].rename("a column")
    made = rbridge.to_r(column.to_frame()).to_pandas()["a column"]
    if isinstance(column.dtype, pd.CategoricalDtype) or name.startswith("str"):
        assert [NA if gap else str(value) for value, gap in zip(column, column.isna(), strict=True)] == [
            NA if gap else value for value, gap in zip(made, made.isna(), strict=True)
        ]
        categorical = isinstance(column.dtype, pd.CategoricalDtype)
        levels = [str(v) for v in column.cat.categories] if categorical else sorted(column.dropna())
        assert list(made.cat.categories) == levels
        assert made.cat.ordered == (categorical and column.cat.ordered)
        return
    assert str(made.dtype) == BACK.get(name, str(column.dtype))
    assert made.isna().tolist() == column.isna().tolist()
    if made.dtype == "float64":
        expected = column.to_numpy(dtype=np.float64, na_value=np.nan)
        present = ~np.isnan(expected)
        assert made.to_numpy()[present].tobytes() == expected[present].tobytes()
    else:
        assert made.dropna().tolist() == column.dropna().tolist()


@pytest.mark.parametrize(
    "name", ["a b", "if", "größe", ".x", "_y", "1", "x'\"`", "TRUE", "...", "x\ty", "日本"]
)
def test_names_come_back_as_they_were(name: str) -> None:
    made = rbridge.to_r(pd.DataFrame({name: [1, 2], "other": [1.5, np.nan]}))
    assert list(made.to_pandas().columns) == [name, "other"]


def test_frames_that_cannot_be_carried_are_refused() -> None:
    for data, word in (
        (pd.DataFrame({"when": pd.to_datetime(["2020-01-01"])}), "'when'"),
        (pd.DataFrame({0: [1]}), "rename"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), "rename all but one"),
        (pd.DataFrame({"x": []}), "no rows"),
        ([1, 2], "DataFrame"),
        (None, "DataFrame"),
    ):
        with pytest.raises(rbridge.BridgeError, match=word):
            rbridge.to_r(data)


def test_times_of_r_s_arrive(r) -> None:
    r("""
      when <- as.POSIXct(c("2020-01-01 12:00:00.123456", NA), tz = "America/New_York")
      assign("rb_test", data.frame(day = as.Date(c("2020-02-29", NA)), when = when, span = when - when[1],
             utc = as.POSIXct(c(0, 1), origin = "1970-01-01", tz = "UTC")), envir = globalenv())
    """)
    from rbridge import rframes, session

    with session.locked() as ri:
        frame = session.hold(ri.globalenv["rb_test"])
    made = frame.call("rb_columns", decode=rframes._decode_columns).value
    r("rm(rb_test, envir = globalenv())")
    assert made["day"].tolist()[0] == pd.Timestamp("2020-02-29") and pd.isna(made["day"][1])
    assert made["when"][0] == pd.Timestamp("2020-01-01 12:00:00.123456", tz="America/New_York")
    assert str(made["when"].dt.tz) == "America/New_York" and pd.isna(made["when"][1])
    assert made["span"][0] == datetime.timedelta(0) and pd.isna(made["span"][1])
    assert made["utc"][1] == pd.Timestamp(1, unit="s", tz="UTC")


def test_data_sets_of_r_s_arrive(r) -> None:
    for name in ("Orthodont", "Oats", "Pixel", "BodyWeight", "MathAchieve"):
        expected = r.frame(name)
        made = rbridge.r_data(name)
        for column in made.columns:
            if isinstance(made[column].dtype, pd.CategoricalDtype):
                assert made[column].tolist() == expected[column].tolist()
                assert made[column].cat.ordered == expected[column].cat.ordered
                assert list(made[column].cat.categories) == list(expected[column].cat.categories)
            else:
                np.testing.assert_array_equal(made[column], expected[column])
        assert made.attrs["name"] == name
    for wrong in (
        ("nothing",),
        ("Orthodont", "nothing"),
        ("x); system('x')",),
        (None,),
        ("", ""),
        ("state", "datasets"),
    ):
        with pytest.raises(rbridge.BridgeError, match=r"name|package"):
            rbridge.r_data(*wrong)


def test_grouped_data_know_their_groups(r) -> None:
    data = rbridge.r_data("Orthodont")
    assert data.attrs["formula"] == "distance ~ age | Subject" and data.attrs["outer"] == "~Sex"
    assert data.attrs["labels"]["x"] == "Age" and data.attrs["units"] == {"x": "(yr)", "y": "(mm)"}
    r("assign('Orthodont', nlme::Orthodont, envir = globalenv())")
    for arguments, code in (
        ({"fixed": "distance ~ age"}, "distance ~ age, data = Orthodont"),
        (
            {"fixed": "distance ~ age * Sex", "random": "~ 1"},
            "distance ~ age * Sex, data = Orthodont, random = ~ 1",
        ),
        (
            {"fixed": "distance ~ age", "random": "pdDiag(~ age)"},
            "distance ~ age, Orthodont, random = pdDiag(~ age)",
        ),
    ):
        fit = rbridge.lme(data=data, **arguments)
        assert str(fit.summary()) == r.printed(f"summary(lme({code}))")
    curves = "augPred(lme(distance ~ age, Orthodont, random = pdDiag(~ age)), length.out = 3)"
    assert str(fit.aug_pred(length_out=3)) == r.printed(curves)
    r("rm(Orthodont, envir = globalenv())")
    nested = rbridge.lme(
        "yield ~ nitro", rbridge.r_data("Oats").assign(Variety=lambda d: d["Variety"]), "~ 1"
    )
    assert list(nested.n_groups) == ["Block"]
    two = rbridge.r_data("Pixel")
    assert list(rbridge.lme("pixel ~ day", two, "~ 1").n_groups) == ["Dog", "Side"]
    data.attrs.clear()
    with pytest.raises(rbridge.ArgumentError, match="random is missing"):
        rbridge.lme("distance ~ age", data)


def test_a_frame_in_r_prints_and_is_pickled() -> None:
    made = rbridge.to_r(pd.DataFrame({"x": [1.5, 2.5], "s": ["a", "b"]}))
    assert "2 obs. of  2 variables" in repr(made) and list(made.r.names) == ["x", "s"]
    again = pickle.loads(pickle.dumps(made))
    pd.testing.assert_frame_equal(again.to_pandas(), made.to_pandas())


# --- other libraries' frames


def polars_frame():
    pl = pytest.importorskip("polars")
    return pl.DataFrame(
        {
            "bool": [True, None, False],
            "int8": pl.Series([1, None, -128], dtype=pl.Int8),
            "uint64": pl.Series([1, 2**53, None], dtype=pl.UInt64),
            "whole": [1, 2, 3],
            "float32": pl.Series([0.1, None, float("nan")], dtype=pl.Float32),
            "float": [0.1, None, -0.0],
            "text": ["b", None, "a"],
            "categorical": pl.Series(["b", None, "a"], dtype=pl.Categorical),
            "enum": pl.Series(["lo", None, "hi"], dtype=pl.Enum(["lo", "mid", "hi"])),
        }
    )


def arrow_frame():
    pa = pytest.importorskip("pyarrow")
    return pa.table(
        {
            "bool": pa.array([True, None, False]),
            "int8": pa.array([1, None, -128], pa.int8()),
            "uint64": pa.array([1, 2**53, None], pa.uint64()),
            "whole": pa.array([1, 2, 3]),
            "float32": pa.array([0.1, None, float("nan")], pa.float32()),
            "float": pa.array([0.1, None, -0.0]),
            "text": pa.array(["b", None, "a"], pa.large_string()),
            "categorical": pa.array(["a", None, "b"]).dictionary_encode(),
            "enum": pa.DictionaryArray.from_arrays(
                pa.array([0, None, 2]), pa.array(["lo", "mid", "hi"]), ordered=True
            ),
        }
    )


@pytest.mark.parametrize("make", [polars_frame, arrow_frame])
def test_frames_of_other_libraries_arrive_exactly(make) -> None:
    made = rbridge.to_r(make()).to_pandas()
    assert made["bool"].tolist() == [True, pd.NA, False]
    assert made["int8"].tolist() == [1, pd.NA, -128] and str(made["int8"].dtype) == "Int64"
    assert made["uint64"].tolist()[:2] == [1.0, 2.0**53] and np.isnan(made["uint64"][2])
    assert made["whole"].tolist() == [1, 2, 3] and str(made["whole"].dtype) == "int64"
    assert made["float32"][0] == np.float32(0.1) and made["float32"].isna().tolist() == [False, True, True]
    assert made["float"][0] == 0.1 and np.signbit(made["float"][2])
    assert list(made["text"].cat.categories) == ["a", "b"] and made["text"].isna().tolist() == [
        False,
        True,
        False,
    ]
    assert list(made["categorical"].cat.categories) == ["a", "b"]
    assert list(made["enum"].cat.categories) == ["lo", "mid", "hi"] and made["enum"].isna().tolist()[1]
    assert made["enum"].cat.ordered == (make is arrow_frame)


@pytest.mark.parametrize("library", ["polars", "arrow"])
def test_fits_take_frames_of_other_libraries(library: str) -> None:
    pl = pytest.importorskip("polars")
    plain = rbridge.r_data("Orthodont").astype({"Subject": str, "Sex": str})
    plain.attrs.clear()
    data = pl.DataFrame({name: plain[name].to_list() for name in plain.columns})
    data = data.to_arrow() if library == "arrow" else data
    expected = rbridge.lme("distance ~ age * Sex", plain, "~ age | Subject")
    fit = rbridge.lme("distance ~ age * Sex", data, "~ age | Subject")
    assert str(fit.summary()) == str(expected.summary())
    pd.testing.assert_series_equal(fit.predict(data), expected.predict(plain))
    keep = (plain["age"] > 8).to_list()
    some = rbridge.lme("distance ~ age", data, "~ 1 | Subject", subset=pl.Series(keep))
    assert some.n_obs == sum(keep)


def test_unusable_frames_of_other_libraries_are_refused() -> None:
    pl = pytest.importorskip("polars")
    data = pl.DataFrame(
        {
            "y": [1.0, 2.0, 4.0, 3.0],
            "g": [1, 1, 2, 2],
            "when": [datetime.date(2020, 1, 1)] * 4,
            "huge": pl.Series([1, 2, 3, 2**70], dtype=pl.Int128),
            "list": [[1]] * 4,
        }
    )
    with pytest.raises(rbridge.ArgumentError, match="collect it first"):
        rbridge.lme("y ~ 1", data.lazy(), "~ 1 | g")
    for column in ("when", "huge", "list"):
        with pytest.raises(rbridge.DataError, match=f"'{column}'"):
            rbridge.lme(f"y ~ {column}", data, "~ 1 | g")
    assert rbridge.lme("y ~ 1", data, "~ 1 | g").n_obs == 4  # a column that isn't used may be anything


def test_a_million_rows_cost_a_copy() -> None:
    """No loop over rows in Python: 1e6 rows of five columns in well under a second of processor time."""
    import time

    n = 1_000_000
    rng = np.random.default_rng(1)
    data = pd.DataFrame({name: rng.normal(size=n) for name in "abc"})
    data["i"] = pd.Series(rng.integers(0, 1000, n), dtype="Int64")
    data["s"] = pd.Categorical.from_codes(rng.integers(0, 3, n), ["u", "v", "w"])
    start = time.process_time()
    frames.convert(data["i"], "i")
    rbridge.to_r(data)
    assert time.process_time() - start < 2


def test_a_frame_that_r_saved_is_read_with_its_types(r, tmp_path):
    path = tmp_path / "orthodont.rds"
    r(f"saveRDS(nlme::Orthodont, '{path}'); NULL")
    read = rbridge.read_rds(path)
    made = rbridge.r_data("Orthodont")
    pd.testing.assert_frame_equal(read, made)
    assert read.attrs == made.attrs | {"name": "orthodont"}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (None, "path: there is no file"),
        ("writeLines('x,y', '{}')", "path: R can't read .*orthodont.rds"),
        ("saveRDS(1:3, '{}')", "path: orthodont.rds is no data frame but of class integer"),
    ],
)
def test_files_that_hold_no_frame_are_refused(r, tmp_path, code, message):
    path = tmp_path / "orthodont.rds"
    if code:
        r(code.format(path) + "; NULL")
    with pytest.raises(rbridge.ArgumentError, match=message):
        rbridge.read_rds(path)
