"""Fits on a cluster of processes have the same digits on any number of workers, and when one of them is lost."""

import os
import signal

import numpy as np
import pandas as pd
import pytest

from pyimpl import lme
from pyimpl.progress import Iteration

frames = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

FIXED, RANDOM = "y ~ x + f", "~ x | g"


def made(n_groups=300, rows=12):
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(n_groups), rows)
    x = rng.normal(size=len(g))
    effects = rng.normal(size=(n_groups, 2)) * [1, 0.5]
    y = 1 + 2 * x + effects[g, 0] + effects[g, 1] * x + rng.normal(size=len(g))
    data = pd.DataFrame({"y": y, "x": x, "g": pd.Series([f"g{k}" for k in g], dtype=object), "f": "a"})
    data.loc[rng.random(len(g)) < 0.3, "f"] = "b"
    return data.sample(frac=1.0, random_state=2).reset_index(drop=True)


@pytest.fixture(scope="module")
def data():
    return made()


@pytest.fixture
def cluster():
    """Make a cluster of worker processes, and end it."""
    made = []

    def start(n_workers):
        made.append(
            distributed.LocalCluster(
                n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=None
            )
        )
        made.append(distributed.Client(made[-1]))
        return made[-1]

    yield start
    for each in reversed(made):
        each.close()


def digits(fit):
    """Everything that a fit says, to the last bit."""
    numbers = [fit.log_lik, fit.sigma, *fit.fixef(), *fit.vcov().to_numpy().ravel()]
    return np.array([*numbers, *fit.get_var_cov().to_numpy().ravel()])


def test_one_worker_gives_the_fit_in_memory(data, cluster):
    whole = lme(FIXED, data, RANDOM)
    cluster(1)
    parts = frames.from_pandas(data, npartitions=4, sort=False)
    ours = lme(FIXED, parts, RANDOM, control={"distributed": True})
    np.testing.assert_allclose(digits(ours), digits(whole), rtol=1e-9)
    here = lme(FIXED, parts, RANDOM)
    np.testing.assert_allclose(digits(here), digits(whole), rtol=1e-9)
    effects = ours.ranef().compute().loc[whole.ranef().index]
    np.testing.assert_allclose(effects, whole.ranef(), atol=1e-9)
    np.testing.assert_allclose(ours.fitted().compute().sort_index(), whole.fitted(), atol=1e-9)


@pytest.mark.slow
def test_the_number_of_workers_changes_no_digit(data, cluster):
    found = []
    for n_workers in (1, 2, 4):
        client = cluster(n_workers)
        parts = frames.from_pandas(data, npartitions=6, sort=False)
        found.append(digits(lme(FIXED, parts, RANDOM, control={"distributed": True})))
        client.close()
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


@pytest.mark.slow
def test_a_lost_worker_changes_no_digit(data, cluster):
    client = cluster(2)
    parts = frames.from_pandas(data, npartitions=6, sort=False)
    fit = lme(FIXED, parts, RANDOM, control={"distributed": True})
    expected, theta = digits(fit), fit.optimum.evaluation.theta * 1.1
    there = fit.likelihood.evaluate(theta)
    victim = next(pid for pid in client.run(os.getpid).values())
    os.kill(victim, signal.SIGKILL)  # with half of the groups
    again = fit.likelihood.evaluate(theta)
    assert again.deviance == there.deviance
    np.testing.assert_array_equal(again.gradient, there.gradient)

    killed = []

    def kill_one(step):
        if isinstance(step, Iteration) and step.number == 1:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    again = lme(FIXED, parts, RANDOM, control={"distributed": True, "callback": kill_one})
    assert killed
    np.testing.assert_array_equal(digits(again), expected)
    effects = again.ranef().compute()
    np.testing.assert_array_equal(effects, fit.ranef().compute().loc[effects.index])
