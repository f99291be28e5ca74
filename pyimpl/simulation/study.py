"""The distribution of the likelihood ratio under the null hypothesis, by simulation (P&B 2000, section 2.4.1).

A variance of zero lies on the boundary of the parameter space, where the ratio is not chi-square with the difference
of the parameters as its degrees of freedom: simulation says what it is (Self & Liang 1987; Stram & Lee 1994).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pyimpl.arrays import Array
from pyimpl.report import LikelihoodRatioPage, render_likelihood_ratio_study, table_to_html
from pyimpl.report.simulation import STUDY_COLUMNS, study_cells
from pyimpl.simulation.mixtures import check_mixture, nominal_p_values
from pyimpl.tails import chdtrc

_ROUNDING = 1e-11  # of a log-likelihood


@dataclass(frozen=True, slots=True)
class Ratios:
    """Log-likelihoods of the two models by one method.

    Attributes
    ----------
    method : {"REML", "ML"}
    null, alternative : (n,) arrays
        Of the simulated responses.
    converged : (n,) bool array
        Both fits of a response did.
    observed : (2,) array
        Of the data themselves, null and alternative.
    """

    method: str
    null: Array
    alternative: Array
    converged: NDArray[np.bool_]
    observed: Array

    @property
    def l_ratio(self) -> Array:
        """Likelihood ratios of the simulated responses, (n,)."""
        return _ratio(self.null, self.alternative)

    @property
    def observed_ratio(self) -> float:
        """The likelihood ratio of the data."""
        return float(_ratio(self.observed[:1], self.observed[1:])[0])


def _ratio(null: Array, alternative: Array) -> Array:
    """Twice the differences of log-likelihoods; exactly zero where they are the same up to rounding."""
    ratio = 2 * (alternative - null)
    return np.where(ratio > _ROUNDING * (1 + np.abs(null)), ratio, 0.0)


@dataclass(frozen=True, repr=False, eq=False)
class LikelihoodRatioStudy:
    """Likelihood ratios of two models over responses simulated from the smaller one, as R's ``simulate(fit, m2=)``.

    Attributes
    ----------
    null, alternative : str
        The two models.
    df : int
        The difference of their numbers of parameters.
    ratios : tuple of Ratios
        One a method.
    """

    null: str
    alternative: str
    df: int
    ratios: tuple[Ratios, ...]

    def to_frame(self) -> pd.DataFrame:
        """A row a method and simulated response.

        Columns ``method``, ``simulation`` (from 1), ``null`` and ``alternative`` (log-likelihoods), ``L.Ratio`` and
        ``converged``.
        """
        parts = [
            pd.DataFrame(
                {
                    "method": each.method,
                    "simulation": np.arange(1, len(each.null) + 1),
                    "null": each.null,
                    "alternative": each.alternative,
                    "L.Ratio": each.l_ratio,
                    "converged": each.converged,
                }
            )
            for each in self.ratios
        ]
        return pd.concat(parts, ignore_index=True)

    def tests(self) -> pd.DataFrame:
        """The data's likelihood ratio, tested by the simulated ones: a row a method.

        Columns ``L.Ratio``; ``nominal``, the p-value by chi-square with ``df`` degrees of freedom; ``simulated``, the
        p-value (k + 1) / (n + 1) where k of n simulated ratios are as large (Davison & Hinkley 1997, section 4.2);
        ``Std.Error``, the Monte-Carlo standard error of that; ``n``, the simulations in which both fits converged.
        """
        rows = {}
        for each in self.ratios:
            ratios, observed = each.l_ratio[each.converged], each.observed_ratio
            n = len(ratios)
            p = (np.count_nonzero(ratios >= observed) + 1) / (n + 1)
            rows[each.method] = (
                observed,
                float(chdtrc(self.df, observed)),
                p,
                np.sqrt(p * (1 - p) / (n + 1)),
                n,
            )
        return pd.DataFrame.from_dict(rows, orient="index", columns=list(STUDY_COLUMNS))

    def p_values(
        self, df: int | float | Sequence[float] | None = None, weights: Sequence[float] | bool | None = None
    ) -> pd.DataFrame:
        """Nominal and empirical p-values of the simulated ratios: what R's ``plot(simulate(fit, m2=))`` draws.

        Where the nominal distribution is right, the two agree.

        Parameters
        ----------
        df : number or sequence of them, optional
            Degrees of freedom of the chi-square distributions to hold the ratios against; by default the difference
            of the parameters. Of several, the mixture is given too; 0 is a point mass at zero.
        weights : sequence of float or False, optional
            Weights of the mixture, by default equal ones; False for no mixture.

        Returns
        -------
        DataFrame
            Columns ``method``, ``df`` (``df=1``, ``Mix(1,2)``), ``L.Ratio``, ``empirical``, ``nominal``; within each
            method and distribution by falling ratio.
        """
        degrees, shares = check_mixture(self.df if df is None else df, weights)
        parts = [
            pd.DataFrame(
                {"method": each.method, "df": label, "L.Ratio": ordered, "empirical": empirical, "nominal": p}
            )
            for each in self.ratios
            for ordered in [np.sort(each.l_ratio[each.converged])[::-1]]
            for empirical in [(np.arange(len(ordered)) + 0.5) / max(len(ordered), 1)]
            for label, p in nominal_p_values(ordered, degrees, shares)
        ]
        return pd.concat(parts, ignore_index=True)

    def plot(
        self,
        df: int | float | Sequence[float] | None = None,
        weights: Sequence[float] | bool | None = None,
        *,
        grid: bool = True,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw nominal against empirical p-values, a panel a distribution and method. Needs matplotlib.

        Parameters
        ----------
        df, weights
            As for :meth:`p_values`.
        grid, layout, ax, **style
            As for :meth:`LmeFit.plot`; the style is that of the lines.

        Returns
        -------
        array of Axes
        """
        from pyimpl import pictures

        look = pictures.Look(None, grid, layout, ax, style)
        return pictures.plot_p_values(self.p_values(df, weights), look)

    def __str__(self) -> str:
        return render_likelihood_ratio_study(self._page).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        page = self._page
        rows = (
            ((method,), cells)
            for method, cells in zip(page.methods, zip(*study_cells(page), strict=True), strict=True)
        )
        return table_to_html(page.title, ("", *STUDY_COLUMNS), rows)

    @property
    def _page(self) -> LikelihoodRatioPage:
        table = self.tests()
        return LikelihoodRatioPage(
            n_simulated=len(self.ratios[0].null),
            null=self.null,
            alternative=self.alternative,
            df=self.df,
            methods=tuple(table.index),
            values=tuple(table[name].to_numpy(float) for name in STUDY_COLUMNS),
        )
