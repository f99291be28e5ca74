"""Random models, in R's notation, as Hypothesis strategies: the simplest first, since that is where shrinking leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from .layout import LEVELS

FIXED = (
    "1", "x", "f", "x + z", "x + f", "x * f", "w + x", "w * x", "f - 1", "x + I(x^2)", "x:f", "z", "x + z + f", "z * f",
    "f + log(v)", "x + near", "x + twice", "w + x + z + f",
)  # fmt: skip
"""Right-hand sides; ``near`` is almost and ``twice`` exactly a multiple of ``x``."""

TERMS = ("1", "x", "x - 1", "t", "w", "f - 1", "f", "x + z", "x + near")
"""Terms of random effects; below three levels all of them, else the first few."""

SQUARE = ("pdLogChol", "pdSymm", "pdNatural", "pdDiag", "pdIdent", "pdCompSymm")

BLOCKS = (
    ("1", "x - 1"), ("1", "f - 1"), ("x", "z - 1"), ("f - 1", "x - 1"), ("1", "x - 1", "z - 1"), ("x", "f - 1"),
)  # fmt: skip
"""Terms of the blocks of a ``pdBlocked``."""

CORRELATIONS = (
    "corAR1(form = ~ t{g})", "corCompSymm(form = ~ 1{g})", "corCAR1(form = ~ u{g})", "corExp(form = ~ u{g})",
    "corExp(form = ~ u{g}, nugget = TRUE)", "corGaus(form = ~ u{g})", "corRatio(form = ~ u{g})",
    "corLin(form = ~ u{g})", "corSpher(form = ~ u{g})", "corSpher(form = ~ u + z{g}, nugget = TRUE)",
    "corARMA(form = ~ t{g}, p = 1, q = 1)", "corARMA(form = ~ t{g}, p = 2)", "corARMA(form = ~ t{g}, q = 1)",
    "corSymm(form = ~ t{g})", "corNatural(form = ~ t{g})", "corAR1(0.4, form = ~ t{g}, fixed = TRUE)",
)  # fmt: skip
"""Correlation structures; ``{g}`` is empty or names the innermost groups."""

WEIGHTS = (
    "varFixed(~ v)", "varIdent(form = ~ 1 | f)", "varPower(form = ~ v)", "varExp(form = ~ v)",
    "varConstPower(form = ~ v)", "varConstProp(form = ~ v)", "varIdent(form = ~ 1 | f * s)", "varPower()",
    "varExp(form = ~ fitted(.))", "varComb(varIdent(form = ~ 1 | f), varPower(form = ~ v))",
    "varPower(form = ~ v, fixed = 0.5)", "varPower(form = ~ v | s)",
)  # fmt: skip
"""Variance functions."""


@st.composite
def random_effects(draw: st.DrawFn, depth: int) -> str | dict[str, str]:
    """Return the random effects of every level: one formula for all, or a structure for each."""
    groups = LEVELS[:depth]
    if draw(st.integers(0, 3)) == 0:
        return f"~ {draw(_terms(depth))} | {'/'.join(groups)}"
    return {group: draw(structures(depth)) for group in groups}


@st.composite
def structures(draw: st.DrawFn, depth: int) -> str:
    """Return one level's structure."""
    blocked = ("pdBlocked",) if depth < 3 else ()
    kind = draw(st.sampled_from(("formula", *SQUARE, *blocked)))
    if kind == "pdBlocked":
        return _blocked(draw)
    terms = draw(_terms(depth))
    if kind == "formula":
        return f"~ {terms}"
    return f"{kind}(~ {terms})"


def _terms(depth: int) -> st.SearchStrategy[str]:
    """Return terms; with more levels fewer of them, as three free matrices of three effects take R minutes."""
    return st.sampled_from(TERMS[: {1: 9, 2: 6, 3: 4}[depth]])


def _blocked(draw: st.DrawFn) -> str:
    blocks = draw(st.sampled_from(BLOCKS))
    kinds = [draw(st.sampled_from(("formula", "pdDiag", "pdIdent", "pdCompSymm", "pdSymm"))) for _ in blocks]
    parts = [
        f"~ {terms}" if kind == "formula" or terms == "1" else f"{kind}(~ {terms})"
        for kind, terms in zip(kinds, blocks, strict=True)
    ]
    return f"pdBlocked(list({', '.join(parts)}))"


@st.composite
def options(draw: st.DrawFn, depth: int, text: str, *, within: bool) -> Mapping[str, Any]:
    """Return further arguments of ``lme``: contrasts where `text` has the factor, and structures within groups."""
    chosen: dict[str, Any] = {}
    if "f" in text and draw(st.integers(0, 3)) == 3:
        chosen["contrasts"] = {"f": draw(st.sampled_from(("contr.sum", "contr.helmert", "contr.poly")))}
    if not within:
        return chosen
    asked = draw(st.sampled_from(("correlation", "weights", "both")))
    if asked != "weights":
        groups = draw(st.sampled_from(("", f" | {'/'.join(LEVELS[:depth])}")))
        chosen["correlation"] = draw(st.sampled_from(CORRELATIONS)).format(g=groups)
    if asked != "correlation":
        chosen["weights"] = draw(st.sampled_from(WEIGHTS))
    return chosen
