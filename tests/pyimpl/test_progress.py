"""A long fit says how it goes on, and gives control back when asked to."""

import itertools
import os
import pickle
import signal
import sys
import threading

import numpy as np
import pandas as pd
import pytest

from crosscheck import load_hsb
from pyimpl import lme
from pyimpl.errors import ArgumentError
from pyimpl.progress import Iteration, RowsRead
from pyimpl.stream import sources

FIXED, RANDOM = "mathach ~ ses", "~ ses | id"


@pytest.fixture(scope="module")
def hsb():
    return load_hsb()


@pytest.fixture(params=["memory", "parquet", "dask", "distributed"])
def source(request, hsb, tmp_path, monkeypatch):
    """The data, the control that they need, and the rows read by each step."""
    if request.param == "memory":
        return hsb, {}, [(2, 7185)]
    if request.param == "parquet":
        pytest.importorskip("pyarrow")
        monkeypatch.setattr(sources, "_ROWS", 3000)
        hsb.to_parquet(tmp_path / "hsb.parquet")
        reads = [(reading, rows) for reading in (1, 2) for rows in (3000, 6000, 7185)]
        return tmp_path / "hsb.parquet", {}, reads
    frames = pytest.importorskip("dask.dataframe")
    control = {"distributed": True} if request.param == "distributed" else {}
    return frames.from_pandas(hsb, npartitions=2), control, [(1, 7185), (2, 7185)]


def test_a_callback_is_told_of_rows_and_steps(source):
    data, control, reads = source
    steps = []
    fit = lme(FIXED, data, RANDOM, control={**control, "callback": steps.append})
    assert [(step.reading, step.n_rows) for step in steps if isinstance(step, RowsRead)] == reads
    iterations = [step for step in steps if isinstance(step, Iteration)]
    assert len(iterations) == len(steps) - len(reads)
    assert [step.number for step in iterations] == list(range(len(iterations)))
    assert {step.n_groups for step in iterations} == {160}
    assert iterations[-1].deviance == pytest.approx(-2 * fit.log_lik, abs=1e-8)
    assert iterations[-1].scaled_gradient == fit.convergence.scaled_gradient
    assert all(b.deviance <= a.deviance + 1e-7 for a, b in itertools.pairwise(iterations))


@pytest.mark.parametrize("switch", ["verbose", "msVerbose"])
@pytest.mark.parametrize("rich", [True, False])
def test_verbose_prints_to_stderr(hsb, capsys, monkeypatch, switch, rich):
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    lme(FIXED, hsb, RANDOM, control={switch: True})
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == "second reading: 7,185 rows"
    assert lines[1].startswith("iteration 0: -2 log-likelihood 46")
    assert lines[-1].endswith("standard errors from the optimum (160 groups)")


def test_nothing_is_printed_unasked(hsb, capsys):
    lme(FIXED, hsb, RANDOM, control={"verbose": False})
    assert capsys.readouterr() == ("", "")


def test_the_way_to_the_start_through_part_of_the_groups_is_no_search():
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(5000), 3)
    data = pd.DataFrame({"y": rng.normal(size=5000)[g] + rng.normal(size=len(g)), "g": g})
    steps = []
    lme("y ~ 1", data, "~ 1 | g", control={"callback": steps.append})
    groups = [step.n_groups for step in steps if isinstance(step, Iteration)]
    assert set(groups) == {5000}


def test_a_callback_can_end_the_fit(source):
    data, control, _ = source

    def stop(step):
        if isinstance(step, Iteration) and step.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lme(FIXED, data, RANDOM, control={**control, "callback": stop})
    assert lme(FIXED, data, RANDOM, control=control).convergence.converged


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_ctrl_c_gives_control_back_at_once(source):
    """The signal comes from another thread, in the middle of a search that goes on and on."""
    data, control, _ = source
    began = threading.Event()

    def interrupt():
        began.wait()
        os.kill(os.getpid(), signal.SIGINT)

    killer = threading.Thread(target=interrupt)
    killer.start()
    with pytest.raises(KeyboardInterrupt):
        while True:
            lme(FIXED, data, RANDOM, control={**control, "callback": lambda step: began.set()})
    killer.join()
    assert lme(FIXED, data, RANDOM, control=control).convergence.converged


def test_a_fit_with_a_callback_can_be_saved(hsb):
    fit = lme(FIXED, hsb, RANDOM, control={"callback": lambda step: None})
    assert pickle.loads(pickle.dumps(fit)).log_lik == fit.log_lik
    assert fit.update(fixed=". ~ . + minority").convergence.converged


@pytest.mark.parametrize("control", [{"verbose": "yes"}, {"callback": 3}])
def test_bad_settings_are_refused(hsb, control):
    with pytest.raises(ArgumentError, match=f"control: {next(iter(control))} must be"):
        lme(FIXED, hsb, RANDOM, control=control)
