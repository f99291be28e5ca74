"""The hunt: Hypothesis draws designs until enough have been tried, and shrinks each failure to its smallest form.

Each design is a short run of Hypothesis with a seed of its own, so that none hangs on those before it. While a failure
is shrunk, only a design that fails *for the same cause* counts as failing, and from the time limit on nothing new does:
Hypothesis then soon ends with the smallest one found.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from .designs import Design, Models, designs
from .verdict import Outcome

Trial = Callable[[Design], Outcome]
Progress = Callable[[int, Counter[str]], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a hunt may take.

    Attributes
    ----------
    failures : int
        After so many failures the hunt ends.
    seconds : float
        After so many seconds no further design is tried.
    shrinking : float
        So many seconds a failure is shrunk at most.
    """

    failures: int = 10
    seconds: float = float("inf")
    shrinking: float = 60.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure.

    Attributes
    ----------
    found, smallest : Design
        As it was drawn, and the smallest that fails for the same cause.
    outcome : Outcome
        Of the smallest.
    """

    found: Design
    smallest: Design
    outcome: Outcome


@dataclass(slots=True)
class Hunt:
    """What a hunt found.

    Attributes
    ----------
    asked : int
        How many designs were to be tried.
    causes, features : Counter
        How many of those that were tried ended by each cause, and how many had each feature.
    unexplained : int
        How many of them failed.
    failures : list of Failure
        Their smallest forms.
    ended : str
        Why the hunt ended before its time, if it did.
    """

    asked: int
    causes: Counter[str] = field(default_factory=Counter)
    features: Counter[str] = field(default_factory=Counter)
    unexplained: int = 0
    failures: list[Failure] = field(default_factory=list)
    ended: str = ""

    @property
    def tried(self) -> int:
        """How many different designs were tried."""
        return self.causes.total()

    @property
    def passed(self) -> bool:
        """Whether as many designs as were asked for were tried, one at least, and all are explained."""
        return not self.unexplained and not self.failures and 0 < self.asked <= self.tried

    def count(self, design: Design, outcome: Outcome) -> None:
        """Count what came of one design."""
        self.causes[outcome.cause] += 1
        self.features.update(set(design.features))
        self.unexplained += not outcome.explained


class _UnexplainedError(Exception):
    """How Hypothesis is told of a failure."""


def hunt(
    trial: Trial,
    n: int,
    start: int,
    *,
    models: Models = "all",
    limits: Limits | None = None,
    progress: Progress = lambda done, causes: None,
) -> Hunt:
    """Try `n` random designs.

    Parameters
    ----------
    trial : callable
        Fits a design and says what came of it.
    n : int
        How many designs.
    start : int
        The seed: the same designs again, given the same version of Hypothesis.
    models : {"all", "plain", "within"}
        Which models are drawn; see :data:`~crosscheck.fuzz.designs.MODELS`.
    limits : Limits
    progress : callable
        Told after each design how many there were, by cause.
    """
    limits = limits or Limits()
    found = Hunt(n)
    known: dict[str, Outcome] = {}
    ends = time.monotonic() + limits.seconds
    for number in count():
        found.ended = _over(found, limits, ends)
        if found.ended or found.tried >= n:
            return found
        chase = _Chase(trial, known, limits.shrinking)
        try:
            _run(chase.body, start * _STRIDE + number, models)
        except _UnexplainedError:
            found.failures.append(chase.failure())
        except KeyboardInterrupt:
            found.ended = "interrupted"
            return found
        for design, outcome in chase.tried[: n - found.tried]:
            found.count(design, outcome)
            progress(found.tried, found.causes)
    raise AssertionError("counting doesn't end")


def _over(found: Hunt, limits: Limits, ends: float) -> str:
    """Return why a hunt ends before its time, "" while it doesn't."""
    if len(found.failures) >= limits.failures:
        return f"{limits.failures} failures are enough"
    return "out of time" if time.monotonic() >= ends else ""


_STRIDE = 1_000_003
"""Between the seeds of two hunts: more designs than any hunt tries."""


def _run(body: Callable[[Design], None], start: int, models: Models) -> None:
    """Have Hypothesis draw a design beside the simplest one, which always comes first, and shrink what fails."""
    quiet = settings(
        max_examples=2,
        database=None,  # nothing is written where the user happens to be
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        print_blob=False,
    )
    seed(start)(quiet(given(designs(models))(body)))()


class _Chase:
    """One run of Hypothesis: what is new is tried until a design fails; then only its like fail."""

    def __init__(self, trial: Trial, known: dict[str, Outcome], patience: float) -> None:
        self.trial, self.known, self.patience = trial, known, patience
        self.tried: list[tuple[Design, Outcome]] = []
        self.failing: list[tuple[Design, Outcome]] = []
        self.ends = math.inf

    def body(self, design: Design) -> None:
        """Try a design; raise if it is, or still is, a failure."""
        outcome = self._again(design) if self.failing else self._first(design)
        if outcome is None or outcome.explained:
            return
        if self.failing and outcome.cause != self.failing[0][1].cause:
            return
        self.failing.append((design, outcome))
        raise _UnexplainedError(outcome.cause)

    def _first(self, design: Design) -> Outcome | None:
        """Return what comes of a design, None if it is known from an earlier run."""
        if design.key in self.known:
            return None
        outcome = self.known[design.key] = self.trial(design)
        self.tried.append((design, outcome))
        self.ends = time.monotonic() + self.patience
        return outcome

    def _again(self, design: Design) -> Outcome | None:
        """Return what comes of a design while shrinking, None if it is new and there is no time left."""
        if design.key not in self.known and time.monotonic() < self.ends:
            self.known[design.key] = self.trial(design)
        return self.known.get(design.key)

    def failure(self) -> Failure:
        """Return what was found: Hypothesis ends with the smallest failure."""
        (found, _), (smallest, outcome) = self.failing[0], self.failing[-1]
        return Failure(found, smallest, outcome)
