"""The fit of ``nlme::lme``: immutable, and answering the contract's names by asking nlme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from rbridge import decode, printed, tables
from rbridge.arguments import check_choice, check_flag, check_whole, shown
from rbridge.base import same_side
from rbridge.diagnosis import Diagnosis
from rbridge.errors import ArgumentError
from rbridge.levels import LevelChoice, OneLevel, are_several
from rbridge.prediction import predict
from rbridge.updating import update

ResidualType = Literal["response", "pearson", "normalized"]
_RESIDUAL_TYPES = ("response", "pearson", "normalized")
_COVARIANCES = ("random.effects", "conditional", "marginal")


@dataclass(frozen=True, eq=False, repr=False)
class LmeFit(Diagnosis):
    """A model fitted by ``nlme::lme``; made by :func:`rbridge.lme`.

    Wherever a method takes ``level``, it is the number of a grouping level (1 the outermost; 0 the population where
    that makes sense) or the name of its grouping factor; left out, it is the innermost.

    Attributes
    ----------
    warnings, messages
        What R warned of, and said, while fitting.
    convergence
        How the optimiser ended.
    """

    MODEL: ClassVar[str] = "lme"

    def t_table(self, adjust_sigma: bool = True) -> pd.DataFrame:
        """Return ``Value``, ``Std.Error``, ``DF``, ``t-value``, ``p-value``; see :meth:`summary`."""
        return self.summary(adjust_sigma).t_table

    def var_corr(self, rdig: int = 3) -> tables.VarCorr:
        """Return the variances, standard deviations and correlations of the random effects.

        Parameters
        ----------
        rdig
            How many decimals the page gives the correlations, from 0 to 15; the frames hold them in full.
        """
        digits = check_whole(rdig, "rdig")
        if digits > 15:
            raise ArgumentError(f"rdig must be a whole number from 0 to 15, not {digits}")
        made: tables.VarCorr = self._ask("rb_var_corr", digits, decode=tables.decode_var_corr)
        return made

    def get_var_cov(
        self, level: OneLevel = None, type: str = "random.effects", individuals: Any = None
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Return a covariance matrix; ``str()`` of it is R's print of ``getVarCov`` where R has one.

        Parameters
        ----------
        level
            Of which level's random effects.
        type
            ``"random.effects"``; or the covariance of the responses of single groups, ``"conditional"`` on the
            random effects or ``"marginal"``, which nlme has for one level of grouping only.
        individuals
            The groups, by name or by position from 1; by default the first.

        Returns
        -------
        DataFrame, or for groups a dict of them by group
        """
        kind = check_choice(type.replace("_", ".") if isinstance(type, str) else type, "type", _COVARIANCES)
        depth = self._levels.grouping_depth(level)
        if kind == "random.effects":
            if individuals is not None:
                raise ArgumentError("individuals: name groups with type='conditional' or 'marginal' only")
            parts: dict[str, pd.DataFrame] = self._ask("rb_var_cov", decode=decode.matrices)
            page = partial(self._ask, "rb_var_cov_page", depth, decode=decode.scalar)
            return printed.frame(parts[self._levels.names[depth - 1]], page)
        groups = _check_individuals(individuals)
        matrices, text = self._ask("rb_group_covariance", kind, groups, decode=printed.decode_matrices)
        return printed.PrintedDict(matrices, text)

    def corr_params(self) -> pd.Series:
        """Return the constrained parameters of the correlation structure; empty if there is none."""
        return self._series("rb_corr_params")

    def var_params(self) -> pd.Series:
        """Return the constrained parameters of the variance function; empty if there is none."""
        return self._series("rb_var_params")

    def ranef(
        self, level: LevelChoice = None, aug_frame: bool = False, standardized: bool = False
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Return the BLUPs of the random effects, one row a group; a dict over levels if there are several.

        Parameters
        ----------
        aug_frame
            Append each group's mean (or most frequent) value of the data's columns, as R's ``augFrame``.
        standardized
            Divide by the estimated standard deviations.
        """
        return self._by_group("rb_ranef", level, aug_frame, check_flag(standardized, "standardized"))

    def coef(
        self, level: LevelChoice = None, aug_frame: bool = False
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Return each group's coefficients, fixed plus random; a dict over levels if there are several.

        ``aug_frame`` is as for :meth:`ranef`.
        """
        return self._by_group("rb_coef", level, aug_frame, False)

    def fitted(self, level: LevelChoice = None) -> pd.Series | pd.DataFrame:
        """Return the fitted values, aligned with the data; level 0 is the population's. Several levels give a frame."""
        return self._by_depth("rb_fitted", level)

    def residuals(
        self, type: ResidualType = "response", level: LevelChoice = None
    ) -> pd.Series | pd.DataFrame:
        """Return the residuals: ``"response"``, ``"pearson"`` (standardized) or ``"normalized"``."""
        return self._by_depth("rb_residuals", level, check_choice(type, "type", _RESIDUAL_TYPES))

    def predict(
        self,
        newdata: pd.DataFrame | None = None,
        level: LevelChoice = None,
        se: bool = False,
        interval: str | None = None,
        conf_level: float = 0.95,
    ) -> pd.Series | pd.DataFrame:
        """Predict the response, for the data or for new rows.

        Parameters
        ----------
        newdata
            Rows with the model's covariates and, above level 0, its groups. A row with a missing value, or
            whose group the fit has not seen, is predicted as NaN.
        level
            0 for the population, the default for the innermost groups. Several give R's frame: the groups, then
            ``predict.fixed`` and ``predict.`` with the grouping factor's name.
        se, interval, conf_level
            As in pyimpl; nlme computes no standard errors of predictions, so asking for them is refused.

        Raises
        ------
        DataError
            A column is missing, or has a level that the fit has not seen.
        """
        if se is not False or interval is not None:
            raise ArgumentError(
                f"{'se' if se is not False else 'interval'}: nlme has no standard errors of predictions; pyimpl has"
            )
        return predict(self, self.fitted, newdata, level)

    def conf_int(self, parm: Any = None, level: float = 0.95) -> pd.DataFrame:
        """Return confidence limits of the fixed effects, by t with nlme's degrees of freedom.

        Parameters
        ----------
        parm
            A coefficient or several, by name; all by default.
        level
            The confidence level.
        """
        frame = self.intervals(level, "fixed").to_frame().set_index("term")[["lower", "upper"]]
        made = printed.limits(frame, parm, float(level))
        return printed.frame(made, partial(self._ask, "rb_matrix_page", made, decode=decode.scalar))

    def get_groups(self, level: LevelChoice = None) -> pd.Series | pd.DataFrame:
        """Return each row's group at a level, a categorical aligned with the data's index; of several a frame.

        Groups of inner levels are named ``outer/inner``.
        """
        index = self._origin.data.index[self._origin.positions[np.sort(self._overview.rows)]]
        made = {}
        for depth in self._levels.depths(level):
            self._levels.grouping_depth(depth)
            codes, names = self._ask("rb_groups_of", depth, decode=_decode_groups)
            values = pd.Categorical.from_codes(self._padded(codes), dtype=pd.CategoricalDtype(names))
            made[self._levels.names[depth - 1]] = pd.Series(values, index=index)
        return pd.concat(made, axis=1) if are_several(level) else next(iter(made.values()))

    def get_response(self) -> pd.Series:
        """Return the response as the model has it, aligned with the data's index."""
        index = self._origin.data.index[self._origin.positions[np.sort(self._overview.rows)]]
        return pd.Series(self._padded(self._ask("rb_response", decode=decode.floats)), index=index)

    def intervals(self, level: float = 0.95, which: str = "all") -> tables.Intervals:
        """Return approximate confidence intervals.

        Parameters
        ----------
        level
            The confidence level, between 0 and 1.
        which
            ``"all"``, ``"var-cov"`` or ``"fixed"``.
        """
        confidence = tables.check_confidence(level)
        check_choice(which, "which", ("all", "var-cov", "fixed"))
        made: tables.Intervals = self._ask("rb_intervals", confidence, which, decode=tables.decode_intervals)
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
        return tables.anova([self._handle, *same_side(others, LmeFit, "anova")], type, terms, L)

    def summary(self, adjust_sigma: bool = True) -> tables.Summary:
        """Return the summary: its ``str()`` is R's ``print(summary(fit))``.

        ``adjust_sigma`` is R's ``adjustSigma``: under ML, standard errors as if sigma were estimated by REML.
        """
        adjust = check_flag(adjust_sigma, "adjust_sigma")
        made: tables.Summary = self._ask("rb_summary", adjust, decode=tables.decode_summary)
        return made

    def update(self, fixed: Any = None, **changes: Any) -> LmeFit:
        """Fit anew with some arguments changed, as R's ``update``.

        Parameters
        ----------
        fixed
            A formula in which ``.`` stands for the old one's left or right side, such as ``". ~ . + x"``.
        **changes
            Other arguments of :func:`rbridge.lme`, ``data`` included.
        """
        made: LmeFit = update(self, fixed, changes)
        return made

    # --- asking R

    def _by_group(
        self, function: str, level: LevelChoice, aug_frame: bool, standardized: bool
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Ask for a table with a row a group: of one level, or as a dict of several."""
        levels = self._levels
        everything = level is None and len(levels) > 1
        chosen = list(range(1, len(levels) + 1)) if everything else levels.depths(level)
        for depth in chosen:
            levels.grouping_depth(depth)
        if check_flag(aug_frame, "aug_frame"):
            if len(chosen) > 1:
                raise ArgumentError("aug_frame: name one level, such as level=1; R augments one at a time")
            return self._augmented(function, chosen[0], standardized)
        parts: dict[str, pd.DataFrame] = self._ask(function, standardized, decode=decode.matrices)

        def page(depths: list[int]) -> partial[Any]:
            return partial(self._ask, f"{function}_page", depths, standardized, decode=decode.scalar)

        made = {levels.names[k - 1]: printed.frame(parts[levels.names[k - 1]], page([k])) for k in chosen}
        several = everything or are_several(level)
        return printed.PrintedDict(made, page(chosen)) if several else next(iter(made.values()))

    def _by_depth(self, function: str, level: LevelChoice, *args: Any) -> pd.Series | pd.DataFrame:
        """Ask for a value for each row at one level (a Series) or at several (a frame with a column each)."""
        labels = self._levels.labels
        columns = [
            self._aligned(self._ask(function, depth, *args, decode=decode.floats)).rename(labels[depth])
            for depth in self._levels.depths(level)
        ]
        return pd.concat(columns, axis=1) if are_several(level) else columns[0].rename(None)


def _check_individuals(individuals: Any) -> list[str] | list[int]:
    if individuals is None:
        return [1]
    several = individuals if are_several(individuals) else [individuals]
    if several and all(isinstance(name, str) for name in several):
        return [str(name) for name in several]
    if (
        all(isinstance(k, (int, np.integer)) and not isinstance(k, bool) and k > 0 for k in several)
        and several
    ):
        return [int(k) for k in several]
    raise ArgumentError(
        f"individuals must be groups by name, or by position from 1, not {shown(individuals)}"
    )


def _decode_groups(value: Any) -> tuple[np.ndarray, list[str]]:
    parts = decode.items(value)
    return decode.floats(parts["codes"]).astype(np.int64) - 1, decode.strings(parts["levels"])
