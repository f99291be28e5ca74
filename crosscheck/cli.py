"""The command ``crosscheck``: exit status 0 (agree), 1 (disagree) or 2 (usage); its subcommands are in ``commands/``.

``crosscheck hsb`` is the project's main question: do the real nlme and the native lme give the same answers?
A report that can't be written is 2 as well; where its reader leaves early, as ``head`` does, it is SIGPIPE's 141.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from . import commands
from .commands.output import drop_output
from .commands.status import READER_LEFT, USAGE
from .errors import CrosscheckError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help()
        return USAGE
    try:
        status: int = options.run(options)
        return status
    except CrosscheckError as error:
        print(f"crosscheck: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # `crosscheck hsb | head`: the reader has seen enough
        drop_output()
        return READER_LEFT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="crosscheck",
        description="Fit one model on several engines, compare the answers, say who is right.",
    )
    parser.add_argument("--version", action="version", version=f"lmebridge {_version()}")
    commands.add_all(parser.add_subparsers(dest="command", metavar="COMMAND"))
    return parser


def _version() -> str:
    try:
        return version("lmebridge")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
