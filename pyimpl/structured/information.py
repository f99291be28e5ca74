"""The information on theta, psi and sigma together, at an optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyimpl.arrays import Array
from pyimpl.derivative import derivative
from pyimpl.design import Design
from pyimpl.moments import units_in
from pyimpl.objective import Likelihood
from pyimpl.optimize import Optimum
from pyimpl.structured.profile import Profile, joint_curvature, point
from pyimpl.structured.rows import structured_rows
from pyimpl.structured.search import carried
from pyimpl.structured.within import WithinGroup


@dataclass(frozen=True, slots=True, eq=False)
class StructuredInformation:
    """Second derivatives, in coordinates in which sigma is of the size of the residuals.

    Attributes
    ----------
    likelihood : Likelihood
        By theta, in these coordinates.
    within : WithinGroup
        ``log_mean(psi)`` is what the log of that sigma exceeds the log of the user's sigma by; it is analytic.
    theta, psi : (n,), (m,) arrays
    log_sigma : float
        Of sigma in these coordinates and the user's units.
    matrix : (n + m + 1, n + m + 1) array
        Second derivatives of minus twice the log-likelihood by (theta, psi, log_sigma); without the last where sigma
        is known.
    """

    likelihood: Likelihood
    within: WithinGroup
    theta: Array
    psi: Array
    log_sigma: float
    matrix: Array


def structured_information(
    design: Design, within: WithinGroup, likelihood: Likelihood, optimum: Optimum, psi: Array
) -> StructuredInformation:
    """The information at a fit's optimum.

    With h the log-determinants, minus twice the log-likelihood is 2 nu log(sigma) + h + RSS / sigma^2, and with sigma
    profiled out h + nu log(RSS): from that one's second derivatives follow those of the whole.
    """
    rows = structured_rows(design, likelihood.structures, likelihood.reml, likelihood.sigma, within).centred()
    here = rows.likelihood(psi)
    assert here is not None  # the fit is there
    theta = carried(likelihood, optimum.evaluation.theta, here, -float(rows.within.log_mean(psi)))
    evaluation = here.evaluate(theta)
    at = point(psi, here, Optimum(evaluation, np.empty((0, 0)), 0.0, 0, 1, True))
    profile = Profile(rows, units_in(here.moments), within.sizes())
    scales = np.concatenate([np.ones(len(theta)), profile.sizes])
    H = joint_curvature(profile, at) / np.outer(scales, scales)
    log_sigma = float(np.log(evaluation.s2) / 2 + np.log(here.moments.scale))
    if here.sigma is None:
        by_theta = derivative(lambda t: np.log(here.evaluate(t).up.rss), theta) if len(theta) else np.empty(0)
        g = np.concatenate([by_theta, rows.rss_slopes(psi, here, evaluation)])
        across, nu = -2 * here.nu * g[:, None], here.nu
        H = np.block([[H + nu * np.outer(g, g), across], [across.T, np.array([[4.0 * nu]])]])
    return StructuredInformation(here, rows.within, theta, psi, log_sigma, H)
