"""``crosscheck drift``: whether today's R still gives the recorded answers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from ..book import book
from ..errors import UsageError
from ..ladder import ladder
from ..spec import ModelSpec
from .options import Commands, add_forms
from .output import dump, output, progress, show
from .status import AGREE, DISAGREE


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the subcommand's parser, and return it."""
    parser = commands.add_parser(
        "drift",
        help="hold today's R to its recorded answers",
        description="Fit recorded models on R again and say what moved, by how many digits, and which versions "
        "changed. Without a folder: the project's own records of High School & Beyond. Exit status: 0 nothing moved, "
        "1 something did, 2 usage.",
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="of crosscheck record")
    parser.add_argument("--study", choices=["hsb", "book"], help="the project's own records")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="only this model")
    add_forms(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Fit again, compare and report; return the exit status."""
    from ..drift import drift
    from ..report.drift import drift_report, drift_to_dict

    drifts = [drift(*one, progress=progress) for one in _records(options)]
    progress("")
    with output():
        if options.json:
            dump(drift_to_dict(drifts))
        else:
            show(drift_report(drifts), options.plain)
    return AGREE if drifts and all(one.agree for one in drifts) else DISAGREE


def _records(options: argparse.Namespace) -> list[tuple[ModelSpec, pd.DataFrame, Path | None]]:
    """Return the models that are to be fitted again, with their data and where they are recorded."""
    from ..data import load
    from ..own.records import records_in

    if not options.folders:
        names = options.model
        specs = [case.spec for case in book(names)] if options.study == "book" else ladder(names)
        return [(spec, load(spec.data), None) for spec in specs]
    if options.study:
        raise UsageError("--study is of the project's own records; name folders, or a study")
    kept = [one for folder in options.folders for one in records_in(folder)]
    if unknown := set(options.model) - {one.spec.name for one in kept}:
        raise UsageError(
            f"no record {sorted(unknown)[0]!r}; known: {', '.join(one.spec.name for one in kept)}"
        )
    asked = [one for one in kept if not options.model or one.spec.name in options.model]
    with_file = [one for one in asked if one.source.file]
    for one in asked if with_file else ():
        if not one.source.file:
            print(f"crosscheck: left out: {one.why_no_data}", file=sys.stderr)
    return [(one.spec, one.data(), one.path.parent) for one in with_file or asked]
