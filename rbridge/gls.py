"""``rbridge.gls``: generalised least squares by the real ``nlme::gls``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import pandas as pd

from rbridge import arguments, checks, decode, printed, tables
from rbridge.arguments import Control, Request, check_choice
from rbridge.base import Fit, same_side
from rbridge.empirical import RESIDUAL_TYPES, variogram_options
from rbridge.errors import ArgumentError
from rbridge.fitting import fit_in_r, origin_of
from rbridge.pictured import Pictured
from rbridge.pictures import Picture
from rbridge.prediction import predict_rows
from rbridge.tables import ACF, ComparePred, Variogram, check_confidence
from rbridge.updating import update


@dataclass(frozen=True, eq=False, repr=False)
class GlsFit(Pictured):
    """A model fitted by ``nlme::gls``; made by :func:`rbridge.gls`.

    Attributes
    ----------
    warnings, messages
        What R warned of, and said, while fitting.
    convergence
        How the optimiser ended.
    """

    MODEL: ClassVar[str] = "gls"

    def corr_params(self) -> pd.Series:
        """Return the constrained parameters of the correlation structure; empty if there is none."""
        return self._series("rb_corr_params")

    def var_params(self) -> pd.Series:
        """Return the constrained parameters of the variance function; empty if there is none."""
        return self._series("rb_var_params")

    def get_var_cov(self, individual: str | int | None = None) -> pd.DataFrame:
        """Return the covariance of one group's responses, by default the first's; ``str()`` is R's print.

        Parameters
        ----------
        individual
            A group of the correlation structure, by name or by position from 1.
        """
        if individual is not None and not isinstance(individual, str):
            individual = arguments.check_whole(individual, "individual", 1)
        made, text = self._ask("rb_gls_covariance", individual, decode=printed.decode_printed_matrix)
        return printed.frame(made, text)

    def fitted(self) -> pd.Series:
        """Return the fitted values, aligned with the data."""
        return self._aligned(self._ask("rb_gls_fitted", decode=decode.floats))

    def residuals(self, type: str = "response") -> pd.Series:
        """Return the residuals: ``"response"``, ``"pearson"`` or ``"normalized"``."""
        check_choice(type, "type", ("response", "pearson", "normalized"))
        return self._aligned(self._ask("rb_gls_residuals", type, decode=decode.floats))

    def predict(self, newdata: Any = None) -> pd.Series:
        """Predict the response for the data or for new rows; a row with a missing value is predicted as NaN."""
        if newdata is None:
            return self.fitted()
        return predict_rows(self, newdata, "rb_gls")

    def intervals(self, level: float = 0.95, which: str = "all") -> tables.Intervals:
        """Return approximate confidence intervals; ``which`` is ``"all"``, ``"var-cov"`` or ``"coef"``."""
        check_choice(which, "which", ("all", "var-cov", "coef"))
        made: tables.Intervals = self._ask(
            "rb_intervals", check_confidence(level), which, decode=tables.decode_intervals
        )
        return made

    def conf_int(self, parm: Any = None, level: float = 0.95) -> pd.DataFrame:
        """Return confidence limits of the coefficients, of all or those that ``parm`` names."""
        frame = self.intervals(level, "coef").to_frame().set_index("term")[["lower", "upper"]]
        return printed.limits(frame, parm, float(level))

    def anova(self, *others: Fit, type: str = "sequential", terms: Any = None, L: Any = None) -> tables.Anova:
        """Test terms by F, or compare with other fits, of ``lme`` too, by likelihood ratio; as for an lme fit."""
        return tables.anova([self._handle, *same_side(others, Fit, "anova")], type, terms, L)

    def acf(self, max_lag: int | None = None, res_type: str = "pearson", form: str | None = None) -> ACF:
        """Return the empirical autocorrelation of the residuals; ``str()`` is R's print of ``ACF(fit)``.

        Parameters
        ----------
        max_lag
            The largest lag; R's choice by default.
        res_type
            ``"pearson"``, ``"response"`` or ``"normalized"``.
        form
            ``"~ 1 | group"``: within which groups, by default those of the correlation structure. nlme counts rows, so
            a covariate is refused.
        """
        lag = None if max_lag is None else arguments.check_whole(max_lag, "max_lag")
        kind = check_choice(res_type, "res_type", RESIDUAL_TYPES)
        text = None if form is None else arguments.check_text(form, "form")
        wide = self._with_columns(self._columns_of({"form": text}))
        reply = wide.call("rb_gls_acf", lag, kind, text, decode=partial(tables.decode_table, ACF))
        reply.warn()
        made: ACF = reply.value
        return made

    def variogram(
        self,
        form: str | None = None,
        res_type: str = "pearson",
        *,
        max_dist: float | None = None,
        n_int: int = 20,
        collapse: str = "quantiles",
        breaks: Sequence[float] | None = None,
        robust: bool = False,
        metric: str = "euclidean",
    ) -> Variogram:
        """Return the semivariogram of the residuals; ``str()`` is R's print of ``Variogram(fit)``.

        Parameters
        ----------
        form
            The coordinates, and the groups: ``"~ time"``, ``"~ x + y"``, ``"~ time | group"``; by default those of the
            correlation structure.
        res_type, max_dist, n_int, collapse, breaks, robust, metric
            As for :meth:`rbridge.fit.LmeFit.variogram`.
        """
        options = variogram_options(res_type, max_dist, n_int, collapse, breaks, robust, metric)
        return self._semivariogram(form, options)

    def pairs(self, form: str | None = None, *, id: float | str | None = None, **options: Any) -> Picture:
        """Refuse: there are no effects of groups to draw against each other."""
        raise ArgumentError("pairs: a gls fit has no effects of groups")

    def compare_pred(self, *args: Any, **options: Any) -> ComparePred:
        """Refuse: there are no curves of groups to compare."""
        raise ArgumentError("compare_pred: a gls fit has no effects of groups, so all groups have one curve")

    def summary(self) -> tables.Summary:
        """Return the summary: its ``str()`` is R's ``print(summary(fit))``."""
        made: tables.Summary = self._ask("rb_gls_summary", decode=tables.decode_summary)
        return made

    def update(self, model: Any = None, **changes: Any) -> GlsFit:
        """Fit anew with some arguments changed; in ``model``, ``.`` stands for the old side."""
        made: GlsFit = update(self, model, changes, formula="model")
        return made


def gls(
    model: Any,
    data: pd.DataFrame,
    correlation: Any = None,
    weights: Any = None,
    subset: Any = None,
    method: str = "REML",
    na_action: str = "fail",
    control: Control | None = None,
    *,
    isolated: bool | None = None,
    timeout: float | None = None,
) -> GlsFit:
    """Fit a linear model with correlated or unequally precise errors by R's ``nlme::gls``.

    Parameters
    ----------
    model
        The response and the coefficients, an R formula.
    control
        Arguments of ``glsControl``.
    data, correlation, weights, subset, method, na_action, isolated, timeout
        As for :func:`rbridge.lme`.

    Returns
    -------
    GlsFit

    Raises
    ------
    ArgumentError, FormulaError, DataError, RError, RUnavailableError
        As for :func:`rbridge.lme`.
    """
    given = dict(locals())  # the arguments by name, for update()
    frame = checks.check_frame(data)
    texts: dict[str, str | Mapping[str, str]] = {"fixed": arguments.check_text(model, "model")}
    for argument, structure in (("correlation", correlation), ("weights", weights)):
        if structure is not None:
            texts[argument] = arguments.check_text(structure, argument)
    expression, keep = arguments.check_subset(subset, frame)
    if expression is not None:
        texts["subset"] = expression
    request = Request(
        texts,
        arguments.check_choice(method, "method", ("REML", "ML")),  # type: ignore[arg-type]
        arguments.check_choice(na_action, "na_action", ("fail", "omit", "exclude")),  # type: ignore[arg-type]
        arguments.check_control(control),
        keep=keep,
    )
    return fit_in_r(GlsFit, frame, request, origin_of(gls, given, frame, request))
