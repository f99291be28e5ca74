"""The empirical semivariogram of the residuals within groups (Cressie 1993, section 2.4; P&B 2000, section 5.3.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.choices import check_flag
from pyimpl.diagnostics.layout import Layout
from pyimpl.diagnostics.pairs import METRICS, pairs_within
from pyimpl.errors import ArgumentError, DataError
from pyimpl.report import render_variogram, table_to_html
from pyimpl.report.diagnostics import VARIOGRAM_COLUMNS, variogram_cells

COLLAPSE = ("quantiles", "fixed", "none")


@dataclass(frozen=True, slots=True)
class ModelVariogram:
    """A curve: semivariances at distances, (50,) each."""

    variog: Array
    dist: Array


@dataclass(frozen=True, repr=False, eq=False)
class Variogram:
    """Semivariances by distance; ``str()`` is R's print of ``Variogram(fit)``.

    Attributes
    ----------
    variog : (K,) array
        Half the squared difference of two residuals: of each pair, or the mean (or robust mean) of a class of pairs.
    dist : (K,) array
        The distance of the pair, or the median distance of the class.
    n_pairs : (K,) int array or None
        The size of each class; None where each row is one pair.
    span : (float, float)
        The smallest and the largest distance of two rows.
    model : ModelVariogram or None
        What the model's spatial correlation structure implies, where it has one.
    """

    variog: Array
    dist: Array
    n_pairs: Indices | None
    span: tuple[float, float] = (0.0, 0.0)
    model: ModelVariogram | None = None

    def to_frame(self) -> pd.DataFrame:
        """Columns ``variog``, ``dist`` and, for classes of pairs, ``n.pairs``."""
        columns = {"variog": self.variog, "dist": self.dist}
        return pd.DataFrame(columns if self.n_pairs is None else {**columns, "n.pairs": self.n_pairs})

    def plot(
        self,
        *,
        smooth: bool | None = None,
        span: float = 0.6,
        sigma: float | None = None,
        show_model: bool | None = None,
        grid: bool = False,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw the semivariances against the distances. Needs matplotlib.

        Parameters
        ----------
        smooth, span : bool, float
            Draw a robust local regression, each local line of which sees the share ``span`` of the points; left out,
            where the model's curve isn't drawn.
        sigma : float
            Where to draw a level line: 1 for standardized residuals.
        show_model : bool
            Draw the semivariances that the model's spatial correlation structure implies; left out, where it has one.
        grid, ax, **style
            As for :meth:`LmeFit.plot`.

        Returns
        -------
        Axes
        """
        from pyimpl import pictures

        if show_model and self.model is None:
            raise ArgumentError(
                "show_model: the residuals' model has no spatial correlation structure; leave it out"
            )
        curve = self.model if show_model is not False else None
        smoothed = curve is None if smooth is None else smooth
        look = pictures.Look(grid=grid, ax=ax, style=style)
        return pictures.plot_variogram(self, curve, pictures.Loess(span) if smoothed else None, sigma, look)

    def __str__(self) -> str:
        return render_variogram(self.variog, self.dist, self.n_pairs).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        columns = variogram_cells(self.variog, self.dist, self.n_pairs)
        rows = (((), row) for row in zip(*columns, strict=True))
        return table_to_html("Semivariogram", VARIOGRAM_COLUMNS[: len(columns)], rows)


@dataclass(frozen=True, slots=True)
class VariogramOptions:
    """How pairs are chosen and put in classes; checked when made.

    Attributes
    ----------
    max_dist : float, optional
        Pairs further apart are left out.
    n_int : int
        The number of classes; where no more distances than that occur, each distance is a class.
    collapse : {"quantiles", "fixed", "none"}
        Classes of about equal size, of equal width, or no classes: each pair by itself.
    breaks : sequence of float, optional
        The bounds of the classes, instead of ``n_int``.
    robust : bool
        Cressie & Hawkins' robust estimate (1980) in place of the mean.
    metric : {"euclidean", "maximum", "manhattan"}
        The distance, where there are several coordinates.
    """

    max_dist: float | None = None
    n_int: int = 20
    collapse: str = "quantiles"
    breaks: Array | None = None
    robust: bool = False
    metric: str = "euclidean"

    def __post_init__(self) -> None:
        _check_choice("collapse", self.collapse, COLLAPSE)
        _check_choice("metric", self.metric, tuple(METRICS))
        check_flag(self.robust, "robust")
        if isinstance(self.n_int, bool) or not isinstance(self.n_int, int | np.integer) or self.n_int < 1:
            raise ArgumentError(f"n_int: expected a whole number from 1 on, got {self.n_int!r}")
        if self.max_dist is not None and not (_is_number(self.max_dist) and self.max_dist > 0):
            raise ArgumentError(f"max_dist: expected a positive number, got {self.max_dist!r}")
        if self.breaks is not None:
            object.__setattr__(self, "breaks", _checked_breaks(self.breaks))


def _check_choice(name: str, value: object, known: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in known:
        raise ArgumentError(f"{name}: {value!r} is unknown; choose one of {', '.join(known)}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and not np.isnan(value)


def _checked_breaks(breaks: object) -> Array:
    try:
        values = np.unique(np.asarray(breaks, dtype=float))
    except (TypeError, ValueError):
        values = np.empty(0)
    if len(values) < 2 or not np.isfinite(values).all():
        raise ArgumentError(f"breaks: expected two or more different numbers, got {breaks!r}")
    return values


def empirical_variogram(residuals: Array, layout: Layout, options: VariogramOptions) -> Variogram:
    """Semivariances of all pairs of residuals of one group.

    As in R, classes are intervals that are open on the left, so that pairs at the very smallest distance belong to
    none of them, unless each distance is a class of its own.

    Parameters
    ----------
    residuals : (N,) array
    layout : Layout
        The groups and coordinates; without coordinates, the distance counts rows.
    options : VariogramOptions

    Raises
    ------
    DataError
        No group has two rows, or none that are near enough; no pair lies between the breaks.
    """
    limit = np.inf if options.max_dist is None else float(options.max_dist)
    coordinates = _places(layout.codes) if layout.coordinates is None else layout.coordinates
    listed = options.collapse == "none"
    portions = [(np.empty(0), np.empty(0), *[np.empty(0, np.intp)] * 2 * listed)]
    for pairs in pairs_within(layout.codes, coordinates, options.metric, limit):
        values = (residuals[pairs.first] - residuals[pairs.second]) ** 2 / 2
        portions.append((values, pairs.distance, *[pairs.first, pairs.second] * listed))
    variog, distance, *rows = (np.concatenate(parts) for parts in zip(*portions, strict=True))
    if not len(variog):
        what = "two rows" if options.max_dist is None else f"two rows at most max_dist = {limit:g} apart"
        raise DataError(f"form: no group has {what}, so there are no pairs to take a variogram of")
    if listed:
        first, second = rows
        order = np.lexsort((second, first, layout.codes[first]))  # as R lists them
        found = Variogram(variog[order], distance[order], None)
    else:
        found = _by_class(variog, distance, _classes(distance, options), options.robust)
    return replace(found, span=(float(distance.min()), float(distance.max())))


def _places(codes: Indices) -> Array:
    """Each row's place among the rows of its group, (N, 1)."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    counts = np.diff(starts, append=len(codes))
    places = np.empty((len(codes), 1))
    places[order, 0] = np.arange(len(codes)) - np.repeat(starts, counts)
    return places


def _classes(distance: Array, options: VariogramOptions) -> Indices:
    """The number of each pair's class, ascending with the distance; -1 for none."""
    distinct, which = np.unique(distance, return_inverse=True)
    breaks = options.breaks
    if breaks is not None and breaks[0] > distinct[0]:
        breaks = np.concatenate([distinct[:1], breaks])
    n_int = options.n_int if breaks is None else len(breaks) - 1
    if n_int >= len(distinct):
        # distances that are the same to 15 digits are one to R
        names = {name: k for k, name in enumerate(dict.fromkeys(f"{d:.15g}" for d in distinct))}
        return np.array([names[f"{d:.15g}"] for d in distinct], np.intp)[which]
    if breaks is None:
        breaks = _breaks(distance, distinct, n_int, options.collapse)
    inside = (distinct > breaks[0]) & (distinct <= breaks[-1])
    return np.where(inside, np.searchsorted(breaks, distinct) - 1, -1)[which]


def _breaks(distance: Array, distinct: Array, n_int: int, collapse: str) -> Array:
    """Bounds of classes of equal size or width, in R's own arithmetic: a distance may lie on a bound."""
    if collapse == "fixed":
        low, high = distinct[0], distinct[-1]
        return np.concatenate([[low], low + np.arange(1, n_int) * ((high - low) / n_int), [high]])
    place = (len(distance) - 1) * np.minimum(np.arange(n_int + 1) * (1 / n_int), 1.0)
    below = np.floor(1 + place).astype(np.intp) - 1
    above = np.ceil(1 + place).astype(np.intp) - 1
    ordered = np.sort(distance)
    low, high, share = ordered[below], ordered[above], (1 + place) - (below + 1)
    return np.unique(np.where((share > 0) & (high != low), (1 - share) * low + share * high, low))


def _by_class(variog: Array, distance: Array, classes: Indices, robust: bool) -> Variogram:
    """Mean semivariance, median distance and size of each class that has pairs."""
    kept = np.flatnonzero(classes >= 0)
    if not len(kept):
        raise DataError("breaks: no pair's distance lies between them; choose breaks within the distances")
    order = kept[np.lexsort((distance[kept], classes[kept]))]
    classes, ordered = classes[order], distance[order]
    starts = np.flatnonzero(np.diff(classes, prepend=-1))
    counts = np.diff(starts, append=len(classes))
    middle = (ordered[starts + (counts - 1) // 2] + ordered[starts + counts // 2]) / 2
    if robust:
        fourth_roots = np.add.reduceat(variog[order] ** 0.25, starts) / counts
        values = fourth_roots**4 / (0.457 + 0.494 / counts)
    else:
        values = np.add.reduceat(variog[order], starts) / counts
    return Variogram(np.asarray(values), np.asarray(middle), counts.astype(np.intp))
