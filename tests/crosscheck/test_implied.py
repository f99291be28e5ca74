"""What R's own variances imply by the reference evaluator's definitions is what R says: the book, every structure."""

from __future__ import annotations

import warnings

import pytest

from crosscheck import compare, ladder
from crosscheck.answer import Answer
from crosscheck.book import book
from crosscheck.data import load
from crosscheck.errors import CrosscheckError
from crosscheck.recordfile import read
from crosscheck.reference import dense_model
from crosscheck.reference.implied import implied
from crosscheck.reference.referee import objective_of, variances_of
from crosscheck.spec import ModelSpec

FIXED_SIGMA = "tests-sigma-fixed-etc-"
"""With a known sigma nlme's REML isn't that of the definition: docs/differences.md."""
ROUNDED = {"ch05-fm8BW.lme"}
"""Correlations by 1e-9 from 0: R's own log-likelihood has lost the ninth digit."""

SPECS = [case.spec for case in book()] + list(ladder())
REGULAR = [
    s for s in SPECS if s.name not in ROUNDED and not (s.name.startswith(FIXED_SIGMA) and s.method == "REML")
]


def whole(spec) -> Answer | None:
    """Return the answer of R's that has everything."""
    for control in ("converged", "tight", "default"):
        try:
            answer = read(spec, control)
        except CrosscheckError:
            continue
        if answer.fitted is not None:
            return answer
    return None


def by_definition(spec, data, answer):
    objective = objective_of(dense_model(spec, data), answer)
    return implied(objective, variances_of(answer, answer), answer, "definition")


@pytest.mark.parametrize("spec", REGULAR, ids=lambda spec: spec.key)
def test_rs_variances_imply_the_rest_of_rs_answer(spec):
    answer = whole(spec)
    if answer is None:
        pytest.skip("R has no answer")
    found = compare(by_definition(spec, load(spec.data), answer), answer)
    assert found.agree, str(found)


MORE = [
    {"correlation": "corSymm(form = ~ 1 | Subject)"},
    {"correlation": "corNatural(form = ~ 1 | Subject)"},
    {"correlation": "corCompSymm(form = ~ 1 | Subject)"},
    {"correlation": "corAR1(0.3, form = ~ 1 | Subject, fixed = TRUE)"},
    {"correlation": "corARMA(form = ~ 1 | Subject, p = 2)"},
    {"correlation": "corSpher(form = ~ age, nugget = TRUE)"},
    {"correlation": "corLin(form = ~ age + I8, metric = 'manhattan')"},
    {"weights": "varExp(form = ~ age)"},
    {"weights": "varConstProp(form = ~ age)"},
    {"weights": "varPower(form = ~ age | Sex)"},
    {"weights": "varConstPower(form = ~ age | Sex)"},
    {"weights": "varFixed(~ age)"},
    {"weights": "varPower(0.5, form = ~ age, fixed = TRUE)"},
    {"weights": "varIdent(form = ~ 1 | Sex * late)"},
    {"weights": "varComb(varIdent(form = ~ 1 | Sex), varPower(form = ~ age))"},
    {"weights": "varPower(form = ~ age)", "correlation": "corCAR1(form = ~ age | Subject)"},
]

CONTROL = {"returnObject": True, "msMaxIter": 100}


@pytest.mark.needs_r
@pytest.mark.parametrize("options", MORE, ids=str)
def test_every_structure_is_rs(options):
    import rbridge

    data = load("Orthodont")
    data["I8"] = data["age"] ** 2 / 10
    data["late"] = (data["age"] > 10).map({True: "yes", False: "no"}).astype("category")
    spec = ModelSpec("m", "distance ~ age * Sex", "~ 1 | Subject", options=options, data="Orthodont")
    with warnings.catch_warnings(action="ignore"):  # where nlme ends is no matter: what it says there is
        fit = rbridge.lme(data=data, **spec.arguments(), control=CONTROL)
    answer = Answer.of(fit, engine="nlme")
    found = compare(by_definition(spec, data, answer), answer)
    assert found.agree, str(found)
