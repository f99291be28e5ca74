"""The book: every ``lme`` call that comes with nlme, as models that the harness runs.

``fixtures/book/calls.json`` lists what nlme's own material calls: the scripts of Pinheiro & Bates (2000) and of
Snijders & Bosker (1999), the examples of the help pages, and nlme's tests. Many calls ask for the same model, which
is fitted once, under the name of the first: ``ch01-fm1Rail.lme``.

References
----------
Pinheiro, J. C. and Bates, D. M. (2000). *Mixed-Effects Models in S and S-PLUS*. Springer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from .data import fixtures
from .errors import UsageError
from .spec import CONTROLS, Control, ModelSpec


@dataclass(frozen=True, slots=True)
class Call:
    """One call of ``lme``, as it was found.

    Attributes
    ----------
    source : str
        Where: a chapter of the scripts (``ch01``, ``mlbook``), a help page (``?lme``) or a test.
    name : str
        What its result is assigned to there; empty where it isn't.
    asked : mapping
        The model: ``fixed``, ``random``, ``data``, ``method``, and what else is given.
    """

    source: str
    name: str
    asked: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.source} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class Case:
    """One model of the book and the calls that ask for it."""

    spec: ModelSpec
    calls: tuple[Call, ...]


@cache
def calls() -> tuple[Call, ...]:
    """Return every call that was found, in order."""
    found = json.loads((fixtures() / "book" / "calls.json").read_text(encoding="utf-8"))
    return tuple(Call(entry.pop("from"), entry.pop("name"), entry) for entry in found)


def book(only: Iterable[str] = ()) -> tuple[Case, ...]:
    """Return the models of the book.

    Parameters
    ----------
    only : iterable of str
        Names of models, such as ``"ch01-fm1Rail.lme"``, or their beginnings, such as ``"ch04"``; all by default.

    Raises
    ------
    UsageError
        No model's name begins so.
    """
    cases = _cases()
    wanted = [_named(beginning, cases) for beginning in only]
    return tuple(case for case in cases if not wanted or any(case.spec.name in names for names in wanted))


def _named(beginning: str, cases: Iterable[Case]) -> frozenset[str]:
    """Return the model of that name, or else those whose names begin so."""
    names = [case.spec.name for case in cases]
    found = {beginning} & set(names) or {name for name in names if name.startswith(beginning)}
    if not found:
        chapters = ", ".join(dict.fromkeys(name.split("-")[0] for name in names))
        raise UsageError(f"no model of the book begins with {beginning!r}; they begin with {chapters}")
    return frozenset(found)


@cache
def _cases() -> tuple[Case, ...]:
    """Return the distinct models, each with its calls, in the order of their first ones."""
    same: dict[str, list[Call]] = {}
    for call in calls():
        same.setdefault(json.dumps(call.asked, sort_keys=True), []).append(call)
    names: dict[str, int] = {}
    cases = []
    for group in same.values():
        name = _name(group[0])
        names[name] = names.get(name, 0) + 1
        if names[name] > 1:  # two models of one chapter under one name
            name += f".{names[name]}"
        cases.append(Case(_spec(name, group), tuple(group)))
    return tuple(cases)


def _name(call: Call) -> str:
    source = call.source.split(",")[0].replace("?", "help-").replace("tests/", "tests-").removesuffix(".R")
    return f"{source}-{call.name or 'unnamed'}"


def _spec(name: str, group: list[Call]) -> ModelSpec:
    asked = group[0].asked
    options: dict[str, Any] = {key: asked[key] for key in _OPTIONS if key in asked}
    if "fixed_sigma" in asked:
        options["control"] = {"sigma": asked["fixed_sigma"]}
    spec = ModelSpec(
        name,
        asked["fixed"],
        asked["random"],
        asked["method"],
        options,
        asked["data"],
        title=name,
        note=f"data {asked['data']}",
        study="book",
    )
    return replace(spec, controls=_controls(spec))


_OPTIONS = ("correlation", "weights", "contrasts", "subset", "na_action")


def _controls(spec: ModelSpec) -> tuple[Control, ...]:
    """How R is asked: its EM algorithm moves neither a correlation structure nor a variance function."""
    if spec.options.keys() & {"correlation", "weights"}:
        return ("default", "tight")
    return (*CONTROLS, "symm") if spec.has_unstructured else CONTROLS
