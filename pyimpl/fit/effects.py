"""The methods of a fit about its effects, fixed and random, and their covariances."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd

from pyimpl import pages, tables
from pyimpl.choices import check_flag
from pyimpl.covariance_tables import (
    CovarianceFrame,
    CovariancesOfGroups,
    check_kind,
    covariances_of_groups,
    random_covariance,
)
from pyimpl.effects import (
    check_one_level,
    coefficients,
    effects_covariances,
    effects_errors,
    printed_by_level,
    random_effects,
)
from pyimpl.errors import ArgumentError
from pyimpl.fit.regression import Regression
from pyimpl.model import LevelChoice
from pyimpl.posterior import posterior_at
from pyimpl.var_corr import VarCorr


class Effects(Regression):
    """The methods of a fit about its effects, fixed and random, and their covariances."""

    def t_table(self, adjust_sigma: bool = True) -> pd.DataFrame:
        """Columns ``Value``, ``Std.Error``, ``DF`` (containment), ``t-value``, ``p-value``.

        Parameters
        ----------
        adjust_sigma : bool
            Under ML the standard errors are sqrt(N / (N - p)) times those of :meth:`vcov`, as in nlme's summary; False
            leaves them as they are. Under REML they are the same.
        """
        adjusted = check_flag(adjust_sigma, "adjust_sigma")
        return tables.coefficient_table(self.model, self.estimates, adjusted)

    def var_corr(self, rdig: int = 3) -> VarCorr:
        """Variance components; ``str()`` is R's print of ``VarCorr(fit, rdig = rdig)``.

        Parameters
        ----------
        rdig : int
            How many decimals the page gives the correlations, from 0 to 15; the frames hold them in full.
        """
        if isinstance(rdig, bool) or not isinstance(rdig, int) or not 0 <= rdig <= 15:
            raise ArgumentError(f"rdig: must be a whole number from 0 to 15, got {rdig!r}")
        return VarCorr(pages.levels_of_page(self.model, self.estimates), self.sigma, rdig)

    def get_var_cov(
        self, level: LevelChoice = None, type: str = "random.effects", individuals: Any = None
    ) -> CovarianceFrame | CovariancesOfGroups:
        """Covariance matrices; ``str()`` is R's print of ``getVarCov(fit)``, which refuses nesting.

        Parameters
        ----------
        level : int or str, optional
            The level whose random effects, or whose groups, are meant.
        type : {"random.effects", "conditional", "marginal"}
            The covariance of the random effects; or of the responses in single groups of this level: given the random
            effects of the level and of those further out, so that what varies further in is left beside the errors,
            with their correlations and variances, or given none.
        individuals : str, int, or a sequence of them, optional
            The groups, by name or by position from 1 (as they appear in the data); by default the first.

        Returns
        -------
        DataFrame, or for groups a dict of them by group, rows and columns numbered in the order of the data
        """
        depth, kind = self.model.grouping_depth(level), check_kind(type, individuals)
        if kind == "random.effects":
            return random_covariance(self.model, self.estimates, depth)
        return covariances_of_groups(self.model, self.estimates, depth, kind, individuals)

    def ranef(
        self,
        level: LevelChoice | Sequence[int | str] = None,
        aug_frame: bool = False,
        standardized: bool = False,
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Random effects (BLUPs), a row a group; ``str()`` is R's print of them.

        Parameters
        ----------
        level : int, str, or a sequence of them
            Several levels, or none named where there are several, give a dict by grouping factor.
        aug_frame : bool
            Whether to add the groups' values of the data's other columns: means of numbers that vary within a group,
            most frequent values of factors. For one level at a time.
        standardized : bool
            Whether to divide each effect by its estimated standard deviation.
        """
        check_one_level(self.model, level, check_flag(aug_frame, "aug_frame"))
        divide = check_flag(standardized, "standardized")
        table = partial(random_effects, standardized=divide, aug_frame=aug_frame)
        return printed_by_level(self.model, self._by_level(table, level))

    def ranef_cov(
        self, level: LevelChoice | Sequence[int | str] = None, fixed_known: bool = False
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Posterior covariance matrix of each group's random effects, at the estimated variance parameters.

        Parameters
        ----------
        level : int, str, or a sequence of them
            As for :meth:`ranef`.
        fixed_known : bool
            False: the covariance of the errors of prediction, Var(b-hat - b), which counts that the fixed effects are
            estimated (SAS's ``Std Err Pred`` squared). True: given the fixed effects, Var(b | y, beta), which is lme4's
            ``condVar``. Of nested levels both count that the effects further out are predicted too.

        Returns
        -------
        DataFrame
            Rows (group, effect), a column an effect: ``.loc["F03"]`` is one group's matrix.
        """
        given = check_flag(fixed_known, "fixed_known")
        posterior = posterior_at(self.likelihood, self.optimum.evaluation, fixed_known=given)
        return self._by_level(lambda model, _, depth: effects_covariances(model, posterior, depth), level)

    def ranef_se(
        self, level: LevelChoice | Sequence[int | str] = None, fixed_known: bool = False
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Standard errors of the random effects, a row a group: roots of the variances in :meth:`ranef_cov`."""
        given = check_flag(fixed_known, "fixed_known")
        posterior = posterior_at(self.likelihood, self.optimum.evaluation, fixed_known=given)
        return self._by_level(lambda model, _, depth: effects_errors(model, posterior, depth), level)

    def coef(
        self, level: LevelChoice | Sequence[int | str] = None, aug_frame: bool = False
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Fixed plus random effects of a level and those further out, a row a group; arguments as :meth:`ranef`."""
        check_one_level(self.model, level, check_flag(aug_frame, "aug_frame"))
        return printed_by_level(self.model, self._by_level(partial(coefficients, aug_frame=aug_frame), level))
