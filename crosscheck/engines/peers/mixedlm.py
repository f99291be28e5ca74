"""The package mixedlm: lme4's formulas in Python."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...answer import Answer
from ...spec import ModelSpec
from ..plain import plain_answer, plain_level
from .columns import Columns, absent, beyond


class MixedlmEngine:
    """``mixedlm.lmer`` as it is called."""

    name = "mixedlm"
    definitions = ("bic-n", "ml-se")
    lacks = ("df", "p_value")

    def why_not(self) -> str:
        """Return why it can't run here, or "" when it can."""
        return absent("mixedlm")

    def cannot(self, spec: ModelSpec) -> str:
        """Return what it has no model for."""
        return beyond(spec)

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Answer:
        """Return its answer."""
        import mixedlm

        columns = Columns.of(spec, data)
        fit = mixedlm.lmer(columns.bars(), columns.frame(), REML=columns.reml)
        spread, effects = fit.VarCorr(), fit.ranef()
        levels, found = [], []
        for k, group in enumerate(columns.model.groups):
            values = np.column_stack([np.asarray(b) for b in effects[f"g{k}"].values()])
            found.append(columns.blups(k, values))
            levels.append(plain_level(group, columns.effect_frame(k, spread.get_cov(f"g{k}")), found[-1]))
        beta = np.asarray(fit.beta)
        return plain_answer(
            spec.method,
            dict(zip(columns.terms, beta, strict=True)),
            float(fit.sigma),
            levels,
            float(fit.logLik().value),
            n_obs=int(fit.nobs()),
            vcov=fit.vcov(),
            scalars={"aic": float(fit.AIC()), "bic": float(fit.BIC())},
            fitted=columns.fitted(beta, found),
        )
