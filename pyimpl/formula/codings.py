"""Contrast codings of factors, with the values and the column names that R gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pyimpl.errors import ArgumentError
from pyimpl.formula.values import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Coding:
    """How the levels of a factor become columns.

    Attributes
    ----------
    matrix : array of shape (levels, columns)
        The row that each level contributes.
    suffixes : tuple of str
        What R appends to the factor's name for each column.
    levels : tuple of str
        The levels, in the order of the rows.
    """

    matrix: FloatArray
    suffixes: tuple[str, ...]
    levels: tuple[str, ...]


def dummy(levels: tuple[str, ...]) -> Coding:
    """One indicator column a level: what a factor gets whose margin is not in the model."""
    return Coding(np.eye(len(levels)), levels, levels)


def treatment(levels: tuple[str, ...]) -> Coding:
    """Make indicators of all levels but the first (``contr.treatment``)."""
    return Coding(np.eye(len(levels))[:, 1:], levels[1:], levels)


def sas(levels: tuple[str, ...]) -> Coding:
    """Make indicators of all levels but the last (``contr.SAS``)."""
    return Coding(np.eye(len(levels))[:, :-1], levels[:-1], levels)


def deviation(levels: tuple[str, ...]) -> Coding:
    """Differences from the mean of the level means, the last level being -1 throughout (``contr.sum``)."""
    k = len(levels)
    return Coding(np.vstack([np.eye(k - 1), -np.ones(k - 1)]), _numbered(k), levels)


def helmert(levels: tuple[str, ...]) -> Coding:
    """Each level against the mean of those before it (``contr.helmert``)."""
    k = len(levels)
    row, column = np.indices((k, k - 1))
    matrix = np.where(row == column + 1, column + 1.0, np.where(row <= column, -1.0, 0.0))
    return Coding(matrix, _numbered(k), levels)


def polynomial(levels: tuple[str, ...]) -> Coding:
    """Orthonormal polynomials over equally spaced levels (``contr.poly``)."""
    k = len(levels)
    powers = np.vander(np.arange(k) - (k - 1) / 2, k, increasing=True)
    q, r = np.linalg.qr(powers)
    matrix = (q * np.sign(np.diag(r)))[:, 1:]
    suffixes = tuple((".L", ".Q", ".C")[j] if j < 3 else f"^{j + 1}" for j in range(k - 1))
    return Coding(matrix, suffixes, levels)


def _numbered(k: int) -> tuple[str, ...]:
    return tuple(str(j) for j in range(1, k))


CONTRASTS: dict[str, Callable[[tuple[str, ...]], Coding]] = {
    "contr.treatment": treatment,
    "contr.sum": deviation,
    "contr.helmert": helmert,
    "contr.poly": polynomial,
    "contr.SAS": sas,
}
"""The contrast functions of R's stats package, by R's name."""


def contrast(name: str, levels: tuple[str, ...], factor: str) -> Coding:
    """Return the contrast coding called `name`, or raise ArgumentError naming the `factor` it was given for."""
    if name not in CONTRASTS:
        allowed = ", ".join(CONTRASTS)
        raise ArgumentError(f"contrasts: {name!r} for {factor!r} is not a contrast; choose one of {allowed}")
    return CONTRASTS[name](levels)
