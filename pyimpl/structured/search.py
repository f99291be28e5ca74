"""The search over theta and psi together, and nlme's iteration where variances depend on fitted values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pyimpl.arguments import Control
from pyimpl.arrays import Array
from pyimpl.design import Level
from pyimpl.errors import ArgumentError, DataError
from pyimpl.moments import DependentColumnError, PerfectFitError, units_in
from pyimpl.objective import Likelihood
from pyimpl.optimize import Optimum, minimise, refine, starting_point
from pyimpl.search import search
from pyimpl.structured.descent import Descent, descend
from pyimpl.structured.fixed_point import Extrapolation
from pyimpl.structured.profile import Point, Profile, joint_curvature, point, without_theta
from pyimpl.structured.rows import StructuredRows
from pyimpl.structured.valleys import DEEPER, deepest
from pyimpl.structured.within import WithinGroup

_STANDS_STILL = 1e-9  # fitted values that move by less than this, beside residuals, are at the fixed point
_MOST_UPDATES = 60
_PATIENCE = 12  # updates, after which they are extrapolated
_FLAT = 1e-9  # second derivatives that are less than this a row are none
_DOUBTFUL = 1e-3  # rough ones that are less may be none
_END = 5.0  # a parameter that has gone so far, in its sizes, is on its way to the end of its range

_TOO_DIFFERENT = (
    "correlation, weights: on the way to the optimum the errors' variances become so different that the rest of the "
    "rows determines nothing; use another structure, or a covariate with a smaller spread"
)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the search found.

    Attributes
    ----------
    likelihood : Likelihood
        By theta at psi, in coordinates of its own.
    optimum : Optimum
        Of theta; its distance, steps and convergence are those of the whole search.
    psi : (m,) array
    within : WithinGroup or None
        With the fitted values that the variances go by; None where errors are independent and of one variance.
    """

    likelihood: Likelihood
    optimum: Optimum
    psi: Array = field(default_factory=lambda: np.empty(0))
    within: WithinGroup | None = None


@np.errstate(all="ignore")  # a step too far leaves the range of numbers, and is refused
def structured_search(rows: StructuredRows, levels: Sequence[Level], settings: Control) -> Found:
    """Find the best theta and psi.

    Parameters
    ----------
    rows : StructuredRows
    levels : sequence of Level, outermost first
        With the starting values that the random effects' covariances were given.
    settings : Control

    Raises
    ------
    ArgumentError
        The initial values of a structure make no covariance matrix.
    DependentColumnError, PerfectFitError
    """
    if rows.within.needs_fitted:
        return _to_fixed_point(rows, levels, settings)
    return _from(rows, rows.within.start, None, levels, settings)


def _to_fixed_point(rows: StructuredRows, levels: Sequence[Level], settings: Control) -> Found:
    """Variances by fitted values, and these by the fit with those variances, until both stand still."""
    plain = rows.independent()
    likelihood = plain.likelihood(np.empty(0))
    assert likelihood is not None  # nothing is out of range there
    # nlme begins here, too: where there are several fixed points, they are to end at the same one.
    fitted = rows.fitted(likelihood, likelihood.evaluate(starting_point(likelihood)))
    theta, psi, steps, path = None, rows.within.start, 0, Extrapolation()
    for k in range(_MOST_UPDATES):
        found = _from(rows.with_fitted(fitted), psi, theta, levels, settings)
        steps += found.optimum.steps
        after = rows.fitted(found.likelihood, found.optimum.evaluation)
        moved = float(np.abs(after - fitted).max() / (rows.design.y - after).std())
        if moved < _STANDS_STILL or not settings.max_steps:
            return replace(found, optimum=replace(found.optimum, steps=steps))
        psi, theta = found.psi, (found.likelihood, found.optimum.evaluation.theta)
        fitted = path.next(fitted, after) if k >= _PATIENCE else after
    return replace(found, optimum=replace(found.optimum, steps=steps, converged=False, scaled_gradient=moved))


def _from(
    rows: StructuredRows,
    psi: Array,
    known: tuple[Likelihood, Array] | None,
    levels: Sequence[Level],
    settings: Control,
) -> Found:
    """Search from one psi; where a theta is known, from another likelihood, in its valley only."""
    find = minimise if known is None else refine
    moves = bool(len(psi) and settings.max_steps)
    centred = rows.centred() if moves else rows
    likelihood = _likelihood_at(centred, psi)
    if known is None:
        optimum = search(likelihood, levels, settings)
    else:
        theta = carried(*known, likelihood, -centred.within.log_mean(psi))
        optimum = refine(likelihood, theta, settings.max_steps)
    if not moves:
        return Found(likelihood, optimum, psi, rows.within)
    here = point(psi, likelihood, optimum)
    for _ in range(3):
        profile = Profile(centred, units_in(here.likelihood.moments), rows.within.sizes())
        down = descend(profile, here, settings.max_steps, settings.watch)
        if known is None:
            down = deepest(profile, down, settings)
        here = _in_own_units(centred, down.point, 0.0, find, settings)
        if here.deviance > down.point.deviance - DEEPER:
            break
    last = here
    if centred.within.variance is not None:
        last = _in_own_units(rows, here, float(centred.within.log_mean(here.psi)), find, settings)
    optimum = replace(
        last.optimum,
        scaled_gradient=max(last.optimum.scaled_gradient, down.scaled_gradient),
        steps=optimum.steps + down.steps,
        converged=last.optimum.converged and down.converged,
        unique=last.optimum.unique and not _is_flat(profile, psi, down),
    )
    return Found(last.likelihood, optimum, last.psi, rows.within)


def _is_flat(profile: Profile, start: Array, down: Descent) -> bool:
    """Whether the data don't tell psi: no curvature, and not because psi went to the end of its range."""
    moved = np.abs((down.point.psi - start) / profile.sizes).max()
    n_obs = profile.rows.design.n_obs
    if moved > _END or down.smallest_curvature > _DOUBTFUL * n_obs:
        return False
    H = without_theta(joint_curvature(profile, down.point), len(down.point.evaluation.theta))
    if not np.isfinite(H).all():  # sigma is so near zero that squares overflow: nothing is told apart
        return True
    return bool(np.linalg.eigvalsh(H)[0] < _FLAT * n_obs)


def _likelihood_at(rows: StructuredRows, psi: Array) -> Likelihood:
    try:
        likelihood = rows.likelihood(psi)
    except (DependentColumnError, PerfectFitError):
        rows.independent().likelihood(np.empty(0))  # the columns' own fault is said as always
        raise DataError(_TOO_DIFFERENT) from None
    if likelihood is None:
        raise ArgumentError(
            "correlation, weights: at the initial values the errors have no covariance matrix that is positive "
            "definite and finite; give other values, or change the covariate's units"
        )
    return likelihood


def _in_own_units(
    rows: StructuredRows,
    there: Point,
    log_mean: float,
    find: Callable[[Likelihood, Array, int], Optimum],
    settings: Control,
) -> Point:
    """The same psi in coordinates that suit it, and the theta that is found there; ``log_mean`` as for `carried`."""
    likelihood = _likelihood_at(rows, there.psi)
    theta = carried(there.likelihood, there.evaluation.theta, likelihood, log_mean)
    here = point(there.psi, likelihood, find(likelihood, theta, settings.max_steps))
    if not np.isfinite(here.deviance):
        raise DataError(_TOO_DIFFERENT)
    return here


def carried(before: Likelihood, theta: Array, after: Likelihood, log_mean: Array | float = 0.0) -> Array:
    """The same covariances of the random effects in the coordinates of another likelihood.

    ``log_mean`` is the log of how many times sigma is larger in the likelihood before.
    """
    parts = [np.empty(0)]
    levels = zip(
        before.split(theta), before.moments.levels, after.moments.levels, after.structures, strict=True
    )
    for Lambda, old, new, structure in levels:
        root = new.T @ np.linalg.solve(old.T, Lambda) * np.exp(log_mean)
        parts.append(structure.parameters_of(root @ root.T))
    return np.concatenate(parts)
