"""``crosscheck run``: one's own model on one's own data."""

from __future__ import annotations

import argparse

from .options import Commands, add_forms, add_timeout
from .output import dump, output, progress, show
from .own import add_data_and_model, data_of, factors_of, model_of
from .status import AGREE, DISAGREE


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the subcommand's parser, and return it."""
    parser = commands.add_parser(
        "run",
        help="your own model on your own data: R's nlme against pyimpl, or any engines",
        description="Fit your own model on your own data by R's nlme and by a candidate, compare every quantity, say "
        "who is right where they differ, and end with one line of verdict. Exit status: 0 agree, 1 disagree, 2 usage.",
    )
    add_data_and_model(parser)
    parser.add_argument(
        "--engines",
        default="nlme,pyimpl",
        metavar="NAMES",
        help="the reference, then the candidates: names, or module:Class of your own (default: nlme,pyimpl)",
    )
    parser.add_argument(
        "--recorded",
        metavar="FOLDER",
        help="hold candidates to R's answer as crosscheck record left it there",
    )
    add_timeout(parser)
    add_forms(parser)
    parser.add_argument("--verbose", action="store_true", help="every BLUP and covariance")
    return parser


def run(options: argparse.Namespace) -> int:
    """Fit, compare and report; return the exit status."""
    from ..report.own import own_report, run_to_dict
    from ..run import run as run_model

    made = run_model(
        data=data_of(options),
        engines=[name.strip() for name in options.engines.split(",") if name.strip()],
        factors=factors_of(options),
        records=options.recorded,
        timeout=options.timeout,
        progress=progress,
        **model_of(options),
    )
    progress("")
    with output():
        if options.json:
            dump(run_to_dict(made, verbose=options.verbose))
        else:
            show(own_report(made, verbose=options.verbose), options.plain)
    return AGREE if made.agree else DISAGREE
