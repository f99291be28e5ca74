"""Model matrices against R's, on the data of the fit and on new data."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyimpl.errors import ArgumentError, DataError, FormulaError
from pyimpl.formula import (
    ColumnSpec,
    check_contrasts,
    check_variables,
    learn_columns,
    parse_formula,
    response_column,
)
from pyimpl.formula.elementwise import round_to


def learn(text: str, frame: pd.DataFrame, contrasts: dict[str, str] | None = None) -> ColumnSpec:
    terms = parse_formula(text, argument="random").terms
    return learn_columns(terms, frame, contrasts=contrasts, argument="fixed")


def disagreements(answer: dict[str, Any], data: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """Compare names, term indices, the matrix, and the matrix of new data with R's, to 1e-12 relative."""
    spec = learn(answer["formula"], data, answer["contrasts"])
    found = []
    if list(spec.names) != answer["names"]:
        return [f"{answer['formula']}: names {spec.names}, R {answer['names']}"]
    if list(spec.assign) != answer["assign"]:
        found.append(f"{answer['formula']}: assign {spec.assign}, R {answer['assign']}")
    for frame, key in ((data, "X"), (new, "new")):
        if answer[key] is None:
            with pytest.raises(DataError, match="level"):
                spec.build(frame)
            continue
        X = spec.build(frame)
        R = np.array(answer[key], dtype=float).reshape(X.shape, order="F")
        worst = float((np.abs(X - R) / np.maximum(1.0, np.abs(R))).max(initial=0.0))
        if not worst <= 1e-12:
            found.append(f"{answer['formula']}: {key} differs by {worst:.2g}")
        if X.dtype != np.float64 or not X.flags.f_contiguous:
            found.append(f"{answer['formula']}: {key} is {X.dtype}, {X.flags}")
    return found


def test_matrices_are_those_of_r(answers: dict[str, Any], data: pd.DataFrame, new: pd.DataFrame) -> None:
    wrong = [problem for answer in answers["matrices"] for problem in disagreements(answer, data, new)]
    assert not wrong
    assert len(answers["matrices"]) > 115


def test_contrasts_are_those_of_r(answers: dict[str, Any], data: pd.DataFrame, new: pd.DataFrame) -> None:
    wrong = [problem for answer in answers["contrasts"] for problem in disagreements(answer, data, new)]
    assert not wrong
    assert len(answers["contrasts"]) == 14


def test_round_is_that_of_r(answers: dict[str, Any]) -> None:
    rounded = answers["rounded"]
    x = np.array(rounded["x"], dtype=float)
    for digits in (0, 1, 2, 3, -1, -2):
        np.testing.assert_array_equal(round_to(x, digits), np.array(rounded[str(digits)], dtype=float))


def test_a_spec_survives_pickling(data: pd.DataFrame, new: pd.DataFrame) -> None:
    spec = learn("~ poly(x, 2) * a + ns(z, 3) + factor(k)", data)
    again = pickle.loads(pickle.dumps(spec))
    np.testing.assert_array_equal(again.build(new), spec.build(new))
    assert again.names == spec.names
    assert (
        again.term_labels == spec.term_labels == ("poly(x, 2)", "a", "ns(z, 3)", "factor(k)", "poly(x, 2):a")
    )


def test_building_learns_nothing(data: pd.DataFrame, new: pd.DataFrame) -> None:
    spec = learn("~ scale(x) + a", data)
    before = spec.build(data)
    spec.build(new)
    np.testing.assert_array_equal(spec.build(data), before)
    assert abs(before[:, 1].mean()) < 1e-14


def test_rows_of_a_subset_get_the_columns_of_the_whole(data: pd.DataFrame) -> None:
    spec = learn("~ a * o + txt + ordered(k) + bs(x, df = 5) + ifelse(x > 0, 'up', 'down')", data)
    whole = spec.build(data)
    for row in range(0, len(data), 7):
        np.testing.assert_allclose(spec.build(data.iloc[[row]]), whole[[row]], rtol=1e-13, atol=1e-13)


DTYPES = {
    "float32": lambda v: pd.Series(v, dtype="float32"),
    "int8": lambda v: pd.Series(v, dtype="int8"),
    "uint64": lambda v: pd.Series(v, dtype="uint64"),
    "Int64": lambda v: pd.Series(v, dtype="Int64"),
    "Float64": lambda v: pd.Series(v, dtype="Float64"),
    "Float32": lambda v: pd.Series(v, dtype="Float32"),
    "object of ints": lambda v: pd.Series(v, dtype=object),
    "object of floats": lambda v: pd.Series([float(x) for x in v], dtype=object),
    "object of both": lambda v: pd.Series([float(x) if i % 2 else x for i, x in enumerate(v)], dtype=object),
    "sparse": lambda v: pd.Series(pd.arrays.SparseArray([float(x) for x in v])),
    "big-endian": lambda v: pd.Series(np.array(v, dtype=">f8")),
}


@pytest.mark.parametrize("kind", DTYPES)
def test_numbers_of_any_dtype_are_numbers(kind: str) -> None:
    frame = pd.DataFrame({"x": DTYPES[kind]([3, 1, 2, 1])})
    np.testing.assert_array_equal(learn("~ x", frame).build(frame)[:, 1], [3.0, 1.0, 2.0, 1.0])


TEXTS = {
    "str": lambda v: pd.Series(v, dtype="str"),
    "object": lambda v: pd.Series(v, dtype=object),
    "string": lambda v: pd.Series(v, dtype="string"),
    "category": lambda v: pd.Series(v, dtype="category"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_text_of_any_dtype_is_a_factor_sorted_by_code_point(kind: str) -> None:
    frame = pd.DataFrame({"f": TEXTS[kind](["b", "_x", "A", "a", "B", "Z"])})
    assert learn("~ f", frame).names == ("(Intercept)", "fB", "fZ", "f_x", "fa", "fb")


@pytest.mark.parametrize("dtype", ["bool", "boolean", "object"])
def test_booleans_are_false_then_true(dtype: str) -> None:
    frame = pd.DataFrame({"f": pd.Series([True, False, True], dtype=dtype)})
    spec = learn("~ f", frame)
    assert spec.names == ("(Intercept)", "fTRUE")
    np.testing.assert_array_equal(spec.build(frame)[:, 1], [1.0, 0.0, 1.0])


def test_categories_keep_their_order_and_lose_unused_levels() -> None:
    frame = pd.DataFrame({"f": pd.Categorical(["b", "a", "b"], ["c", "b", "d", "a"])})
    spec = learn("~ f", frame)
    assert spec.names == ("(Intercept)", "fa")
    np.testing.assert_array_equal(spec.build(frame)[:, 1], [0.0, 1.0, 0.0])


def test_categories_of_numbers_are_named_as_r_names_them() -> None:
    frame = pd.DataFrame({"f": pd.Categorical([1.0, 2.5, 1e5]), "i": pd.Categorical([1, 100000, 3])})
    assert learn("~ f + i", frame).names == ("(Intercept)", "f2.5", "f1e+05", "i3", "i100000")


def test_factors_of_numbers_are_named_as_r_names_them() -> None:
    # R: levels(factor(c(3L, 100000L))) "3" "100000"; levels(factor(c(3, 1e5, 0.3))) "0.3" "3" "1e+05"
    frame = pd.DataFrame({"i": [3, 100000, 3], "d": [3.0, 1e5, 0.1 + 0.2]})
    assert learn("~ factor(i) + factor(d)", frame).names == (
        "(Intercept)",
        "factor(i)100000",
        "factor(d)3",
        "factor(d)1e+05",
    )


def test_columns_are_matched_to_levels_by_name_on_new_data() -> None:
    frame = pd.DataFrame({"f": pd.Categorical(["a", "b", "c"]), "x": [1.0, 2.0, 3.0]})
    spec = learn("~ f * x", frame)
    new = pd.DataFrame({"f": ["c", "b"], "x": [5.0, 7.0]})
    np.testing.assert_array_equal(spec.build(new), [[1, 0, 1, 5, 0, 5], [1, 1, 0, 7, 7, 0]])


def test_a_new_level_is_named() -> None:
    spec = learn("~ f", pd.DataFrame({"f": ["a", "b"]}))
    with pytest.raises(DataError, match=r"'f' has the level 'z'.*'a', 'b'"):
        spec.build(pd.DataFrame({"f": ["a", "z"]}))


@pytest.mark.parametrize(
    ("fit", "now"),
    [
        (["a", "b"], [1.0, 2.0]),
        ([1.0, 2.0], ["a", "b"]),
        (["a", "b"], [True, False]),
        ([True, False], ["a", "b"]),
        ([True, False], [1.0, 0.0]),
        ([1.0, 0.0], [True, False]),
    ],
)
def test_a_column_must_keep_its_kind(fit: list[Any], now: list[Any]) -> None:
    spec = learn("~ f", pd.DataFrame({"f": fit}))
    with pytest.raises(DataError, match=r"'f'|`f`"):
        spec.build(pd.DataFrame({"f": now}))


BAD_COLUMNS = {
    "dates": (pd.to_datetime(["2020-01-01", "2020-01-02"]), "dates.*dt.days"),
    "zoned dates": (pd.to_datetime(["2020-01-01", "2020-01-02"], utc=True), "dates"),
    "date objects": ([pd.Timestamp("2020-01-01").date()] * 2, "dates"),
    "durations": (pd.to_timedelta([1, 2], unit="D"), "total_seconds"),
    "complex": ([1 + 2j, 2j], "complex"),
    "mixed": (pd.Series([1, "a"], dtype=object), "mixes"),
    "lists": (pd.Series([[1], [2]], dtype=object), "mixes"),
    "bytes": (pd.Series([b"a", b"b"], dtype=object), "bytes"),
    "periods": (pd.period_range("2020", periods=2, freq="M"), "period"),
    "missing float": ([1.0, np.nan], "1 missing value"),
    "missing text": (["a", None], "1 missing value"),
    "missing Int64": (pd.array([1, None], dtype="Int64"), "1 missing value"),
    "missing category": (pd.Categorical(["a", None]), "1 missing value"),
    "infinite": ([1.0, np.inf], r"not finite \(rows 1\)"),
    "much infinite": ([np.inf] * 3, r"not finite \(rows 0, 1, 2\)"),
    "more infinite": ([np.inf] * 4, r"not finite \(rows 0, 1, 2, \.\.\.\)"),
    "huge integers": ([1, 2**60], r"2\^53"),
    "one level": (["a", "a"], "only one level"),
    "categories named alike": (pd.Categorical([1, "1"], [1, "1"]), "same name"),
}


@pytest.mark.parametrize("kind", BAD_COLUMNS)
def test_a_column_that_cannot_be_used_is_named_with_the_mend(kind: str) -> None:
    values, message = BAD_COLUMNS[kind]
    with pytest.raises(DataError, match=f"(?s)fixed: .*'col'.*{message}|{message}.*'col'|'col'.*{message}"):
        learn("~ col", pd.DataFrame({"col": values}))


def test_missing_and_duplicated_columns() -> None:
    frame = pd.DataFrame([[1.0, 2.0, 3.0]], columns=["Meanses", "x", "x"])
    with pytest.raises(DataError, match=r"fixed: .*'meanses'; did you mean 'Meanses'\?"):
        check_variables(parse_formula("Meanses ~ meanses"), frame, "fixed")
    with pytest.raises(DataError, match="fixed: the data have 2 columns called 'x'"):
        check_variables(parse_formula("Meanses ~ x"), frame, "fixed")
    with pytest.raises(DataError, match=r"random: .*'idd'; they have 'Meanses'"):
        check_variables(parse_formula("~ 1 | idd", argument="random"), frame, "random")


def test_a_column_whose_label_is_not_text() -> None:
    with pytest.raises(DataError, match=r"'1'; the column labelled 1 is not text: rename"):
        check_variables(parse_formula("y ~ `1`"), pd.DataFrame({"y": [1.0], 1: [2.0]}), "fixed")


def test_unexpanded_dot_is_refused(data: pd.DataFrame) -> None:
    with pytest.raises(FormulaError, match="expanded"):
        check_variables(parse_formula("x ~ ."), data, "fixed")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x ~ 1", lambda d: d["x"]),
        ("log(z) ~ 1", lambda d: np.log(d["z"])),
        ("flag ~ 1", lambda d: d["flag"].astype(float)),
        ("sqrt(z) - x ~ 1", lambda d: d["z"] ** 0.5 - d["x"]),
    ],
)
def test_responses(text: str, expected: Any, data: pd.DataFrame) -> None:
    y, label = response_column(parse_formula(text), data)
    np.testing.assert_array_equal(y, expected(data))
    assert label == text.split(" ~")[0]
    assert y.dtype == np.float64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a ~ 1", "response 'a' holds text or categories"),
        ("txt ~ 1", "response 'txt' holds text"),
        ("log(x) ~ 1", r"`log\(x\)` is not finite.*'x'"),
        ("poly(x, 2) ~ 1", "several columns"),
        ("log(txt) ~ 1", "`txt` holds text"),
    ],
)
def test_a_response_that_is_not_numeric_is_named(text: str, message: str, data: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=message):
        response_column(parse_formula(text), data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("~ log(x)", r"`log\(x\)` is not finite in .* rows .*'x'"),
        ("~ I(log(x) > 0)", r"`log\(x\)` is not a number"),
        ("~ scale(k * 0)", "not finite"),
        ("~ I(x + a)", "`a` holds text or categories"),
        ("~ poly(k, 4)", "needs more than 4 distinct values; there are 4"),
        ("~ ns(x, knots = 99)", "strictly between the boundary knots"),
        ("~ ns(log(x), 3)", "not finite"),
        ("~ factor(k, levels = c(1, 2))", "not among the levels"),
        ("~ I(1 / (k - 1))", "not finite"),
        ("~ as.numeric(txt)", "`txt` holds text"),
        ("~ sin(pi * x)", "a column 'pi' too"),
    ],
)
def test_values_that_cannot_be_are_named(text: str, message: str, data: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=f"fixed: .*{message}"):
        learn(text, data.assign(pi=1.0) if "pi" in text else data)


@pytest.mark.parametrize(
    "text",
    [
        "~ I(2)", "~ I('a')", "~ I(TRUE)", "~ factor(2)", "~ log(poly(x, 2))", "~ I(a > 'u')", "~ I(a == o)",
        "~ bs(x, df = 2)", "~ bs(x, Boundary.knots = 3)", "~ poly(x, 0)", "~ poly(x, 1.5)", "~ poly(x, degree = 'a')",
        "~ poly(x, 2, raw = 1)", "~ scale(x, center = 'a')", "~ round(x, 1.5)", "~ factor(k, labels = c('a', 'b'))",
        "~ factor(k, labels = c('a', 'b', 'c', 'c'))", "~ factor(k, levels = c(1, 1, 2, 3, 4))", "~ ns(x, knots = 'a')",
        "~ I(ifelse(flag, 'a', 1))", "~ poly(x, 1000)",
    ],
)  # fmt: skip
def test_calls_that_make_no_sense_are_formula_errors(text: str, data: pd.DataFrame) -> None:
    with pytest.raises(FormulaError, match=r"^(fixed|random): "):
        learn(text, data)


def test_unknown_contrasts_and_contrasts_of_numbers(data: pd.DataFrame) -> None:
    with pytest.raises(ArgumentError, match=r"contrasts: 'contr.foo' for 'a'.*contr.sum"):
        learn("~ a", data, {"a": "contr.foo"})
    with pytest.raises(ArgumentError, match="contrasts: 'x' is numeric"):
        learn("~ x", data, {"x": "contr.sum"})
    assert learn("~ a", data, {"elsewhere": "contr.sum"}).names == ("(Intercept)", "av", "aw")


def test_contrasts_of_what_is_no_factor_are_named(data: pd.DataFrame) -> None:
    specs = [learn("~ a * x", data), learn("~ b", data)]
    check_contrasts({"a": "contr.sum", "b": "contr.sum"}, specs)
    check_contrasts(None, specs)
    with pytest.raises(
        ArgumentError, match="contrasts: 'c' is not a factor of the model; the factors are 'a', 'b'"
    ):
        check_contrasts({"a": "contr.sum", "c": "contr.sum"}, specs)


@pytest.mark.parametrize("bad", ["contr.sum", {"a": ["contr.sum"]}, {1: "contr.sum"}, [("a", "contr.sum")]])
def test_contrasts_that_are_no_dict_of_text(bad: Any, data: pd.DataFrame) -> None:
    with pytest.raises(ArgumentError, match="contrasts: give a dict"):
        learn("~ a", data, bad)


def test_the_factors_and_their_contrasts_are_told(data: pd.DataFrame) -> None:
    spec = learn("~ a * x + o + flag", data, {"a": "contr.sum"})
    assert spec.contrasts == (("a", "contr.sum"), ("o", "contr.poly"), ("flag", "contr.treatment"))


def test_an_empty_frame_is_refused(data: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no rows"):
        learn("~ x", data.iloc[:0])


def test_an_empty_frame_of_new_data_gives_no_rows(data: pd.DataFrame) -> None:
    for text in ("~ x * a", "~ poly(x, 2) + ns(z, 3)", "~ scale(x) + bs(z, df = 4)", "~ factor(k) + txt"):
        spec = learn(text, data)
        assert spec.build(data.iloc[:0]).shape == (0, len(spec.names))
