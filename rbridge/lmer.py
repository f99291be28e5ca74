"""``rbridge.lmer``: the real ``lme4::lmer``, with lmerTest's and pbkrtest's degrees of freedom where installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pandas as pd

from rbridge import arguments, checks, decode, printed, tables
from rbridge.arguments import Request, check_choice, check_flag, check_number, check_whole, shown
from rbridge.base import Fit, same_side
from rbridge.errors import ArgumentError
from rbridge.fitting import fit_in_r, origin_of
from rbridge.prediction import predict_rows
from rbridge.tables import check_confidence
from rbridge.updating import update

_DDF: Final = ("Satterthwaite", "Kenward-Roger", "none")
_OPTIMIZERS: Final = ("nloptwrap", "bobyqa", "Nelder_Mead", "nlminbwrap")
_FLAGS: Final = ("restart_edge", "calc.derivs", "use.last.params")
_NUMBERS: Final = ("boundary.tol",)
_ACTIONS: Final = ("ignore", "message", "warning", "stop")
_DROP: Final = ("message+drop.cols", "silent.drop.cols", "warn+drop.cols", "stop.deficient", "ignore")
_RESCALE: Final = ("warning", "stop", "silent.rescale", "message+rescale", "warn+rescale", "ignore")
_CHECKS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("check.nobs.vs.rankZ", "check.nobs.vs.nlev", "check.nobs.vs.nRE"), _ACTIONS),
    **dict.fromkeys(("check.nlev.gtreq.5", "check.nlev.gtr.1"), _ACTIONS),
    **dict.fromkeys(("check.conv.grad", "check.conv.singular", "check.conv.hess"), _ACTIONS),
    "check.rankX": _DROP,
    "check.scaleX": _RESCALE,
}
_ALGORITHMS: Final = ("NLOPT_LN_BOBYQA", "NLOPT_LN_NELDERMEAD", "NLOPT_LN_SBPLX", "NLOPT_LN_COBYLA")
_OPT_CTRL: Final = (
    "maxfun",
    "maxeval",
    "xtol_abs",
    "ftol_abs",
    "xtol_rel",
    "ftol_rel",
    "rhobeg",
    "rhoend",
)


@dataclass(frozen=True, eq=False, repr=False)
class LmerFit(Fit):
    """A model fitted by ``lme4::lmer``; made by :func:`rbridge.lmer`.

    Groups may be crossed, so ``level`` is only 0 (the population) or None (with all random effects), and tables of
    groups are dicts by grouping factor where there are several.

    Attributes
    ----------
    warnings, messages
        What R warned of, and said, while fitting.
    convergence
        How the optimiser ended.
    """

    MODEL: ClassVar[str] = "lmer"

    @property
    def singular(self) -> bool:
        """Whether a variance is zero or a correlation one."""
        return bool(self._overview.singular)

    def t_table(self, ddf: str | None = None) -> pd.DataFrame:
        """Return ``Value``, ``Std.Error``, ``DF``, ``t-value``, ``p-value``.

        Parameters
        ----------
        ddf
            The method for degrees of freedom: ``"Satterthwaite"`` (by default, if lmerTest is installed),
            ``"Kenward-Roger"`` (needs pbkrtest), or ``"none"``: DF and p-value are NaN.
        """
        return self.summary(ddf).t_table

    def summary(self, ddf: str | None = None) -> tables.Summary:
        """Return the summary; ``str()`` is lmerTest's, or lme4's with ``ddf="none"``; see :meth:`t_table`."""
        made: tables.Summary = self._ask("rb_lmer_summary", self._ddf(ddf), decode=tables.decode_summary)
        return made

    def anova(
        self, *others: Fit, ddf: str | None = None, type: str = "III", refit: bool = True
    ) -> tables.Anova:
        """Test the terms of this fit by F, or compare it with others by likelihood ratio.

        Parameters
        ----------
        *others
            Other fits by :func:`rbridge.lmer`.
        ddf
            As for :meth:`t_table`.
        type
            ``"I"``, ``"II"`` or ``"III"`` sums of squares, with lmerTest.
        refit
            Whether REML fits are compared by ML.
        """
        check_choice(type, "type", ("I", "II", "III"))
        home = self._handle.home
        handles = tuple(h.moved_to(home) for h in [self._handle, *same_side(others, LmerFit, "anova")])
        reply = home.call(
            "rb_lmer_anova",
            handles,
            self._ddf(ddf),
            type,
            check_flag(refit, "refit"),
            decode=tables.decode_anova,
        )
        reply.warn()
        made: tables.Anova = reply.value
        return made

    def var_corr(self) -> tables.VarCorr:
        """Return the variances, standard deviations and correlations of the random effects."""
        made: tables.VarCorr = self._ask("rb_lmer_var_corr", decode=tables.decode_var_corr)
        return made

    def get_var_cov(self, level: str | None = None) -> pd.DataFrame:
        """Return the covariance matrix of one term's random effects, named as in :meth:`var_corr`."""
        parts: dict[str, pd.DataFrame] = self._ask("rb_lmer_covariances", decode=decode.matrices)
        if level is None and len(parts) == 1:
            return next(iter(parts.values()))
        return parts[check_choice(level, "level", tuple(parts))]

    def ranef(self, level: str | None = None) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Return the random effects, one row a group; a dict by grouping factor if there are several."""
        return self._by_factor("rb_lmer_ranef", level)

    def coef(self, level: str | None = None) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Return each group's coefficients, fixed plus random; a dict by grouping factor if there are several."""
        return self._by_factor("rb_lmer_coef", level)

    def fitted(self, level: int | None = None) -> pd.Series:
        """Return the fitted values, aligned with the data; level 0 is the population's."""
        if _population(level):
            return self.predict(self.get_data(), 0).where(self.fitted().notna())
        return self._aligned(self._ask("rb_lmer_fitted", decode=decode.floats))

    def residuals(self, type: str = "response") -> pd.Series:
        """Return the residuals: ``"response"``, or ``"pearson"``: divided by sigma."""
        check_choice(type, "type", ("response", "pearson"))
        return self._aligned(self._ask("rb_lmer_residuals", type, decode=decode.floats))

    def predict(self, newdata: Any = None, level: int | None = None) -> pd.Series:
        """Predict the response for the data or for new rows.

        Parameters
        ----------
        newdata
            Rows with the model's covariates and, unless ``level`` is 0, its groups. A row with a missing value, or
            with a group that the fit has not seen, is predicted as NaN.
        level
            0 for the population.
        """
        population = _population(level)
        return self.fitted(level) if newdata is None else predict_rows(self, newdata, "rb_lmer", population)

    def intervals(
        self, level: float = 0.95, method: str = "profile", *, nsim: int = 500, seed: int | None = None
    ) -> pd.DataFrame:
        """Return R's ``confint``: rows of variance parameters (``.sig01``, ..., ``.sigma``) and fixed effects.

        Parameters
        ----------
        level
            The confidence level.
        method
            ``"profile"``, ``"Wald"`` or ``"boot"`` (``nsim`` samples under ``seed``).
        """
        check_choice(method, "method", ("profile", "Wald", "boot"))
        start = None if seed is None else check_whole(seed, "seed")
        made: pd.DataFrame = self._ask(
            "rb_lmer_intervals",
            check_confidence(level),
            method,
            start,
            check_whole(nsim, "nsim", 2),
            decode=decode.matrix,
        )
        return made

    def simulate(self, nsim: int = 1, seed: int | None = None) -> pd.DataFrame:
        """Draw responses from the fitted model by R's ``simulate``; R's own state of randomness stays as it was."""
        wanted, start = check_whole(nsim, "nsim", 1), None if seed is None else check_whole(seed, "seed")
        values = self._ask("rb_lmer_simulate", wanted, start, decode=decode.floats)
        columns = [self._aligned(values[:, k]).rename(f"sim_{k + 1}") for k in range(wanted)]
        return pd.concat(columns, axis=1)

    def update(self, formula: Any = None, **changes: Any) -> LmerFit:
        """Fit anew with some arguments changed; in ``formula``, ``.`` stands for the old side."""
        made: LmerFit = update(self, formula, changes, formula="formula")
        return made

    def _ddf(self, ddf: Any) -> str:
        return (
            str(self._ask("rb_lmer_ddf", decode=decode.scalar))
            if ddf is None
            else check_choice(ddf, "ddf", _DDF)
        )

    def _by_factor(self, function: str, level: str | None) -> pd.DataFrame | dict[str, pd.DataFrame]:
        parts: dict[str, pd.DataFrame]
        parts, text = self._ask(function, decode=printed.decode_matrices)
        if level is not None:
            return parts[check_choice(level, "level", tuple(parts))]
        return (
            printed.PrintedDict(parts, text)
            if len(parts) > 1
            else printed.frame(next(iter(parts.values())), text)
        )


def lmer(
    formula: str,
    data: pd.DataFrame,
    method: str = "REML",
    subset: Any = None,
    na_action: str = "omit",
    control: Mapping[str, Any] | None = None,
    contrasts: Mapping[str, str] | None = None,
    weights: str | None = None,
    *,
    isolated: bool | None = None,
    timeout: float | None = None,
) -> LmerFit:
    """Fit a linear mixed-effects model, its groups nested or crossed, with R's ``lme4::lmer``.

    Parameters
    ----------
    formula
        With random effects in parentheses: ``"Reaction ~ Days + (Days | Subject)"``,
        ``"diameter ~ 1 + (1 | plate) + (1 | sample)"``.
    na_action
        ``"omit"`` as in R, ``"exclude"`` or ``"fail"``.
    control
        Arguments of ``lmerControl``: ``optimizer``, ``calc.derivs``, ``check.conv.singular`` and the like; those of
        the optimiser (``maxfun``, ``xtol_abs``, ``algorithm``, ...) beside them.
    weights
        How precise each row is, numbers above 0: R text such as ``"n"`` or ``"1 / se^2"``. (What is added to the linear
        predictor stands in the formula, as ``offset(x)``: given beside it, lme4's predictions would leave it out.)
    data, method, subset, contrasts, isolated, timeout
        As for :func:`rbridge.lme`.

    Returns
    -------
    LmerFit

    Raises
    ------
    RUnavailableError
        lme4 isn't installed; the message names the mend.
    ArgumentError, FormulaError, DataError, RError
        As for :func:`rbridge.lme`.
    """
    given = dict(locals())  # the arguments by name, for update()
    frame = checks.check_frame(data)
    texts: dict[str, str | Mapping[str, str]] = {"formula": arguments.check_text(formula, "formula")}
    if weights is not None:
        texts["weights"] = arguments.check_text(weights, "weights")
    expression, keep = arguments.check_subset(subset, frame)
    if expression is not None:
        texts["subset"] = expression
    plain, optimiser = _check_control(control)
    request = Request(
        texts,
        arguments.check_choice(method, "method", ("REML", "ML")),  # type: ignore[arg-type]
        arguments.check_choice(na_action, "na_action", ("fail", "omit", "exclude")),  # type: ignore[arg-type]
        plain,
        arguments.check_contrasts(contrasts),
        keep,
        {"opt_ctrl": optimiser},
    )
    return fit_in_r(LmerFit, frame, request, origin_of(lmer, given, frame, request))


def _check_control(control: Any) -> tuple[dict[str, Any], dict[str, float | str]]:
    """Return lmerControl's own arguments, and those for the optimiser."""
    if control is None:
        return {}, {}
    if not isinstance(control, Mapping):
        raise ArgumentError(f"control must be a dict of lmerControl's arguments, not {shown(control)}")
    plain: dict[str, Any] = {}
    optimiser: dict[str, float | str] = {}
    for name, value in control.items():
        if name == "optimizer":
            plain[name] = check_choice(value, "control: 'optimizer'", _OPTIMIZERS)
        elif name in _FLAGS:
            plain[name] = check_flag(value, f"control: {name!r}")
        elif name in _NUMBERS:
            plain[name] = check_number(value, f"control: {name!r}")
        elif name in _CHECKS:
            plain[name] = check_choice(value, f"control: {name!r}", _CHECKS[name])
        elif name == "algorithm":
            optimiser[name] = check_choice(value, "control: 'algorithm'", _ALGORITHMS)
        elif name in _OPT_CTRL:
            optimiser[name] = check_number(value, f"control: {name!r}")
        else:
            known = ", ".join(("optimizer", *_FLAGS, *_NUMBERS, *_CHECKS, "algorithm", *_OPT_CTRL))
            raise ArgumentError(f"control: {shown(name)} is not one of {known}")
    return plain, optimiser


def _population(level: Any) -> bool:
    if level is None:
        return False
    if isinstance(level, int) and not isinstance(level, bool) and level == 0:
        return True
    raise ArgumentError(f"level must be 0 (the population) or None (all random effects), not {shown(level)}")
