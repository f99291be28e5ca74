"""gpboost's ``GPModel``: random effects that don't covary, by maximum likelihood."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...answer import Answer
from ...spec import ModelSpec
from ..plain import plain_answer, plain_level
from .columns import Columns, absent, beyond


class GpboostEngine:
    """``GPModel`` with Gaussian errors, as it is called."""

    name = "gpboost"
    definitions = ("ml-se",)
    lacks = ("df", "p_value", "t_value", "aic", "bic", "vcov")

    def why_not(self) -> str:
        """Return why it can't run here, or "" when it can."""
        return absent("gpboost")

    def cannot(self, spec: ModelSpec) -> str:
        """Return what it has no model for."""
        return beyond(spec, levels=1, forms=("diag",), reml=False)

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Answer:
        """Return its answer."""
        import gpboost

        columns = Columns.of(spec, data)
        Z, effects = columns.model.problem.levels[0].Z, columns.model.effects[0]
        slopes = Z[:, 1:] if effects[0] == "(Intercept)" else Z
        model = gpboost.GPModel(
            group_data=columns.groups()[:, None],
            group_rand_coef_data=slopes if slopes.size else None,
            ind_effect_group_rand_coef=[1] * slopes.shape[1] if slopes.size else None,
            likelihood="gaussian",
            num_parallel_threads=1,
        )
        model.fit(y=columns.y, X=columns.X)
        variances = np.asarray(model.get_cov_pars(std_err=False)).ravel()
        beta, errors = np.atleast_2d(np.asarray(model.get_coef(std_err=True)))[:2]
        by_row = np.asarray(model.predict_training_data_random_effects())[:, : len(effects)]
        codes = columns.model.problem.levels[0].codes
        first = [int(np.flatnonzero(codes == code)[0]) for code in range(codes.max() + 1)]
        blups = columns.blups(0, by_row[first])
        level = plain_level(columns.model.groups[0], columns.effect_frame(0, np.diag(variances[1:])), blups)
        return plain_answer(
            spec.method,
            dict(zip(columns.terms, beta, strict=True)),
            float(np.sqrt(variances[0])),
            [level],
            -float(model.get_current_neg_log_likelihood()),
            n_obs=len(columns.y),
            table={"Std.Error": errors},
            fitted=columns.fitted(beta, [blups]),
        )
