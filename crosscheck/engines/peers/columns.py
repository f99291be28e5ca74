"""A model as columns, for packages that read other formulas than R's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import CrosscheckError
from ...reference.design import DenseModel, dense_model, structures
from ...spec import ModelSpec

Floats = NDArray[np.float64]
INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True)
class Columns:
    """A model's response, columns and groups.

    Attributes
    ----------
    model : DenseModel
        ``problem.y``, ``problem.X``, and ``problem.levels`` with their Z, codes and labels.
    rows : tuple of str
        The rows that fitted values are given for: with ``na_action="exclude"`` those left out, too, as NaN.
    """

    model: DenseModel
    rows: tuple[str, ...]

    @classmethod
    def of(cls, spec: ModelSpec, data: pd.DataFrame) -> Columns:
        """Return the columns of a model."""
        model = dense_model(spec, data)
        padded = spec.options.get("na_action") == "exclude"
        return cls(model, tuple(map(str, data.index)) if padded else model.problem.row_names)

    @property
    def reml(self) -> bool:
        """Whether the model is to be fitted by REML."""
        return self.model.problem.method == "REML"

    @property
    def terms(self) -> tuple[str, ...]:
        """The fixed effects' names."""
        return self.model.terms

    @property
    def y(self) -> Floats:
        """The response."""
        return self.model.problem.y

    @property
    def X(self) -> Floats:
        """The fixed effects' columns, shape (N, p)."""
        return self.model.problem.X

    def groups(self, level: int = 0) -> NDArray[Any]:
        """Return each row's group of a level, as text."""
        grouping = self.model.problem.levels[level]
        return np.array(grouping.labels, dtype=object)[grouping.codes]

    def frame(self) -> pd.DataFrame:
        """Return a frame with y, x0, x1, ..., z0_0, ... and g0, ..., which :meth:`bars` speaks of."""
        problem = self.model.problem
        made: dict[str, Any] = {"y": problem.y}
        made |= {f"x{j}": problem.X[:, j] for j in range(problem.X.shape[1])}
        for k, level in enumerate(problem.levels):
            made |= {f"z{k}_{j}": level.Z[:, j] for j in range(level.Z.shape[1])}
            made[f"g{k}"] = self.groups(k)
        return pd.DataFrame(made)

    def bars(self) -> str:
        """Return lme4's formula on the columns of :meth:`frame`, by innermost groups last."""
        fixed = _sum(self.terms, "x")
        random = [f"({_sum(effects, f'z{k}_')} | g{k})" for k, effects in enumerate(self.model.effects)]
        return " + ".join([f"y ~ {fixed}", *random])

    def effect_frame(self, k: int, values: Any) -> pd.DataFrame:
        """Return a level's covariance matrix under the effects' names."""
        names = list(self.model.effects[k])
        return pd.DataFrame(np.atleast_2d(np.asarray(values, dtype=float)), index=names, columns=names)

    def blups(self, k: int, values: Any, labels: Sequence[Any] | None = None) -> pd.DataFrame:
        """Return a level's BLUPs, groups x effects; in the order of the groups' names, if none are given."""
        index = [str(label) for label in (self.model.problem.levels[k].labels if labels is None else labels)]
        return pd.DataFrame(np.asarray(values, dtype=float), index=index, columns=list(self.model.effects[k]))

    def fitted(self, beta: Any, blups: Sequence[pd.DataFrame]) -> list[pd.Series]:
        """Return the fitted values of each level: sums of what the engine estimated."""
        problem = self.model.problem
        values = [problem.X @ np.asarray(beta, dtype=float)]
        for level, b in zip(problem.levels, blups, strict=True):
            of_rows = b.loc[list(level.labels)].to_numpy()[level.codes]
            values.append(values[-1] + (level.Z * of_rows).sum(axis=1))
        return [pd.Series(value, index=list(problem.row_names)).reindex(list(self.rows)) for value in values]


def _sum(names: Sequence[str], prefix: str) -> str:
    """Return a sum of columns; a constant one is written 1, as every parser knows it."""
    parts = ["1" if name == INTERCEPT else f"{prefix}{j}" for j, name in enumerate(names)]
    return " + ".join(parts if "1" in parts else ["0", *parts])


def beyond(spec: ModelSpec, *, levels: int = 99, forms: Sequence[str] = ("free",), reml: bool = True) -> str:
    """Return what a package with certain abilities can't do about a model, "" if nothing.

    Parameters
    ----------
    spec : ModelSpec
    levels : int
        How many nested levels it has.
    forms : sequence of str
        Forms of a covariance matrix; a single effect is of any.
    reml : bool
        Whether it has REML.
    """
    for option in ("correlation", "weights"):
        if option in spec.options:
            return f"it has no {option} as nlme's {spec.options[option]}"
    if dict(spec.options.get("control", {})).get("sigma"):
        return "it doesn't fit with a known sigma"
    if spec.method == "REML" and not reml:
        return "it has no REML"
    try:
        found = structures(spec)
    except CrosscheckError as error:
        return f"it can't be handed the model: {error}"
    if sum(len(names) for names, _ in found) > levels:
        return f"it has {levels} level of groups"
    for _, blocks in found:
        single = len(blocks) == 1 and blocks[0][1].strip() == "1"
        if not single and (len(blocks) > 1 or blocks[0][0] not in forms):
            return f"it has no such covariance matrix: {spec.random}"
    return ""


def absent(module: str, extra: str = "engines") -> str:
    """Return why a package can't be asked, "" if it is installed."""
    if find_spec(module) is not None:
        return ""
    return f"{module} isn't installed: pip install 'lmebridge[{extra}]'"
