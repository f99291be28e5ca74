"""A formula string never runs code and never ends in anything but a FormulaError."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from pyimpl.errors import FormulaError, LmeError
from pyimpl.formula import learn_columns, parse_formula, parse_random, parse_structure

HOSTILE = [
    # Python
    "y ~ __import__('os').system('touch hacked')",
    "y ~ eval('1')",
    "y ~ exec('x=1')",
    "y ~ open('f')",
    "y ~ lambda: 0",
    "y ~ x.__class__.__mro__[1]",
    "y ~ getattr(x, 'y')",
    "y ~ f'{x}'",
    "y ~ [i for i in x]",
    "y ~ {x}",
    "y ~ @x",
    "y ~ x if z else w",
    "y ~ x and z",
    "y ~ x // z",
    "y ~ (yield x)",
    "y ~ *x",
    "y ~ **x",
    "y ~ x := 1",
    "@{}",
    "y ~ @{x}",
    "y ~ np.log(x)",
    "y ~ np.load('f')",
    "y ~ pd.read_pickle('f')",
    "y ~ x.values.tofile('f')",
    "y ~ C(x)",
    "y ~ Q('x')",
    # R
    "y ~ system('touch hacked')",
    "y ~ eval(parse(text = 'x'))",
    "y ~ .Internal(inspect(x))",
    "y ~ .Call('x')",
    "y ~ .External('x')",
    "y ~ do.call(system, 'x')",
    "y ~ get('system')('x')",
    "y ~ base::system('x')",
    "y ~ base:::system('x')",
    "y ~ `system`('x')",
    "y ~ 'system'('x')",
    "y ~ (function(x) x)(1)",
    "y ~ function(x) x",
    "y ~ \\(x) x",
    "y ~ x <- 1",
    "y ~ x <<- 1",
    "1 -> x",
    "x = 1",
    "assign('x', 1)",
    "y ~ x; system('x')",
    "y ~ x\nsystem('x')",
    "y ~ {x}",
    "y ~ {system('x')}",
    "{}",
    "y ~ if (x) z else w",
    "y ~ while (TRUE) x",
    "y ~ repeat x",
    "for (i in x) i",
    "y ~ x[1]",
    "y ~ x[[1]]",
    "y ~ x$z",
    "y ~ x@z",
    "y ~ ?x",
    "y ~ x |> system()",
    "y ~ library(x)",
    "y ~ source('f')",
    "y ~ readRDS('f')",
    "y ~ file('f')",
    "y ~ Sys.setenv(A = 'b')",
    "y ~ quit()",
    "y ~ q()",
    "y ~ Recall()",
    "y ~ with(x, z)",
    "y ~ I(system('x'))",
    "y ~ log(system('x'))",
    "y ~ poly(x, degree = system('x'))",
    "y ~ poly(x, eval(2))",
    "y ~ ns(x, knots = c(1, system('x')))",
    "y ~ factor(x, levels = sort(x))",
    "y ~ mean(x)",
    "y ~ sapply(x, f)",
    "y ~ offset(system('x'))",
    "y ~ bquote(.(x))",
    "y ~ quote(x)",
    "y ~ substitute(x)",
    "y ~ deparse(x)",
    "y ~ x %o% z",
    "y ~ x %>% z",
    "y ~ %x%",
    "system('x') ~ x",
    "log(system('x')) ~ x",
    "y ~ x | system('g')",
    "y ~ log(x)(z)",
    # not formulas
    "",
    " ",
    "\n",
    "y",
    "~",
    "y ~",
    "~ ~",
    "y ~ ~ x",
    "y ~ x ~ z",
    "y ~ x +",
    "y ~ + ",
    "y ~ x x",
    "y ~ x 1",
    "y ~ 1x",
    "y ~ (x",
    "y ~ x)",
    "y ~ ()",
    "y ~ log(",
    "y ~ log(,)",
    "y ~ log(x,)",
    "y ~ log(x=)",
    "y ~ log(x = 1, x = 2)",
    "y ~ 'x",
    'y ~ "x',
    "y ~ `x",
    "y ~ ``",
    "y ~ `",
    "y ~ 'a\\qb'",
    "y ~ `a\\qb`",
    "y ~ 2",
    "y ~ x + 3",
    "y ~ -2",
    "y ~ 'a'",
    "y ~ NA",
    "y ~ Inf",
    "y ~ x + NaN",
    "y ~ x^-1",
    "y ~ x^0",
    "y ~ x^1",
    "y ~ x^z",
    "y ~ x^'2'",
    "y ~ 1e999",
    "y ~ I(x + 1e999)",
    "y ~ 0x",
    "y ~ 1e",
    "y ~ 1i",
    "y ~ 1.5.2",
    "y ~ I(x < z < w)",
    "y ~ x == z == w",
    "y ~ x, z",
    "y ~ x # comment",
    "y ~ ...",
    "y ~ ..1",
    "y ~ if",
    "y ~ log(.)",
    "y ~ _x",
    "y ~ x\u00b2",
    "y ~ x\x00",
    "y\x00 ~ x",
    "y ~ `\x00`",
    "y ~ '\x00'",
    "y ~ x\u200b",
    "y ~ \u202ex",
    "y \uff5e x",
    "y ~ x \u2212 z",
    "y ~ \u201cx\u201d",
    "y ~ \ud800",
    "y ~ \U0001f600",
    "y \u223c x",
    "y ~ x\u00a0",
    "y ~ \uff45\uff56\uff41\uff4c(x)",
    "y ~ x \\ z",
    "y ~ 100%",
    "y ~ x ! z",
    # large
    "(" * 10_000,
    "y ~ " + "(" * 10_000 + "x" + ")" * 10_000,
    "y ~ " + "-" * 10_000 + "x",
    "y ~ " + "!" * 5000 + "x",
    "y ~ " + "log(" * 5000 + "x" + ")" * 5000,
    "y ~ I(" + "x+" * 5000 + "x)",
    "y ~ " + "x^" * 5000 + "x",
    "~" * 5000 + "x",
    "y ~ " + "a:" * 3000 + "a",
    "y ~ (" + "+".join(f"v{i}" for i in range(26)) + ")^20",
    "y ~ " + "x" * 200_000,
    "y ~ " + "*".join(f"v{i}" for i in range(30)),
    "y ~ " + "9" * 5000,
    "y ~ 0x" + "f" * 5000,
    "y ~ log(" + "x," * 5000 + "x)",
    "y ~ (" + "+".join(f"v{i}" for i in range(300)) + "):(" + "+".join(f"w{i}" for i in range(300)) + ")",
    "y ~ x | g",
    "y ~ (1 | g)",
    "y ~ x + (x || g)",
    "y ~ x + (1 | g/h)",
    "y ~ x + offset(log(x, 1, 2))",
    "y ~ pdDiag(~ x)",
]


@contextmanager
def no_code_runs() -> Iterator[None]:
    """Make everything that could run code fail loudly."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError(f"code was run: {args!r}")

    with ExitStack() as stack:
        for name in ("builtins.eval", "builtins.exec", "builtins.compile", "os.system", "subprocess.Popen"):
            stack.enter_context(mock.patch(name, refuse))
        yield


def message_of(parse: Callable[[], object]) -> str:
    """Return the text of the FormulaError that `parse` must end in."""
    with no_code_runs():
        try:
            parse()
        except FormulaError as error:
            return str(error)
    return "no error"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_a_formula_error(text: str) -> None:
    message = message_of(lambda: parse_formula(text))
    assert message.startswith("fixed: ")
    assert len(message) < 700
    assert message_of(lambda: parse_random(text if "|" in text else f"{text} | g", None)).startswith(
        "random: "
    )
    assert message_of(lambda: parse_random({"g": text}, None)).startswith("random: ")
    assert message_of(lambda: parse_structure(text, "weights")).startswith("weights: ")


def test_the_guard_against_running_code_works() -> None:
    with pytest.raises(AssertionError, match="code was run"):
        message_of(lambda: eval("1"))


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("y ~ I(x - mean(x))", r"scale\(x, scale = FALSE\)"),
        ("y ~ relevel(f, 'b')", "order of the categories"),
        ("y ~ c(1, 2)", "only as a constant"),
        ("y ~ varIdent(x)", "weights="),
        ("y ~ gam(x)", "allowed are I, abs, .*sqrt"),
    ],
)
def test_a_function_that_is_not_allowed_comes_with_the_mend(text: str, mend: str) -> None:
    with pytest.raises(FormulaError, match=f"fixed: the function .*{mend}"):
        parse_formula(text)


@pytest.mark.parametrize("value", [None, 3, b"y ~ x", ["y ~ x"], object(), {"y": "x"}])
def test_what_is_not_text_is_a_formula_error(value: Any) -> None:
    with pytest.raises(FormulaError, match="fixed: a formula is text"):
        parse_formula(value)


FRAME = pd.DataFrame(
    {
        "x": [0.5, -1.0, 2.0, 3.0, 0.1, 0.2],
        "z": [1, 2, 2, 1, 3, 4],
        "f": list("abcabc"),
        "b": [True, False] * 3,
    }
)
ATOMS = st.sampled_from(
    ["x", "z", "f", "b", "1", "0", "2", "0.5", "'a'", "TRUE", "NULL", "pi", "-1", "T", "`x`", "."]
)
CONSTANTS = st.sampled_from(
    ["2", "3", "0", "-1", "TRUE", "F", "NULL", "c(0, 1)", "c(-2, 4)", "c('a', 'b', 'c')", "1e9", "x"]
)
CALLS = (
    "I log exp sqrt abs poly ns bs scale factor ordered as.numeric round pmin ifelse offset sin mean".split()
)
KEYWORDS = "degree df knots intercept raw levels labels center scale base digits Boundary.knots".split()
OPERATORS = "+ - * / ^ : %in% %% %/% == < >= & | ~".split()


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions one step larger: nearly always R syntax, now and then sense."""
    argument = st.tuples(st.sampled_from(KEYWORDS), CONSTANTS).map(" = ".join)
    return st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(" ".join),
        st.tuples(st.sampled_from(CALLS), inner).map("{0[0]}({0[1]})".format),
        st.tuples(st.sampled_from(CALLS), inner, inner).map("{0[0]}({0[1]}, {0[2]})".format),
        st.tuples(st.sampled_from(CALLS), inner, argument).map("{0[0]}({0[1]}, {0[2]})".format),
        inner.map("({})".format),
        inner.map("-{}".format),
        inner.map("!{}".format),
    )


@settings(max_examples=500, deadline=None)
@given(st.recursive(ATOMS, larger, max_leaves=6))
def test_any_expression_gives_columns_or_one_clear_error(text: str) -> None:
    try:
        formula = parse_formula("~" + text, argument="random")
        assert parse_formula(formula.text, argument="random") == formula
        if not formula.has_dot:
            spec = learn_columns(formula.terms, FRAME, argument="random")
            assert spec.build(FRAME).shape == (len(FRAME), len(spec.names))
            assert np.isfinite(spec.build(FRAME)).all()
    except LmeError as error:
        assert str(error).startswith("random: ")


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=40))
def test_any_text_parses_or_is_a_formula_error(text: str) -> None:
    for parse in (parse_formula, lambda t: parse_random(t, None), lambda t: parse_structure(t, "weights")):
        try:
            parse(text)
        except FormulaError as error:
            assert str(error)


def test_importing_the_formula_layer_loads_neither_formulaic_nor_scipy() -> None:
    code = (
        "import sys, types; package = types.ModuleType('pyimpl'); import importlib.util as u; "
        "package.__path__ = list(u.find_spec('pyimpl').submodule_search_locations); sys.modules['pyimpl'] = package; "
        "import pyimpl.formula; assert 'pyimpl.formula.columns' in sys.modules; "
        "print([m for m in ('formulaic', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
