"""R in processes of their own: what kills one of them is an exception here, and the next call starts afresh."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from rbridge import mends, wire
from rbridge.arguments import check_flag, check_number
from rbridge.errors import ArgumentError, RTimeoutError, RUnavailableError, WorkerError
from rbridge.handles import Handle, Reply

_PROGRAM: Final = "from rbridge.worker import main; main()"
_GRACE: Final = 3.0  # seconds that R gets to stop computing after Ctrl-C


class Worker:
    """One worker process; calls to it are made one at a time."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.lock = threading.RLock()
        self.leased = False
        self.dropped: deque[int] = deque()
        self.end = ""  # why it ended, once it has
        self._ready = False
        self._stderr = tempfile.TemporaryFile()
        path = os.pathsep.join(part for part in sys.path if part)
        environment = {key: value for key, value in os.environ.items() if key != "RBRIDGE_ISOLATED"}
        if not sys.executable:
            raise RUnavailableError(
                "isolated: this Python doesn't know its own executable; call R in this process"
            )
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**environment, "PYTHONPATH": path},
            start_new_session=True,  # a terminal's Ctrl-C is for this process, which sends it on
        )
        self._replies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        reader = threading.Thread(target=_read, args=(self.process.stdout, self._replies), daemon=True)
        reader.start()

    def call(
        self, home: Isolated, function: str, args: tuple[Any, ...], decode: Callable[[Any], Any] | None
    ) -> Reply:
        """Have the worker call one of rbridge's R functions."""
        self._check_owner()
        with self.lock:
            self._start()
            dropped = [self.dropped.popleft() for _ in range(len(self.dropped))]
            request = wire.dumps((function, args, decode, dropped), self._number_of)
            try:
                assert self.process.stdin is not None
                wire.send(self.process.stdin, request)
            except OSError:
                self._died()
            except BaseException:  # Ctrl-C in the middle of a message
                self.stop("the worker process was stopped by Ctrl-C")
                raise
            outcome = wire.loads(self._reply(home.timeout, function), lambda number: Handle(number, home))
        if isinstance(outcome, BaseException):
            raise outcome
        reply: Reply = outcome
        return reply

    def stop(self, reason: str) -> None:
        """End the process; whatever lives in it is gone."""
        self.end = self.end or reason
        self.process.kill()
        self.process.wait()

    def _check_owner(self) -> None:
        if self.owner != os.getpid():
            raise RUnavailableError(mends.FORKED_WORKER)
        if self.end or self.process.poll() is not None:
            raise WorkerError(
                f"{self.end or self._last_words()}. What lived there is gone. Mend: fit.update(), or fit anew"
            )

    def _start(self) -> None:
        """Wait for R to have started, the first time."""
        if self._ready:
            return
        there = wire.loads(self._reply(None, "the start of R"), lambda number: Handle(number, None))  # type: ignore[arg-type]
        if not there:
            self.stop("R can't be used there")
            raise RUnavailableError(there.reason)
        self._ready = True

    def _number_of(self, handle: Handle) -> int:
        number: int = handle.token
        return number

    def _reply(self, timeout: float | None, function: str) -> bytes:
        try:
            data = _wait(self._replies, timeout)
        except queue.Empty:
            self.stop(f"the worker process was stopped after {timeout:g} seconds")
            raise RTimeoutError(
                f"timeout: R took more than {timeout:g} seconds ({function}); its worker process was stopped"
            ) from None
        except BaseException:  # Ctrl-C, or whatever else a signal handler raises
            self._interrupt()
            raise
        if data is None:
            self._died()
        return data  # type: ignore[return-value]

    def _interrupt(self) -> None:
        """Stop R's computing; the process too if R doesn't listen."""
        if hasattr(signal, "pthread_kill"):  # not on Windows, where a process can't be sent Ctrl-C alone
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(queue.Empty):
                self._replies.get(timeout=_GRACE)
                return
        self.stop("the worker process was stopped by Ctrl-C")

    def _died(self) -> None:
        self.process.wait()
        self.end = self._last_words()
        raise WorkerError(f"{self.end}. Mend: call again, which starts a fresh one")

    def _last_words(self) -> str:
        code = self.process.returncode
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        self._stderr.seek(0)
        said = [line for line in self._stderr.read().decode(errors="replace").splitlines() if line.strip()]
        return f"the worker process that R ran in {how}" + (
            f" ({said[-1] if code >= 0 else said[0]})" if said else ""
        )


def _read(source: IO[bytes], replies: queue.SimpleQueue[bytes | None]) -> None:
    """Put each message into the queue; None when there will be no more."""
    try:
        while True:
            replies.put(wire.receive(source))
    except (EOFError, OSError, ValueError):
        replies.put(None)


def _wait(replies: queue.SimpleQueue[bytes | None], timeout: float | None) -> bytes | None:
    if timeout is None and os.name == "nt":  # an unlimited wait doesn't hear Ctrl-C there
        while True:
            with contextlib.suppress(queue.Empty):
                return replies.get(timeout=0.2)
    return replies.get(timeout=timeout)


class Isolated:
    """A worker as a place where objects of R live.

    Attributes
    ----------
    worker
        The process.
    timeout
        The seconds that one call may take, or None.
    """

    def __init__(self, worker: Worker, timeout: float | None) -> None:
        self.worker = worker
        self.timeout = timeout

    def call(self, function: str, *args: Any, decode: Callable[[Any], Any] | None = None) -> Reply:
        """Call one of rbridge's own R functions there; see :meth:`rbridge.session.Here.call`.

        Raises
        ------
        WorkerError
            The process died (R crashed, or ran out of memory).
        RTimeoutError
            It took too long, and was stopped.
        """
        return self.worker.call(self, function, args, decode)

    def drop(self, token: int) -> None:
        """Let go of an object, with the next call."""
        self.worker.dropped.append(token)


class _Pool:
    """The workers of this process; a fit is made in one that makes no other, and stays there."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._workers: list[Worker] = []
        self._changed = threading.Condition()

    def take(self) -> Worker:
        """Return a worker that is free, a new one if there may be more, or wait for one."""
        most = _most_workers()
        with self._changed:
            while True:
                self._workers = [
                    worker for worker in self._workers if worker.process.poll() is None and not worker.end
                ]
                free = [worker for worker in self._workers if not worker.leased]
                if not free and len(self._workers) < most:
                    free = [Worker()]
                    self._workers += free
                if free:
                    free[0].leased = True
                    return free[0]
                self._changed.wait()

    def give_back(self, worker: Worker) -> None:
        """Let others have the worker."""
        with self._changed:
            worker.leased = False
            self._changed.notify()

    def close(self) -> None:
        """End every worker, if this is the process that started them."""
        if self.owner == os.getpid():
            for worker in self._workers:
                worker.stop("the process that started it is ending")


_pool: _Pool | None = None
_pool_lock = threading.Lock()


def _workers() -> _Pool:
    global _pool
    with _pool_lock:
        if _pool is None or _pool.owner != os.getpid():
            _pool = _Pool()
            atexit.register(_pool.close)
        return _pool


def _most_workers() -> int:
    given = os.environ.get("RBRIDGE_WORKERS", "")
    if given and (not given.isascii() or not given.isdecimal() or int(given) < 1):
        raise ArgumentError(f"RBRIDGE_WORKERS must be a whole number from 1 on, not {given!r}")
    return int(given) if given else os.cpu_count() or 1


@contextlib.contextmanager
def lease(timeout: float | None) -> Iterator[Isolated]:
    """Have a worker to oneself."""
    pool = _workers()
    worker = pool.take()
    try:
        yield Isolated(worker, timeout)
    finally:
        pool.give_back(worker)


def wanted(isolated: Any, timeout: Any) -> tuple[bool, float | None]:
    """Check what was asked for; by default the environment variable ``RBRIDGE_ISOLATED`` decides."""
    if isolated is None:
        apart = os.environ.get("RBRIDGE_ISOLATED", "").strip().lower() not in ("", "0", "false", "no")
    else:
        apart = check_flag(isolated, "isolated")
    if timeout is None:
        return apart, None
    seconds = check_number(timeout, "timeout")
    if not seconds > 0:
        raise ArgumentError(f"timeout must be above 0 seconds, not {seconds:g}")
    if not apart:
        raise ArgumentError("timeout: only R in a process of its own can be stopped; add isolated=True")
    return apart, seconds
