"""A fit whose rows were never kept: what needs them reads the data again, piece by piece."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from pyimpl import pages
from pyimpl.arrays import Array
from pyimpl.choices import choose
from pyimpl.errors import NotSupportedError
from pyimpl.estimates import Estimates
from pyimpl.fit import RESIDUAL_TYPES, LmeFit
from pyimpl.formula import response_column
from pyimpl.frame import ModelFrame
from pyimpl.model import LevelChoice, Model, is_sequence
from pyimpl.prediction import predicted_values
from pyimpl.prediction_rows import rows_of_newdata
from pyimpl.stream.quantiles import quantiles
from pyimpl.stream.rows import Reader


class UnkeptFrame(ModelFrame):
    """The frame of a model whose rows weren't kept."""

    __slots__ = ()

    def all_columns(self) -> pd.DataFrame:
        """Refuse."""
        raise NotSupportedError(
            "data: the rows were read in pieces and not kept, and this needs them all at once; fit a part that fits "
            "into memory, as a DataFrame"
        )

    def series(self, values: Array, name: str | None = None) -> pd.Series:
        """Refuse."""
        return pd.Series(values, index=self.all_columns().index, name=name)


@dataclass(frozen=True, slots=True)
class RowValues:
    """What a fit says of the rows of a piece; light enough to be sent to where these are.

    Attributes
    ----------
    model : Model
        Without the data.
    estimates : Estimates
    names : tuple of str
        ``fixed`` and the grouping factors, outermost first.
    depths : tuple of int
        The levels asked for.
    several : bool
        Whether a frame is asked for.
    unit : float
        What residuals are divided by.
    """

    model: Model
    estimates: Estimates
    names: tuple[str, ...]
    depths: tuple[int, ...]
    several: bool
    unit: float = 1.0

    @property
    def like(self) -> Any:
        """What comes out, without rows."""
        frame = pd.DataFrame({self.names[depth]: pd.Series(dtype=float) for depth in self.depths})
        return frame if self.several else pd.Series(dtype=float)

    def fitted(self, frame: pd.DataFrame) -> Any:
        """Fitted values, aligned with the rows; several levels give a frame."""
        rows = rows_of_newdata(self.model, frame, max(self.depths))
        columns = [
            pd.Series(predicted_values(rows, self.estimates, depth), frame.index, name=self.names[depth])
            for depth in self.depths
        ]
        return pd.concat(columns, axis=1) if self.several else columns[0].rename(None)

    def residuals(self, frame: pd.DataFrame) -> Any:
        """Response less fitted values, in the unit asked for."""
        y, _ = response_column(self.model.fixed, frame)
        return -self.fitted(frame).sub(y, axis=0) / self.unit


@dataclass(frozen=True, repr=False, eq=False)
class StreamedFit(LmeFit):
    """A fit to data that were read in pieces.

    All that a group has (``ranef``, ``coef``), the tables, tests, intervals and pages are as for any fit. What a row
    has is handed out as it was read: ``fitted()`` and ``residuals()`` are iterators over pieces; of a Dask DataFrame
    they are Dask's. What needs all rows at once (pictures, ``simulate``, ``acf``) is refused.

    Attributes
    ----------
    reader : Reader
        Reads the rows again.
    """

    reader: Reader

    def fitted(self, level: LevelChoice | Sequence[int | str] = None) -> Any:
        """Fitted values by piece, aligned with its rows; several levels give frames."""
        return self._each(RowValues.fitted, self._row_values(level))

    def residuals(
        self, type: str = "response", level: LevelChoice | Sequence[int | str] = None, **_: Any
    ) -> Any:
        """Residuals by piece, in units of the response or of sigma."""
        unit = 1.0 if choose(type, RESIDUAL_TYPES, "type") == "response" else self.sigma
        return self._each(RowValues.residuals, self._row_values(level, unit))

    def predict(self, newdata: pd.DataFrame | None = None, *args: Any, **options: Any) -> Any:
        """Predictions for new rows as for any fit; without them, the fitted values by piece."""
        return (
            self.fitted(*args, **options) if newdata is None else super().predict(newdata, *args, **options)
        )

    def get_data(self) -> pd.DataFrame:
        """Refused: the data were never all here."""
        return self.model.frame.all_columns()

    def get_groups(self, level: LevelChoice | Sequence[int | str] = None) -> pd.Series | pd.DataFrame:
        """Refused: the data were never all here."""
        self.model.depths(level)
        return self.model.frame.all_columns()

    def _shown_residuals(self) -> pages.ShownResiduals:
        """The quartiles take two more readings of the data, and are exact."""
        return quantiles(self._over_residuals, pages.QUARTILES), None

    def _diagnosed(self, res_type: str, level: LevelChoice) -> Array:
        return np.asarray(self.model.frame.all_columns())

    def _row_values(self, level: LevelChoice | Sequence[int | str], unit: float = 1.0) -> RowValues:
        depths = tuple(self.model.depths(level))
        model = replace(self.model, call=replace(self.model.call, data=None))
        names = ("fixed", *self.n_groups)
        return RowValues(model, self.estimates, names, depths, is_sequence(level), unit)

    def _each(self, function: Callable[[RowValues, pd.DataFrame], Any], values: RowValues) -> Any:
        return self.reader.each(functools.partial(function, values), values.like)

    def _over_residuals(
        self, function: Callable[[Array], Array], join: Callable[[Sequence[Array]], Array]
    ) -> Array:
        """What a function makes of each piece's standardised residuals, joined."""
        values = self._row_values(None, self.sigma)

        def of_rows(frame: pd.DataFrame) -> Array:
            return function(values.residuals(frame).to_numpy())

        return self.reader.joined(of_rows, join)
