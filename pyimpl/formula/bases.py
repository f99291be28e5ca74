"""Transforms that learn from the data they are first given: scale, poly, bs and ns.

Each ``learn_*`` returns a frozen state; each state's ``apply`` builds the columns for any data, so that a
prediction uses the basis of the fit. formulaic and scipy are imported only when one of these is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.errors import DataError, FormulaError
from pyimpl.formula.values import FloatArray


@dataclass(frozen=True, slots=True)
class ScaleState:
    """``scale(x, center, scale)``: what is subtracted and what it is divided by."""

    center: float
    scale: float

    def apply(self, x: FloatArray) -> FloatArray:
        """Return (x - center) / scale, shape (n,)."""
        return (x - self.center) / self.scale


def learn_scale(x: FloatArray, center: float | bool, scale: float | bool) -> ScaleState:
    """Learn R's ``scale``: the mean, then the root of the sum of squares of the rest over n - 1."""
    shift = float(x.mean()) if center is True else float(center)
    divisor = float(scale) if scale is not False else 1.0
    if scale is True:
        divisor = float(np.sqrt(np.sum((x - shift) ** 2) / max(x.size - 1, 1)))
    return ScaleState(shift, divisor)


@dataclass(frozen=True, slots=True)
class PolyState:
    """``poly(x, degree)``: the recurrence of its orthogonal polynomials, or none for a raw one."""

    degree: int
    alpha: tuple[float, ...] | None
    norms2: tuple[float, ...] | None

    def apply(self, x: FloatArray) -> FloatArray:
        """Return the columns of degree 1 to `degree`, shape (n, degree)."""
        from formulaic.transforms.poly import poly

        if self.alpha is None or self.norms2 is None:
            return np.asarray(poly(x, degree=self.degree, raw=True), dtype=np.float64)
        state = {"alpha": dict(enumerate(self.alpha)), "norms2": dict(enumerate(self.norms2))}
        return np.asarray(poly(x, degree=self.degree, _state=state), dtype=np.float64)


def learn_poly(x: FloatArray, degree: int, raw: bool) -> PolyState:
    """Learn the polynomials that are orthogonal over the data `x`, as R's ``poly``.

    Raises
    ------
    DataError
        When `x` has no more distinct values than `degree`.
    """
    if raw:
        return PolyState(degree, None, None)
    distinct = np.unique(x).size
    if degree >= distinct:
        raise DataError(
            f"poly() of degree {degree} needs more than {degree} distinct values; there are {distinct}"
        )
    from formulaic.transforms.poly import poly

    state: dict[str, dict[int, float]] = {}
    poly(x, degree=degree, _state=state)
    alpha, norms2 = state["alpha"], state["norms2"]
    return PolyState(
        degree,
        tuple(float(alpha[k]) for k in range(len(alpha))),
        tuple(float(norms2[k]) for k in range(len(norms2))),
    )


@dataclass(frozen=True, slots=True)
class SplineState:
    """``bs(x)`` or, when `natural`, ``ns(x)``: its knots, its boundary knots `lower` and `upper`, its degree."""

    knots: tuple[float, ...]
    lower: float
    upper: float
    degree: int
    intercept: bool
    natural: bool

    def apply(self, x: FloatArray) -> FloatArray:
        """Return the basis, shape (n, k); beyond the boundary knots it goes on as a polynomial (ns: a line)."""
        return _natural_basis(self, x) if self.natural else _b_basis(self, x)


def learn_spline(
    x: FloatArray,
    *,
    df: int | None,
    knots: tuple[float, ...] | None,
    degree: int,
    intercept: bool,
    boundary: tuple[float, float] | None,
    natural: bool,
) -> SplineState:
    """Place the knots as R's ``bs`` and ``ns`` do: at quantiles of the values inside the boundary."""
    lower, upper = boundary if boundary is not None else (float(x.min()), float(x.max()))
    if not lower < upper:
        raise DataError("the boundary knots coincide; the column needs at least two distinct values")
    if knots is None:
        free = (degree + intercept) if not natural else (1 + intercept)
        count = 0 if df is None else df - free
        if count < 0:
            raise FormulaError(f"df = {df} is too small here; it must be at least {free}")
        inside = x[(x >= lower) & (x <= upper)]
        places = np.linspace(0.0, 1.0, count + 2)[1:-1]
        knots = tuple(float(k) for k in np.quantile(inside, places)) if count else ()
    if any(not lower < knot < upper for knot in knots):
        raise DataError(f"the knots must lie strictly between the boundary knots {lower:g} and {upper:g}")
    return SplineState(tuple(sorted(knots)), lower, upper, degree, intercept, natural)


def _b_basis(state: SplineState, x: FloatArray) -> FloatArray:
    from formulaic.transforms.basis_spline import basis_spline

    columns = basis_spline(
        x,
        knots=list(state.knots),
        degree=state.degree,
        include_intercept=state.intercept,
        lower_bound=state.lower,
        upper_bound=state.upper,
        extrapolation="extend",
    )
    return np.column_stack([np.asarray(columns[key]) for key in sorted(columns)])


def _natural_basis(state: SplineState, x: FloatArray) -> FloatArray:
    """Build the natural cubic spline basis.

    A natural spline is a cubic spline whose second derivative vanishes at both boundary knots. With C (2 x m)
    the second derivatives of the m B-splines there, the coefficients allowed are the null space of C; R takes
    the trailing columns of the Householder QR of C' as its basis, and so must we to have the same columns.
    """
    from scipy.interpolate import BSpline

    ends = np.array([state.lower, state.upper])
    grid = np.r_[[state.lower] * 4, state.knots, [state.upper] * 4]
    splines = BSpline(grid, np.eye(grid.size - 4), 3, extrapolate=True)
    first = 0 if state.intercept else 1
    constraint = splines(ends, nu=2)[:, first:]
    q, _ = np.linalg.qr(constraint.T, mode="complete")
    inside = np.clip(x, state.lower, state.upper)
    basis = splines(inside)[:, first:]
    outside = np.flatnonzero(inside != x)
    if outside.size:
        slopes = splines(ends, nu=1)[:, first:]
        side = (x[outside] > state.upper).astype(np.intp)
        basis[outside] += (x[outside] - inside[outside])[:, None] * slopes[side]
    return np.asarray(basis @ q[:, 2:])
