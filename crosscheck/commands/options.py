"""The options that several subcommands share, and what they ask for: engines, and R live or as recorded."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..engines import TIMEOUT, Engine, NlmeEngine, engine, why_not
from ..errors import CrosscheckError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = argparse._SubParsersAction


def add_common(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """Add the options of every study; return the group of the report's forms."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--live", action="store_true", help="insist on fitting with R now")
    source.add_argument("--recorded", action="store_true", help="use R's recorded answers even if R is there")
    parser.add_argument(
        "--engine",
        action="append",
        metavar="NAME",
        help="candidate held against R (default: pyimpl), or module:Class",
    )
    add_timeout(parser)
    form = add_forms(parser)
    parser.add_argument("--verbose", action="store_true", help="every BLUP, every covariance, every reason")
    return form


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """Add what a fit may take."""
    parser.add_argument(
        "--timeout",
        type=float,
        default=TIMEOUT,
        metavar="SECONDS",
        help=f"what a fit of an engine that isn't lmebridge's own may take (default: {TIMEOUT:g})",
    )


def add_forms(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """Add the forms that every report comes in, of which one is chosen; return their group."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="complete numbers for machines")
    form.add_argument("--plain", action="store_true", help="plain text, without colour or boxes")
    return form


def candidates(names: Iterable[str], timeout: float = TIMEOUT) -> list[Engine]:
    """Return the engines called `names`, each once; those that aren't the house's own in processes of their own.

    Raises
    ------
    CrosscheckError
        One is unknown, or can't run here.
    """
    engines = [engine(name, timeout) for name in dict.fromkeys(names)]
    for candidate in engines:
        if reason := why_not(candidate):
            raise CrosscheckError(f"engine {candidate.name!r} can't run here: {reason}")
    return engines


def source(options: argparse.Namespace) -> tuple[bool, str]:
    """Return whether R answers live, and if not why.

    Raises
    ------
    CrosscheckError
        ``--live`` asks for R, which can't be reached.
    """
    if options.recorded:
        return False, ""
    reason = NlmeEngine().why_not()
    if reason and options.live:
        raise CrosscheckError(f"--live asks for R, and it can't be reached: {reason}")
    return not reason, f"R can't be run here: {' '.join(reason.split())}" if reason else ""
