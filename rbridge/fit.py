"""The fit: immutable, and answering the contract's names by asking nlme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

import numpy as np
import pandas as pd

from rbridge import checks, decode, frames, session, tables
from rbridge.arguments import check_choice, shown
from rbridge.errors import ArgumentError
from rbridge.handles import Handle

LevelChoice = int | str | Sequence[int | str] | None
ResidualType = Literal["response", "pearson", "normalized"]
_RESIDUAL_TYPES = ("response", "pearson", "normalized")


@dataclass(frozen=True)
class Convergence:
    """How nlme's optimiser ended.

    Attributes
    ----------
    converged
        Whether nlme accepted the end of the optimiser without complaint.
    message
        ``"converged"``, or nlme's complaint.
    iterations
        Outer iterations, where the model has some (variance functions of the fitted values), else None.
    """

    converged: bool
    message: str
    iterations: int | None = None

    def __bool__(self) -> bool:
        return self.converged


@dataclass(frozen=True, slots=True)
class Overview:
    """The scalars of a fit, and ``rows``: the positions in the data that its answers are for, shape (n,)."""

    method: str
    sigma: float
    log_lik: float
    aic: float
    bic: float
    n_obs: int
    n_groups: dict[str, int]
    rows: np.ndarray
    iterations: int | None


# no slots in what users hold: with them, Python words a forbidden assignment badly
@dataclass(frozen=True, eq=False, repr=False)
class LmeFit:
    """A model fitted by ``nlme::lme``; made by :func:`rbridge.lme`.

    Attributes
    ----------
    warnings, messages
        What R warned of, and said, while fitting.
    convergence
        How the optimiser ended.
    """

    _handle: Handle
    _overview: Overview
    _index: pd.Index
    warnings: tuple[str, ...]
    messages: tuple[str, ...]
    convergence: Convergence

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return str(self._ask("rb_print_fit", decode=decode.scalar))

    @property
    def method(self) -> str:
        """``"REML"`` or ``"ML"``."""
        return self._overview.method

    @property
    def sigma(self) -> float:
        """The within-group standard deviation."""
        return self._overview.sigma

    @property
    def log_lik(self) -> float:
        """The log-likelihood, restricted under REML."""
        return self._overview.log_lik

    @property
    def aic(self) -> float:
        """Akaike's criterion, as nlme's summary gives it."""
        return self._overview.aic

    @property
    def bic(self) -> float:
        """Schwarz's criterion, as nlme's summary gives it (N - p observations under REML)."""
        return self._overview.bic

    @property
    def n_obs(self) -> int:
        """The number of observations used."""
        return self._overview.n_obs

    @property
    def n_groups(self) -> dict[str, int]:
        """The number of groups at each level, outermost first."""
        return dict(self._overview.n_groups)

    @property
    def r(self) -> Any:
        """The live R object, an ``rpy2.robjects`` list of class ``lme``.

        Columns whose names are no plain R names carry stand-in names in it.
        """
        fit: Any = session.live(self._ask("rb_live", decode=None))
        return fit

    def fixef(self) -> pd.Series:
        """Return the fixed effects, indexed by R's names."""
        return self._series("rb_fixef")

    def vcov(self) -> pd.DataFrame:
        """Return the covariance matrix of the fixed effects."""
        frame: pd.DataFrame = self._ask("rb_vcov", decode=decode.matrix)
        return frame

    def t_table(self) -> pd.DataFrame:
        """Return the summary's table: ``Value``, ``Std.Error``, ``DF``, ``t-value``, ``p-value``."""
        frame: pd.DataFrame = self._ask("rb_t_table", decode=_decode_t_table)
        return frame

    def var_corr(self) -> tables.VarCorr:
        """Return the variances, standard deviations and correlations of the random effects."""
        made: tables.VarCorr = self._ask("rb_var_corr", decode=tables.decode_var_corr)
        return made

    def get_var_cov(self, level: int | str | None = None) -> pd.DataFrame:
        """Return the covariance matrix of one level's random effects, by default the innermost's."""
        parts, name = self._levels_of("rb_var_cov", level)
        return parts[name]

    def corr_params(self) -> pd.Series:
        """Return the constrained parameters of the correlation structure; empty if there is none."""
        return self._series("rb_corr_params")

    def var_params(self) -> pd.Series:
        """Return the constrained parameters of the variance function; empty if there is none."""
        return self._series("rb_var_params")

    def ranef(self, level: int | str | None = None) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Return the BLUPs of the random effects, one row a group; a dict over levels if there are several."""
        return self._by_level("rb_ranef", level)

    def coef(self, level: int | str | None = None) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Return each group's coefficients, fixed plus random; a dict over levels if there are several."""
        return self._by_level("rb_coef", level)

    def fitted(self, level: LevelChoice = None) -> pd.Series | pd.DataFrame:
        """Return the fitted values, aligned with the data; level 0 is the population's. Several levels give a frame."""
        return self._by_depth("rb_fitted", level)

    def residuals(
        self, type: ResidualType = "response", level: LevelChoice = None
    ) -> pd.Series | pd.DataFrame:
        """Return the residuals: ``"response"``, ``"pearson"`` (standardized) or ``"normalized"``."""
        check_choice(type, "type", _RESIDUAL_TYPES)
        return self._by_depth("rb_residuals", level, type)

    def predict(
        self, newdata: pd.DataFrame | None = None, level: int | str | None = None
    ) -> pd.Series | pd.DataFrame:
        """Predict the response, for the data or for new rows.

        Parameters
        ----------
        newdata
            Rows with the model's covariates and, above level 0, its groups. A row with a missing value, or
            whose group the fit has not seen, is predicted as NaN.
        level
            0 for the population, the default for the innermost groups.

        Raises
        ------
        DataError
            A column is missing, or has a level that the fit has not seen.
        """
        if newdata is None:
            return self.fitted(level)
        depth = self._depth(level)
        rows = checks.check_frame(newdata, "newdata")
        originals, crossing, labels = self._ask("rb_predict_columns", depth, decode=_decode_names)
        checks.check_columns(rows, {"predict": originals}, "newdata")
        columns = checks.convert_columns(rows, originals, labels)
        checks.check_values(columns, na_action="exclude", argument="newdata")
        frame = frames.to_r(list(columns.values()), crossing, len(rows), self._handle.home)
        values = self._ask("rb_predict", frame, depth, decode=decode.floats)
        return pd.Series(values, index=rows.index)

    def intervals(self, level: float = 0.95, which: str = "all") -> tables.Intervals:
        """Return approximate confidence intervals.

        Parameters
        ----------
        level
            The confidence level, between 0 and 1.
        which
            ``"all"``, ``"var-cov"`` or ``"fixed"``.
        """
        if not isinstance(level, (float, np.floating)) or not 0 < level < 1:
            raise ArgumentError(f"level must be a number between 0 and 1, not {shown(level)}")
        check_choice(which, "which", ("all", "var-cov", "fixed"))
        made: tables.Intervals = self._ask(
            "rb_intervals", float(level), which, decode=tables.decode_intervals
        )
        return made

    def anova(
        self,
        *others: LmeFit,
        type: Literal["sequential", "marginal"] = "sequential",
        terms: Sequence[str] | Sequence[int] | str | int | None = None,
        L: Any = None,
    ) -> tables.Anova:
        """Test terms of this fit by F, or compare it with others by likelihood ratio.

        Parameters
        ----------
        *others
            Other fits of the same response; with them, ``type``, ``terms`` and ``L`` don't apply.
        type
            ``"sequential"`` or ``"marginal"``.
        terms
            Terms to test together, by label or by position from 1.
        L
            Linear combinations of the fixed effects to test together: a dict or Series by coefficient, an
            array, or a DataFrame with one row each.
        """
        handles = [_handle_of(other, position) for position, other in enumerate(others, start=1)]
        return tables.anova([self._handle, *handles], type, terms, L)

    def summary(self) -> tables.Summary:
        """Return the summary: its ``str()`` is R's ``print(summary(fit))``."""
        made: tables.Summary = self._ask("rb_summary", decode=tables.decode_summary)
        return made

    # --- asking R

    def _ask(self, function: str, *args: Any, decode: Any) -> Any:
        reply = self._handle.call(function, *args, decode=decode)
        reply.warn()
        return reply.value

    def _series(self, function: str) -> pd.Series:
        made: pd.Series = self._ask(function, decode=decode.series)
        return made

    def _depth(self, level: int | str | None) -> int:
        """Return a level as its number: 0 the population, Q the innermost (also the default)."""
        names = list(self._overview.n_groups)
        if level is None:
            return len(names)
        if isinstance(level, str) and level in names:
            return names.index(level) + 1
        if isinstance(level, (int, np.integer)) and not isinstance(level, bool) and 0 <= level <= len(names):
            return int(level)
        listed = ", ".join(repr(name) for name in names)
        raise ArgumentError(
            f"level must be a number from 0 to {len(names)}, or one of {listed}, not {shown(level)}"
        )

    def _levels_of(self, function: str, level: int | str | None) -> tuple[dict[str, pd.DataFrame], str]:
        """Ask for a table at every grouping level; return them with the name of the level that is meant."""
        names = list(self._overview.n_groups)
        depth = self._depth(level)
        if depth == 0:
            raise ArgumentError(f"level must be from 1 to {len(names)} here: level 0 has no groups")
        parts: dict[str, pd.DataFrame] = self._ask(function, decode=decode.matrices)
        return parts, names[depth - 1]

    def _by_level(self, function: str, level: int | str | None) -> pd.DataFrame | dict[str, pd.DataFrame]:
        parts, name = self._levels_of(function, level)
        return parts if level is None and len(parts) > 1 else parts[name]

    def _by_depth(self, function: str, level: LevelChoice, *args: Any) -> pd.Series | pd.DataFrame:
        """Ask for a value for each row at one level (a Series) or at several (a frame with a column each)."""
        if not _are_several(level):
            return self._at_depth(function, self._depth(level), *args)  # type: ignore[arg-type]
        if len(level) == 0:
            raise ArgumentError("level is empty: name at least one level; 0 is the population")
        if any(each is None for each in level):
            raise ArgumentError(
                "level: None can't be one of several levels; give its number or its group's name"
            )
        names = ["fixed", *self._overview.n_groups]
        depths = [self._depth(each) for each in level]
        return pd.concat([self._at_depth(function, k, *args).rename(names[k]) for k in depths], axis=1)

    def _at_depth(self, function: str, depth: int, *args: Any) -> pd.Series:
        return self._aligned(self._ask(function, depth, *args, decode=decode.floats))

    def _aligned(self, values: np.ndarray) -> pd.Series:
        """Put R's values in the data's own order, under the data's index."""
        rows = self._overview.rows
        order = np.argsort(rows, kind="stable")
        return pd.Series(values[order], index=self._index[rows[order]])


def _are_several(level: object) -> TypeGuard[Sequence[int | str]]:
    array = isinstance(level, np.ndarray) and level.ndim == 1
    return array or isinstance(level, list | tuple | range)


def _handle_of(other: Any, position: int) -> Handle:
    if not isinstance(other, LmeFit):
        name = other.__class__.__name__
        raise ArgumentError(f"anova compares fits of rbridge; argument {position} is a {name}")
    return other._handle


def _decode_t_table(value: Any) -> pd.DataFrame:
    return decode.whole_counts(decode.matrix(value))


def _decode_names(value: Any) -> tuple[list[str], list[str], list[str]]:
    parts = decode.items(value)
    return (
        decode.strings(parts["original"]),
        decode.strings(parts["crossing"]),
        decode.strings(parts["labels"]),
    )
