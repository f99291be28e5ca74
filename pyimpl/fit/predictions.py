"""The methods of a fit about what it says of rows: fitted, residual and predicted."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pyimpl import tables
from pyimpl.arrays import Array
from pyimpl.aug_pred import AugPred, PredictionSource, augmented_predictions, source_of_fit
from pyimpl.choices import choose
from pyimpl.compare_pred import Predicting, compare_pred
from pyimpl.fit.core import FittedModel
from pyimpl.frame import check_frame
from pyimpl.intervals import check_conf_level
from pyimpl.model import LevelChoice, is_sequence
from pyimpl.posterior import posterior_at
from pyimpl.prediction import PredictionErrors, check_uncertainty, fitted_values
from pyimpl.prediction_grid import Grid
from pyimpl.prediction_tables import predictions
from pyimpl.within_errors import errors_of

RESIDUAL_TYPES = ("response", "pearson", "normalized")


class Predictions(FittedModel):
    """The methods of a fit about what it says of rows: fitted, residual and predicted."""

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
            In units of the response; over the standard deviations of the errors; or besides premultiplied, group by
            group, by the inverse of a factor of their correlations, whatever the order of the rows (nlme's are right
            only where they lie group by group). The beginning of a name is enough, ``"p"``, as in R.
        level : int, str, or a sequence of them
            As for :meth:`fitted`.
        """
        kind, errors = choose(type, RESIDUAL_TYPES, "type"), errors_of(self.model, self.estimates)

        def values(depth: int) -> Array:
            raw = self.model.design.y - fitted_values(self.model, self.estimates, depth)
            return raw if kind == "response" else errors.standardized(raw, kind == "normalized")

        return self._by_depth(values, level)

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
            effects of the levels further in than the one asked for, and that of the row's error (where variances go by
            ``fitted(.)``, at the prediction within the groups that are known). So at level 0 it is the interval of an
            observation in a group that the data didn't have. Both are by t, with the smallest containment degrees of
            freedom of the coefficients that a row involves, as :meth:`intervals` takes them for a single one.
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
