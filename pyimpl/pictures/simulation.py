"""Nominal against empirical p-values of simulated likelihood ratios: R's ``plot.simulate.lme``."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pyimpl.pictures import marks
from pyimpl.pictures.canvas import Frame, as_returned, panels
from pyimpl.pictures.scatter import Look

_LIMITS = (0.037, 0.963)  # R's, which leave out the ragged ends


def plot_p_values(table: pd.DataFrame, look: Look) -> Any:
    """Draw a panel a distribution and method: where the nominal distribution is right, the line is the diagonal.

    Parameters
    ----------
    table : DataFrame
        Columns ``method``, ``df``, ``empirical``, ``nominal``, as a study's ``p_values`` gives them.
    look : Look
    """
    table = table[table["df"] != "df=0"]
    cells = list(dict.fromkeys(zip(table["method"], table["df"], strict=True)))
    titles = tuple(f"{df}, {method}" for method, df in cells)
    columns = len(dict.fromkeys(df for _, df in cells))
    layout = look.layout or (columns, -(-len(cells) // columns))
    axes = panels(Frame(titles, "Empirical p-value", "Nominal p-value", layout, height=2.9), look.ax)
    for (method, df), ax in zip(cells, axes, strict=True):
        own = table[(table["method"] == method) & (table["df"] == df)]
        marks.grid_lines(ax, look.grid)
        ax.plot(
            own["empirical"], own["nominal"], **{"linewidth": 1.2, **marks.properties(look.style, "lines")}
        )
        marks.reference_line(ax, (0.0, 1.0))
        ax.set_xlim(_LIMITS)
        ax.set_ylim(_LIMITS)
        ax.set_aspect("equal")
    return as_returned(axes, True)
