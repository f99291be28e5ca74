"""Covariance matrices: of one level's random effects, and of the responses of single groups (R's ``getVarCov``).

Of the responses in one group of level k, with nesting too, which R refuses:

    marginal       sigma^2 Lambda + sum over all levels j of  Z_j D_j Z_j' (rows of the same group of level j)
    conditional    the same sum over the levels further in than k: given the effects of level k and further out

so that at the innermost level the conditional one is sigma^2 Lambda, the covariance of the errors, sigma^2 I without a
correlation structure and a variance function.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from pyimpl.arrays import Array
from pyimpl.choices import choose
from pyimpl.errors import ArgumentError
from pyimpl.estimates import Estimates
from pyimpl.grouping import Grouping
from pyimpl.model import Model
from pyimpl.report import CovariancePage, render_covariance
from pyimpl.within_errors import errors_of

KINDS = {"random.effects": "Random effects", "conditional": "Conditional", "marginal": "Marginal"}


class CovarianceFrame(pd.DataFrame):
    """The covariance matrix of one level's random effects; ``str()`` is R's print of ``getVarCov(fit)``."""

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def __str__(self) -> str:
        return _page("random.effects", self, None).removesuffix("\n")


class CovariancesOfGroups(dict[str, pd.DataFrame]):
    """Covariance matrices of the responses by group; ``str()`` is R's print of them.

    Attributes
    ----------
    kind : {"conditional", "marginal"}
    factor : str
        The grouping factor.
    """

    def __init__(self, tables: dict[str, pd.DataFrame], kind: str, factor: str) -> None:
        super().__init__(tables)
        self.kind = kind
        self.factor = factor

    def __reduce__(self) -> tuple[type[CovariancesOfGroups], tuple[dict[str, pd.DataFrame], str, str]]:
        return CovariancesOfGroups, (dict(self), self.kind, self.factor)

    def __str__(self) -> str:
        pages = (_page(self.kind, table, f"{self.factor} {group}") for group, table in self.items())
        return "".join(pages).removesuffix("\n")

    def _repr_html_(self) -> str:
        """All groups' matrices, for notebooks."""
        return "".join(f"<p>{self.factor} {group}</p>{table.to_html()}" for group, table in self.items())


def _page(kind: str, table: pd.DataFrame, group: str | None) -> str:
    names = tuple(map(str, table.index))
    return render_covariance(CovariancePage(KINDS[kind], names, table.to_numpy(dtype=float), group))


def check_kind(type: object, individuals: object) -> str:
    """Return the kind of covariance asked for."""
    kind = choose(type.replace("_", ".") if isinstance(type, str) else type, tuple(KINDS), "type")
    if kind == "random.effects" and individuals is not None:
        raise ArgumentError("individuals: name groups with type='conditional' or type='marginal' only")
    return kind


def random_covariance(model: Model, estimates: Estimates, depth: int) -> CovarianceFrame:
    """The covariance matrix of one level's random effects."""
    names = list(model.levels[depth - 1].names)
    return CovarianceFrame(estimates.covariances[depth - 1].copy(), index=names, columns=names)


def covariances_of_groups(
    model: Model, estimates: Estimates, depth: int, kind: str, individuals: object
) -> CovariancesOfGroups:
    """The covariance matrices of the responses of single groups.

    Parameters
    ----------
    model : Model
    estimates : Estimates
    depth : int
        The level that the groups are of.
    kind : {"conditional", "marginal"}
    individuals : str, int, sequence of them, or None
        The groups, by name or by position (from 1, in the order in which they appear in the data); None is the first.

    Raises
    ------
    ArgumentError
        There is no such group.
    NotSupportedError
        The rows weren't kept.
    """
    _ = model.design.kept
    grouping = model.levels[depth - 1].grouping
    given = depth if kind == "conditional" else 0
    tables = {}
    for group in _groups(individuals, grouping):
        covariance = _covariance(model, estimates, np.flatnonzero(grouping.codes == group), given)
        numbers = [str(k + 1) for k in range(len(covariance))]
        tables[str(grouping.names[group])] = pd.DataFrame(covariance, index=numbers, columns=numbers)
    return CovariancesOfGroups(tables, kind, grouping.name)


def _covariance(model: Model, estimates: Estimates, rows: Array, given: int) -> Array:
    """Covariance of the responses of some rows, given the random effects of the first ``given`` levels."""
    covariance = errors_of(model, estimates).covariance(rows)
    for level, Z, root in zip(
        model.levels[given:], model.design.Z[given:], estimates.effect_roots[given:], strict=True
    ):
        seen, codes = Z[rows] @ root, level.grouping.codes[rows]
        covariance += seen @ seen.T * (codes[:, None] == codes)
    return covariance


def _groups(individuals: object, grouping: Grouping) -> list[int]:
    """The codes of the groups asked for."""
    if individuals is None:
        return [int(grouping.codes[0])]
    several = (
        list(individuals)
        if isinstance(individuals, list | tuple | range | np.ndarray | pd.Index)
        else [individuals]
    )
    if not several:
        raise ArgumentError("individuals: the list is empty; name at least one group")
    appearing = pd.unique(grouping.codes)
    by_name = {name: code for code, name in enumerate(grouping.names)}
    found = []
    for each in several:
        if isinstance(each, str) and each in by_name:
            found.append(by_name[each])
        elif (
            isinstance(each, int | np.integer) and not isinstance(each, bool) and 1 <= each <= len(appearing)
        ):
            found.append(int(appearing[each - 1]))
        else:
            raise ArgumentError(
                f"individuals: {each!r} is not a group of '{grouping.name}'; give names such as "
                f"'{grouping.names[0]}', or positions from 1 to {len(appearing)}"
            )
    return found
