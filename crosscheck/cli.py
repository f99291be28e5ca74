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
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from .engines import Engine, NlmeEngine, engine, why_not
from .errors import CrosscheckError
from .ladder import MODELS, ladder
from .report import Block, hsb_report, plain, study_to_dict
from .report.published import unexplained
from .study import Study, run_study

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
        return _hsb(options)
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
    try:
        _write(study, options)
    except BrokenPipeError:
        raise
    except OSError as error:  # e.g. no space left: a report cut short is no verdict
        _drop_output()
        raise CrosscheckError(f"the report can't be written: {error.strerror or error}") from error
    return AGREE if _passes(study) else DISAGREE


def _write(study: Study, options: argparse.Namespace) -> None:
    if options.json:
        json.dump(study_to_dict(study, verbose=options.verbose), sys.stdout, indent=1, allow_nan=False)
        print()
    else:
        _show(hsb_report(study, brief=options.brief, verbose=options.verbose), options.plain)
    sys.stdout.flush()


def _passes(study: Study) -> bool:
    return study.agree and not unexplained(study)


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
    hsb = commands.add_parser(
        "hsb",
        help="R's nlme against the native lme on High School & Beyond",
        description="Fit Raudenbush & Bryk's High School & Beyond models on R's nlme and on a candidate, compare "
        "every quantity, and end with one line of verdict. Exit status: 0 agree, 1 disagree, 2 usage.",
    )
    source = hsb.add_mutually_exclusive_group()
    source.add_argument("--live", action="store_true", help="insist on fitting with R now")
    source.add_argument("--recorded", action="store_true", help="use R's recorded answers even if R is there")
    names = ", ".join(model.name for model in MODELS)
    hsb.add_argument(
        "--model", action="append", default=[], metavar="NAME", help=f"only this model ({names})"
    )
    hsb.add_argument("--method", action="append", choices=["REML", "ML"], help="only this method")
    hsb.add_argument(
        "--engine", action="append", metavar="NAME", help="candidate held against R (default: pyimpl)"
    )
    form = hsb.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="complete numbers for machines")
    form.add_argument("--plain", action="store_true", help="plain text, without colour or boxes")
    hsb.add_argument("--brief", action="store_true", help="leave out the tables of models that agree")
    hsb.add_argument("--verbose", action="store_true", help="every BLUP, every covariance, every reason")
    return parser


def _version() -> str:
    try:
        return version("lmebridge")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
