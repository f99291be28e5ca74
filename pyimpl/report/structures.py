"""The sections on a correlation structure and a variance function, for ``ModelDescription.extra_blocks``."""

from collections.abc import Sequence

import numpy as np

from pyimpl.report.pages import FloatArray
from pyimpl.report.parts import correlation_table, deparsed
from pyimpl.report.rprint import named_numbers, number_matrix

_VARIANCE_HEADING = "Variance function:\n"
_ESTIMATES = " Parameter estimates:\n"
_FIXED_WEIGHTS = " Structure: fixed weights\n"


def correlation_block(title: str, formula: str, names: Sequence[str], values: FloatArray) -> str:
    """Print a correlation structure that has named parameters.

    Parameters
    ----------
    title : str
        nlme's name for it: ``"AR(1)"``, ``"Continuous AR(1)"``, ``"ARMA(1,1)"``, ``"Compound symmetry"``, ...
    formula : str
        ``"~1 | Subject"``, on one line.
    names : sequence of str
        ``"Phi"``, ``"Rho"``, ``"range"``, ...
    values : ndarray
        Constrained parameters in that order.

    Returns
    -------
    str
    """
    return _correlation_head(title, formula) + named_numbers(values, names)


def general_correlation_block(formula: str, corr: FloatArray) -> str:
    """Print a general correlation structure (corSymm, corNatural) as its lower triangle.

    Parameters
    ----------
    formula : str
        ``"~1 | Subject"``, on one line.
    corr : ndarray, shape (m, m)
        Correlations between the positions 1 to m within a group.

    Returns
    -------
    str
    """
    positions = [str(i) for i in range(1, corr.shape[0] + 1)]
    return _correlation_head("General", formula) + correlation_table(corr, positions)


def _correlation_head(title: str, formula: str) -> str:
    return f"Correlation Structure: {title}\n Formula: {deparsed(formula)} \n Parameter estimate(s):\n"


def variance_block(title: str, formula: str, names: Sequence[str], values: FloatArray) -> str:
    """Print a variance function without its heading.

    Parameters
    ----------
    title : str
        nlme's name for it: ``"Power of variance covariate"``, ``"Different standard deviations per
        stratum"``, ...; ``"fixed weights"`` has no parameters.
    formula : str
        ``"~fitted(.)"``, on one line.
    names : sequence of str
    values : ndarray
        Constrained parameters, fixed ones too.

    Returns
    -------
    str
    """
    if np.size(values) == 0:
        return _variance_head(title, formula)
    return _variance_head(title, formula) + _ESTIMATES + named_numbers(values, names)


def stratified_variance_block(
    title: str, formula: str, names: Sequence[str], strata: Sequence[str], values: FloatArray
) -> str:
    """Print a variance function that has several parameters in each of several strata, without its heading.

    Parameters
    ----------
    title, formula : str
        As of :func:`variance_block`.
    names : sequence of str, length k
        ``"const"`` and ``"power"``, for instance.
    strata : sequence of str, length m
    values : ndarray, shape (k, m)
        Constrained parameters, fixed ones too.

    Returns
    -------
    str
    """
    return _variance_head(title, formula) + _ESTIMATES + number_matrix(values, names, strata)


def _variance_head(title: str, formula: str) -> str:
    return f" Structure: {title}\n Formula: {deparsed(formula)} \n"


def variance_section(blocks: Sequence[str]) -> str:
    """Put the heading over one :func:`variance_block`, or over several that are combined (varComb).

    Among combined ones nlme repeats the heading over fixed weights, and so does this.

    Parameters
    ----------
    blocks : sequence of str

    Returns
    -------
    str
    """
    if len(blocks) == 1:
        return _VARIANCE_HEADING + blocks[0]
    headed = [_VARIANCE_HEADING + b if b.startswith(_FIXED_WEIGHTS) else b for b in blocks]
    return "Combination of variance functions: \n" + "".join(headed)
