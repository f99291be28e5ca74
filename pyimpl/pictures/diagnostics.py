"""What residuals say about correlation: R's ``plot.ACF`` and ``plot.Variogram``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError
from pyimpl.pictures import marks
from pyimpl.pictures.canvas import one_panel
from pyimpl.pictures.loess import Loess
from pyimpl.pictures.scatter import Look
from pyimpl.tails import ndtri

if TYPE_CHECKING:
    from pyimpl.diagnostics import ACF, ModelVariogram, Variogram


def plot_acf(acf: ACF, alpha: float, look: Look) -> Any:
    """Draw autocorrelations as needles and, for alpha > 0, the bounds that white noise keeps within at each lag.

    The bounds are those of a normal distribution with variance 1 / (number of pairs), two-sided at level alpha.

    Raises
    ------
    ArgumentError
        ``alpha`` is no level.
    """
    if isinstance(alpha, bool) or not isinstance(alpha, int | float | np.number) or not 0 <= alpha < 1:
        raise ArgumentError(f"alpha: expected a level from 0 (no bounds) to below 1, got {alpha!r}")
    ax = one_panel(look.ax, "Lag", "Autocorrelation")
    marks.grid_lines(ax, look.grid)
    ax.vlines(
        acf.lag, 0.0, acf.acf, **{"color": "C0", "linewidth": 1.5, **marks.properties(look.style, "segments")}
    )
    ax.axhline(0.0, color="0.35", linewidth=1.0)
    if alpha > 0:
        bound = bounds_of_noise(acf.n_used, float(alpha))
        for side in (bound, -bound):
            ax.plot(acf.lag, side, color="0.35", linestyle="--", linewidth=1.0)
    return ax


def bounds_of_noise(n_used: Array, alpha: float) -> Array:
    """Half-widths of the bounds at each lag; infinite ones, where no pair lies so far apart, are NaN."""
    with np.errstate(divide="ignore"):
        bound = ndtri(1 - alpha / 2) / np.sqrt(n_used)
    return np.asarray(np.where(np.isfinite(bound), bound, np.nan))


def plot_variogram(
    variogram: Variogram,
    curve: ModelVariogram | None,
    smoother: Loess | None,
    sigma: float | None,
    look: Look,
) -> Any:
    """Draw semivariances against distances, with the model's curve, a smooth one and a level line where asked for.

    Raises
    ------
    ArgumentError
        ``sigma`` is no number.
    """
    line = None if sigma is None else marks.check_line(sigma, None)
    if isinstance(line, tuple):
        raise ArgumentError(f"sigma: expected a number, got {sigma!r}")
    ax = one_panel(look.ax, "Distance", "Semivariogram")
    marks.grid_lines(ax, look.grid)
    known = np.isfinite(variogram.variog)
    x, y = variogram.dist[known], variogram.variog[known]
    marks.points(ax, x, y, look.style)
    if curve is not None:
        ax.plot(curve.dist, curve.variog, color="C1", linewidth=1.2)
    if smoother is not None and len(np.unique(x)) > 2:
        marks.smooth_line(ax, x, y, smoother, {})
    if line is not None:
        ax.axhline(line, color="0.35", linestyle="--", linewidth=1.0)
    ax.set_ylim(bottom=0.0)
    return ax
