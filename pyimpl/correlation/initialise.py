"""Correlation structures bound to the groups and covariates of a model, with nlme's starting values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.correlation.arma import ARMA, partial_of
from pyimpl.correlation.base import Correlation
from pyimpl.correlation.compound import CompoundSymmetry
from pyimpl.correlation.dense import Batch, rows_by_size
from pyimpl.correlation.general import NaturalCorrelations, Spherical, angles_of, pair_names
from pyimpl.correlation.layout import Layout, lay_out
from pyimpl.correlation.markov import AR1, CAR1, ExponentialInTime, steps_of
from pyimpl.correlation.nugget import NoisyExponential
from pyimpl.correlation.request import CorrelationRequest
from pyimpl.correlation.spatial import BOUNDED, SHAPES, Spatial, distances
from pyimpl.errors import ArgumentError, DataError
from pyimpl.free_parameters import FreeParameters, all_free
from pyimpl.parametrisation import parameter_of_correlation

_ARGUMENT = "correlation"


def initialise(
    request: CorrelationRequest, codes: Indices, covariates: Sequence[Array] = (), labels: Sequence[str] = ()
) -> Correlation:
    """Bind a structure to rows.

    Parameters
    ----------
    request : CorrelationRequest
    codes : (N,) int array
        The correlation group of each row, 0 to G - 1, none empty; rows in any order.
    covariates : sequence of (N,) float arrays
        Those of ``request.form``, evaluated; none for ``~ 1``, the order of the rows within each group.
    labels : sequence of G str, optional
        What the groups are called in error messages.

    Raises
    ------
    DataError
        When the covariates can't be used: missing or repeated within a group, not whole where they must be.
    ArgumentError
        When the initial values are too few, too many or outside the parameters' range.
    """
    codes = np.asarray(codes, np.intp)
    named = labels or [str(code) for code in range(int(codes.max()) + 1)]
    _check(request, np.bincount(codes), covariates)
    columns = [np.asarray(column, float) for column in covariates] or [_places(codes)]
    build = _BUILDERS.get(request.structure, _spatial)
    return build(request, codes, columns, named)


def _check(request: CorrelationRequest, sizes: Indices, covariates: Sequence[Array]) -> None:
    if int(sizes.max()) < 2:
        raise DataError(
            f"{_ARGUMENT}: no group of {request.form.text} has two rows, so nothing tells their {request.structure}"
        )
    if any(not np.isfinite(column).all() for column in covariates):
        raise DataError(f"{_ARGUMENT}: the covariate of {request.form.text} has missing or infinite values")


def _places(codes: Indices) -> Array:
    """1, 2, ... along the rows of each group."""
    layout = lay_out(codes)
    places = np.empty(len(codes))
    inside = np.arange(len(codes)) - np.repeat(layout.starts, layout.sizes) + 1.0
    places[slice(None) if layout.order is None else layout.order] = inside
    return places


def _serial_layout(
    request: CorrelationRequest, codes: Indices, times: Array, labels: Sequence[str]
) -> Layout:
    """Sort by time; the same time twice in a group is an error."""
    layout = lay_out(codes, times)
    by_group, by_time = (a if layout.order is None else a[layout.order] for a in (codes, times))
    same = np.flatnonzero((by_time[1:] == by_time[:-1]) & (by_group[1:] == by_group[:-1]))
    if same.size:
        raise DataError(
            f"{_ARGUMENT}: {request.form.text} has {by_time[same[0]]:g} twice in the group "
            f"{labels[by_group[same[0]]]}; {request.structure} needs different values within each group"
        )
    return layout


def _whole_times(request: CorrelationRequest, times: Array) -> Array:
    broken = np.flatnonzero((times != np.round(times)) | (np.abs(times) > 2**53))
    if broken.size:
        raise DataError(
            f"{_ARGUMENT}: {request.form.text} has {times[broken[0]]!r} in row {broken[0] + 1}, but "
            f"{request.structure} needs whole numbers; use corCAR1 for times that aren't"
        )
    return times


def _values(
    request: CorrelationRequest, count: int, default: Array | float, low: float, high: float
) -> Array:
    """The initial values, all strictly between ``low`` and ``high``."""
    if not request.value:
        return np.full(count, default) if np.isscalar(default) else np.asarray(default)
    if len(request.value) != count:
        raise ArgumentError(
            f"{_ARGUMENT}: {request.structure} takes {count} initial value{'s' * (count > 1)} here, "
            f"not {len(request.value)}"
        )
    values = np.array(request.value)
    outside = values[(values <= low) | (values >= high)]
    if outside.size:
        raise ArgumentError(
            f"{_ARGUMENT}: the initial value {outside[0]:g} of {request.structure} must be between "
            f"{low:g} and {high:g}"
        )
    return values


def _ar1(
    request: CorrelationRequest, codes: Indices, columns: list[Array], labels: Sequence[str]
) -> Correlation:
    times = _whole_times(request, columns[0])
    layout = _serial_layout(request, codes, times, labels)
    start = parameter_of_correlation(_values(request, 1, 0.0, -1, 1), -1.0)
    kind, name = ("corAR1", "Phi") if _without_gaps(codes, times) else ("corARMA", "Phi1")
    parameters = all_free((name,), start, request.fixed)
    return AR1(kind, layout, parameters, steps_of(times, layout.order, layout.starts))


def _without_gaps(codes: Indices, times: Array) -> bool:
    """Whether the rows of each group, as they stand, are one unit of time after each other: a corAR1 to nlme."""
    layout = lay_out(codes)
    ordered = times if layout.order is None else times[layout.order]
    one_later = np.diff(ordered, prepend=0.0) == 1
    one_later[layout.starts] = True
    return bool(one_later.all())


def _car1(
    request: CorrelationRequest, codes: Indices, columns: list[Array], labels: Sequence[str]
) -> Correlation:
    layout = _serial_layout(request, codes, columns[0], labels)
    start = parameter_of_correlation(_values(request, 1, 0.2, 0, 1), 0.0)
    steps = steps_of(columns[0], layout.order, layout.starts)
    return CAR1("corCAR1", layout, all_free(("Phi",), start, request.fixed), steps)


def _arma(
    request: CorrelationRequest, codes: Indices, columns: list[Array], labels: Sequence[str]
) -> Correlation:
    p, q = request.p, request.q
    if (p, q) == (1, 0):
        return _ar1(request, codes, columns, labels)
    times = _whole_times(request, columns[0])
    layout = _serial_layout(request, codes, times, labels)
    values = _values(request, p + q, 0.0, -np.inf, np.inf)
    partial = [partial_of(values[:p]), -partial_of(-values[p:])]
    for found, what in zip(partial, ("a stationary process", "an invertible moving average"), strict=True):
        if (np.abs(found) >= 1).any():
            raise ArgumentError(f"{_ARGUMENT}: the initial values of corARMA are not those of {what}")
    names = (*(f"Phi{i + 1}" for i in range(p)), *(f"Theta{j + 1}" for j in range(q)))
    parameters = all_free(names, parameter_of_correlation(np.concatenate(partial), -1.0), request.fixed)
    return ARMA("corARMA", layout, parameters, steps_of(times, layout.order, layout.starts), p, q)


def _compound(
    request: CorrelationRequest, codes: Indices, columns: list[Array], labels: Sequence[str]
) -> Correlation:
    layout = lay_out(codes)
    lowest = -1.0 / (int(layout.sizes.max()) - 1)
    start = parameter_of_correlation(_values(request, 1, 0.0, lowest, 1), lowest)
    return CompoundSymmetry("corCompSymm", layout, all_free(("Rho",), start, request.fixed), lowest)


def _general(
    request: CorrelationRequest, codes: Indices, columns: list[Array], labels: Sequence[str]
) -> Correlation:
    times = _whole_times(request, columns[0])
    _serial_layout(request, codes, times, labels)
    different, positions = np.unique(times, return_inverse=True)
    size = len(different)
    if different[-1] - different[0] != size - 1:
        raise DataError(
            f"{_ARGUMENT}: the values of {request.form.text} must follow each other without gaps over the groups "
            f"for {request.structure}, as 1, 2, 3 do; they go from {different[0]:g} to {different[-1]:g} "
            f"with {size} different ones"
        )
    matrix = np.eye(size)
    i, j = np.triu_indices(size, 1)
    matrix[i, j] = matrix[j, i] = values = _values(request, len(i), 0.0, -1, 1)
    if np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ArgumentError(
            f"{_ARGUMENT}: no rows have the correlations that are {request.structure}'s initial values"
        )
    layout = lay_out(codes)
    place = positions.ravel() if layout.order is None else positions.ravel()[layout.order]
    batches = tuple(Batch(rows, place[rows]) for rows in rows_by_size(layout))
    spherical = request.structure == "corSymm"
    start = angles_of(matrix) if spherical else parameter_of_correlation(values, -1.0)
    kind = Spherical if spherical else NaturalCorrelations
    return kind(request.structure, layout, all_free(pair_names(size), start, request.fixed), batches, size)


def _spatial(
    request: CorrelationRequest, codes: Indices, columns: list[Array], labels: Sequence[str]
) -> Correlation:
    if len(columns) == 1 and request.structure == "corExp":
        return _exponential_in_time(request, codes, columns[0], labels)
    layout = lay_out(codes)
    points = np.stack(columns) if layout.order is None else np.stack(columns)[:, layout.order]
    batches = tuple(Batch(rows, distances(points[:, rows], request.metric)) for rows in rows_by_size(layout))
    nearest = _nearest(request, batches, layout, labels)
    parameters, least = _range_parameters(request, nearest)
    return Spatial(request.structure, layout, parameters, batches, request.structure, least)


def _exponential_in_time(
    request: CorrelationRequest, codes: Indices, times: Array, labels: Sequence[str]
) -> Correlation:
    layout = _serial_layout(request, codes, times, labels)
    steps = steps_of(times, layout.order, layout.starts)
    parameters, _ = _range_parameters(request, float(steps.lengths[0]))
    kind = NoisyExponential if request.nugget else ExponentialInTime
    return kind("corExp", layout, parameters, steps)


def _nearest(
    request: CorrelationRequest, batches: Sequence[Batch], layout: Layout, labels: Sequence[str]
) -> float:
    """The smallest distance between two rows of a group; zero is an error."""
    smallest = np.inf
    for batch in batches:
        i, j = np.triu_indices(batch.rows.shape[1], 1)
        apart = batch.known[:, i, j]
        if not apart.size:
            continue
        smallest = min(smallest, float(apart.min()))
        if smallest == 0:
            first = batch.rows[np.argwhere(apart == 0)[0, 0], 0]
            group = np.searchsorted(layout.starts, first)
            raise DataError(
                f"{_ARGUMENT}: two rows of the group {labels[group]} are at the same place in "
                f"{request.form.text}; {request.structure} needs a distance between any two"
            )
    return smallest


def _range_parameters(request: CorrelationRequest, nearest: float) -> tuple[FreeParameters, float]:
    """The range, the nugget where asked for, and what the range must exceed."""
    least = nearest if request.structure in BOUNDED else 0.0
    default = np.array([1.1 * nearest if least else 0.9 * nearest, 0.1])[: 1 + request.nugget]
    if request.nugget and len(request.value) == 1:
        given = np.array([request.value[0], 0.1])
    else:
        given = _values(request, len(default), default, 0, np.inf)
    if not given[0] > least:
        raise ArgumentError(
            f"{_ARGUMENT}: the range {given[0]:g} of {request.structure} must exceed {least:g}"
            + (", the smallest distance between two rows of a group" if least else "")
        )
    if request.nugget and not 0 < given[1] < 1:
        raise ArgumentError(f"{_ARGUMENT}: the nugget {given[1]:g} must be between 0 and 1")
    logit = parameter_of_correlation(given[1:], 0.0)
    start = np.append(np.log(given[0] - least), logit)
    return all_free(("range", "nugget")[: len(given)], start, request.fixed), least


_BUILDERS: dict[str, Callable[[CorrelationRequest, Indices, list[Array], Sequence[str]], Correlation]] = {
    "corAR1": _ar1,
    "corCAR1": _car1,
    "corARMA": _arma,
    "corCompSymm": _compound,
    "corSymm": _general,
    "corNatural": _general,
    **dict.fromkeys(SHAPES, _spatial),
}
