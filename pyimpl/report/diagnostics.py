"""``print(ACF(fit))`` and ``print(Variogram(fit))``: data frames of numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pyimpl.report.rformat import format_integers, format_real
from pyimpl.report.rprint import data_frame

ACF_COLUMNS = ("lag", "ACF")
VARIOGRAM_COLUMNS = ("variog", "dist", "n.pairs")


def acf_cells(lag: ArrayLike, acf: ArrayLike) -> list[list[str]]:
    """Format the columns of an autocorrelation function."""
    return [format_integers(np.asarray(lag).tolist()), format_real(acf)]


def render_acf(lag: ArrayLike, acf: ArrayLike) -> str:
    """Print an autocorrelation function.

    Parameters
    ----------
    lag : array_like of int, shape (n,)
    acf : array_like of float, shape (n,)

    Returns
    -------
    str
        With its last newline.
    """
    return _numbered(acf_cells(lag, acf), ACF_COLUMNS)


def variogram_cells(variog: ArrayLike, dist: ArrayLike, n_pairs: ArrayLike | None) -> list[list[str]]:
    """Format the columns of a variogram; ``n_pairs`` is None where each row is one pair."""
    columns = [format_real(variog), format_real(dist)]
    return columns if n_pairs is None else [*columns, format_integers(np.asarray(n_pairs).tolist())]


def render_variogram(variog: ArrayLike, dist: ArrayLike, n_pairs: ArrayLike | None) -> str:
    """Print a variogram.

    Parameters
    ----------
    variog, dist : array_like of float, shape (n,)
    n_pairs : array_like of int, shape (n,), or None
        None where each row is one pair of residuals.

    Returns
    -------
    str
        With its last newline.
    """
    return _numbered(variogram_cells(variog, dist, n_pairs), VARIOGRAM_COLUMNS)


def _numbered(columns: list[list[str]], names: tuple[str, ...]) -> str:
    rows = [str(k) for k in range(1, len(columns[0]) + 1)]
    return data_frame(columns, rows, names[: len(columns)])
