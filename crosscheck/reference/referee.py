"""The third opinion on one model: its certified optimum, and what any answer's own variances imply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..answer import Answer, Level
from ..errors import CrosscheckError
from ..grid import Grid
from ..spec import ModelSpec
from .certificate import Certificate
from .design import DenseModel, dense_model
from .implied import implied
from .likelihood import Floats, Grouping, Problem
from .optimum import Objective, Optimum, best_of, distance, polish
from .parameters import Parameters, Variances

MAX_ROUNDS = 200
SAME_FITTED = 1e-11
"""Weights that go by fitted values have settled when these change by less than this part of sigma."""


@dataclass(frozen=True)
class Referee:
    """The dense model, with the names of one answer, and its optimum.

    Attributes
    ----------
    objective : Objective
    named : Answer
        Whose names everything goes by, e.g. R's.
    optimum : Optimum
        From the best of the answers it was made from.
    """

    objective: Objective
    named: Answer
    optimum: Optimum

    @classmethod
    def of(cls, spec: ModelSpec, data: pd.DataFrame, answers: Sequence[Answer]) -> Referee:
        """Return the referee of a model.

        Parameters
        ----------
        spec : ModelSpec
        data : DataFrame
        answers : sequence of Answer
            At least one, whose names count; the optimum is searched from the best of them.

        Raises
        ------
        CrosscheckError
            The evaluator doesn't know the model, no answer gives all its variances, or V isn't positive definite there.
        """
        if not answers:
            raise CrosscheckError("the reference evaluator has no answer to begin from")
        named = answers[0]
        objective = objective_of(dense_model(spec, data), named)
        starts = []
        for answer in answers:
            try:
                starts.append(variances_of(answer, named))
            except CrosscheckError:
                continue
        if not starts:
            raise CrosscheckError(f"{named.about.engine} doesn't give every variance")
        try:
            made = cls(objective, named, best_of(objective, starts))
            return made._at_fixed_point() if objective.parameters.within.by_fitted else made
        except np.linalg.LinAlgError as error:
            raise CrosscheckError(f"the reference evaluator can't factor V: {error}") from error

    def _at_fixed_point(self) -> Referee:
        """Return the referee whose optimum is that of weights by its own fitted values, as nlme iterates to it."""
        at = self
        for _ in range(MAX_ROUNDS):
            fitted = _innermost_fitted(at.certified, at.objective.problem)
            before = at.objective.parameters.within.fitted
            if before is not None and np.abs(fitted - before).max() < SAME_FITTED * at.certified.sigma:
                return at
            objective = _with_fitted(at.objective, fitted)
            at = replace(at, objective=objective, optimum=polish(objective, at.optimum.theta))
        return at

    def seen_by(self, answer: Answer) -> Objective:
        """Return the log-likelihood with the weights that an answer's own fitted values give."""
        if not self.objective.parameters.within.by_fitted:
            return self.objective
        return _with_fitted(self.objective, _innermost_fitted(answer, self.objective.problem))

    @property
    def certified(self) -> Answer:
        """The answer at the optimum."""
        best = self.objective.parameters.variances(self.optimum.theta)
        return implied(self.objective, best, self.named, "reference evaluator")

    def implied(self, answer: Answer) -> Answer:
        """Return everything that an answer's own variances imply.

        Raises
        ------
        CrosscheckError
            It doesn't give them all, or V isn't positive definite there.
        """
        try:
            own = variances_of(answer, self.named)
            return implied(self.seen_by(answer), own, self.named, f"{answer.about.engine}'s own variances")
        except np.linalg.LinAlgError as error:
            raise CrosscheckError(f"the reference evaluator can't factor V: {error}") from error

    def certificate(self, answer: Answer) -> Certificate:
        """Return how far an answer is from the optimum; errors are those of :meth:`implied`."""
        try:
            own = variances_of(answer, self.named)
            objective = self.seen_by(answer)
            value = objective.at(own).log_lik
            gradient = objective.gradient(objective.parameters.theta(own))
        except np.linalg.LinAlgError as error:
            raise CrosscheckError(f"the reference evaluator can't factor V: {error}") from error
        reported = answer.scalars.get("log_lik", float("nan"))
        away = distance(self.optimum, gradient, value)
        return Certificate(answer.about.engine, reported, value, away, self.optimum.log_lik)


def variances_of(answer: Answer, named: Answer) -> Variances:
    """Return an answer's variances, the random effects in the order of another's.

    Raises
    ------
    CrosscheckError
        A covariance matrix, sigma or a structure's parameter is missing or isn't a number.
    """
    psis = []
    for level, other in zip(answer.levels, named.levels, strict=False):
        psi, order = _psi(level), _psi(other)
        if psi is None or order is None or set(psi.rows) != set(order.rows):
            break
        at = [psi.rows.index(name) for name in order.rows]
        psis.append(psi.values[np.ix_(at, at)])
    structures = {name: grid.values[:, 0] for name, grid in answer.structure.items()}
    corr, var = (structures.get(name, np.empty(0)) for name in ("corr", "var"))
    whole = len(psis) == len(named.levels) and len(psis) > 0
    numbers = [*psis, np.array([answer.sigma]), corr, var]
    if not whole or not all(np.isfinite(part).all() for part in numbers) or not answer.sigma > 0:
        raise CrosscheckError(f"{answer.about.engine} doesn't give every variance")
    return Variances(tuple(psis), answer.sigma, corr, var)


def _psi(level: Level) -> Grid | None:
    """Return a level's covariance matrix, made of standard deviations and correlations if need be."""
    if level.cov is not None:
        return level.cov
    if level.std_dev is None:
        return None
    sds = level.std_dev.values[:, 0]
    corr = level.corr.values if level.corr is not None else np.eye(len(sds))
    if corr.shape != (len(sds), len(sds)):
        return None
    return Grid(level.std_dev.rows, level.std_dev.rows, corr * np.outer(sds, sds))


def objective_of(model: DenseModel, named: Answer) -> Objective:
    """Return the model's log-likelihood, columns in the order of an answer's terms where the names say which."""
    problem = model.problem
    if len(named.levels) != len(problem.levels):
        raise CrosscheckError(
            f"{named.about.engine} has {len(named.levels)} levels, not {len(problem.levels)}"
        )
    levels = []
    for grouping, effects, form, level in zip(
        problem.levels, model.effects, model.forms, named.levels, strict=True
    ):
        psi = _psi(level)
        if psi is None or len(psi.rows) != len(effects):
            raise CrosscheckError(f"{named.about.engine} doesn't give every variance")
        alone = len(form) == 1
        levels.append(_in_order(grouping, effects, psi.rows) if alone else grouping)
    terms = named.fixef.rows if named.fixef is not None else model.terms
    X = problem.X[:, _order(model.terms, terms)]
    problem = replace(problem, X=X, levels=tuple(levels))
    rows = named.structure["var"].rows if "var" in named.structure else ()
    parameters = Parameters.of(problem, model.forms, model.within.named(rows), model.known_sigma)
    objective = Objective(problem, parameters)
    return _with_fitted(objective, _innermost_fitted(named, problem)) if model.within.by_fitted else objective


def _with_fitted(objective: Objective, fitted: Floats) -> Objective:
    within = replace(objective.parameters.within, fitted=fitted)
    return replace(objective, parameters=replace(objective.parameters, within=within))


def _innermost_fitted(answer: Answer, problem: Problem) -> Floats:
    """Return an answer's fitted values with all random effects, in the rows' order."""
    if answer.fitted is None:
        raise CrosscheckError(f"{answer.about.engine} doesn't give the fitted values that its weights go by")
    values = dict(zip(answer.fitted.rows, answer.fitted.values[:, -1].tolist(), strict=True))
    found = np.array([values.get(row, np.nan) for row in problem.row_names])
    if not np.isfinite(found).all():
        raise CrosscheckError(f"{answer.about.engine} doesn't give every fitted value that its weights go by")
    return found


def _in_order(grouping: Grouping, effects: Sequence[str], asked: Sequence[str]) -> Grouping:
    return replace(grouping, Z=grouping.Z[:, _order(effects, asked)])


def _order(have: Sequence[str], asked: Sequence[str]) -> list[int]:
    """Return where the asked names are; where the names aren't the same, they are taken in order."""
    same = len(have) == len(asked) == len(set(have)) and set(have) == set(asked)
    return [list(have).index(name) for name in asked] if same else list(range(len(have)))
