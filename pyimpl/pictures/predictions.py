"""Observations and predictions, a panel a group: R's ``plot.augPred`` and the plot of a ``comparePred``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pyimpl.pictures import marks
from pyimpl.pictures.canvas import as_returned, key_above
from pyimpl.pictures.labels import with_unit
from pyimpl.pictures.scatter import Look, axes_for

if TYPE_CHECKING:
    from pyimpl.aug_pred import AugPred

_ORIGINAL = "original"


def plot_predictions(predictions: AugPred, look: Look, key: bool = True) -> Any:
    """Draw each group's observations as points and its predictions as lines, one for each fit or level.

    Parameters
    ----------
    predictions : AugPred
    look : Look
        Its style is that of the points.
    key : bool
        Whether to say, above the panels, which line is which, where there are several.
    """
    table = predictions.table
    x, y = table[predictions.primary].to_numpy(float), table[predictions.response].to_numpy(float)
    groups = table[predictions.group_name].astype("category").cat.remove_unused_categories()
    kinds = table[".type"].astype(str).to_numpy()
    names = [name for name in table[".type"].cat.categories if name != _ORIGINAL and name in kinds]
    titles = tuple(map(str, groups.cat.categories))
    labels = [
        with_unit(predictions.labels.get(axis, column), predictions.units.get(axis, ""))
        for axis, column in (("x", predictions.primary), ("y", predictions.response))
    ]
    axes, _ = axes_for(titles, labels[0], labels[1], look)
    codes = groups.cat.codes.to_numpy()
    for k, ax in enumerate(axes):
        marks.grid_lines(ax, look.grid)
        own = np.flatnonzero((codes == k) & (kinds == _ORIGINAL))
        colour = {"color": "0.3"} if len(names) > 1 else {}
        marks.points(ax, x[own], y[own], {**colour, **look.style})
        lines = []
        for j, name in enumerate(names):
            rows = np.flatnonzero((codes == k) & (kinds == name))
            rows = rows[np.argsort(x[rows], kind="stable")]
            (line,) = ax.plot(x[rows], y[rows], color=f"C{j if len(names) > 1 else 0}", linewidth=1.2)
            lines.append(line)
    if key and len(names) > 1:
        key_above(axes[0], lines, [name.removeprefix("predict.") for name in names])
    return as_returned(axes, True)
