"""Variance parameters on scales where their estimates are nearly normal: what approximate intervals are made on.

nlme's natural parametrisation of a structure, applied to the covariance in the user's units: log standard deviations,
and log((1 + r) / (1 - r)) of correlations (for compound symmetry, log((r + 1/(q - 1)) / (1 - r)), whose range is that
of r). Every function is analytic, so that complex steps give exact derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.design import RandomBlock
from pyimpl.parametrisation import correlation_of, lowest_correlation, parameter_of_correlation

_UNSTRUCTURED = ("pdLogChol", "pdSymm", "pdNatural")


@dataclass(frozen=True, slots=True)
class Natural:
    """One parameter: R's name for it, its value on the natural scale, and the range of the correlation it may be.

    Attributes
    ----------
    label : str
        ``sd((Intercept))``, ``cor((Intercept),ses)``.
    value : complex or float
        The transformed parameter.
    lowest : float or None
        For a correlation the lower end of its range; None for a standard deviation.
    """

    label: str
    value: complex
    lowest: float | None = None

    def back(self, value: Array) -> Array:
        """From the natural scale to a standard deviation or a correlation."""
        if self.lowest is None:
            return np.exp(value)
        return correlation_of(value, self.lowest)


def natural_parameters(block: RandomBlock, D: Array) -> list[Natural]:
    """The parameters of one structure at the covariance matrix ``D`` (q, q) of its effects."""
    names = block.columns.names
    sd = np.sqrt(np.diag(D))
    if block.structure == "pdIdent":
        return [Natural(f"sd({block.formula.text_without_groups.removeprefix('~')})", np.log(sd[0]))]
    if block.structure == "pdCompSymm":
        found = [Natural("std. dev", np.log(sd[0]))]
        if len(names) > 1:
            found.append(_correlation("corr.", D[0, 1] / D[0, 0], lowest_correlation(len(names))))
        return found
    found = [Natural(f"sd({name})", np.log(s)) for name, s in zip(names, sd, strict=True)]
    if block.structure in _UNSTRUCTURED:
        pairs = zip(*np.triu_indices(len(names), 1), strict=True)
        found += [
            _correlation(f"cor({names[i]},{names[j]})", D[i, j] / (sd[i] * sd[j]), -1.0) for i, j in pairs
        ]
    return found


def _correlation(label: str, r: complex, lowest: float) -> Natural:
    return Natural(label, complex(parameter_of_correlation(np.asarray(r), lowest)), lowest)
