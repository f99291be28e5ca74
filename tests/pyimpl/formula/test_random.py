"""The random argument and the structure objects."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from pyimpl.errors import ArgumentError, FormulaError
from pyimpl.formula import parse_formula, parse_random, parse_structure
from pyimpl.formula.nodes import Call
from pyimpl.structures import (
    pdBlocked,
    pdCompSymm,
    pdDiag,
    pdIdent,
    pdLogChol,
    pdNatural,
    pdSymm,
)

FIXED = parse_formula("y ~ age")


def summary(random: Any) -> list[tuple[str, str, str]]:
    return [(level.group, level.structure, level.formula.text) for level in parse_random(random, FIXED)]


@pytest.mark.parametrize(
    ("random", "expected"),
    [
        ("~ ses | id", [("id", "pdLogChol", "~ses")]),
        ("~ 1 | school/child", [("school", "pdLogChol", "~1"), ("child", "pdLogChol", "~1")]),
        ("list(~ age | id)", [("id", "pdLogChol", "~age")]),
        ({"id": "pdDiag(~ ses)"}, [("id", "pdDiag", "~ses")]),
        ({"school": "~ x", "child": "~1"}, [("school", "pdLogChol", "~x"), ("child", "pdLogChol", "~1")]),
        ("list(a = ~ x, b = pdDiag(~ x))", [("a", "pdLogChol", "~x"), ("b", "pdDiag", "~x")]),
        ("list(`my id` = pdIdent(form = ~ x - 1))", [("my id", "pdIdent", "~x - 1")]),
        ({"id": pdDiag("~ ses")}, [("id", "pdDiag", "~ses")]),
        ({"id": "(~ x)"}, [("id", "pdLogChol", "~x")]),
        ("~ 0 + x:z + I(x^2) | id", [("id", "pdLogChol", "~0 + x:z + I(x^2)")]),
    ],
)
def test_what_nlme_accepts(random: Any, expected: list[tuple[str, str, str]]) -> None:
    assert summary(random) == expected


@pytest.mark.parametrize("make", [pdLogChol, pdSymm, pdDiag, pdIdent, pdCompSymm, pdNatural])
def test_structures_say_themselves_in_r(make: Any) -> None:
    structure = make("~ x")
    assert str(structure) == f"{make.__name__}(~ x)"
    assert summary({"g": structure}) == [("g", make.__name__, "~x")]
    started = make("~ x", value=[0.5, 2])
    assert str(started) == f"{make.__name__}(c(0.5, 2.0), ~ x)"
    assert parse_random({"g": started}, FIXED)[0].value == (0.5, 2.0)
    assert pickle.loads(pickle.dumps(started)) == started
    assert started != structure
    with pytest.raises(AttributeError):
        structure.form = "~ z"


def test_blocks() -> None:
    structure = pdBlocked(["~ 1", pdIdent("~ g - 1")])
    assert str(structure) == "pdBlocked(list(~ 1, pdIdent(~ g - 1)))"
    (level,) = parse_random({"id": structure}, FIXED)
    assert level.structure == "pdBlocked"
    assert [(b.structure, b.formula.text) for b in level.blocks] == [("pdSymm", "~1"), ("pdIdent", "~g - 1")]
    (level,) = parse_random({"id": pdBlocked(["~1", "~x - 1"], pd_class="pdDiag")}, FIXED)
    assert [b.structure for b in level.blocks] == ["pdDiag", "pdDiag"]
    (level,) = parse_random("list(id = pdBlocked(list(~1, ~x-1), pdClass = c('pdSymm', 'pdIdent')))", FIXED)
    assert [b.structure for b in level.blocks] == ["pdSymm", "pdIdent"]


@pytest.mark.parametrize("bad", [3, None, ["~ x"]])
def test_structure_objects_refuse_what_is_not_text(bad: Any) -> None:
    with pytest.raises(ArgumentError, match="form must be a formula"):
        pdDiag(bad)
    with pytest.raises(ArgumentError, match="blocks must be a list"):
        pdBlocked([bad])
    with pytest.raises(ArgumentError, match="blocks must be a list"):
        pdBlocked(bad if isinstance(bad, int) else [])
    with pytest.raises(ArgumentError, match="value must be a list of numbers"):
        pdDiag("~ x", value=["a"])
    with pytest.raises(ArgumentError, match="pd_class must be"):
        pdBlocked(["~ x"], pd_class=["pdDiag"])


@pytest.mark.parametrize(
    ("random", "message"),
    [
        (None, r"grouping is missing; write random='~ age \| group'"),
        ({}, "dict is empty"),
        (3, "type int"),
        (["~ 1 | a"], "type list"),
        ({"id": 3}, "type int"),
        ({"id": None}, "type NoneType"),
        ({"id": pdDiag}, "type type"),
        ({3: "~ 1"}, "the group 3"),
    ],
)
def test_other_types_are_argument_errors(random: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=f"random: .*{message}"):
        parse_random(random, FIXED)


@pytest.mark.parametrize(
    ("random", "message"),
    [
        ("", "empty"),
        ("~ 1", r"names no group; write '~1 \| group'"),
        ("id", "not a formula"),
        ("pdDiag(~ x)", "names no group"),
        ("pdDiag(~ x | id)", "names no group"),
        ("y ~ x | id", "left side"),
        ("~ (1 | id)", "lme4"),
        ("~ x || id", "lme4.*pdDiag"),
        ("~ 1 | a/a", "twice"),
        ("~ 1 | a:b", "must be columns"),
        ("~ 1 | a + b", "must be columns"),
        ("~ 1 | a*b", "must be columns"),
        ("~ 1 | factor(a)", "must be columns"),
        ("~ . | id", r"`\.`"),
        ("list()", "list is empty"),
        ("list(a = ~ 1, a = ~ x)", "twice"),
        ("list(a = ~ 1, ~ x)", "no group"),
        ("list(1)", "not a formula"),
        ({"a": "~ 1 | b"}, "name a group again"),
        ({"a": "~ 1 | a"}, "name a group again"),
        ({"a": "pdFoo(~ 1)"}, "`pdFoo` is not a structure.*pdDiag"),
        ({"a": "corAR1(form = ~ 1)"}, "not a covariance structure"),
        ({"a": "pdDiag()"}, "no formula"),
        ({"a": "pdDiag(2)"}, "no formula"),
        ({"a": "pdDiag(~ x, 2)"}, "no formula"),
        ({"a": "pdDiag(~ x, ~ z, 3)"}, "too many"),
        ({"a": "pdDiag(~ x, data = d)"}, "`data` is not an argument"),
        ({"a": "pdDiag(z, ~ x)"}, "constant"),
        ({"a": "pdDiag(c('a'), ~ x)"}, "numbers"),
        ({"a": "pdDiag(~ system('x'))"}, "`system` is not allowed"),
        ({"a": "pdBlocked(~ x)"}, "list of blocks"),
        ({"a": "pdBlocked(list())"}, "list of blocks"),
        ({"a": "pdBlocked(list(~ 1, pdBlocked(list(~ x))))"}, "block of another"),
        ({"a": "pdBlocked(list(~ 1, ~ x), pdClass = 'pdFoo')"}, "pdClass"),
        ({"a": "pdBlocked(list(~ 1, ~ x), pdClass = c('pdSymm', 'pdSymm', 'pdSymm'))"}, "pdClass"),
        ({"a": "list(~ x)"}, "not a structure"),
    ],
)
def test_what_nlme_does_not_accept_is_a_formula_error(random: Any, message: str) -> None:
    with pytest.raises(FormulaError, match=f"random: .*{message}"):
        parse_random(random, FIXED)


def test_structures_of_later_arguments_parse() -> None:
    call = parse_structure("corAR1(value = 0.2, form = ~ t | id, fixed = FALSE)", "correlation")
    assert isinstance(call, Call)
    assert [a.name for a in call.arguments] == ["value", "form", "fixed"]
    assert parse_structure("varComb(varIdent(form = ~ 1 | sex), varPower(form = ~ fitted(.)))", "weights")


@pytest.mark.parametrize(
    "text",
    [
        "~ x",
        "corAR1",
        "corFoo(~ 1)",
        "corAR1(form = ~ system(t))",
        "corAR1(x <- 1)",
        "corAR1(eval(t))",
        "f(x)",
    ],
)
def test_other_structures_are_refused(text: str) -> None:
    with pytest.raises(FormulaError, match="correlation: "):
        parse_structure(text, "correlation")
