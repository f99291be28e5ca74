"""A list of regressions, one a group: the object that ``lm_list`` returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.aug_pred import PREDICTED, AugPred, PredictionSource, augmented_predictions
from pyimpl.choices import check_flag, choose
from pyimpl.compare_pred import Predicting, compare_pred
from pyimpl.drawable import Drawable
from pyimpl.formula import ColumnSpec, Formula
from pyimpl.frame import ModelFrame, check_frame
from pyimpl.group_summary import augment
from pyimpl.grouping import Grouping
from pyimpl.intervals import check_conf_level
from pyimpl.lists.regressions import Regressions
from pyimpl.lists.rows import rows_of_newdata
from pyimpl.lists.tables import (
    INTERVAL_COLUMNS,
    SUMMARY_COLUMNS,
    CoefficientsFrame,
    LmListIntervals,
    LmListSummary,
    interval_bounds,
    tests_of_coefficients,
)
from pyimpl.prediction_grid import Grid
from pyimpl.report import (
    ListHeading,
    ListPage,
    ListSummaryPage,
    Pooled,
    SlicedTable,
    render_list,
    text_to_html,
)

if TYPE_CHECKING:
    from pyimpl.pictures.sources import Source

RESIDUAL_TYPES = ("response", "pearson", "pooled.pearson")


@dataclass(frozen=True, repr=False, eq=False)
class LmList(Drawable):
    """Separate regressions of each group, as R's ``lmList`` object. Immutable.

    A coefficient that a group's rows don't determine is NaN.

    Attributes
    ----------
    formula : Formula
        Response, covariates and groups: ``distance ~ age | Subject``.
    frame : ModelFrame
        The rows and columns used.
    groupings : tuple of Grouping
        The grouping factors down to the level that the regressions belong to, outermost first.
    columns : ColumnSpec
        Names and builds the columns of X, the same for every group.
    regressions : Regressions
        The estimates, as plain arrays.
    errors : (N,) array
        Residuals, in the order of the rows of the frame.
    response : (N,) array
    pool : bool
        Whether standard errors come from one residual standard deviation for all groups.
    asked_level : int or None
        The level of grouping that was asked for.
    """

    formula: Formula
    frame: ModelFrame
    groupings: tuple[Grouping, ...]
    columns: ColumnSpec
    regressions: Regressions
    errors: Array
    response: Array
    pool: bool
    asked_level: int | None

    @property
    def grouping(self) -> Grouping:
        """The groups that have a regression each."""
        return self.groupings[-1]

    @property
    def data(self) -> pd.DataFrame:
        """The data as given."""
        return self.frame.source

    def get_data(self) -> pd.DataFrame:
        """The data's rows that the fitted values belong to, with all columns, as R's ``getData``."""
        return self.frame.source.iloc[self.frame.positions].copy()

    @property
    def n_obs(self) -> int:
        """Number of rows used."""
        return len(self.response)

    @property
    def n_groups(self) -> dict[str, int]:
        """Number of groups by grouping factor, outermost first."""
        return {grouping.name: grouping.n_groups for grouping in self.groupings}

    @property
    def sigma(self) -> float:
        """Residual standard deviation over all groups (R's ``pooledSD``); NaN without degrees of freedom."""
        return self.regressions.pooled_sigma

    @property
    def df_residual(self) -> int:
        """Degrees of freedom of :attr:`sigma`: rows less determined coefficients."""
        return int(self.regressions.df.sum())

    def sigmas(self) -> pd.Series:
        """Residual standard deviation of each group; NaN without degrees of freedom."""
        return pd.Series(self.regressions.sigma, index=list(self.grouping.names))

    @property
    def log_lik(self) -> float:
        """The log-likelihood, with one variance for all groups if pooled, one a group otherwise."""
        n, rss = self.regressions.n, self.regressions.rss
        if self.pool:
            n, rss = n.sum(keepdims=True), rss.sum(keepdims=True)
        return float(-(n * (np.log(2 * np.pi * rss / n) + 1)).sum() / 2)

    @property
    def n_parameters(self) -> int:
        """Determined coefficients and variances: the df of AIC and BIC."""
        return int(self.regressions.rank.sum()) + (1 if self.pool else self.grouping.n_groups)

    @property
    def aic(self) -> float:
        """-2 log-likelihood + 2 df."""
        return -2 * self.log_lik + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        """-2 log-likelihood + log(N) df."""
        return -2 * self.log_lik + float(np.log(self.n_obs)) * self.n_parameters

    def coef(self, aug_frame: bool = False) -> pd.DataFrame:
        """Coefficients, a row a group; ``str()`` is R's print of them.

        Parameters
        ----------
        aug_frame : bool
            Whether to add the groups' values of the data's other columns: means of numbers that vary within a group,
            most frequent values of factors.
        """
        names = list(self.grouping.names)
        table = pd.DataFrame(self.regressions.coefficients(), index=names, columns=list(self.columns.names))
        return self._as_table(table, aug_frame)

    def fixef(self) -> pd.Series:
        """Averages of the groups' coefficients, undetermined ones left out."""
        return self.coef().mean()

    def ranef(self, aug_frame: bool = False, standardized: bool = False) -> pd.DataFrame:
        """Deviations of the groups' coefficients from their averages, a row a group.

        Parameters
        ----------
        aug_frame : bool
            As for :meth:`coef`.
        standardized : bool
            Whether to divide each coefficient's by their standard deviation.
        """
        coef = self.coef()
        table = coef - coef.mean()
        if check_flag(standardized, "standardized"):
            table = table / table.std()
        return self._as_table(table, aug_frame)

    def fitted(self) -> pd.Series:
        """Fitted values, aligned with the data's index."""
        return self.frame.series(self.response - self.errors)

    def residuals(self, type: str = "response") -> pd.Series:
        """Residuals, aligned with the data's index.

        Parameters
        ----------
        type : {"response", "pearson", "pooled.pearson"}
            In units of the response, or divided by each group's residual standard deviation, or by that of all.
        """
        type = choose(type, RESIDUAL_TYPES, "type")
        unit: Array | float = 1.0
        if type == "pearson":
            unit = self.regressions.sigma[self.grouping.codes]
        elif type == "pooled.pearson":
            unit = self.sigma
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.frame.series(self.errors / unit)

    def predict(
        self, newdata: pd.DataFrame | None = None, se: bool = False, pool: bool | None = None
    ) -> pd.Series | pd.DataFrame:
        """Predictions of the groups' regressions, aligned with the rows' index.

        NaN for a group that the data didn't have, and where a group's rows don't determine the value.

        Parameters
        ----------
        newdata : DataFrame, optional
            The data itself if left out.
        se : bool
            Whether to give standard errors too: columns ``fit`` and ``se.fit``.
        pool : bool, optional
            As for :meth:`summary`.
        """
        pool = self._pooling(pool)
        if newdata is None:
            rows, codes = self.frame.rows, self.grouping.codes
            offset, X = self.columns.offset(rows), self.columns.build(rows)
        else:
            rows = check_frame(newdata)
            offset, X, codes = rows_of_newdata(self.formula, self.columns, self.groupings, rows)
        fit, error = self.regressions.predictions(X, codes)
        unit = self.sigma if pool else self.regressions.sigma[codes]
        table = pd.DataFrame({"fit": fit + offset, "se.fit": error * unit}, index=rows.index)
        if newdata is None:
            table = table.apply(lambda column: self.frame.series(column.to_numpy()))
        return table if se else table["fit"].rename(None)

    def aug_pred(
        self,
        primary: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        length_out: int = 51,
    ) -> AugPred:
        """Observations, and predictions on a grid of a covariate in every group; ``str()`` is R's print of ``augPred``.

        Parameters
        ----------
        primary, minimum, maximum, length_out
            As for :meth:`LmeFit.aug_pred`.
        """
        grid = Grid(primary, minimum, maximum, length_out)
        return augmented_predictions(self.prediction_source(), grid)

    def compare_pred(
        self,
        other: Predicting,
        primary: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        length_out: int = 51,
        level: int | str | None = None,
        names: tuple[str, str] = ("fit1", "fit2"),
    ) -> AugPred:
        """Predictions of this list and of another fit on one grid: see :func:`pyimpl.compare_pred`."""
        return compare_pred(self, other, primary, minimum, maximum, length_out, level, names)

    def prediction_source(self, level: object = None) -> PredictionSource:
        """What predictions in the groups are made from, at whatever level: a list has its groups' alone."""
        return PredictionSource(
            self.frame,
            self.response,
            self.formula.response_text,
            self.grouping,
            "/".join(self.formula.groups),
            False,
            lambda rows: {PREDICTED: self.predict(rows).to_numpy()},
        )

    def summary(self, pool: bool | None = None) -> LmListSummary:
        """Tests of the coefficients; ``str()`` is R's ``print(summary(lmList(...)))``.

        Parameters
        ----------
        pool : bool, optional
            Whether the standard errors come from one residual standard deviation; as in the call if left out.
        """
        pool = self._pooling(pool)
        table = self._slices(tests_of_coefficients(self.regressions, pool), SUMMARY_COLUMNS)
        return LmListSummary(ListSummaryPage(self._heading(), table, self._pooled(pool)))

    def intervals(self, level: float = 0.95, pool: bool | None = None) -> LmListIntervals:
        """Confidence intervals of the coefficients; ``str()`` is R's print of ``intervals(lmList(...))``.

        Parameters
        ----------
        level : float
            The confidence level.
        pool : bool, optional
            As for :meth:`summary`.
        """
        level = check_conf_level(level, "level")
        bounds = interval_bounds(self.regressions, self._pooling(pool), level)
        name = "/".join(self.formula.groups)
        return LmListIntervals(self._slices(bounds, INTERVAL_COLUMNS), name, level)

    def plot(
        self,
        form: str | None = None,
        *,
        abline: float | tuple[float, float] | bool | None = None,
        id: float | str | None = None,
        id_labels: str | Sequence[object] | None = None,
        grid: bool | None = None,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw residuals, fitted values and covariates against each other: see :meth:`LmeFit.plot`.

        The default is ``"resid(., type = 'pool') ~ fitted(.)"``, which also judges ``id``.
        """
        from pyimpl import pictures

        line = pictures.check_line(abline, 0.0 if form is None else None)
        look = pictures.Look(line, layout=layout, ax=ax, style=style)
        identify = pictures.Identify(id, id_labels)
        return pictures.plot_form(self._source(), form, identify, look, grid)

    def _source(self) -> Source:
        from pyimpl import pictures

        return pictures.list_source(self)

    def plot_ranef(
        self,
        form: str | None = None,
        *,
        standardized: bool = False,
        smooth: bool = True,
        span: float = 2 / 3,
        grid: bool = True,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw the groups' deviations from the averages of their coefficients: see :meth:`LmeFit.plot_ranef`."""
        from pyimpl import pictures

        effects = self._source().effects(pictures.ranef_term(None, standardized))
        look = pictures.Look(layout=layout, ax=ax, style=style)
        return pictures.plot_effects(effects, form, look, pictures.Loess(span) if smooth else None, grid)

    def __str__(self) -> str:
        names, groups = self.columns.names, tuple(self.grouping.names)
        coefficients = self.regressions.coefficients()
        page = ListPage(self._heading(), groups, names, coefficients, self._pooled(self.pool))
        return render_list(page).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return text_to_html(str(self))

    def _heading(self) -> ListHeading:
        return ListHeading(self.formula.text, self.asked_level, self.frame.name)

    def _pooled(self, pool: bool) -> Pooled | None:
        return Pooled(self.sigma, self.df_residual, self.n_obs) if pool else None

    def _pooling(self, pool: object) -> bool:
        return self.pool if pool is None else check_flag(pool, "pool")

    def _slices(self, values: Array, columns: tuple[str, ...]) -> SlicedTable:
        return SlicedTable(self.columns.names, tuple(self.grouping.names), columns, values)

    def _as_table(self, table: pd.DataFrame, aug_frame: bool) -> CoefficientsFrame:
        if check_flag(aug_frame, "aug_frame"):
            table = augment(table, self.frame.all_columns(), self.grouping.codes, self.formula.groups)
        return CoefficientsFrame(table)
