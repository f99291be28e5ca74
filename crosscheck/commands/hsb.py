"""``crosscheck hsb``: R's nlme against candidates on High School & Beyond, the project's main question."""

from __future__ import annotations

import argparse

from ..ladder import MODELS, ladder
from ..report import hsb_report, study_to_dict
from ..report.published import unexplained
from ..study import run_study
from .options import Commands, add_common, candidates, source
from .output import dump, output, progress, show
from .status import AGREE, DISAGREE


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the subcommand's parser, and return it."""
    parser = commands.add_parser(
        "hsb",
        help="R's nlme against the native lme on High School & Beyond",
        description="Fit Raudenbush & Bryk's High School & Beyond models on R's nlme and on a candidate, compare "
        "every quantity, and end with one line of verdict. Exit status: 0 agree, 1 disagree, 2 usage.",
    )
    names = ", ".join(model.name for model in MODELS)
    parser.add_argument(
        "--model", action="append", default=[], metavar="NAME", help=f"only this model ({names})"
    )
    parser.add_argument("--method", action="append", choices=["REML", "ML"], help="only this method")
    add_common(parser)
    parser.add_argument("--brief", action="store_true", help="leave out the tables of models that agree")
    return parser


def run(options: argparse.Namespace) -> int:
    """Fit, compare and report; return the exit status."""
    specs = ladder(options.model, options.method or ("REML", "ML"))
    engines = candidates(options.engine or ["pyimpl"], options.timeout)
    live, why = source(options)
    study = run_study(specs, engines, live=live, why_recorded=why, progress=progress)
    progress("")
    with output():
        if options.json:
            dump(study_to_dict(study, verbose=options.verbose))
        else:
            show(hsb_report(study, brief=options.brief, verbose=options.verbose), options.plain)
    return AGREE if study.agree and not unexplained(study) else DISAGREE
