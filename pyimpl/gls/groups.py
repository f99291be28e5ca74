"""The groups within which a gls fit's errors are correlated, and their covariance there (R's ``getVarCov``)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from pyimpl.errors import ArgumentError
from pyimpl.estimates import Estimates
from pyimpl.grouping import Grouping, nested_groups
from pyimpl.model import Model
from pyimpl.report.gls import render_gls_covariance
from pyimpl.within_errors import errors_of


class GlsCovariance(pd.DataFrame):
    """The covariance matrix of the responses of one group; ``str()`` is R's print of ``getVarCov(fit)``."""

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def __str__(self) -> str:
        return render_gls_covariance(self.to_numpy(dtype=float)).removesuffix("\n")


def correlation_groups(model: Model) -> Grouping | None:
    """The groups of the correlation structure; None where there is none, or all rows are one group."""
    request = None if model.within is None else model.within.correlation_request
    if request is None or not request.form.groups:
        return None
    return nested_groups(model.frame.rows, request.form.groups, "correlation")[-1]


def groups_of_errors(model: Model) -> pd.Series:
    """Each row's group, a Categorical aligned with the data's index.

    Raises
    ------
    ArgumentError
        There are no groups.
    """
    grouping = correlation_groups(model)
    if grouping is None:
        raise ArgumentError(
            "correlation: the fit has no groups; name them in the form, as in corAR1(form = ~ 1 | id)"
        )
    codes = np.full(len(model.frame.index), -1)
    codes[model.frame.kept] = grouping.codes
    names = pd.Categorical.from_codes(codes, pd.Index(grouping.names))
    return pd.Series(names, index=model.frame.index, name=grouping.name)


def names_of_rows(model: Model) -> list[str]:
    """What labels call each row of the model: its group, or where there are none its number."""
    grouping = correlation_groups(model)
    if grouping is None:
        return [str(k + 1) for k in range(model.n_obs)]
    return [str(name) for name in grouping.names[grouping.codes]]


def covariance_of_group(model: Model, estimates: Estimates, individual: object) -> GlsCovariance:
    """The covariance matrix of the responses of one group, rows in the order of the data.

    Parameters
    ----------
    model : Model
    estimates : Estimates
    individual : str, int or None
        The group, by name or by position from 1 among the sorted ones, as in R; None is the first.

    Raises
    ------
    ArgumentError
        There is no such group, or the errors are independent.
    """
    if model.within is None or model.within.correlation is None:
        raise ArgumentError(
            "get_var_cov: the errors of this fit are independent: without correlation= no group has a covariance "
            "matrix; the rows' standard deviations are residuals('response') / residuals('pearson')"
        )
    grouping = correlation_groups(model)
    codes = np.zeros(model.n_obs, np.intp) if grouping is None else grouping.codes
    rows = np.flatnonzero(codes == _code(individual, grouping))
    numbers = [str(k + 1) for k in range(len(rows))]
    return GlsCovariance(errors_of(model, estimates).covariance(rows), index=numbers, columns=numbers)


def _code(individual: object, grouping: Grouping | None) -> int:
    names = ["1"] if grouping is None else list(grouping.names)
    if individual is None:
        return 0
    if isinstance(individual, str) and grouping is not None and individual in names:
        return names.index(individual)
    is_position = isinstance(individual, int | np.integer) and not isinstance(individual, bool)
    if is_position and 1 <= int(individual) <= len(names):  # type: ignore[call-overload]
        return int(individual) - 1  # type: ignore[call-overload,no-any-return]
    known = (
        "all rows are one group, 1"
        if grouping is None
        else f"give a name such as {names[0]!r}, or a position"
    )
    raise ArgumentError(f"individual: {individual!r} is not a group of the errors; {known}")
