"""An answer: everything that a fit says, as plain immutable data that can be compared and stored.

:meth:`Answer.of` reads any object that answers the contract's names (``fixef()``, ``t_table()``, ...). What
the object can't say, or raises on, is noted in :attr:`About.problems` and left out: the comparison then calls
it missing. Reading never crashes, so that a broken implementation gets a verdict instead of a traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from .grid import Grid

T = TypeVar("T")

SCALARS = ("sigma", "log_lik", "aic", "bic", "n_obs")
PAGES = ("fit", "summary", "var_corr", "anova")


@dataclass(frozen=True, slots=True)
class About:
    """Where an answer comes from and what was said on the way.

    Attributes
    ----------
    engine : str
    warnings : tuple of str
        What the fit wants its reader to know.
    convergence : str
        How the optimiser ended, in the engine's words.
    problems : mapping
        What couldn't be read off the fit, and why.
    provenance : mapping
        Versions of what computed it; recorded answers carry R's, nlme's, the OS's and the BLAS's.
    """

    engine: str = ""
    warnings: tuple[str, ...] = ()
    convergence: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Level:
    """One grouping level: its random effects' spread and their predictions.

    Attributes
    ----------
    group : str
        The grouping factor.
    n_groups : float
    std_dev : Grid or None, terms x ["std_dev"]
    corr, cov : Grid or None, terms x terms
        Correlations and covariances of the random effects.
    ranef : Grid or None, groups x terms
        The BLUPs.
    """

    group: str
    n_groups: float
    std_dev: Grid | None = None
    corr: Grid | None = None
    cov: Grid | None = None
    ranef: Grid | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that a fit says; what it doesn't say is None or absent.

    Attributes
    ----------
    method : str
        ``"REML"`` or ``"ML"``.
    scalars : mapping
        ``sigma``, ``log_lik``, ``aic``, ``bic``, ``n_obs``.
    levels : tuple of Level
        Outermost first.
    fixef : Grid or None, terms x ["Value"]
    t_table : Grid or None, terms x ["Value", "Std.Error", "DF", "t-value", "p-value"]
    vcov : Grid or None, terms x terms
    structure : mapping
        ``corr`` and ``var``: the parameters of the correlation structure and of the variance function.
    fitted : Grid or None, rows of the data x levels ("0" is the population, "Q" the innermost)
    pages : mapping
        ``fit``, ``summary``, ``var_corr`` and ``anova``: the printed pages.
    about : About
    """

    method: str
    scalars: Mapping[str, float] = field(default_factory=dict)
    levels: tuple[Level, ...] = ()
    fixef: Grid | None = None
    t_table: Grid | None = None
    vcov: Grid | None = None
    structure: Mapping[str, Grid] = field(default_factory=dict)
    fitted: Grid | None = None
    pages: Mapping[str, str] = field(default_factory=dict)
    about: About = field(default_factory=About)

    @classmethod
    def of(cls, fit: Any, *, engine: str = "", provenance: Mapping[str, str] | None = None) -> Answer:
        """Read a fit through the contract's names; an answer is returned as it is."""
        if isinstance(fit, Answer):
            return fit
        ask = _Reader(fit)
        levels = _read_levels(ask, fit)
        answered: dict[str, Any] = {
            "method": ask.for_("method", lambda: str(fit.method)) or "",
            "scalars": ask.each(SCALARS, lambda name: _read_scalar(fit, name)),
            "levels": levels,
            "fixef": ask.for_("fixef", lambda: Grid.of_series(fit.fixef(), "Value")),
            "t_table": ask.for_("t_table", lambda: Grid.of_frame(fit.t_table())),
            "vcov": ask.for_("vcov", lambda: Grid.of_frame(fit.vcov())),
            "structure": _read_structure(ask, fit),
            "fitted": ask.for_("fitted", lambda: _read_fitted(fit, len(levels))),
            "pages": ask.each(_pages_of(fit), lambda name: _read_page(fit, name)),
        }
        warnings = ask.for_("warnings", lambda: tuple(map(str, fit.warnings))) or ()
        convergence = ask.for_("convergence", lambda: str(fit.convergence)) or ""
        about = About(engine, warnings, convergence, dict(ask.problems), dict(provenance or {}))
        return cls(**answered, about=about)

    @property
    def sigma(self) -> float:
        """The residual standard deviation, NaN if the engine gave none."""
        return self.scalars.get("sigma", float("nan"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; the engine and its provenance are left to whoever stores it."""
        plain: dict[str, Any] = {
            "method": self.method,
            "warnings": list(self.about.warnings),
            "convergence": self.about.convergence,
            "scalars": dict(self.scalars),
            "fixef": _plain(self.fixef),
            "t_table": _plain(self.t_table),
            "vcov": _plain(self.vcov),
            "structure": {name: grid.to_dict() for name, grid in self.structure.items()},
            "levels": [_level_to_dict(level) for level in self.levels],
            "pages": {name: page.split("\n") for name, page in self.pages.items()},
            "fitted": _plain(self.fitted),
        }
        return plain

    @classmethod
    def of_dict(
        cls, plain: Mapping[str, Any], *, engine: str = "", provenance: Mapping[str, str] | None = None
    ) -> Answer:
        """Return the answer that :meth:`to_dict` stored."""
        about = About(engine, tuple(plain["warnings"]), plain["convergence"], {}, dict(provenance or {}))
        return cls(
            method=plain["method"],
            scalars={name: _number(value) for name, value in plain["scalars"].items()},
            levels=tuple(_level_of_dict(level) for level in plain["levels"]),
            fixef=_grid(plain["fixef"]),
            t_table=_grid(plain["t_table"]),
            vcov=_grid(plain["vcov"]),
            structure={name: Grid.of_dict(grid) for name, grid in plain["structure"].items()},
            fitted=_grid(plain["fitted"]),
            pages={name: "\n".join(lines) for name, lines in plain["pages"].items()},
            about=about,
        )


class _Reader:
    """Asks a fit one thing at a time; what can't be had is noted instead of raised."""

    def __init__(self, fit: Any) -> None:
        self.fit = fit
        self.problems: dict[str, str] = {}

    def for_(self, what: str, question: Callable[..., T], *arguments: Any) -> T | None:
        try:
            return question(*arguments)
        except Exception as error:  # whatever an unknown implementation raises is its verdict, not our crash
            self.problems[what] = f"{type(error).__name__}: {error}"
            return None

    def each(self, names: tuple[str, ...], question: Callable[[str], T]) -> dict[str, T]:
        answers = {name: self.for_(name, question, name) for name in names}
        return {name: answer for name, answer in answers.items() if answer is not None}


def _read_levels(ask: _Reader, fit: Any) -> tuple[Level, ...]:
    counts = ask.for_("n_groups", lambda: {str(g): float(n) for g, n in dict(fit.n_groups).items()}) or {}
    ranef = ask.for_("ranef", lambda: _by_group(fit.ranef(), tuple(counts))) or {}
    spread = ask.for_("var_corr", lambda: fit.var_corr())
    levels = []
    for number, (group, count) in enumerate(counts.items(), start=1):
        std_dev = ask.for_(f"std_dev[{group}]", _read_std_dev, spread, group)
        corr = None
        if std_dev is not None and len(std_dev.rows) > 1:
            corr = ask.for_(f"corr[{group}]", _read_corr, spread, group)
        cov = ask.for_(f"get_var_cov[{group}]", _read_cov, fit, number if len(counts) > 1 else None)
        levels.append(Level(group, count, std_dev, corr, cov, ranef.get(group)))
    return tuple(levels)


def _by_group(ranef: Any, groups: tuple[str, ...]) -> dict[str, Grid]:
    """Return the BLUPs by grouping factor; a single level's come as one frame."""
    frames = ranef if isinstance(ranef, Mapping) else {groups[0]: ranef}
    return {str(group): Grid.of_frame(frame) for group, frame in frames.items()}


def _read_std_dev(spread: Any, group: str) -> Grid:
    frame = spread.to_frame()
    rows = frame[frame["group"].astype(str) == group]
    if rows.empty:
        raise LookupError(f"var_corr().to_frame() has no row whose group is {group!r}")
    _check_variances(rows, group)
    return Grid(tuple(map(str, rows["term"])), ("std_dev",), rows["std_dev"].to_numpy(dtype=float))


def _read_scalar(fit: Any, name: str) -> float:
    return _read_sigma(fit) if name == "sigma" else float(getattr(fit, name))


def _pages_of(fit: Any) -> tuple[str, ...]:
    """Return the pages to ask for: that of the fit itself and of ``anova()`` only where it prints them."""
    own_text = "__str__" in {name for kind in type(fit).__mro__[:-1] for name in vars(kind)}
    printed = {"fit": own_text, "anova": hasattr(fit, "anova")}
    return tuple(name for name in PAGES if printed.get(name, True))


def _read_page(fit: Any, name: str) -> str:
    return str(fit) if name == "fit" else str(getattr(fit, name)())


def _check_variances(rows: pd.DataFrame, group: str) -> None:
    """Refuse a table of variances that aren't the squares of its standard deviations: only these are compared."""
    if "variance" not in rows:
        return
    variance, std_dev = rows["variance"].to_numpy(dtype=float), rows["std_dev"].to_numpy(dtype=float)
    if not np.allclose(variance, std_dev**2, rtol=1e-9, atol=0, equal_nan=True):
        raise ValueError(f"var_corr().to_frame(): in {group!r} variance isn't std_dev squared")


def _read_sigma(fit: Any) -> float:
    """Return sigma, refused where the Residual row of the variance components says another."""
    sigma = float(fit.sigma)
    try:
        frame = fit.var_corr().to_frame()
        rows = frame[frame["group"].astype(str) == "Residual"]
    except Exception:  # that has its own verdict, as the standard deviations that can't be read
        return sigma
    if not rows.empty:
        _check_variances(rows, "Residual")
        if not np.allclose(rows["std_dev"].to_numpy(dtype=float), sigma, rtol=1e-9, atol=0, equal_nan=True):
            raise ValueError(f"var_corr().to_frame(): the Residual row isn't sigma, {sigma!r}")
    return sigma


def _read_corr(spread: Any, group: str) -> Grid:
    corr = Grid.of_frame(spread.corr(group))
    if not np.allclose(corr.values, corr.values.T, rtol=0, atol=1e-12, equal_nan=True):
        raise ValueError(f"var_corr().corr({group!r}) isn't symmetric")
    return corr


def _read_cov(fit: Any, level: int | None) -> Grid:
    """Return the random effects' covariance; only a nested fit is asked for a level by number."""
    return Grid.of_frame(fit.get_var_cov() if level is None else fit.get_var_cov(level=level))


def _read_fitted(fit: Any, n_levels: int) -> Grid:
    return Grid.of_frame(pd.DataFrame({str(level): fit.fitted(level=level) for level in range(n_levels + 1)}))


def _read_structure(ask: _Reader, fit: Any) -> dict[str, Grid]:
    """Return the correlation's and the variance function's parameters; most fits have none."""
    found = {}
    for name, method in (("corr", "corr_params"), ("var", "var_params")):
        if hasattr(fit, method):
            grid = ask.for_(method, _read_parameters, getattr(fit, method))
            if grid is not None and grid.rows:
                found[name] = grid
    return found


def _read_parameters(method: Callable[[], Any]) -> Grid:
    return Grid.of_series(method(), "value")


def _plain(grid: Grid | None) -> dict[str, Any] | None:
    return None if grid is None else grid.to_dict()


def _grid(plain: Mapping[str, Any] | None) -> Grid | None:
    return None if plain is None else Grid.of_dict(plain)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _level_to_dict(level: Level) -> dict[str, Any]:
    grids = {name: _plain(getattr(level, name)) for name in ("std_dev", "corr", "cov", "ranef")}
    return {"group": level.group, "n_groups": level.n_groups, **grids}


def _level_of_dict(plain: Mapping[str, Any]) -> Level:
    grids = {name: _grid(plain[name]) for name in ("std_dev", "corr", "cov", "ranef")}
    return Level(plain["group"], _number(plain["n_groups"]), **grids)
