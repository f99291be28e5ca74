"""One's own data: every kind of file gives the same frame, and what is wrong with one is said in a line."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from crosscheck.errors import EngineUnavailableError, UsageError
from crosscheck.own import fingerprint, own_model, prepare, read_data
from crosscheck.own.names import names_in

GROWTH = pd.DataFrame(
    {
        "size": [0.1, 1 / 3, 5e-324, 1e22, -7.0, 2.5],
        "age": [1, 2, 3, 1, 2, 3],
        "kind": ["b", "a", "É", "a", "b", "B"],
        "child": ["x", "x", "x", "y", "y", "y"],
        "school": [1, 1, 1, 2, 2, 2],
    }
)
MODEL = own_model("size ~ age + kind", "~ 1 | child")


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "growth.csv"
    GROWTH.to_csv(path, index=False)
    return path


class TestFiles:
    def test_a_csv_file_is_read_to_the_last_bit(self, csv):
        read = read_data(csv)
        pd.testing.assert_frame_equal(read, GROWTH, check_exact=True)
        assert read.attrs["name"] == "growth"

    def test_other_files_give_the_same_data(self, csv, tmp_path):
        pytest.importorskip("pyarrow")
        GROWTH.to_parquet(tmp_path / "growth.parquet")
        GROWTH.to_csv(tmp_path / "growth.tsv", index=False, sep="\t")
        (tmp_path / "growth.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + csv.read_bytes()))
        whole = fingerprint(prepare(read_data(csv), MODEL).frame)
        for name in ("growth.parquet", "growth.tsv", "growth.csv.gz"):
            assert fingerprint(prepare(read_data(tmp_path / name), MODEL).frame) == whole, name

    @pytest.mark.needs_r
    def test_rds_files_come_through_r(self, csv, tmp_path):
        from rbridge import session

        path = tmp_path / "growth.rds"
        code = (
            "data.frame(size = c(0.1, 1/3, 5e-324, 1e22, -7, 2.5), age = rep(1:3, 2), "
            "kind = c('b', 'a', '\\u00c9', 'a', 'b', 'B'), child = rep(c('x', 'y'), each = 3), school = 1)"
        )
        with session.locked() as ri:
            ri.evalr(f"saveRDS({code}, '{path}')")
        read = read_data(path)
        assert fingerprint(prepare(read, MODEL).frame) == fingerprint(prepare(read_data(csv), MODEL).frame)
        with session.locked() as ri:
            ri.evalr(f"saveRDS(1L, '{path}')")
        with pytest.raises(UsageError, match=r"data: growth\.rds is no data frame but of class integer"):
            read_data(path)

    def test_rds_without_r_is_one_error(self, monkeypatch, tmp_path):
        import rbridge

        monkeypatch.setattr(rbridge, "available", lambda: rbridge.Availability(False, "R isn't found"))
        (tmp_path / "a.rds").write_bytes(b"x")
        with pytest.raises(EngineUnavailableError, match=r"reading a.rds needs R, .* R isn't found"):
            read_data(tmp_path / "a.rds")

    def test_only_nothing_and_na_are_missing(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("x,s,b\n1,None,TRUE\nNA,null,\n,NA,FALSE\n")
        read = read_data(path)
        assert read["x"].isna().tolist() == [False, True, True]
        assert read["s"].tolist()[:2] == ["None", "null"] and pd.isna(read["s"][2])
        assert read["b"].dtype == "boolean"

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("no.csv", None, "there is no file"),
            ("a.sav", b"x", "a.sav is of no kind that is known; use .csv"),
            ("a.csv", b"y;x\n1;2\n", "'y;x'; its columns seem to be separated by ';'"),
            ("a.csv", b"y\tx\n1\t2\n", "seem to be separated by tabs"),
            ("a.tsv", b"y,x\n1,2\n", "seem to be separated by ','"),
            ("a.csv", b"y,x\n1,2\n1,2,3\n", "a.csv can't be read as CSV: .*line 3"),
            ("a.csv", b"y,x\n1,\xe4\n", r"isn't UTF-8 \(byte 0xe4\).*iconv"),
            ("a.csv", b"", "can't be read as CSV: No columns"),
            ("a.csv", b"y,x\n", "a.csv has no rows"),
            ("a.parquet", b"PAR", "a.parquet can't be read as Parquet"),
            ("a.csv.gz", b"y,x\n", "a.csv.gz can't be read as CSV"),
        ],
    )
    def test_what_is_wrong_with_a_file_is_said_in_one_line(self, tmp_path, name, content, message):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError, match=message) as refused:
            read_data(tmp_path / name)
        assert str(refused.value).startswith("data: ") and "\n" not in str(refused.value)

    def test_a_folder_is_no_file(self, tmp_path):
        with pytest.raises(UsageError, match="it is a folder"):
            read_data(tmp_path)

    def test_semicolons_and_decimal_commas_can_be_had(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("y;x\n1,5;2\n")
        assert read_data(path, delimiter=";", decimal=",")["y"].tolist() == [1.5]


class TestNames:
    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("y ~ x * f + I(x^2) - 1", {"y", "x", "f"}),
            ("log(y) ~ poly(x, 2) + 1e5", {"y", "x"}),
            ("~ x | school/child", {"x", "school", "child"}),
            ("list(school = ~ 1, child = pdDiag(~ x))", {"x"}),
            ("corSpher(form = ~ a + b | g, nugget = TRUE, metric = 'manhattan')", {"a", "b", "g"}),
            ("varPower(form = ~ fitted(.))", set()),
            ("y ~ `my column` + IQ.ver.cen + größe", {"y", "my column", "IQ.ver.cen", "größe"}),
            ("y ~ a %in% b + x==2", {"y", "a", "b", "x"}),
        ],
    )
    def test_names_are_found_and_functions_arguments_and_texts_are_not(self, text, names):
        assert names_in(text)[0] == names

    def test_groups_of_a_list_are_kept(self):
        spec = own_model("size ~ 1", "list(school = ~ 1, child = ~ 1)")
        assert list(prepare(GROWTH, spec).frame.columns) == ["size", "child", "school"]
        spec = own_model("size ~ 1", {"school": "~ 1", "child": "pdDiag(~ age)"})
        assert list(prepare(GROWTH, spec).frame.columns) == ["size", "age", "child", "school"]

    def test_a_dot_takes_every_column(self):
        assert list(prepare(GROWTH, own_model("size ~ .", "~ 1 | child")).frame.columns) == list(
            GROWTH.columns
        )

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"fixed": "size ~ aeg"}, "fixed: the data have no column 'aeg'; did you mean 'age'?"),
            ({"random": "~ 1 | group"}, "random: the data have no column 'group'"),
            ({"correlation": "corAR1(form = ~ t | child)"}, "correlation: the data have no column 't'"),
            ({"weights": "varIdent(form = ~ 1 | sex)"}, "weights: the data have no column 'sex'"),
            ({"subset": "year > 3"}, "subset: the data have no column 'year'"),
        ],
    )
    def test_a_column_that_is_not_there_is_named_with_its_argument(self, changes, message):
        model = {"fixed": "size ~ age", "random": "~ 1 | child"} | changes
        with pytest.raises(UsageError) as refused:
            prepare(GROWTH, own_model(**model))
        assert str(refused.value).startswith(message)
        assert "Their columns: size, age, kind, child, school" in str(refused.value)


class TestPrepared:
    def test_text_is_a_factor_in_the_order_of_code_points(self):
        made = prepare(GROWTH, MODEL)
        assert made.levels == {"kind": ("B", "a", "b", "É")}
        assert list(made.frame["kind"].cat.categories) == ["B", "a", "b", "É"]
        assert not made.frame["kind"].cat.ordered

    def test_a_categorical_keeps_its_levels(self):
        levels = pd.Categorical(GROWTH["kind"], ["É", "b", "a", "B"], ordered=True)
        made = prepare(GROWTH.assign(kind=levels), MODEL)
        assert made.levels["kind"] == ("É", "b", "a", "B") and made.frame["kind"].cat.ordered

    def test_numbers_that_are_names_are_sorted_as_numbers(self):
        data = GROWTH.assign(age=[10, 9, 100, 9, 10.0, 9])
        assert prepare(data, MODEL, ["age"]).levels["age"] == ("9", "10", "100")
        assert prepare(data, MODEL, {"age": ["100", "9", "10"]}).levels["age"] == ("100", "9", "10")
        with pytest.raises(UsageError, match=r"factor: age also holds \['10', '100'\]"):
            prepare(data, MODEL, {"age": ["9"]})
        with pytest.raises(UsageError, match="factor: the data have no column 'agee'; did you mean 'age'"):
            prepare(data, MODEL, ["agee"])

    def test_missing_values_are_refused_by_column_or_left_to_both_sides(self):
        holes = GROWTH.assign(age=[1, np.nan, 3, np.nan, 5, 6], school=np.nan)
        with pytest.raises(UsageError, match=r"data: missing values in age \(2\); pass na_action 'omit'"):
            prepare(holes, MODEL)
        made = prepare(holes, own_model("size ~ age", "~ 1 | child", na_action="omit"))
        assert made.missing == {"age": 2} and len(made.frame) == 6

    def test_text_that_should_be_numbers_is_refused(self):
        with pytest.raises(UsageError, match=r"'age' is text because of 1 of its 6 values, e.g. 'n/a'"):
            prepare(GROWTH.assign(age=["1", "2", "n/a", "1", "2", "3"]), MODEL)
        with pytest.raises(UsageError, match="'age' holds numbers with a decimal comma; pass decimal ','"):
            prepare(GROWTH.assign(age=["1,5"] * 6), MODEL)
        names = GROWTH.assign(child=["1", "1", "1", "2", "2", "2a"])  # a group may well be called 1
        assert list(prepare(names, MODEL).frame["child"].cat.categories) == ["1", "2", "2a"]

    def test_a_file_is_read(self, csv):
        assert fingerprint(prepare(csv, MODEL).frame) == fingerprint(prepare(GROWTH, MODEL).frame)
        assert fingerprint(prepare(str(csv), MODEL).frame) == fingerprint(prepare(GROWTH, MODEL).frame)

    def test_columns_have_one_name_each_and_numbers_are_names_too(self):
        with pytest.raises(UsageError, match="data: the column 'age' is there twice; rename one"):
            prepare(GROWTH.rename(columns={"school": "age"}), MODEL)
        renamed = GROWTH.rename(columns={"age": 7})
        assert list(prepare(renamed, own_model("size ~ `7`", "~ 1 | child")).frame.columns) == [
            "size",
            "7",
            "child",
        ]

    def test_structures_may_be_objects(self):
        pyimpl = pytest.importorskip("pyimpl")
        spec = own_model("size ~ 1", "~ 1 | child", correlation=pyimpl.corAR1(form="~ age | child"))
        assert "age" in prepare(GROWTH, spec).frame and spec.controls == ("tight", "default")
        assert isinstance(spec.options["correlation"], str)

    def test_frames_of_polars_are_taken(self):
        polars = pytest.importorskip("polars")
        made = prepare(polars.from_pandas(GROWTH), MODEL)
        assert fingerprint(made.frame) == fingerprint(prepare(GROWTH, MODEL).frame)
        with pytest.raises(UsageError, match="expected a pandas DataFrame, got dict"):
            prepare({"size": [1]}, MODEL)


class TestFingerprint:
    def test_it_is_that_of_the_values(self):
        assert fingerprint(GROWTH) == fingerprint(
            GROWTH[GROWTH.columns[::-1]].set_index(pd.Index(range(6, 12)))
        )
        assert fingerprint(GROWTH) == fingerprint(GROWTH.astype({"age": float}))

    @pytest.mark.parametrize(
        "change",
        [
            lambda d: d.assign(size=np.nextafter(d["size"], np.inf)),
            lambda d: d.assign(kind=d["kind"].str.upper()),
            lambda d: d.assign(kind=pd.Categorical(d["kind"])),
            lambda d: d.iloc[::-1],
            lambda d: d.rename(columns={"age": "Age"}),
            lambda d: d.assign(child=[None, *d["child"][1:]]),
        ],
    )
    def test_any_other_value_name_or_order_of_rows_is_other_data(self, change):
        assert fingerprint(change(GROWTH)) != fingerprint(GROWTH)

    def test_levels_count(self):
        kinds = [pd.Categorical(["a", "b"], ["a", "b"], ordered=o) for o in (False, True)]
        kinds.append(pd.Categorical(["a", "b"], ["a", "b", "c"]))
        assert len({fingerprint(pd.DataFrame({"f": kind})) for kind in kinds}) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("y", "~ 1 | g"), "fixed is 'y'; give a formula with a response"),
        ((None, "~ 1 | g"), "fixed is None"),
        (("y ~ 1", "~ 1"), "names no groups; write '~ x | g'"),
        (("y ~ 1", None), "random is None"),
    ],
)
def test_a_model_without_response_or_groups_is_refused(arguments, message):
    with pytest.raises(UsageError) as refused:
        own_model(*arguments)
    assert message in str(refused.value)
