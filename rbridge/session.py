"""The one module that talks to the R in this process: holds its lock, calls it, turns its conditions into Python's.

Everything else in :mod:`rbridge` asks :data:`HERE` (or a worker, which asks its own). It works from any thread,
because it uses only rpy2's low level interface (``rpy2.rinterface``), which needs no conversion rules in a context
variable, and because one re-entrant lock, rpy2's own, is held from the first R object of a call to the last.
"""

from __future__ import annotations

import contextlib
import copyreg
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from rbridge import embedded, encode, errors, interrupts, workers
from rbridge.handles import Handle, Home, Reply, thaw

_KINDS: Final[dict[str, type[errors.BridgeError]]] = {
    "formula": errors.FormulaError,
    "argument": errors.ArgumentError,
    "data": errors.DataError,
    "unavailable": errors.RUnavailableError,
}


class _Turn:
    """One call; Ctrl-C cancels it, and no other."""

    cancelled = False


class Here:
    """The R in this process."""

    def __init__(self) -> None:
        # Objects that Python has dropped. R's list of protected objects isn't thread-safe and a garbage collection
        # may come in any thread, at any time, so what is dropped waits here until a thread holds the lock.
        self.dropped: deque[Any] = deque()
        self._listener = interrupts.Listener()
        self._turning = threading.Lock()
        self._turn: _Turn | None = None

    def drop(self, token: Any) -> None:
        """Let go of an R object, later."""
        self.dropped.append(token)

    def call(self, function: str, *args: Any, decode: Callable[[Any], Any] | None = None) -> Reply:
        """Call one of rbridge's own R functions.

        Parameters
        ----------
        function
            Its name, as defined in a file of ``rbridge/R``.
        *args
            Plain values and handles; :mod:`rbridge.encode` says which.
        decode
            Turns the R object into a Python one while the lock is held, a function of a module so that a worker can
            be told its name; without it a :class:`Handle` is returned.

        Raises
        ------
        RUnavailableError
            R can't be used; the message names the mend.
        FormulaError, ArgumentError, DataError
            What rbridge's own R code found wrong.
        RError
            R stopped: R's own text, and the call that raised it.
        """
        session = embedded.running()
        turn = _Turn()

        def work() -> Reply:
            return self._take(turn, session, function, args, decode)

        if threading.current_thread() is not threading.main_thread() or session.lock._is_owned():
            return work()
        reply: Reply = self._listener.run(work, lambda: self._interrupt(turn, session))
        return reply

    def _take(
        self,
        turn: _Turn,
        session: embedded.Embedded,
        function: str,
        args: tuple[Any, ...],
        decode: Callable[[Any], Any] | None,
    ) -> Reply:
        """Do the call once it is our turn."""
        with session.lock, embedded.r_locale(), embedded.quiet_console(session.callbacks):
            self._begin(turn)
            try:
                self.dropped.clear()
                reply, failure = _call_locked(session, function, args, decode)
            finally:
                self._finish(session)
        if failure:
            raise _error(*failure)
        return reply

    def _begin(self, turn: _Turn) -> None:
        with self._turning:
            if turn.cancelled:
                raise KeyboardInterrupt
            self._turn = turn

    def _finish(self, session: embedded.Embedded) -> None:
        with self._turning:
            self._turn = None
            session.ask_to_stop(False)

    def _interrupt(self, turn: _Turn, session: embedded.Embedded) -> bool:
        """Have R stop computing if it computes for this turn; say whether it does."""
        with self._turning:
            turn.cancelled = True
            if self._turn is not turn:
                return False
            session.ask_to_stop(True)
            return True


HERE: Final = Here()


@contextlib.contextmanager
def home(isolated: Any = None, timeout: Any = None) -> Iterator[Home]:
    """Give the R to make a fit in: this process's, or a worker to oneself."""
    apart, seconds = workers.wanted(isolated, timeout)
    if not apart:
        yield HERE
        return
    with workers.lease(seconds) as place:
        yield place


def _thaw_at_home(frozen: bytes) -> Handle:
    """Return a handle on a pickled object, where fits are made now."""
    with home() as place:
        return thaw(frozen, place)


copyreg.pickle(Handle, lambda handle: (_thaw_at_home, (handle.frozen(),)))


def hold(value: Any) -> Handle:
    """Return a handle on an R object of this process."""
    return Handle(value, HERE)


def _call_locked(
    session: embedded.Embedded, function: str, args: tuple[Any, ...], decode: Callable[[Any], Any] | None
) -> tuple[Reply, tuple[str, ...]]:
    """Do the call. A function of its own, so that its R objects are released before the lock is."""
    ri = session.ri
    answer = session.door(ri.StrSexpVector([function]), encode.to_r(ri, args))
    value, failure, warned, messages = answer[0], tuple(answer[1]), tuple(answer[2]), tuple(answer[3])
    if failure:
        return Reply(None), failure
    return Reply((decode or hold)(value), warned, messages), ()


def _error(kind: str, message: str, where: str) -> BaseException:
    if kind == "interrupt":
        return KeyboardInterrupt()
    known = _KINDS.get(kind)
    return known(message) if known else errors.RError(message.strip(), where)


@contextlib.contextmanager
def locked() -> Iterator[Any]:
    """Hold R's lock; gives ``rpy2.rinterface``."""
    session = embedded.running()
    with session.lock:
        yield session.ri


def live(handle: Handle) -> Any:
    """Return the R object as an ``rpy2.robjects`` object, usable from the calling thread.

    Raises
    ------
    ArgumentError
        It lives in a worker process.
    """
    if handle.home is not HERE:
        raise errors.ArgumentError(
            "r: this fit lives in a worker process, whose R can't be reached into; use its methods, or fit here"
        )
    with locked():
        from rpy2 import robjects
        from rpy2.robjects import conversion

        # The rules live in a context variable that a new thread doesn't have: without this, the first
        # touch of the object there would fail.
        if conversion.converter_ctx.get(None) is not robjects.default_converter:
            with contextlib.suppress(LookupError, AttributeError):
                conversion.set_conversion(robjects.default_converter)
        return robjects.default_converter.rpy2py(handle.token)


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
        with home() as place:
            place.call("rb_has_nlme", decode=bool)
    except errors.RUnavailableError as error:
        return Availability(False, str(error))
    return Availability(True)


def r_version_info() -> dict[str, str]:
    """Say which R answers, for provenance.

    Returns
    -------
    dict
        Versions of R, nlme, lme4, lmerTest (empty if absent) and rpy2; R's platform, operating system, BLAS
        and LAPACK libraries, and locale.
    """
    from importlib import metadata

    with home() as place:
        info: dict[str, str] = place.call("rb_version_info", decode=_texts_by_name).value
    return {**info, "rpy2": metadata.version("rpy2"), "rpy2-rinterface": metadata.version("rpy2-rinterface")}


def _texts_by_name(value: Any) -> dict[str, str]:
    return dict(zip(value.names, value, strict=True))
