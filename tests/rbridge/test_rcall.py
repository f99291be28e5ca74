"""Lines of R scripts, pasted: the fit that the same line gives in R, on both engines; and nothing is evaluated."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rbridge

LINES = [
    "lme(distance ~ age, data = orthodont, random = ~ age | Subject)",
    "fit <- lme(distance ~ age*Sex, orthodont, ~ 1 | Subject, method = 'ML')",
    "nlme::lme(fixed = log(distance) ~ poly(age, 2), data = orthodont,\n"
    '  random = list(Subject = pdDiag(~ age)), meth = "ML")',
    "lme(distance ~ age, orthodont, ~ 1 | Subject, # a comment, with (brackets\n"
    "    subset = Sex == 'Male' & age > 8);",
]


@pytest.fixture(scope="module")
def orthodont() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "Subject": np.repeat([f"s{k:02d}" for k in range(27)], 4),
            "age": np.tile([8.0, 10.0, 12.0, 14.0], 27),
        }
    )
    frame["Sex"] = np.where(frame["Subject"] < "s16", "Male", "Female")
    frame["distance"] = (
        17
        + 0.6 * frame["age"]
        + np.repeat(rng.normal(size=27), 4) * 2
        + np.repeat(rng.normal(size=27), 4) * (frame["age"] - 11) / 2
        + rng.normal(size=108)
    )
    return frame


@pytest.mark.needs_r
@pytest.mark.parametrize("line", LINES)
def test_a_line_is_the_call_that_it_is_in_r(r, orthodont, line: str) -> None:
    fit = rbridge.rcall(line, orthodont=orthodont)
    with rbridge.session.locked() as ri:
        ri.globalenv["orthodont"] = rbridge.to_r(orthodont)._handle.token
    try:
        assert str(fit.summary()) == "\n".join(r(f"capture.output(print(summary({{ {line.rstrip(';')} }})))"))
    finally:
        r("rm(orthodont, envir = globalenv())")


@pytest.mark.needs_r
@pytest.mark.parametrize("line", LINES)
def test_the_same_line_runs_on_the_native_side(orthodont, line: str) -> None:
    theirs = rbridge.rcall(line, orthodont=orthodont)
    ours = rbridge.rcall(line, engine="pyimpl", orthodont=orthodont)
    assert type(ours).__module__.startswith("pyimpl")
    assert list(ours.fixef().index) == list(theirs.fixef().index)
    np.testing.assert_allclose(ours.fixef(), theirs.fixef(), rtol=1e-4)
    assert ours.log_lik == pytest.approx(theirs.log_lik, abs=1e-5)


class Engine:
    """Records its calls."""

    def __getattr__(self, name: str):
        return lambda **arguments: (name, arguments)


def asked(line: str, **frames: object) -> tuple[str, dict[str, object]]:
    return rbridge.rcall(line, engine=Engine(), **frames)


def test_arguments_are_matched_as_r_does() -> None:
    d = {"any": "frame"}
    assert asked("lme(y ~ x, d, ~ 1 | g)", d=d) == ("lme", {"fixed": "y ~ x", "data": d, "random": "~ 1 | g"})
    assert asked("lme(rand = ~ 1 | g, y ~ x, d)", d=d)[1] == {
        "random": "~ 1 | g",
        "fixed": "y ~ x",
        "data": d,
    }
    made = asked(
        "lme(y ~ x, d, ~1|g, control = list(msMaxIter=1e3, opt='optim', apVar=F), na.action=na.exclude)", d=d
    )[1]
    assert (
        made["control"] == {"msMaxIter": 1000.0, "opt": "optim", "apVar": False}
        and made["na_action"] == "exclude"
    )
    assert asked("lme(y ~ x, d, ~1|g, weights = NULL)", d=d)[1].keys() == {"fixed", "data", "random"}
    assert asked("lme4::lmer(y ~ x + (x|g), d, REML = FALSE)", d=d) == (
        "lmer",
        {"formula": "y ~ x + (x|g)", "data": d, "method": "ML"},
    )
    made = asked(
        "lmer(y ~ (1|g), d, control = lmerControl(optimizer='bobyqa', optCtrl = list(maxfun = 2e5)))", d=d
    )[1]
    assert made["control"] == {"optimizer": "bobyqa", "maxfun": 200000.0}
    assert asked("lmList(y ~ x | g, d, pool = FALSE, level = 1)", d=d) == (
        "lm_list",
        {"formula": "y ~ x | g", "data": d, "pool": False, "level": 1},
    )
    assert asked("gls(y ~ x, d, corAR1(form = ~ 1 | g))", d=d)[1]["correlation"] == "corAR1(form = ~ 1 | g)"
    for line in (
        "(m <- lme(y ~ x, d, ~ 1 | g))",
        "lme(y ~ x, d, ~ 1 | g) -> m",
        " m.1 = nlme :: lme(y ~ x, d, ~ 1 | g) ; # done",
    ):
        assert asked(line, d=d)[1] == {"fixed": "y ~ x", "data": d, "random": "~ 1 | g"}
    assert asked("lmer(y ~ (1|g), d, control = lmerControl('bobyqa'))", d=d)[1]["control"] == {
        "optimizer": "bobyqa"
    }
    made = asked("""lme(y ~ f("a, b)", 'c(', `d,`), d, ~1|g, contrasts = list(f = contr.sum))""", d=d)[1]
    assert made["fixed"] == """y ~ f("a, b)", 'c(', `d,`)""" and made["contrasts"] == {"f": "contr.sum"}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("", "empty"),
        ("lme", "one call"),
        ("lme(y ~ x, d", "one call"),
        ("lme(y ~ x), d)", "brackets"),
        ("lme(y ~ x, d) + lme(y ~ x, d)", "brackets"),
        ("(lme(y ~ x, d)", "one call"),
        ("(lme)(y ~ x, d)", "one call"),
        ("lme(y ~ x, d) -> m$x", "one call"),
        ("lme(y ~ 'x, d)", "closed"),
        ("lm(y ~ x, d)", "isn't one of"),
        ("lme4::lme(y ~ x, d)", "is of nlme"),
        ("base::system('x')", "isn't one of"),
        ("lme(y ~ x, d)$coef", "one call"),
        ("lme(y ~ x, d); system('x')", "brackets"),
        ("lme(y ~ x, d)\nlme(y ~ x, d)", "brackets"),
        ("lme(y ~ x, e)", "no frame of that name"),
        ("lme(y ~ x, data = d[1, ])", "one name"),
        ("lme(y ~ x)", "no data"),
        ("lme(y ~ x, d, nothing = 1)", "not an argument"),
        ("lme(y ~ x, d, c = 1)", "not an argument"),
        ("lme(y ~ x, d, contr = 1)", "not an argument"),
        ("lme(y ~ x, d, method = f(x))", "constant"),
        ("lme(y ~ x, d, control = f(x))", "list"),
        ("lme(y ~ x, d, control = list(1))", "name"),
        ("lme(y ~ x, d, control = list(a = system('x')))", "constant"),
        ("lme(y ~ x, d, na.action = f)", "one of"),
        ("lme(y ~ x, d, keep.data = f(x))", "constant"),
        ("lmer(y ~ (1|g), d, start = 1)", "start isn't supported"),
        ("lmer(y ~ (1|g), d, offset = x)", "write .* offset"),
        ("update(fm1, y ~ x)", "no fit that can be updated"),
        ("update()", "no fit that can be updated"),
        ("update(d, y ~ x)", "no fit that can be updated"),
        ("update(update(d), y ~ x)", "no fit that can be updated"),
        ("lme(y ~ x, d, , ~ 1)", "empty"),
        ("lmer(y ~ (1|g), d, REML = 3)", "TRUE or FALSE"),
        ("lme(y ~ x, d, random = ~1|g, random = ~1|g)", "twice"),
        (3, "string"),
        (None, "string"),
        ("lme(y ~ \0, d)", "NUL"),
        ("x" * 30000, "characters"),
        ("lme(" * 3000, "one call"),
    ],
)
def test_other_lines_are_refused(line: str, word: str) -> None:
    with pytest.raises(rbridge.ArgumentError, match=word):
        asked(line, d={})


class Fit:
    """Stands for a fit of either side, whose class names what made it."""

    def update(self, *formula: object, **changes: object) -> tuple:
        return (*formula, changes)


LmeFit, LmList, LmerFit = (type(name, (Fit,), {}) for name in ("LmeFit", "LmList", "LmerFit"))


def test_update_changes_the_fit_that_is_named() -> None:
    fit = LmeFit()
    assert asked("fm2 <- update(fm1, . ~ . + x)", fm1=fit) == (". ~ . + x", {})
    assert asked("update(object = fm1, fixed. = y ~ 1, meth = 'ML')", fm1=fit) == ("y ~ 1", {"method": "ML"})
    assert asked("update(fm1, weights = NULL, corr = corAR1())", fm1=fit) == (
        None,
        {"correlation": "corAR1()", "weights": None},
    )
    assert asked("update(`fm 1`, data = d)", **{"fm 1": fit, "d": [1]}) == (None, {"data": [1]})
    assert asked("update(m, REML = FALSE, verbose = 2)", m=LmerFit()) == (None, {"method": "ML"})
    assert asked("update(m.lis, y ~ x, pool = FALSE)", **{"m.lis": LmList()}) == ("y ~ x", {"pool": False})
    for line, word in (
        ("update(m, y ~ x, ~ 1 | g)", "by name"), ("update(m, nothing = 1)", "not an argument"),
        ("update(m, m2)", None), ("update(m, method = f())", "constant"),
        ("update(m, y ~ x, fixed. = y ~ z)", "twice"),
    ):  # fmt: skip
        if word is None:
            assert asked(line, m=fit) == ("m2", {})  # the fit itself refuses it: no formula
            continue
        with pytest.raises(rbridge.ArgumentError, match=word):
            asked(line, m=fit)


def test_names_stand_for_what_is_given() -> None:
    d, ctrl = pd.DataFrame({"y": [1.0]}), {"maxIter": 9}
    _, made = asked("lme(fm, d, re, control = ctrl)", d=d, fm="y ~ x", re={"g": "~ 1"}, ctrl=ctrl)
    assert made["fixed"] == "y ~ x" and made["random"] == {"g": "~ 1"} and made["control"] is ctrl
    assert made["data"].attrs["name"] == "d" and "name" not in d.attrs
    regressions = LmList()
    assert asked("lme(m.lis, random = ~ x)", **{"m.lis": regressions})[1] == {
        "fixed": regressions,
        "random": "~ x",
    }


def test_an_engine_is_what_a_package_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    offered = [
        metadata.EntryPoint("mine", "tests.rbridge.test_rcall:Engine.lme", "lmebridge.rcall"),
        metadata.EntryPoint("broken", "nowhere:engine", "lmebridge.rcall"),
    ]
    monkeypatch.setattr(metadata, "entry_points", lambda group: offered if group == "lmebridge.rcall" else [])
    for engine, word in (
        ("mine", "can't be loaded"),
        ("broken", "'broken' .nowhere:engine. can't be loaded"),
    ):
        with pytest.raises(rbridge.ArgumentError, match=word):
            rbridge.rcall("lme(y ~ x, d, ~ 1 | g)", engine=engine, d={})
    with pytest.raises(rbridge.ArgumentError, match=r"one of 'nlme', 'broken', 'mine'.*Mend"):
        rbridge.rcall("lme(y ~ x, d, ~ 1 | g)", engine="pyimpl", d={})


def test_the_native_side_needs_no_r(tmp_path: Path) -> None:
    """Neither R nor rpy2 is there: the same line runs on pyimpl, and the other engine names the mend."""
    (tmp_path / "rpy2").mkdir()
    (tmp_path / "rpy2" / "__init__.py").write_text("raise ImportError('rpy2 is not here')")
    code = """
    import sys, numpy as np, pandas as pd, rbridge
    d = pd.DataFrame({"x": np.arange(60.) % 7, "g": np.repeat(np.arange(10), 6)})
    d["y"] = np.sin(np.arange(60)) + d.g / 3
    line = "fm1 <- lme(y ~ x, data = d, random = ~ 1 | g)"
    fm1 = rbridge.rcall(line, engine="pyimpl", d=d)
    print(type(fm1).__module__.split(".")[0], rbridge.rcall("update(fm1, . ~ . - x)", fm1=fm1).fixef().size)
    try:
        rbridge.rcall(line, d=d)
    except rbridge.RUnavailableError as error:
        print("Mend" in str(error), "rpy2.rinterface" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}", "PATH": str(tmp_path), "R_HOME": ""},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout == "pyimpl 1\nTrue False\n", done.stderr


@pytest.mark.needs_r
def test_code_in_a_line_is_never_run(orthodont, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = 'file.create("canary")'
    fits = {
        engine: rbridge.rcall(LINES[0], engine=engine, orthodont=orthodont) for engine in ("nlme", "pyimpl")
    }
    for line in (
        f"lme(distance ~ {code}, data = orthodont, random = ~ 1 | Subject)",
        f"lme(distance ~ age, data = orthodont, random = ~ {code} | Subject)",
        f"lme(distance ~ age, data = {code}, random = ~ 1 | Subject)",
        f"lme(distance ~ age, orthodont, ~ 1 | Subject, subset = {code})",
        f"lme(distance ~ age, orthodont, ~ 1 | Subject, method = {code})",
        f"lme(distance ~ age, orthodont, ~ 1 | Subject, control = {code})",
        f"lme(distance ~ age, orthodont, ~ 1 | Subject, weights = {code})",
        f"{code}; lme(distance ~ age, orthodont, ~ 1 | Subject)",
        f"lmer(distance ~ age + ({code} | Subject), orthodont)",
        f"lmer(distance ~ age + (1 | {code}), orthodont)",
        f"gls({code}, orthodont)",
        f"lmList(distance ~ age | {code}, orthodont)",
        f"lmList(distance ~ {code} | Subject, orthodont)",
        f"lmer(distance ~ age + (1 | Subject), orthodont, weights = {code})",
        f"lmer(distance ~ age + (1 | Subject), orthodont, control = lmerControl({code}))",
        f"lmer(distance ~ age + (1 | Subject), orthodont, verbose = {code})",
        f"gls(distance ~ age, orthodont, correlation = corAR1(form = ~ {code} | Subject))",
        f"update(fit, . ~ . + {code})",
        f"update(fit, data = {code})",
        f"update(fit, random = ~ {code} | Subject)",
        f"update({code})",
    ):
        for engine in ("nlme", "pyimpl"):
            with pytest.raises(Exception, match=r".") as caught:
                rbridge.rcall(line, engine=engine, orthodont=orthodont, fit=fits[engine])
            assert type(caught.value).__module__.startswith(("rbridge", "pyimpl"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs_r
@pytest.mark.parametrize("line", ["lmList(Orthodont)", "lmList(distance ~ age, Orthodont)", "lme(Orthodont)",
                                  "lme(distance ~ age, Orthodont)", "lme(Orthodont, random = ~ 1)"])  # fmt: skip
def test_lines_that_leave_the_groups_to_the_data(r, line: str) -> None:
    data = rbridge.r_data("Orthodont")
    r("assign('Orthodont', nlme::Orthodont, envir = globalenv())")
    fit = rbridge.rcall(line, Orthodont=data)
    np.testing.assert_array_equal(fit.fixef(), r(f"fixef(nlme::{line})"))
    native = rbridge.rcall(line, engine="pyimpl", Orthodont=data)
    np.testing.assert_allclose(native.fixef(), fit.fixef(), rtol=1e-6)
    r("rm(Orthodont, envir = globalenv())")
    with pytest.raises(rbridge.ArgumentError, match=r"data|groups"):
        rbridge.rcall(line.split("(")[0] + "(d)", d=pd.DataFrame({"x": [1.0]}))


def test_any_text_is_a_call_or_an_error() -> None:
    """A thousand misprints of a line: each is a call, or one error of the small hierarchy."""
    rng = np.random.default_rng(1)
    line = (
        "fit <- lme(y ~ I(x^2), data = d, random = list(g = pdDiag(~ x)), control = lmeControl(maxIter = 5L))"
    )
    letters = list("()[]{},='\"`#~|<->:; \n\\xyd0.9LT$@^%\u00e9\0")
    outcomes = set()
    for _ in range(1000):
        text = list(line)
        for _ in range(rng.integers(1, 6)):
            at = int(rng.integers(len(text)))
            text[at : at + int(rng.integers(0, 2))] = [str(rng.choice(letters))] * int(rng.integers(0, 2))
        try:
            outcomes.add(asked("".join(text), d={})[0])
        except rbridge.ArgumentError as error:
            outcomes.add(type(error).__name__)
    assert outcomes == {"lme", "ArgumentError", "FormulaError"}


def test_engines_are_known() -> None:
    for wrong in ("os", "nothing", 3, None):
        with pytest.raises(rbridge.ArgumentError, match="engine"):
            rbridge.rcall("lme(y ~ x, d, ~ 1 | g)", engine=wrong, d=pd.DataFrame({"y": [1.0]}))
