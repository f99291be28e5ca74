"""Whether a likelihood has no maximum: where a model can fit the response, or some of its rows, exactly.

There the likelihood grows without end, as sigma goes to zero, or as a variance function takes the variance of a few
rows to zero beside that of the others. Then no answer is right and none is wrong: engines stop somewhere on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from ..answer import Answer
from ..errors import CrosscheckError
from ..reference.design import DenseModel, dense_model
from ..reference.likelihood import Floats, Problem, Rows, log_likelihood, solve
from ..reference.referee import objective_of, variances_of
from ..reference.within import WithinModel
from ..spec import ModelSpec

DECADES = (1e-2, 1e-3, 1e-4, 1e-5)
"""Sigma in units of the response's spread: far below what any data have, far above rounding."""

GROWTH = 0.5 * np.log(10)
"""What the log-likelihood gains in each decade at least: half of what one exactly fitted row more brings."""

STEADY = 0.8
"""It grows as a logarithm does: by as much in each decade as in the one before, nearly."""


def is_unbounded(spec: ModelSpec, data: pd.DataFrame, answers: list[Answer]) -> bool:
    """Whether the log-likelihood grows steadily as sigma goes to zero, or some of the rows' variances.

    Parameters
    ----------
    spec : ModelSpec
    data : DataFrame
    answers : list of Answer
        Their covariance matrices of random effects, and what they say of the structures within groups, are kept while
        sigma shrinks.
    """
    try:
        model = dense_model(spec, data)
    except (CrosscheckError, ValueError):
        return False
    scale = float(np.std(_left(model.problem)))
    if not scale > 0:
        return False
    return any(_grows(model, answer, scale) for answer in answers) or _grows_by_weights(model, scale)


def weights_run_off(spec: ModelSpec, data: pd.DataFrame) -> bool:
    """Whether the log-likelihood grows steadily along a parameter of the variance function."""
    return "weights" in spec.options and is_unbounded(spec, data, [])


def _left(problem: Problem) -> Floats:
    """Return the response less the fixed effects' ordinary least squares fit."""
    y = np.asarray(problem.y, dtype=float)
    return np.asarray(y - problem.X @ np.linalg.lstsq(problem.X, y, rcond=None)[0])


def _grows(model: DenseModel, answer: Answer, scale: float) -> bool:
    try:
        objective = objective_of(model, answer)
        at = variances_of(answer, answer)
        within = objective.parameters.lambda_of(at)
        values = [log_likelihood(objective.problem, at.psis, scale * part, within) for part in DECADES]
    except (CrosscheckError, np.linalg.LinAlgError, ValueError):
        return False
    return all(after - before > GROWTH for before, after in pairwise(values))


def _grows_by_weights(model: DenseModel, scale: float) -> bool:
    """Whether the log-likelihood grows as one parameter of the variance function sets the rows' variances apart."""
    problem = model.problem
    sizes = [np.sqrt(np.mean(level.Z.astype(float) ** 2, axis=0)) for level in problem.levels]
    free = [np.diag((scale / np.where(size > 0, size, 1.0)) ** 2) for size in sizes]
    for sds in _set_apart(model):
        for psis in (None, free):
            try:
                values = [_at(problem, each, psis, scale) for each in sds]
            except np.linalg.LinAlgError:
                continue
            gains = [after - before for before, after in pairwise(values)]
            steady = all(after > STEADY * before for before, after in pairwise(gains))
            if min(gains) > GROWTH and steady:
                return True
    return False


def _at(problem: Problem, sds: Floats, psis: list[Floats] | None, scale: float) -> float:
    """Return the log-likelihood with given standard deviations over the largest, the errors alone or with Psi."""

    def within(rows: Rows) -> Floats:
        return np.diag(sds[rows] ** 2)

    if psis is not None:
        sigmas = scale / np.quantile(sds, [0.0, 0.25, 0.5, 0.75, 1.0])
        return max(log_likelihood(problem, psis, float(sigma), within) for sigma in sigmas)
    none = [np.zeros((level.Z.shape[1],) * 2) for level in problem.levels]
    found = solve(problem, none, 1.0, within)
    n, p = problem.X.shape
    rss = float((problem.y - problem.X @ found.beta) @ found.whitened_residual)
    if not rss > 0:
        raise np.linalg.LinAlgError("an exact fit")
    sigma = np.sqrt(rss / (n - p if problem.method == "REML" else n))
    return log_likelihood(problem, none, float(sigma), within)


def _set_apart(model: DenseModel) -> Iterator[list[Floats]]:
    """Yield, along each parameter up and down, standard deviations that differ by ever more decades."""
    problem, within = model.problem, replace(model.within, correlation=None)
    if within.by_fitted:
        within = replace(within, fitted=problem.y - _left(problem))
    rows = np.arange(len(problem.y))
    for j in range(within.n_parameters):
        for sign in (1.0, -1.0):
            made = []
            for decades in (-np.log10(part) for part in DECADES):
                step = np.zeros(within.n_parameters)
                step[j] = sign
                for _ in range(2):  # the logarithm is linear in most parameters
                    spread = np.ptp(_log_sds(within, step, rows))
                    step[j] *= decades * np.log(10) / spread if spread > 0 else np.nan
                log_sds = _log_sds(within, step, rows)
                made.append(np.exp(log_sds - log_sds.max()))
            if all(np.isfinite(each).all() and each.min() > 0 for each in made):
                yield made


def _log_sds(within: WithinModel, theta: Floats, rows: Rows) -> Floats:
    """Return the logarithms of the rows' standard deviations in units of sigma."""
    made = within.at(*within.values(theta))
    with np.errstate(all="ignore"):
        return np.log(np.diag(made(rows))) / 2 if made is not None else np.zeros(len(rows))
