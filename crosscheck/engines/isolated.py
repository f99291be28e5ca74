"""An engine in a process of its own, so that one that hangs or kills its process takes nobody along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import weakref
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pickle import PicklingError
from typing import Any

import pandas as pd

from ..answer import Answer
from ..errors import UsageError
from ..spec import ModelSpec
from .base import Engine, cannot, why_not
from .outcome import NoAnswer

TIMEOUT = 300.0
"""Seconds that a fit may take by default, the start of the process included."""


class Isolated:
    """Another engine, asked in a process that lives as long as it behaves.

    Parameters
    ----------
    engine : Engine
        It crosses to the process by pickle: its class stands in a module that can be imported.
    timeout : float
        Seconds a fit may take; then the process is killed, and the next fit begins another.

    Attributes
    ----------
    seconds : float
        The processor time of the last fit, without the start of the process; NaN where it gave no answer.
    """

    def __init__(self, engine: Engine, timeout: float = TIMEOUT) -> None:
        self.engine = engine
        self.timeout = timeout
        self.seconds = float("nan")
        self._process: _Process | None = None

    def __getattr__(self, name: str) -> Any:
        """Return what the engine declares: ``definitions``, ``lacks``, ``prints_r_pages``."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.engine, name)

    @property
    def name(self) -> str:
        """The engine's."""
        return self.engine.name

    def why_not(self) -> str:
        """Return why the engine can't run here."""
        return why_not(self.engine)

    def cannot(self, spec: ModelSpec) -> str:
        """Return what the engine has no model for."""
        return cannot(self.engine, spec)

    def provenance(self) -> dict[str, str]:
        """Return nothing: the answers carry the versions of the process that they come from."""
        return {}

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Answer | NoAnswer:
        """Return the engine's answer, or why there is none."""
        self.seconds = float("nan")
        if self._process is None:
            self._process = _Process.start(self.engine)
        reply = self._process.ask((spec, data), self.timeout)
        if isinstance(reply, NoAnswer):
            self.close()
            return reply
        answer, self.seconds = reply
        return answer  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the process; the next fit begins another."""
        if self._process is not None:
            self._process.end()
            self._process = None


class _Process:
    """A worker (:mod:`crosscheck.engines.worker`) and the line to it."""

    def __init__(self, popen: subprocess.Popen[bytes], line: Connection[Any, Any]) -> None:
        self.popen, self.line = popen, line
        self._guard = weakref.finalize(self, _end, popen, line)

    @classmethod
    def start(cls, engine: Engine) -> _Process:
        ours, theirs = Pipe()
        path = os.pathsep.join([os.getcwd(), *filter(None, sys.path)])
        popen = subprocess.Popen(
            [sys.executable, "-m", "crosscheck.engines.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # so that whatever it starts can be ended with it
        )
        theirs.close()
        made = cls(popen, ours)
        try:
            ours.send(engine)
        except (PicklingError, AttributeError, TypeError) as error:
            made.end()
            raise UsageError(
                f"engine {engine.name!r} can't be handed to a process of its own: {error}; "
                "define its class in a module"
            ) from error
        except OSError:  # it died at once, which the first question finds out
            pass
        return made

    def ask(self, question: Any, timeout: float) -> Any:
        """Return the reply, or what became of the process."""
        try:
            self.line.send(question)
            if not self.line.poll(timeout):
                return NoAnswer(f"no answer within {timeout:g} s", "timed out")
            return self.line.recv()
        except (EOFError, OSError):
            return NoAnswer(f"its process ended: {_how(self.popen)}", "died")

    def end(self) -> None:
        self._guard()


def _how(popen: subprocess.Popen[bytes]) -> str:
    try:
        status = popen.wait(5)
    except subprocess.TimeoutExpired:
        return "it closed its line"
    return f"by {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"


def _end(popen: subprocess.Popen[bytes], line: Connection[Any, Any]) -> None:
    line.close()
    if popen.poll() is None:
        os.killpg(popen.pid, signal.SIGKILL)
    popen.wait()
