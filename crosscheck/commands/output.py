"""How a subcommand writes its report: to a terminal, to a file, to a reader who leaves early, to a full disk."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from ..errors import CrosscheckError
from ..report import Block, plain

MAX_WIDTH = 120


@contextmanager
def output() -> Iterator[None]:
    """Write a report; one that can't be written is an error, unless its reader has left.

    Raises
    ------
    BrokenPipeError
        The reader has left.
    CrosscheckError
        Anything else, e.g. no space left: a report cut short is no verdict.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise CrosscheckError(f"the report can't be written: {error.strerror or error}") from error


def dump(plain: dict[str, Any]) -> None:
    """Print JSON that any reader takes."""
    json.dump(plain, sys.stdout, indent=1, allow_nan=False)
    print()


def show(blocks: Iterable[Block], as_plain: bool) -> None:
    """Print a report's blocks as wide as the terminal, by rich where that is installed."""
    width = min(shutil.get_terminal_size((100, 24)).columns, MAX_WIDTH)
    if as_plain or find_spec("rich") is None:
        print(plain.render(blocks, width))
        return
    from ..report import richtext

    richtext.write(blocks, sys.stdout, width)


def progress(text: str) -> None:
    """Say on a terminal's last line what is being done; an empty text clears it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def drop_output() -> None:
    """Spare the reader Python's complaint, on its way out, about what is still to be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
