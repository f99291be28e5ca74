"""Models that can't be fitted: what is wrong with the data, and the mend."""

from __future__ import annotations

from pyimpl.errors import DataError


def dependent(name: str, constant: bool) -> DataError:
    """A column of the fixed effects depends on those before it."""
    what = "is constant" if constant else "is a linear combination of the columns before it, up to rounding"
    return DataError(
        f"fixed: the column '{name}' {what}, so its coefficient can't be estimated; drop it from the formula, subtract "
        "a constant if it hardly varies beside its size, or pass control={'rank_deficient': 'drop'} to leave all such "
        "columns out"
    )


def perfect(response: str) -> DataError:
    """The fixed effects fit the response exactly."""
    return DataError(
        f"fixed: the fixed effects fit the response '{response}' exactly, so there is no variance to estimate; check "
        "that the response isn't constant or a combination of its covariates, and subtract a constant if it hardly "
        "varies beside its size"
    )
