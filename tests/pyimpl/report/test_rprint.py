"""Printed vectors and matrices, abbreviations and broken formulas against R (text.json, from record_text.R)."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from pyimpl.report.abbreviate import abbreviate
from pyimpl.report.deparse import deparse_lines
from pyimpl.report.rprint import MAX_PRINT, data_frame, named_numbers, number_matrix, text_matrix
from pyimpl.report.text import display_width, escape


@cache
def recorded(section: str) -> list:
    return json.loads(Path(__file__).with_name("text.json").read_text(encoding="utf-8"))[section]


def test_abbreviate_is_r_s():
    cases = recorded("abbreviate")
    wrong = [(m, names, short) for m, names, short in cases if abbreviate(names, m) != short]
    assert len(cases) == 500
    assert wrong == []


def test_abbreviations_of_different_names_differ():
    names = [f"poly(age, 3){i}" for i in range(40)]
    assert len(set(abbreviate(names, 6))) == 40


def test_deparse_breaks_where_r_does():
    cases = recorded("deparse")
    assert len(cases) == 300
    assert sum(len(lines) > 1 for _, lines in cases) > 100
    assert [text for text, lines in cases if deparse_lines(text) != lines] == []


@pytest.mark.parametrize(
    "text",
    [
        "y ~ " + "x" * 80 + " + {",
        "y ~ " + " + ".join(f"x{i}" for i in range(40)) + " + (",
        "y ~ " + "x" * 80 + " + )",
        "y ~ " + "x" * 80 + ' + "open',
        "y ~ " + "x" * 80 + " + [",
        "y ~ f(" + "x" * 80 + " z) + 1",
        "y ~ " + "(" * 5000 + "x" + ")" * 5000,
    ],
)
def test_what_is_no_formula_is_left_on_one_line(text):
    assert deparse_lines(text) == [text]


def test_the_fifth_and_deeper_indentations_are_narrow():
    # deparse(quote(...)) of the lines below, joined
    a, b = "a" * 40, "b" * 30
    lines = [
        f"y ~ f1({a}, {b}, ",
        f"    f2({a}, {b}, ",
        f"        f3({a}, {b}, ",
        f"            f4({a}, {b}, ",
        f"                f5({a}, ",
        f"                  {b}, f6({a}, ",
        f"                    {b}, zz + yy))))))",
    ]
    assert deparse_lines("".join(line.lstrip(" ") for line in lines)) == lines


def test_a_sum_of_thousands_of_terms_is_broken_like_a_short_one():
    terms = [f"x{i}" for i in range(3000)]
    lines = deparse_lines("y ~ " + " + ".join(terms))
    assert "".join(line.lstrip() for line in lines) == "y ~ " + " + ".join(terms)
    assert all(60 < len(line) < 72 for line in lines[:-1])


def printed(kind: str, rows: list[str], cols: list[str], x: list) -> str:
    matrix = np.array(x).reshape(len(cols), len(rows)).T
    if kind == "vector":
        return named_numbers(matrix.ravel(), cols)
    return (
        number_matrix(matrix, rows, cols) if kind == "numbers" else text_matrix(matrix.tolist(), rows, cols)
    )


def test_print_is_r_s():
    cases = recorded("print")
    assert {kind for kind, *_ in cases} == {"numbers", "text", "vector"}
    assert [case for *case, page in cases if printed(*case) != page] == []


def test_a_long_data_frame_says_what_it_leaves_out():
    # print(data.frame(x = rep("1", 100005)))
    n = MAX_PRINT + 6
    text = data_frame([["1"] * n], [str(i) for i in range(1, n + 1)], ["x"])
    assert text.endswith("99999 1\n [ reached 'max' / getOption(\"max.print\") -- omitted 6 rows ]\n")
    assert text.count("\n") == MAX_PRINT + 2


@pytest.mark.parametrize("column", [["1"], ["1", "2", "3"]])
def test_a_column_of_another_length_is_refused(column):
    with pytest.raises(ValueError, match="there are 2 row names"):
        data_frame([["1", "2"], column], ["a", "b"], ["x", "y"])


@pytest.mark.parametrize(
    ("text", "shown", "width"),
    # cat(capture.output(print(matrix(1, 1, 1, dimnames = list("r", x))))), nchar(x, "width")
    [
        ("a\\b", "a\\\\b", 3),
        ("esc\033", "esc\\033", 3),
        ("c1\u0085", "c1\\u0085", 2),
        ("line\u2028", "line\\u2028", 4),
        ("nbsp\u00a0", "nbsp\u00a0", 5),
        ("shy\u00adz", "shy\u00adz", 5),
        ("zwsp\u200bz", "zwsp\u200bz", 5),
        ("emoji\U0001f600", "emoji\U0001f600", 7),
        ("jamo\u1100\u1161", "jamo\u1100\u1161", 6),
        ("full\uff21", "full\uff21", 6),
    ],
)
def test_escapes_and_widths_are_r_s(text, shown, width):
    assert escape(text) == shown
    assert display_width(text) == width
