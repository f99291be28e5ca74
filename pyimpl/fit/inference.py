"""The methods of a fit about what is known how well: summary, intervals, tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyimpl import pages, tables
from pyimpl.anova import Anova, contrast_test, joint_test, likelihood_ratio_tests, tests_of_terms
from pyimpl.conf_int import ConfidenceLimits, confidence_limits
from pyimpl.errors import ArgumentError
from pyimpl.fit.core import FittedModel
from pyimpl.fit.effects import Effects
from pyimpl.intervals import Intervals, check_conf_level, check_intervals, fixed_intervals, variance_intervals
from pyimpl.prediction import fitted_values
from pyimpl.report import IntervalsPage
from pyimpl.summary import Summary


class Inference(Effects):
    """The methods of a fit about what is known how well: summary, intervals, tests."""

    def summary(self, adjust_sigma: bool = True) -> Summary:
        """The summary; ``str()`` is R's ``print(summary(fit))``.

        Parameters
        ----------
        adjust_sigma : bool
            As for :meth:`t_table`.
        """
        table, criteria = self.t_table(adjust_sigma), (self.aic, self.bic)
        return Summary(
            pages.summary_page(self.model, self.estimates, table, criteria, self._shown_residuals())
        )

    def _shown_residuals(self) -> pages.ShownResiduals:
        """What a summary shows of the innermost standardized residuals."""
        fitted = fitted_values(self.model, self.estimates, len(self.model.levels))
        return pages.shown_residuals(self.model, (self.model.design.y - fitted) / self.sigma)

    def intervals(self, level: float = 0.95, which: str = "all") -> Intervals:
        """Approximate confidence intervals; ``str()`` is R's print of ``intervals(fit)``.

        Parameters
        ----------
        level : float
            The confidence level.
        which : {"all", "var-cov", "fixed"}
            Fixed effects (by t), variance parameters and sigma (normal on a log or Fisher's z scale), or both.

        Raises
        ------
        ArgumentError
            Intervals of variance parameters were asked for at a singular optimum, where they don't exist.
        """
        level, which = check_intervals(level, which)
        names = self.model.design.fixed.names
        fixed = fixed_intervals(self.estimates, tables.fixed_df(self.model), names, level)
        if which == "fixed":
            return Intervals(IntervalsPage(level, fixed))
        random, sigma = variance_intervals(self.model, self.likelihood, self.optimum, level)
        return Intervals(IntervalsPage(level, fixed if which == "all" else None, random, sigma=sigma))

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
        *others : LmeFit
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
