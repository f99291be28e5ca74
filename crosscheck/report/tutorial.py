"""The tutorial's printed page of 2010 beside what R and the candidates print today."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from ..answer import Answer
from ..published import TUTORIAL_MODEL, TUTORIAL_PAGES
from ..study import Study
from .blocks import Block, Cell, Lines

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")


def tutorial_blocks(study: Study) -> list[Block]:
    """Return the tutorial's pages, each line marked by who prints it today."""
    for check in study.checks:
        if check.spec.name == TUTORIAL_MODEL and check.spec.method == "REML" and check.reference is not None:
            answers = {"R": check.reference} | {c.engine: c.answer for c in check.candidates if c.answer}
            return [_page(name, answers) for name in TUTORIAL_PAGES]
    return []


def numbers_on(page: str) -> list[float]:
    """Return the numbers on a page, in order."""
    return [float(text) for text in _NUMBER.findall(page)]


def _page(name: str, answers: Mapping[str, Answer]) -> Block:
    printed = TUTORIAL_PAGES[name]
    pages = {engine: answer.pages.get(name, "") for engine, answer in answers.items()}
    same = all(numbers_on(page) == numbers_on(printed) for page in pages.values())
    every = " and ".join(pages)
    lines = list(_lines(printed, pages))
    if same:
        text = (
            f"Every number printed in 2010 is what {every} print today; marked lines differ in layout only."
        )
    else:
        text = f"The numbers that {every} print today are not all those of 2010."
    last = Cell(text, "good" if same else "bad")
    call = {"summary": "summary(model1)", "var_corr": "VarCorr(model1)"}[name]
    title = f"The tutorial's page (2010) beside today's: {call}"
    return Lines((*lines, Cell(""), last), title, page=True)


def _lines(printed: str, pages: Mapping[str, str]) -> Iterator[Cell]:
    """Yield each line once where all print it, and one line each where they don't."""
    margin = max(len(name) for name in ("2010", *pages)) + 2
    grouped: dict[str, list[str]] = {}
    for engine, page in pages.items():
        grouped.setdefault("\n".join(_stripped(page)), []).append(engine)
    today = {", ".join(engines): page.split("\n") for page, engines in grouped.items()}
    margin = max(margin, *(len(names) + 2 for names in today))
    if len(today) == 1:
        ((names, lines),) = today.items()
        yield from _merged(_stripped(printed), lines, names, margin)
        return
    for names, lines in {"2010": _stripped(printed), **today}.items():
        yield from (Cell(f"{names:<{margin}}{line}") for line in lines)
        yield Cell("")


def _merged(then: list[str], now: list[str], names: str, margin: int) -> Iterator[Cell]:
    for kind, a, b, c, d in SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (Cell(" " * margin + line) for line in then[a:b])
        else:
            yield from (Cell(f"{'2010':<{margin}}{line}", "dim") for line in then[a:b])
            yield from (Cell(f"{names:<{margin}}{line}", "warn") for line in now[c:d])


def _stripped(page: str) -> list[str]:
    return [line.rstrip() for line in page.strip("\n").split("\n")]
