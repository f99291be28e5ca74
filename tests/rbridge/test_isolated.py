"""R in worker processes: the same answers, and nothing that happens there happens here."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import numpy as np
import pandas as pd
import pytest

import rbridge
from rbridge import session

pytestmark = pytest.mark.needs_r


def made(seed: int = 5, groups: int = 20, rows: int = 10) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"x": rng.normal(size=groups * rows), "s": "a", "g": np.repeat(np.arange(groups), rows)}
    )
    frame.loc[::3, "s"] = "b"
    frame["y"] = frame.x + np.repeat(rng.normal(size=groups), rows) + rng.normal(size=groups * rows)
    return frame


@pytest.fixture
def data() -> pd.DataFrame:
    return made()


@pytest.fixture(scope="module")
def slow() -> dict[str, object]:
    """A call that keeps R busy for many seconds."""
    return {"fixed": "y ~ x * s", "data": made(1, 30000, 5), "random": "~ x + s | g"}


def apart(data: pd.DataFrame, **more: object) -> rbridge.LmeFit:
    return rbridge.lme("y ~ x * s", data, "~ 1 | g", isolated=True, **more)


def process_of(fit: rbridge.LmeFit) -> int:
    return fit._handle.home.worker.process.pid


def test_answers_are_the_same_objects(data: pd.DataFrame) -> None:
    there, here = apart(data), rbridge.lme("y ~ x * s", data, "~ 1 | g")
    assert type(there) is type(here) and process_of(there) != os.getpid()
    for name in ("fixef", "vcov", "t_table", "ranef", "coef", "fitted", "residuals", "conf_int"):
        one, two = getattr(there, name)(), getattr(here, name)()
        assert type(one) is type(two)
        np.testing.assert_array_equal(one, two)
        assert str(one) == str(two)
    for name in ("summary", "var_corr", "intervals", "anova", "acf", "variogram"):
        assert str(getattr(there, name)()) == str(getattr(here, name)())
    pd.testing.assert_frame_equal(there.predict(data, [0, 1]), here.predict(data, [0, 1]))
    pd.testing.assert_frame_equal(there.simulate(2, seed=1), here.simulate(2, seed=1))
    assert there.plot().data[:4] == b"\x89PNG"
    assert there.update(". ~ 1").n_obs == 200 and process_of(there.update(". ~ 1")) != os.getpid()


def test_fits_of_both_kinds_are_compared(data: pd.DataFrame) -> None:
    there, here = apart(data, method="ML"), rbridge.lme("y ~ x", data, "~ 1 | g", method="ML")
    both = rbridge.lme("y ~ x * s", data, "~ 1 | g", method="ML")
    assert str(here.anova(there)) == str(here.anova(both))
    assert str(there.anova(here).to_frame()["df"].tolist()) == str(both.anova(here).to_frame()["df"].tolist())
    again = pickle.loads(pickle.dumps(there))
    assert again._handle.home is session.HERE and str(again.summary()) == str(there.summary())


def test_errors_and_warnings_come_through(data: pd.DataFrame) -> None:
    with pytest.raises(rbridge.DataError, match="'nothing'"):
        rbridge.lme("y ~ nothing", data, "~ 1 | g", isolated=True)
    with pytest.raises(rbridge.RError, match="nlminb problem") as caught:
        rbridge.lme("y ~ x", data, "~ x | g", control={"msMaxIter": 1, "niterEM": 0}, isolated=True)
    assert "lme" in caught.value.call
    control = {"msMaxIter": 1, "returnObject": True, "niterEM": 0}
    with pytest.warns(rbridge.RWarning, match="convergence error code = 1") as warned:
        rbridge.lme("y ~ x", data, "~ x | g", control=control, isolated=True)
    assert warned[0].filename == __file__
    with pytest.raises(rbridge.ArgumentError, match="worker process"):
        _ = apart(data).r


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no such signals")
@pytest.mark.parametrize("how", ["SIGSEGV", "SIGKILL"])
def test_a_crash_is_an_exception_and_the_next_call_starts_afresh(data, slow, how: str) -> None:
    fit = apart(data)
    victim = process_of(fit)
    os.kill(victim, getattr(signal, how))
    with pytest.raises(rbridge.WorkerError, match=f"{how}.*fit anew|{how}.*starts a fresh one"):
        fit.fixef()
    again = fit.update()
    assert process_of(again) != victim
    threading.Timer(1.0, os.kill, (process_of(again), getattr(signal, how))).start()
    with contextlib.ExitStack() as stack:  # in the middle of a fit, in the same worker
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("RBRIDGE_WORKERS", "1")
        for worker in session.workers._workers()._workers:
            if worker is not again._handle.home.worker:
                worker.stop("not needed")
        with pytest.raises(rbridge.WorkerError, match=how):
            rbridge.lme(isolated=True, **slow)
    assert apart(data).n_obs == 200


def test_a_timeout_stops_r(data: pd.DataFrame, slow) -> None:
    apart(data, timeout=60)
    start = time.monotonic()
    with pytest.raises(rbridge.RTimeoutError, match=r"more than 0\.5 seconds"):
        rbridge.lme(isolated=True, timeout=0.5, **slow)
    assert time.monotonic() - start < 20
    with pytest.raises(TimeoutError):
        rbridge.lme(isolated=True, timeout=0.5, **slow)
    assert apart(data).n_obs == 200


@pytest.mark.usefixtures("ctrl_c_is_heard")
@pytest.mark.parametrize("isolated", [False, True])
def test_ctrl_c_stops_the_fit_and_leaves_a_usable_session(data: pd.DataFrame, slow, isolated: bool) -> None:
    expected = rbridge.lme("y ~ x", data, "~ 1 | g", isolated=isolated)
    for _ in range(2):
        threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            rbridge.lme(isolated=isolated, **slow)
        assert time.monotonic() - start < 20
        again = rbridge.lme("y ~ x", data, "~ 1 | g", isolated=isolated)
        assert str(again.summary()) == str(expected.summary())
    assert str(expected.summary()) == str(again.summary())


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_ctrl_c_stops_no_other_thread(data: pd.DataFrame, slow) -> None:
    """The main thread waits for its turn while another fits: it stops waiting, the other one goes on."""
    some = {**slow, "data": slow["data"].head(2500), "control": {"returnObject": True}}
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(rbridge.lme, **some)
        time.sleep(0.3)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            with pytest.raises(KeyboardInterrupt):
                while True:
                    rbridge.lme("y ~ x", data, "~ 1 | g")
        finally:
            assert other.result().n_obs == 2500


def test_threads_have_workers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RBRIDGE_WORKERS", "3")
    frames = [made(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        fits = list(pool.map(apart, frames))
    assert 1 < len({process_of(fit) for fit in fits}) <= 3
    for fit, frame in zip(fits, frames, strict=True):
        assert str(fit.summary()) == str(rbridge.lme("y ~ x * s", frame, "~ 1 | g").summary())


def test_what_is_asked_must_make_sense(data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (
        {"timeout": 3},
        {"isolated": "yes"},
        {"isolated": True, "timeout": 0},
        {"isolated": True, "timeout": "1"},
        {"isolated": True, "timeout": float("nan")},
    ):
        with pytest.raises(rbridge.ArgumentError, match=r"isolated|timeout"):
            rbridge.lme("y ~ x", data, "~ 1 | g", **wrong)
    monkeypatch.setenv("RBRIDGE_WORKERS", "none")
    with pytest.raises(rbridge.ArgumentError, match="RBRIDGE_WORKERS"):
        apart(data)


def test_an_environment_variable_does_the_same() -> None:
    code = """
    import sys, numpy as np, pandas as pd, rbridge
    d = pd.DataFrame({"x": np.arange(60.) % 7, "g": np.repeat(np.arange(10), 6)})
    d["y"] = np.sin(np.arange(60)) + d.g / 3
    assert rbridge.available() and rbridge.r_version_info()["nlme"]
    fit = rbridge.lme("y ~ x", d, "~ 1 | g")
    print(fit.n_obs, "rpy2" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "RBRIDGE_ISOLATED": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "60 False\n" and done.stderr == ""


def _in_a_fork(data: pd.DataFrame, fit: rbridge.LmeFit, answers: Connection) -> None:
    try:
        fit.fixef()
    except rbridge.RUnavailableError as error:
        answers.send(str(error)[:24])
    answers.send(str(apart(data).summary()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_works_with_workers_of_its_own(data: pd.DataFrame) -> None:
    fit = apart(data)
    context = multiprocessing.get_context("fork")
    answers, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_in_a_fork, args=(data, fit, theirs))
    child.start()
    assert answers.poll(60) and answers.recv() == "this fit lives in a work"
    assert answers.poll(60) and answers.recv() == str(fit.summary())
    child.join()
    assert child.exitcode == 0 and fit.fixef() is not None


def test_workers_end_with_their_process() -> None:
    code = """
    import numpy as np, pandas as pd, rbridge, os, sys
    d = pd.DataFrame({"x": np.arange(60.) % 7, "g": np.repeat(np.arange(10), 6)})
    d["y"] = np.sin(np.arange(60)) + d.g / 3
    fit = rbridge.lme("y ~ x", d, "~ 1 | g", isolated=True)
    print(fit._handle.home.worker.process.pid, flush=True)
    if sys.argv[1] == "abruptly": os._exit(0)
    """
    for way in ("orderly", "abruptly"):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), way],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert done.stderr == ""
        for _ in range(100):
            if not _runs(int(done.stdout)):
                break
            time.sleep(0.1)
        else:
            pytest.fail("the worker is still there")


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
