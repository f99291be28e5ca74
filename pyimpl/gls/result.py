"""The result of ``gls``: it orchestrates, other modules compute and render."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pyimpl import tables
from pyimpl.aug_pred import AugPred, PredictionSource, augmented_predictions
from pyimpl.choices import choose
from pyimpl.compare_pred import Predicting, compare_pred
from pyimpl.diagnostics import (
    ACF,
    Variogram,
    VariogramOptions,
    autocorrelation,
    check_max_lag,
    layout_of,
    variogram_of,
)
from pyimpl.drawable import Plotted
from pyimpl.errors import ArgumentError
from pyimpl.fit import RESIDUAL_TYPES
from pyimpl.fit.regression import Regression
from pyimpl.frame import check_frame
from pyimpl.gls.groups import GlsCovariance, covariance_of_group, groups_of_errors
from pyimpl.gls.intervals import check_gls_intervals, gls_intervals
from pyimpl.gls.pages import GlsSummary, gls_page, gls_summary_page
from pyimpl.gls.predictions import (
    gls_prediction_source,
    gls_predictions,
    numbered_anew,
    residual_values,
)
from pyimpl.intervals import Intervals, check_conf_level
from pyimpl.model import LevelChoice
from pyimpl.prediction import check_uncertainty, fitted_values
from pyimpl.prediction_grid import Grid
from pyimpl.report import text_to_html
from pyimpl.report.gls import render_gls
from pyimpl.simulation import check_count, generator_of, response_sampler, simulated_frame

if TYPE_CHECKING:
    from pyimpl.pictures.sources import Source


@dataclass(frozen=True, repr=False, eq=False)
class GlsFit(Regression, Plotted):
    """A regression with correlated or unequally precise errors, as R's ``gls`` object. Immutable.

    Tables are pandas under R's names. All degrees of freedom are N - p, and standard errors have the unbiased sigma,
    sqrt(RSS / (N - p)), under ML too, as in nlme.

    Attributes
    ----------
    model : Model
        What was asked for.
    likelihood : Likelihood
        Of the rows, made independent and of one variance.
    optimum : Optimum
        How the search ended.
    estimates : Estimates
        The estimates, as plain arrays.
    warnings : tuple of str
        What the fit wants its reader to know.
    """

    def coef(self) -> pd.Series:
        """The coefficients: the same as :meth:`fixef`."""
        return self.fixef()

    def t_table(self) -> pd.DataFrame:
        """Columns ``Value``, ``Std.Error``, ``t-value``, ``p-value``, by t with N - p degrees of freedom."""
        return tables.coefficient_table(self.model, self.estimates).drop(columns="DF")

    def get_groups(self, level: LevelChoice | Sequence[int | str] = None) -> pd.Series:
        """Each row's group of the correlation structure, a Categorical aligned with the data's index."""
        if level is not None:
            raise ArgumentError("level: a fit of gls has no levels of random effects; leave it out")
        return groups_of_errors(self.model)

    def get_var_cov(self, individual: str | int | None = None) -> GlsCovariance:
        """The covariance of one group's responses; ``str()`` is R's print of ``getVarCov(fit)``.

        Parameters
        ----------
        individual : str or int, optional
            A group of the correlation structure, by name or by position from 1; the first if left out. Rows are in
            the order of the data.
        """
        return covariance_of_group(self.model, self.estimates, individual)

    def summary(self) -> GlsSummary:
        """The summary; ``str()`` is R's ``print(summary(fit))``."""
        return GlsSummary(gls_summary_page(self.model, self.estimates, self.t_table(), self.aic, self.bic))

    def intervals(self, level: float = 0.95, which: str = "all") -> Intervals:
        """Approximate confidence intervals; ``str()`` is R's print of ``intervals(fit)``.

        Parameters
        ----------
        level : float
            The confidence level.
        which : {"all", "var-cov", "coef"}
            Coefficients (by t), the parameters of the errors (normal on nlme's unconstrained scales; of sigma alone by
            chi-square), or both.

        Raises
        ------
        ArgumentError
            Intervals of the errors' parameters were asked for where the optimum is flat or at a limit of theirs.
        """
        level, which = check_gls_intervals(level, which)
        return gls_intervals(self.model, self.likelihood, self.optimum, self.estimates, level, which)

    def fitted(self) -> pd.Series:
        """Fitted values, aligned with the data's index."""
        return self.model.frame.series(fitted_values(self.model, self.estimates, 0))

    def residuals(self, type: str = "response") -> pd.Series:
        """Residuals, aligned with the data's index.

        Parameters
        ----------
        type : {"response", "pearson", "normalized"}
            In units of the response; over the standard deviations of the errors; or besides premultiplied, group by
            group, by the inverse of a factor of their correlations, whatever the order of the rows (nlme's are right
            only where they lie group by group). The beginning of a name is enough, ``"p"``, as in R.
        """
        kind = choose(type, RESIDUAL_TYPES, "type")
        return self.model.frame.series(residual_values(self.model, self.estimates, kind))

    def predict(
        self,
        newdata: pd.DataFrame | None = None,
        se: bool = False,
        interval: str | None = None,
        conf_level: float = 0.95,
    ) -> pd.Series | pd.DataFrame:
        """Predictions, aligned with the rows' index; a row that lacks a value is NaN.

        As in R, the errors of new rows are not predicted from those of rows that they are correlated with.

        Parameters
        ----------
        newdata : DataFrame, optional
            The data itself if left out.
        se : bool
            Whether to give standard errors of the expected response, which R's gls doesn't, by :meth:`vcov`.
        interval : {"confidence", "prediction"}, optional
            An interval for the expected response, or for one new observation, by t with N - p degrees of freedom.
        conf_level : float
            The level of the intervals.

        Returns
        -------
        Series, or DataFrame
            With ``se`` or ``interval`` the columns ``fit``, ``se.fit``, ``lwr``, ``upr``.
        """
        ask = check_uncertainty(se, interval, check_conf_level(conf_level, "conf_level"))
        rows = None if newdata is None else check_frame(newdata, "newdata")
        table = gls_predictions(self.model, self.estimates, rows, ask)
        return table if ask.wanted else table["fit"].rename(None)

    def aug_pred(
        self,
        primary: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        length_out: int = 51,
    ) -> AugPred:
        """Observations, and predictions on a grid of a covariate; ``str()`` is R's print of ``augPred``.

        Parameters
        ----------
        primary : str, optional
            The covariate, as its name or ``"~ age"``; that of the data's own formula if they are grouped data. The
            groups are those of the correlation structure, each with its means of the other covariates.
        minimum, maximum, length_out
            The grid: see :meth:`LmeFit.aug_pred`.
        """
        grid = Grid(primary, minimum, maximum, length_out)
        return numbered_anew(augmented_predictions(self.prediction_source(), grid))

    def compare_pred(
        self,
        other: Predicting,
        primary: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        length_out: int = 51,
        level: LevelChoice = None,
        names: tuple[str, str] = ("fit1", "fit2"),
    ) -> AugPred:
        """Predictions of this fit and of another on one grid: see :func:`pyimpl.compare_pred`.

        ``level`` is that of the other fit, where it has levels.
        """
        return compare_pred(self, other, primary, minimum, maximum, length_out, level, names)

    def prediction_source(self, level: LevelChoice = None) -> PredictionSource:
        """What :meth:`aug_pred` predicts from; a regression has no levels."""
        return gls_prediction_source(self.model, self.estimates)

    def simulate(self, nsim: int = 1, seed: int | np.random.Generator | None = None) -> pd.DataFrame:
        """Responses drawn from the fitted model: columns ``sim_1``, ``sim_2``, ..., aligned with the data's index.

        Parameters
        ----------
        nsim : int
            How many.
        seed : int or numpy Generator, optional
            The same seed gives the same responses, however many are drawn after them.
        """
        count, rng = check_count("nsim", nsim), generator_of(seed)
        return simulated_frame(self.model, response_sampler(self.model, self.estimates), count, rng)

    def acf(self, max_lag: int | None = None, res_type: str = "pearson", form: str | None = None) -> ACF:
        """Empirical autocorrelation of the residuals within groups; ``str()`` is R's print of ``ACF(fit)``.

        Parameters
        ----------
        max_lag : int, optional
            The largest lag; by default R's, the smaller of T and 10 log10(T + 1), T + 1 the rows of the largest group.
        res_type : {"pearson", "response", "normalized"}
            As for :meth:`residuals`.
        form : str, optional
            ``"~ time"``, ``"~ time | group"`` or ``"~ 1 | group"``, as for :meth:`LmeFit.acf`. The groups are those of
            the correlation structure if left out, or all rows where it has none.
        """
        largest = check_max_lag(max_lag)
        return autocorrelation(self._diagnosed(res_type), layout_of(self.model, form), largest)

    def variogram(
        self,
        form: str | None = None,
        res_type: str = "pearson",
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
            of the data. The groups are those of the correlation structure if left out, or all rows where it has none.
        res_type : {"pearson", "response", "normalized"}
            As for :meth:`residuals`.
        max_dist, n_int, collapse, breaks, robust, metric
            As for :meth:`LmeFit.variogram`.
        """
        options = VariogramOptions(max_dist, n_int, collapse, breaks, robust, metric)
        kind = choose(res_type, RESIDUAL_TYPES, "res_type")
        return variogram_of(self.model, self.estimates, self._diagnosed(kind), form, kind, options)

    def _diagnosed(self, res_type: str) -> np.ndarray:
        """Residuals of the model's rows."""
        return residual_values(self.model, self.estimates, choose(res_type, RESIDUAL_TYPES, "res_type"))

    def _source(self, id_res_type: str | None = None) -> Source:
        from pyimpl.gls.drawing import gls_source

        return gls_source(self.model, self.estimates, id_res_type)

    def update(self, model: str | None = None, **changes: Any) -> GlsFit:
        """Fit again with some arguments changed, as R's ``update(fit, ...)``.

        Parameters
        ----------
        model : str, optional
            The new formula. A ``.`` in ``"log(.) ~ . + x"`` stands for the old response or the old terms.
        **changes
            Other arguments of :func:`pyimpl.gls`, each replaced as a whole.
        """
        if model is not None:
            changes["model"] = model
        again: GlsFit = self.model.call.again(changes)
        return again

    def __str__(self) -> str:
        return render_gls(gls_page(self.model, self.estimates)).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return text_to_html(str(self))
