"""Messages between this process and a worker: pickles in which handles are numbers.

The two ends trust each other: a worker is started by this package and speaks through pipes that no one else holds.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable
from typing import IO, Any

from rbridge.handles import Handle

_LENGTH = struct.Struct(">Q")


def dumps(value: Any, number_of: Callable[[Handle], int]) -> bytes:
    """Pickle a message; ``number_of`` names the handles in it."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: Any) -> int | None:
            return number_of(obj) if isinstance(obj, Handle) else None

    buffer = io.BytesIO()
    Pickler(buffer, protocol=5).dump(value)
    return buffer.getvalue()


def loads(data: bytes, handle_of: Callable[[int], Handle]) -> Any:
    """Unpickle a message; ``handle_of`` finds or makes the handles in it."""

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, pid: int) -> Handle:
            return handle_of(pid)

    return Unpickler(io.BytesIO(data)).load()


def send(stream: IO[bytes], data: bytes) -> None:
    """Write one message."""
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """Read one message.

    Raises
    ------
    EOFError
        The other end is gone.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
