"""Simulate under one model, refit two: the fits that a likelihood-ratio study is made of."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError, LmeWarning
from pyimpl.model import Model
from pyimpl.objective import Likelihood
from pyimpl.simulation.refit import Refits, refit
from pyimpl.simulation.replicates import replicate
from pyimpl.simulation.study import LikelihoodRatioStudy, Ratios


class Fitted(Protocol):
    """What a study needs of a fit."""

    @property
    def model(self) -> Model:
        """What was asked for."""

    @property
    def likelihood(self) -> Likelihood:
        """The function that was minimised."""


def likelihood_ratio_study(
    null: Fitted, alternative: Fitted, responses: Iterable[Array], methods: Sequence[str]
) -> LikelihoodRatioStudy:
    """Fit the null and the alternative model to the data and to every response.

    Parameters
    ----------
    null, alternative : Fitted
        Fits to the same data.
    responses : iterable of (s, N) arrays
        Portions of the simulated responses.
    methods : sequence of {"REML", "ML"}
    """
    portions = [
        [_refits(fit, portion, methods) for fit in (null, alternative)]
        for portion in itertools.chain([null.model.design.y[None]], responses)
    ]
    return LikelihoodRatioStudy(
        null=_described(null.model),
        alternative=_described(alternative.model),
        df=_n_parameters(alternative.likelihood) - _n_parameters(null.likelihood),
        ratios=tuple(_joined(method, [(a[method], b[method]) for a, b in portions]) for method in methods),
    )


def _refits(fit: Fitted, responses: Array, methods: Sequence[str]) -> dict[str, Refits]:
    """One model's fits to some responses, by each method."""
    replicates = replicate(fit.model.design, fit.likelihood.moments, responses)
    return {method: refit(replicates, fit.likelihood.structures, method == "REML") for method in methods}


def _joined(method: str, portions: list[tuple[Refits, Refits]]) -> Ratios:
    """One method's fits over all portions, the first of which is of the data."""
    (null, alternative), *rest = portions
    return Ratios(
        method=method,
        null=np.concatenate([a.log_lik for a, _ in rest]),
        alternative=np.concatenate([b.log_lik for _, b in rest]),
        converged=np.concatenate([a.converged & b.converged for a, b in rest]),
        observed=np.append(null.log_lik, alternative.log_lik),
    )


def _n_parameters(likelihood: Likelihood) -> int:
    """Fixed effects, covariance parameters and sigma."""
    covariance = sum(structure.n_parameters for structure in likelihood.structures)
    return len(likelihood.moments.R) + covariance + 1


def _described(model: Model) -> str:
    """The model in one line: ``distance ~ age, Subject = pdLogChol(age)``."""
    levels = []
    for level in model.levels:
        blocks = [f"{block.structure}({block.formula.text_without_groups[1:]})" for block in level.blocks]
        levels.append(f"{level.grouping.name} = {', '.join(blocks)}")
    return ", ".join([model.fixed.text, *levels])


def check_methods(methods: object) -> tuple[str, ...]:
    """Return the methods asked for, REML first."""
    asked = [methods] if isinstance(methods, str) else list(methods) if isinstance(methods, Iterable) else []
    if not asked or any(method not in ("REML", "ML") for method in asked):
        raise ArgumentError(f"method: expected 'REML', 'ML' or both, got {methods!r}")
    return tuple(method for method in ("REML", "ML") if method in asked)


def check_alternative(null: Fitted, alternative: Fitted, methods: Sequence[str]) -> None:
    """See that a likelihood ratio of the two models means something.

    Raises
    ------
    ArgumentError
        They are of different responses, or the alternative isn't the larger model.

    Warns
    -----
    LmeWarning
        REML, and different fixed effects.
    """
    small, large = null.model, alternative.model
    if large.n_obs != small.n_obs or not large.frame.index.equals(small.frame.index):
        raise ArgumentError(
            f"alternative: both models must use the same rows; they use {small.n_obs} and {large.n_obs} (rows with "
            "missing values may have been left out, or the data be in another order)"
        )
    if not np.array_equal(large.design.y, small.design.y):
        raise ArgumentError(
            f"alternative: both models must have the same response; they have {small.fixed.response_text} and "
            f"{large.fixed.response_text}"
        )
    sizes = _n_parameters(null.likelihood), _n_parameters(alternative.likelihood)
    if sizes[1] <= sizes[0]:
        raise ArgumentError(
            f"alternative: it has {sizes[1]} parameters, but this model has {sizes[0]}; call simulate_lr of the "
            "smaller model, with the larger one as the alternative"
        )
    if "REML" in methods and set(small.design.fixed.names) != set(large.design.fixed.names):
        warnings.warn(
            "the models have different fixed effects: REML comparisons are not meaningful; pass method='ML'",
            LmeWarning,
            stacklevel=3,
        )
