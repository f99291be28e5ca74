"""``crosscheck replay``: a case that a hunt wrote, fitted again."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..engines import NlmeEngine
from ..errors import CrosscheckError
from .options import Commands, add_forms, candidates
from .output import dump, output, show
from .status import AGREE, DISAGREE


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the subcommand's parser, and return it."""
    parser = commands.add_parser(
        "replay",
        help="fit a case that `crosscheck fuzz` wrote again, and say what comes of it now",
        description="Fit the model and data of a case file again and say what comes of it now. R is asked live where "
        "it is, else its answers are those in the file. Exit status: 0 explained, 1 not, 2 usage.",
    )
    parser.add_argument("case", type=Path, help="the file")
    parser.add_argument(
        "--engine", action="append", metavar="NAME", help="candidate (default: as in the file)"
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--live", action="store_true", help="insist on fitting with R now")
    source.add_argument(
        "--recorded", action="store_true", help="use R's answers in the file even if R is there"
    )
    add_forms(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Fit the case again and report; return the exit status."""
    from ..fuzz import LiveR, OneEngine, Recorded, Source, outcome_of, read_case
    from ..fuzz.replay import replay_blocks, replay_to_dict

    case = read_case(options.case)
    reference, *others = case.engines
    engines = tuple(candidates(options.engine or others))
    source: Source
    if reference != "nlme":
        source = OneEngine(candidates([reference])[0])
    elif options.recorded or (not options.live and NlmeEngine().why_not()):
        if not case.answers:
            raise CrosscheckError(f"case {options.case} holds no answers of R, and R can't be asked here")
        source = Recorded(case.answers)
    else:
        candidates(["nlme"])  # an error where R can't be reached
        source = LiveR()
    outcome = outcome_of(source, engines, case.spec, case.data)
    with output():
        if options.json:
            dump(replay_to_dict(case, outcome))
        else:
            show(replay_blocks(case, outcome), options.plain)
    return AGREE if outcome.explained else DISAGREE
