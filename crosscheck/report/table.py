"""The public table as Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..cause import Cause
from ..table import QUANTITIES, YARDSTICK, Column

_HEAD = """\
# Engines beside R

Made by `crosscheck table`, here over {n} models: {models}. Every engine
is held to R's best recorded answer, number by number; a difference has its cause by a third opinion
([engines.md](engines.md)), so that an engine isn't blamed where R stopped short, nor for a definition of its own that
it declares. `nlme` is R's `lme` as it is called; what it is held to is R made to go on until it converges.

| column | what |
| --- | --- |
| right | agrees, or R stopped short, or the value isn't identified, or another definition reproduces it |
| short | everything follows from its variances, which aren't at the optimum |
| wrong | a value that is neither the optimum's nor follows from the engine's own variances, or other names or numbers |
| can't | it has no such model, and says so |
| failed | it raised, hung, died or gave no fit |
| undecided | it differs, and the reference evaluator can't say who is right |
| digits | correct digits of the worst value, the median over models with a regular optimum that it fits |
| time | processor time of a fit beside nlme's, the geometric mean over the models that both fit |

"""
_TITLES = {"coefficient": "coef.", "std_error": "SE", "std_dev": "sd", "log_lik": "logLik", "ranef": "BLUPs"}
_SHORT = (Cause.ENGINE_STOPPED_SHORT,)
_FAILED = (Cause.RAISED, Cause.TIMED_OUT, Cause.DIED, Cause.NOT_A_FIT)
_OTHER = (Cause.CANNOT, Cause.UNDECIDED, Cause.BOTH_RAISED)


def table_page(columns: Sequence[Column], models: str) -> str:
    """Return the page: the table, then model by model what isn't right."""
    asked = [column for column in columns if not column.absent]
    n = len(asked[0].entries) if asked else 0
    yardstick = next((column for column in asked if column.engine == YARDSTICK), None)
    titles = ["engine", "right", "short", "wrong", "can't", "failed", "undecided"]
    titles += [f"digits: {_TITLES[quantity]}" for quantity in QUANTITIES] + ["time"]
    lines = [_HEAD.format(n=n, models=models) + _line(titles), _line(["---"] * len(titles))]
    lines += [_line(_cells(column, yardstick)) for column in asked]
    lines += [f"\n`{column.engine}` wasn't asked: {column.absent}." for column in columns if column.absent]
    return "\n".join([*lines, *_behind(asked, yardstick), *_details(asked)]) + "\n"


def _behind(columns: Sequence[Column], yardstick: Column | None) -> list[str]:
    """Return which engines are faster than the house's own, and what the times hold."""
    ours = next((column for column in columns if column.engine == "pyimpl"), None)
    if ours is None or yardstick is None:
        return []
    faster = [
        f"`{column.engine}`"
        for column in columns
        if column is not ours and column.time_beside(yardstick) < ours.time_beside(yardstick)
    ]
    where = (
        f"Where `pyimpl` is behind: {', '.join(faster)} take less time on these models. " if faster else ""
    )
    return [
        f"\n{where}These models are small: most of a fit's time goes into formulas and tables, not into numbers "
        "([performance.md](performance.md) has large ones). Packages other than nlme and `pyimpl` are handed columns, "
        "made by formulaic within the time that is measured."
    ]


def _cells(column: Column, yardstick: Column | None) -> list[str]:
    right = tuple(cause for cause in Cause if cause.passes)
    named = {*right, *_SHORT, *_FAILED, *_OTHER}
    wrong = tuple(cause for cause in Cause if cause not in named)
    groups = (right, _SHORT, wrong, (Cause.CANNOT, Cause.BOTH_RAISED), _FAILED, (Cause.UNDECIDED,))
    time = column.time_beside(yardstick) if yardstick is not None else math.nan
    digits = [_number(column.digits(quantity), ".1f") for quantity in QUANTITIES]
    counts = [str(column.count(*causes)) for causes in groups]
    return [f"`{column.engine}`", *counts, *digits, _number(time, ".2g")]


def _details(columns: Sequence[Column]) -> list[str]:
    lines = ["\n## What isn't right, model by model"]
    for column in columns:
        kept = [entry for entry in column.entries if entry.cause.fails]
        if not kept:
            lines.append(f"\n`{column.engine}`: nothing.")
            continue
        lines += [f"\n### {column.engine}\n", _line(["model", "verdict", "why"]), _line(["---"] * 3)]
        lines += [_line([entry.model, str(entry.cause), _cell(entry.reason)]) for entry in kept]
    return lines


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    short = text if len(text) <= 160 else text[:157] + "..."
    return short.replace("|", "\\|")


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)
