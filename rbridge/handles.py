"""What the rest of rbridge holds of R: handles on its objects, its replies, and the place where they live."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from rbridge.errors import RWarning


class Home(Protocol):
    """A running R: the one in this process, or one in a worker process."""

    def call(self, function: str, *args: Any, decode: Callable[[Any], Any] | None = None) -> Reply:
        """Call one of rbridge's own R functions; see :meth:`rbridge.session.Here.call`."""

    def drop(self, token: Any) -> None:
        """Let go of the object that a handle's token stands for."""


class Handle:
    """A live R object, held for Python; pickled (see :mod:`rbridge.session`), it is R's own serialisation.

    Attributes
    ----------
    home
        The R that it lives in.
    token
        What that R knows it by: in this process rpy2's object, which only a thread that holds the lock may touch;
        in a worker process its number.
    """

    __slots__ = ("home", "token")

    def __init__(self, token: Any, home: Home) -> None:
        self.home = home
        self.token = token

    def call(self, function: str, *args: Any, decode: Callable[[Any], Any] | None = None) -> Reply:
        """Call an R function whose first argument is this object, where it lives."""
        return self.home.call(function, self, *args, decode=decode)

    def moved_to(self, home: Home) -> Handle:
        """Return a handle on the same object, or on a copy of it in another R."""
        return self if self.home is home else thaw(self.frozen(), home)

    def frozen(self) -> bytes:
        """Return R's serialisation of the object."""
        text: bytes = self.call("rb_freeze", decode=decode_bytes).value
        return text

    def __del__(self) -> None:
        self.home.drop(self.token)


def decode_bytes(value: Any) -> bytes:
    """Return an R raw vector as bytes."""
    return np.array(value).tobytes()


def thaw(frozen: bytes, home: Home) -> Handle:
    """Return a handle on the object that R has serialised, in the given R."""
    handle: Handle = home.call("rb_thaw", frozen).value
    return handle


@dataclass(frozen=True, slots=True)
class Reply:
    """What R answered: the decoded value, and the warnings and messages given on the way."""

    value: Any
    warnings: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()

    def warn(self) -> None:
        """Give each of R's warnings as an :class:`~rbridge.errors.RWarning`, at the line that called rbridge."""
        for text in self.warnings:
            warnings.warn(text, RWarning, stacklevel=_depth_of_caller())


def _depth_of_caller() -> int:
    """How many frames above the caller of this function the first one outside of rbridge is, from 1."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith("rbridge") and frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth
