"""nlme's structures pass as they are typed: the fits are those of R, page and all."""

from __future__ import annotations

import pytest

import rbridge

pytestmark = pytest.mark.needs_r

ORTHODONT = ("distance ~ age", "Orthodont")
ASSAY = ("logDens ~ sample * dilut", "Assay")
BODY = ("weight ~ Time * Diet", "BodyWeight")
DIALYZER = ("rate ~ (pressure + I(pressure^2)) * QB", "Dialyzer")
OVARY = ("follicles ~ sin(6.28 * Time) + cos(6.28 * Time)", "Ovary")

# data, random, then correlation and weights where the model has them
FITS = [
    (*ORTHODONT, "~ age | Subject"),
    (*ORTHODONT, "list(Subject = ~ age)"),
    (*ORTHODONT, "list(Subject = pdSymm(~ age))"),
    (*ORTHODONT, "list(Subject = pdLogChol(~ age))"),
    (*ORTHODONT, "list(Subject = pdNatural(~ age))"),
    (*ORTHODONT, "list(Subject = pdDiag(~ age))"),
    (*ORTHODONT, "list(Subject = pdIdent(~ 1))"),
    (*ORTHODONT, "list(Subject = pdIdent(~ Sex - 1))"),
    (*ORTHODONT, "list(Subject = pdLogChol(diag(2), form = ~ age))"),
    (*ORTHODONT, "list(Subject = pdSymm(matrix(c(2, .1, .1, 1), 2), ~ age))"),
    (*ORTHODONT, "list(Subject = pdDiag(c(.5, -1), form = ~ age))"),
    ("score ~ Machine", "Machines", "list(Worker = pdCompSymm(~ Machine - 1))"),
    ("score ~ Machine", "Machines", "list(Worker = ~ 1, Machine = ~ 1)"),
    ("score ~ Machine", "Machines", "~ 1 | Worker/Machine"),
    (
        "logDens ~ sample * dilut",
        "Assay",
        "list(Block = pdBlocked(list(pdIdent(~ 1), pdIdent(~ sample - 1), pdIdent(~ dilut - 1))))",
    ),
    ("Thickness ~ 1", "Oxide", "~ 1 | Lot/Wafer"),
    (*ORTHODONT, "~ 1 | Subject", "corAR1(form = ~ 1 | Subject)"),
    (*ORTHODONT, "~ 1 | Subject", "corAR1(0.3, form = ~ 1)"),
    (*ORTHODONT, "~ 1 | Subject", "corCompSymm(0.1, form = ~ 1 | Subject, fixed = TRUE)"),
    (*ORTHODONT, "~ 1 | Subject", "corSymm(form = ~ 1 | Subject)"),
    (*OVARY, "~ 1 | Mare", "corARMA(p = 1, q = 1, form = ~ 1 | Mare)"),
    (*OVARY, "~ 1 | Mare", "corARMA(c(0.5, 0.1), ~ 1, 1, 1)"),
    (*BODY, "~ 1 | Rat", "corCAR1(form = ~ Time)"),
    (*BODY, "~ 1 | Rat", "corExp(form = ~ Time, nugget = TRUE)"),
    (*BODY, "~ 1 | Rat", "corGaus(form = ~ Time)"),
    (*BODY, "~ 1 | Rat", "corRatio(10, form = ~ Time | Rat)"),
    (*BODY, "~ 1 | Rat", 'corSpatial(form = ~ Time, type = "exponential", metric = "manhattan")'),
    (*DIALYZER, "~ pressure | Subject", None, "varPower(form = ~ pressure)"),
    (*DIALYZER, "~ pressure | Subject", None, "varPower(form = ~ fitted(.))"),
    (*DIALYZER, "~ pressure | Subject", None, "varConstPower(form = ~ pressure)"),
    (*DIALYZER, "~ 1 | Subject", None, "varExp(form = ~ pressure | QB)"),
    (*DIALYZER, "~ 1 | Subject", None, "varComb(varIdent(form = ~ 1 | QB), varPower(form = ~ pressure))"),
    (*DIALYZER, "~ 1 | Subject", None, "varFixed(~ pressure)"),
    (*DIALYZER, "~ 1 | Subject", None, "~ pressure"),
    (*ORTHODONT, "~ 1 | Subject", None, "varIdent(form = ~ 1 | Sex)"),
    (*ORTHODONT, "~ 1 | Subject", None, "varIdent(c(Female = 0.5), form = ~ 1 | Sex)"),
    (*ORTHODONT, "~ 1 | Subject", None, "varIdent(form = ~ 1 | Sex, fixed = c(Female = 0.5))"),
    (*DIALYZER, "~ 1 | Subject", "corAR1(form = ~ 1 | Subject)", "varPower(form = ~ pressure)"),
]


@pytest.mark.filterwarnings("ignore::rbridge.RWarning")  # R gives it on both sides alike
@pytest.mark.parametrize("spec", FITS, ids=lambda spec: " / ".join(str(part) for part in spec[1:])[:90])
def test_the_fit_is_that_of_r(r, spec: tuple[str, ...]) -> None:
    fixed, data, random, *structures = spec
    named = {key: text for key, text in zip(("correlation", "weights"), structures, strict=False) if text}
    frame = r.frame(data)
    typed = "".join(f", {key} = {text}" for key, text in named.items())
    control = "lmeControl(returnObject = TRUE, maxIter = 100)"
    r(f"m <- lme({fixed}, data = {data.lower()}, random = {random}{typed}, control = {control})")
    fit = rbridge.lme(fixed, frame, random, control={"returnObject": True, "maxIter": 100}, **named)
    assert fit.log_lik == r("m$logLik")[0]
    assert str(fit.summary()) == r.printed("summary(m)")
    assert str(fit.var_corr()) == r.printed("VarCorr(m)")
    for part, made in (("corStruct", fit.corr_params()), ("varStruct", fit.var_params())):
        expected = r(f"as.numeric(coef(m$modelStruct${part}, unconstrained = FALSE))")
        assert list(made) == list(expected if expected is not None else [])
