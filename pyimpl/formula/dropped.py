"""Columns of a rank-deficient model matrix that are left out because the others imply them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.errors import LmeWarning
from pyimpl.formula.values import FloatArray

# A dropped column that differs by more than this from what the others imply is not implied by them.
_IMPLIED = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Dropped:
    """The columns left out.

    Attributes
    ----------
    names : tuple of str
        Their names.
    positions : tuple of int
        Where they stand among all columns, ascending.
    combinations : (kept, dropped) array
        Each as a linear combination of the columns kept.
    sizes : (dropped,) array
        The root mean square of each in the fit.
    """

    names: tuple[str, ...]
    positions: tuple[int, ...]
    combinations: FloatArray
    sizes: FloatArray

    def take_out(self, full: FloatArray, rows: pd.Index, argument: str) -> FloatArray:
        """Return the columns that are kept, (n, kept), Fortran order, of all columns (n, kept + dropped).

        Warns
        -----
        LmeWarning
            In some of the `rows` the columns kept don't imply the dropped ones, so that the data of the fit say
            nothing about a response there: what it would be depends on which columns were dropped.
        """
        kept = np.asfortranarray(np.delete(full, self.positions, axis=1))
        own = full[:, self.positions]
        size = self.sizes + np.abs(own) + np.abs(kept) @ np.abs(self.combinations)
        odd = (np.abs(own - kept @ self.combinations) > _IMPLIED * size).any(axis=1)
        if odd.any():
            some = ", ".join(str(row) for row in rows[odd][:3])
            warnings.warn(
                f"{argument}: {int(odd.sum())} rows (rows {some}) can't be predicted from the fit's data: there the "
                f"dropped columns {', '.join(map(repr, self.names))} aren't the combinations of the others that they "
                "were in the fit",
                LmeWarning,
                stacklevel=2,
            )
        return kept
