"""Parsing, deparsing and the expansion into terms, against R's recorded answers."""

from __future__ import annotations

import pickle
import timeit
from typing import Any

import numpy as np
import pytest

from pyimpl.errors import FormulaError
from pyimpl.formula import learn_columns, parse_formula
from pyimpl.formula.deparse import deparse, format_number, quote_name
from pyimpl.formula.parser import parse_expression

# What R takes and we refuse on purpose, each because what R does with it can't be meant.
REFUSED = {
    "y~a:1": "R drops the term",
    "y~a*1": "R reads a",
    "y~1:a": "R drops the term",
    "y~1*a": "R drops the term",
    "y~0:a": "R drops the term",
    "y~-1*x": "R drops x",
    "y~(a-a)*x": "R drops x",
    "y~a%in%-1": "R keeps a",
    "y~x:offset(z)": "R drops the product and keeps the offset",
    "y~x-offset(z)": "R adds the offset",
    "y~y+x": "the response explains itself",
    "y~y:x+x": "the response explains itself",
}
# A bar is an operator of truth values to R's terms(), the sign of groups to nlme and to us.
OTHERWISE = {"y~a|b"}


def test_terms_are_those_of_r(answers: dict[str, Any]) -> None:
    wrong = []
    compared = 0
    for answer in answers["terms"]:
        text = answer["formula"]
        if text in OTHERWISE or "." in text.replace("1.0", "").replace("2.7", "").replace("1.5", ""):
            continue
        try:
            terms = parse_formula(text, argument="random").terms
        except FormulaError:
            if "error" not in answer and text not in REFUSED:
                wrong.append(f"{text}: refused, but R gives {answer['labels']}")
            continue
        compared += 1
        if "error" in answer:
            wrong.append(f"{text}: {terms.labels}, but R says {answer['error']}")
        elif (list(terms.labels), terms.intercept) != (answer["labels"], bool(answer["intercept"])):
            wrong.append(
                f"{text}: {terms.labels} {terms.intercept}, R {answer['labels']} {answer['intercept']}"
            )
    assert not wrong
    assert compared > 95


@pytest.mark.parametrize("text", REFUSED)
def test_what_r_reads_in_odd_ways_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        parse_formula(text)


def test_formulas_are_spelled_as_r_deparses_them(answers: dict[str, Any]) -> None:
    wrong = [
        (text, deparse(parse_expression(text, "fixed")), expected)
        for text, expected in (
            *answers["deparsed"],
            *((a["formula"], a["text"]) for a in answers["terms"] if "text" in a),
        )
        if deparse(parse_expression(text, "fixed")) != expected
    ]
    assert not wrong


def test_deparsed_text_parses_to_the_same_tree(answers: dict[str, Any]) -> None:
    for text, _ in answers["deparsed"]:
        tree = parse_expression(text, "fixed")
        if "1234567890123456789" not in text:  # R shows 15 digits of it
            assert parse_expression(deparse(tree), "fixed") == tree
        assert parse_expression(deparse(tree, 17), "fixed") == tree


def test_numbers_are_spelled_as_r_spells_them(answers: dict[str, Any]) -> None:
    pairs = answers["characters"]
    assert [format_number(float(x)) for x in pairs["x"]] == pairs["text"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", "x"),
        ("my x", "`my x`"),
        (".1x", "`.1x`"),
        ("if", "`if`"),
        ("a`b", "`a\\`b`"),
        ("_x", "`_x`"),
        ("é", "é"),
    ],
)
def test_names_get_backticks_where_r_needs_them(name: str, expected: str) -> None:
    assert quote_name(name) == expected


@pytest.mark.parametrize(
    ("text", "whole", "effects", "groups"),
    [
        ("~ ses | id", "~ses | id", "~ses", ("id",)),
        ("~1|a/b/c", "~1 | a/b/c", "~1", ("a", "b", "c")),
        ("~ x - 1 | (a/b)", "~x - 1 | a/b", "~x - 1", ("a", "b")),
        ("~0+x|`my id`", "~0 + x | `my id`", "~0 + x", ("my id",)),
        ("~ x", "~x", "~x", ()),
    ],
)
def test_groups_are_taken_off(text: str, whole: str, effects: str, groups: tuple[str, ...]) -> None:
    formula = parse_formula(text, argument="random")
    assert (formula.text, formula.text_without_groups, formula.groups) == (whole, effects, groups)


def test_variables_come_in_order_of_appearance() -> None:
    formula = parse_formula(
        "log(y + c0) ~ b * a + I(z^2) + sin(2 * pi * t) + poly(a, 2, raw = T) + scale(w, F)"
    )
    assert formula.response_variables == ("y", "c0")
    assert formula.right_variables == ("b", "a", "z", "t", "w")
    assert formula.variables == ("y", "c0", "b", "a", "z", "t", "w")
    assert parse_formula("~ x | g/h", argument="random").variables == ("x", "g", "h")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y ~ .", "y ~ a + x + `b c`"),
        ("y ~ . - x", "y ~ (a + x + `b c`) - x"),
        ("y ~ .^2", "y ~ (a + x + `b c`)^2"),
        ("y ~ .:x", "y ~ (a + x + `b c`):x"),
        ("y ~ x + .", "y ~ x + (a + x + `b c`)"),
        ("y ~ (. - x)^2", "y ~ ((a + x + `b c`) - x)^2"),
        ("log(y) ~ . + 1", "log(y) ~ a + x + `b c` + 1"),
        ("y ~ . - 1 + I(x^2)", "y ~ (a + x + `b c`) - 1 + I(x^2)"),
        ("y ~ -.", "y ~ -(a + x + `b c`)"),
    ],
)
def test_dot_stands_for_the_other_columns(text: str, expected: str) -> None:
    # R: formula(terms(y ~ ., data = data.frame(y, a, x, `b c`)))
    formula = parse_formula(text)
    assert formula.has_dot
    assert formula.expand_dot(["y", "a", "x", "b c"]).text == expected


def test_dot_without_other_columns_is_refused() -> None:
    with pytest.raises(FormulaError, match="there are none"):
        parse_formula("y ~ .").expand_dot(["y"])


def test_offsets_are_no_terms(data: Any) -> None:
    terms = parse_formula("x ~ offset(log(z)) + z + (k + offset(k)) + offset(x)").terms
    assert terms.labels == ("z", "k")
    assert [deparse(offset) for offset in terms.offsets] == ["offset(log(z))", "offset(k)", "offset(x)"]
    spec = learn_columns(terms, data, argument="fixed")
    assert spec.build(data).shape[1] == len(spec.names)
    assert spec.offset(data).tolist() == pytest.approx((np.log(data["z"]) + data["k"] + data["x"]).tolist())


def test_long_sums_work_and_pickle() -> None:
    formula = parse_formula("y ~ " + " + ".join(f"x{i}" for i in range(2000)))
    again = pickle.loads(pickle.dumps(formula))
    assert again == formula
    assert again.terms.labels == formula.terms.labels
    assert len(again.variables) == 2001
    assert hash(again) == hash(formula)


def test_pickle_keeps_every_digit() -> None:
    formula = parse_formula("y ~ I(x + 0.12345678901234567)")
    assert pickle.loads(pickle.dumps(formula)).right == formula.right


def test_powers_stop_where_nothing_new_comes() -> None:
    assert len(parse_formula("y ~ (a + b + c)^1000000000").terms.labels) == 7


def test_lines_may_break_where_r_lets_them() -> None:
    formula = parse_formula("\n  y ~ a +\n  b * (c\n + d)\n")
    assert formula.text == "y ~ a + b * (c + d)"
    with pytest.raises(FormulaError, match="second line"):
        parse_formula("y ~ a\n + b")


def test_parsing_takes_well_under_a_millisecond() -> None:
    text = "mathach ~ meanses * cses + sector * cses + I(ses^2) + poly(x, 2)"
    best = min(timeit.repeat(lambda: parse_formula(text), number=100, repeat=5)) / 100
    assert best < 1e-3
