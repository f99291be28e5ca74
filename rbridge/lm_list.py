"""``rbridge.lm_list``: a regression for each group, by the real ``nlme::lmList``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from rbridge import arguments, checks, decode, printed
from rbridge.arguments import Request, check_choice, check_flag
from rbridge.errors import ArgumentError
from rbridge.fitting import fit_in_r, origin_of
from rbridge.naming import from_grouped, with_groups
from rbridge.pictured import Pictured
from rbridge.prediction import predict_rows
from rbridge.printed import GroupTables, decode_group_tables
from rbridge.tables import AugPred, check_confidence
from rbridge.updating import update


@dataclass(frozen=True, eq=False, repr=False)
class LmList(Pictured):
    """Regressions by group, fitted by ``nlme::lmList``; made by :func:`rbridge.lm_list`.

    Attributes
    ----------
    warnings, messages
        What R warned of, and said, while fitting.
    convergence
        Always converged: there is nothing to iterate.
    """

    MODEL: ClassVar[str] = "lm_list"

    @property
    def df_residual(self) -> int:
        """The degrees of freedom of the pooled standard deviation, which is :attr:`sigma`."""
        return int(self._ask("rb_list_df", decode=decode.scalar))

    def coef(self, aug_frame: bool = False) -> pd.DataFrame:
        """Return the coefficients, one row a group, NaN where a group doesn't determine one.

        Parameters
        ----------
        aug_frame
            Append each group's mean (or most frequent) value of the data's columns, as R's ``augFrame``.
        """
        if check_flag(aug_frame, "aug_frame"):
            return self._augmented("rb_list_coef", False)
        made, text = self._ask("rb_list_coef", decode=printed.decode_printed_matrix)
        return printed.frame(made, text)

    def ranef(self, aug_frame: bool = False, standardized: bool = False) -> pd.DataFrame:
        """Return the coefficients' deviations from their mean.

        Parameters
        ----------
        aug_frame
            As for :meth:`coef`.
        standardized
            Divide by the standard deviations of the coefficients.
        """
        standard = check_flag(standardized, "standardized")
        if check_flag(aug_frame, "aug_frame"):
            return self._augmented("rb_list_ranef", standard)
        made, text = self._ask("rb_list_ranef", standard, decode=printed.decode_printed_matrix)
        return printed.frame(made, text)

    def fixef(self) -> pd.Series:
        """Return the means of the coefficients over the groups."""
        return self._series("rb_fixef")

    def vcov(self) -> pd.DataFrame:
        """Refuse: there is a covariance matrix for each group."""
        raise ArgumentError("vcov: an lm_list has no single covariance matrix; see summary().tables")

    def t_table(self) -> pd.DataFrame:
        """Refuse: there is a table for each coefficient."""
        raise ArgumentError("t_table: an lm_list has a table for each coefficient; see summary().tables")

    def fitted(self) -> pd.Series:
        """Return the fitted values, aligned with the data."""
        return self._aligned(self._ask("rb_list_fitted", decode=decode.floats))

    def residuals(self, type: str = "response") -> pd.Series:
        """Return the residuals: ``"response"``, ``"pearson"`` or ``"pooled.pearson"``."""
        check_choice(type, "type", ("response", "pearson", "pooled.pearson"))
        return self._aligned(self._ask("rb_list_residuals", type, decode=decode.floats))

    def predict(self, newdata: Any = None) -> pd.Series:
        """Predict the response for the data or for new rows; of a group that the fit has not seen, NaN."""
        return self.fitted() if newdata is None else predict_rows(self, newdata, "rb_list")

    def summary(self, pool: bool | None = None) -> GroupTables:
        """Return a table of estimates for each coefficient; ``str()`` is R's ``print(summary(fit))``."""
        made: GroupTables = self._ask("rb_list_summary", self._pooled(pool), decode=decode_group_tables)
        return made

    def intervals(self, level: float = 0.95, pool: bool | None = None) -> GroupTables:
        """Return a table of intervals for each coefficient; ``str()`` is R's print."""
        made: GroupTables = self._ask(
            "rb_list_intervals", check_confidence(level), self._pooled(pool), decode=decode_group_tables
        )
        return made

    def aug_pred(
        self,
        primary: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        length_out: int = 51,
    ) -> AugPred:
        """Return predictions on a grid of a covariate for each group, with the data: R's ``augPred``.

        Parameters
        ----------
        primary, minimum, maximum, length_out
            As for :meth:`rbridge.fit.LmeFit.aug_pred`.
        """
        return self._curves(primary, minimum, maximum, length_out, [])

    def update(self, formula: Any = None, **changes: Any) -> LmList:
        """Fit anew with some arguments changed; in ``formula``, ``.`` stands for the old side, and groups stay."""
        made: LmList = update(self, formula, changes, formula="formula")
        return made

    def _pooled(self, pool: bool | None) -> bool:
        return bool(self._origin.arguments["pool"]) if pool is None else check_flag(pool, "pool")


def parts_of(regressions: LmList) -> tuple[str, dict[str, str]]:
    """Return what nlme's lme makes of a list: its formula, and the same effects by the groups, all of them random."""
    fixed, effects, groups = regressions._ask("rb_list_parts_of", decode=_decode_parts)
    if len(groups) > 1:
        raise ArgumentError(
            f"fixed: nlme makes an lme only of a list with one grouping factor, not {'/'.join(groups)}"
        )
    return fixed, {groups[0]: f"~ {effects}"}


def _decode_parts(value: Any) -> tuple[str, str, list[str]]:
    parts = decode.items(value)
    return parts["fixed"][0], parts["effects"][0], decode.strings(parts["groups"])


def lm_list(
    formula: str | pd.DataFrame,
    data: pd.DataFrame | None = None,
    level: int | None = None,
    subset: Any = None,
    na_action: str = "fail",
    pool: bool = True,
    *,
    isolated: bool | None = None,
    timeout: float | None = None,
) -> LmList:
    """Fit a regression to each group's rows by R's ``nlme::lmList``.

    Parameters
    ----------
    formula
        With the groups behind a bar: ``"distance ~ age | Subject"``; or without them if the data know their groups
        (as :func:`rbridge.r_data` gives them). Such data alone stand for their own formula.
    level
        Of several grouping factors the one whose groups have a regression each, from 1; the innermost if left out.
    pool
        Whether standard errors come from one standard deviation for all groups.
    data, subset, na_action, isolated, timeout
        As for :func:`rbridge.lme`; ``na_action`` is ``"fail"`` or ``"omit"``.

    Returns
    -------
    LmList
    """
    formula, data = from_grouped(formula, data, "formula")
    given = dict(locals())  # the arguments by name
    frame = checks.check_frame(data)
    text = with_groups(arguments.check_text(formula, "formula"), frame)
    texts: dict[str, str | Mapping[str, str]] = {"formula": text}
    expression, keep = arguments.check_subset(subset, frame)
    if expression is not None:
        texts["subset"] = expression
    request = Request(
        texts,
        "ML",
        arguments.check_choice(na_action, "na_action", ("fail", "omit")),  # type: ignore[arg-type]
        keep=keep,
        more={
            "pool": check_flag(pool, "pool"),
            "level": None if level is None else arguments.check_whole(level, "level", 1),
        },
    )
    return fit_in_r(LmList, frame, request, origin_of(lm_list, given, frame, request))
