"""The report of ``crosscheck book``: one row a model, then what isn't R's page and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..compare import Comparison
from ..judge import Judged
from ..study import ModelCheck
from . import labels, numbers
from .blocks import Block, Cell, Column, Lines, Table
from .models import model_blocks

SHOWN = {
    "log_lik": "logLik",
    "coefficient": "coef",
    "std_error": "SE",
    "std_dev": "sd",
    "corr": "cor",
    "corr_params": "corStruct",
    "var_params": "varFunc",
    "ranef": "BLUP",
    "fitted": "fitted",
}
"""The quantities that have a column of digits."""

NAME_WIDTH = 24
LEFT_OUT = frozenset({"fitted", "corr_params", "var_params"})
"""Those that a terminal has no room for."""

PAGE_NAMES = {"fit": "print", "summary": "summary", "var_corr": "VarCorr", "anova": "anova"}
LEGEND = (
    "held to: the fit of R that got furthest: R (its EM algorithm until it converges), R tight or R default.",
    "digits: LRE, the fewest digits of agreement with it among all values of a kind, at most 15; dflt: the fewest "
    "that the sds of R's own default fit have.",
    "agree: all values and pages, print(fit), summary(fit), VarCorr(fit) and anova(fit), these character for "
    "character; where the pages can't be, the reason stands beside it in a word, and in full below.",
)


def book_report(
    judged: Sequence[Judged], *, live: bool, why_recorded: str = "", verbose: bool = False
) -> Iterator[Block]:
    """Yield the blocks of the report; the tables of single models only where they disagree, or if `verbose`."""
    yield _head(judged, live, why_recorded)
    for one in judged:
        if verbose or not one.numbers_agree:
            alone = ModelCheck(one.check.spec, one.check.reference, (one.candidate,), one.check.own, None, ())
            yield from model_blocks(alone, every_row=verbose)
    yield models_table(judged)
    if others := tuple(other_pages(judged)):
        yield Lines(tuple(Cell(line) for line in others), "Pages that aren't R's, and why")
    yield Lines((verdict(judged, live),), page=True)


def models_table(judged: Sequence[Judged]) -> Table:
    """Return the table of all models: digits by quantity, pages, verdict."""
    columns = (
        Column("model", "left"),
        Column("held to", "left"),
        *(Column(title) for key, title in SHOWN.items() if key not in LEFT_OUT),
        Column("dflt"),
        Column("verdict", "left"),
    )
    return Table("The models", columns, tuple(_row(one) for one in judged))


def _row(one: Judged) -> tuple[Cell, ...]:
    found = [fewest_digits(one.comparison, key) for key in SHOWN if key not in LEFT_OUT]
    own = default_digits(one)
    return (
        Cell(labels.shortened(one.case.spec.name, NAME_WIDTH)),
        Cell(held_to(one)),
        *(Cell("-" if math.isnan(digits) else numbers.digits(digits)) for digits in found),
        Cell("-" if math.isnan(own) else numbers.digits(own), "dim"),
        _verdict(one),
    )


def _verdict(one: Judged) -> Cell:
    """Return whether a model agrees, and in a word why its pages don't where they needn't."""
    if not one.agree:
        return Cell("DISAGREE", "bad")
    return Cell("agree", "good") if one.same_pages else Cell(f"agree, {pages_word(one)}", "warn")


def held_to(one: Judged) -> str:
    """Return which of R's fits the model is held to."""
    return labels.engine(one.check.reference.about.engine) if one.check.reference else "no answer"


def fewest_digits(comparison: Comparison | None, quantity: str) -> float:
    """Return the fewest digits of agreement on a quantity, NaN where it has no value that is defined and not 0."""
    rows = comparison.of(quantity) if comparison is not None else ()
    counted = (row.digits for row in rows if row.verdict != "undefined" and "count" not in row.rule)
    return min(counted, default=math.nan)


def default_digits(one: Judged) -> float:
    """Return the digits of the standard deviations of R's default fit; NaN where R has none or is held to it."""
    defaults = [made for made in one.check.own if labels.engine(made.engine) == "R default"]
    return fewest_digits(defaults[0].comparison, "std_dev") if defaults else math.nan


def pages_word(one: Judged) -> str:
    """Return how a model's pages compare, in a word or two."""
    if one.comparison is None:
        return "none"
    if one.same_pages:
        return "identical"
    return one.reason.split(":")[0] if one.reason else "ANOTHER"


def other_pages(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield a line for each model whose pages aren't all R's."""
    for one in judged:
        if one.comparison is not None and not one.same_pages:
            pages = ", ".join(PAGE_NAMES[key] for key in one.other_pages)
            yield f"{one.case.spec.name} ({pages}): {one.reason or 'NOTHING EXPLAINS IT'}"


def verdict(judged: Sequence[Judged], live: bool) -> Cell:
    """Return the one line of verdict."""
    engines = ", ".join(dict.fromkeys(one.candidate.engine for one in judged))
    against = f"{engines} and R ({'live' if live else 'recorded'})"
    failed = [one for one in judged if not one.agree]
    if failed or not judged:
        return Cell(f"DISAGREE: {against}: {len(failed)} of {len(judged)} models", "bad")
    return Cell(f"AGREE: {against}: {tally(judged)}", "good")


def tally(judged: Sequence[Judged]) -> str:
    """Return the counts of models, calls, values and pages."""
    asked = sum(len(one.case.calls) for one in judged)
    values = sum(len(one.comparison.rows) for one in judged if one.comparison)
    text = f"{_count(len(judged), 'model')} ({_count(asked, 'call')}), {values:,} values; pages identical in "
    kinds = {
        "": [one for one in judged if one.is_regular and not one.definition and not _has_structure(one)],
        " with correlations or variance functions": [
            one for one in judged if one.is_regular and not one.definition and _has_structure(one)
        ],
        " without a regular optimum": [one for one in judged if not one.is_regular and not one.definition],
        " that nlme defines otherwise": [one for one in judged if one.definition],
    }
    return text + ", in ".join(
        f"{sum(one.same_pages for one in some)} of {len(some)}{what}" for what, some in kinds.items() if some
    )


def _has_structure(one: Judged) -> bool:
    return bool(one.case.spec.options.keys() & {"correlation", "weights"})


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _head(judged: Sequence[Judged], live: bool, why_recorded: str) -> Block:
    reference = next((one.check.reference for one in judged if one.check.reference), None)
    about = reference.about.provenance if reference else {}
    r = f"R {about.get('R', '?')}, nlme {about.get('nlme', '?')}, {about.get('os', '?')}"
    lines = [Cell(f"R: live, {r}") if live else Cell(f"R: RECORDED, not run now; the answers of {r}", "warn")]
    lines += [Cell(why_recorded, "warn")] if why_recorded else []
    lines += [Cell(line, "dim") for line in r_failed(judged)]
    lines += [Cell(line, "dim") for line in LEGEND]
    return Lines(
        tuple(lines),
        "crosscheck book: does a native lme give R's answers on the calls that come with nlme?",
    )


def r_failed(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield a line for each of R's fits that ended in an error."""
    for one in judged:
        for made in one.check.own:
            if made.error:
                why = made.error.removeprefix("RecordedFailureError: ").removeprefix("RError: ")
                yield f"{one.case.spec.name}: {labels.engine(made.engine)} stopped with an error: {why}"
