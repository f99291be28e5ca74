"""Number formatting and rounding against R's stored answers (numbers.json, written by record_numbers.R)."""

import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from pyimpl.report.rformat import common_format, format_integers, format_real, format_strings
from pyimpl.report.rounding import r_round, signif, zapsmall


@cache
def recorded() -> list[tuple]:
    lines = json.loads(Path(__file__).with_name("numbers.json").read_text())["vectors"]
    return [(d, n, p, doubles(x), text, *map(doubles, rest)) for d, n, p, x, text, *rest in lines]


def doubles(texts: list[str]) -> np.ndarray:
    return np.array([float.fromhex(t) for t in texts])


def differing(pairs) -> list:
    """Return the cases where the two sides differ, bit for bit except that any NaN equals any other."""
    return [case for case, got, expected in pairs if not np.array_equal(got, expected, equal_nan=True)]


def test_the_record_holds_what_it_should():
    assert len(recorded()) == 2000
    assert sum(len(case[3]) for case in recorded()) > 2500


def test_format_is_r_s():
    wrong = [
        (x.tolist(), digits, nsmall, text, got)
        for digits, nsmall, _, x, text, *_ in recorded()
        if (got := format_real(x, digits, nsmall)) != text
    ]
    assert wrong == []


def test_round_is_r_s():
    assert differing(((x, p), r_round(x, p), r) for _, _, p, x, _, r, _, _ in recorded()) == []


def test_signif_is_r_s():
    assert differing(((x, d), signif(x, d), s) for d, _, _, x, _, _, s, _ in recorded()) == []


def test_zapsmall_is_r_s():
    assert differing(((x, d), zapsmall(x, d), z) for d, _, _, x, _, _, _, z in recorded()) == []


@pytest.mark.parametrize(
    ("x", "digits", "expected"),
    [
        # format(c(1, 10, 100)); format(1e5); format(123456); format(0.1 + 0.2, digits = 17)
        ([1, 10, 100], 7, ["  1", " 10", "100"]),
        ([1e5], 7, ["1e+05"]),
        ([123456], 7, ["123456"]),
        ([0.1 + 0.2], 17, ["0.30000000000000004"]),
        # format(1e-300); format(c(1e100, 1)); format(c(1e-99, 1)); format(c(1e-100, 1))
        ([1e-300], 7, ["1e-300"]),
        ([1e100, 1], 7, ["1e+100", " 1e+00"]),
        ([1e-99, 1], 7, ["1e-99", "1e+00"]),
        ([1e-100, 1], 7, ["1e-100", " 1e+00"]),
        # format(9996, digits = 3); format(-0.0); format(5e-324)
        ([9996], 3, ["9996"]),
        ([-0.0], 7, ["0"]),
        ([5e-324], 7, ["4.940656e-324"]),
    ],
)
def test_format_of_well_known_numbers(x, digits, expected):
    assert format_real(x, digits) == expected


def test_missing_numbers_are_written_as_asked_for_and_take_part_in_the_width():
    # format(c(1, NA)) and format(c(1, NaN))
    assert format_real([1, math.nan], nan="NA") == [" 1", "NA"]
    assert format_real([1, math.nan]) == ["  1", "NaN"]
    assert format_real([math.nan]) == ["NaN"]


def test_nothing_formats_to_nothing():
    assert format_real([]) == []
    assert format_integers([]) == []
    assert format_strings([]) == []


def test_rounding_keeps_shape_and_leaves_its_argument_alone():
    x = np.array([[0.15, 2.5], [np.nan, -1.005]])
    before = x.copy()
    for rounded in (r_round(x, 1), signif(x, 2), zapsmall(x, 3)):
        assert rounded.shape == (2, 2)
    np.testing.assert_array_equal(x, before)


def test_zapsmall_of_zeros_and_of_nothing_known():
    np.testing.assert_array_equal(zapsmall([0.0, 0.0]), [0.0, 0.0])
    assert np.isnan(zapsmall([np.nan])).all()


def test_common_format_is_shared_by_all_elements():
    fmt = common_format([1234.5678, 0.001])
    assert (fmt.width, fmt.decimals, fmt.scientific) == (8, 3, False)
    assert [fmt.encode(v) for v in (1234.5678, 0.001)] == format_real([1234.5678, 0.001])


def test_integers_and_strings_are_padded():
    assert format_integers([1, 1000]) == ["   1", "1000"]
    assert format_strings(["a", "日本"]) == ["a   ", "日本"]
    assert format_strings(["a", "bcd"], "right") == ["  a", "bcd"]
