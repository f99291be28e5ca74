"""The results that print: numbers as pandas tables, ``str()`` as R's own page, HTML for notebooks."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rbridge import decode
from rbridge.arguments import check_choice, shown
from rbridge.errors import ArgumentError
from rbridge.handles import Handle, Reply


@dataclass(frozen=True, eq=False, repr=False)
class Page:
    """A printed page of R's."""

    _text: str

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self._text)}</pre>"


@dataclass(frozen=True, eq=False, repr=False)
class VarCorr(Page):
    """Variances and correlations of the random effects; ``str()`` is R's print of ``VarCorr(fit)``."""

    _frame: pd.DataFrame
    _corr: Mapping[str, pd.DataFrame]

    def to_frame(self) -> pd.DataFrame:
        """Return ``group``, ``term``, ``variance``, ``std_dev`` as columns; the last row is Residual."""
        return self._frame.copy()

    def corr(self, group: str | None = None) -> pd.DataFrame:
        """Return the correlations of one level's random effects (NaN beside a variance of zero)."""
        if group is None and len(self._corr) == 1:
            group = next(iter(self._corr))
        return self._corr[check_choice(group, "group", tuple(self._corr))].copy()


def decode_var_corr(value: Any) -> VarCorr:
    """Decode ``rb_var_corr``'s answer."""
    parts = decode.items(value)
    rows: list[tuple[str, str, float, float]] = []
    corr = {}
    for i, group in enumerate(decode.strings(parts["names"])):
        terms = decode.strings(parts["terms"][i])
        rows += zip(
            [group] * len(terms),
            terms,
            decode.floats(parts["variance"][i]).tolist(),
            decode.floats(parts["std_dev"][i]).tolist(),
            strict=True,
        )
        corr[group] = decode.matrix(parts["corr"][i])
    sigma = float(parts["sigma"][0])
    rows.append(("Residual", "", sigma**2, sigma))
    return VarCorr(
        parts["text"][0], pd.DataFrame(rows, columns=["group", "term", "variance", "std_dev"]), corr
    )


@dataclass(frozen=True, eq=False, repr=False)
class Summary(Page):
    """A fit's summary; ``str()`` is R's ``print(summary(fit))``, character for character.

    Attributes
    ----------
    t_table, correlation
        The fixed effects' table and their correlations.
    residual_quantiles
        Of the innermost standardized residuals.
    """

    t_table: pd.DataFrame
    correlation: pd.DataFrame
    residual_quantiles: pd.Series

    def _repr_html_(self) -> str:
        head, found, _ = self._text.partition("Fixed effects:")
        if (
            not found or "Number of Observations:" not in self._text
        ):  # gls and lme4 lay their pages out otherwise
            return super()._repr_html_()
        tail = self._text[self._text.rfind("Number of Observations:") :]
        quantiles = self.residual_quantiles.to_frame().T
        blocks = [
            f"<pre>{html.escape(head.rstrip())}</pre>",
            "<p><b>Fixed effects</b></p>",
            self.t_table.to_html(),
        ]
        if len(self.correlation) > 1:
            blocks += ["<p><b>Correlation of the fixed effects</b></p>", self.correlation.round(3).to_html()]
        if len(quantiles.columns) == 5:
            blocks += ["<p><b>Standardized within-group residuals</b></p>", quantiles.to_html(index=False)]
        return "\n".join([*blocks, f"<pre>{html.escape(tail.rstrip())}</pre>"])


def decode_summary(value: Any) -> Summary:
    """Decode ``rb_summary``'s answer."""
    parts = decode.items(value)
    return Summary(
        parts["text"][0],
        decode.whole_counts(decode.matrix(parts["t_table"])),
        decode.matrix(parts["correlation"]),
        decode.series(parts["residuals"]),
    )


@dataclass(frozen=True, eq=False, repr=False)
class Intervals(Page):
    """Confidence intervals; ``str()`` is R's print."""

    _frame: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return a frame with columns ``part``, ``group``, ``term``, ``lower``, ``est.``, ``upper``.

        ``part`` is R's: ``fixed``, ``reStruct``, ``corStruct``, ``varStruct`` or ``sigma``.
        """
        return self._frame.copy()


def decode_intervals(value: Any) -> Intervals:
    """Decode ``rb_intervals``'s answer."""
    parts = decode.items(value)
    frame = pd.DataFrame({key: decode.strings(parts[key]) for key in ("part", "group", "term")})
    frame[["lower", "est.", "upper"]] = decode.floats(parts["values"])
    return Intervals(parts["text"][0], frame)


@dataclass(frozen=True, eq=False, repr=False)
class Anova(Page):
    """F tests of one fit, or likelihood ratio tests of several; ``str()`` is R's print."""

    _frame: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return R's table: ``numDF``, ``denDF``, ``F-value``, ``p-value``; or ``Model``, ``df``, ..."""
        return self._frame.copy()


def decode_anova(value: Any) -> Anova:
    """Decode a test's table and its print."""
    parts = decode.items(value)
    return Anova(parts["text"][0], decode.frame(parts["frame"], decode.strings(parts["rows"])))


def anova(fits: Sequence[Handle], type: str, terms: Any, L: Any) -> Anova:
    """Ask ``anova`` about one fit in R or several; see :meth:`rbridge.fit.LmeFit.anova`."""
    check_choice(type, "type", ("sequential", "marginal"))
    if len(fits) > 1 and (terms is not None or L is not None):
        raise ArgumentError(
            "anova: terms and L are for one fit; several fits are compared by likelihood ratio"
        )
    if terms is not None and L is not None:
        raise ArgumentError("anova takes terms or L, not both")
    wanted = None if terms is None else _check_terms(terms)
    combinations = None if L is None else _check_L(L)

    here = fits[0].home
    handles = tuple(fit.moved_to(here) for fit in fits)
    reply = here.call("rb_anova", handles, type, wanted, combinations, decode=decode_anova)
    reply.warn()
    made: Anova = reply.value
    return made


@dataclass(frozen=True, eq=False, repr=False)
class Table(Page):
    """A data frame of R's; ``str()`` is R's print."""

    _frame: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return R's columns."""
        return self._frame.copy()

    def _repr_html_(self) -> str:
        return str(self._frame.to_html())


class ACF(Table):
    """Autocorrelations within groups: ``lag``, ``ACF`` and ``n.used``, the number of pairs."""


class Variogram(Table):
    """Semivariances by distance: ``variog``, ``dist`` and, for classes of pairs, ``n.pairs``."""


class AugPred(Table):
    """Curves by group: the covariate, ``.groups``, the response, and ``.type``, which says whether it is original."""


class ComparePred(Table):
    """The curves of two fits by group: the covariate, ``.groups``, the response, and ``.type``."""


def decode_table(kind: type[Table], value: Any) -> Any:
    """Decode a data frame of R's and its print as the given kind of table."""
    parts = decode.items(value)
    frame = decode.frame(parts["frame"], decode.strings(parts["rows"]), categorical=True)
    return kind(parts["text"][0], frame.reset_index(drop=True))


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedTests(Page):
    """Log-likelihoods of a null model, and an alternative, refitted to responses simulated under the null.

    Attributes
    ----------
    df
        The difference in parameters; the null model's own number where there is no alternative.
    """

    _frame: pd.DataFrame
    df: int

    def to_frame(self) -> pd.DataFrame:
        """Return a row a simulation and method.

        Columns ``method``, ``simulation`` (from 1), ``null`` and ``alternative``, their log-likelihoods, ``L.Ratio`` (0
        where the alternative's search ended lower), and ``converged``: whether R's optimiser ended well for both.
        """
        return self._frame.copy()


def decode_simulated(value: Any) -> SimulatedTests:
    """Decode ``rb_simulate_lr``'s answer."""
    parts = decode.items(value)
    alternatives = decode.matrices(parts["alt"])
    frames = []
    nulls = decode.matrices(parts["null"])
    for method in sorted(nulls, reverse=True):  # REML first
        null = nulls[method]
        made = pd.DataFrame({"method": method, "simulation": range(1, len(null) + 1)})
        made["null"] = null["logLik"].to_numpy()
        good = null["info"].to_numpy() == 0
        if method in alternatives:
            made["alternative"] = alternatives[method]["logLik"].to_numpy()
            made["L.Ratio"] = (2 * (made["alternative"] - made["null"])).clip(lower=0.0)
            good &= alternatives[method]["info"].to_numpy() == 0
        frames.append(made.assign(converged=good))
    return SimulatedTests(parts["text"][0], pd.concat(frames, ignore_index=True), int(parts["df"][0]))


def check_confidence(level: Any) -> float:
    """Return a confidence level if it is between 0 and 1."""
    if isinstance(level, float | np.floating) and 0 < level < 1:
        return float(level)
    raise ArgumentError(f"level must be a number between 0 and 1, not {shown(level)}")


def warn_of(text: str) -> None:
    """Warn at the line that called rbridge."""
    Reply(None, (text,)).warn()


def decode_counts(value: Any) -> pd.DataFrame:
    """Decode a matrix some of whose columns are counts."""
    return decode.whole_counts(decode.matrix(value))


def _check_terms(terms: Any) -> list[str] | list[int]:
    if isinstance(terms, (str, int, np.integer)):
        terms = [terms]
    array = isinstance(terms, np.ndarray) and terms.ndim == 1
    listed = list(terms) if array or isinstance(terms, Sequence) else []
    if listed and all(isinstance(term, str) for term in listed):
        return [str(term) for term in listed]
    whole = all(isinstance(term, (int, np.integer)) and not isinstance(term, bool) for term in listed)
    if listed and whole and all(abs(term) < 2**31 for term in listed):
        return [int(term) for term in listed]
    raise ArgumentError("terms must be labels of terms, such as ['x', 'x:z'], or their positions from 1")


def _check_L(L: Any) -> pd.DataFrame:
    try:
        if isinstance(L, Mapping):
            frame = pd.Series(dict(L), dtype=float).to_frame("1").T
        elif isinstance(L, pd.Series):
            frame = L.astype(float).to_frame("1").T
        else:
            frame = pd.DataFrame(
                L if isinstance(L, pd.DataFrame) else np.atleast_2d(np.asarray(L, dtype=float))
            )
        frame = frame.astype(float)
    except (TypeError, ValueError):
        raise ArgumentError(
            "L must hold numbers: a dict or Series by coefficient, an array or a DataFrame"
        ) from None
    if frame.empty or not np.isfinite(frame.to_numpy()).all():
        raise ArgumentError("L must hold finite numbers, one row a combination")
    return frame
