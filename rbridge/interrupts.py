"""Ctrl-C while R computes.

Python sees a signal only between its own instructions, and R's computing is one of them. So what the main thread
asks of R is computed in another thread, while the main thread waits in a way that a signal ends; R is then told to
stop at its next check, and the signal's exception goes on its way once it has.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from typing import Any, Final

_STACK: Final = 64 * 2**20  # bytes; R recurses deeply, and is told of no limit


class _Task:
    """One call, and what became of it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._outcome: Any = None
        self._error: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        try:
            self._outcome = self._work()
        except BaseException as error:
            self._error = error
        finally:
            del self._work
            self.done.set()

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._outcome


class Listener:
    """Runs the main thread's calls so that it can be interrupted."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[_Task] | None = None
        self._pid = 0

    def run(self, work: Callable[[], Any], interrupt: Callable[[], bool]) -> Any:
        """Return ``work()``; where the wait ends in an exception, interrupt, and let ``work`` end first.

        ``interrupt`` says whether ``work`` has begun: otherwise there is nothing to wait for.
        """
        task = _Task(work)
        self._queue().put(task)
        try:
            _wait(task.done)
        except BaseException:
            while not task.done.is_set() and interrupt():
                try:
                    _wait(task.done)
                except BaseException:  # pressed again: R is told again
                    continue
            raise
        return task.result()

    def _queue(self) -> queue.SimpleQueue[_Task]:
        if self._tasks is None or self._pid != os.getpid():
            self._tasks, self._pid = queue.SimpleQueue(), os.getpid()
            before = threading.stack_size(_STACK)
            try:
                thread = threading.Thread(target=_serve, args=(self._tasks,), name="R", daemon=True)
                thread.start()
            finally:
                threading.stack_size(before)
        return self._tasks


def _serve(tasks: queue.SimpleQueue[_Task]) -> None:
    while True:
        tasks.get().run()


def _wait(done: threading.Event) -> None:
    # on Windows an unlimited wait doesn't hear Ctrl-C
    while not done.wait(0.2 if os.name == "nt" else None):
        pass
