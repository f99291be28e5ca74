"""From a correlation structure and a variance function to their sections of the printed pages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pyimpl.arrays import Array
from pyimpl.correlation import Correlation, CorrelationRequest
from pyimpl.report.structures import (
    correlation_block,
    general_correlation_block,
    stratified_variance_block,
    variance_block,
    variance_section,
)
from pyimpl.structure_call import CovariateForm
from pyimpl.structured.within import WithinGroup
from pyimpl.variance import VarianceFunction, VarianceRequest
from pyimpl.variance.functions import PARAMETERS, Combination, Variance


def structure_sections(within: WithinGroup, psi: Array, groups: Sequence[str]) -> tuple[str, ...]:
    """The sections on the correlation structure and on the variance function, those that there are.

    Parameters
    ----------
    within : WithinGroup
    psi : (m,) array
        Its free unconstrained parameters.
    groups : sequence of str
        The grouping factors of the model, outermost first; empty where it has none.
    """
    of_correlation, of_variance = within.split(psi)
    sections = []
    if within.correlation is not None and within.correlation_request is not None:
        sections.append(
            correlation_section(within.correlation, within.correlation_request, of_correlation, groups)
        )
    if within.variance is not None and within.variance_request is not None:
        sections.append(variance_page_section(within.variance, within.variance_request, of_variance))
    return tuple(sections)


_GENERAL = ("corSymm", "corNatural")


def correlation_section(
    correlation: Correlation, request: CorrelationRequest, psi: Array, groups: Sequence[str]
) -> str:
    """The section on a correlation structure.

    Parameters
    ----------
    correlation : Correlation
    request : CorrelationRequest
    psi : (m,) array
        Its free unconstrained parameters.
    groups : sequence of str
        The grouping factors of the model, outermost first, which are meant where the form names none.
    """
    formula = _with_groups(request.form, groups)
    values = correlation.constrained(psi)
    if correlation.structure in _GENERAL:
        return general_correlation_block(formula, _symmetric(values))
    return correlation_block(correlation.title, formula, correlation.names, values)


def _with_groups(form: CovariateForm, groups: Sequence[str]) -> str:
    return form.text if form.groups or not groups else f"{form.text} | {'/'.join(groups)}"


def _symmetric(pairs: Array) -> Array:
    """The correlation matrix of its elements above the diagonal, row by row."""
    size = round((1 + np.sqrt(1 + 8 * len(pairs))) / 2)
    R = np.eye(size)
    R[np.triu_indices(size, 1)] = pairs
    return np.asarray(R + np.triu(R, 1).T)


def variance_page_section(variance: VarianceFunction, request: VarianceRequest, psi: Array) -> str:
    """The section on a variance function, psi its free unconstrained parameters, (m,)."""
    if not isinstance(variance, Combination):
        return variance_section([_variance_block(variance, request, psi)])
    own = np.split(psi, np.cumsum([part.n_parameters for part in variance.parts])[:-1])
    triples = zip(variance.parts, request.parts, own, strict=True)
    return variance_section([_variance_block(*each) for each in triples])


def _variance_block(variance: VarianceFunction, request: VarianceRequest, psi: Array) -> str:
    values, formula = variance.constrained(psi), request.form.text
    kinds = PARAMETERS[request.structure]
    if isinstance(variance, Variance) and variance.n_strata > 1 and len(kinds) > 1:
        strata = [name.removeprefix(f"{kinds[0]}.") for name in variance.names[: variance.n_strata]]
        table = values.reshape(len(kinds), variance.n_strata)
        return stratified_variance_block(variance.title, formula, kinds, strata, table)
    return variance_block(variance.title, formula, variance.names, values)
