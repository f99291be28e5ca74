"""The parameters of a correlation structure or variance function: some free, others held at a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyimpl.arrays import Array


@dataclass(frozen=True, slots=True)
class FreeParameters:
    """Named parameters, of which the optimiser sees the free ones.

    Attributes
    ----------
    names : tuple of str
        nlme's names, of all of them.
    initial : (m,) array
        Where the free ones start and the others stay, on the unconstrained scale.
    free : (m,) bool array
        Which of them vary.
    """

    names: tuple[str, ...]
    initial: Array
    free: npt.NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many are free."""
        return int(self.free.sum())

    @property
    def start(self) -> Array:
        """The free ones' initial values."""
        return np.asarray(self.initial[self.free])

    def fill(self, psi: Array) -> Array:
        """All parameters, (m,), from the free ones; complex where those are."""
        full = np.array(self.initial, np.result_type(float, psi))
        full[self.free] = psi
        return full


def all_free(names: tuple[str, ...], initial: Array, fixed: bool = False) -> FreeParameters:
    """Parameters that all vary, or none where the structure is ``fixed``."""
    return FreeParameters(names, np.asarray(initial, float), np.full(len(initial), not fixed))
