"""The High School & Beyond ladder: the models of Raudenbush & Bryk's chapter 4.

References
----------
Raudenbush, S. W. and Bryk, A. S. (2002). *Hierarchical Linear Models*, 2nd ed. Sage. Chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .errors import UsageError
from .spec import Method, ModelSpec

METHODS: tuple[Method, ...] = ("REML", "ML")

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec("empty", "mathach ~ 1", "~ 1 | id", title="Empty model", note="R&B Table 4.2"),
    ModelSpec("means", "mathach ~ meanses", "~ 1 | id", title="Means as outcomes", note="R&B Table 4.3"),
    ModelSpec("slopes", "mathach ~ cses", "~ cses | id", title="Random coefficients", note="R&B Table 4.4"),
    ModelSpec(
        "outcomes",
        "mathach ~ meanses * cses + sector * cses",
        "~ cses | id",
        title="Intercepts and slopes as outcomes",
        note="R&B Table 4.5",
    ),
    ModelSpec(
        "fixed-slopes",
        "mathach ~ meanses * cses + sector * cses",
        "~ 1 | id",
        title="The same with slopes that don't vary",
        note="R&B chapter 4",
    ),
    ModelSpec(
        "factors",
        "mathach ~ sector * cses + minority",
        "~ cses | id",
        data="hsb-labelled",
        title="Sector and minority as factors",
    ),
)

EM_STEPS: dict[tuple[str, Method], int] = {
    ("outcomes", "REML"): 9_000,  # the slopes hardly vary once sector and meanses are in: EM creeps
    ("outcomes", "ML"): 25_000,
    ("slopes", "REML"): 1_000,
    ("slopes", "ML"): 1_000,
    ("factors", "REML"): 4_000,
    ("factors", "ML"): 4_000,
}
"""Steps that bring nlme's EM within 1e-8 of its limit (measured); 500 do for the rest."""


def ladder(names: Iterable[str] = (), methods: Iterable[Method] = METHODS) -> tuple[ModelSpec, ...]:
    """Return the models called `names` (all of them by default), each by each of `methods`."""
    known = {model.name: model for model in MODELS}
    chosen = tuple(names) or tuple(known)
    for name in chosen:
        if name not in known:
            raise UsageError(f"no model {name!r}; known: {', '.join(known)}")
    return tuple(
        replace(known[name], method=method, em_steps=EM_STEPS.get((name, method), 500))
        for name in known
        if name in chosen
        for method in methods
    )
