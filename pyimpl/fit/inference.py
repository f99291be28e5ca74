"""The methods of a fit about what is known how well: summary, intervals, tests."""

from __future__ import annotations

from pyimpl import pages, tables
from pyimpl.fit.effects import Effects
from pyimpl.intervals import Intervals, check_intervals, fixed_intervals
from pyimpl.prediction import fitted_values
from pyimpl.report import IntervalsPage
from pyimpl.summary import Summary
from pyimpl.variance_intervals import variance_intervals
from pyimpl.within_errors import errors_of


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
        pearson = errors_of(self.model, self.estimates).standardized(self.model.design.y - fitted)
        return pages.shown_residuals(self.model, pearson)

    def intervals(self, level: float = 0.95, which: str = "all") -> Intervals:
        """Approximate confidence intervals; ``str()`` is R's print of ``intervals(fit)``.

        Parameters
        ----------
        level : float
            The confidence level.
        which : {"all", "var-cov", "fixed"}
            Fixed effects (by t), variance parameters and sigma (normal on a log or Fisher's z scale; those of
            correlations and variance functions on nlme's unconstrained scales), or both.

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
        found = variance_intervals(self.model, self.likelihood, self.optimum, self.estimates.psi, level)
        shown = fixed if which == "all" else None
        return Intervals(
            IntervalsPage(level, shown, found.random, found.correlation, found.variance, found.sigma)
        )
