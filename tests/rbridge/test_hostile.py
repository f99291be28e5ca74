"""Hostile text and frames: nothing runs, and each ends in one error of the small hierarchy, in bounded time."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rbridge

pytestmark = pytest.mark.needs_r

CANARY = "rbridge-canary"  # every piece of code below would create this file in the working directory

CODE = [
    'file.create("rbridge-canary")',
    'system("touch rbridge-canary")',
    'system2("touch", "rbridge-canary")',
    'shell("touch rbridge-canary")',
    'base::file.create("rbridge-canary")',
    'base:::file.create("rbridge-canary")',
    '(function(z) file.create("rbridge-canary"))(x)',
    '(\\(z) file.create("rbridge-canary"))(x)',
    '"file.create"("rbridge-canary")',
    '`file.create`("rbridge-canary")',
    'get("file.create")("rbridge-canary")',
    'match.fun("file.create")("rbridge-canary")',
    'do.call("file.create", list("rbridge-canary"))',
    'do.call(file.create, list("rbridge-canary"))',
    "eval(parse(text = 'file.create(\"rbridge-canary\")'))",
    'evalq(file.create("rbridge-canary"))',
    'eval(quote(file.create("rbridge-canary")))',
    'local(file.create("rbridge-canary"))',
    'with(x, file.create("rbridge-canary"))',
    'within(x, file.create("rbridge-canary"))',
    'sapply("rbridge-canary", file.create)',
    'Map(file.create, "rbridge-canary")',
    'Reduce(file.create, "rbridge-canary")',
    '{file.create("rbridge-canary"); x}',
    'if (file.create("rbridge-canary")) x',
    'while (file.create("rbridge-canary")) x',
    "repeat x",
    'for (i in file.create("rbridge-canary")) x',
    'x <- file.create("rbridge-canary")',
    'x <<- file.create("rbridge-canary")',
    'file.create("rbridge-canary") -> x',
    'x[file.create("rbridge-canary")]',
    'x[[file.create("rbridge-canary")]]',
    "x$y",
    "x@y",
    'I(file.create("rbridge-canary"))',
    'log(file.create("rbridge-canary"))',
    'poly(x, file.create("rbridge-canary"))',
    'ns(x, df = file.create("rbridge-canary"))',
    'ifelse(TRUE, file.create("rbridge-canary"), x)',
    'factor(x, levels = file.create("rbridge-canary"))',
    'x |> (\\(z) file.create("rbridge-canary"))()',
    'x |> file.create("rbridge-canary")',
    '.Internal(file.create("rbridge-canary"))',
    '.Primitive("sum")(x)',
    '.Call("x")',
    ".External2(x)",
    'Sys.setenv(A = "b")',
    "q()",
    "quit(save = 'no')",
    "stop('x')",
    "options(digits = 3)",
    "set.seed(1)",
    "setwd('/')",
    "library(MASS)",
    "require(MASS)",
    "source('http://localhost/')",
    "readRDS('x')",
    "environment()",
    "globalenv()",
    "parent.frame()",
    "sys.function()",
    "Recall()",
    "delayedAssign('x', 1)",
    'assign("x", 1)',
    'on.exit(file.create("rbridge-canary"))',
    'tryCatch(stop(), error = function(e) file.create("rbridge-canary"))',
    'function(x) file.create("rbridge-canary")',
    "?x",
    "x := 1",
    "lme(y ~ x)",
    "lmeControl()",
    "Reduce(`+`, 1:1e9)",
    "rep(x, 1e9)",
    "fitted(.)",
    "UseMethod('log')",
    'structure(x, class = "system")',
    "pdDiag(~x)",
    "list(x)",
]

BROKEN = [
    "",
    " ",
    "\n",
    "y",
    "y ~",
    "~",
    "~ x",
    "y ~ x ~ g",
    "y ~ (x",
    "y ~ x)",
    "y ~ x +",
    "y ~ x; y ~ x",
    "y ~ x\ny ~ x",
    "y ~ x, z",
    "y ~ 'x'",
    "y ~ x y",
    "y ~ log(,x)",
    "y ~ log()",
    "y ~ log(x, 2, 3, 4)",
    "y ~ `x",
    "y ~ ``",
    "y ~ \0",
    "y ~ x\0",
    "y ~ \ud800",
    "y ~ x # comment\n; y",
    "1",
    "'y ~ x'",
    "y == x",
    "y ~ x | g",
    "y ~ 1i",
    "y ~ NA",
    "y ~ Inf",
    "y ~ x^NA",
    "y ~ x^-1",
    "y ~ (x + z)^0.5",
    "y ~ (x + z)^1000000000",
    "y ~ x^1e999",
    "y ~ I(x^1e6)",
    "y ~ (" + " + ".join(f"x{i}" for i in range(40)) + ")^20",
    "y ~ " + " * ".join(f"x{i}" for i in range(40)),
    "y ~ " + "(" * 5000 + "x" + ")" * 5000,
    "y ~ " + "(" * 45 + "x",
    "y ~ " + "-" * 9000 + "x",
    "y ~ " + "!" * 9000 + "x",
    "y ~ I(" + "^".join(["x"] * 3000) + ")",
    "y ~ I(" + "+".join(["x"] * 5000) + ")",
    "y ~ " + "log(" * 40 + "x" + ")" * 40,
    "~" * 3000 + "x",
    "y ~ " + "x" * 30000,
    "y ~ " + "x" * 12000,
    "y ~ ns(x, df = 1e9)",
    "y ~ ns(x, 1e9)",
    "y ~ bs(x, degree = 1e9)",
    "y ~ bs(x, df = 10^9)",
    "y ~ poly(x, 1e9)",
    "y ~ poly(x, degree = 10^9)",
    "y ~ poly(x, 3000000000)",
    "y ~ I(1:1e9)",
    "y ~ I(1:10^10)",
    "y ~ c(1, 2)",
    "y ~ I(c(x, x))",
    "y ~ T",
    "y ~ F",
    "y ~ letters",
    "y ~ pi",
    "y ~ .Machine",
    "y ~ ...",
    "y ~ ..1",
    "y ~ .",
    "y ~ LETTERS + iris",
    "y ~ rb_env",
    "y ~ data",
    "y ~ x + offset(nothing)",
    "y ~ log(-abs(x) - 1)",
    "y ~ log(x - x)",
    "y ~ sqrt(-1 - x^2)",
    "log(y - 1e6) ~ x",
    "factor(y) ~ x",
    "poly(y, 2) ~ x",
    "c(y, y) ~ x",
    "text ~ x",
    "y ~ x + I(2 * x)",
    "y ~ one",
    "y ~ x\u0332",  # a combining character
    "y ~ \u0445",  # a Cyrillic letter that looks like x
    "y ~ x\u202e",
    "y \uff5e x",
]


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"x": rng.normal(size=60), "z": rng.normal(size=60), "g": np.repeat(np.arange(10), 6)}
    )
    frame["y"] = frame.x + np.repeat(rng.normal(size=10), 6) + rng.normal(size=60)
    return frame.assign(one=1.0, text="a", i=np.tile(np.arange(6), 10))


@pytest.fixture(autouse=True)
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run in an empty directory that must still be empty afterwards, and soon."""
    monkeypatch.chdir(tmp_path)
    start = time.monotonic()
    yield
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - start < 60


def refused(
    data: pd.DataFrame, fixed: object = "y ~ x", random: object = "~ 1 | g", **arguments: object
) -> str:
    with pytest.raises(rbridge.BridgeError) as caught:
        rbridge.lme(fixed, data, random, **arguments)
    message = str(caught.value)
    assert message.strip()
    return message


def test_the_canary_would_sing(data: pd.DataFrame, tmp_path: Path) -> None:
    """The code above does run where text is evaluated: so an empty directory is evidence."""
    from rbridge import session

    with session.locked() as ri:
        ri.evalr(f'setwd("{tmp_path}")')
        try:
            for code in CODE[:2]:
                ri.evalr(code)
                assert (tmp_path / CANARY).exists()
                (tmp_path / CANARY).unlink()
        finally:
            ri.evalr(f'setwd("{Path.home()}")')


@pytest.mark.parametrize("code", CODE)
def test_code_in_the_fixed_effects_is_refused(data: pd.DataFrame, code: str) -> None:
    refused(data, f"y ~ x + {code}")


@pytest.mark.parametrize("code", CODE)
def test_code_as_the_response_is_refused(data: pd.DataFrame, code: str) -> None:
    refused(data, f"{code} ~ x")


@pytest.mark.parametrize("code", CODE)
def test_code_in_the_random_effects_is_refused(data: pd.DataFrame, code: str) -> None:
    refused(data, random=f"~ {code} | g")
    refused(data, random=f"~ 1 | {code}")
    refused(data, random={"g": f"~ {code}"})
    refused(data, random={code: "~ 1"})


@pytest.mark.parametrize("code", [code for code in CODE if code != "fitted(.)"])
def test_code_in_structures_and_subset_is_refused(data: pd.DataFrame, code: str) -> None:
    refused(data, correlation=f"corAR1({code}, form = ~ 1 | g)")
    refused(data, correlation=code)
    refused(data, weights=f"varPower(form = ~ {code})")
    refused(data, weights=code if code != "list(x)" else "list(x)")
    refused(data, subset=code)


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: ascii(text)[:40])
def test_broken_formulas_are_refused(data: pd.DataFrame, text: str) -> None:
    refused(data, text)


@pytest.mark.parametrize(
    "text", ["~ x | nothing", "~ x", "x | g", "~ 1 | g/g", "~ 1 | g + x", "~ 1 | g:x", "~ (1 | g)"]
)
def test_broken_random_effects_are_refused(data: pd.DataFrame, text: str) -> None:
    refused(data, random=text)


@pytest.mark.parametrize(
    "random",
    [
        None,
        1,
        1.5,
        True,
        b"~ 1 | g",
        [],
        ["~ 1 | g"],
        {},
        {1: "~ 1"},
        {"": "~ 1"},
        {"g": None},
        {"g": {}},
        {"g": ""},
        {"g": "~ 1 | x"},
        {"g": "y ~ 1"},
        {"g": "1"},
        {"nothing": "~ 1"},
        "list(g = pdSymm(diag(1e9), ~ x))",
        "list(g = pdSymm(matrix(1, 1e6, 1e6), ~ x))",
        {"g": "list(~ 1)"},
        object,
        np.array(["~ 1"]),
        *(
            "list(~ 1)",
            "list(g = ~ 1, g = ~ x)",
            "list(g = 1)",
            "pdDiag(~ x)",
            "pdDiag(1)",
            "pdDiag()",
            "list()",
        ),
        "pdBlocked(list(pdIdent(~ 1)))",
        "list(g = pdBlocked(~ x))",
        "list(g = pdSymm(c(1, 2), ~ x))",
        "~ 1 || g",
    ],
    ids=ascii,
)
def test_other_random_arguments_are_refused(data: pd.DataFrame, random: object) -> None:
    refused(data, random=random)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("method", "reml"),
        ("method", None),
        ("method", ["REML"]),
        ("na_action", "pass"),
        ("na_action", "na.omit"),
        ("control", {"nothing": 1}),
        ("control", {"opt": "system"}),
        ("control", {"opt": 1}),
        ("control", {"maxIter": "50"}),
        ("control", {"maxIter": float("nan")}),
        ("control", {"maxIter": 10**400}),
        ("control", {"maxIter": [50]}),
        ("control", {"rel.tol": 1e-8, "rel_tol": 1e-8}),
        ("control", {1: 2}),
        ("control", {"returnObject": 1}),
        ("control", "list()"),
        ("control", [("maxIter", 1)]),
        ("contrasts", {"x": "contr.sum"}),
        ("contrasts", {"nothing": "contr.sum"}),
        ("contrasts", {"x": "system"}),
        ("contrasts", {"x": ["contr.sum"]}),
        ("contrasts", "contr.sum"),
        ("contrasts", {1: "contr.sum"}),
        ("subset", "x"),
        ("subset", "x >"),
        ("subset", "x > 1e9"),
        ("subset", "TRUE"),
        ("subset", "nothing > 1"),
        ("subset", "x ~ g"),
        ("subset", "c(x, x) > 0"),
        ("subset", [True]),
        ("subset", [1] * 60),
        ("subset", [False] * 60),
        ("subset", [None] * 60),
        ("subset", np.ones((60, 1), dtype=bool)),
        ("subset", pd.Series([True] * 60, index=range(1, 61))),
        ("subset", lambda frame: frame.x > 0),
        ("subset", True),
        ("correlation", 1),
        ("correlation", "corAR1"),
        ("correlation", "corAR1(2)"),
        ("correlation", "corAR1(form = ~ 1 | x)"),
        ("correlation", "corAR1(form = ~ nothing | g)"),
        ("correlation", "corAR1(form = y ~ i | g)"),
        ("correlation", "corARMA(p = 1e9)"),
        ("correlation", "corARMA(q = 10^9)"),
        ("correlation", "corSymm(1:1e9)"),
        ("correlation", "varPower()"),
        ("correlation", "~ 1 | g"),
        ("weights", "varPower(form = ~ nothing)"),
        ("weights", "varIdent(form = ~ 1 | nothing)"),
        ("weights", "varComb(1, 2)"),
        ("weights", "varPower(form = ~ fitted(x))"),
        ("weights", "varPower(form = ~ fitted(., x))"),
        ("weights", "corAR1()"),
        ("weights", [1.0] * 60),
    ],
    ids=ascii,
)
def test_other_bad_arguments_are_refused(data: pd.DataFrame, argument: str, value: object) -> None:
    refused(data, **{argument: value})


@pytest.mark.parametrize("fixed", [None, 1, b"y ~ x", ["y ~ x"], np.str_, {"y": "x"}, 3.5], ids=ascii)
def test_formulas_that_are_no_text_are_refused(data: pd.DataFrame, fixed: object) -> None:
    assert "fixed" in refused(data, fixed)


def test_an_object_that_cannot_be_written_is_refused(data: pd.DataFrame) -> None:
    class Structure:
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert "correlation" in refused(data, correlation=Structure())


NAMES = [
    'file.create("rbridge-canary")',
    'system("touch rbridge-canary")',
    "x; file.create('rbridge-canary')",
    "a b",
    "if",
    "TRUE",
    "NULL",
    "1",
    "-x",
    "a/b",
    "a|b",
    "~x",
    "(x)",
    "a\nb",
    "a\tb",
    "a'b",
    'a"b',
    "é è",
    "数学",
    "😀",
    "pi",
    ".",
    "..1",
    "...",
    "T",
    "c",
    "I",
    "list",
    "data",
    "lme",
    "_x",
    "x ",
    "a%b",
    "a\\\\b",
    "#",
    "rb..1..",
    "function",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_columns_of_any_name_work_and_run_nothing(data: pd.DataFrame, name: str) -> None:
    """nlme pastes names into text and parses it: a name must be data there, in every role."""
    quoted = f"`{name}`"
    plain = name.replace("\\\\", "\\")
    renamed = data.rename(columns={"x": plain})
    expected = rbridge.lme("y ~ x", data, "~ 1 | g")
    if plain == ".":
        assert "the data have a column '.' too" in refused(renamed, "y ~ `.`")
    else:
        fit = rbridge.lme(f"y ~ {quoted}", renamed, "~ 1 | g")
        np.testing.assert_array_equal(fit.fixef(), expected.fixef())
        np.testing.assert_array_equal(fit.predict(renamed.head(7), 0), expected.predict(data.head(7), 0))
        assert fit.fixef().index[1].strip("`").encode("ascii", "ignore") != b"x" or plain == "x"
    grouped = data.rename(columns={"g": plain})
    fit = rbridge.lme("y ~ x", grouped, f"~ 1 | {quoted}")
    assert fit.n_groups == {plain: 10}
    assert list(fit.var_corr().to_frame().group) == [plain, "Residual"]
    fit = rbridge.lme("y ~ x", grouped, {plain: "~ 1"})
    np.testing.assert_array_equal(fit.ranef(), expected.ranef())
    assert "rb..1.." not in str(fit.summary()) or plain == "rb..1.."
    response = data.rename(columns={"y": plain})
    np.testing.assert_array_equal(rbridge.lme(f"{quoted} ~ x", response, "~ 1 | g").fixef(), expected.fixef())


FRAMES = {
    "no frame": lambda d: None,
    "a dict": lambda d: d.to_dict(),
    "a series": lambda d: d.x,
    "an array": lambda d: d.to_numpy(),
    "text": lambda d: "y ~ x",
    "the class": lambda d: pd.DataFrame,
    "no rows": lambda d: d.head(0),
    "no columns": lambda d: d[[]],
    "empty": lambda d: pd.DataFrame(),
    "missing column": lambda d: d.drop(columns="x"),
    "column twice": lambda d: pd.concat([d, d[["x"]]], axis=1),
    "multi-index columns": lambda d: d.set_axis(pd.MultiIndex.from_product([["a"], d.columns]), axis=1),
    "numbered columns": lambda d: d.set_axis(range(d.shape[1]), axis=1),
    "missing values": lambda d: d.assign(x=d.x.where(d.x < 1)),
    "missing group": lambda d: d.assign(g=d.g.where(d.g < 9)),
    "missing response": lambda d: d.assign(y=d.y.where(d.y < 1)),
    "all missing": lambda d: d.assign(x=np.nan),
    "all None": lambda d: d.assign(x=None),
    "infinite": lambda d: d.assign(x=np.where(d.x > 1, np.inf, d.x)),
    "infinite response": lambda d: d.assign(y=-np.inf),
    "text response": lambda d: d.assign(y="a"),
    "category response": lambda d: d.assign(y=d.y.astype("category")),
    "constant": lambda d: d.assign(x=2.0),
    "constant text": lambda d: d.assign(x="a"),
    "one group": lambda d: d.assign(g=1),
    "one row": lambda d: d.head(1),
    "two rows": lambda d: d.iloc[[0, -1]],
    "dates": lambda d: d.assign(x=pd.Timestamp("2020-01-01")),
    "durations": lambda d: d.assign(x=pd.Timedelta(days=1)),
    "complex": lambda d: d.assign(x=d.x + 1j),
    "mixed": lambda d: d.assign(x=[1, "a"] * 30),
    "lists": lambda d: d.assign(x=[[1]] * 60),
    "dicts": lambda d: d.assign(x=[{}] * 60),
    "frames": lambda d: d.assign(x=[d] * 60),
    "bytes": lambda d: d.assign(x=b"a"),
    "too large": lambda d: d.assign(x=2**63 - np.arange(60, dtype=object) * 10**30),
    "NUL": lambda d: d.assign(x=["a\0", "b"] * 30),
    "surrogate": lambda d: d.assign(x=pd.Series(["\ud800", "b"] * 30, dtype=object)),
    "periods": lambda d: d.assign(x=pd.period_range("2020", periods=60)),
    "intervals": lambda d: d.assign(x=pd.cut(d.x, 3)),
    "long double": lambda d: d.assign(x=d.x.astype(np.longdouble)),
    "functions": lambda d: d.assign(x=[len] * 60),
    "a level per row": lambda d: d.assign(x=[f"a{i}" for i in range(60)]),
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_hostile_frames_are_refused(data: pd.DataFrame, make) -> None:
    refused(make(data))


@pytest.mark.parametrize("fixed", ["y ~ name", "y ~ name - 1", "y ~ x * name", "y ~ x"])
@pytest.mark.parametrize("names", [40_000, 39_000])
def test_a_name_for_each_row_does_not_fill_the_memory(fixed: str, names: int) -> None:
    n = 40_000
    frame = pd.DataFrame({"x": np.arange(n) % 17.0, "g": np.arange(n) // 40, "i": np.arange(n) % names})
    frame["y"], frame["name"] = np.sin(frame.x), frame.i.astype(str)
    message = refused(frame, fixed, "~ 1 | g" if "name" in fixed else "~ name | g")
    assert "from 40000 rows" in message and f"'name' has {names} levels" in message


def test_levels_that_look_like_code_are_only_text(data: pd.DataFrame) -> None:
    code = ['file.create("rbridge-canary")', "%s%n", "`x`", "x + y"]
    frame = data.assign(k=np.resize(code, 60), h=np.array(code)[np.resize([0, 1, 2, 3], 60)])
    fit = rbridge.lme("y ~ x + k", frame, {"g": "~ 1", "h": "~ 1"}, control={"returnObject": True})
    assert {f"k{text}" for text in sorted(code)[1:]} <= set(fit.fixef().index)


def test_the_frame_name_is_only_a_name(data: pd.DataFrame) -> None:
    for name in [
        'file.create("rbridge-canary")',
        "if",
        "a b",
        "",
        5,
        None,
        "x" * 500,
        "...",
        "_a",
        "1a",
        "hsb",
    ]:
        data.attrs["name"] = name
        fit = rbridge.lme("y ~ x", data, "~ 1 | g")
        assert f"  Data: {'hsb' if name == 'hsb' else 'data'} \n" in str(fit.summary())


@pytest.fixture(scope="module")
def fit() -> rbridge.LmeFit:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=60), "g": np.repeat(np.arange(10), 6)})
    frame["y"] = frame.x + np.repeat(rng.normal(size=10), 6) + rng.normal(size=60)
    return rbridge.lme("y ~ x", frame, "~ 1 | g")


@pytest.mark.parametrize("code", CODE)
def test_code_in_the_formulas_of_methods_is_refused(fit: rbridge.LmeFit, code: str) -> None:
    def asks(formula: str) -> None:
        for ask in (
            lambda: fit.variogram(formula),
            lambda: fit.aug_pred(formula),
            lambda: fit.compare_pred(fit, formula),
            lambda: fit.plot(formula),
            lambda: fit.qqnorm(formula),
            lambda: fit.pairs("~ coef(.)", id=formula),
            lambda: fit.update(f". {formula}"),
        ):
            with pytest.raises(rbridge.BridgeError):
                ask()

    asks(f"~ {code}")
    asks(f"~ x + I({code})")
    for wrong in (
        f"resid(., type = {code}) ~ x",
        f"resid({code}) ~ x",
        f"fitted(.)({code}) ~ x",
        f"x ~ x | {code}",
    ):
        with pytest.raises(rbridge.BridgeError):
            fit.plot(wrong)


@pytest.mark.parametrize("code", CODE)
def test_code_in_other_models_is_refused(data: pd.DataFrame, code: str) -> None:
    for ask in (
        lambda: rbridge.lmer(f"y ~ x + ({code} | g)", data),
        lambda: rbridge.lmer(f"y ~ {code} + (1 | g)", data),
        lambda: rbridge.lmer(f"{code} ~ x + (1 | g)", data),
        lambda: rbridge.lmer(f"y ~ x + (1 | {code})", data),
        lambda: rbridge.gls(f"y ~ {code}", data),
        lambda: rbridge.gls("y ~ x", data, f"corAR1({code}, form = ~ 1 | g)"),
        lambda: rbridge.lm_list(f"y ~ {code} | g", data),
        lambda: rbridge.lm_list(f"y ~ x | {code}", data),
        lambda: rbridge.r_data(code),
        lambda: rbridge.r_data("Oats", code),
    ):
        with pytest.raises(rbridge.BridgeError):
            ask()
