"""Where the reference's answers come from: R live and asked anew where it fell short, any engine, or R as recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import pandas as pd

from ..answer import Answer
from ..best import best
from ..engines import Engine, NlmeEngine, NoAnswer, answer_of
from ..spec import Control, ModelSpec

Answers = dict[str, Answer | str]

EM_STEPS = 2000
"""Where nlme's EM algorithm isn't there by then, it is creeping along a boundary that it would never reach."""


class Source(Protocol):
    """Gives a reference's answers to one model, the cheapest first."""

    @property
    def name(self) -> str:
        """Its name, as reports show it."""

    def rounds(self, spec: ModelSpec, data: pd.DataFrame) -> Iterator[Answers]:
        """Yield what is known after each further effort: all answers so far, by name."""


@dataclass(frozen=True, slots=True)
class LiveR:
    """nlme, tightened and as it is called; where that leaves a question, by other ways to the same optimum too.

    Parameters
    ----------
    timeout : float
        Seconds that one fit may take.
    """

    timeout: float = 10.0
    name: str = "nlme"

    def rounds(self, spec: ModelSpec, data: pd.DataFrame) -> Iterator[Answers]:
        """Yield the answers of the usual controls, then of the others too."""
        found: Answers = {}
        spec = replace(spec, em_steps=EM_STEPS)
        for controls in (("tight", "default"), _others(spec)):
            for control in controls:
                engine = NlmeEngine(control, self.timeout)
                found[engine.name] = answer_of(engine, spec, data)
            yield found


@dataclass(frozen=True, slots=True)
class OneEngine:
    """An engine as the reference."""

    engine: Engine

    @property
    def name(self) -> str:
        """The engine's name."""
        return self.engine.name

    def rounds(self, spec: ModelSpec, data: pd.DataFrame) -> Iterator[Answers]:
        """Yield its only answer."""
        yield {self.name: answer_of(self.engine, spec, data)}


@dataclass(frozen=True, slots=True)
class Recorded:
    """Answers that were recorded with a case."""

    answers: Mapping[str, Answer | str]
    name: str = "recorded"

    def rounds(self, spec: ModelSpec, data: pd.DataFrame) -> Iterator[Answers]:
        """Yield them."""
        yield dict(self.answers)


def best_of(answers: Mapping[str, Answer | str]) -> Answer | str:
    """Return the best of a reference's answers: R's by how far each control got, else the first; or the first error."""
    controls = {name.removeprefix("nlme-").replace("nlme", "default"): name for name in answers}
    furthest = best({control: answers[name] for control, name in controls.items()})
    if furthest is not None:
        return answers[controls[furthest]]
    given = [answer for answer in answers.values() if isinstance(answer, Answer)]
    return given[0] if given else next(iter(answers.values()), NoAnswer("no answer is recorded"))


def _others(spec: ModelSpec) -> tuple[Control, ...]:
    """Return the controls that help where the usual ones fall short, as far as the model has them."""
    within = {"correlation", "weights"} & set(spec.options)
    converged: tuple[Control, ...] = () if within else ("converged",)
    return (*converged, "symm") if spec.has_unstructured else converged
