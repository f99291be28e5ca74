"""The process that R runs in under ``isolated=True``; started by :mod:`rbridge.workers`, never by hand."""

from __future__ import annotations

import faulthandler
import itertools
import os
import queue
import signal
import threading
from typing import IO, Any

from rbridge import session, wire
from rbridge.handles import Handle


class _Objects:
    """The R objects that the other process holds handles on, by number."""

    def __init__(self) -> None:
        self._held: dict[int, Handle] = {}
        self._numbers = itertools.count(1)

    def number_of(self, handle: Handle) -> int:
        number = next(self._numbers)
        self._held[number] = handle
        return number

    def handle_of(self, number: int) -> Handle:
        return self._held[number]

    def drop(self, numbers: list[int]) -> None:
        for number in numbers:
            self._held.pop(number, None)


class _Interrupts:
    """Ctrl-C, sent on by the other process, counts only while R computes: never in the middle of a message."""

    def __init__(self) -> None:
        self.computing = False
        signal.signal(signal.SIGINT, self._arrived)

    def _arrived(self, number: int, frame: Any) -> None:
        if self.computing:
            self.computing = False
            raise KeyboardInterrupt


def main() -> None:
    """Answer calls until the other process is gone."""
    source, target = _private_pipes()
    faulthandler.enable()
    interrupts, objects = _Interrupts(), _Objects()
    wire.send(target, wire.dumps(session.available(), objects.number_of))
    requests = _requests(source)
    while True:
        function, args, decode, dropped = wire.loads(requests.get(), objects.handle_of)
        objects.drop(dropped)
        wire.send(target, _answer(interrupts, objects, function, args, decode))
        del args


def _answer(interrupts: _Interrupts, objects: _Objects, function: str, args: Any, decode: Any) -> bytes:
    """Return the message that holds the reply, or the exception."""
    try:
        interrupts.computing = True
        outcome: Any = session.HERE.call(function, *args, decode=decode)
    except BaseException as error:
        outcome = error.with_traceback(None)
    finally:
        interrupts.computing = False
    try:
        return wire.dumps(outcome, objects.number_of)
    except Exception:  # an exception that can't be pickled still says what it was
        return wire.dumps(RuntimeError(f"{type(outcome).__name__}: {outcome}"), objects.number_of)


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the pipes to ourselves: what R or a library prints must not get into the messages."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    return source, target


def _requests(source: IO[bytes]) -> queue.SimpleQueue[bytes]:
    """Read requests in a thread of its own, which ends this process when the other one is gone, R busy or not."""
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        try:
            while True:
                requests.put(wire.receive(source))
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=read, name="rbridge requests", daemon=True).start()
    return requests
