"""The one module that owns R: starts it, holds its lock, calls it, and turns its conditions into Python's.

Everything else in :mod:`rbridge` asks :func:`call`. It works from any thread, because it uses only rpy2's low
level interface (``rpy2.rinterface``), which needs no conversion rules in a context variable, and because one
re-entrant lock, rpy2's own, is held from the first R object of a call to the last.
"""

from __future__ import annotations

import contextlib
import locale
import logging
import os
import signal
import sys
import threading
import warnings
from collections import deque
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
)

_KINDS: Final[dict[str, type[errors.BridgeError]]] = {
    "formula": errors.FormulaError,
    "argument": errors.ArgumentError,
    "data": errors.DataError,
}

# Handles that Python has dropped. R's list of protected objects isn't thread-safe and a garbage collection
# may come in any thread, at any time, so what is dropped waits here until a thread holds the lock.
_dropped: deque[Any] = deque()


@dataclass(slots=True)
class _Session:
    """R once it runs: rpy2's modules, the lock, and the R function that every call goes through."""

    ri: Any
    callbacks: Any
    lock: Any
    door: Any
    pid: int


_session: _Session | None = None
_failure: errors.RUnavailableError | None = None
_start_lock = threading.Lock()


class Handle:
    """A live R object, held for Python. Only a thread inside :func:`call` may touch ``sexp``."""

    __slots__ = ("sexp",)

    def __init__(self, sexp: Any) -> None:
        self.sexp = sexp

    def __del__(self) -> None:
        _dropped.append(self.sexp)


@dataclass(frozen=True, slots=True)
class Reply:
    """What R answered: the decoded value, and the warnings and messages given on the way."""

    value: Any
    warnings: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()

    def warn(self) -> None:
        """Give each of R's warnings as an :class:`~rbridge.errors.RWarning`, at the line that called rbridge."""
        for text in self.warnings:
            warnings.warn(text, errors.RWarning, stacklevel=_depth_of_caller())


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether R can be used; true or false as it stands, and ``reason`` says why not and how to mend it."""

    ok: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.ok


def available() -> Availability:
    """Start R if need be, and say whether it, nlme and rpy2 work."""
    try:
        _running()
    except errors.RUnavailableError as error:
        return Availability(False, str(error))
    return Availability(True)


def call(
    function: str,
    *args: Any,
    decode: Callable[[Any], Any] | None = None,
) -> Reply:
    """Call one of rbridge's own R functions.

    Parameters
    ----------
    function
        Its name, as defined in a file of ``rbridge/R``.
    *args
        R objects, handles, or functions of no arguments that build an R object once the lock is held.
    decode
        Turns the R object into a Python one while the lock is held; without it a :class:`Handle` is returned.

    Raises
    ------
    RUnavailableError
        R can't be used; the message names the mend.
    FormulaError, ArgumentError, DataError
        What rbridge's own R code found wrong.
    RError
        R stopped: R's own text, and the call that raised it.
    """
    session = _running()
    with session.lock, _r_locale(), _quiet_console(session.callbacks):
        _dropped.clear()
        reply, failure = _call_locked(session, function, args, decode)
    if failure:
        raise _error(*failure)
    return reply


def _call_locked(
    session: _Session, function: str, args: tuple[Any, ...], decode: Callable[[Any], Any] | None
) -> tuple[Reply, tuple[str, ...]]:
    """Do the call. A function of its own, so that its R objects are released before the lock is."""
    ri = session.ri
    built = ri.ListSexpVector([_build(arg) for arg in args])
    answer = session.door(ri.StrSexpVector([function]), built)
    value, failure, warned, messages = answer[0], tuple(answer[1]), tuple(answer[2]), tuple(answer[3])
    if failure:
        return Reply(None), failure
    return Reply(Handle(value) if decode is None else decode(value), warned, messages), ()


def interface() -> Any:
    """Return ``rpy2.rinterface``, with R running."""
    return _running().ri


@contextlib.contextmanager
def locked() -> Iterator[Any]:
    """Hold R's lock; gives ``rpy2.rinterface``."""
    session = _running()
    with session.lock:
        yield session.ri


def live(handle: Handle) -> Any:
    """Return the R object as an ``rpy2.robjects`` object, usable from the calling thread."""
    with locked():
        from rpy2 import robjects
        from rpy2.robjects import conversion

        # The rules live in a context variable that a new thread doesn't have: without this, the first
        # touch of the object there would fail.
        if conversion.converter_ctx.get(None) is not robjects.default_converter:
            with contextlib.suppress(LookupError, AttributeError):
                conversion.set_conversion(robjects.default_converter)
        return robjects.default_converter.rpy2py(handle.sexp)


def _depth_of_caller() -> int:
    """How many frames above the caller of this function the first one outside of rbridge is, from 1."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith("rbridge") and frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth


def _build(arg: Any) -> Any:
    if isinstance(arg, Handle):
        return arg.sexp
    return arg() if callable(arg) and not hasattr(arg, "__sexp__") else arg


def _error(kind: str, message: str, where: str) -> errors.BridgeError:
    known = _KINDS.get(kind)
    return known(message) if known else errors.RError(message.strip(), where)


def _running() -> _Session:
    """Return the session, starting R on first use."""
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


def _start() -> _Session:
    """Start R (or join the one that rpy2 already runs), load rbridge's R files, and look for nlme."""
    mends.look_for_r()
    signals, before = _signals(), locale.setlocale(locale.LC_ALL)
    try:
        with _quiet_log(), warnings.catch_warnings(), _utf8_environment():
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
    session = _Session(ri, callbacks, lock, door, os.getpid())
    with lock, _quiet_console(callbacks):
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
def _r_locale() -> Iterator[None]:
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


def _nothing(text: str) -> None:
    """Drop what R writes on its console; warnings and messages arrive by another way."""


@contextlib.contextmanager
def _quiet_console(callbacks: Any) -> Iterator[None]:
    """Send R's console output nowhere during a call; other users of rpy2 in this process keep theirs."""
    names = ("consolewrite_print", "consolewrite_warnerror", "showmessage")
    old = {name: getattr(callbacks, name) for name in names}
    for name in names:
        setattr(callbacks, name, _nothing)
    try:
        yield
    finally:
        for name, function in old.items():
            setattr(callbacks, name, function)


def r_version_info() -> dict[str, str]:
    """Say which R answers, for provenance.

    Returns
    -------
    dict
        Versions of R, nlme, lme4, lmerTest (empty if absent) and rpy2; R's platform, operating system, BLAS
        and LAPACK libraries, and locale.
    """
    from importlib import metadata

    def decode(value: Any) -> dict[str, str]:
        return dict(zip(value.names, value, strict=True))

    info: dict[str, str] = call("rb_version_info", decode=decode).value
    return {**info, "rpy2": metadata.version("rpy2"), "rpy2-rinterface": metadata.version("rpy2-rinterface")}
