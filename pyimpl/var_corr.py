"""Variance components: the object that ``fit.var_corr()`` returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.errors import ArgumentError
from pyimpl.report import Level as LevelOfPage
from pyimpl.report import VarCorrPage, render_var_corr, var_corr_to_html


@dataclass(frozen=True, repr=False)
class VarCorr:
    """Variances, standard deviations and correlations of the random effects, as R's ``VarCorr(fit)``.

    ``str()`` is R's printed page.

    Attributes
    ----------
    levels : tuple of report.Level
        Outermost first.
    sigma : float
        The residual standard deviation.
    decimals : int
        Of the correlations on the page.
    """

    levels: tuple[LevelOfPage, ...]
    sigma: float
    decimals: int = 3

    def to_frame(self) -> pd.DataFrame:
        """Columns ``group``, ``term``, ``variance``, ``std_dev``, a row a random effect, the last the residual's."""
        rows = [
            (level.group, name, std_dev**2, std_dev)
            for level in self.levels
            for block in level.blocks
            for name, std_dev in zip(block.names, block.std_dev.tolist(), strict=True)
        ]
        rows.append(("Residual", "", self.sigma**2, self.sigma))
        return pd.DataFrame(rows, columns=["group", "term", "variance", "std_dev"])

    def corr(self, group: str | None = None) -> pd.DataFrame:
        """Correlation matrix of one level's random effects.

        Parameters
        ----------
        group : str, optional
            The grouping factor; may be left out where there is one only.

        Raises
        ------
        ArgumentError
            There is no such grouping factor.
        """
        known = [level.group for level in self.levels]
        if group is None and len(known) == 1:
            group = known[0]
        if not isinstance(group, str) or group not in known:
            raise ArgumentError(
                f"group: {group!r} is not a grouping factor of this model; choose from {known}"
            )
        level = self.levels[known.index(group)]
        names = [name for block in level.blocks for name in block.names]
        matrix = np.eye(len(names))
        row = 0
        for block in level.blocks:
            end = row + len(block.names)
            if block.corr is not None:
                matrix[row:end, row:end] = block.corr
            row = end
        return pd.DataFrame(matrix, index=names, columns=names)

    def __str__(self) -> str:
        return render_var_corr(VarCorrPage(self.levels, self.sigma, self.decimals)).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return var_corr_to_html(VarCorrPage(self.levels, self.sigma))
