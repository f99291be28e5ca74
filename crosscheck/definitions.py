"""Other definitions of a quantity, by name, each with the arithmetic that shows that a value follows it.

A value that isn't nlme's is *different by definition* only where its engine declares the definition
(``definitions``, an attribute of the engine) **and** the definition reproduces the value, from the engine's own
variances, within the quantity's tolerance and ten times nearer than nlme's own. Declaring one that doesn't reproduce
the value excuses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import stats

from .answer import Answer
from .compare import Row
from .errors import UsageError
from .quantities import NUMBERS
from .reference import Referee, variances_of

NEARER = 0.1
"""A definition has to miss the value by no more than this part of what nlme's own definition misses it by."""

SAME = 1e-5
"""... unless it is the same to this relative difference: the two definitions may give nearly the same value."""

_QUANTITIES = {quantity.key: quantity for quantity in NUMBERS}


@dataclass(frozen=True)
class Evidence:
    """What a definition is computed from.

    Attributes
    ----------
    referee : Referee
    candidate : Answer
        The answer whose value is in question.
    own : Answer
        What its own variances imply, by nlme's definitions.
    """

    referee: Referee
    candidate: Answer
    own: Answer

    @property
    def count(self) -> int:
        """The number of parameters that AIC and BIC count."""
        objective = self.referee.objective
        return int(objective.problem.X.shape[1] + objective.parameters.n_covariance)

    @property
    def n_obs(self) -> int:
        """The number of rows."""
        return len(self.referee.objective.problem.y)

    @cached_property
    def theta(self) -> Any:
        """The answer's variances as the reference evaluator's parameters."""
        variances = variances_of(self.candidate, self.referee.named)
        return self.referee.objective.parameters.theta(variances)

    @cached_property
    def curvature(self) -> Any:
        """Minus the second derivatives of the log-likelihood there."""
        return self.referee.objective.curvature(self.theta)

    @cached_property
    def joint_covariance(self) -> Any:
        """The coefficients' block of the inverse of their joint information with the variances: C + C B H^-1 B' C.

        C is (X' V^-1 X)^-1, H minus the curvature of l by theta, and B = d(X' V^-1 r)/dtheta at fixed beta.
        """
        objective = self.referee.objective
        theta = self.theta
        solution = objective.at(objective.parameters.variances(theta))
        problem = objective.problem
        at_beta = replace(objective, problem=replace(problem, y=problem.y - problem.X @ solution.beta))

        def score(at: Any) -> Any:
            made = at_beta.at(at_beta.parameters.variances(at))
            return np.linalg.solve(made.vcov, made.beta)  # X' V^-1 r

        steps = 1e-3 * np.eye(len(theta))
        B = np.column_stack([(score(theta + h) - score(theta - h)) / 2e-3 for h in steps])
        CB = solution.vcov @ B
        return solution.vcov + CB @ np.linalg.solve(self.curvature, CB.T)


@dataclass(frozen=True, slots=True)
class Definition:
    """Another definition.

    Attributes
    ----------
    key, title : str
        Its name in code and for people.
    quantities : tuple of str
        What it defines.
    value : callable
        From the evidence, the quantity and the row's name to the value; None where it has none.
    limit : float
        How near to the value counts, in the quantity's units, where that isn't the quantity's own tolerance:
        an arithmetic with differences has its own.
    """

    key: str
    title: str
    quantities: tuple[str, ...]
    value: Callable[[Evidence, str, str], float | None]
    limit: float | None = None


def other_definition(declared: Collection[str], row: Row, evidence: Evidence) -> Definition | None:
    """Return the declared definition that reproduces a row's value, None if none does."""
    quantity = _QUANTITIES.get(row.quantity)
    if quantity is None or not isinstance(row.candidate, float):
        return None
    by_nlme = quantity.read(evidence.own).get(row.name)
    if not isinstance(by_nlme, float):
        return None
    unit = quantity.units(evidence.own).get(row.name, 1.0) or 1.0
    for key in declared:
        definition = definition_called(key)
        if row.quantity in definition.quantities:
            expected = definition.value(evidence, row.quantity, row.name)
            limit = (
                quantity.limit * unit if definition.limit is None else definition.limit * abs(expected or 0)
            )
            off = math.inf if expected is None else abs(row.candidate - expected)
            nearer = NEARER * abs(row.candidate - by_nlme)
            if off <= limit and off <= max(nearer, SAME * abs(row.candidate)):
                return definition
    return None


def definition_called(key: str) -> Definition:
    """Return the definition of that name.

    Raises
    ------
    UsageError
        There is none.
    """
    if key not in DEFINITIONS:
        raise UsageError(f"no definition {key!r}; known: {', '.join(DEFINITIONS)}")
    return DEFINITIONS[key]


def _bic_n(evidence: Evidence, quantity: str, name: str) -> float | None:
    return float(-2 * evidence.own.scalars["log_lik"] + evidence.count * np.log(evidence.n_obs))


def _reml_with_gram(evidence: Evidence, quantity: str, name: str) -> float | None:
    """Return logLik, AIC or BIC with the + 1/2 log|X'X| that makes REML a density of error contrasts."""
    X: Any = evidence.referee.objective.problem.X
    if evidence.candidate.method != "REML" or quantity not in evidence.own.scalars:
        return None
    shift = 0.5 * float(np.linalg.slogdet(X.T @ X)[1])
    return float(evidence.own.scalars[quantity] + (shift if quantity == "log_lik" else -2 * shift))


def _ml_unadjusted(evidence: Evidence, quantity: str, name: str) -> float | None:
    """Return an ML standard error, or t, without nlme's factor sqrt(N / (N - p))."""
    table = evidence.own.t_table
    if evidence.candidate.method != "ML" or table is None:
        return None
    n, p = evidence.n_obs, len(table.rows)
    factor = np.sqrt((n - p) / n)
    column = "Std.Error" if quantity == "std_error" else "t-value"
    value = table.column(column).get(name)
    if value is None:
        return None
    return float(value * factor if quantity == "std_error" else value / factor)


def _satterthwaite(evidence: Evidence, quantity: str, name: str) -> float | None:
    """Return 2 v^2 / (g' H^-1 g): v a coefficient's variance, g its gradient by theta, H minus the curvature of l."""
    objective, optimum = evidence.referee.objective, evidence.referee.optimum
    terms = evidence.own.fixef.rows if evidence.own.fixef is not None else ()
    if name not in terms or not optimum.certified or optimum.n_flat:
        return None
    j, step, at = terms.index(name), 1e-3, evidence.theta

    def variance(theta: Any) -> float:
        return float(objective.at(objective.parameters.variances(theta)).vcov[j, j])

    g = np.array([(variance(at + h) - variance(at - h)) / (2 * step) for h in step * np.eye(len(at))])
    return float(2 * variance(at) ** 2 / (g @ np.linalg.solve(evidence.curvature, g)))


def _joint_information(evidence: Evidence, quantity: str, name: str) -> float | None:
    """Return an SE, a t or a covariance of coefficients by the joint information."""
    if evidence.own.fixef is None or evidence.referee.optimum.n_flat:
        return None
    terms, joint = evidence.own.fixef.rows, evidence.joint_covariance
    if quantity == "vcov":
        row, column = (terms.index(part) for part in name.split(", "))
        return float(joint[row, column])
    error = float(np.sqrt(joint[terms.index(name), terms.index(name)]))
    return error if quantity == "std_error" else float(evidence.own.fixef.column("Value")[name]) / error


def _two_sided(tail: Callable[[float, float], float]) -> Callable[[Evidence, str, str], float | None]:
    """Return the p-value of the candidate's own t, given a distribution's upper tail at t and the candidate's DF."""

    def value(evidence: Evidence, quantity: str, name: str) -> float | None:
        table = evidence.candidate.t_table
        t = table.column("t-value").get(name) if table is not None else None
        df = table.column("DF").get(name, np.nan) if table is not None else np.nan
        return None if t is None else 2 * float(tail(abs(t), df))

    return value


def _table(*definitions: Definition) -> Mapping[str, Definition]:
    return {definition.key: definition for definition in definitions}


DEFINITIONS: Mapping[str, Definition] = _table(
    Definition("bic-n", "BIC counts N rows under REML, not N - p", ("bic",), _bic_n),
    Definition(
        "reml-gram",
        "the REML likelihood has + 1/2 log|X'X|, so that it doesn't hang on the coding of X",
        ("log_lik", "aic", "bic"),
        _reml_with_gram,
    ),
    Definition(
        "ml-se",
        "ML standard errors without nlme's factor sqrt(N / (N - p))",
        ("std_error", "t_value"),
        _ml_unadjusted,
    ),
    Definition(
        "df-satterthwaite",
        "Satterthwaite's degrees of freedom (to 1e-2, as they are taken from differences), not nlme's containment",
        ("df",),
        _satterthwaite,
        limit=1e-2,
    ),
    Definition(
        "p-own-df",
        "p by t with the engine's own degrees of freedom",
        ("p_value",),
        _two_sided(stats.t.sf),
        1e-6,
    ),
    Definition(
        "p-normal",
        "p by the normal distribution, without degrees of freedom",
        ("p_value",),
        _two_sided(lambda t, _: stats.norm.sf(t)),
        1e-6,
    ),
    Definition(
        "se-joint",
        "standard errors from the joint second derivatives by coefficients and variances (to 1e-3, as by differences)",
        ("std_error", "t_value", "vcov"),
        _joint_information,
        1e-3,
    ),
)
"""Every definition that an engine can declare."""
