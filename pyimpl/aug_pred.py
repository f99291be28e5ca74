"""Predictions on a grid of one covariate in every group, beside the observations: R's ``augPred``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.estimates import Estimates
from pyimpl.frame import ModelFrame
from pyimpl.group_summary import group_summary
from pyimpl.grouped_data import grouped_info
from pyimpl.grouping import Grouping
from pyimpl.model import LevelChoice, Model
from pyimpl.prediction import predicted_values
from pyimpl.prediction_grid import Grid, observed_values, primary_covariate
from pyimpl.prediction_rows import rows_of_newdata
from pyimpl.report import render_predictions, text_to_html

PREDICTED, ORIGINAL = "predicted", "original"


@dataclass(frozen=True, repr=False)
class AugPred:
    """Observations and predictions by group, as R's ``augPred`` and ``comparePred``; ``str()`` is R's print.

    Attributes
    ----------
    table : DataFrame
        Columns: the primary covariate; the groups (``.groups``, or a list's grouping factor), an ordered Categorical;
        the response; ``.type``, an ordered Categorical: ``predicted`` (or a name for each level or each fit) and
        ``original``.
    labels : mapping
        What to call the axes ``x`` and ``y``: the columns' names, or the labels of the grouped data.
    units : mapping
        Units of ``x`` and ``y``, empty where unknown.
    row_names : tuple of str
        What R calls the rows, which shows on its page.
    """

    table: pd.DataFrame
    labels: Mapping[str, str]
    units: Mapping[str, str]
    row_names: tuple[str, ...]

    @property
    def primary(self) -> str:
        """The column of the primary covariate."""
        return str(self.table.columns[0])

    @property
    def group_name(self) -> str:
        """The column of the groups."""
        return str(self.table.columns[1])

    @property
    def response(self) -> str:
        """The column of the response."""
        return str(self.table.columns[2])

    def to_frame(self) -> pd.DataFrame:
        """The table: see :attr:`table`."""
        return self.table.copy()

    def plot(
        self,
        *,
        key: bool = True,
        grid: bool = False,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw a panel a group: observations as points, predictions as lines. Needs matplotlib.

        Parameters
        ----------
        key : bool
            Whether to say which line is which, where there are several.
        grid, layout, ax, **style
            As for :meth:`LmeFit.plot`.

        Returns
        -------
        array of Axes
        """
        from pyimpl import pictures

        return pictures.plot_predictions(self, pictures.Look(None, grid, layout, ax, style), key)

    def __str__(self) -> str:
        x, groups, y, kind = (self.table.iloc[:, k] for k in range(4))
        columns = (x.to_numpy(float), tuple(groups.astype(str)), y.to_numpy(float), tuple(kind.astype(str)))
        return render_predictions(columns, self.row_names, tuple(self.table.columns)).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return text_to_html(str(self))


@dataclass(frozen=True, slots=True)
class PredictionSource:
    """What predictions in the groups of a fit are made from.

    Attributes
    ----------
    frame : ModelFrame
    response : (N,) array
    response_text : str
    grouping : Grouping
        The groups to predict for.
    group_column : str
        What to call them in the table.
    by_appearance : bool
        Whether the groups are listed as they come in the data, rather than by level.
    predict : callable
        From rows with all columns of the frame to predictions by name; one alone is called ``predicted``.
    """

    frame: ModelFrame
    response: Array
    response_text: str
    grouping: Grouping
    group_column: str
    by_appearance: bool
    predict: Callable[[pd.DataFrame], Mapping[str, Array]] = field(repr=False)


def source_of_fit(
    model: Model, estimates: Estimates, level: LevelChoice | Sequence[int | str]
) -> PredictionSource:
    """What the predictions of a mixed model at one or several levels are made from.

    The groups are those of the innermost of these levels, the outermost grouping factor's for the population's alone.
    """
    depths = list(dict.fromkeys(model.depths(level)))
    grouping = model.levels[max(*depths, 1) - 1].grouping
    factors = ["fixed", *(each.grouping.name for each in model.levels)]

    def predict(rows: pd.DataFrame) -> dict[str, Array]:
        of_rows = rows_of_newdata(model, rows, max(depths))
        names = [PREDICTED] if len(depths) == 1 else [f"predict.{factors[depth]}" for depth in depths]
        return {n: predicted_values(of_rows, estimates, d) for n, d in zip(names, depths, strict=True)}

    dtype = model.frame.rows[grouping.name].dtype
    ordered = isinstance(dtype, pd.CategoricalDtype) and bool(dtype.ordered) and max(depths) <= 1
    return PredictionSource(
        model.frame, model.design.y, model.fixed.response_text, grouping, ".groups", not ordered, predict
    )


def augmented_predictions(source: PredictionSource, grid: Grid) -> AugPred:
    """Predict on a grid in every group; covariates other than the primary one have their groups' values.

    Those are as :func:`pyimpl.group_summary.group_summary` has them: means of numbers that vary within the group,
    the most frequent value of factors.

    Raises
    ------
    ArgumentError
        The grid is empty, or there is no primary covariate, or it is not numeric.
    DataError
        The data have no such column.
    """
    data = source.frame.all_columns()
    primary = primary_covariate(grid.primary, data)
    observed = observed_values(data, primary)
    values = grid.values(observed)
    codes, n_groups = source.grouping.codes, source.grouping.n_groups
    groups = np.repeat(pd.unique(codes), len(values))
    rows = group_summary(source.frame.rows, codes, n_groups).iloc[groups].reset_index(drop=True)
    along = np.tile(values, n_groups)
    predictions = source.predict(rows.assign(**{primary: along}))
    blocks = [
        _block(source, primary, (observed, codes, source.response), ORIGINAL),
        *(_block(source, primary, (along, groups, y), kind) for kind, y in predictions.items()),
    ]
    table = pd.concat(blocks, ignore_index=True)
    table[".type"] = pd.Categorical(table[".type"], categories=[*predictions, ORIGINAL], ordered=True)
    info = grouped_info(data)
    labels, units = ({}, {}) if info is None else (info.labels, info.units)
    labels = {"x": primary, "y": source.response_text, **labels}
    names = _row_names(len(codes), len(rows), tuple(predictions))
    return AugPred(table, labels, {"x": "", "y": "", **units}, names)


def _block(
    source: PredictionSource, primary: str, columns: tuple[Array, Indices, Array], kind: str
) -> pd.DataFrame:
    """Rows of one type: the primary covariate, group codes and the response."""
    x, codes, y = columns
    names = source.grouping.names
    listed = names[pd.unique(source.grouping.codes)] if source.by_appearance else names
    groups = pd.Categorical(names[codes], categories=list(listed), ordered=True)
    return pd.DataFrame({primary: x, source.group_column: groups, source.response_text: y, ".type": kind})


def _row_names(n_observed: int, n_predicted: int, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """R numbers the rows; predictions of several levels it numbers by level."""
    if len(kinds) == 1:
        return tuple(map(str, range(1, n_observed + n_predicted + 1)))
    numbered = (f"{kind}{k}" for kind in kinds for k in range(1, n_predicted + 1))
    return *map(str, range(1, n_observed + 1)), *numbered
