"""``crosscheck report``: the validation report, as HTML, Markdown, JSON and JUnit XML."""

from __future__ import annotations

import argparse
import datetime
import shlex
from collections.abc import Sequence
from pathlib import Path

from ..book import Case, book
from ..dossier import Dossier, Heading, Outcome, gather, prepare, require_extras, write
from ..errors import UsageError
from ..ladder import MODELS, ladder
from ..spec import ModelSpec
from ..study import run_study
from .options import Commands, candidates, source
from .output import output, progress
from .status import AGREE, DISAGREE

TITLE = "Agreement of mixed-model fits with R's nlme"


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the subcommand's parser, and return it."""
    parser = commands.add_parser(
        "report",
        help="a validation report: HTML for the auditor, Markdown, JSON, JUnit XML",
        description="Check the installation, the instruments (IQ, OQ) and the candidates' answers against R's (PQ); "
        "write report.html, report.md, report.json and report.xml into a folder. Exit status: 0 everything passes, "
        "1 something doesn't, 2 usage.",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the report goes")
    parser.add_argument(
        "--models",
        action="append",
        metavar="NAMES",
        help="hsb (default), book, or names with commas: a model of hsb (empty), or of the book, or a beginning (ch04)",
    )
    parser.add_argument("--engines", action="append", metavar="NAMES", help="candidates (default: pyimpl)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--live", action="store_true", help="insist on fitting with R now")
    where.add_argument("--recorded", action="store_true", help="use R's recorded answers even if R is there")
    parser.add_argument("--title", default=TITLE, help="of the report")
    parser.add_argument("--purpose", default="", help="the intended use, in your words")
    parser.add_argument("--author", default="", help="who prepares it")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="of the report (default: today)")
    return parser


def run(options: argparse.Namespace) -> int:
    """Fit, compare, check and write; return the exit status."""
    require_extras()
    date = _date(options.date)
    specs = chosen(_names(options.models) or ["hsb"])
    engines = candidates(_names(options.engines) or ["pyimpl"])
    live, why = source(options)
    prepare(options.out)
    study = run_study(specs, engines, live=live, why_recorded=why, progress=progress)
    progress("the report")
    heading = Heading(
        options.title,
        options.purpose,
        options.author,
        date,
        _command(options, live),
        "R's nlme::lme",
        tuple(engine.name for engine in engines),
        live,
        why,
    )
    dossier = gather(study, engines, heading)
    page, *_ = write(dossier, options.out)
    progress("")
    with output():
        print(_line(dossier))
        print(f"{page} and report.md, report.json, report.xml beside it")
    return AGREE if dossier.outcome.passes else DISAGREE


def chosen(names: Sequence[str]) -> tuple[ModelSpec, ...]:
    """Return the models that the command line names, each once.

    Raises
    ------
    UsageError
        A name is neither a study, a model of the ladder nor the beginning of one of the book's.
    """
    of_ladder = {model.name for model in MODELS}
    found: dict[str, ModelSpec] = {}
    for name in names:
        if name == "hsb" or name in of_ladder:
            specs = ladder([] if name == "hsb" else [name])
        else:
            specs = tuple(case.spec for case in _of_book(name))
        found |= {spec.key: spec for spec in specs}
    return tuple(found.values())


def _of_book(name: str) -> tuple[Case, ...]:
    try:
        return book([] if name == "book" else [name])
    except UsageError as error:
        known = ", ".join(model.name for model in MODELS)
        raise UsageError(f"no model {name!r}; known: hsb ({known}), book; {error}") from None


def _names(given: Sequence[str] | None) -> list[str]:
    """Return names that were given with commas, by several options, or both."""
    return [name.strip() for text in given or () for name in text.split(",") if name.strip()]


def _date(text: str | None) -> str:
    if text is None:
        return datetime.date.today().isoformat()
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"--date {text!r} is no date; write it as 2026-11-23") from None


def _command(options: argparse.Namespace, live: bool) -> str:
    """Return the command that repeats the report, with what was decided on the way written out."""
    words = ["crosscheck", "report", "--out", str(options.out)]
    for option in ("models", "engines"):
        if names := _names(getattr(options, option)):
            words += [f"--{option}", ",".join(names)]
    words.append("--live" if live else "--recorded")
    for option, default in (("title", TITLE), ("purpose", ""), ("author", ""), ("date", None)):
        if getattr(options, option) != default:
            words += [f"--{option}", getattr(options, option)]
    return shlex.join(words)


def _line(dossier: Dossier) -> str:
    parts = ", ".join(f"{part} {outcome}" for part, outcome in dossier.parts.items())
    word = {Outcome.PASS: "PASS", Outcome.DEVIATION: "PASS WITH DEVIATIONS"}.get(dossier.outcome, "FAIL")
    return f"{word}: {', '.join(dossier.heading.candidates)} against {dossier.heading.reference}: {parts}"
