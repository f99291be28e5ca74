"""lmer beyond its ordinary call: schools, weights, offsets, dummies, controls; each against the same call in R."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

import rbridge
from crosscheck import load_hsb
from rbridge import session

pytestmark = pytest.mark.needs_r


def same(values, r, code: str) -> None:
    np.testing.assert_array_equal(np.asarray(values, dtype=float).ravel(order="F"), r(f"as.numeric({code})"))


@pytest.fixture
def sleep(r) -> Iterator[pd.DataFrame]:
    data = rbridge.r_data("sleepstudy", "lme4").assign(
        w=lambda d: 1.0 + d["Days"] % 3, o=lambda d: d["Days"] ** 2 / 9
    )
    data["some w"], data["odd"] = data["w"], np.where(data["Days"] % 2, "yes", "no")
    with session.locked() as ri:
        ri.globalenv["sleepstudy"] = rbridge.to_r(data)._handle.token
    yield data
    r("rm(sleepstudy, envir = globalenv())")


def test_schools(r) -> None:
    hsb = load_hsb()
    hsb.attrs["name"] = "hsb"
    with session.locked() as ri:
        ri.globalenv["hsb"] = rbridge.to_r(hsb)._handle.token
    for formula in ("mathach ~ 1 + (1 | id)", "mathach ~ meanses * cses + sector * cses + (cses | id)"):
        fit = rbridge.lmer(formula, hsb)
        r(f"m <- lmerTest::lmer({formula}, hsb)")
        same(fit.t_table(), r, "coef(summary(m))")
        same(fit.ranef(), r, "as.matrix(ranef(m)$id)")
        same(fit.var_corr().to_frame()["std_dev"], r, "as.data.frame(lme4::VarCorr(m), order = 'lower.tri')"
             "$sdcor[is.na(as.data.frame(lme4::VarCorr(m), order = 'lower.tri')$var2)]")  # fmt: skip
        native = rbridge.lme(formula.partition(" + (")[0], hsb, "~ " + formula.partition("(")[2][:-1])
        assert fit.log_lik == pytest.approx(native.log_lik, abs=1e-4)  # both of R's packages
    r("rm(hsb, envir = globalenv())")


@pytest.mark.parametrize(
    ("arguments", "typed"),
    [
        ({"weights": "w"}, "Reaction ~ Days + (1 | Subject), sleepstudy, weights = w"),
        ({"weights": "1 / `some w`^2"}, "Reaction ~ Days + (1 | Subject), sleepstudy, weights = 1 / w^2"),
        ({"formula": "Reaction ~ 1 | Subject"}, "Reaction ~ 1 | Subject, sleepstudy"),
        ({"formula": "Reaction ~ Days + offset(o) + (1 | Subject)"},
         "Reaction ~ Days + offset(o) + (1 | Subject), sleepstudy"),
        ({"formula": 'Reaction ~ Days + dummy(odd, "yes") + (0 + dummy(odd, "yes") | Subject)'},
         'Reaction ~ Days + lme4::dummy(odd, "yes") + (0 + lme4::dummy(odd, "yes") | Subject), sleepstudy'),
        ({"control": {"optimizer": "nlminbwrap"}},
         "Reaction ~ Days + (1 | Subject), sleepstudy, control = lme4::lmerControl(optimizer = 'nlminbwrap')"),
        ({"control": {"algorithm": "NLOPT_LN_NELDERMEAD", "xtol_abs": 1e-3}},
         "Reaction ~ Days + (1 | Subject), sleepstudy, control = lme4::lmerControl(optCtrl = "
         "list(algorithm = 'NLOPT_LN_NELDERMEAD', xtol_abs = 1e-3))"),
    ],
)  # fmt: skip
def test_what_else_a_call_may_say(r, sleep, arguments: dict, typed: str) -> None:
    fit = rbridge.lmer(**{"formula": "Reaction ~ Days + (1 | Subject)", "data": sleep, **arguments})
    r(f"m <- lme4::lmer({typed})")
    assert fit.log_lik == r("as.numeric(logLik(m))")[0]
    same(fit.fixef(), r, "fixef(m)")
    same(fit.fitted(), r, "fitted(m)")
    same(fit.residuals("pearson"), r, "residuals(m, type = 'pearson', scaled = TRUE)")
    np.testing.assert_allclose(fit.predict(sleep.head(20)), fit.fitted().head(20), rtol=1e-12)
    assert fit.update(subset="Days > 0").n_obs == 162


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"weights": "Days"}, "weights: Days isn't above 0 in 18 rows"),
        ({"weights": "Subject"}, "weights: Subject isn't one number"), ({"weights": "c(1, 2)"}, "isn't one number"),
        ({"weights": "varPower()"}, "varPower"), ({"weights": "system('x')"}, "system"), ({"weights": "~ w"}, "'~'"),
        ({"weights": "nothing"}, "nothing"), ({"weights": "."}, "'.'"), ({"weights": ""}, "empty"),
        ({"weights": [1.0] * 180}, "weights must be R syntax"),
        ({"formula": "Reaction ~ Days | Subject"}, "parentheses"),
        ({"formula": "Reaction ~ dummy(system('x')) + (1 | Subject)"}, "system"),
        ({"control": {"check.rankX": "stop"}}, "check.rankX"),
        ({"control": {"algorithm": "NLOPT_GN_ISRES"}}, "algorithm"),
        ({"control": {"optimizer": "system"}}, "optimizer"),
    ],
)  # fmt: skip
def test_what_a_call_may_not_say(sleep, arguments: dict, word: str) -> None:
    with pytest.raises(rbridge.BridgeError, match=word):
        rbridge.lmer(**{"formula": "Reaction ~ Days + (1 | Subject)", "data": sleep, **arguments})


def test_rows_without_a_weight_are_left_out_or_refused(sleep) -> None:
    gaps = sleep.assign(w=sleep["w"].where(sleep.index % 10 > 0))
    assert rbridge.lmer("Reaction ~ Days + (1 | Subject)", gaps, weights="w").n_obs == 162
    with pytest.raises(rbridge.DataError, match="'w' has 18"):
        rbridge.lmer("Reaction ~ Days + (1 | Subject)", gaps, weights="w", na_action="fail")
