"""The result of a fit: it orchestrates, other modules compute and render."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from pyimpl import pages, tables
from pyimpl.anova import Anova, contrast_test, joint_test, likelihood_ratio_tests, tests_of_terms
from pyimpl.arrays import Array
from pyimpl.aug_pred import AugPred, PredictionSource, augmented_predictions, source_of_fit
from pyimpl.choices import choose
from pyimpl.compare_pred import Predicting, compare_pred
from pyimpl.conf_int import ConfidenceLimits, confidence_limits
from pyimpl.convergence import Convergence, convergence_of
from pyimpl.covariance_tables import (
    CovarianceFrame,
    CovariancesOfGroups,
    check_kind,
    covariances_of_groups,
    random_covariance,
)
from pyimpl.diagnostics import (
    ACF,
    Variogram,
    VariogramOptions,
    autocorrelation,
    check_max_lag,
    empirical_variogram,
    layout_of,
)
from pyimpl.effects import (
    check_one_level,
    coefficients,
    effects_covariances,
    effects_errors,
    printed_by_level,
    random_effects,
)
from pyimpl.errors import ArgumentError, NotSupportedError
from pyimpl.estimates import Estimates
from pyimpl.frame import check_frame
from pyimpl.intervals import Intervals, check_conf_level, check_intervals, fixed_intervals, variance_intervals
from pyimpl.model import LevelChoice, Model, is_sequence
from pyimpl.objective import Likelihood
from pyimpl.observed import groups_of_rows, responses
from pyimpl.optimize import Optimum
from pyimpl.posterior import posterior_at
from pyimpl.prediction import PredictionErrors, check_uncertainty, fitted_values
from pyimpl.prediction_grid import Grid
from pyimpl.prediction_tables import predictions
from pyimpl.report import IntervalsPage, render_fit, text_to_html
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
from pyimpl.summary import Summary
from pyimpl.var_corr import VarCorr

RESIDUAL_TYPES = ("response", "pearson", "normalized")


# Not slotted, as the other objects that users hold: a frozen slotted class words a refused assignment badly.
@dataclass(frozen=True, repr=False, eq=False)
class LmeFit:
    """A fitted linear mixed-effects model, as R's ``lme`` object. Immutable.

    Tables are pandas under R's names. Wherever a method takes ``level``, it is the number of a grouping level (1 the
    outermost; 0 the population where that makes sense) or the name of its grouping factor; left out, it is the
    innermost.

    Attributes
    ----------
    model : Model
        What was asked for.
    likelihood : Likelihood
        The function that was minimised: ``fit.likelihood.evaluate(theta)``.
    optimum : Optimum
        Where the minimum was found.
    estimates : Estimates
        The estimates, as plain arrays.
    warnings : tuple of str
        What the fit wants its reader to know.
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

    def fixef(self) -> pd.Series:
        """Fixed effects."""
        return tables.fixed_effects(self.model, self.estimates)

    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the fixed effects' estimates, sigma^2 (X'V^-1 X)^-1."""
        return tables.covariance_of_fixed(self.model, self.estimates)

    def t_table(self) -> pd.DataFrame:
        """Columns ``Value``, ``Std.Error``, ``DF`` (containment), ``t-value``, ``p-value``.

        Under ML the standard errors are sqrt(N / (N - p)) times those of :meth:`vcov`, as in nlme's summary.
        """
        return tables.coefficient_table(self.model, self.estimates)

    def var_corr(self) -> VarCorr:
        """Variance components; ``str()`` is R's print of ``VarCorr(fit)``."""
        return VarCorr(pages.levels_of_page(self.model, self.estimates), self.sigma)

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
            effects of the level and of those further out, so that what varies further in is left beside sigma^2, or
            given none.
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

    def corr_params(self) -> pd.Series:
        """Parameters of the correlation structure: none."""
        return pd.Series(dtype=float)

    def var_params(self) -> pd.Series:
        """Parameters of the variance function: none."""
        return pd.Series(dtype=float)

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
        check_one_level(self.model, level, aug_frame)
        table = partial(random_effects, standardized=standardized, aug_frame=aug_frame)
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
        posterior = posterior_at(self.likelihood, self.optimum.evaluation, fixed_known=fixed_known)
        return self._by_level(lambda model, _, depth: effects_covariances(model, posterior, depth), level)

    def ranef_se(
        self, level: LevelChoice | Sequence[int | str] = None, fixed_known: bool = False
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Standard errors of the random effects, a row a group: roots of the variances in :meth:`ranef_cov`."""
        posterior = posterior_at(self.likelihood, self.optimum.evaluation, fixed_known=fixed_known)
        return self._by_level(lambda model, _, depth: effects_errors(model, posterior, depth), level)

    def coef(
        self, level: LevelChoice | Sequence[int | str] = None, aug_frame: bool = False
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Fixed plus random effects of a level and those further out, a row a group; arguments as :meth:`ranef`."""
        check_one_level(self.model, level, aug_frame)
        return printed_by_level(self.model, self._by_level(partial(coefficients, aug_frame=aug_frame), level))

    def fitted(self, level: LevelChoice | Sequence[int | str] = None) -> pd.Series | pd.DataFrame:
        """Fitted values, aligned with the data's index; level 0 is the population's. Several levels give a frame."""
        return self._by_depth(lambda depth: fitted_values(self.model, self.estimates, depth), level)

    def residuals(
        self, type: str = "response", level: LevelChoice | Sequence[int | str] = None
    ) -> pd.Series | pd.DataFrame:
        """Residuals, aligned with the data's index.

        Parameters
        ----------
        type : {"response", "pearson", "normalized"}
            In units of the response, or divided by sigma ("normalized" differs only with a correlation structure). The
            beginning of a name is enough, ``"p"``, as in R.
        level : int, str, or a sequence of them
            As for :meth:`fitted`.
        """
        unit = 1.0 if choose(type, RESIDUAL_TYPES, "type") == "response" else self.sigma
        y = self.model.design.y
        return self._by_depth(
            lambda depth: (y - fitted_values(self.model, self.estimates, depth)) / unit, level
        )

    def predict(
        self,
        newdata: pd.DataFrame | None = None,
        level: LevelChoice | Sequence[int | str] = None,
        se: bool = False,
        interval: str | None = None,
        conf_level: float = 0.95,
    ) -> pd.Series | pd.DataFrame:
        """Predictions, aligned with the rows' index; a group that the data didn't have gives NaN at its level.

        Parameters
        ----------
        newdata : DataFrame, optional
            The data itself if left out. A row that lacks a value that a level needs is NaN there.
        level : int, str, or a sequence of them
            0 for the population, which needs no groups. Several give a frame, as in R: the groups' names, then
            ``predict.fixed`` for the population and ``predict.<group>``.
        se : bool
            Whether to give standard errors, which R doesn't: of the prediction at a level as an estimate of the mean
            response there, x'beta + the z'b of the levels counted. They are those of the error of prediction
            (Henderson 1975): what is not known of beta and of b, jointly, at the estimated variance parameters
            (whose own uncertainty is not counted, as in ``vcov``).
        interval : {"confidence", "prediction"}, optional
            An interval for that mean, or for one new observation: ``"prediction"`` adds the variances of the random
            effects of the levels further in than the one asked for, and sigma^2. So at level 0 it is the interval of
            an observation in a group that the data didn't have. Both are by t, with the smallest containment degrees
            of freedom of the coefficients that a row involves, as :meth:`intervals` takes them for a single one.
        conf_level : float
            The level of the intervals.

        Returns
        -------
        Series, or DataFrame
            With ``se`` or ``interval`` the columns ``fit``, ``se.fit``, ``lwr``, ``upr``; of several levels
            ``predict.<group>``, ``se.fit.<group>``, ``lwr.<group>``, ``upr.<group>``.
        """
        ask = check_uncertainty(se, interval, check_conf_level(conf_level, "conf_level"))
        depths = self.model.depths(level)
        rows = None if newdata is None else check_frame(newdata, "newdata")
        errors = None
        if ask.wanted:
            posterior = posterior_at(self.likelihood, self.optimum.evaluation)
            errors = PredictionErrors(posterior, self.estimates, tables.fixed_df(self.model))
        several = is_sequence(level)
        table = predictions(self.model, self.estimates, errors, rows, depths, ask, several)
        return table if several or ask.wanted else table["fit"].rename(None)

    def aug_pred(
        self,
        primary: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        length_out: int = 51,
        level: LevelChoice | Sequence[int | str] = None,
    ) -> AugPred:
        """Observations, and predictions on a grid of a covariate in every group; ``str()`` is R's print of ``augPred``.

        Parameters
        ----------
        primary : str, optional
            The covariate, as its name or ``"~ age"``; that of the data's own formula if they are grouped data. Other
            covariates have their groups' means, factors their most frequent values.
        minimum, maximum : float, optional
            The ends of the grid; those of the data if left out.
        length_out : int
            How many values it has.
        level : int, str, or a sequence of them
            0 for the population's predictions; several give a line each.
        """
        grid = Grid(primary, minimum, maximum, length_out)
        return augmented_predictions(self.prediction_source(level), grid)

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
        """Predictions of this fit and of another on one grid: see :func:`pyimpl.compare_pred`."""
        return compare_pred(self, other, primary, minimum, maximum, length_out, level, names)

    def prediction_source(self, level: LevelChoice | Sequence[int | str] = None) -> PredictionSource:
        """What :meth:`aug_pred` predicts from."""
        return source_of_fit(self.model, self.estimates, level)

    def summary(self) -> Summary:
        """The summary; ``str()`` is R's ``print(summary(fit))``."""
        fitted = fitted_values(self.model, self.estimates, len(self.model.levels))
        shown = pages.shown_residuals(self.model, (self.model.design.y - fitted) / self.sigma)
        page = pages.summary_page(self.model, self.estimates, self.t_table(), (self.aic, self.bic), shown)
        return Summary(page)

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

    def anova(self, *others: LmeFit, type: str = "sequential", terms: Any = None, L: Any = None) -> Anova:
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
        alternative: LmeFit,
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
        if not isinstance(alternative, LmeFit):
            raise ArgumentError(f"alternative: expected a fit of pyimpl, got {type(alternative).__name__}")
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
            The coordinates of a row: ``"~ time"``, ``"~ x + y"``, ``"~ time | group"``. Left out, distances count the
            rows of a group in the order of the data; the groups are the innermost ones if left out.
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
        return empirical_variogram(self._diagnosed(res_type, level), layout_of(self.model, form), options)

    def _diagnosed(self, res_type: str, level: LevelChoice) -> Array:
        """Residuals of the model's rows."""
        wanted = choose(res_type, RESIDUAL_TYPES, "res_type")
        aligned = self.residuals(wanted, level=self.model.depth(level))
        return np.asarray(aligned.to_numpy()[self.model.frame.kept])

    def plot(
        self,
        form: str | None = None,
        *,
        abline: float | tuple[float, float] | bool | None = None,
        id: float | str | None = None,
        id_labels: str | Sequence[object] | None = None,
        id_res_type: str | None = None,
        grid: bool | None = None,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw residuals, fitted values and covariates against each other, as R's ``plot(fit, form)``.

        Needs matplotlib. A new figure is made unless ``ax`` is given; it is pyplot's where pyplot is in use.

        Parameters
        ----------
        form : str
            ``"resid(., type = 'p') ~ fitted(.) | Sex"``; standardized residuals against fitted values if left out.
            Left and right stand columns, ``resid(.)``, ``fitted(.)`` (with R's ``level`` and ``type``) or functions
            of them, after the bar what makes the panels, one or more joined by ``*``. A factor on the left gives box
            plots (``"Subject ~ resid(.)"``), no left side a histogram. Rows without a value are left out.
        abline : float or (intercept, slope)
            A line of reference; at 0 in the default picture, where False leaves it out.
        id : float or str
            Label the points whose residual has a probability below ``id`` under the normal distribution, or the rows
            of a condition such as ``"Subject == 'M13'"``.
        id_labels : str or sequence
            A column that holds the labels, or one a row; left out, the innermost group's name.
        id_res_type : {"pearson", "normalized"}
            The residuals by which ``id`` finds points; pearson if left out.
        grid : bool
            Left out, lines in scatter plots only.
        layout : (columns, rows)
            Panels a page, each page a figure; left out, all on one.
        ax : Axes or a sequence of them
            Where to draw, one a panel.
        **style
            Matplotlib's properties of the points, boxes or bars.

        Returns
        -------
        Axes, or an array of them
            One a panel where there is a condition.
        """
        from pyimpl import pictures

        line = pictures.check_line(abline, 0.0 if form is None else None)
        look = pictures.Look(line, layout=layout, ax=ax, style=style)
        source = pictures.fit_source(self, id_res_type)
        return pictures.plot_form(source, form, pictures.Identify(id, id_labels), look, grid)

    def qqnorm(
        self,
        form: str | None = None,
        *,
        abline: float | tuple[float, float] | bool | None = None,
        id: float | str | None = None,
        id_labels: str | Sequence[object] | None = None,
        grid: bool = False,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw residuals or random effects against normal quantiles, as R's ``qqnorm(fit, form)``.

        Parameters
        ----------
        form : str
            ``"~ resid(., type = 'p') | Sex"`` (the default without panels) or ``"~ ranef(., level = 1)"``, a panel an
            effect. Panels of residuals show parts of the one plot of all of them.
        abline, id, id_labels, grid, layout, ax, **style
            As for :meth:`plot`; random effects are judged by ``id`` after division by their standard deviations.
        """
        from pyimpl import pictures

        look = pictures.Look(pictures.check_line(abline, None), grid, layout, ax, style)
        return pictures.plot_quantiles(
            pictures.fit_source(self), form, pictures.Identify(id, id_labels), look
        )

    def pairs(
        self,
        form: str | None = None,
        *,
        id: float | str | None = None,
        id_labels: str | Sequence[object] | None = None,
        grid: bool = False,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw random effects or coefficients against each other, as R's ``pairs(fit, form)``.

        Parameters
        ----------
        form : str
            ``"~ coef(.)"`` (the default) or ``"~ ranef(., level = 1)"``; two effects may have panels, ``| Sex``.
        id : float or str
            Label the groups whose random effects b have b' D^-1 b beyond the chi-squared quantile, or those of a
            condition such as ``"Subject == 'M13'"``.
        id_labels, grid, layout, ax, **style
            As for :meth:`plot`.

        Returns
        -------
        Axes, or an array of them
            A matrix of them for more than two effects.
        """
        from pyimpl import pictures

        look = pictures.Look(None, grid, layout, ax, style)
        return pictures.plot_pairs(pictures.fit_source(self), form, pictures.Identify(id, id_labels), look)

    def plot_ranef(
        self,
        form: str | None = None,
        *,
        level: LevelChoice = None,
        standardized: bool = False,
        omit_fixed: bool = True,
        smooth: bool = True,
        span: float = 2 / 3,
        grid: bool = True,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw the random effects of one level, as R's ``plot(ranef(fit), form)``.

        Parameters
        ----------
        form : str
            Left out: a dot a group, a panel an effect. ``"~ Sex"``: groups of the same sex on one line.
            ``"age ~ Sex + weight"``: that effect against each covariate, a panel each: boxes for a factor, points for
            numbers. Covariates are the data's columns by group: a mean, or the most frequent value.
        level : int or str
            The level of grouping.
        standardized : bool
            Divide by the standard deviations.
        omit_fixed : bool
            Leave out effects that are the same in all groups.
        smooth, span : bool, float
            Draw a robust local regression through points (each local line sees the share ``span`` of them), and join
            the medians of boxes.
        grid, layout, ax, **style
            As for :meth:`plot`.

        Returns
        -------
        array of Axes
        """
        from pyimpl import pictures

        effects = pictures.fit_source(self).effects(pictures.ranef_term(level, standardized))
        if omit_fixed:
            effects = effects.varying()
        look = pictures.Look(layout=layout, ax=ax, style=style)
        return pictures.plot_effects(effects, form, look, pictures.Loess(span) if smooth else None, grid)

    def update(self, **changes: Any) -> LmeFit:
        """Fit again with some arguments changed, as R's ``update(fit, ...)``.

        Parameters
        ----------
        **changes
            Arguments of :func:`pyimpl.lme`. A ``.`` in ``fixed="log(.) ~ . + x"`` stands for the old response or the
            old terms, which R's rules then spell out one by one; the other arguments are replaced as a whole.

        Raises
        ------
        ArgumentError
            There is no such argument, or as for :func:`pyimpl.lme`.
        """
        from pyimpl.lme import lme  # which makes the objects of this class

        return lme(**self.model.call.changed(changes))

    def __str__(self) -> str:
        return render_fit(pages.fit_page(self.model, self.estimates)).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return text_to_html(str(self))

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


def _same_kind(other: object) -> LmeFit:
    """Return ``other`` if it is a fit of this side."""
    if not isinstance(other, LmeFit):
        raise ArgumentError(
            f"others: anova compares fits of pyimpl; one argument is a {type(other).__name__}"
        )
    return other
