"""R's ``lme4::lmer``, with lmerTest's degrees of freedom where that is installed, through :mod:`rbridge`."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from ...answer import Answer
from ...spec import ModelSpec
from ..plain import plain_answer, plain_level
from .columns import Columns, beyond


class Lme4Engine:
    """``lmer``, at the end of its default optimiser."""

    name = "lme4"
    definitions = ("bic-n", "ml-se", "df-satterthwaite", "p-own-df")

    def why_not(self) -> str:
        """Return why R can't be reached here, or "" when it can."""
        import rbridge

        there = rbridge.available()
        return "" if there else there.reason

    def cannot(self, spec: ModelSpec) -> str:
        """Return what nlme has and lme4 hasn't."""
        return beyond(spec)

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Answer:
        """Return lmer's answer, a column a term."""
        import rbridge

        columns = Columns.of(spec, data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rbridge.RWarning)
            fit = rbridge.lmer(columns.bars(), columns.frame(), method=spec.method)
        table, blups = fit.t_table(), fit.ranef()
        spread, by_group = fit.var_corr(), blups if isinstance(blups, dict) else {"g0": blups}
        rows = spread.to_frame()
        levels, found = [], []
        for k, group in enumerate(columns.model.groups):
            sds = rows[rows["group"] == f"g{k}"]["std_dev"].to_numpy(dtype=float)
            corr = spread.corr(f"g{k}").to_numpy() if len(sds) > 1 else np.eye(1)
            cov = np.where(np.isnan(corr), 0.0, corr) * np.outer(sds, sds)  # no spread, no correlation
            b = by_group[f"g{k}"]
            found.append(columns.blups(k, b.to_numpy(), list(b.index)))
            levels.append(plain_level(group, columns.effect_frame(k, cov), found[-1]))
        beta = table["Value"].to_numpy()
        return plain_answer(
            spec.method,
            dict(zip(columns.terms, beta, strict=True)),
            fit.sigma,
            levels,
            fit.log_lik,
            n_obs=fit.n_obs,
            vcov=fit.vcov().to_numpy(),
            table={name: table[name].to_numpy() for name in ("Std.Error", "DF", "t-value", "p-value")},
            scalars={"aic": fit.aic, "bic": fit.bic},
            fitted=columns.fitted(beta, found),
        )
