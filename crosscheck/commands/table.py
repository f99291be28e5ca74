"""``crosscheck table``: every engine over the book and High School & Beyond."""

from __future__ import annotations

import argparse

from ..book import book
from ..engines import PEERS, TIMEOUT, engine
from ..ladder import ladder
from ..report.table import table_page
from ..table import YARDSTICK, table
from .options import Commands
from .output import output, progress
from .status import AGREE, DISAGREE


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the subcommand's parser, and return it."""
    parser = commands.add_parser(
        "table",
        help="every engine over the book and High School & Beyond: what it fits, how well, how fast",
        description="Fit High School & Beyond and the book on every engine that is installed, hold them to R's "
        "recorded answers, and print one table in Markdown. Exit status: 0 nothing fails, 1 something does, 2 usage.",
    )
    parser.add_argument(
        "--engine", action="append", metavar="NAME", help="only this engine (default: all), or module:Class"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="of the book only models that begin so"
    )
    parser.add_argument(
        "--timeout", type=float, default=TIMEOUT, metavar="SECONDS", help="what a fit may take"
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Fit, compare and print; return the exit status."""
    names = options.engine or [YARDSTICK, "pyimpl", *PEERS]
    of_book = [case.spec for case in book(options.only)]
    columns = table(
        [*ladder(), *of_book],
        [engine(name) for name in dict.fromkeys(names)],
        timeout=options.timeout,
        progress=progress,
    )
    progress("")
    models = f"High School & Beyond's {len(ladder())} and {len(of_book)} of the book"
    with output():
        print(table_page(columns, models), end="")
    fails = any(entry.cause.fails for column in columns for entry in column.entries)
    return DISAGREE if fails else AGREE
