"""statsmodels' ``MixedLM``: one level of groups, any covariance matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...answer import Answer
from ...spec import ModelSpec
from ..plain import plain_answer, plain_level
from .columns import Columns, absent, beyond


class StatsmodelsEngine:
    """``MixedLM`` as it is called, by its own choice of optimisers."""

    name = "statsmodels"
    definitions = ("se-joint", "p-normal")
    lacks = ("df", "aic", "bic")

    def why_not(self) -> str:
        """Return why it can't run here, or "" when it can."""
        return absent("statsmodels")

    def cannot(self, spec: ModelSpec) -> str:
        """Return what it has no model for."""
        return beyond(spec, levels=1)

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Answer:
        """Return its answer."""
        from statsmodels.regression.mixed_linear_model import MixedLM

        columns = Columns.of(spec, data)
        groups = columns.groups()
        model = MixedLM(columns.y, columns.X, groups, exog_re=columns.model.problem.levels[0].Z)
        fit = model.fit(reml=columns.reml)
        return answer_of_mixedlm(spec, columns, fit)


def answer_of_mixedlm(spec: ModelSpec, columns: Columns, fit: Any) -> Answer:
    """Return the answer of a fit that answers the names of statsmodels' ``MixedLMResults``."""
    labels = sorted(fit.random_effects)
    blups = columns.blups(0, [np.asarray(fit.random_effects[label]) for label in labels], labels)
    p = columns.X.shape[1]
    beta = np.asarray(fit.fe_params)
    return plain_answer(
        spec.method,
        dict(zip(columns.terms, beta, strict=True)),
        float(np.sqrt(fit.scale)),
        [plain_level(columns.model.groups[0], columns.effect_frame(0, fit.cov_re), blups)],
        float(fit.llf),
        n_obs=int(fit.nobs),
        vcov=np.asarray(fit.cov_params())[:p, :p],
        table={"p-value": np.asarray(fit.pvalues)[:p]},
        fitted=columns.fitted(beta, [blups]),
    )
