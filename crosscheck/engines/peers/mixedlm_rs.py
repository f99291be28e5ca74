"""The package mixedlm-rs: statsmodels' interface on a core in Rust."""

from __future__ import annotations

import pandas as pd

from ...answer import Answer
from ...spec import ModelSpec
from .columns import Columns, absent, beyond
from .statsmodels import answer_of_mixedlm


class MixedlmRsEngine:
    """``mixedlm_rs.MixedLM`` as it is called."""

    name = "mixedlm-rs"
    definitions = ("ml-se", "p-normal")
    lacks = ("df", "aic", "bic")

    def why_not(self) -> str:
        """Return why it can't run here, or "" when it can."""
        return absent("mixedlm_rs")

    def cannot(self, spec: ModelSpec) -> str:
        """Return what it has no model for."""
        return beyond(spec, levels=1)

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Answer:
        """Return its answer."""
        import mixedlm_rs

        columns = Columns.of(spec, data)
        Z = columns.model.problem.levels[0].Z
        fit = mixedlm_rs.MixedLM(columns.y, columns.X, columns.groups(), exog_re=Z).fit(reml=columns.reml)
        return answer_of_mixedlm(spec, columns, fit)
