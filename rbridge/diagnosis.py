"""What an lme fit says about its data: autocorrelations, variograms, simulations, curves by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from rbridge import decode, tables
from rbridge.arguments import check_choice, check_whole
from rbridge.base import same_side
from rbridge.empirical import RESIDUAL_TYPES, variogram_options
from rbridge.errors import ArgumentError
from rbridge.levels import LevelChoice, OneLevel
from rbridge.pictured import Pictured
from rbridge.tables import ACF, AugPred, SimulatedTests, Variogram


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis(Pictured):
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
        kind = check_choice(res_type, "res_type", RESIDUAL_TYPES)
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
        options = variogram_options(res_type, max_dist, n_int, collapse, breaks, robust, metric)
        return self._semivariogram(form, options)

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
        return self._curves(primary, minimum, maximum, length_out, self._levels.depths(level))

    # --- on the way to R

    def _only_innermost(self, level: Any, what: str) -> None:
        if self._levels.depth(level) != len(self._levels):
            raise ArgumentError(
                f"level: nlme's {what} takes the innermost residuals only; pyimpl's takes any"
            )


def _check_seed(seed: Any) -> int | None:
    return None if seed is None else check_whole(seed, "seed", -(2**31) + 1)
