"""R's spelling, the objects that stand for it, and what is refused."""

import pickle

import numpy as np
import pytest

import pyimpl.correlation as cor
from pyimpl.correlation import correlation_request, initialise
from pyimpl.errors import ArgumentError, DataError, FormulaError
from pyimpl.formula.nodes import Name

CODES = np.array([0, 0, 0, 1, 1])


def test_positional_and_named_arguments_mean_the_same() -> None:
    request = correlation_request("corARMA(c(0.2, -0.1), ~ t | a/b, 1, 1, TRUE)")
    assert request == correlation_request(
        "corARMA(p = 1, q = 1, fixed = TRUE, form = ~ t | a/b, value = c(0.2, -0.1))"
    )
    assert request.form.covariates == (Name("t"),)
    assert request.form.groups == ("a", "b")
    assert request.value == (0.2, -0.1)


OBJECTS = [
    (cor.corAR1("~ t | id", 0.3), "corAR1(form = ~ t | id, value = 0.3)"),
    (cor.corAR1(), "corAR1(form = ~ 1)"),
    (cor.corCAR1("~ t"), "corCAR1(form = ~ t)"),
    (cor.corCompSymm(fixed=True, value=0.2), "corCompSymm(form = ~ 1, value = 0.2, fixed = TRUE)"),
    (cor.corSymm(value=[0.1, 0.2, 0.3]), "corSymm(form = ~ 1, value = c(0.1, 0.2, 0.3))"),
    (cor.corNatural("~ t"), "corNatural(form = ~ t)"),
    (cor.corARMA("~ t", p=2, q=1), "corARMA(form = ~ t, p = 2, q = 1)"),
    (
        cor.corExp("~ x + y", [2, 0.1], nugget=True),
        "corExp(form = ~ x + y, value = c(2.0, 0.1), nugget = TRUE)",
    ),
    (cor.corGaus("~ x", metric="maximum"), 'corGaus(form = ~ x, metric = "maximum")'),
    (cor.corLin("~ x"), "corLin(form = ~ x)"),
    (cor.corRatio("~ x"), "corRatio(form = ~ x)"),
    (cor.corSpher("~ x"), "corSpher(form = ~ x)"),
]


@pytest.mark.parametrize("given,text", OBJECTS, ids=[text for _, text in OBJECTS])
def test_objects_are_r_syntax(given: object, text: str) -> None:
    assert str(given) == text
    assert correlation_request(given) == correlation_request(text)
    assert pickle.loads(pickle.dumps(given)) == given


REFUSED = [
    ("corAR1(form = ~ t | id, phi = 2)", "`phi` is not an argument"),
    ("corAR1(0.1, ~ t, TRUE, 3)", "too many arguments"),
    ("corAR1(form = ~ t + x)", "takes one covariate"),
    ("corAR1(form = y ~ t)", "is not a one-sided formula"),
    ("corAR1(form = ~ t | log(id))", "must be names of columns"),
    ("corAR1(value = 'a')", "must be numbers"),
    ("corAR1(form = ~ fitted(.))", "can't be the covariate"),
    ("corARMA(form = ~ t)", "neither p nor q"),
    ("corARMA(form = ~ t, p = 1.5)", "whole number"),
    ("corARMA(form = ~ t, p = -1)", "whole number"),
    ("corExp(form = ~ x, metric = 'taxi')", "metric must be one of"),
    ("corExp(form = ~ x, nugget = 1)", "TRUE or FALSE"),
    ("varPower()", "is not a correlation structure"),
    ("pdDiag(~ x)", "is not a correlation structure"),
    ("t", "is not a structure"),
    ("corAR1(form = ~ system('ls'))", "not allowed"),
]


@pytest.mark.parametrize("text,message", REFUSED, ids=[text for text, _ in REFUSED])
def test_bad_calls_are_refused(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message.replace("(", r"\(")):
        correlation_request(text)


def test_bad_objects_are_refused() -> None:
    with pytest.raises(ArgumentError, match="type int"):
        correlation_request(3)
    with pytest.raises(ArgumentError, match="form must be a formula as text"):
        cor.corAR1(3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="all finite"):
        cor.corAR1(value=np.nan)
    with pytest.raises(FormulaError, match="neither p nor q"):
        cor.corARMA("~ t")
    with pytest.raises(FormulaError):
        cor.corExp("~ x", metric='a", fixed = TRUE')


BAD_DATA = [
    ("corAR1(form = ~ t)", [1, 2, 2, 1, 2], "has 2 twice in the group b0"),
    ("corCAR1(form = ~ t)", [1, 2, 3, 1, 1], "has 1 twice in the group b1"),
    ("corAR1(form = ~ t)", [1, 2.5, 3, 1, 2], "whole numbers; use corCAR1"),
    ("corARMA(form = ~ t, q = 2)", [1, 2.5, 3, 1, 2], "whole numbers"),
    ("corSymm(form = ~ t)", [1, 2, 4, 1, 2], "without gaps"),
    ("corNatural(form = ~ t)", [1, 2, 2, 1, 2], "twice"),
    ("corExp(form = ~ t)", [1, 2, 2, 1, 2], "twice"),
    ("corGaus(form = ~ t)", [1, 2, 2, 1, 2], "two rows of the group b0 are at the same place"),
    ("corCAR1(form = ~ t)", [1, np.nan, 2, 1, 2], "missing or infinite"),
]


@pytest.mark.parametrize("text,times,message", BAD_DATA)
def test_bad_covariates_are_refused(text: str, times: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        initialise(correlation_request(text), CODES, [np.array(times)], ["b0", "b1"])


BAD_VALUES = [
    ("corAR1(1, ~ t)", "between -1 and 1"),
    ("corCAR1(-0.1, ~ t)", "between 0 and 1"),
    ("corCompSymm(-0.5)", "between -0.5 and 1"),
    ("corAR1(c(0.1, 0.2), ~ t)", "takes 1 initial value here, not 2"),
    ("corARMA(c(1.2, 0.1), ~ t, p = 2)", "not those of a stationary process"),
    ("corARMA(1, ~ t, p = 0, q = 1)", "not those of an invertible"),
    ("corSymm(c(0.9, 0.9, -0.9), ~ t)", "no rows have the correlations"),
    ("corExp(-1, ~ t)", "must be between 0 and inf"),
    ("corExp(c(1, 1.5), ~ t, nugget = TRUE)", "nugget 1.5 must be between 0 and 1"),
    ("corSpher(0.5, ~ t)", "must exceed 1, the smallest distance"),
]


@pytest.mark.parametrize("text,message", BAD_VALUES)
def test_values_out_of_range_are_refused(text: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        request = correlation_request(text)
        initialise(request, CODES, [np.array([1.0, 2, 3, 1, 2])] if request.form.covariates else [])


def test_groups_of_single_rows_are_refused() -> None:
    with pytest.raises(DataError, match="no group of ~1 has two rows"):
        initialise(correlation_request("corCompSymm()"), np.arange(4))
