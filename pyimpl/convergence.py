"""How a fit was reached, in words and numbers that its reader can act on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.boundary import null_space
from pyimpl.model import Model
from pyimpl.optimize import Optimum

# Relative random-effects scales beyond this mean that sigma is going to zero beside them.
_RUNAWAY = 1e11
# Curvature below this fraction of the largest: a direction in which the likelihood doesn't change.
_FLAT = 1e-9
# A variance within groups below this fraction of the residuals' without random effects is going to zero.
_VANISHING = 1e-10


@dataclass(frozen=True)
class Convergence:
    """How the optimiser ended.

    Attributes
    ----------
    converged : bool
        The scaled gradient is below 1e-8 and no direction has negative curvature.
    scaled_gradient : float
        Distance to the optimum: the largest remaining Newton step, in standard errors of the parameters.
    smallest_curvature, largest_curvature : float
        Extreme eigenvalues of the deviance's second derivatives by the elements of the relative factors, each in
        units of its own size. NaN where there are no random effects.
    singular : tuple of str
        Grouping factors whose random-effects covariance lies on the boundary: a variance of zero, or effects that
        are linear combinations of each other. A legitimate answer.
    steps, starts : int
        Newton steps in all; starting points, more than one where the first ended on the boundary.
    """

    converged: bool
    scaled_gradient: float
    smallest_curvature: float
    largest_curvature: float
    singular: tuple[str, ...]
    steps: int
    starts: int

    @property
    def on_boundary(self) -> bool:
        """Whether any level's covariance is singular."""
        return bool(self.singular)

    def __str__(self) -> str:
        state = "converged" if self.converged else "did not converge"
        where = f"; on the boundary: {', '.join(self.singular)}" if self.singular else ""
        return (
            f"{state} after {self.steps} Newton steps, {self.scaled_gradient:.1e} standard errors from the "
            f"optimum{where}"
        )


def convergence_of(model: Model, optimum: Optimum) -> Convergence:
    """Read off the optimum how it was reached."""
    curvature = np.linalg.eigvalsh(optimum.curvature) if optimum.curvature.size else np.array([np.nan])
    Lambdas = optimum.evaluation.Lambdas[::-1]
    singular = [
        level.grouping.name
        for level, Lambda in zip(model.levels, Lambdas, strict=True)
        if null_space(Lambda).shape[1]
    ]
    return Convergence(
        converged=optimum.converged,
        scaled_gradient=optimum.scaled_gradient,
        smallest_curvature=float(curvature[0]),
        largest_curvature=float(curvature[-1]),
        singular=tuple(singular),
        steps=optimum.steps,
        starts=optimum.starts,
    )


def warnings_of(model: Model, optimum: Optimum, convergence: Convergence) -> tuple[str, ...]:
    """What the reader of the fit should know; empty where all is well, and for a mere boundary optimum."""
    messages = []
    dropped = model.design.fixed.dropped
    if dropped is not None:
        messages.append(
            f"{model.fixed.argument}: rank-deficient; columns that are linear combinations of the columns before "
            "them are left out: " + ", ".join(map(repr, dropped.names))
        )
    flat = convergence.smallest_curvature < _FLAT * max(convergence.largest_curvature, 1.0)
    runaway = any(np.abs(Lambda).max() > _RUNAWAY for Lambda in optimum.evaluation.Lambdas)
    if not (convergence.converged or convergence.steps or runaway):
        messages.append("control: maxIter is 0, so the fit is at its starting values and not at the optimum")
    elif not convergence.converged and optimum.evaluation.s2 < _VANISHING:
        messages.append(
            "the random effects fit the response exactly, up to rounding: sigma goes to zero, and the likelihood has "
            "no maximum; use fewer random effects, or check that the response varies within groups"
        )
    elif runaway or not optimum.unique or (flat and not convergence.on_boundary):
        messages.append(
            "the variance parameters are not identified: the data can't tell some of them apart (as sigma and a "
            "random effect for each row); use fewer random effects or a simpler structure"
        )
    elif not convergence.converged and model.within is not None and model.within.needs_fitted:
        messages.append(
            "weights: variances by fitted values, and fitted values by these variances, don't come to rest, as where "
            "fitted values pass through zero; use a column as the covariate"
        )
    elif not convergence.converged:
        messages.append(
            f"the optimiser stopped {convergence.scaled_gradient:.1e} standard errors from a stationary point; the "
            "likelihood may be flat (parameters that the data can't tell apart), try a simpler random part"
        )
    return tuple(messages)
