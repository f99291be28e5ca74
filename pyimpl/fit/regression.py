"""The methods about fixed effects that every fit has, with random effects or without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pyimpl import tables
from pyimpl.anova import Anova, contrast_test, joint_test, likelihood_ratio_tests, tests_of_terms
from pyimpl.conf_int import ConfidenceLimits, confidence_limits
from pyimpl.errors import ArgumentError
from pyimpl.fit.core import FittedModel
from pyimpl.intervals import check_conf_level, fixed_intervals
from pyimpl.within_errors import errors_of


class Regression(FittedModel):
    """The methods about fixed effects that every fit has, with random effects or without."""

    def fixef(self) -> pd.Series:
        """Fixed effects."""
        return tables.fixed_effects(self.model, self.estimates)

    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the fixed effects' estimates, sigma^2 (X'V^-1 X)^-1."""
        return tables.covariance_of_fixed(self.model, self.estimates)

    def corr_params(self) -> pd.Series:
        """The constrained parameters of the correlation structure; empty if there is none."""
        return errors_of(self.model, self.estimates).corr_params()

    def var_params(self) -> pd.Series:
        """The estimated parameters of the variance function, constrained; empty if there are none."""
        return errors_of(self.model, self.estimates).var_params()

    def conf_int(self, parm: str | Sequence[str] | None = None, level: float = 0.95) -> ConfidenceLimits:
        """Confidence limits of the fixed effects, those of :meth:`intervals`, in the layout of R's ``confint``.

        For the variance parameters in one tidy table, ask for ``fit.intervals(which="var-cov").to_frame()``.

        Parameters
        ----------
        parm : str or sequence of str, optional
            The coefficients, by name; all if left out.
        level : float
            The confidence level.
        """
        level = check_conf_level(level, "level")
        names = self.model.design.fixed.names
        table = fixed_intervals(self.estimates, tables.fixed_df(self.model), names, level)
        return confidence_limits(table, parm, level)

    def anova(
        self, *others: FittedModel, type: str = "sequential", terms: Any = None, L: Any = None
    ) -> Anova:
        """Tests; ``str()`` is R's print of ``anova(fit, ...)``.

        Parameters
        ----------
        *others : LmeFit or GlsFit
            With others, likelihood-ratio tests between the fits in their order.
        type : {"sequential", "marginal"}
            One fit: F tests of each term given those before it, or given all others.
        terms : str, int, or a sequence of them
            One joint F test of these terms (labels, or positions from 1).
        L : mapping, Series, array or DataFrame
            One F test of linear combinations of the coefficients.
        """
        if terms is not None and L is not None:
            raise ArgumentError("terms: give either terms or L, not both")
        if others:
            if terms is not None or L is not None:
                raise ArgumentError(
                    "terms: terms and L are for one fit; several are compared by likelihood ratio"
                )
            return likelihood_ratio_tests([self, *map(_same_kind, others)])
        if terms is not None:
            return joint_test(self.model, self.estimates, terms)
        if L is not None:
            return contrast_test(self.model, self.estimates, L)
        return tests_of_terms(self.model, self.estimates, type)


def _same_kind(other: object) -> FittedModel:
    """Return ``other`` if it is a fit of this side."""
    if not isinstance(other, FittedModel):
        raise ArgumentError(
            f"others: anova compares fits of pyimpl; one argument is a {type(other).__name__}"
        )
    return other
