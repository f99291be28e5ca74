"""The other end of :mod:`crosscheck.engines.isolated`: a process that holds one engine and answers for it."""

from __future__ import annotations

import os
import sys
import time
from multiprocessing.connection import Connection

from .base import answer_of


def main(descriptor: int) -> None:
    """Answer one question after another until the line is closed."""
    line: Connection = Connection(descriptor)
    os.dup2(2, 1)  # what an engine prints is no answer
    engine = line.recv()
    while True:
        try:
            spec, data = line.recv()
        except EOFError:
            return
        start = time.process_time()
        answer = answer_of(engine, spec, data)
        line.send((answer, time.process_time() - start))


if __name__ == "__main__":
    main(int(sys.argv[1]))
