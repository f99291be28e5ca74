"""The search may begin with part of the groups; it ends where it would have ended."""

import numpy as np
import pytest

from pyimpl import thinning
from pyimpl.covariance import General
from pyimpl.moments import compress
from pyimpl.objective import Likelihood
from pyimpl.optimize import minimise, starting_point


def nested_likelihood(reml, sd=(0.7, 0.4)):
    """200 schools of 1 to 5 classes of 1 to 6 pupils, a random intercept and slope for both."""
    rng = np.random.default_rng(5)
    classes = rng.integers(1, 6, 200)
    pupils = rng.integers(1, 7, classes.sum())
    school = np.repeat(np.arange(200), classes)
    inner = np.repeat(np.arange(len(pupils)), pupils)
    outer = school[inner]
    x = rng.normal(size=len(inner))
    Z = np.stack([np.ones_like(x), x])
    y = 1 + x + rng.normal(size=len(x))
    for codes, size in ((outer, sd[0]), (inner, sd[1])):
        y += (rng.normal(size=(2, codes.max() + 1)) * size)[:, codes].T @ [1, 0] + 0.5 * x * rng.normal(
            size=codes.max() + 1
        )[codes] * size
    starts = [np.flatnonzero(np.diff(codes, prepend=-1)) for codes in (inner, outer)]
    structures = (General(2, "pdSymm"), General(2, "pdSymm"))
    return Likelihood(compress(np.concatenate([Z, Z, Z, y[None]]), starts, structures), structures, reml)


def test_a_thinned_likelihood_keeps_whole_groups(monkeypatch):
    likelihood = nested_likelihood(True)
    monkeypatch.setattr(thinning, "_FEW", 100)
    part = thinning.thinned(likelihood)
    inner, outer = likelihood.moments.levels
    kept = np.arange(0, 200, 16)
    assert np.array_equal(part.moments.levels[1].A, outer.A[..., kept])
    parents = np.repeat(np.arange(200), np.diff(outer.children, append=inner.A.shape[-1]))
    assert np.array_equal(part.moments.levels[0].E, inner.E[..., np.isin(parents, kept)])
    counts = np.diff(part.moments.levels[1].children, append=part.moments.levels[0].A.shape[-1])
    assert np.array_equal(counts, np.bincount(parents)[kept])


def test_few_groups_are_not_thinned():
    assert thinning.thinned(nested_likelihood(True)) is None


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("sd", [(0.7, 0.4), (0.0, 0.4)])
def test_the_optimum_does_not_depend_on_where_the_search_began(monkeypatch, reml, sd):
    likelihood = nested_likelihood(reml, sd)
    plain = minimise(likelihood, starting_point(likelihood))
    monkeypatch.setattr(thinning, "_FEW", 100)
    thinned = minimise(likelihood, starting_point(likelihood))
    assert thinned.converged
    assert thinned.evaluation.deviance == pytest.approx(plain.evaluation.deviance, abs=1e-9)
    for ours, theirs in zip(thinned.evaluation.Lambdas, plain.evaluation.Lambdas, strict=True):
        assert ours @ ours.T == pytest.approx(theirs @ theirs.T, abs=1e-9)
