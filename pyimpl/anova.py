"""Tests: Wald F tests of one fit's terms, and likelihood-ratio tests between fits."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.choices import choose
from pyimpl.containment import denominator_df, term_denominator_df
from pyimpl.errors import ArgumentError, LmeWarning
from pyimpl.estimates import Estimates
from pyimpl.model import Model
from pyimpl.report import AnovaPage, ComparisonPage, Contrast, render_anova, render_comparison
from pyimpl.report.anova import anova_to_html
from pyimpl.tables import adjusted_root
from pyimpl.tails import chdtrc, fdtrc

TYPES = ("sequential", "marginal")


class Fitted(Protocol):
    """What a comparison needs of a fit."""

    @property
    def model(self) -> Model:
        """What was asked for."""

    @property
    def estimates(self) -> Estimates:
        """What was found."""

    @property
    def aic(self) -> float:
        """Akaike's criterion."""

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""


@dataclass(frozen=True, repr=False)
class Anova:
    """F tests of one fit, or likelihood-ratio tests of several; ``str()`` is R's print.

    Attributes
    ----------
    page : report.AnovaPage or report.ComparisonPage
        All that the page shows, unformatted.
    """

    page: AnovaPage | ComparisonPage

    def to_frame(self) -> pd.DataFrame:
        """R's table: ``numDF``, ``denDF``, ``F-value``, ``p-value``; or ``Model``, ``df``, ``AIC``, ``BIC``, ...

        gls, which has one ``denDF``, leaves it out.
        """
        page = self.page
        if isinstance(page, AnovaPage):
            columns = {
                "numDF": page.num_df.astype(int),
                "denDF": page.den_df.astype(int),
                "F-value": page.f_value,
                "p-value": page.p_value,
            }
            table = pd.DataFrame(columns, index=list(page.names))
            return table.drop(columns="denDF") if page.one_den_df else table
        table = pd.DataFrame(
            {
                "Model": range(1, len(page.names) + 1),
                "df": page.df.astype(int),
                "AIC": page.aic,
                "BIC": page.bic,
            },
            index=list(page.names),
        )
        table["logLik"] = page.log_lik
        if page.test is not None:
            table["Test"], table["L.Ratio"], table["p-value"] = list(page.test), page.l_ratio, page.p_value
        return table

    def __str__(self) -> str:
        page = self.page
        text = render_anova(page) if isinstance(page, AnovaPage) else render_comparison(page)
        return text.removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return anova_to_html(self.page)


@dataclass(frozen=True, slots=True)
class Terms:
    """The fixed effects' terms: labels (the intercept's included), the columns of each, denominator df of each."""

    labels: tuple[str, ...]
    columns: tuple[Indices, ...]
    df: Indices


def terms_of(model: Model) -> Terms:
    """Group the columns of X by the term they come from."""
    design = model.design
    assign = np.asarray(design.fixed.assign)
    numbers = np.unique(assign)
    labels = tuple("(Intercept)" if k == 0 else design.fixed.term_labels[k - 1] for k in numbers)
    df = term_denominator_df(design.containment, assign)
    return Terms(labels, tuple(np.flatnonzero(assign == k) for k in numbers), df)


def tests_of_terms(model: Model, estimates: Estimates, type: str) -> Anova:
    """One F test a term: given the terms before it ("sequential"), or given all others ("marginal")."""
    kind = choose(type, TYPES, "type")
    terms = terms_of(model)
    root = adjusted_root(model, estimates)
    if kind == "sequential":
        whitened = np.linalg.solve(root, estimates.beta)
        wald = np.array([(whitened[columns] ** 2).sum() for columns in terms.columns])
    else:
        wald = np.array([_wald(estimates.beta[columns], root[columns]) for columns in terms.columns])
    num_df = np.array([len(columns) for columns in terms.columns])
    return Anova(_f_tests(model, terms.labels, num_df, terms.df, wald))


def joint_test(model: Model, estimates: Estimates, chosen: Any) -> Anova:
    """One F test that all coefficients of several terms are zero.

    Raises
    ------
    ArgumentError
        There is no such term, or the terms have different denominator degrees of freedom.
    """
    terms = terms_of(model)
    listed = [chosen] if isinstance(chosen, str | int) else list(chosen)
    positions = list(dict.fromkeys(_term_position(each, terms.labels) for each in listed))
    if not positions:
        raise ArgumentError("terms: name at least one term")
    columns = np.concatenate([terms.columns[k] for k in positions])
    df = _one_df(terms.df[positions], "terms")
    L = np.eye(len(estimates.beta))[columns]
    label = f"F-test for: {', '.join(terms.labels[k] for k in positions)} "
    return _test_of(model, estimates, L, df, label, None)


def contrast_test(model: Model, estimates: Estimates, L: Any) -> Anova:
    """One F test that linear combinations of the coefficients are zero; rows of ``L`` are the combinations."""
    design = model.design
    frame = _combinations(L, design.fixed.names)
    values = frame.to_numpy()
    if np.linalg.matrix_rank(values) < len(values):
        raise ArgumentError("L: its rows are linearly dependent; leave out what the others imply")
    used = np.flatnonzero((values != 0).any(axis=0))
    df = _one_df(denominator_df(design.containment)[used], "L")
    names = tuple(frame.columns[used])
    contrast = Contrast(names, values[:, used], tuple(map(str, frame.index)))
    return _test_of(model, estimates, values, df, "F-test for linear combination(s)", contrast)


def likelihood_ratio_tests(fits: Sequence[Fitted]) -> Anova:
    """Likelihood-ratio tests between consecutive fits that differ in their number of parameters.

    Raises
    ------
    ArgumentError
        The fits differ in method, response or observations.

    Warns
    -----
    LmeWarning
        REML fits whose fixed effects differ: their likelihoods can't be compared.
    """
    _check_comparable(fits)
    df = np.array([fit.estimates.n_parameters for fit in fits])
    log_lik = np.array([fit.estimates.log_lik for fit in fits])
    change = np.abs(np.diff(df))
    tested = np.concatenate([[False], change > 0])
    ratio = np.where(tested, 2 * np.abs(np.diff(log_lik, prepend=log_lik[0])), np.nan)
    p_value = np.where(tested, chdtrc(np.concatenate([[1], np.maximum(change, 1)]), ratio), np.nan)
    test = tuple(f"{k} vs {k + 1}" if tested[k] else "" for k in range(len(fits)))
    page = ComparisonPage(
        names=tuple(f"fit{k + 1}" for k in range(len(fits))),
        df=df.astype(float),
        aic=np.array([fit.aic for fit in fits]),
        bic=np.array([fit.bic for fit in fits]),
        log_lik=log_lik,
        test=test if tested.any() else None,
        l_ratio=ratio if tested.any() else None,
        p_value=p_value if tested.any() else None,
    )
    return Anova(page)


def _check_comparable(fits: Sequence[Fitted]) -> None:
    first = fits[0].model
    for other in (fit.model for fit in fits[1:]):
        if other.method != first.method:
            raise ArgumentError("others: fits by REML and by ML can't be compared; refit them by one method")
        if other.fixed.response_text != first.fixed.response_text:
            raise ArgumentError(
                "others: the fits have different responses; only fits of one response compare"
            )
        if other.n_obs != first.n_obs:
            raise ArgumentError(
                f"others: all fits must use the same observations; these use {first.n_obs} and {other.n_obs} "
                "(rows with missing values may have been left out)"
            )
    names = {frozenset(fit.model.design.fixed.term_labels) for fit in fits}
    if first.reml and len(names) > 1:
        warnings.warn(
            "fitted objects with different fixed effects. REML comparisons are not meaningful.",
            LmeWarning,
            stacklevel=4,
        )


def _test_of(
    model: Model, estimates: Estimates, L: Array, df: int, label: str, contrast: Contrast | None
) -> Anova:
    wald = _wald(L @ estimates.beta, L @ adjusted_root(model, estimates))
    page = _f_tests(model, ("1",), np.array([len(L)]), np.array([df]), np.array([wald]))
    return Anova(replace(page, label=label, contrast=contrast))


def _f_tests(
    model: Model, names: tuple[str, ...], num_df: Indices, den_df: Indices, wald: Array
) -> AnovaPage:
    f_value = wald / num_df
    with np.errstate(invalid="ignore"):
        p_value = np.where(den_df > 0, fdtrc(num_df, np.maximum(den_df, 1), f_value), np.nan)
    # Without random effects there is one stratum, the rows'.
    return AnovaPage(
        names, num_df.astype(float), den_df.astype(float), f_value, p_value, one_den_df=not model.levels
    )


def _wald(estimate: Array, root: Array) -> float:
    """The square of an estimate in units of its covariance matrix, root root'."""
    whitened = np.linalg.solve(np.asarray(np.linalg.qr(root.T, mode="r")).T, estimate)
    return float(whitened @ whitened)


def _term_position(term: object, labels: tuple[str, ...]) -> int:
    if isinstance(term, str) and term in labels:
        return labels.index(term)
    if isinstance(term, int) and not isinstance(term, bool) and 1 <= term <= len(labels):
        return term - 1
    raise ArgumentError(
        f"terms: {term!r} is not a term of the fit; its terms are {', '.join(map(repr, labels))}"
    )


def _one_df(df: Indices, argument: str) -> int:
    if len(set(df.tolist())) > 1:
        raise ArgumentError(
            f"{argument}: terms must all have the same denominator DF, these have "
            f"{', '.join(map(str, sorted(set(df.tolist()))))}; test them one by one"
        )
    return int(df[0])


def _combinations(L: Any, names: tuple[str, ...]) -> pd.DataFrame:
    """The combinations as a frame with a column for each coefficient."""
    try:
        if isinstance(L, Mapping | pd.Series):
            frame = pd.Series(dict(L), dtype=float).to_frame("1").T
        elif isinstance(L, pd.DataFrame):
            frame = L.astype(float)
        else:
            values = np.atleast_2d(np.asarray(L, dtype=float))
            frame = pd.DataFrame(values, index=[str(k + 1) for k in range(len(values))])
    except (TypeError, ValueError):
        raise ArgumentError(
            "L: expected numbers, as a dict or Series by coefficient, an array or a DataFrame"
        ) from None
    if not isinstance(L, Mapping | pd.Series | pd.DataFrame):
        if frame.shape[1] != len(names):
            raise ArgumentError(
                f"L: has {frame.shape[1]} columns, but there are {len(names)} coefficients: {', '.join(names)}"
            )
        frame.columns = pd.Index(names)
    unknown = [name for name in frame.columns if name not in names]
    if unknown or frame.empty or not np.isfinite(frame.to_numpy()).all():
        what = f"{unknown[0]!r} is not a coefficient" if unknown else "it holds no finite numbers"
        raise ArgumentError(f"L: {what}; the coefficients are {', '.join(names)}")
    return frame.reindex(columns=list(names), fill_value=0.0)
