"""Every dtype crosses exactly, missing values included, or is refused by its column's name."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from rbridge import DataError, frames, session

NA = None


def in_r(column: pd.Series) -> tuple[str, list, list[str], bool]:
    """Carry a column to R; return its class, values as Python objects, levels, and whether it is ordered."""
    made = frames.convert(column, "x")
    handle = frames.to_r([made], ["x"], len(column), session.HERE)
    with session.locked() as ri:
        vector = handle.token[0]
        kind = ri.baseenv["class"](vector)
        missing = list(ri.baseenv["is.na"](vector))
        levels = list(ri.baseenv["levels"](vector)) if "factor" in list(kind) else []
        raw = list(vector.memoryview())
        nan = list(ri.baseenv["is.nan"](vector))
    values = [None if absent else value for absent, value in zip(missing, raw, strict=True)]
    assert not any(nan)  # missing is NA, never NaN
    assert made.missing == sum(missing)
    if levels:
        values = [None if value is None else levels[value - 1] for value in values]
    return list(kind)[-1], values, levels, "ordered" in list(kind)


NUMBERS = {
    "bool": (pd.Series([True, False, True]), "logical", [1, 0, 1]),
    "boolean": (pd.Series([True, NA, False], dtype="boolean"), "logical", [1, NA, 0]),
    "object bool": (pd.Series([True, NA, False], dtype=object), "logical", [1, NA, 0]),
    **{
        f"int{bits}": (
            pd.Series([-(2 ** (bits - 1)), 0, 2 ** (bits - 1) - 1], dtype=f"int{bits}"),
            "integer",
            [-(2 ** (bits - 1)), 0, 2 ** (bits - 1) - 1],
        )
        for bits in (8, 16)
    },
    **{
        f"uint{bits}": (pd.Series([0, 2**bits - 1], dtype=f"uint{bits}"), "integer", [0, 2**bits - 1])
        for bits in (8, 16)
    },
    "int32": (pd.Series([-(2**31) + 1, 2**31 - 1], dtype="int32"), "integer", [-(2**31) + 1, 2**31 - 1]),
    "int32 of R's NA": (pd.Series([-(2**31), 1], dtype="int32"), "numeric", [-(2.0**31), 1.0]),
    "uint32": (pd.Series([1, 2**32 - 1], dtype="uint32"), "numeric", [1.0, 2.0**32 - 1]),
    "int64": (pd.Series([1, -7]), "integer", [1, -7]),
    "large int64": (pd.Series([1, 2**31]), "numeric", [1.0, 2.0**31]),
    "largest int64": (pd.Series([-(2**53), 2**53]), "numeric", [-(2.0**53), 2.0**53]),
    "uint64": (pd.Series([0, 2**53], dtype="uint64"), "numeric", [0.0, 2.0**53]),
    "Int8": (pd.Series([1, NA], dtype="Int8"), "integer", [1, NA]),
    "Int64": (pd.Series([1, NA, 3], dtype="Int64"), "integer", [1, NA, 3]),
    "large Int64": (pd.Series([2**40 + 1, NA], dtype="Int64"), "numeric", [2.0**40 + 1, NA]),
    "UInt16": (pd.Series([65535, NA], dtype="UInt16"), "integer", [65535, NA]),
    "object int": (pd.Series([1, NA, 3], dtype=object), "integer", [1, NA, 3]),
    "float16": (pd.Series([0.5, np.nan], dtype="float16"), "numeric", [0.5, NA]),
    "float32": (pd.Series([0.1, np.nan], dtype="float32"), "numeric", [float(np.float32(0.1)), NA]),
    "float64": (pd.Series([0.1, np.nan, 5e-324, -0.0]), "numeric", [0.1, NA, 5e-324, -0.0]),
    "Float32": (pd.Series([0.5, NA], dtype="Float32"), "numeric", [0.5, NA]),
    "Float64": (pd.Series([0.1, NA], dtype="Float64"), "numeric", [0.1, NA]),
    "object float": (pd.Series([0.1, NA, 2.5], dtype=object), "numeric", [0.1, NA, 2.5]),
    "object mixed numbers": (pd.Series([1, 2.5, np.nan], dtype=object), "numeric", [1.0, 2.5, NA]),
    "object NA": (pd.Series([1.5, pd.NA], dtype=object), "numeric", [1.5, NA]),
    "object all None": (pd.Series([NA, NA], dtype=object), "logical", [NA, NA]),
    "sparse": (pd.Series(pd.arrays.SparseArray([0.0, 1.5, 0.0])), "numeric", [0.0, 1.5, 0.0]),
    "strided": (pd.Series(np.arange(12.0).reshape(4, 3)[:, 1]), "numeric", [1.0, 4.0, 7.0, 10.0]),
    "reversed": (pd.Series(np.arange(3))[::-1], "integer", [2, 1, 0]),
}

TEXT = ["b", "a", "B", "_x", "é", "Z", "10", "9"]
SORTED = ["10", "9", "B", "Z", "_x", "a", "b", "é"]  # by code point, in every locale

FACTORS = {
    "str": (pd.Series(TEXT), TEXT, SORTED, False),
    "str missing": (pd.Series(["b", NA, "a"]), ["b", NA, "a"], ["a", "b"], False),
    "object str": (pd.Series(["b", NA, "a"], dtype=object), ["b", NA, "a"], ["a", "b"], False),
    "string": (pd.Series(["b", NA, "a"], dtype="string"), ["b", NA, "a"], ["a", "b"], False),
    "string[python]": (pd.Series(["b", NA, "a"], dtype="string[python]"), ["b", NA, "a"], ["a", "b"], False),
    "the text NA": (pd.Series(["NA", NA, "a"]), ["NA", NA, "a"], ["NA", "a"], False),
    "empty text": (pd.Series(["", "a"]), ["", "a"], ["", "a"], False),
    "category": (
        pd.Series(pd.Categorical(["b", NA, "a"], ["b", "a", "c"])),
        ["b", NA, "a"],
        ["b", "a", "c"],
        False,
    ),
    "ordered": (
        pd.Series(pd.Categorical(["lo", "hi"], ["lo", "hi"], ordered=True)),
        ["lo", "hi"],
        ["lo", "hi"],
        True,
    ),
    "int category": (
        pd.Series([10, 9, 100000]).astype("category"),
        ["10", "9", "100000"],
        ["9", "10", "100000"],
        False,
    ),
    "float category": (
        pd.Series([0.1, 1e5, 1.0, 1e-20, 1 / 3]).astype("category"),
        ["0.1", "1e+05", "1", "1e-20", "0.333333333333333"],
        ["1e-20", "0.1", "0.333333333333333", "1", "1e+05"],
        False,
    ),
    "bool category": (
        pd.Series([True, False]).astype("category"),
        ["TRUE", "FALSE"],
        ["FALSE", "TRUE"],
        False,
    ),
    "all missing category": (pd.Series(pd.Categorical([NA, NA], ["a"])), [NA, NA], ["a"], False),
}

REFUSED = {
    "datetime": (pd.Series(pd.to_datetime(["2020-01-01"])), "total_seconds"),
    "aware datetime": (pd.Series(pd.to_datetime(["2020-01-01"], utc=True)), "total_seconds"),
    "date": (pd.Series([datetime.date(2020, 1, 1)]), "total_seconds"),
    "object datetime": (pd.Series([datetime.datetime(2020, 1, 1)], dtype=object), "total_seconds"),
    "timedelta": (pd.Series(pd.to_timedelta([1], unit="D")), "total_seconds"),
    "period": (pd.Series(pd.period_range("2020", periods=1, freq="D")), "Mend"),
    "interval": (pd.Series(pd.interval_range(0, 1)), "midpoints"),
    "cut": (pd.cut(pd.Series([1.0, 2.0]), 2), "rename_categories"),
    "category of dates": (pd.Series(pd.to_datetime(["2020-01-01"])).astype("category"), "rename_categories"),
    "category of mixed": (pd.Series([1, "a"], dtype=object).astype("category"), "rename_categories"),
    "complex": (pd.Series([1j]), "real or imaginary"),
    "bytes": (pd.Series([b"a"]), "decode"),
    "decimal": (pd.Series([Decimal("1.5")]), "astype"),
    "mixed": (pd.Series([1, "a"], dtype=object), "astype"),
    "bool and number": (pd.Series([True, 2], dtype=object), "astype"),
    "number and text": (pd.Series([1.5, "2.5"], dtype=object), "astype"),
    "lists": (pd.Series([[1], [2]]), "astype"),
    "int64 too large": (pd.Series([2**53 + 1]), "2\\*\\*53"),
    "int64 too small": (pd.Series([-(2**63)]), "2\\*\\*53"),
    "uint64 too large": (pd.Series([2**64 - 1], dtype="uint64"), "2\\*\\*53"),
    "object int too large": (pd.Series([10**30, 1], dtype=object), "exactly"),
    "long double": (pd.Series(np.array([1], dtype=np.longdouble)), "float64"),
    "NUL": (pd.Series(["a\0b"]), "NUL"),
    "surrogate": (pd.Series(["\ud800"], dtype=object), "Unicode"),
}


@pytest.mark.needs_r
@pytest.mark.parametrize(("column", "kind", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_arrive_exactly(column: pd.Series, kind: str, expected: list) -> None:
    assert in_r(column) == (kind, expected, [], False)


@pytest.mark.needs_r
@pytest.mark.parametrize(("column", "values", "levels", "ordered"), FACTORS.values(), ids=FACTORS)
def test_factors_arrive_with_their_levels(
    column: pd.Series, values: list, levels: list, ordered: bool
) -> None:
    assert in_r(column) == ("factor", values, levels, ordered)


@pytest.mark.parametrize(("column", "mend"), REFUSED.values(), ids=REFUSED)
def test_the_rest_is_refused_by_name(column: pd.Series, mend: str) -> None:
    with pytest.raises(DataError, match=mend) as caught:
        frames.convert(column, "my column")
    assert "'my column'" in str(caught.value)


@pytest.mark.needs_r
def test_negative_zero_and_denormals_keep_their_bits() -> None:
    values = np.array([-0.0, 5e-324, 1.7976931348623157e308, np.nextafter(1, 2)])
    handle = frames.to_r([frames.convert(pd.Series(values), "x")], ["x"], 4, session.HERE)
    with session.locked():
        assert bytes(handle.token[0].memoryview()) == values.tobytes()


@pytest.mark.needs_r
def test_the_column_in_python_stays_as_it_was() -> None:
    column = pd.Series([1.0, np.nan, 2.0])
    before = column.to_numpy().tobytes()
    frames.convert(column, "x")
    assert column.to_numpy().tobytes() == before


def test_categories_that_r_writes_alike_are_refused() -> None:
    column = pd.Series([0.1, np.nextafter(0.1, 1)]).astype("category")
    with pytest.raises(DataError, match="alike"):
        frames.convert(column, "x")
