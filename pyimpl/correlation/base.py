"""What every correlation structure answers, once it is initialised on the rows of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.correlation.layout import Layout
from pyimpl.derivative import steps_of, taken_apart
from pyimpl.free_parameters import FreeParameters

_TITLES = {
    "corAR1": "AR(1)",
    "corARMA": "ARMA(1,0)",
    "corCAR1": "Continuous AR(1)",
    "corCompSymm": "Compound symmetry",
    "corSymm": "General",
    "corNatural": "General",
    "corExp": "Exponential spatial correlation",
    "corGaus": "Gaussian spatial correlation",
    "corLin": "Linear spatial correlation",
    "corRatio": "Rational quadratic spatial correlation",
    "corSpher": "Spherical spatial correlation",
}


@dataclass(frozen=True)
class Correlation(ABC):
    """A correlation matrix R(psi) for each group of rows, and a factor of each.

    Everything is analytic in psi: nothing conjugates, and what branches looks at real parts. So complex steps give
    exact derivatives (:mod:`pyimpl.derivative`).

    Attributes
    ----------
    structure : str
        nlme's class, as R prints it: a corAR1 whose covariate has gaps is a corARMA there.
    layout : Layout
        The groups' rows, in the order that the structure works in.
    parameters : FreeParameters
        On nlme's unconstrained scale.
    """

    structure: str
    layout: Layout
    parameters: FreeParameters

    @property
    def n_parameters(self) -> int:
        """How many parameters are free: none where the structure is fixed."""
        return self.parameters.count

    @property
    def start(self) -> Array:
        """nlme's starting values of the free parameters, (m,), or those that were given."""
        return self.parameters.start

    @property
    def between_kinks(self) -> Array:
        """Values of the first parameter between those at which the matrices aren't smooth; none where they are."""
        return np.empty(0)

    @property
    def title(self) -> str:
        """What nlme's pages call the structure."""
        return _TITLES[self.structure]

    @property
    def names(self) -> tuple[str, ...]:
        """nlme's names of the constrained parameters, whether free or fixed."""
        return self.parameters.names

    def constrained(self, psi: Array) -> Array:
        """The parameters as users read them, one for each of ``names``."""
        with np.errstate(over="ignore"):
            return self._natural(self.parameters.fill(psi))

    def whiten(self, psi: Array, columns: Array) -> tuple[Array, Array]:
        """Premultiply each group's rows of ``columns`` by the inverse of a factor of its correlation matrix.

        Parameters
        ----------
        psi : (m,) array
        columns : (c, N) array

        Returns
        -------
        columns : (c, N) array
            ``L_g^-1`` times the rows of group g, with ``L_g L_g' = R_g``, in the places of its rows.
        log_det : scalar array
            The sum of ``log|R_g|`` over the groups. NaN, as the columns are, where a matrix is not positive definite
            or its parameters can't be told from their limits: an optimiser refuses such a step.
        """
        full = self.parameters.fill(psi)
        columns = np.asarray(columns)
        with np.errstate(all="ignore"):
            try:
                whitened, log_det = self._whiten(full, self.layout.gather(columns))
            except np.linalg.LinAlgError:
                log_det = np.asarray(np.nan)
        if not np.isfinite(log_det):
            return np.full(columns.shape, np.nan), np.asarray(np.nan)
        return self.layout.scatter(whitened), np.asarray(log_det)

    def slopes(self, psi: Array, columns: Array, whitened: Array) -> Array:
        """The derivatives of ``log|R| + sum_c x_c' R^-1 x_c`` over all groups by psi, (m,).

        Parameters
        ----------
        psi : (m,) array
            Real.
        columns : (c, N) array
            The x_c.
        whitened : (c, N) array
            ``L_g^-1 x_c`` as :meth:`whiten` gives it at ``psi``.
        """
        found = []
        for step in steps_of(psi):
            stepped, log_det = self.whiten(psi + step, columns)
            found.append(taken_apart(log_det)[1] + 2 * np.vdot(whitened, taken_apart(stepped)[1]))
        return np.array(found, float)

    def colour(self, psi: Array, columns: Array) -> Array:
        """Premultiply each group's rows of ``columns`` (c, N) by a root of its correlation matrix.

        Independent standard normal numbers become errors with these correlations. Cubic in the rows of a group where
        no structure is used.
        """
        out = np.empty_like(columns)
        for group in range(len(self.layout.sizes)):
            rows = self.layout.rows(group)
            out[:, rows] = columns[:, rows] @ np.linalg.cholesky(self.matrix(psi, group)).T
        return out

    def matrix(self, psi: Array, group: int) -> Array:
        """The correlation matrix of one group, its rows in the order of the data."""
        return self._matrix(self.parameters.fill(psi), group)

    @abstractmethod
    def _natural(self, full: Array) -> Array:
        """The constrained parameters of all the unconstrained ones."""

    @abstractmethod
    def _whiten(self, full: Array, columns: Array) -> tuple[Array, Array]:
        """As `whiten`, of sorted rows."""

    @abstractmethod
    def _matrix(self, full: Array, group: int) -> Array:
        """As `matrix`, from all the parameters."""


def correlation_from(psi: Array, lowest: float = -1.0) -> Array:
    """Correlations between ``lowest`` and 1 from log((r - lowest) / (1 - r)), analytically."""
    # e^-|psi|, with a sign that looks at the real part, never overflows.
    negative = np.real(psi) < 0
    small = np.exp(np.where(negative, psi, -psi))
    return np.asarray(np.where(negative, small + lowest, 1 + lowest * small) / (1 + small))


def proportion_from(psi: Array) -> Array:
    """A number between 0 and 1 from its logit."""
    return correlation_from(psi, 0.0)
