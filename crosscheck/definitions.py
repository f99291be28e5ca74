"""Other definitions of a quantity, by name, each with the arithmetic that shows that a value follows it.

A value that isn't nlme's is *different by definition* only where its engine declares the definition
(``definitions``, an attribute of the engine) **and** the definition reproduces the value, from the engine's own
variances, within the quantity's tolerance. Declaring one that doesn't reproduce the value excuses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .answer import Answer
from .compare import Row
from .errors import UsageError
from .quantities import NUMBERS
from .reference import Referee

_QUANTITIES = {quantity.key: quantity for quantity in NUMBERS}


@dataclass(frozen=True, slots=True)
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
    """

    key: str
    title: str
    quantities: tuple[str, ...]
    value: Callable[[Evidence, str, str], float | None]


def other_definition(declared: Collection[str], row: Row, evidence: Evidence) -> Definition | None:
    """Return the declared definition that reproduces a row's value, None if none does."""
    quantity = _QUANTITIES.get(row.quantity)
    if quantity is None or not isinstance(row.candidate, float):
        return None
    unit = quantity.units(evidence.own).get(row.name, 1.0) or 1.0
    for key in declared:
        definition = definition_called(key)
        if row.quantity in definition.quantities:
            expected = definition.value(evidence, row.quantity, row.name)
            limit = max(quantity.limit, 1e-8)
            if expected is not None and abs(row.candidate - expected) <= limit * unit:
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
)
"""Every definition that an engine can declare."""
