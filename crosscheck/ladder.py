"""The High School & Beyond ladder: the models of Raudenbush & Bryk's chapter 4.

References
----------
Raudenbush, S. W. and Bryk, A. S. (2002). *Hierarchical Linear Models*, 2nd ed. Sage. Chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterable

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


def ladder(names: Iterable[str] = (), methods: Iterable[Method] = METHODS) -> tuple[ModelSpec, ...]:
    """Return the models called `names` (all of them by default), each by each of `methods`."""
    known = {model.name: model for model in MODELS}
    chosen = tuple(names) or tuple(known)
    for name in chosen:
        if name not in known:
            raise UsageError(f"no model {name!r}; known: {', '.join(known)}")
    return tuple(known[name].by(method) for name in known if name in chosen for method in methods)
