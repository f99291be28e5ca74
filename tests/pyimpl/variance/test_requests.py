"""R's spelling, the objects that stand for it, fitted(.), values by name, and what is refused."""

import pickle

import numpy as np
import pytest

import pyimpl.variance as var
from pyimpl.derivative import derivative
from pyimpl.errors import ArgumentError, DataError, FormulaError
from pyimpl.variance import VarianceColumns, initialise, variance_request

V = np.array([1.0, 2.0, 0.5, 3.0])
CODES = np.array([1, 0, 1, 2])
STRATA = VarianceColumns(V, CODES, ["a", "b", "c"])

OBJECTS = [
    (var.varFixed("~ x"), "varFixed(~ x)"),
    (var.varIdent("~ 1 | g", {"a": 2}), "varIdent(form = ~ 1 | g, value = c(a = 2.0))"),
    (var.varIdent("~ 1 | g", fixed={"a b": 2}), "varIdent(form = ~ 1 | g, fixed = list(`a b` = 2.0))"),
    (var.varPower(), "varPower(form = ~ fitted(.))"),
    (var.varPower("~ x", fixed=0.5), "varPower(form = ~ x, fixed = 0.5)"),
    (var.varExp("~ x | g", 0.1), "varExp(form = ~ x | g, value = 0.1)"),
    (
        var.varConstPower("~ x", 1, 0.5, {"power": {"a": 0.5}}),
        "varConstPower(form = ~ x, const = 1.0, power = 0.5, fixed = list(power = list(a = 0.5)))",
    ),
    (var.varConstProp("~ x"), "varConstProp(form = ~ x)"),
    (
        var.varComb(var.varIdent("~ 1 | g"), var.varPower("~ x")),
        "varComb(varIdent(form = ~ 1 | g), varPower(form = ~ x))",
    ),
]


@pytest.mark.parametrize("given,text", OBJECTS, ids=[text for _, text in OBJECTS])
def test_objects_are_r_syntax(given: object, text: str) -> None:
    assert str(given) == text
    assert variance_request(given) == variance_request(text)
    assert pickle.loads(pickle.dumps(given)) == given


def test_a_formula_by_itself_is_var_fixed() -> None:
    assert variance_request("~ x") == variance_request("varFixed(~ x)")


def test_the_default_covariate_is_fitted() -> None:
    found = initialise(variance_request("varPower(0.5)"), VarianceColumns())
    assert found.needs_fitted
    np.testing.assert_allclose(found.log_sd(np.array([0.5]), fitted=-V), np.log(V) / 2)
    slope = derivative(lambda at: found.log_sd(np.array([0.5]), at), -V)
    np.testing.assert_allclose(np.diag(slope), 0.5 / -V, rtol=1e-14)


def test_values_go_by_name_whatever_their_order() -> None:
    found = initialise(variance_request("varPower(c(c = 3, a = 1, b = 2), ~ v | g)"), STRATA)
    assert dict(zip(found.names, found.start, strict=True)) == {"b": 2, "a": 1, "c": 3}
    found = initialise(variance_request("varPower(c(a = 1, c = 3), ~ v | g, fixed = list(b = 0.5))"), STRATA)
    assert found.names == ("b", "a", "c")
    np.testing.assert_array_equal(found.constrained(found.start), [0.5, 1, 3])
    np.testing.assert_array_equal(found.free, [False, True, True])


def test_the_reference_of_var_ident_is_the_stratum_without_a_value() -> None:
    found = initialise(variance_request("varIdent(c(b = 2, a = 3), ~ 1 | g)"), STRATA)
    assert found.names == ("c", "b", "a")
    np.testing.assert_allclose(found.constrained(found.start), [1, 2, 3])


def test_a_single_stratum_leaves_nothing_to_estimate() -> None:
    one = VarianceColumns(V, np.zeros(4, int), ["a"])
    ident = initialise(variance_request("varIdent(form = ~ 1 | g)"), one)
    assert ident.n_parameters == 0 and ident.names == ()
    np.testing.assert_array_equal(ident.log_sd(ident.start), np.zeros(4))
    assert initialise(variance_request("varPower(form = ~ v | g)"), one).names == ("power",)


def test_constants_carry_a_covariate_of_zero() -> None:
    found = initialise(variance_request("varConstPower(2, 0.5, ~ v)"), VarianceColumns(np.array([0.0, 4.0])))
    np.testing.assert_allclose(np.exp(found.log_sd(found.start)), [2, 4])
    assert np.isfinite(derivative(found.log_sd, found.start)).all()
    assert np.isinf(found.log_sd(np.array([0.0, -0.5]))[0])


REFUSED = [
    ("varFixed()", "needs its covariate"),
    ("varFixed(~ x | g)", "takes one column"),
    ("varFixed(~ fitted(.))", "takes one column"),
    ("varFixed(2)", "is not a formula"),
    ("varIdent()", "without strata says nothing"),
    ("varIdent(form = ~ x | g)", "takes strata only"),
    ("varPower(form = ~ 1)", "takes one covariate"),
    ("varPower(form = ~ x + y)", "takes one covariate"),
    ("varPower(form = ~ resid(.))", "can't be a covariate"),
    ("varPower(c(1, b = 2), ~ x | g)", "all with different names"),
    ("varPower(power = 2)", "is not an argument"),
    ("varConstPower(form = ~ x, fixed = 0.5)", "must name parameters"),
    ("varConstPower(form = ~ x, fixed = list(prop = 0.5))", "must name parameters"),
    ("varComb()", "must hold variance functions"),
    ("varComb(varPower(), 3)", "must hold variance functions"),
    ("corAR1()", "is not a variance function"),
    ("varPower(form = ~ system('ls'))", "not allowed"),
]


@pytest.mark.parametrize("text,message", REFUSED, ids=[text for text, _ in REFUSED])
def test_bad_calls_are_refused(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        variance_request(text)


def test_bad_objects_are_refused() -> None:
    with pytest.raises(ArgumentError, match="type float"):
        variance_request(1.5)
    with pytest.raises(ArgumentError, match="form must be"):
        var.varPower(0.5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="value must be a number"):
        var.varPower("~ x", value="high")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="varComb takes variance functions"):
        var.varComb("varPower()")  # type: ignore[arg-type]


BAD_VALUES = [
    ("varPower(c(a = 1, d = 2), ~ v | g)", "has a value for 'd', but the strata are b, a, c"),
    ("varPower(c(a = 1), ~ v)", "the form has no strata"),
    ("varPower(c(1, 2), ~ v | g)", "must be named by stratum"),
    ("varIdent(c(a = -1), ~ 1 | g)", "must be positive"),
    ("varIdent(c(a = 1, b = 2, c = 3), ~ 1 | g)", "leave that one out"),
    ("varIdent(form = ~ 1 | g, fixed = c(a = 1, b = 2, c = 3))", "leave that one out"),
    ("varConstPower(0, form = ~ v)", "the constant 0 of varConstPower must be positive"),
]


@pytest.mark.parametrize("text,message", BAD_VALUES)
def test_values_that_do_not_fit_are_refused(text: str, message: str) -> None:
    request = variance_request(text)
    columns = STRATA if request.form.groups else VarianceColumns(V)
    with pytest.raises(ArgumentError, match=message):
        initialise(request, columns)


@pytest.mark.parametrize("text", ["varPower(form = ~ v)", "varFixed(~ v)"])
def test_a_zero_covariate_is_refused_where_a_power_is_taken(text: str) -> None:
    with pytest.raises(DataError, match="is zero in 2 rows"):
        initialise(variance_request(text), VarianceColumns(np.array([1.0, 0, 0])))
    with pytest.raises(DataError, match="missing or infinite"):
        initialise(variance_request(text), VarianceColumns(np.array([1.0, np.nan])))
