"""``crosscheck record``: R's answer to one's own model, kept in a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from .options import Commands
from .output import progress
from .own import add_data_and_model, data_of, factors_of, model_of
from .status import AGREE


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the subcommand's parser, and return it."""
    parser = commands.add_parser(
        "record",
        help="keep R's answers to your own model, for where R isn't",
        description="Fit your own model on R, as far as each control makes nlme go, and write its answers as JSON into "
        "a folder, with the versions of R and nlme and the fingerprint of the data. Then: crosscheck run --recorded "
        "FOLDER holds a candidate to it without R, and crosscheck drift FOLDER asks whether a newer R still agrees. "
        "Exit status: 0 recorded, 2 not.",
    )
    add_data_and_model(parser)
    parser.add_argument("--folder", required=True, type=Path, metavar="FOLDER", help="where the record goes")
    parser.add_argument("--anew", action="store_true", help="also where another model has that name")
    return parser


def run(options: argparse.Namespace) -> int:
    """Record; return the exit status."""
    from ..own import own_model, prepare
    from ..own.records import Source, record_own

    frame, factors = data_of(options), factors_of(options)
    spec = own_model(**model_of(options), data=str(frame.attrs["name"]))
    source = Source(options.data, options.delimiter, options.decimal, factors)
    progress(f"{spec.name}, {spec.method}: nlme")
    path = record_own(spec, prepare(frame, spec, factors), options.folder, source, anew=options.anew)
    progress("")
    print(path)
    return AGREE
