"""At R's own parameters pyimpl prints R's pages, character for character.

R's optimum ends in finite differences, so that pages of two optima differ in last digits. With R's recorded parameters
as starting values, and no search, every number on the page is a function of them: whatever else were wrong would show.
(Where variances go by fitted values, R's are not recorded to enough digits.)
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import pyimpl
from crosscheck.book import book
from crosscheck.data import load
from crosscheck.recordfile import read

MODELS = [
    pytest.param(case, id=case.spec.name)
    for case in book()
    if case.spec.options.keys() & {"correlation", "weights"}
    and not case.spec.goes_by_fitted
    and case.spec.known_sigma is None
]
CLOSE = 2e-9  # R's standard deviations and parameters are recorded with 17 digits, but theta isn't what it records


def numbers(values: np.ndarray) -> str:
    return f"c({', '.join(map(repr, np.asarray(values, float).tolist()))})"


def random_at(spec, answer) -> dict[str, str]:
    """The random effects with R's covariance over sigma^2 as their starting values."""
    (level,) = answer.levels
    D = level.cov.values / answer.sigma**2
    structure = spec.random[level.group] if not isinstance(spec.random, str) else spec.random.split("|")[0]
    if structure.startswith("pdDiag("):
        return {level.group: f"pdDiag({numbers(np.log(np.diag(D)) / 2)}, {structure.removeprefix('pdDiag(')}"}
    R = np.linalg.cholesky(D).T
    above = [R[i, j] for j in range(len(R)) for i in range(j)]
    return {level.group: f"pdLogChol({numbers(np.concatenate([np.log(np.diag(R)), above]))}, {structure})"}


def at(text: str, parameters) -> str:
    """A structure's call with R's parameters as its values."""
    function, _, rest = text.partition("(")
    values, names = parameters.values[:, 0], list(parameters.rows)
    if function == "varConstPower":
        given = ", ".join(f"{name} = {value!r}" for name, value in zip(names, values.tolist(), strict=True))
    elif function == "varIdent" or (len(names) > 1 and function == "varPower"):
        given = ", ".join(f'"{name}" = {value!r}' for name, value in zip(names, values.tolist(), strict=True))
        given = f"c({given})"
    else:
        given = numbers(values)
    return f"{function}({given}{', ' if rest != ')' else ''}{rest}"


@pytest.mark.parametrize("case", MODELS)
def test_pages_at_rs_parameters_are_rs(case):
    spec = case.spec
    answer = read(spec, "tight")
    asked = spec.arguments() | {"random": random_at(spec, answer), "control": {"maxIter": 0}}
    for name, part in (("correlation", "corr"), ("weights", "var")):
        if name in asked:
            asked[name] = at(asked[name], answer.structure[part])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there was no search
        fit = pyimpl.lme(data=load(spec.data), **asked)
    assert fit.log_lik == pytest.approx(answer.scalars["log_lik"], abs=CLOSE)
    assert fit.sigma == pytest.approx(answer.sigma, rel=CLOSE)
    assert str(fit).splitlines() == answer.pages["fit"].splitlines()
    assert str(fit.summary()).splitlines() == answer.pages["summary"].splitlines()
    assert str(fit.var_corr()).splitlines() == answer.pages["var_corr"].splitlines()
    assert str(fit.anova()).splitlines() == answer.pages["anova"].splitlines()


def test_most_of_the_books_structures_are_among_them():
    assert len(MODELS) == 11
