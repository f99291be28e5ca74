"""What an lme fit says about its data: autocorrelations, variograms, simulations, curves by group, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from rbridge import checks, decode, tables
from rbridge.arguments import check_choice, check_flag, check_number, check_text, check_whole, shown
from rbridge.base import Fit, same_side
from rbridge.errors import ArgumentError
from rbridge.levels import LevelChoice, OneLevel
from rbridge.naming import primary_covariate
from rbridge.pictures import Picture, decode_picture, picture_options
from rbridge.tables import ACF, AugPred, ComparePred, SimulatedTests, Variogram

_RESIDUAL_TYPES: Final = ("pearson", "response", "normalized")


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis(Fit):
    """The part of an lme fit's answers that looks at the model beside its data."""

    def acf(
        self,
        max_lag: int | None = None,
        res_type: str = "pearson",
        form: str | None = None,
        level: Any = None,
    ) -> ACF:
        """Return the empirical autocorrelation of the residuals within groups; ``str()`` is R's print of ``ACF(fit)``.

        Parameters
        ----------
        max_lag
            The largest lag; R's choice by default.
        res_type
            ``"pearson"``, ``"response"`` or ``"normalized"``.
        form, level
            As in pyimpl; nlme's ``ACF`` counts the rows of the innermost groups, so anything else is refused.
        """
        if form is not None:
            raise ArgumentError("form: nlme's ACF of an lme fit counts rows and takes no form; pyimpl's does")
        self._only_innermost(level, "ACF")
        lag = None if max_lag is None else check_whole(max_lag, "max_lag")
        kind = check_choice(res_type, "res_type", _RESIDUAL_TYPES)
        made: ACF = self._ask("rb_acf", lag, kind, decode=partial(tables.decode_table, ACF))
        return made

    def variogram(
        self,
        form: str | None = None,
        res_type: str = "pearson",
        level: OneLevel = None,
        *,
        max_dist: float | None = None,
        n_int: int = 20,
        collapse: str = "quantiles",
        breaks: Sequence[float] | None = None,
        robust: bool = False,
        metric: str = "euclidean",
    ) -> Variogram:
        """Return the semivariogram of the residuals within groups; ``str()`` is R's print of ``Variogram(fit)``.

        Parameters
        ----------
        form
            The coordinates: ``"~ time"``, ``"~ x + y"``; by default the order of a group's rows (or those of the
            fit's own spatial correlation).
        res_type
            ``"pearson"``, ``"response"`` or ``"normalized"``.
        level
            The innermost: nlme has no other.
        max_dist, n_int, collapse, breaks, robust, metric
            R's ``maxDist``, ``nint`` and so on.
        """
        self._only_innermost(level, "Variogram")
        options: dict[str, Any] = {
            "resType": check_choice(res_type, "res_type", _RESIDUAL_TYPES),
            "collapse": check_choice(collapse, "collapse", ("quantiles", "fixed", "none")),
            "metric": check_choice(metric, "metric", ("euclidean", "maximum", "manhattan")),
            "robust": check_flag(robust, "robust"),
        }
        if breaks is None:
            options["nint"] = check_whole(n_int, "n_int", 1)
        else:
            listed = isinstance(breaks, list | tuple | np.ndarray | pd.Series) and len(breaks) > 0
            if not listed:
                raise ArgumentError(f"breaks must be a list of numbers, not {shown(breaks)}")
            options["breaks"] = [check_number(value, "breaks") for value in breaks]
        if max_dist is not None:
            options["maxDist"] = check_number(max_dist, "max_dist")
        text = None if form is None else check_text(form, "form")
        wide = self._with_columns(self._columns_of({"form": text}))
        reply = wide.call("rb_variogram", text, options, decode=partial(tables.decode_table, Variogram))
        reply.warn()
        made: Variogram = reply.value
        return made

    def simulate(self, nsim: int = 1, seed: int | None = None, level: OneLevel = 0) -> pd.DataFrame:
        """Draw responses from the fitted model, random effects included, by R's own random numbers.

        nlme itself has no such function: means, covariances and weights are nlme's, their draws rbridge's.

        Parameters
        ----------
        nsim
            How many.
        seed
            For R's ``set.seed``; R's own state of randomness is left as it was.
        level
            At 0 all random effects are drawn; at a grouping level those of that level and of outer ones are held at
            their estimates.

        Returns
        -------
        DataFrame
            ``sim_1``, ``sim_2``, ... as columns, the rows of the model aligned with the data's index.
        """
        wanted, start, depth = check_whole(nsim, "nsim", 1), _check_seed(seed), self._levels.depth(level)
        values: np.ndarray = self._ask("rb_simulate", wanted, start, depth, decode=decode.floats)
        names = [f"sim_{k}" for k in range(1, wanted + 1)]
        return pd.DataFrame(values, index=self._complete_index(), columns=names)

    def simulate_lr(
        self,
        alternative: Any = None,
        nsim: int = 1000,
        seed: int | None = None,
        method: str | Sequence[str] = ("REML", "ML"),
    ) -> SimulatedTests:
        """Simulate responses under this fit and fit it, and an alternative, to each: R's ``simulate`` of an lme.

        Parameters
        ----------
        alternative
            A fit of a larger model.
        nsim
            How many responses.
        seed
            For R's ``set.seed``; R's own state of randomness is left as it was.
        method
            ``"REML"``, ``"ML"`` or both.
        """
        others = () if alternative is None else (alternative,)
        handles = [
            handle.moved_to(self._handle.home) for handle in same_side(others, Diagnosis, "simulate_lr")
        ]
        several = method if isinstance(method, list | tuple) and method else [method]
        kinds = [check_choice(each, "method", ("REML", "ML")) for each in several]
        made: SimulatedTests = self._ask(
            "rb_simulate_lr",
            handles[0] if handles else None,
            check_whole(nsim, "nsim", 1),
            _check_seed(seed),
            kinds,
            decode=tables.decode_simulated,
        )
        return made

    def aug_pred(
        self,
        primary: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        length_out: int = 51,
        level: LevelChoice = None,
    ) -> AugPred:
        """Return predictions on a grid of the primary covariate for each group, with the data: R's ``augPred``.

        Parameters
        ----------
        primary
            The covariate: ``"age"`` or ``"~ age"``; by default that of the data's own formula.
        minimum, maximum, length_out
            The grid; by default over the covariate's range.
        level
            One level or several.
        """
        text, grid = self._grid(primary, minimum, maximum, length_out)
        wide = self._with_columns(self._columns_of({"primary": text}))
        depths = self._levels.depths(level)
        reply = wide.call("rb_aug_pred", text, grid, depths, decode=partial(tables.decode_table, AugPred))
        reply.warn()
        made: AugPred = reply.value
        return made

    def compare_pred(
        self,
        other: Diagnosis,
        primary: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        length_out: int = 51,
        level: OneLevel = None,
        names: tuple[str, str] = ("fit1", "fit2"),
    ) -> ComparePred:
        """Return the curves by group of this fit and another, R's ``comparePred``; see :meth:`aug_pred`.

        ``names`` is what ``.type`` calls the two.
        """
        labels = list(names) if isinstance(names, list | tuple) else []
        if len(set(labels)) != 2 or not all(isinstance(name, str) for name in labels) or "original" in labels:
            raise ArgumentError(
                f"names must be two different texts, neither of them 'original', not {shown(names)}"
            )
        same_side((other,), Diagnosis, "compare_pred")
        text, grid = self._grid(primary, minimum, maximum, length_out)
        columns = self._columns_of({"primary": text})
        theirs = other._with_columns(columns).moved_to(self._handle.home)
        depth = self._levels.depth(level)
        decoder = partial(tables.decode_table, ComparePred)
        reply = self._with_columns(columns).call(
            "rb_compare_pred", theirs, text, grid, depth, labels, decode=decoder
        )
        reply.warn()
        made: ComparePred = reply.value
        return made

    def plot(self, form: str | None = None, *, id: float | str | None = None, **options: Any) -> Picture:
        """Return R's picture of the fit: by default standardized residuals against fitted values.

        Parameters
        ----------
        form
            What to draw: ``"resid(., type = 'p') ~ fitted(.) | Sex"``, ``"Subject ~ resid(.)"``.
        id
            Name the points whose residual is beyond the normal quantile of this level, such as 0.05.
        **options
            ``format`` (``"png"`` or ``"svg"``), ``width`` and ``height`` in inches, ``dpi``, ``grid``, ``abline``.
        """
        return self._picture("plot", form, id, options)

    def qqnorm(self, form: str | None = None, *, id: float | str | None = None, **options: Any) -> Picture:
        """Return R's normal plot: of ``"~ resid(., type = 'p')"`` or ``"~ ranef(.)"``; options as for :meth:`plot`."""
        return self._picture("qqnorm", form, id, options)

    def pairs(self, form: str | None = None, *, id: float | str | None = None, **options: Any) -> Picture:
        """Return R's scatter plots of ``"~ coef(.)"`` or ``"~ ranef(.)"``; options as for :meth:`plot`."""
        return self._picture("pairs", form, id, options)

    # --- on the way to R

    def _picture(self, kind: str, form: str | None, id: Any, options: dict[str, Any]) -> Picture:
        device, drawing = picture_options(options)
        texts = {"form": None if form is None else check_text(form, "form")}
        if isinstance(id, str):
            texts["id"] = check_text(id, "id")
        elif id is not None:
            drawing["id"] = check_number(id, "id")
        wide = self._with_columns(self._columns_of({f"plot {name}": text for name, text in texts.items()}))
        reply = wide.call("rb_picture", kind, texts, drawing, device, decode=decode_picture)
        reply.warn()
        made: Picture = reply.value
        return made

    def _only_innermost(self, level: Any, what: str) -> None:
        if self._levels.depth(level) != len(self._levels):
            raise ArgumentError(
                f"level: nlme's {what} takes the innermost residuals only; pyimpl's takes any"
            )

    def _grid(
        self, primary: Any, minimum: Any, maximum: Any, length_out: Any
    ) -> tuple[str, dict[str, float | int]]:
        """Return the primary covariate as a formula, and what is said of its grid."""
        if primary is None:
            primary = primary_covariate(self._origin.data)
        if primary is None:
            raise ArgumentError("primary is missing: name the covariate of the curves, such as 'age'")
        text = check_text(primary, "primary")
        if not text.lstrip().startswith("~"):
            text = f"~ {text}" if text not in self._origin.data.columns else f"~ `{text}`"
        grid: dict[str, float | int] = {"length.out": check_whole(length_out, "length_out", 1)}
        for name, value in (("minimum", minimum), ("maximum", maximum)):
            if value is not None:
                grid[name] = check_number(value, name)
        return text, grid

    def _carried_columns(self, asking: str) -> list[str]:
        """Return the names of the data's columns that R can hold, warning of the others."""
        carried, others = checks.split_columns(self._origin.data)
        if others:
            listed = ", ".join(repr(name) for name in others)
            tables.warn_of(f"{asking}: R can't hold {listed} exactly; left out")
        return carried


def _check_seed(seed: Any) -> int | None:
    return None if seed is None else check_whole(seed, "seed", -(2**31) + 1)
