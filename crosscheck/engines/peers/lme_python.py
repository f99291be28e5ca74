"""The package lme-python: lme4's formulas on a core in Rust."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...answer import Answer
from ...spec import ModelSpec
from ..plain import plain_answer, plain_level
from .columns import Columns, absent, beyond


class LmePythonEngine:
    """``lme_python.lmer`` as it is called."""

    name = "lme-python"
    definitions = ("bic-n", "ml-se")
    lacks = ("df", "p_value")

    def why_not(self) -> str:
        """Return why it can't run here, or "" when it can."""
        return absent("lme_python")

    def cannot(self, spec: ModelSpec) -> str:
        """Return what it has no model for."""
        return beyond(spec)

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Answer:
        """Return its answer."""
        import lme_python

        columns = Columns.of(spec, data)
        fit = lme_python.lmer(columns.bars(), data=columns.frame(), reml=columns.reml)
        levels, found = [], []
        for k, group in enumerate(columns.model.groups):
            names = [term for g, term, other, _, _ in fit.var_corr if g == f"g{k}" and term == other]
            cov = pd.DataFrame(0.0, index=names, columns=names)
            for g, term, other, value, _ in fit.var_corr:
                if g == f"g{k}":
                    cov.loc[term, other] = cov.loc[other, term] = value
            rows = [(label, term, b) for g, label, term, b in fit.ranef if g == f"g{k}"]
            wide = pd.DataFrame(rows, columns=["g", "term", "b"]).pivot(index="g", columns="term", values="b")
            found.append(columns.blups(k, wide[names].to_numpy(), list(wide.index)))
            levels.append(plain_level(group, columns.effect_frame(k, cov), found[-1]))
        beta = np.asarray(fit.coefficients)
        return plain_answer(
            spec.method,
            dict(zip(columns.terms, beta, strict=True)),
            float(np.sqrt(fit.sigma2)),
            levels,
            float(fit.log_likelihood),
            n_obs=int(fit.num_obs),
            vcov=np.asarray(fit.v_beta_unscaled) * fit.sigma2,
            table={"Std.Error": fit.beta_se, "t-value": fit.beta_t},
            scalars={"aic": float(fit.aic), "bic": float(fit.bic)},
            fitted=columns.fitted(beta, found),
        )
