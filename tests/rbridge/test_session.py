"""R has one owner: any thread may call, conditions come through, and the host is left as it was."""

from __future__ import annotations

import ast
import builtins
import graphlib
import locale
import os
import subprocess
import sys
import textwrap
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rbridge
from rbridge import mends, session


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"x": rng.normal(size=200), "g": np.repeat(np.arange(20), 10)})
    frame["y"] = frame.x + np.repeat(rng.normal(size=20), 10) + rng.normal(size=200)
    return frame


def python(code: str, noise: bool = True, **environment: str) -> str:
    """Run code in a Python of its own; return what it prints, errors and all."""
    clean = {
        key: value for key, value in os.environ.items() if key not in ("R_HOME", "PYTHON_SESSION_INITIALIZED")
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr * noise


FIT = """
import numpy as np, pandas as pd, rbridge
d = pd.DataFrame({"x": np.arange(60.) % 7, "g": np.repeat(np.arange(10), 6)})
d["y"] = np.sin(np.arange(60)) + d.g / 3
fit = rbridge.lme("y ~ x", d, "~ 1 | g")
"""


def test_importing_starts_nothing() -> None:
    assert (
        python("import sys, rbridge; print(any(m.split('.')[0] == 'rpy2' for m in sys.modules))") == "False\n"
    )


@pytest.mark.needs_r
def test_the_first_fit_says_nothing_and_disturbs_nothing() -> None:
    """Signals, locale, working directory, environment of the console: as before R started."""
    code = f"""
    import signal, locale, os, faulthandler
    def handler(*_): pass
    signal.signal(signal.SIGINT, handler); signal.signal(signal.SIGTERM, handler)
    signals = [signal.getsignal(s) for s in sorted(signal.valid_signals())]
    of_r = ("R_", "_R_", "PYTHON_SESSION")
    def environment(): return {{k: v for k, v in os.environ.items() if not k.startswith(of_r)}}
    before, variables = (os.getcwd(), locale.setlocale(locale.LC_ALL)), environment()
    exec({FIT!r})
    assert environment() == variables
    import subprocess, sys
    subprocess.run([sys.executable, "-c", "import ssl, ctypes"], check=True)  # its own libraries, not R's
    assert signals == [signal.getsignal(s) for s in sorted(signal.valid_signals())]
    assert before == (os.getcwd(), locale.setlocale(locale.LC_ALL)), locale.setlocale(locale.LC_ALL)
    """
    assert python(code) == ""


@pytest.mark.needs_r
@pytest.mark.parametrize("name", ["C", "POSIX", "C.UTF-8", "nowhere"])
def test_any_locale_gives_the_same_page(name: str) -> None:
    code = (
        FIT
        + "\nd['s'] = np.resize(['a', 'B', 'é', '_'], 60)\n"
        + textwrap.dedent("""
    d = d.rename(columns={"x": "größe"})
    print(ascii(str(rbridge.lme("y ~ größe + s", d, "~ 1 | g").summary())))
    """)
    )
    made = python(code, LC_ALL=name, PYTHONUTF8="1")
    assert made == python(code, LC_ALL="C.UTF-8", PYTHONUTF8="1")
    assert "gr\\xf6\\xdfe" in made and "s\\xe9" in made


@pytest.mark.needs_r
def test_a_comma_for_a_point_in_the_host_changes_no_number(data: pd.DataFrame) -> None:
    expected = rbridge.lme("y ~ I(x * 1.5)", data, "~ 1 | g", control={"tolerance": 1e-6})
    before = locale.setlocale(locale.LC_ALL)
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"):
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            continue
        try:
            fit = rbridge.lme("y ~ I(x * 1.5)", data, "~ 1 | g", control={"tolerance": 1e-6})
            assert str(fit.summary()) == str(expected.summary())
            assert locale.setlocale(locale.LC_ALL).count(name) or locale.setlocale(locale.LC_ALL) == name
        finally:
            locale.setlocale(locale.LC_ALL, before)


@pytest.mark.needs_r
def test_starting_in_a_thread_works() -> None:
    code = f"""
    import threading, signal
    before = signal.getsignal(signal.SIGINT)
    result = []
    def run():
        scope = {{}}
        exec({FIT!r}, scope)
        result.append((scope["fit"].sigma, scope["fit"].r.rx2("sigma")[0]))
    thread = threading.Thread(target=run); thread.start(); thread.join()
    assert result[0][0] == result[0][1]
    assert signal.getsignal(signal.SIGINT) is before
    """
    assert python(code) == ""


@pytest.mark.needs_r
def test_joins_an_r_that_runs_already() -> None:
    code = """
    import rpy2.rinterface as ri
    ri.initr()
    ri.evalr("options(digits = 3, width = 40, OutDec = ','); exp <- function(x) 0")
    ri.evalr("options(contrasts = c('contr.sum', 'contr.poly'))")
    ri.evalr("T <- FALSE; data <- 5; set.seed(1); s <- .Random.seed")
    """
    check = """
    d["s"] = np.resize(["a", "b"], 60)
    fit = rbridge.lme("y ~ x + s + I(exp(x))", d, "~ 1 | g")
    print(fit.summary())
    assert list(ri.evalr("options('digits', 'width')[[1]]")) == [3]
    assert ri.evalr("identical(s, .Random.seed)")[0]
    assert ri.evalr("identical(getOption('OutDec'), ',')")[0]
    """
    plain = textwrap.dedent("""
    d["s"] = np.resize(["a", "b"], 60)
    print(rbridge.lme("y ~ x + s + I(exp(x))", d, "~ 1 | g").summary())
    """)
    joined = python(textwrap.dedent(code) + FIT + textwrap.dedent(check), noise=False)
    page = joined[joined.index("Linear mixed") :]
    assert page == python(FIT + plain)


@pytest.mark.needs_r
def test_options_and_seed_of_r_are_untouched(data: pd.DataFrame) -> None:
    with session.locked() as ri:
        ri.evalr("set.seed(42)")
        before = [str(x) for x in ri.evalr("c(.Random.seed, deparse(options()))")]
    fit = rbridge.lme("y ~ x", data, "~ 1 | g")
    fit.summary(), fit.intervals(), fit.anova(), fit.predict(data)
    with session.locked() as ri:
        assert before == [str(x) for x in ri.evalr("c(.Random.seed, deparse(options()))")]


@pytest.mark.needs_r
def test_nothing_is_left_in_the_workspace(data: pd.DataFrame) -> None:
    rbridge.lme("y ~ x", data, "~ 1 | g").summary()
    with session.locked() as ri:
        names = list(ri.evalr("c(ls(globalenv()), search())"))
    assert not [
        name for name in names if name.startswith("rb_") or "nlme" in name.replace("package:nlme", "")
    ]


@pytest.mark.needs_r
def test_sixteen_fits_from_eight_threads(data: pd.DataFrame) -> None:
    """Values as from one thread, while other threads drop their fits at any moment."""
    frames = [data.assign(y=data.y + k * data.x) for k in range(16)]

    def work(frame: pd.DataFrame) -> tuple[np.ndarray, str, float]:
        fit = rbridge.lme("y ~ x", frame, "~ 1 | g")
        return fit.fitted().to_numpy(), str(fit.summary()), fit.r.rx2("sigma")[0]

    alone = [work(frame) for frame in frames]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(work, frames))
    for one, two in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one[0], two[0])
        assert one[1:] == two[1:]


@pytest.mark.needs_r
def test_errors_in_threads_stay_in_their_thread(data: pd.DataFrame) -> None:
    def work(k: int) -> str:
        try:
            return str(rbridge.lme("y ~ x" if k % 2 else "y ~ nothing", data, "~ 1 | g").n_obs)
        except rbridge.DataError as error:
            return str(error)[:20]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(16))) == ["fixed uses 'nothing'"[:20], "200"] * 8


@pytest.mark.needs_r
def test_dropped_objects_are_released_under_the_lock(data: pd.DataFrame) -> None:
    fit = rbridge.lme("y ~ x", data, "~ 1 | g")
    session.HERE.dropped.clear()
    del fit
    assert len(session.HERE.dropped) >= 1  # waits for a thread that holds the lock ...
    rbridge.r_version_info()
    assert len(session.HERE.dropped) == 0  # ... which releases it


@pytest.mark.needs_r
def test_r_warnings_arrive_and_stay_on_the_fit(data: pd.DataFrame) -> None:
    with pytest.warns(rbridge.RWarning, match="convergence error code = 1") as caught:
        fit = rbridge.lme(
            "y ~ x", data, "~ x | g", control={"msMaxIter": 1, "returnObject": True, "niterEM": 0}
        )
    assert len(fit.warnings) == len(caught) >= 1
    assert caught[0].filename == __file__
    assert not fit.convergence.converged and "iteration limit" in fit.convergence.message


@pytest.mark.needs_r
def test_an_r_error_has_its_text_and_call(data: pd.DataFrame) -> None:
    with pytest.raises(rbridge.RError, match="nlminb problem, convergence error code = 1") as caught:
        rbridge.lme("y ~ x", data, "~ x | g", control={"msMaxIter": 1, "niterEM": 0})
    assert "lme" in caught.value.call and len(caught.value.call) < 1000
    with pytest.raises(rbridge.RError, match="incompatible formulas for groups"):
        rbridge.lme("y ~ x", data, "~ 1 | g", correlation="corAR1(form = ~ 1 | x)")


@pytest.mark.needs_r
def test_the_console_stays_silent(data: pd.DataFrame, capfd: pytest.CaptureFixture[str]) -> None:
    rbridge.lme("y ~ x", data, "~ 1 | g", control={"msVerbose": True}).summary()
    with pytest.raises(rbridge.RError), warnings.catch_warnings():
        rbridge.lme("y ~ x", data, "~ x | g", control={"msMaxIter": 1, "niterEM": 0})
    out = capfd.readouterr()
    assert out.out == "" and out.err == ""


@pytest.mark.needs_r
def test_the_console_can_be_read(data: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    verbose = {"msVerbose": True}
    with rbridge.console():
        rbridge.lme("y ~ x", data, "~ 1 | g", control=verbose)
    printed = capsys.readouterr().out
    assert printed.lstrip().startswith("0:")
    pieces: list[str] = []
    with rbridge.console(), rbridge.console(pieces.append):
        rbridge.lme("y ~ x", data, "~ 1 | g", control=verbose)
    rbridge.lme("y ~ x", data, "~ 1 | g", control=verbose)
    assert "".join(pieces) == printed and capsys.readouterr().out == ""


@pytest.mark.needs_r
def test_a_reader_of_the_console_that_fails_stops_nothing(data: pd.DataFrame) -> None:
    def read(text: str) -> None:
        raise RuntimeError("no")

    with rbridge.console(read):
        assert rbridge.lme("y ~ x", data, "~ 1 | g", control={"msVerbose": True}).n_obs == 200


@pytest.mark.needs_r
def test_the_host_keeps_its_own_console(data: pd.DataFrame) -> None:
    from rpy2.rinterface_lib import callbacks

    before = callbacks.consolewrite_print
    rbridge.lme("y ~ x", data, "~ 1 | g")
    assert callbacks.consolewrite_print is before


@pytest.mark.needs_r
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_is_refused() -> None:
    code = FIT + textwrap.dedent("""
    import os, sys
    child = os.fork()
    if child == 0:
        try:
            fit.fixef()
        except rbridge.RUnavailableError as error:
            os.write(1, str(error)[:24].encode())
        os._exit(0)
    os.waitpid(child, 0)
    """)
    assert python(code, noise=False) == "this process was forked "  # Python 3.12 and later warn of the fork


@pytest.mark.needs_r
def test_versions_are_told() -> None:
    info = rbridge.r_version_info()
    assert {"R", "nlme", "lme4", "os", "platform", "BLAS", "LAPACK", "locale", "rpy2"} <= set(info)
    assert info["nlme"].startswith("3.1-") and info["R"].count(".") == 2
    assert all(isinstance(value, str) for value in info.values())
    assert rbridge.available() and rbridge.available().reason == ""


# --- what is missing, and the mend


def test_without_r_the_mend_is_named(tmp_path: Path) -> None:
    made = python(
        """
        import rbridge
        print(bool(rbridge.available()), rbridge.available().reason)
        try:
            import pandas as pd
            rbridge.lme("y ~ x", pd.DataFrame({"y": [1], "x": [1], "g": [1]}), "~ 1 | g")
        except rbridge.RUnavailableError as error:
            print(error)
        """,
        PATH=str(tmp_path),
    )
    assert (
        made.startswith("False R isn't found") and made.count("apt-get install r-base-core r-cran-nlme") == 2
    )


GET_R, GET_RPY2 = "apt-get install r-base-core r-cran-nlme", "pip install 'lmebridge[r]'"


@pytest.mark.parametrize("r_is_there", [True, False])
def test_without_rpy2_the_mend_is_named(tmp_path: Path, r_is_there: bool) -> None:
    """Where R isn't there either it comes first, because rpy2 can't be built without it."""
    made = python(
        """
        import sys, importlib.abc
        class Hide(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path, target=None):
                if name.split(".")[0] == "rpy2":
                    raise ModuleNotFoundError(f"No module named {name!r}", name=name)  # as python -P or a venv would
        sys.meta_path.insert(0, Hide())
        import rbridge
        print(rbridge.available().reason)
        """,
        **({"R_HOME": str(tmp_path)} if r_is_there else {"PATH": str(tmp_path)}),
    )
    assert made.count(GET_RPY2) == 1 and made.count(GET_R) == (not r_is_there)
    if not r_is_there:
        assert made.index("in this order") < made.index(GET_R) < made.index(GET_RPY2)


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (
            AttributeError("function/symbol 'R_getVar' not found in library"),
            "rpy2-rinterface<3.6.6",
        ),
        (ImportError("undefined symbol: R_getVar"), "rpy2-rinterface<3.6.6"),
        (OSError("cannot load library '/usr/lib/R/lib/libR.so'"), "r-base-core"),
        (ValueError("r_home is None. Try python -m rpy2.situation"), "r-base-core"),
        (
            ModuleNotFoundError("No module named 'rpy2.rinterface_lib'", name="rpy2.rinterface_lib"),
            "lmebridge[r]",
        ),
        (RuntimeError("something new"), "lmebridge[r]"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_failures_of_rpy2_are_explained(error: Exception, mend: str) -> None:
    made = mends.explain(error)
    assert isinstance(made, rbridge.RUnavailableError)
    assert mend in str(made) and str(error) in str(made)


@pytest.mark.needs_r
def test_without_nlme_the_mend_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
    from rbridge import embedded
    import rbridge
    embedded.R_FILES = ("allowed.R", "session.R")
    read = embedded._load
    def load(ri):
        door = read(ri)
        ri.baseenv["assign"]("requireNamespace", ri.evalr("function(...) FALSE"), envir=ri.baseenv["environment"](door))
        return door
    embedded._load = load
    print(rbridge.available().reason)
    """
    assert "apt-get install r-cran-nlme" in python(code)


@pytest.mark.needs_r
def test_two_threads_start_r_once() -> None:
    code = """
    import threading, rbridge
    from rbridge import embedded
    starts = []
    start = embedded._start
    embedded._start = lambda: starts.append(1) or start()
    threads = [threading.Thread(target=rbridge.available) for _ in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]
    print(len(starts))
    """
    assert python(code) == "1\n"


def test_no_module_imports_itself_by_way_of_another() -> None:
    folder = Path(rbridge.__file__).parent
    graph: dict[str, set[str]] = {}
    for path in folder.glob("*.py"):
        found: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "rbridge":
                found |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rbridge."):
                found.add(str(node.module).partition(".")[2])
        graph[path.stem] = found
    assert graph["base"] >= {"tables", "session"}
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert order[-1] == "__init__"


def test_the_module_needs_no_builtin_eval() -> None:
    """No Python text is evaluated anywhere in the package."""
    folder = Path(rbridge.__file__).parent
    for path in folder.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        for name in ("eval(", "exec("):
            assert name not in source.replace('"eval"](', ""), path
    assert builtins.eval is eval and threading.main_thread()


@pytest.mark.needs_r
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_in_the_middle_of_a_fit_is_refused_in_the_child_and_harmless_here() -> None:
    """R's lock is held by a thread that the child doesn't have: the child must not wait for it."""
    code = FIT + textwrap.dedent("""
    import os, sys, threading, time
    large = pd.concat([d.assign(g=d.g + 10 * k) for k in range(300)], ignore_index=True)
    done = []
    thread = threading.Thread(target=lambda: done.append(rbridge.lme("y ~ x", large, "~ x | g").n_obs))
    thread.start()
    while rbridge.embedded.running().lock.acquire(blocking=False):  # until the thread computes
        rbridge.embedded.running().lock.release()
        time.sleep(0.001)
    child = os.fork()
    if child == 0:
        for ask in (fit.fixef, lambda: rbridge.lme("y ~ x", d, "~ 1 | g"), lambda: rbridge.to_r(d)):
            try:
                ask()
            except rbridge.RUnavailableError as error:
                os.write(1, str(error)[:24].encode())
        os.write(1, str(rbridge.lme("y ~ x", d, "~ 1 | g", isolated=True).n_obs).encode())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    thread.join()
    print(done, fit.update().n_obs)
    """)
    assert python(code, noise=False) == "this process was forked " * 3 + "60[18000] 60\n"


@pytest.mark.needs_r
def test_every_kind_of_fit_from_eight_threads(data: pd.DataFrame) -> None:
    def work(k: int) -> str:
        frame = data.assign(y=data.y + k * data.x)
        line = "m <- lme(y ~ x, data = d, random = ~ 1 | g)"
        makes = (
            lambda: rbridge.gls("y ~ x", frame).anova(),
            lambda: rbridge.lm_list("y ~ x | g", frame).coef(aug_frame=True),
            lambda: rbridge.lmer("y ~ x + (1 | g)", frame).summary(),
            lambda: rbridge.rcall("update(m, . ~ 1)", m=rbridge.rcall(line, d=frame)).ranef(),
        )
        return str(makes[k % 4]())

    alone = [work(k) for k in range(16)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(16))) == alone
