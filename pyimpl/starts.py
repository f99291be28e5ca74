"""Where the search is told to begin: a structure's starting values, as covariance matrices and as parameters.

As in nlme, what is given is relative: the covariance of the random effects over sigma^2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pyimpl.arrays import Array
from pyimpl.covariance import Blocked, Covariance
from pyimpl.errors import FormulaError
from pyimpl.objective import Likelihood
from pyimpl.parametrisation import PARAMETRISATIONS

_ROUNDING = 1e-8


def starting_covariance(value: Sequence[object], structure: Covariance, group: str) -> Array:
    """The matrix (q, q) that a starting value stands for.

    Parameters
    ----------
    value : sequence of float, or of rows
        nlme's parameters of the structure, or the matrix.
    structure : Covariance
    group : str
        The grouping factor, for error messages.

    Raises
    ------
    FormulaError
        There are too many or too few, or they make no covariance matrix of this structure.
    """
    where = f"random: the starting value of {structure.name} for '{group}'"
    numbers = np.array(value, dtype=float)
    q = structure.q
    if numbers.ndim == 1:
        expected = PARAMETRISATIONS[structure.name].size(q)
        if len(numbers) != expected:
            raise FormulaError(
                f"{where} has {len(numbers)} numbers, but {q} random effects have {expected} parameters; give "
                f"{expected} on nlme's unconstrained scale, or a {q} x {q} matrix"
            )
        with np.errstate(over="ignore"):
            D = PARAMETRISATIONS[structure.name].matrix(numbers, q)
        if not np.isfinite(D).all():
            raise FormulaError(
                f"{where} is too large; logarithms of standard deviations over sigma are asked for"
            )
    else:
        D = numbers
        if D.shape != (q, q):
            shape = " x ".join(map(str, D.shape))
            raise FormulaError(f"{where} is a {shape} matrix, but there are {q} random effects")
    size = np.abs(D).max()
    theta = structure.parameters_of((D + D.T) / 2)
    Lambda = structure.factor(theta)
    if np.abs(Lambda @ Lambda.T - D).max() > _ROUNDING * size:
        raise FormulaError(
            f"{where} is not a covariance matrix of that structure; it must be symmetric, without negative "
            "eigenvalues, and have the zeros and equal elements that the structure asks for"
        )
    return D


def point_of(starts: Sequence[Array | None], likelihood: Likelihood, default: Array) -> Array | None:
    """The parameters at given starting values, and where none are given those of ``default``.

    Parameters
    ----------
    starts : sequence of (q, q) arrays or None
        One for each block of each level, innermost level first, over sigma^2 and in the user's units.
    likelihood : Likelihood
    default : (m,) array
        The usual starting point.

    Returns
    -------
    (m,) array or None
        None where nothing is given.
    """
    if all(start is None for start in starts):
        return None
    theta = default.copy()
    given = iter(starts)
    position = 0
    for structure, level in zip(likelihood.structures, likelihood.moments.levels, strict=True):
        row = 0
        for block in structure.blocks if isinstance(structure, Blocked) else (structure,):
            start = next(given)
            T = level.T[row : row + block.q, row : row + block.q]
            if start is not None:
                theta[position : position + block.n_parameters] = block.parameters_of(T @ start @ T.T)
            position, row = position + block.n_parameters, row + block.q
    return theta
