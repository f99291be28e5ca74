"""The R that runs inside this process: started once, lazily, and leaving the host as it was."""

from __future__ import annotations

import contextlib
import locale
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from rbridge import errors, mends

R_FILES: Final = (
    "session.R",
    "names.R",
    "allowed.R",
    "parse.R",
    "dot.R",
    "check.R",
    "fit.R",
    "extract.R",
    "tables.R",
    "wide.R",
    "diagnosis.R",
    "simulate.R",
    "picture.R",
    "frames.R",
    "gls.R",
    "lists.R",
    "lmer.R",
)


@dataclass(slots=True)
class Embedded:
    """R once it runs: rpy2's modules, the lock, and the R function that every call goes through."""

    ri: Any
    callbacks: Any
    lock: Any
    door: Any
    pid: int

    def ask_to_stop(self, stop: bool) -> None:
        """Have R stop at its next check, or take the wish back."""
        from rpy2.rinterface_lib import openrlib

        name = "UserBreak" if os.name == "nt" else "R_interrupts_pending"
        with contextlib.suppress(
            AttributeError
        ):  # an rpy2 that doesn't know the variable: R goes on to the end
            setattr(openrlib.rlib, name, int(stop))


_session: Embedded | None = None
_failure: errors.RUnavailableError | None = None
_start_lock = threading.Lock()


def running() -> Embedded:
    """Return the session, starting R on first use.

    Raises
    ------
    RUnavailableError
        It can't be started, or this process was forked from the one that started it.
    """
    global _session, _failure
    session = _session
    if session is None:
        with _start_lock:
            if _session is None:
                if _failure is not None:
                    raise _failure
                try:
                    _session = _start()
                except errors.RUnavailableError as error:
                    _failure = error
                    raise
            session = _session
    if session.pid != os.getpid():
        raise errors.RUnavailableError(mends.FORKED)
    return session


def _start() -> Embedded:
    """Start R (or join the one that rpy2 already runs), load rbridge's R files, and look for nlme."""
    mends.look_for_r()
    signals, before = _signals(), locale.setlocale(locale.LC_ALL)
    try:
        with _quiet_log(), warnings.catch_warnings(), _host_environment(), _utf8_environment():
            warnings.simplefilter("ignore")
            ri, callbacks, lock = _import_rpy2()
            with lock:
                _initialise(ri)
                door = _load(ri)
    finally:
        # R calls setlocale() for itself and rpy2 takes over Ctrl-C: both belong to the host.
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_ALL, before)
        _restore(signals)
    session = Embedded(ri, callbacks, lock, door, os.getpid())
    with lock, quiet_console(callbacks):
        has_nlme = bool(door(ri.StrSexpVector(["rb_has_nlme"]), ri.ListSexpVector([]))[0][0])
    if not has_nlme:
        raise errors.RUnavailableError(mends.NO_NLME)
    return session


def _import_rpy2() -> tuple[Any, Any, Any]:
    try:
        import rpy2.rinterface as ri
        from rpy2.rinterface_lib import callbacks, openrlib
    except Exception as error:  # whatever a loader may raise, the answer is the mend
        raise mends.explain(error) from error
    return ri, callbacks, openrlib.rlock


def _initialise(ri: Any) -> None:
    """Initialise R unless it runs already; a saved workspace in the working directory is not loaded."""
    from rpy2.rinterface_lib import embedded

    if embedded.isinitialized():
        return
    try:
        embedded.set_initoptions(("rpy2", "--quiet", "--no-save", "--no-restore"))
        ri.initr()
    except Exception as error:
        raise mends.explain(error) from error


def _load(ri: Any) -> Any:
    """Read ``rbridge/R/*.R`` into an R environment of their own; return the function ``rb_call``."""
    base = ri.baseenv
    env = base["new.env"](parent=ri.baseenv)
    base["assign"]("rb_env", env, envir=env)
    folder = resources.files("rbridge") / "R"
    for name in R_FILES:
        text = (folder / name).read_text(encoding="utf-8")
        code = base["parse"](text=ri.StrSexpVector([text]), **{"keep.source": ri.BoolSexpVector([False])})
        base["eval"](code, envir=env)
    return base["get"]("rb_call", envir=env)


def _signals() -> Mapping[int, Any]:
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}


def _restore(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)


@contextlib.contextmanager
def _quiet_log() -> Iterator[None]:
    """Keep rpy2's notes about its own loading (API mode not found, trying ABI mode) off the terminal."""
    logger = logging.getLogger("rpy2")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _host_environment() -> Iterator[None]:
    """Keep what R's start-up script exports for itself from the programs that the host starts.

    Its LD_LIBRARY_PATH would have another Python, and anything else, load the system's libraries instead of its own;
    in this process it has no effect any more. R keeps what it looks up while it runs: the names that begin with R_.
    """
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in {*before, *os.environ}:
            if name.startswith(("R_", "_R_", "PYTHON_SESSION")):
                continue
            if name in before:
                os.environ[name] = before[name]
            else:
                os.environ.pop(name, None)


@contextlib.contextmanager
def _utf8_environment() -> Iterator[None]:
    """Let R start in a UTF-8 locale even where the host runs in C, so that every name and level can cross."""
    if _is_utf8(locale.setlocale(locale.LC_CTYPE)) and _is_utf8(_environment_ctype()):
        yield
        return
    old = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C.UTF-8"
    try:
        yield
    finally:
        if old is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = old


def _environment_ctype() -> str:
    return os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or "C"


def _is_utf8(name: str) -> bool:
    return name.lower().replace("-", "").endswith("utf8")


@contextlib.contextmanager
def r_locale() -> Iterator[None]:
    """Hold the categories that R relies on (numbers as in C, text in UTF-8); give the host's back."""
    wanted = {locale.LC_NUMERIC: "C"}
    ctype = locale.setlocale(locale.LC_CTYPE)
    if not _is_utf8(ctype):
        wanted[locale.LC_CTYPE] = "C.UTF-8"
    changed: dict[int, str] = {}
    for category, name in wanted.items():
        old = locale.setlocale(category)
        if old != name:
            with contextlib.suppress(locale.Error):
                locale.setlocale(category, name)
                changed[category] = old
    try:
        yield
    finally:
        for category, old in changed.items():
            locale.setlocale(category, old)


_readers: list[Callable[[str], object]] = []  # of R's console, the last one reads


def _written(text: str) -> None:
    """Hand on what R writes on its console, if anyone reads it; warnings and messages arrive by another way."""
    if _readers:
        _readers[-1](text)


@contextlib.contextmanager
def console(read: Callable[[str], object] | None = None) -> Iterator[None]:
    """Show what R prints while the block runs, such as nlme's iterations under ``control={"msVerbose": True}``.

    What any thread has R print in this process is shown; R in worker processes stays silent.

    Parameters
    ----------
    read
        Is called with each piece of text; by default it is written to ``sys.stdout``.
    """
    reader = read or (lambda text: sys.stdout.write(text))
    _readers.append(reader)
    try:
        yield
    finally:
        _readers.remove(reader)


@contextlib.contextmanager
def quiet_console(callbacks: Any) -> Iterator[None]:
    """Keep R's console output off the terminal during a call; other users of rpy2 in this process keep theirs."""
    names = ("consolewrite_print", "consolewrite_warnerror", "showmessage")
    old = {name: getattr(callbacks, name) for name in names}
    for name in names:
        setattr(callbacks, name, _written)
    try:
        yield
    finally:
        for name, function in old.items():
            setattr(callbacks, name, function)
