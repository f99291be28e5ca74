"""A model's variances as one vector of pure numbers, so that steps and gradients don't hang on anyone's units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .likelihood import Problem, Within
from .structure import Block, block_diagonal
from .within import WithinModel

Floats = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Variances:
    """The variances of a model in its own units.

    Attributes
    ----------
    psis : tuple of ndarray, shape (q_k, q_k)
        The random effects' covariance matrix of each level, outermost first.
    sigma : float
    corr, var : ndarray
        The parameters of the correlation structure and of the variance function, as R reports them.
    """

    psis: tuple[Floats, ...]
    sigma: float
    corr: Floats
    var: Floats


@dataclass(frozen=True, slots=True)
class Parameters:
    """The map between variances and theta = (blocks of each level, sigma unless it is known, correlation, weights).

    Attributes
    ----------
    forms : tuple of tuple of Block
        The blocks of each level's Psi.
    scales : tuple of ndarray, shape (q_k,)
        Units of the random effects: the response's standard deviation over the column's root mean square.
    unit : float
        That of sigma.
    within : WithinModel
        The correlation structure and the variance function.
    known_sigma : float or None
        Sigma where it isn't estimated.
    """

    forms: tuple[tuple[Block, ...], ...]
    scales: tuple[Floats, ...]
    unit: float
    within: WithinModel
    known_sigma: float | None = None

    @classmethod
    def of(
        cls,
        problem: Problem,
        forms: Sequence[Sequence[Block]],
        within: WithinModel,
        known_sigma: float | None = None,
    ) -> Parameters:
        """Return the map for a model."""
        spread = float(np.std(problem.y)) or 1.0
        sizes = [np.sqrt(np.mean(level.Z.astype(float) ** 2, axis=0)) for level in problem.levels]
        scales = tuple(spread / np.where(size > 0, size, 1.0) for size in sizes)
        return cls(tuple(map(tuple, forms)), scales, spread, within, known_sigma)

    @property
    def n_covariance(self) -> int:
        """How many parameters count in AIC and BIC beside the fixed effects."""
        of_psi = sum(block.n_parameters for form in self.forms for block in form)
        return of_psi + self.within.n_parameters + (self.known_sigma is None)

    def theta(self, variances: Variances) -> Floats:
        """Return the parameters at given variances."""
        parts: list[Floats] = []
        for form, scale, psi in zip(self.forms, self.scales, variances.psis, strict=True):
            start = 0
            for block in form:
                here = slice(start, start + block.size)
                parts.append(block.parameters(psi[here, here], scale[here]))
                start += block.size
        if self.known_sigma is None:
            parts.append(np.array([variances.sigma / self.unit]))
        parts.append(self.within.theta(variances.corr, variances.var))
        return np.concatenate(parts)

    def variances(self, theta: Floats) -> Variances:
        """Return the variances at given parameters."""
        psis, at = [], 0
        for form, scale in zip(self.forms, self.scales, strict=True):
            blocks, start = [], 0
            for block in form:
                here = slice(start, start + block.size)
                blocks.append(block.matrix(theta[at : at + block.n_parameters], scale[here]))
                start, at = start + block.size, at + block.n_parameters
            psis.append(block_diagonal(blocks))
        sigma = self.known_sigma
        if sigma is None:
            sigma, at = abs(float(theta[at])) * self.unit, at + 1
        corr, var = self.within.values(theta[at:])
        return Variances(tuple(psis), sigma, corr, var)

    def lambda_of(self, variances: Variances) -> Within | None:
        """Return the residuals' Lambda at given variances, None where it is the identity."""
        return self.within.at(variances.corr, variances.var)
