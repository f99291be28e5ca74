"""The command ``crosscheck``: one subcommand a study, exit status 0 (agree), 1 (disagree) or 2 (usage).

``crosscheck hsb`` is the project's main question: do the real nlme and the native lme give the same answers?
A report that can't be written is 2 as well; where its reader leaves early, as ``head`` does, it is SIGPIPE's 141.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from .book import book
from .engines import Engine, NlmeEngine, engine, why_not
from .errors import CrosscheckError
from .judge import judge
from .ladder import MODELS, ladder
from .report import Block, book_page, book_report, hsb_report, judged_to_dict, plain, study_to_dict
from .report.published import unexplained
from .study import run_study

AGREE, DISAGREE, USAGE = 0, 1, 2
READER_LEFT = 128 + 13
"""What a shell gives a program that SIGPIPE ended: no verdict was shown, so it is none of the three."""

MAX_WIDTH = 120


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help()
        return USAGE
    try:
        return _STUDIES[options.command](options)
    except CrosscheckError as error:
        print(f"crosscheck: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # `crosscheck hsb | head`: the reader has seen enough
        _drop_output()
        return READER_LEFT


def _hsb(options: argparse.Namespace) -> int:
    specs = ladder(options.model, options.method or ("REML", "ML"))
    candidates = _candidates(options.engine or ["pyimpl"])
    live, why = _source(options)
    study = run_study(specs, candidates, live=live, why_recorded=why, progress=_progress)
    _progress("")
    with _output():
        if options.json:
            _dump(study_to_dict(study, verbose=options.verbose))
        else:
            _show(hsb_report(study, brief=options.brief, verbose=options.verbose), options.plain)
    return AGREE if study.agree and not unexplained(study) else DISAGREE


def _book(options: argparse.Namespace) -> int:
    cases = book(options.only)
    candidates = _candidates(options.engine or ["pyimpl"])
    live, why = _source(options)
    judged = judge(cases, candidates, live=live, progress=_progress)
    _progress("")
    with _output():
        if options.json:
            _dump(judged_to_dict(judged, live=live, verbose=options.verbose))
        elif options.markdown:
            print(book_page(judged), end="")
        else:
            _show(book_report(judged, live=live, why_recorded=why, verbose=options.verbose), options.plain)
    return AGREE if judged and all(one.agree for one in judged) else DISAGREE


@contextmanager
def _output() -> Iterator[None]:
    """Write a report; one that can't be written is an error, unless its reader has left."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:  # e.g. no space left: a report cut short is no verdict
        _drop_output()
        raise CrosscheckError(f"the report can't be written: {error.strerror or error}") from error


def _dump(plain: dict[str, Any]) -> None:
    json.dump(plain, sys.stdout, indent=1, allow_nan=False)
    print()


def _candidates(names: Iterable[str]) -> list[Engine]:
    engines = [engine(name) for name in dict.fromkeys(names)]
    for candidate in engines:
        if reason := why_not(candidate):
            raise CrosscheckError(f"engine {candidate.name!r} can't run here: {reason}")
    return engines


def _source(options: argparse.Namespace) -> tuple[bool, str]:
    """Return whether R answers live, and if not why."""
    if options.recorded:
        return False, ""
    reason = NlmeEngine().why_not()
    if reason and options.live:
        raise CrosscheckError(f"--live asks for R, and it can't be reached: {reason}")
    return not reason, f"R can't be run here: {' '.join(reason.split())}" if reason else ""


def _show(blocks: Iterable[Block], as_plain: bool) -> None:
    width = min(shutil.get_terminal_size((100, 24)).columns, MAX_WIDTH)
    if as_plain or find_spec("rich") is None:
        print(plain.render(blocks, width))
        return
    from .report import richtext

    richtext.write(blocks, sys.stdout, width)


def _progress(text: str) -> None:
    """Say on a terminal's last line what is being done; an empty text clears it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _drop_output() -> None:
    """Spare the reader Python's complaint, on its way out, about what is still to be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="crosscheck",
        description="Fit one model on several engines, compare the answers, say who is right.",
    )
    parser.add_argument("--version", action="version", version=f"lmebridge {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_hsb(commands)
    _add_book(commands)
    return parser


def _add_hsb(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    hsb = commands.add_parser(
        "hsb",
        help="R's nlme against the native lme on High School & Beyond",
        description="Fit Raudenbush & Bryk's High School & Beyond models on R's nlme and on a candidate, compare "
        "every quantity, and end with one line of verdict. Exit status: 0 agree, 1 disagree, 2 usage.",
    )
    names = ", ".join(model.name for model in MODELS)
    hsb.add_argument(
        "--model", action="append", default=[], metavar="NAME", help=f"only this model ({names})"
    )
    hsb.add_argument("--method", action="append", choices=["REML", "ML"], help="only this method")
    _add_common(hsb)
    hsb.add_argument("--brief", action="store_true", help="leave out the tables of models that agree")


def _add_book(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
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
    form = _add_common(parser)
    form.add_argument("--markdown", action="store_true", help="the page of the documentation")


def _add_common(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """Add the options of every study; return the group of the report's forms."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--live", action="store_true", help="insist on fitting with R now")
    source.add_argument("--recorded", action="store_true", help="use R's recorded answers even if R is there")
    parser.add_argument(
        "--engine", action="append", metavar="NAME", help="candidate held against R (default: pyimpl)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="complete numbers for machines")
    form.add_argument("--plain", action="store_true", help="plain text, without colour or boxes")
    parser.add_argument("--verbose", action="store_true", help="every BLUP, every covariance, every reason")
    return form


def _version() -> str:
    try:
        return version("lmebridge")
    except PackageNotFoundError:
        return "(not installed)"


_STUDIES: dict[str, Callable[[argparse.Namespace], int]] = {"hsb": _hsb, "book": _book}


if __name__ == "__main__":
    sys.exit(main())
