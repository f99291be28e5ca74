"""Every line of a table of R scripts' lines: rcall's fit is R's own; and on the native side it is the same model's."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
import pytest

import pyimpl
import rbridge
from rbridge import embedded, session
from tests.rbridge.script_lines import DATA, LME4, NLME, REFUSED

pytestmark = [
    pytest.mark.needs_r,
    pytest.mark.filterwarnings(
        "ignore::rbridge.RWarning", "ignore::pyimpl.LmeWarning"
    ),  # R's on both sides alike
]


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    made = {}
    for package, names in DATA.items():
        with contextlib.nullcontext() if package == "nlme" else contextlib.suppress(rbridge.ArgumentError):
            made |= {name: rbridge.r_data(name, package) for name in names}  # of packages that are installed
    return made


@pytest.fixture
def script() -> Iterator:
    """R as a script sees it: what is typed is evaluated in the workspace, with the packages attached."""
    with session.locked() as ri, embedded.quiet_console(embedded.running().callbacks):
        before = list(ri.evalr("search()"))
        ri.evalr("suppressWarnings(suppressMessages({library(nlme)}))")
        for package in ("lme4", "lmerTest", "pbkrtest"):
            ri.evalr(f"suppressWarnings(suppressMessages(require({package}, quietly = TRUE)))")
        ri.evalr("lmList <- nlme::lmList")  # lme4 has one of its own

    def typed(code: str) -> np.ndarray:
        with session.locked() as ri, embedded.quiet_console(embedded.running().callbacks):
            return np.array(ri.evalr(f"suppressMessages(suppressWarnings({{{code}}}))"))

    yield typed
    with session.locked() as ri, embedded.quiet_console(embedded.running().callbacks):
        ri.evalr("rm(list = ls(globalenv()), envir = globalenv())")
        for name in set(ri.evalr("search()")) - set(before):
            ri.evalr(f"detach('{name}', character.only = TRUE, force = TRUE)")


def assigned(line: str) -> str:
    named = re.match(r"\(?\s*([\w.]+)\s*<-", line)
    return named[1] if named else "unnamed"


def with_slow_ones_marked(names: Iterable[str]) -> list:
    slow = ("ch04 wafers", "ch05 wheat", "ch05 dialyzers", "ch05 rats", "ch05 mares")
    return [pytest.param(name, marks=[pytest.mark.slow] * (name in slow)) for name in names]


@pytest.mark.parametrize("name", with_slow_ones_marked([*NLME, *LME4]))
def test_each_line_gives_what_r_gives(script, frames, name: str) -> None:
    made = dict(frames)
    for line in {**NLME, **LME4}[name]:
        if not all(word in frames for word in re.findall(r"\b(?:ham|beets)\b", line)):
            pytest.skip("the package with its data isn't installed")
        fit = rbridge.rcall(line, **made)
        made[assigned(line)] = fit
        script(f"unnamed <- ({line}); 0")
        if isinstance(fit, rbridge.LmList):
            np.testing.assert_array_equal(
                fit.coef().to_numpy().ravel(order="F"), script("as.numeric(as.matrix(coef(unnamed)))")
            )
        else:
            fixed = "coef(unnamed)" if isinstance(fit, rbridge.GlsFit) else "fixef(unnamed)"
            # bit for bit, but after an lme of a list: R's update keeps the list's start, ours has nlme's own
            np.testing.assert_allclose(fit.fixef(), script(f"as.numeric({fixed})"), rtol=1e-10)
            assert fit.log_lik == pytest.approx(script("as.numeric(logLik(unnamed))")[0], rel=1e-10)


@pytest.mark.parametrize("name", with_slow_ones_marked(NLME))
def test_the_same_line_runs_on_the_native_side(frames, name: str) -> None:
    """lmer's lines aren't among them: pyimpl has no crossed groups."""
    ours, theirs = dict(frames), dict(frames)
    for line in NLME[name]:
        reference = theirs[assigned(line)] = rbridge.rcall(line, **theirs)
        try:
            made = ours[assigned(line)] = rbridge.rcall(line, engine="pyimpl", **ours)
        except (pyimpl.NotSupportedError, rbridge.ArgumentError) as error:
            pytest.xfail(str(error))  # what pyimpl hasn't got, said in words
        assert type(made).__module__.startswith("pyimpl")
        if isinstance(reference, rbridge.LmList):
            np.testing.assert_allclose(made.coef(), reference.coef(), rtol=1e-8)
            assert list(made.coef().index) == list(reference.coef().index)
            continue
        assert made.log_lik == pytest.approx(reference.log_lik, abs=1e-4) or made.log_lik > reference.log_lik
        assert list(made.fixef().index) == list(reference.fixef().index)


@pytest.mark.parametrize("line", REFUSED)
def test_some_lines_are_refused_in_words(frames, line: str) -> None:
    with pytest.raises(rbridge.ArgumentError, match=REFUSED[line]):
        rbridge.rcall(line, fm0=rbridge.lmer("Reaction ~ 1 | Subject", frames["sleepstudy"]), **frames)


def test_the_table_is_long_enough() -> None:
    assert sum(map(len, NLME.values())) >= 55 and sum(map(len, LME4.values())) >= 25
