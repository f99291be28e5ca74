"""The public table: every engine over the book and High School & Beyond, what it fits, how well, and how fast.

Each engine is asked in a process of its own and compared with R's recorded best answer, number by number; what differs
has its cause (:mod:`crosscheck.attribution`). Digits are those of the worst value of a quantity, over the models with a
regular optimum that the engine fits, as their median. Times are processor times of a fit after the process has warmed
up, relative to nlme's on the same model, as their geometric mean.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from . import data as data_sets
from .attribution import opinions
from .book import book
from .cause import Cause
from .compare import Comparison
from .confounded import confounded_level
from .engines import TIMEOUT, Engine, Isolated, answer_of
from .spec import ModelSpec
from .study import ModelCheck, run_study

QUANTITIES = ("coefficient", "std_error", "std_dev", "log_lik", "ranef")
"""What digits are shown of."""

WARM_UP = "ch01-fm1Rail.lme"
YARDSTICK = "nlme"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One engine on one model.

    Attributes
    ----------
    model : str
    cause : Cause
    reason : str
    digits : mapping
        Of the worst value of each quantity; empty where the optimum isn't regular, or there is no answer.
    seconds : float
        NaN where it gave no answer.
    """

    model: str
    cause: Cause
    reason: str
    digits: dict[str, float]
    seconds: float


@dataclass(frozen=True, slots=True)
class Column:
    """One engine over all models.

    Attributes
    ----------
    engine : str
    entries : tuple of Entry
        In the order of the models.
    absent : str
        Why it couldn't be asked at all; empty where it could.
    """

    engine: str
    entries: tuple[Entry, ...] = ()
    absent: str = ""

    def count(self, *causes: Cause) -> int:
        """Return on how many models the cause is one of these."""
        counts = Counter(entry.cause for entry in self.entries)
        return sum(counts[cause] for cause in causes)

    def digits(self, quantity: str) -> float:
        """Return the median of the digits of a quantity, NaN where there are none."""
        found = [entry.digits[quantity] for entry in self.entries if quantity in entry.digits]
        return median(found) if found else math.nan

    def time_beside(self, other: Column) -> float:
        """Return how many times as long as another engine it takes, NaN where they share no model."""
        pairs = [
            (mine.seconds, theirs.seconds)
            for mine, theirs in zip(self.entries, other.entries, strict=False)
            if mine.seconds > 0 and theirs.seconds > 0
        ]
        return math.exp(fmean(math.log(a / b) for a, b in pairs)) if pairs else math.nan


class _Apart(Isolated):
    """An engine in a process of its own, of which numbers are compared but no pages."""

    prints_r_pages = False


def table(
    specs: Sequence[ModelSpec],
    engines: Sequence[Engine],
    *,
    timeout: float = TIMEOUT,
    progress: Progress = lambda _: None,
) -> tuple[Column, ...]:
    """Fit every model on every engine and return a column each."""
    asked = [_Apart(engine, timeout) for engine in engines]
    absent = {engine.name: engine.why_not() for engine in asked}
    there = [engine for engine in asked if not absent[engine.name]]
    entries: dict[str, list[Entry]] = {engine.name: [] for engine in there}
    warm_up = book([WARM_UP])[0].spec
    for engine in there:
        answer_of(engine, warm_up, data_sets.load(warm_up.data))
    for spec in specs:
        for name, entry in _of_model(spec, there, progress).items():
            entries[name].append(entry)
    for engine in there:
        engine.close()
    return tuple(
        Column(engine.name, tuple(entries.get(engine.name, ())), absent[engine.name]) for engine in asked
    )


def _of_model(spec: ModelSpec, engines: Sequence[_Apart], progress: Progress) -> dict[str, Entry]:
    check = run_study([spec], engines, live=False, progress=progress, certificates=False).checks[0]
    seconds = {engine.name: engine.seconds for engine in engines}
    made = {}
    for checked, found in zip(check.candidates, opinions(check), strict=True):
        digits = _digits(check, checked.comparison)
        time = seconds[checked.engine] if checked.answer is not None else math.nan
        made[checked.engine] = Entry(f"{spec.name}, {spec.method}", found.cause, found.reason, digits, time)
    return made


def _digits(check: ModelCheck, comparison: Comparison | None) -> dict[str, float]:
    """Return the digits of the worst value of each quantity, none where the optimum isn't regular."""
    if comparison is None or comparison.singular or check.reference is None:
        return {}
    if confounded_level(check.reference) is not None:
        return {}
    of = {quantity: comparison.of(quantity) for quantity in QUANTITIES}
    return {quantity: min(row.digits for row in rows) for quantity, rows in of.items() if rows}
