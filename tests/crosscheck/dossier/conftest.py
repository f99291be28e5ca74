"""Dossiers of small recorded models: a candidate that gives R's own answers, and one that doesn't."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosscheck.book import book
from crosscheck.dossier import Heading, gather, of_study, operation
from crosscheck.engines import RecordedEngine
from crosscheck.study import run_study

MODELS = ("ch01-fm1Rail.lme", "ch04-fm2Orth.lme")
HOSTILE = '<script>alert(1)</script> & "quotes" `ticks` | pipes * stars\x00\x1b[0m'


class Right:
    """R's own answers, and the exact one where the operational qualification asks for it."""

    name = "right"
    prints_r_pages = True

    def fit(self, spec, data):
        if spec.name == "Rail":
            import pyimpl

            return pyimpl.lme(data=data, **spec.arguments())
        answer = RecordedEngine("converged").fit(spec, data)
        return replace(answer, about=replace(answer.about, engine=self.name))


class Wrong(Right):
    """A sigma that is off on one model, an error on the other."""

    name = "wrong"

    def fit(self, spec, data):
        if spec.name == MODELS[1]:
            raise RuntimeError(f"did not converge {HOSTILE}")
        answer = super().fit(spec, data)
        if spec.name != MODELS[0]:
            return answer
        return replace(answer, scalars={**answer.scalars, "sigma": 1.001 * answer.sigma})


@pytest.fixture(scope="session", autouse=True)
def without_processes():
    """Leave out, but for their own test, the implementations that only another process survives: they take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operation, "_stray_engines", lambda: ())
        yield


def heading(*candidates, title="A report", **more):
    names = tuple(candidate.name for candidate in candidates)
    return Heading(title, "2026-11-23", names, command="crosscheck report --out here", **more)


def evidence_of(*candidates, models=MODELS, certificates=False):
    specs = [case.spec for name in models for case in book([name])]
    return of_study(run_study(specs, candidates, live=False, certificates=certificates))


@pytest.fixture(scope="session")
def passing():
    return gather(evidence_of(Right(), certificates=True), [Right()], heading(Right()))


@pytest.fixture(scope="session")
def failing():
    both = (Right(), Wrong())
    return gather(evidence_of(*both), both, heading(*both, title=f"Report {HOSTILE}", author=HOSTILE))
