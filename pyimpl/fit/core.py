"""What a fit is made of, and its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.convergence import Convergence, convergence_of
from pyimpl.estimates import Estimates
from pyimpl.model import LevelChoice, Model, is_sequence
from pyimpl.objective import Likelihood
from pyimpl.observed import groups_of_rows, responses
from pyimpl.optimize import Optimum


# Not slotted, as the other objects that users hold: a frozen slotted class words a refused assignment badly.
@dataclass(frozen=True, repr=False, eq=False)
class FittedModel:
    """A model and what came of fitting it, as :class:`~pyimpl.fit.result.LmeFit` documents it.

    The methods are in the classes that inherit from this one.
    """

    model: Model
    likelihood: Likelihood
    optimum: Optimum
    estimates: Estimates
    warnings: tuple[str, ...]

    @property
    def method(self) -> str:
        """``"REML"`` or ``"ML"``."""
        return self.model.method

    @property
    def sigma(self) -> float:
        """Within-group standard deviation."""
        return self.estimates.sigma

    @property
    def log_lik(self) -> float:
        """The (restricted) log-likelihood; under REML without the term + log|X'X| / 2, as in nlme."""
        return self.estimates.log_lik

    @property
    def aic(self) -> float:
        """-2 log-likelihood + 2 df; df counts fixed effects, covariance parameters and sigma."""
        return -2 * self.log_lik + 2 * self.estimates.n_parameters

    @property
    def bic(self) -> float:
        """-2 log-likelihood + log(n) df, with n = N - p under REML and N under ML, as in nlme."""
        return -2 * self.log_lik + float(np.log(self.likelihood.nu)) * self.estimates.n_parameters

    @property
    def n_obs(self) -> int:
        """Number of rows used."""
        return self.model.n_obs

    @property
    def n_groups(self) -> dict[str, int]:
        """Number of groups by grouping factor, outermost first."""
        return {level.grouping.name: level.grouping.n_groups for level in self.model.levels}

    @property
    def convergence(self) -> Convergence:
        """How the optimiser ended."""
        return convergence_of(self.model, self.optimum)

    def get_data(self) -> pd.DataFrame:
        """The data's rows that the fitted values belong to, with all columns, as R's ``getData``."""
        return self.model.frame.source.iloc[self.model.frame.positions].copy()

    def get_response(self) -> pd.Series:
        """The response, as the formula asks for it, aligned with the data's index."""
        return responses(self.model)

    def get_groups(self, level: LevelChoice | Sequence[int | str] = None) -> pd.Series | pd.DataFrame:
        """Each row's group at a level, a Categorical aligned with the data's index; of several levels a frame."""
        return groups_of_rows(self.model, level)

    def _by_level(
        self,
        table: Callable[[Model, Estimates, int], pd.DataFrame],
        level: LevelChoice | Sequence[int | str],
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        depths = self.model.grouping_depths(level)
        tables_by_level = {
            self.model.levels[k - 1].grouping.name: table(self.model, self.estimates, k) for k in depths
        }
        if is_sequence(level) or len(depths) > 1:
            return tables_by_level
        return next(iter(tables_by_level.values()))

    def _by_depth(
        self, values: Callable[[int], Array], level: LevelChoice | Sequence[int | str]
    ) -> pd.Series | pd.DataFrame:
        depths = self.model.depths(level)
        names = ["fixed", *self.n_groups]
        columns = [self.model.frame.series(values(depth), names[depth]) for depth in depths]
        if not is_sequence(level):
            return columns[0].rename(None)
        return pd.concat(columns, axis=1)
