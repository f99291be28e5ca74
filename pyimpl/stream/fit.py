"""A fit whose rows were never kept: what needs them reads the data again, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pyimpl import pages
from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError, NotSupportedError
from pyimpl.fit import RESIDUAL_TYPES, LmeFit
from pyimpl.formula import response_column
from pyimpl.frame import ModelFrame
from pyimpl.model import LevelChoice
from pyimpl.stream.quantiles import quantiles
from pyimpl.stream.rows import Reader
from pyimpl.summary import Summary


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
        self.model.depths(level)
        return self.reader.each(lambda frame: self._fitted_rows(frame, level))

    def residuals(
        self, type: str = "response", level: LevelChoice | Sequence[int | str] = None, **_: Any
    ) -> Any:
        """Residuals by piece, in units of the response or of sigma."""
        if type not in RESIDUAL_TYPES:
            raise ArgumentError(f"type: {type!r} is unknown; choose one of {', '.join(RESIDUAL_TYPES)}")
        self.model.depths(level)
        unit = 1.0 if type == "response" else self.sigma

        def rows(frame: pd.DataFrame) -> Any:
            fitted = self._fitted_rows(frame, level)
            y, _ = response_column(self.model.fixed, frame)
            return -fitted.sub(y, axis=0) / unit

        return self.reader.each(rows)

    def predict(self, newdata: pd.DataFrame | None = None, *args: Any, **options: Any) -> Any:
        """Predictions for new rows as for any fit; without them, the fitted values by piece."""
        return (
            self.fitted(*args, **options) if newdata is None else super().predict(newdata, *args, **options)
        )

    def get_data(self) -> pd.DataFrame:
        """Refused: the data were never all here."""
        return self.model.frame.all_columns()

    def summary(self) -> Summary:
        """The summary; the residuals' quantiles take two more readings of the data, and are exact."""

        def pearson() -> Iterator[Array]:
            return self.reader.here(self._pearson)

        shown = quantiles(pearson, pages.QUARTILES), None
        page = pages.summary_page(self.model, self.estimates, self.t_table(), (self.aic, self.bic), shown)
        return Summary(page)

    def _diagnosed(self, res_type: str, level: LevelChoice) -> Array:
        return np.asarray(self.model.frame.all_columns())

    def _pearson(self, frame: pd.DataFrame) -> Array:
        y, _ = response_column(self.model.fixed, frame)
        return np.asarray(y - self._fitted_rows(frame, None).to_numpy()) / self.sigma

    def _fitted_rows(self, frame: pd.DataFrame, level: LevelChoice | Sequence[int | str]) -> Any:
        names = ["fixed", *self.n_groups]
        depths = self.model.depths(level)
        columns = [pd.Series(LmeFit.predict(self, frame, depth), name=names[depth]) for depth in depths]
        several = isinstance(level, Sequence) and not isinstance(level, str)
        return pd.concat(columns, axis=1) if several else columns[0].rename(None)
