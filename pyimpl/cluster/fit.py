"""A fit whose groups are on the workers of a cluster; what they have is handed out as Dask frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.cluster.dealing import Dealt
from pyimpl.cluster.effects import Effects, effects_of_hand, look_up, none_of, outermost_labels, together
from pyimpl.cluster.likelihood import DealtLikelihood
from pyimpl.effects import coefficients, random_effects
from pyimpl.errors import NotSupportedError
from pyimpl.estimates import Estimates
from pyimpl.formula.variables import check_columns
from pyimpl.frame import check_frame
from pyimpl.model import LevelChoice, Model, is_sequence
from pyimpl.prediction import check_uncertainty
from pyimpl.prediction_tables import predictions
from pyimpl.stream.fit import RowValues, StreamedFit
from pyimpl.stream.rows import Selection, with_index
from pyimpl.stream.tasks import result, shared, task, tree


@dataclass(frozen=True, repr=False, eq=False)
class DealtFit(StreamedFit):
    """A fit whose groups stayed in the cluster.

    ``ranef`` and ``coef``, ``fitted`` and ``residuals`` are Dask frames; ``predict`` asks the workers for the groups of
    the new rows only. The tables, tests, intervals and pages are as for any fit. What needs the posterior covariance of
    every group here (``ranef_cov``, ``ranef_se``, standard errors of predictions) is refused.

    Attributes
    ----------
    dealt : Dealt
        Where the groups are.
    """

    dealt: Dealt

    def ranef(
        self,
        level: LevelChoice | Sequence[int | str] = None,
        aug_frame: bool = False,
        standardized: bool = False,
    ) -> Any:
        """Random effects (BLUPs), a row a group, as a Dask frame; several levels give a dict of them."""
        if aug_frame:
            self.get_data()
        return self._tables(random_effects, level, standardized=bool(standardized))

    def coef(self, level: LevelChoice | Sequence[int | str] = None, aug_frame: bool = False) -> Any:
        """Fixed plus random effects, a row a group, as a Dask frame; several levels give a dict of them."""
        if aug_frame:
            self.get_data()
        return self._tables(coefficients, level)

    def ranef_cov(self, level: LevelChoice | Sequence[int | str] = None, fixed_known: bool = False) -> Any:
        """Refused."""
        raise _refusal("the posterior covariances of the random effects need")

    def ranef_se(self, level: LevelChoice | Sequence[int | str] = None, fixed_known: bool = False) -> Any:
        """Refused."""
        raise _refusal("the standard errors of the random effects need")

    def predict(
        self,
        newdata: pd.DataFrame | None = None,
        level: LevelChoice | Sequence[int | str] = None,
        se: bool = False,
        interval: str | None = None,
        conf_level: float = 0.95,
    ) -> Any:
        """Predictions for new rows, the effects of whose groups are fetched; without them, the fitted values."""
        if se or interval is not None:
            raise _refusal("standard errors of predictions need")
        if newdata is None:
            return self.fitted(level)
        depths, rows = self.model.depths(level), check_frame(newdata, "newdata")
        effects = none_of(self.model)
        if max(depths):
            name = self.model.levels[0].grouping.name
            check_columns([name], rows, "newdata")
            effects = result(tree(together, self._looked_up(outermost_labels(name, rows)))) or effects
        ask = check_uncertainty(se, interval, conf_level)
        several = is_sequence(level)
        table = predictions(*effects.put_into(self.model, self.estimates), None, rows, depths, ask, several)
        return table if several else table["fit"].rename(None)

    def _each(self, function: Callable[[RowValues, pd.DataFrame], Any], values: RowValues) -> Any:
        from dask.dataframe import from_delayed

        selection, row_values = self.reader.selection, shared(values)
        pieces = []
        for part in self.reader.partitions():
            rows = task(_rows, selection, part)
            pieces.append(task(_values_of_rows, function, row_values, rows, self._effects_of(values, rows)))
        index = self.reader.pieces.frame._meta.index  # type: ignore[attr-defined]
        return from_delayed(pieces, meta=with_index(values.like, index), verify_meta=False)

    def _over_residuals(
        self, function: Callable[[Array], Array], join: Callable[[Sequence[Array]], Array]
    ) -> Array:
        values = self._row_values(None, self.sigma)
        selection, row_values = self.reader.selection, shared(values)
        tasks = []
        for part in self.reader.partitions():
            rows = task(_rows, selection, part)
            effects = self._effects_of(values, rows)
            tasks.append(task(_function_of_residuals, function, row_values, rows, effects))
        return np.asarray(result(tree(join, tasks)))

    def _effects_of(self, values: RowValues, rows: Any) -> Any:
        """The task that fetches the effects of the groups of some rows."""
        if not max(values.depths):
            return None
        labels = task(outermost_labels, self.model.levels[0].grouping.name, rows)
        return tree(together, self._looked_up(labels))

    def _looked_up(self, labels: Any) -> list[Any]:
        hands = self._effects()
        return [task(look_up, effects, labels, k, len(hands)) for k, effects in enumerate(hands)]

    def _effects(self) -> list[Any]:
        """Each hand's effects, as tasks."""
        assert isinstance(self.likelihood, DealtLikelihood)
        at = self.optimum.evaluation
        blups = self.likelihood.effects(at.Lambdas, at.up, at.s2)
        return [
            task(effects_of_hand, hand, moments, list(at.Lambdas), own)
            for hand, moments, own in zip(self.dealt.hands, self.likelihood.hands, blups, strict=True)
        ]

    def _tables(
        self,
        table: Callable[..., pd.DataFrame],
        level: LevelChoice | Sequence[int | str],
        **options: bool,
    ) -> Any:
        from dask.dataframe import from_delayed

        model = replace(self.model, call=replace(self.model.call, data=None))
        all_levels = {}
        for depth in self.model.grouping_depths(level):
            like = _table(table, model, self.estimates, depth, options, None)
            tasks = [
                task(_table, table, shared(model), self.estimates, depth, options, effects)
                for effects in self._effects()
            ]
            all_levels[self.model.levels[depth - 1].grouping.name] = from_delayed(
                tasks, meta=like, verify_meta=False
            )
        several = is_sequence(level) or len(all_levels) > 1
        return all_levels if several else next(iter(all_levels.values()))


def _refusal(what: str) -> NotSupportedError:
    return NotSupportedError(
        f"control: with distributed=True {what} all groups in one place; fit them without it, or a part of them"
    )


def _table(
    table: Callable[..., pd.DataFrame],
    model: Model,
    estimates: Estimates,
    depth: int,
    options: dict[str, bool],
    effects: Effects | None,
) -> pd.DataFrame:
    return pd.DataFrame(table(*(effects or none_of(model)).put_into(model, estimates), depth, **options))


def _rows(selection: Selection, frame: pd.DataFrame) -> pd.DataFrame:
    return selection.rows_of(frame)[0]


def _with_effects(values: RowValues, effects: Effects | None) -> RowValues:
    model, estimates = (effects or none_of(values.model)).put_into(values.model, values.estimates)
    return replace(values, model=model, estimates=estimates)


def _values_of_rows(
    function: Callable[[RowValues, pd.DataFrame], Any],
    values: RowValues,
    rows: pd.DataFrame,
    effects: Effects | None,
) -> Any:
    if not len(rows):
        return with_index(values.like, rows.index)
    return function(_with_effects(values, effects), rows)


def _function_of_residuals(
    function: Callable[[Array], Array], values: RowValues, rows: pd.DataFrame, effects: Effects | None
) -> Array | None:
    if not len(rows):
        return None
    return function(_with_effects(values, effects).residuals(rows).to_numpy())
