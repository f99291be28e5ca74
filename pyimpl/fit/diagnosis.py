"""The methods of a fit that ask whether it is right: simulations, and correlations of its residuals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.choices import choose
from pyimpl.diagnostics import (
    ACF,
    Variogram,
    VariogramOptions,
    autocorrelation,
    check_max_lag,
    layout_of,
    variogram_of,
)
from pyimpl.errors import ArgumentError, NotSupportedError
from pyimpl.fit.core import FittedModel
from pyimpl.fit.predictions import RESIDUAL_TYPES, Predictions
from pyimpl.model import LevelChoice
from pyimpl.simulation import (
    LikelihoodRatioStudy,
    check_alternative,
    check_count,
    check_methods,
    generator_of,
    likelihood_ratio_study,
    response_sampler,
    simulated_frame,
)


class Diagnosis(Predictions):
    """The methods of a fit that ask whether it is right: simulations, and correlations of its residuals."""

    def simulate(
        self, nsim: int = 1, seed: int | np.random.Generator | None = None, level: LevelChoice = 0
    ) -> pd.DataFrame:
        """Responses drawn from the fitted model: columns ``sim_1``, ``sim_2``, ..., aligned with the data's index.

        Parameters
        ----------
        nsim : int
            How many.
        seed : int or numpy Generator, optional
            The same seed gives the same responses, however many are drawn after them.
        level : int or str
            What is held at its estimate: at 0 the fixed effects alone, so that new random effects are drawn at
            each level; at a grouping level also the random effects of that level and those further out (lme4's
            ``re.form = NULL`` is the innermost level).
        """
        count, rng = check_count("nsim", nsim), generator_of(seed)
        sampler = response_sampler(self.model, self.estimates, self.model.depth(level))
        return simulated_frame(self.model, sampler, count, rng)

    def simulate_lr(
        self,
        alternative: FittedModel,
        nsim: int = 1000,
        seed: int | np.random.Generator | None = None,
        method: str | Sequence[str] = ("REML", "ML"),
    ) -> LikelihoodRatioStudy:
        """The likelihood-ratio test of this model against a larger one by simulation: R's ``simulate(fit, m2=)``.

        Responses are simulated from this fit, and both models fitted to each of them. That gives the distribution of
        the likelihood ratio where this model holds, so a p-value of the data's (a parametric bootstrap), also where a
        variance of zero makes the chi-square distribution wrong.

        Parameters
        ----------
        alternative : LmeFit
            The larger model, fitted to the same rows.
        nsim : int
            How many responses.
        seed : int or numpy Generator, optional
            The same seed gives the same study.
        method : {"REML", "ML"} or both
            By what the models are fitted to each response; the responses come from this fit as it is.

        Returns
        -------
        LikelihoodRatioStudy
            ``str()`` shows the tests; ``p_values(df=[1, 2])`` holds the ratios against chi-square distributions and
            their mixture, as R's plot of the study does; ``to_frame()`` has all log-likelihoods.

        Warns
        -----
        LmeWarning
            REML is asked for, and the models have different fixed effects.
        """
        count, rng, methods = check_count("nsim", nsim), generator_of(seed), check_methods(method)
        if not isinstance(alternative, FittedModel):
            raise ArgumentError(f"alternative: expected a fit of pyimpl, got {type(alternative).__name__}")
        if self.model.within is not None or alternative.model.within is not None:
            raise NotSupportedError(
                "correlation, weights: a study of likelihood ratios refits models with independent errors of one "
                "variance only; refit to the columns of fit.simulate() for others"
            )
        check_alternative(self, alternative, methods)
        if self.likelihood.sigma is not None or alternative.likelihood.sigma is not None:
            raise NotSupportedError(
                "control: a study of likelihood ratios estimates sigma each time; fit both models without a known sigma"
            )
        responses = response_sampler(self.model, self.estimates).draw(rng, count)
        return likelihood_ratio_study(self, alternative, responses, methods)

    def acf(
        self,
        max_lag: int | None = None,
        res_type: str = "pearson",
        form: str | None = None,
        level: LevelChoice = None,
    ) -> ACF:
        """Empirical autocorrelation of the residuals within groups; ``str()`` is R's print of ``ACF(fit)``.

        Parameters
        ----------
        max_lag : int, optional
            The largest lag; by default R's, the smaller of T and 10 log10(T + 1), T + 1 the rows of the largest group.
        res_type : {"pearson", "response", "normalized"}
            As for :meth:`residuals`.
        form : str, optional
            ``"~ time"``, ``"~ time | group"`` or ``"~ 1 | group"``. The time is a column of whole numbers, whose
            differences are the lags, so that a missing time is a gap; left out, lags count the rows of a group in
            the order of the data, as in R. The groups are the innermost ones if left out.
        level : int or str, optional
            The level of the residuals.
        """
        largest = check_max_lag(max_lag)
        return autocorrelation(self._diagnosed(res_type, level), layout_of(self.model, form), largest)

    def variogram(
        self,
        form: str | None = None,
        res_type: str = "pearson",
        level: LevelChoice = None,
        *,
        max_dist: float | None = None,
        n_int: int = 20,
        collapse: str = "quantiles",
        breaks: Any = None,
        robust: bool = False,
        metric: str = "euclidean",
    ) -> Variogram:
        """Empirical semivariogram of the residuals within groups; ``str()`` is R's print of ``Variogram(fit)``.

        Parameters
        ----------
        form : str, optional
            The coordinates of a row: ``"~ time"``, ``"~ x + y"``, ``"~ time | group"``. Left out, they are those of a
            spatial correlation structure, with its metric; otherwise distances count the rows of a group in the order
            of the data. The groups are the innermost ones if left out.
        res_type : {"pearson", "response", "normalized"}
            As for :meth:`residuals`.
        level : int or str, optional
            The level of the residuals.
        max_dist : float, optional
            Pairs further apart are left out. Long groups are quick with it: only near pairs are ever looked at.
        n_int : int
            The number of classes of distances; where no more distances than that occur, each is a class.
        collapse : {"quantiles", "fixed", "none"}
            Classes of about equal size, of equal width, or each pair by itself.
        breaks : sequence of float, optional
            The bounds of the classes, instead of ``n_int``.
        robust : bool
            Cressie & Hawkins' robust estimate in place of the mean of a class.
        metric : {"euclidean", "maximum", "manhattan"}
            The distance where there are several coordinates.
        """
        options = VariogramOptions(max_dist, n_int, collapse, breaks, robust, metric)
        kind, residuals = choose(res_type, RESIDUAL_TYPES, "res_type"), self._diagnosed(res_type, level)
        return variogram_of(self.model, self.estimates, residuals, form, kind, options)

    def _diagnosed(self, res_type: str, level: LevelChoice) -> Array:
        """Residuals of the model's rows."""
        wanted = choose(res_type, RESIDUAL_TYPES, "res_type")
        aligned = self.residuals(wanted, level=self.model.depth(level))
        return np.asarray(aligned.to_numpy()[self.model.frame.kept])
