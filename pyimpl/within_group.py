"""Correlation structures and variance functions on a data frame: their covariates, groups and strata.

Rows stay in the order of the frame; what :class:`pyimpl.correlation.Correlation` and
:class:`pyimpl.variance.VarianceFunction` give back is in that order too.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pyimpl import correlation as correlations
from pyimpl import variance as variances
from pyimpl.arrays import Array, Indices
from pyimpl.correlation import Correlation, CorrelationRequest
from pyimpl.errors import DataError, FormulaError
from pyimpl.formula.deparse import shortened
from pyimpl.formula.evaluate import Evaluator
from pyimpl.formula.functions import check_allowed, data_names
from pyimpl.formula.nodes import Expr
from pyimpl.formula.values import Logical, Numeric
from pyimpl.grouping import Grouping, nested_groups
from pyimpl.structure_call import CovariateForm
from pyimpl.variance import VarianceColumns, VarianceFunction, VarianceRequest


def columns_of(request: CorrelationRequest | VarianceRequest) -> tuple[str, ...]:
    """The columns of the data that a structure uses, each once."""
    names = [name for part in getattr(request, "parts", ()) for name in columns_of(part)]
    if not request.form.is_fitted:
        names += [name for expr in request.form.covariates for name in data_names(expr)]
    return tuple(dict.fromkeys([*names, *request.form.groups]))


def correlation_on(
    request: CorrelationRequest,
    frame: pd.DataFrame,
    random_groups: tuple[str, ...] = (),
    innermost: Grouping | None = None,
) -> Correlation:
    """A correlation structure on the rows of a frame.

    Parameters
    ----------
    request : CorrelationRequest
    frame : DataFrame
        Without missing values in the columns that are used.
    random_groups : tuple of str
        The grouping factors of the random effects, outermost first; empty where there are none. The structure's groups
        are the innermost of them, or divide these further.
    innermost : Grouping, optional
        The innermost groups of the random effects, where they are known already.

    Raises
    ------
    FormulaError
        When its groups contradict those of the random effects.
    DataError, ArgumentError
        When the covariates or initial values can't be used.
    """
    groups = _correlation_groups(request.form, random_groups)
    covariates = _covariates(request.form, frame, "correlation")
    if not groups:
        return correlations.initialise(request, np.zeros(len(frame), np.intp), covariates, ["of all rows"])
    if innermost is None or groups != random_groups:
        innermost = nested_groups(frame, groups, "correlation")[-1]
    return correlations.initialise(request, innermost.codes, covariates, innermost.names.tolist())


def _correlation_groups(form: CovariateForm, random_groups: tuple[str, ...]) -> tuple[str, ...]:
    """The grouping factors of the correlation, outermost first."""
    given = form.groups or random_groups
    if given[: len(random_groups)] != random_groups:
        raise FormulaError(
            f"correlation: the groups of `{form.text}` contradict those of random, {'/'.join(random_groups)}; rows "
            f"can be correlated within these or within parts of them: write | {'/'.join(random_groups)}, or leave "
            "the groups out"
        )
    return given


def variance_on(
    request: VarianceRequest, frame: pd.DataFrame, order: Indices | None = None
) -> VarianceFunction:
    """A variance function on the rows of a frame.

    Parameters
    ----------
    request : VarianceRequest
    frame : DataFrame
        Without missing values in the columns that are used.
    order : (N,) int array, optional
        What sorts the rows by the groups of the random effects, where they aren't sorted already: strata are taken
        as they appear there.

    Raises
    ------
    DataError, ArgumentError
        When the covariates or the values given can't be used.
    """
    return variances.initialise(request, variance_columns(request, frame, order))


def variance_columns(request: VarianceRequest, frame: pd.DataFrame, order: Indices | None) -> VarianceColumns:
    """The covariate and the strata of a variance function on the rows of a frame, and those of its parts."""
    parts = [variance_columns(part, frame, order) for part in request.parts]
    covariate = None
    if request.form.covariates and not request.form.is_fitted:
        (covariate,) = _covariates(request.form, frame, "weights")
    if not request.form.groups:
        return VarianceColumns(covariate, parts=parts, order=order)
    outermost, *others = nested_groups(frame, request.form.groups, "weights")
    codes, labels = outermost.codes, outermost.labels
    for each in others:
        codes, labels = each.codes, labels[each.parents] + "*" + each.labels
    return VarianceColumns(covariate, codes, labels.tolist(), parts, order)


def _covariates(form: CovariateForm, frame: pd.DataFrame, argument: str) -> list[Array]:
    evaluator = Evaluator(frame, argument)
    return [_numbers(expr, evaluator) for expr in form.covariates]


def _numbers(expr: Expr, evaluator: Evaluator) -> Array:
    """One covariate, (N,)."""
    check_allowed(expr, evaluator.argument)
    value = evaluator.variable(expr)
    if not isinstance(value, (Numeric, Logical)):
        raise DataError(
            f"{evaluator.argument}: the covariate `{shortened(expr)}` must be numbers, not a factor; write "
            f"as.numeric({shortened(expr)}) for the numbers of its levels"
        )
    return np.broadcast_to(np.asarray(value.data, float), (len(evaluator.frame),))
