"""``crosscheck report``: the validation report, as HTML, Markdown, JSON and JUnit XML."""

from __future__ import annotations

import argparse
import datetime
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..book import Case, book
from ..dossier import (
    Dossier,
    Evidence,
    Heading,
    Outcome,
    gather,
    of_run,
    of_study,
    prepare,
    require_extras,
    together,
    write,
)
from ..engines import TIMEOUT, Engine
from ..errors import UsageError
from ..ladder import MODELS, ladder
from ..run import run as run_model
from ..spec import ModelSpec
from ..study import run_study
from .options import Commands, add_timeout, candidates, source
from .output import output, progress
from .own import add_data_and_model, data_of, factors_of, model_of
from .status import AGREE, DISAGREE

TITLE = "Agreement of mixed-model fits with R's nlme"
_ABOUT: dict[str, Any] = {"timeout": TIMEOUT, "title": TITLE, "purpose": "", "author": "", "date": None}
_OWN: dict[str, Any] = {
    **dict.fromkeys(("data", "records", "delimiter", "factor", "fixed", "random"), None),
    **{"decimal": ".", "method": "REML", "name": "model", "na_action": "fail", "em_steps": 5000},
    **dict.fromkeys(("correlation", "weights", "subset"), None),
}
"""The options that are repeated where they aren't these."""


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
    add_timeout(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--live", action="store_true", help="insist on fitting with R now")
    where.add_argument("--recorded", action="store_true", help="use R's recorded answers even if R is there")
    parser.add_argument("--title", default=TITLE, help="of the report")
    parser.add_argument("--purpose", default="", help="the intended use, in your words")
    parser.add_argument("--author", default="", help="who prepares it")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="of the report (default: today)")
    add_data_and_model(parser, required=False)
    parser.add_argument(
        "--records",
        metavar="FOLDER",
        help="hold your own model to R's answer as crosscheck record left it there",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Fit, compare, check and write; return the exit status."""
    require_extras()
    date = _date(options.date)
    engines = candidates(_names(options.engines) or ["pyimpl"], options.timeout)
    evidence, why = _evidence(options, engines)
    progress("the report")
    heading = Heading(
        options.title,
        date,
        tuple(engine.name for engine in engines),
        live=evidence.live,
        why_recorded=why,
        purpose=options.purpose,
        author=options.author,
        command=_command(options, evidence.live),
    )
    dossier = gather(evidence, engines, heading)
    page, *_ = write(dossier, options.out)
    progress("")
    with output():
        print(_line(dossier))
        print(f"{page} and report.md, report.json, report.xml beside it")
    return AGREE if dossier.outcome.passes else DISAGREE


def _evidence(options: argparse.Namespace, engines: Sequence[Engine]) -> tuple[Evidence, str]:
    """Return what the options ask for, checked, and why R's recorded answers were read if they were."""
    names = _names(options.models) or ([] if options.data else ["hsb"])
    specs = chosen(names)
    own = _own_arguments(options) if options.data else None
    options.recorded = options.recorded or bool(options.records)
    live, why = source(options)
    prepare(options.out)
    parts = []
    if specs:
        study = run_study(specs, engines, live=live, why_recorded=why, progress=progress)
        progress("who is right")
        parts.append(of_study(study))
    if own is not None:
        records = Path(options.records) if options.records else None
        made = run_model(**own, engines=["nlme", *engines], records=records, progress=progress)
        parts.append(of_run(made, Path(options.data), records))
    return together(parts), why


def _own_arguments(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of :func:`crosscheck.run.run` that name one's own data and model.

    Raises
    ------
    UsageError
        The formulas are missing, or the data can't be read.
    """
    for option in ("fixed", "random"):
        if getattr(options, option) is None:
            raise UsageError(f"--data asks for --{option}, too")
    if options.recorded and not options.records:
        raise UsageError(
            "--recorded with --data asks for --records FOLDER, where crosscheck record left R's answer"
        )
    return {"data": data_of(options), "factors": factors_of(options), **model_of(options)}


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
    if options.data is None or not live:
        words.append("--live" if live else "--recorded")
    for option, default in (_OWN | _ABOUT).items():
        for value in [getattr(options, option)] if option != "factor" else options.factor:
            if value != default:
                words += [f"--{option.replace('_', '-')}", str(value)]
    return shlex.join(words)


def _line(dossier: Dossier) -> str:
    parts = ", ".join(f"{part} {outcome}" for part, outcome in dossier.parts.items())
    word = {Outcome.PASS: "PASS", Outcome.DEVIATION: "PASS WITH DEVIATIONS"}.get(dossier.outcome, "FAIL")
    return f"{word}: {', '.join(dossier.heading.candidates)} against {dossier.heading.reference}: {parts}"
