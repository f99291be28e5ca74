"""``crosscheck fuzz``: random designs on a reference and on candidates, until every difference is explained."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines import Engine
from ..errors import CrosscheckError, UsageError
from .options import Commands, add_forms, candidates
from .output import dump, output, progress, show
from .status import AGREE, DISAGREE

if TYPE_CHECKING:
    from ..fuzz.designs import Design
    from ..fuzz.hunt import Failure
    from ..fuzz.verdict import Outcome

Told = Callable[[int, Counter[str]], None]


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the subcommand's parser, and return it."""
    parser = commands.add_parser(
        "fuzz",
        help="random designs on R's nlme and on a candidate: every difference explained, or shrunk to a small case",
        description="Fit random designs on a reference and on candidates, have every difference explained by the "
        "reference evaluator, and shrink what isn't to the smallest data that still show it, a file that `crosscheck "
        "replay` repeats. Exit status: 0 nothing unexplained, 1 something, or fewer designs than asked for, 2 usage.",
    )
    parser.add_argument(
        "--n", type=_positive, default=100, metavar="N", help="how many designs (default: 100)"
    )
    parser.add_argument(
        "--seed", type=_natural, default=0, help="the same seed draws the same designs (default: 0)"
    )
    parser.add_argument(
        "--engines", default="nlme,pyimpl", metavar="A,B", help="the reference, then candidates (nlme,pyimpl)"
    )
    parser.add_argument(
        "--models",
        choices=["all", "plain", "within"],
        default="all",
        help="without correlation structures and variance functions, all with them, or both (default)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("crosscheck-cases"),
        metavar="FOLDER",
        help="where failures are written",
    )
    parser.add_argument(
        "--time", type=_seconds, default=float("inf"), metavar="SECONDS", help="end after so long"
    )
    parser.add_argument(
        "--shrink",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="for shrinking a failure (default: 60)",
    )
    parser.add_argument(
        "--failures", type=_positive, default=10, metavar="N", help="end after so many failures (default: 10)"
    )
    add_forms(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Hunt, write what was found, and report; return the exit status."""
    if find_spec("hypothesis") is None:
        raise CrosscheckError("crosscheck fuzz draws designs by Hypothesis; pip install 'lmebridge[fuzz]'")
    from ..fuzz.hunt import Limits, hunt
    from ..fuzz.page import hunt_blocks, hunt_to_dict
    from ..fuzz.verdict import outcome_of

    names = [name for name in options.engines.split(",") if name]
    source, engines = _sides(names)

    def trial(design: Design) -> Outcome:
        return outcome_of(source, engines, design.spec, design.data)

    limits = Limits(options.failures, options.time, options.shrink)
    with _progress(options.n) as told:
        found = hunt(trial, options.n, options.seed, models=options.models, limits=limits, progress=told)
    written = [_write(failure, options.out, names, options.seed) for failure in found.failures]
    with output():
        if options.json:
            dump(hunt_to_dict(found, names, options.seed, written))
        else:
            show(hunt_blocks(found, names, options.seed, written), options.plain)
    return AGREE if found.passed else DISAGREE


def _sides(names: Sequence[str]) -> tuple[Any, tuple[Engine, ...]]:
    """Return the reference's source and the candidates."""
    from ..fuzz.sources import LiveR, OneEngine

    if len(names) < 2:
        raise UsageError("--engines names a reference and at least one candidate, e.g. nlme,pyimpl")
    reference, *others = candidates(names)
    return LiveR() if reference.name == "nlme" else OneEngine(reference), tuple(others)


def _write(failure: Failure, folder: Path, engines: Sequence[str], seed: int) -> Path:
    """Write a failure's smallest form; return where."""
    from ..fuzz.case import Case, write_case

    design, outcome = failure.smallest, failure.outcome
    case = Case(
        design.spec, design.data, outcome.cause, outcome.text, tuple(engines), seed, answers=outcome.answers
    )
    path = folder / f"{case.key}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_case(case, path)
    except OSError as error:
        raise CrosscheckError(f"--out {folder}: {error.strerror or error}") from error
    return path


@contextmanager
def _progress(n: int) -> Iterator[Told]:
    """Show how far the hunt is on a terminal's last line: a bar by rich where that is installed, else numbers."""
    if not sys.stderr.isatty() or find_spec("rich") is None:
        yield lambda done, causes: progress(f"{done:,} of {n:,} designs; {_in_short(causes)}")
        progress("")
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=n)
        yield lambda done, causes: bar.update(task, completed=done, description=_in_short(causes))


def _in_short(causes: Counter[str]) -> str:
    from ..fuzz.verdict import Result

    bad = sum(number for cause, number in causes.items() if not Result(cause).explained)
    return f"{bad:,} unexplained" if bad else "all explained"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} isn't a whole number from 1 on")
    return number


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} isn't a whole number from 0 on")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text} isn't a number of seconds above 0")
    return number
