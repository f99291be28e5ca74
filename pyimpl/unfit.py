"""Models that can't be fitted: what is wrong with the data, and the mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pyimpl.errors import DataError
from pyimpl.moments import DependentColumnError, PerfectFitError


@contextmanager
def naming_columns(
    names: Sequence[str], is_constant: Callable[[int], bool], response: str, argument: str = "fixed"
) -> Iterator[None]:
    """Say which column is to blame if the rows can't be compressed.

    Parameters
    ----------
    names : sequence of str
        The columns of X.
    is_constant : callable
        Whether the column of a number takes one value only.
    response : str
        What the formula calls the response.
    argument : str
        The argument that the formula was given for.

    Raises
    ------
    DataError
        A column depends on those before it, or the fixed effects fit the response exactly.
    """
    try:
        yield
    except DependentColumnError as error:
        column = int(error.columns[0])
        what = (
            "is constant"
            if is_constant(column)
            else "is a linear combination of the columns before it, up to rounding"
        )
        raise DataError(
            f"{argument}: the column '{names[column]}' {what}, so its coefficient can't be estimated; drop it from the "
            "formula, subtract a constant if it hardly varies beside its size, or pass "
            "control={'rank_deficient': 'drop'} to leave all such columns out"
        ) from None
    except PerfectFitError:
        raise DataError(
            f"{argument}: the fixed effects fit the response '{response}' exactly, so there is no variance to "
            "estimate; check that the response isn't constant or a combination of its covariates, and subtract a "
            "constant if it hardly varies beside its size"
        ) from None
