"""The gradient by psi at random points, for every structure and many combinations, against differences."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from pyimpl.moments import units_in
from pyimpl.objective import log_likelihood
from pyimpl.optimize import starting_point
from pyimpl.structured import StructuredRows

from .conftest import EVERY, asked

every = pytest.mark.parametrize(("correlation", "weights"), EVERY)


def random_point(rows: StructuredRows, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    psi = rows.within.start + 0.2 * rng.normal(size=rows.within.n_parameters) * rows.within.sizes()
    likelihood = rows.likelihood(psi)
    assert likelihood is not None
    theta = starting_point(likelihood)
    return psi, theta * (1 + 0.3 * rng.normal(size=len(theta)))


@every
@pytest.mark.parametrize(
    ("method", "sigma", "centred"), [("REML", None, False), ("ML", None, True), ("REML", 1.3, False)]
)
def test_gradient(
    correlation: str | None, weights: str | None, method: str, sigma: float | None, centred: bool
) -> None:
    rows = asked(correlation, weights, method, sigma).rows
    rows = rows.centred() if centred else rows
    psi, theta = random_point(rows, zlib.crc32(f"{correlation}{weights}{method}".encode()))
    here = rows.likelihood(psi)
    assert here is not None
    units = units_in(here.moments)

    def deviance(at: np.ndarray) -> float:
        likelihood = rows.likelihood(at, units)
        assert likelihood is not None
        value = likelihood.evaluate(theta).deviance
        return -2 * log_likelihood(likelihood.moments, likelihood.reml, value)

    sizes = rows.within.sizes()
    # corLin has a kink wherever its range passes a distance: a short step rarely does.
    h = 1e-5 if "corLin" in str(correlation) else 2e-4
    steps = h * sizes * np.eye(len(psi))
    differences = [
        (8 * (deviance(psi + s) - deviance(psi - s)) - deviance(psi + 2 * s) + deviance(psi - 2 * s)) / 12
        for s in steps
    ]
    found = rows.gradient(psi, here, here.evaluate(theta)) * sizes
    scale = max(1.0, float(np.abs(found).max(initial=0.0)))
    # Rounding of the deviance, 1e-13 of some hundreds, over the step.
    np.testing.assert_allclose(found, np.array(differences) / h, rtol=0, atol=2e-6 * scale)
    if rows.within.n_parameters:
        assert np.abs(found).max() > 1e-3
