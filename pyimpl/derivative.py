"""Exact derivatives of analytic functions, by complex steps (Squire & Trapp 1998)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pyimpl.arrays import Array

# Small enough that its square vanishes beside 1.
_STEP = 1e-30


def derivative(function: Callable[[Array], Array], at: Array) -> Array:
    """Derivatives of an analytic function of (m,) arguments, exact to rounding.

    Parameters
    ----------
    function : callable
        Takes an (m,) array, complex here, and returns an array of any shape; it never conjugates.
    at : (m,) array

    Returns
    -------
    (m, ...) array
        By each argument in turn.
    """
    return np.stack([taken_apart(function(at + step))[1] for step in steps_of(at)])


def steps_of(at: Array) -> Array:
    """The imaginary steps along each argument, (m, m)."""
    return _STEP * 1j * np.eye(len(at))


def taken_apart(stepped: Array) -> tuple[Array, Array]:
    """The value of a function, and its derivative in the direction of the imaginary step that was taken."""
    stepped = np.asarray(stepped)
    return stepped.real, stepped.imag / _STEP
