"""Answers made of plain numbers, for engines whose fits don't answer the contract's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..answer import About, Answer, Level
from ..grid import Grid


def plain_level(group: str, cov: pd.DataFrame, ranef: pd.DataFrame) -> Level:
    """Return one grouping level.

    Parameters
    ----------
    group : str
        The grouping factor.
    cov : DataFrame, effects x effects
        The random effects' covariance matrix, on the scale of the response.
    ranef : DataFrame, groups x effects
        The BLUPs, a row for each group: with nested levels named ``"A/1"``.
    """
    psi = Grid.of_frame(cov)
    sds = np.sqrt(np.maximum(np.diag(psi.values), 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        corr = psi.values / np.outer(sds, sds)
    np.fill_diagonal(corr, 1.0)
    several = len(sds) > 1
    return Level(
        group,
        float(len(ranef)),
        Grid(psi.rows, ("std_dev",), sds),
        Grid(psi.rows, psi.rows, np.clip(corr, -1, 1)) if several else None,
        psi,
        Grid.of_frame(ranef),
    )


def plain_answer(
    method: str,
    coefficients: Mapping[str, float],
    sigma: float,
    levels: Sequence[Level],
    log_lik: float,
    *,
    n_obs: int,
    vcov: Any = None,
    table: Mapping[str, Any] | None = None,
    scalars: Mapping[str, float] | None = None,
    fitted: Sequence[pd.Series] | None = None,
    about: About | None = None,
) -> Answer:
    """Return the answer that plain numbers make.

    Parameters
    ----------
    method : {"REML", "ML"}
    coefficients : mapping
        The fixed effects by R's names: ``(Intercept)``, ``sectorCatholic``, ``meanses:cses``.
    sigma : float
        The residual standard deviation.
    levels : sequence of Level
        Outermost first; see :func:`plain_level`.
    log_lik : float
    n_obs : int
    vcov : array, shape (p, p), optional
        The coefficients' covariance matrix; standard errors and t values are taken from it.
    table : mapping, optional
        More columns of the coefficient table, or others in place of those: ``Std.Error``, ``DF``, ``t-value``,
        ``p-value``.
    scalars : mapping, optional
        ``aic`` and ``bic``.
    fitted : sequence of Series, optional
        Fitted values by the rows' names: of the population, then with the effects of each level added.
    about : About, optional

    Notes
    -----
    What isn't given isn't in the answer. An engine that never has it says so in its ``lacks``; otherwise the
    comparison calls it missing.
    """
    terms = tuple(map(str, coefficients))
    values = np.array([float(value) for value in coefficients.values()])
    columns: dict[str, Any] = {"Value": values}
    covariances = None
    if vcov is not None:
        covariances = Grid(terms, terms, np.asarray(vcov, dtype=float))
        errors = np.sqrt(np.diag(covariances.values))
        columns |= {"Std.Error": errors, "t-value": values / errors}
    columns |= dict(table or {})
    known = [name for name in ("Value", "Std.Error", "DF", "t-value", "p-value") if name in columns]
    cells = np.column_stack([np.asarray(columns[name], dtype=float) for name in known])
    rows = None
    if fitted is not None:
        rows = Grid.of_frame(pd.DataFrame({str(level): value for level, value in enumerate(fitted)}))
    return Answer(
        method=method,
        scalars={"sigma": float(sigma), "log_lik": float(log_lik), "n_obs": float(n_obs)}
        | dict(scalars or {}),
        levels=tuple(levels),
        fixef=Grid(terms, ("Value",), values),
        t_table=Grid(terms, tuple(known), cells),
        vcov=covariances,
        fitted=rows,
        about=about or About(),
    )
