"""Random designs as a Hypothesis strategy: some rows, what stands in them, and a model for them.

What is drawn is small (which groups, how many rows, a seed for the noise, scales, a model), so that Hypothesis can
shrink it: to fewer groups and rows, whole numbers, ordinary scales and a plainer model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from ..spec import Method, ModelSpec
from .case import key_of
from .layout import MAX_ROWS, Cell, Floats, Layout, Noise, as_factor, factor_codes
from .models import FIXED, options, random_effects

Models = Literal["all", "plain", "within"]
MODELS: tuple[Models, ...] = ("all", "plain", "within")
"""Which models are drawn: with correlation structures and variance functions, without, or both."""

X, Z, F, V, U, S, ERROR, EFFECT = range(1, 9)  # which noise a column is made of


SEEDS = st.tuples(st.integers(0, 99), st.integers(0, 99))
"""Of the noise: below 100, since beyond that Hypothesis also tries numbers from whatever modules are loaded."""


SIZES = ((1, 3), (2, 5), (3, 6), (4, MAX_ROWS), (4, 5), (1, MAX_ROWS), (2, 6), (3, 4), (1, 1))
"""Fewest and most rows of an innermost group."""


@dataclass(frozen=True, slots=True)
class Design:
    """One random design.

    Attributes
    ----------
    spec : ModelSpec
    data : DataFrame
    features : tuple of str
        What it has, for counting what was tried.
    """

    spec: ModelSpec
    data: pd.DataFrame
    features: tuple[str, ...]

    @property
    def key(self) -> str:
        """A name that hangs on the model and the data alone."""
        return key_of(self.spec, self.data)


@dataclass(frozen=True, slots=True)
class Covariates:
    """How the columns that the response depends on are made.

    Attributes
    ----------
    x : {"noise", "place", "group", "binary"}
        Normal, the row's place in its group, constant in outermost groups, or 0 and 1.
    n_levels : int
        Of the factor.
    factor : {"text", "spare", "ordered"}
        Its kind: text, a categorical with a level that never occurs, or ordered.
    cycling : bool
        Whether the factor cycles through the rows of a group.
    decimals : int or None
        To how many digits all noise is rounded.
    """

    x: str
    n_levels: int
    factor: str
    cycling: bool
    decimals: int | None


@dataclass(frozen=True, slots=True)
class Units:
    """The unit and the origin of the covariate x and of the response."""

    x: float = 1.0
    x_origin: float = 0.0
    y: float = 1.0
    y_origin: float = 0.0


ORDINARY = Units()
WILD = (
    ORDINARY, ORDINARY, ORDINARY, ORDINARY, Units(1e3, 5.0, 1.0, -50.0), Units(x_origin=2000.0, y_origin=1e5),
    Units(x=1e-4, y=1e8), Units(x=1e6, y=1e-6),
)  # fmt: skip
"""Scales to draw from; half of them are ordinary."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the response is made with.

    Attributes
    ----------
    spreads : tuple of (float, float)
        For each level the standard deviations of an intercept and of a slope.
    alike : bool
        Whether slopes are multiples of intercepts.
    sigma : float
        The residual standard deviation; 0 is an exact fit.
    follow : float
        How much of a row's residual follows the row before.
    """

    spreads: tuple[tuple[float, float], ...]
    alike: bool
    sigma: float
    follow: float


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Return the rows: one to three levels of groups, of unequal sizes or not."""
    depth = draw(st.sampled_from((1, 1, 1, 1, 1, 2, 2, 2, 3)))
    widths = ((60,), (12, 5), (7, 4, 3))[depth - 1]
    path = st.tuples(*(st.integers(0, width - 1) for width in widths))
    groups = draw(st.sampled_from((2, 3, 4, 5, 5, 6, 7, 8, 10, 12, 1)))
    fewest, most = draw(st.sampled_from(SIZES))
    cells = st.builds(Cell, path, st.integers(fewest, most))
    drawn = draw(st.lists(cells, min_size=groups, max_size=groups + 3, unique_by=lambda cell: cell.path))
    return Layout(tuple(drawn), draw(st.booleans()))


def covariates() -> st.SearchStrategy[Covariates]:
    """Return how the covariates are made."""
    return st.builds(
        Covariates,
        x=st.sampled_from(("noise", "place", "noise", "group", "binary")),
        n_levels=st.sampled_from((2, 3, 4)),
        factor=st.sampled_from(("text", "spare", "ordered")),
        cycling=st.booleans(),
        decimals=st.sampled_from((0, None, 1, None)),
    )


def truths(depth: int) -> st.SearchStrategy[Truth]:
    """Return what the response is made with."""
    spread = st.tuples(st.sampled_from((1.0, 0.0, 0.3, 3.0)), st.sampled_from((0.0, 1.0, 0.3)))
    return st.builds(
        Truth,
        spreads=st.tuples(*[spread] * depth),
        alike=st.sampled_from((False, False, True)),
        sigma=st.sampled_from((1.0, 1.0, 1.0, 0.1, 1e-3, 1.0, 10.0)),
        follow=st.sampled_from((0.0, 0.0, 0.5, -0.5)),
    )


@st.composite
def designs(draw: st.DrawFn, models: Models = "all") -> Design:
    """Return a random design; `models` says whether it may or must have structures within groups."""
    layout = draw(layouts())
    truth, made = draw(truths(layout.depth)), draw(covariates())
    random = draw(random_effects(layout.depth))
    right = draw(st.sampled_from(FIXED))
    within = models == "within" or (models == "all" and draw(st.integers(0, 2)) == 2)
    asked = draw(options(layout.depth, right + str(random), within=within))
    method: Method = draw(st.sampled_from(("REML", "ML")))
    units = draw(st.sampled_from(WILD))
    noise = Noise(layout, draw(SEEDS), repeating=isinstance(random, str) and draw(st.booleans()))
    frame = frame_of(noise, made, truth, units)
    if draw(st.integers(0, 3)) == 3:
        frame = frame.sample(frac=1.0, random_state=layout.n_rows).reset_index(drop=True)
    spec = ModelSpec("fuzz", f"y ~ {right}", random, method, options=asked, data="fuzz")
    return Design(spec, frame, _features(spec, layout, units))


def frame_of(noise: Noise, made: Covariates, truth: Truth, units: Units) -> pd.DataFrame:
    """Return the data: the response y, covariates, a factor, and the groups a, b, c.

    Covariates are x, z, w (constant in outermost groups), near and twice (of x), t and u (times), v (positive),
    f and s (factors).
    """
    rounded = _rounding(made.decimals)
    places = noise.places()
    plain = {"noise": rounded(noise.rows(X)), "place": places, "group": rounded(noise.groups(0, X))}
    core = plain.get(made.x, np.asarray(noise.rows(X) > 0, dtype=float))
    x = units.x * (core + units.x_origin)
    z, error = rounded(noise.rows(Z)), noise.rows(ERROR)
    codes = factor_codes(noise.rows(F), places, made.n_levels, cycling=made.cycling)
    y = 1 + 0.5 * core + 0.3 * codes + _effects(noise, truth, core)
    y = y + truth.sigma * (error + truth.follow * np.where(places > 1, np.roll(error, 1), 0))
    columns = {
        "y": units.y * (rounded(y) + units.y_origin),
        "x": x,
        "z": z,
        "w": rounded(noise.groups(0, V)),
        "near": x * (1 + 1e-3 * z),
        "twice": 2 * x,
        "t": places,
        "u": np.round(places + 0.4 * np.tanh(noise.rows(U)), 2),
        "v": np.round(0.2 + np.abs(noise.rows(V)), 2),
        "f": as_factor(codes, made.n_levels, kind=made.factor),
        "s": as_factor(factor_codes(noise.rows(S), places, 2, cycling=False), 2, kind="text"),
    }
    return pd.DataFrame(columns | noise.labels())


def _effects(noise: Noise, truth: Truth, x: Floats) -> Floats:
    total = np.zeros(len(x))
    for level, (intercept, slope) in enumerate(truth.spreads):
        b0 = noise.groups(level, EFFECT)
        b1 = b0 if truth.alike else noise.groups(level, EFFECT + 1)
        total = total + intercept * b0 + slope * b1 * x
    return total


def _rounding(decimals: int | None) -> Callable[[Floats], Floats]:
    return (lambda values: values) if decimals is None else (lambda values: np.round(values, decimals))


def _features(spec: ModelSpec, layout: Layout, units: Units) -> tuple[str, ...]:
    """Return what a design has."""
    text = str(spec.random)
    kinds = [
        kind
        for kind in ("pdSymm", "pdNatural", "pdDiag", "pdIdent", "pdCompSymm", "pdBlocked")
        if kind in text
    ]
    sizes = layout.sizes
    shape = (
        "singletons"
        if set(sizes) == {1}
        else "some singletons"
        if 1 in sizes
        else "balanced"
        if len(set(sizes)) == 1
        else "unbalanced"
    )
    within = [
        f"{name.removesuffix('s')}: {value.partition('(')[0]}"
        for name, value in spec.options.items()
        if name in ("correlation", "weights")
    ]
    flags = {
        "wild scales": units != ORDINARY,
        "contrasts": "contrasts" in spec.options,
        "near-collinear": "near" in str(spec),
    }
    return (
        spec.method,
        f"{layout.depth} level{'s' if layout.depth > 1 else ''}",
        *(kinds or ["pdLogChol"]),
        shape,
        *within,
        *(name for name, there in flags.items() if there),
    )
