"""What given variances imply, as an answer: everything else that a fit says follows from them by definition.

    beta = (X' V^-1 X)^-1 X' V^-1 y           b_k = Psi_k Z_k' V^-1 (y - X beta), summed over a group's rows
    AIC = -2 l + 2 d                          BIC = -2 l + d log(N - p), N under ML;  d counts every parameter

and the standard errors of a coefficient table are those of (X' V^-1 X)^-1, under ML times sqrt(N / (N - p)).
Names, counts and degrees of freedom, which no variance has a say in, are taken from another answer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import stats

from ..answer import About, Answer, Level
from ..grid import Grid
from .likelihood import Floats, Problem, Solution
from .optimum import Objective
from .parameters import Variances


def implied(objective: Objective, variances: Variances, named: Answer, engine: str) -> Answer:
    """Return the answer that variances imply, with the names of another answer to the same model.

    Parameters
    ----------
    objective : Objective
    variances : Variances
    named : Answer
        Its terms and effects are those of X's and Z's columns, in their order.
    engine : str
        What the answer is to be called.
    """
    problem = objective.problem
    solution = objective.at(variances)
    levels = tuple(
        _level(problem, k, variances, solution, named.levels[k]) for k in range(len(problem.levels))
    )
    terms = named.fixef.rows if named.fixef is not None else ()
    answered = Answer(
        method=named.method,
        scalars=_scalars(objective, variances, solution, named),
        levels=levels,
        structure={
            name: replace(grid, values=np.asarray(value)[:, None])
            for (name, grid), value in zip(
                _structures(named).items(),
                (v for v in (variances.corr, variances.var) if len(v)),
                strict=False,
            )
        },
        about=About(engine),
    )
    if len(terms) != len(solution.beta):
        return answered
    vcov = Grid(terms, terms, solution.vcov)
    return replace(
        answered,
        fixef=Grid(terms, ("Value",), solution.beta),
        vcov=vcov,
        t_table=_t_table(problem, solution, named),
        fitted=_fitted(problem, variances, solution, named),
    )


def _structures(named: Answer) -> dict[str, Grid]:
    return {name: named.structure[name] for name in ("corr", "var") if name in named.structure}


def _scalars(
    objective: Objective, variances: Variances, solution: Solution, named: Answer
) -> dict[str, float]:
    problem = objective.problem
    n, p = problem.X.shape
    count = p + objective.parameters.n_covariance
    rows = n - p if problem.method == "REML" else n
    deviance = -2 * solution.log_lik
    found = {
        "sigma": variances.sigma,
        "log_lik": solution.log_lik,
        "aic": deviance + 2 * count,
        "bic": deviance + count * float(np.log(rows)),
        "n_obs": float(n),
    }
    return {name: value for name, value in found.items() if name in named.scalars}


def _level(problem: Problem, k: int, variances: Variances, solution: Solution, named: Level) -> Level:
    psi = variances.psis[k]
    effects = named.cov.rows if named.cov is not None else named.std_dev.rows if named.std_dev else ()
    sds = np.sqrt(np.maximum(np.diag(psi), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        corr = np.clip(psi / np.outer(sds, sds), -1, 1)
    np.fill_diagonal(corr, 1.0)
    ranef = None
    if named.ranef is not None:
        ranef = Grid(problem.levels[k].labels, effects, _blups(problem, k, psi, solution))
    return Level(
        named.group,
        float(len(problem.levels[k].labels)),
        Grid(effects, ("std_dev",), sds),
        Grid(effects, effects, corr) if named.corr is not None else None,
        Grid(effects, effects, psi) if named.cov is not None else None,
        ranef,
    )


def _blups(problem: Problem, k: int, psi: Floats, solution: Solution) -> Floats:
    level = problem.levels[k]
    sums = np.zeros((len(level.labels), len(psi)), dtype=level.Z.dtype)
    np.add.at(sums, level.codes, level.Z * solution.whitened_residual[:, None])
    return sums @ psi


def _fitted(problem: Problem, variances: Variances, solution: Solution, named: Answer) -> Grid | None:
    if named.fitted is None:
        return None
    values = [problem.X @ solution.beta]
    for k, level in enumerate(problem.levels):
        b = _blups(problem, k, variances.psis[k], solution)
        values.append(values[-1] + (level.Z * b[level.codes]).sum(axis=1))
    place = {name: i for i, name in enumerate(problem.row_names)}
    table = np.full((len(named.fitted.rows), len(values)), np.nan)
    for i, row in enumerate(named.fitted.rows):  # rows left out are NaN, as under na.exclude
        if row in place:
            table[i] = [value[place[row]] for value in values]
    return Grid(named.fitted.rows, tuple(map(str, range(len(values)))), table)


def _t_table(problem: Problem, solution: Solution, named: Answer) -> Grid | None:
    if named.t_table is None:
        return None
    n, p = problem.X.shape
    errors = np.sqrt(np.diag(solution.vcov))
    if problem.method == "ML":
        errors = errors * np.sqrt(n / (n - p))
    df = np.array([named.t_table.column("DF").get(term, np.nan) for term in named.t_table.rows])
    t = solution.beta / errors
    p_values = 2 * stats.t.sf(np.abs(t).astype(float), df)
    columns = {
        "Value": solution.beta,
        "Std.Error": errors,
        "DF": df,
        "t-value": t,
        "p-value": np.where(df > 0, p_values, np.nan),
    }
    kept = {name: value for name, value in columns.items() if name in named.t_table.columns}
    return Grid(named.t_table.rows, tuple(kept), np.column_stack(list(kept.values())))
