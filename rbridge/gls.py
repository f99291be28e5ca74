"""``rbridge.gls``: generalised least squares by the real ``nlme::gls``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from rbridge import arguments, checks, decode, printed, tables
from rbridge.arguments import Control, Request, check_choice
from rbridge.base import Fit, same_side
from rbridge.fitting import fit_in_r, origin_of
from rbridge.prediction import predict_rows
from rbridge.tables import check_confidence
from rbridge.updating import update


@dataclass(frozen=True, eq=False, repr=False)
class GlsFit(Fit):
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
