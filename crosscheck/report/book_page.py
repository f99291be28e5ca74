"""The page of the documentation on the book, as Markdown: ``crosscheck book --markdown``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ..judge import Judged
from .book import (
    SHOWN,
    default_digits,
    fewest_digits,
    held_to,
    other_pages,
    pages_word,
    r_failed,
    tally,
)

MOST = 12
"""Digits are shown up to here: beyond, machines differ in their rounding."""


def book_page(judged: Sequence[Judged]) -> str:
    """Return the page; all but the last digit of agreement is the same on every machine."""
    return "\n".join(_lines(judged)) + "\n"


INTRODUCTION = f"""\
The calls are those of Pinheiro & Bates' scripts (*Mixed-Effects Models in S and S-PLUS*, 2000), of Snijders & Bosker's,
of the examples on nlme's help pages, and of nlme's own tests, with what `update()`, `lme(lmList)` and `simulate.lme()`
call in turn. `fixtures/book/extract_calls.R` finds them by running scripts and examples; those of nlme's tests, which
the packaged nlme doesn't carry, and those in comments of the scripts are written down there by hand. Calls that ask for
the same model are one row, under the name of the first. Where a call leaves `random` out, or takes it from a
groupedData or an lmList, it is spelled out here.

- *held to*: the fit of R that got furthest. *R* is nlme's EM algorithm run until it converges, *R tight* nlminb with
  its tolerances tightened. EM creeps where a variance is 0, stops elsewhere for `pdBlocked`, and leaves the parameters
  of correlation structures and variance functions alone.
- *digits*: the fewest digits in which any value of a kind agrees with it, {MOST} standing for {MOST} and more; a dash
  where there is none, or all are 0.
- *default*: the digits that the standard deviations of R's own default fit have.
- *pages*: `print(fit)`, `summary(fit)`, `VarCorr(fit)` and `anova(fit)`, character for character."""

ABOUT_PAGES = """\
No log-likelihood is below the highest that R reached by its default, tightened, EM or `pdSymm` fit by more than 1e-6
(where variances go by `fitted(.)`, than its tightened fit's; where nlme's criterion is another, it isn't compared), and
no page differs from R's in anything but numbers. Of a singular optimum R prints where it stopped, for instance
1.6e-06 for a standard deviation that is 0. With correlations or variance functions R's optimum ends in finite
differences, and so do the last digits of its pages; at R's own parameters, as the tests show on those whose variances
don't go by `fitted(.)`, `pyimpl`'s pages are R's, character for character. The tests hold the log-likelihood that
`pyimpl` reports to the definition, with the whole covariance written down, on every one of the models."""

_MARK = "<!-- Written by `crosscheck book --recorded --markdown`; tests/crosscheck/test_book.py holds it to that. -->"


def _lines(judged: Sequence[Judged]) -> Iterator[str]:
    yield from ("# The book: the `lme` calls that come with nlme", "", _MARK, "")
    yield from (f"**{tally(judged)}.**", "", INTRODUCTION, "")
    yield from _table(judged)
    yield from ("", "## Pages that aren't R's, and why", "", ABOUT_PAGES, "")
    yield from (f"- {line}" for line in other_pages(judged))
    yield from ("", "Some of R's own fits fail on these models:", "")
    yield from (f"- {line}" for line in r_failed(judged))


def _table(judged: Sequence[Judged]) -> Iterator[str]:
    titles = ["model", "asked", "data", "calls", "held to", *SHOWN.values(), "default", "pages"]
    yield "| " + " | ".join(titles) + " |"
    yield "| " + " | ".join("---" for _ in titles) + " |"
    for one in judged:
        yield "| " + " | ".join(_cells(one)) + " |"


def _cells(one: Judged) -> Iterator[str]:
    spec = one.case.spec
    yield spec.name
    yield _code(f"{spec.fixed}, random {_random(spec.random)}, {spec.method}{_options(spec.options)}")
    yield spec.data
    yield str(len(one.case.calls))
    yield held_to(one)
    for quantity in SHOWN:
        yield _digits(fewest_digits(one.comparison, quantity))
    yield _digits(default_digits(one))
    yield pages_word(one)


def _random(random: str | Mapping[str, str]) -> str:
    if isinstance(random, str):
        return random
    return "list(" + ", ".join(f"{group} = {structure}" for group, structure in random.items()) + ")"


def _options(options: Mapping[str, object]) -> str:
    """Return what else a model asks for; of contrasts their kind is enough."""
    texts = []
    for name, value in options.items():
        kinds = ", ".join(Counter(map(str, value.values()))) if isinstance(value, Mapping) else str(value)
        texts.append(f", {name} {kinds}")
    return "".join(texts)


def _digits(digits: float) -> str:
    return "-" if math.isnan(digits) else str(min(MOST, math.floor(digits)))


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"
