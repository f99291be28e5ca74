"""What every fit answers, whichever of R's functions made it; each answer is R's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from rbridge import checks, decode, frames, session, tables
from rbridge.errors import ArgumentError
from rbridge.handles import Handle
from rbridge.levels import Levels


@dataclass(frozen=True)
class Convergence:
    """How the optimiser ended.

    Attributes
    ----------
    converged
        Whether R accepted the end of the optimiser without complaint.
    message
        ``"converged"``, or R's complaint.
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
    """The scalars of a fit, and which rows of the data it stands on.

    Attributes
    ----------
    rows
        The positions in the data of the rows that its answers are for, shape (n,).
    complete
        Those of the rows it was fitted to: fewer under ``na_action="exclude"``.
    messages, singular
        What lme4 keeps with the fit about the optimiser's end, and whether it is singular (None in nlme).
    """

    method: str
    sigma: float
    log_lik: float
    aic: float
    bic: float
    n_obs: int
    n_groups: Mapping[str, int]
    rows: np.ndarray
    complete: np.ndarray
    iterations: int | None
    messages: tuple[str, ...] = ()
    singular: bool | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fit came from: what :meth:`Fit.update` needs.

    Attributes
    ----------
    function
        What made it, such as :func:`rbridge.lme`.
    arguments
        Its arguments by name, ``data`` aside.
    data
        The data as given; a shallow copy.
    positions
        Which rows of it were carried to R, shape (n,).
    """

    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    data: pd.DataFrame
    positions: np.ndarray


# no slots in what users hold: with them, Python words a forbidden assignment badly
@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A model that R has fitted.

    Attributes
    ----------
    warnings, messages
        What R warned of, and said, while fitting.
    convergence
        How the optimiser ended.
    """

    MODEL: ClassVar[str] = ""  # what R is told that this kind of fit is

    _handle: Handle
    _overview: Overview
    _origin: Origin
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
        """Akaike's criterion, as R's summary gives it."""
        return self._overview.aic

    @property
    def bic(self) -> float:
        """Schwarz's criterion, as R's summary gives it (in nlme, N - p observations under REML)."""
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
        """The live R object, an ``rpy2.robjects`` list.

        Columns whose names are no plain R names carry stand-in names in it.
        """
        return session.live(self._ask("rb_live", decode=None))

    def get_data(self) -> pd.DataFrame:
        """Return the rows of the data that the fitted values belong to, with all columns."""
        rows: np.ndarray = self._origin.positions[np.sort(self._overview.rows)]
        return self._origin.data.iloc[rows].copy()

    def fixef(self) -> pd.Series:
        """Return the fixed effects, indexed by R's names."""
        return self._series("rb_fixef")

    def vcov(self) -> pd.DataFrame:
        """Return the covariance matrix of the fixed effects."""
        frame: pd.DataFrame = self._ask("rb_vcov", decode=decode.matrix)
        return frame

    def t_table(self) -> pd.DataFrame:
        """Return the summary's table: ``Value``, ``Std.Error``, ``DF``, ``t-value``, ``p-value``."""
        frame: pd.DataFrame = self._ask("rb_t_table", decode=tables.decode_counts)
        return frame

    # --- asking R

    @property
    def _levels(self) -> Levels:
        return Levels(tuple(self._overview.n_groups))

    def _ask(self, function: str, *args: Any, decode: Callable[[Any], Any] | None) -> Any:
        reply = self._handle.call(function, *args, decode=decode)
        reply.warn()
        return reply.value

    def _series(self, function: str) -> pd.Series:
        made: pd.Series = self._ask(function, decode=decode.series)
        return made

    def _aligned(self, values: np.ndarray) -> pd.Series:
        """Put R's values in the data's own order, under the data's index."""
        rows = self._overview.rows
        order = np.argsort(rows, kind="stable")
        index = self._origin.data.index[self._origin.positions[rows[order]]]
        return pd.Series(values[order], index=index)

    def _complete_index(self) -> pd.Index:
        """Return the index of the rows that the model was fitted to, which R has in the same order."""
        rows: np.ndarray = self._origin.positions[self._overview.complete]
        return self._origin.data.index.take(rows)

    def _padded(self, values: np.ndarray) -> np.ndarray:
        """Return values of the rows fitted to, with NaN (or -1, among whole numbers) for rows left out."""
        rows = np.sort(self._overview.rows)
        padded = np.full(len(rows), -1 if values.dtype.kind == "i" else np.nan, dtype=values.dtype)
        padded[np.searchsorted(rows, self._overview.complete)] = values
        return padded

    def _columns_of(self, texts: Mapping[str, str | None]) -> list[str]:
        """Return the columns that further formulas use, having held them against the allow-list."""
        written = {name: text for name, text in texts.items() if text is not None}
        names = [name for name in self._origin.data.columns if isinstance(name, str)]
        variables: dict[str, list[str]] = self._ask("rb_variables", written, names, decode=decode.texts)
        checks.check_columns(self._origin.data, variables)
        return list(dict.fromkeys(name for used in variables.values() for name in used))

    def _with_columns(self, extra: list[str]) -> Handle:
        """Return a handle on the fit whose data hold further columns."""
        wide: list[str] = self._ask("rb_used_columns", decode=decode.strings)
        wide = [
            name for name in self._origin.data.columns if name in {*wide, *extra}
        ]  # R shows them in this order
        rows = self._origin.data.iloc[self._origin.positions[self._overview.complete]]
        columns = checks.convert_columns(rows, wide)
        crossing: list[str] = self._ask("rb_crossing", wide, decode=decode.strings)
        frame = frames.to_r(list(columns.values()), crossing, len(rows), self._handle.home)
        handle: Handle = self._handle.call("rb_widen", frame, wide).value
        return handle


def same_side(fits: tuple[Any, ...], kind: type, asking: str) -> list[Handle]:
    """Return the handles of fits, or say which of them isn't one."""
    for position, fit in enumerate(fits, start=1):
        if not isinstance(fit, kind):
            name = fit.__class__.__name__
            raise ArgumentError(f"{asking} compares fits of rbridge; argument {position} is a {name}")
    return [fit._handle for fit in fits]
