"""The one module that talks to the R in this process: holds its lock, calls it, turns its conditions into Python's.

Everything else in :mod:`rbridge` asks :data:`HERE` (or a worker, which asks its own). It works from any thread,
because it uses only rpy2's low level interface (``rpy2.rinterface``), which needs no conversion rules in a context
variable, and because one re-entrant lock, rpy2's own, is held from the first R object of a call to the last.
"""

from __future__ import annotations

import contextlib
import copyreg
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from rbridge import embedded, encode, errors
from rbridge.handles import Handle, Home, Reply, thaw

_KINDS: Final[dict[str, type[errors.BridgeError]]] = {
    "formula": errors.FormulaError,
    "argument": errors.ArgumentError,
    "data": errors.DataError,
}


class Here:
    """The R in this process."""

    def __init__(self) -> None:
        # Objects that Python has dropped. R's list of protected objects isn't thread-safe and a garbage collection
        # may come in any thread, at any time, so what is dropped waits here until a thread holds the lock.
        self.dropped: deque[Any] = deque()

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
        with session.lock, embedded.r_locale(), embedded.quiet_console(session.callbacks):
            self.dropped.clear()
            reply, failure = _call_locked(session, function, args, decode)
        if failure:
            raise _error(*failure)
        return reply


HERE: Final = Here()


def default_home() -> Home:
    """Return the R that fits are made in unless asked otherwise."""
    return HERE


def _thaw_at_home(frozen: bytes) -> Handle:
    """Return a handle on a pickled object, where fits are made now."""
    return thaw(frozen, default_home())


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


def _error(kind: str, message: str, where: str) -> errors.BridgeError:
    known = _KINDS.get(kind)
    return known(message) if known else errors.RError(message.strip(), where)


@contextlib.contextmanager
def locked() -> Iterator[Any]:
    """Hold R's lock; gives ``rpy2.rinterface``."""
    session = embedded.running()
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
        embedded.running()
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

    info: dict[str, str] = HERE.call("rb_version_info", decode=_texts_by_name).value
    return {**info, "rpy2": metadata.version("rpy2"), "rpy2-rinterface": metadata.version("rpy2-rinterface")}


def _texts_by_name(value: Any) -> dict[str, str]:
    return dict(zip(value.names, value, strict=True))
