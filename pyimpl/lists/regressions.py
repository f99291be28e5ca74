"""Least squares in every group at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.grouped import Rows, eliminate, forward_solve

# A column whose part outside the earlier ones' span is below this fraction of its length depends on them, in its
# group, as in the fixed effects of a mixed model.
_DEPENDENT = 1e-11
# A new row lies in the span of a group's rows if what is left outside is below this fraction of it.
_OUTSIDE = 1e-8


@dataclass(frozen=True, slots=True)
class Regressions:
    """The regressions of y on X = Q R, one a group. The group axis is the last.

    A column that depends on those before it in its group (as always where there are more columns than rows) is left
    out there: its coefficient is undetermined.

    Attributes
    ----------
    R : (p, p, G) array
        Triangular factors; the row of a column that is left out is zero.
    z : (p, G) array
        Q'y.
    inverse : (p, p, G) array
        Transposed inverse of R among the columns that are not left out, zero in the others.
    rss : (G,) array
        Residual sums of squares.
    n : (G,) int array
        Rows.
    """

    R: Array
    z: Array
    inverse: Array
    rss: Array
    n: Indices

    @property
    def determined(self) -> Array:
        """Which coefficients are determined, (p, G)."""
        return np.asarray(np.einsum("jjg->jg", self.R) > 0)

    @property
    def rank(self) -> Indices:
        """Coefficients determined in each group, (G,)."""
        return np.asarray(self.determined.sum(axis=0), np.intp)

    @property
    def df(self) -> Indices:
        """Residual degrees of freedom of each group, (G,)."""
        return self.n - self.rank

    @property
    def sigma(self) -> Array:
        """Residual standard deviation of each group, (G,); NaN without degrees of freedom."""
        return np.sqrt(self.rss / np.where(self.df > 0, self.df, np.nan))

    @property
    def pooled_sigma(self) -> float:
        """Residual standard deviation over all groups; NaN without degrees of freedom."""
        df = int(self.df.sum())
        return float(np.sqrt(self.rss.sum() / df)) if df else float("nan")

    def coefficients(self) -> Array:
        """The estimates, (G, p); NaN where undetermined."""
        estimates = np.einsum("kjg,kg->jg", self.inverse, self.z)
        return np.where(self.determined, estimates, np.nan).T

    def unscaled_errors(self) -> Array:
        """Standard errors of the coefficients where sigma is 1, (G, p): roots of diag((X'X)^-1)."""
        spread = np.sqrt(np.einsum("kjg,kjg->jg", self.inverse, self.inverse))
        return np.where(self.determined, spread, np.nan).T

    def predictions(self, X: Array, codes: Indices) -> tuple[Array, Array]:
        """Predictions x'beta of the groups' regressions for new rows.

        Parameters
        ----------
        X : (n, p) array
        codes : (n,) int array
            Whose regression; -1 gives NaN.

        Returns
        -------
        fit : (n,) array
        error : (n,) array
            Its standard error where sigma is 1. Both are NaN where the group's rows don't determine the value.
        """
        coordinates = np.einsum("kjn,nj->kn", self.inverse[:, :, codes], X)
        R = self.R[:, :, codes]
        outside = np.abs(X.T - np.einsum("kn,kjn->jn", coordinates, R))
        size = np.abs(X.T) + np.einsum("kn,kjn->jn", np.abs(coordinates), np.abs(R))
        known = (codes >= 0) & (outside <= _OUTSIDE * size).all(axis=0)
        fit = np.einsum("kn,kn->n", coordinates, self.z[:, codes])
        error = np.sqrt(np.einsum("kn,kn->n", coordinates, coordinates))
        return np.where(known, fit, np.nan), np.where(known, error, np.nan)


def regress(X: Array, y: Array, codes: Indices) -> tuple[Regressions, Array]:
    """Regress y on X within each group.

    Parameters
    ----------
    X : (N, p) array
    y : (N,) array
    codes : (N,) int array
        Each row's group, 0 to G - 1; each occurs.

    Returns
    -------
    regressions : Regressions
    residuals : (N,) array
        In the order of the rows.
    """
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    p = X.shape[1]
    columns = np.concatenate([X.T, y[None]])[:, None, order]
    factor, (rest,) = eliminate([Rows(columns, starts)], p, _DEPENDENT)
    residuals = np.empty(len(y))
    residuals[order] = rest.values[0, 0]
    R = factor[:, :p]
    rss = np.add.reduceat(rest.values[0, 0] ** 2, starts)
    regressions = Regressions(R, factor[:, p], _transposed_inverse(R), rss, rest.counts)
    return regressions, residuals


def _transposed_inverse(R: Array) -> Array:
    """R^-T group by group, without the rows and columns whose diagonal is zero."""
    left_out = np.einsum("jjg->jg", R) == 0
    lower = np.where(left_out[:, None] | left_out[None, :], 0.0, R).swapaxes(0, 1)
    identity = np.broadcast_to(np.eye(len(R))[:, :, None], R.shape)
    lower = lower + identity * left_out[None, :]
    inverse = forward_solve(lower, np.ascontiguousarray(identity))
    return np.where(left_out[:, None] | left_out[None, :], 0.0, inverse)
