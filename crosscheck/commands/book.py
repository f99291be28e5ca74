"""``crosscheck book``: R's nlme against candidates on every ``lme`` call that comes with nlme."""

from __future__ import annotations

import argparse

from ..book import book
from ..judge import judge
from ..report import book_page, book_report, judged_to_dict
from .options import Commands, add_common, candidates, source
from .output import dump, output, progress, show
from .status import AGREE, DISAGREE


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the subcommand's parser, and return it."""
    parser = commands.add_parser(
        "book",
        help="the same on every lme call that comes with nlme: Pinheiro & Bates' book, help pages, tests",
        description="Fit every model that nlme's own scripts, help pages and tests call lme for on R's nlme and on a "
        "candidate, compare every quantity and page, and end with one line of verdict. Exit status: 0 agree, "
        "1 disagree, 2 usage.",
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="only models whose names begin so (ch04)"
    )
    form = add_common(parser)
    form.add_argument("--markdown", action="store_true", help="the page of the documentation")
    return parser


def run(options: argparse.Namespace) -> int:
    """Fit, judge and report; return the exit status."""
    cases = book(options.only)
    engines = candidates(options.engine or ["pyimpl"], options.timeout)
    live, why = source(options)
    judged = judge(cases, engines, live=live, progress=progress)
    progress("")
    with output():
        if options.json:
            dump(judged_to_dict(judged, live=live, verbose=options.verbose))
        elif options.markdown:
            print(book_page(judged), end="")
        else:
            show(book_report(judged, live=live, why_recorded=why, verbose=options.verbose), options.plain)
    return AGREE if judged and all(one.agree for one in judged) else DISAGREE
